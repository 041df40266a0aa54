//! Those who wait for room, and those whose answer is owed, when there is an end.

use crate::cast::{Counter, PLACEMENTS, Tested, counter, put};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, silence, soon, until};

/// A sender that waited for room was let in after the end, where nobody would ever look (groovy, pull request 2555).
#[rehearsal::test]
async fn those_in_line_for_room_learn_of_the_end_at_once() -> Tested {
    let _clean = clean().letters(1..);
    for place in PLACEMENTS {
        for way in ["kill", "fail", "stop"] {
            let counter = put(Counter::spawn(0), place).mailbox(2).await?;
            // Long enough for everybody to be in line; what is told behind it ends the actor, where it is "fail".
            counter.compute(60).tell()?;
            match way {
                "kill" => counter.wait().tell()?,
                "fail" => counter.fail("on purpose".to_owned()).tell()?,
                _ => {}
            }
            while counter.add(1).tell().is_ok() {}
            let waiting: Vec<_> = (0..20)
                .map(|number| {
                    let counter = counter.clone();
                    tokio::spawn(async move {
                        if number % 2 == 0 {
                            counter.add(1).await.map(drop)
                        } else {
                            counter.add(1).deliver().await
                        }
                    })
                })
                .collect();
            tokio::task::yield_now().await;
            match way {
                "kill" => counter.kill(),
                "stop" => counter.stop().tell(),
                _ => {}
            }
            let exit = ended(&counter, LONG_WAIT).await;
            for waiting in waiting {
                if let Err(error) = soon("its end", waiting).await? {
                    assert!(error.is_dead(), "{place}, {way}: {error}, {exit}");
                }
            }
        }
    }
    Ok(())
}

/// One that panics ended every request that came after it, not only its own (actix, issues 204 and 301; coerce, issue
/// 33: the actor never took a message again).
#[rehearsal::test]
async fn a_panic_is_the_affair_of_who_caused_it() -> Tested {
    let _clean = clean().letters(..=3);
    use super::tally::promptly;
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(0), place).restart(promptly()).await?;
        for round in 0..3 {
            let error = soon("the failure", counter.fail(round.to_string())).await.unwrap_err();
            assert!(error.to_string().contains("told to fail"), "{place}: {error}");
            match soon("the next", counter.add(1)).await {
                Ok(sum) => assert_eq!(sum, 1, "{place}: round {round}"),
                // Given to the process that was about to end of that panic, which is what it says.
                Err(error) => {
                    assert_eq!(place, Placement::Process, "{error}");
                    assert!(error.to_string().contains(&format!("told to fail: {round}")), "{error}");
                    assert_eq!(soon("the one after", counter.add(1)).await?, 1, "round {round}");
                }
            }
        }
    }
    Ok(())
}

/// An exception while a request was handled was an answer that never came, up to its deadline (actor-framework, issues
/// 1047 and 1466), also where the receiver simply quit.
#[rehearsal::test]
async fn an_answer_that_is_owed_by_one_that_ends_is_an_error_at_once() -> Tested {
    let _clean = clean().letters(1..);
    for place in PLACEMENTS {
        for way in ["panic", "panic later", "finish", "kill"] {
            let counter = counter(place).await?;
            let before = std::time::Instant::now();
            // Held until the one it owes an answer is on its way.
            let held = silence(&counter).await?;
            let owed = match way {
                "panic" => counter.fail("owed".to_owned()).send()?,
                "panic later" => {
                    counter.fail_later().tell()?;
                    counter.add(1).send()?
                }
                "finish" => {
                    counter.finish().tell()?;
                    counter.add(1).send()?
                }
                _ => {
                    counter.wait().tell()?;
                    counter.add(1).send()?
                }
            };
            drop(held);
            if way == "kill" {
                // What holds an actor that is no process is a message too.
                let in_hand = if place == Placement::Process { 1 } else { 2 };
                until(&counter, |info| info.messages_handled >= in_hand).await;
                counter.kill();
            }
            let error = soon("the answer that is owed", owed).await.unwrap_err();
            assert!(!error.is_timeout(), "{place}, {way}: {error}");
            let exit = ended(&counter, LONG_WAIT).await;
            let late = counter.add(1).await.unwrap_err();
            assert_eq!(late.exit(), Some(&exit), "{place}, {way}");
            assert!(before.elapsed() < std::time::Duration::from_secs(20), "{place}, {way}");
        }
    }
    Ok(())
}
