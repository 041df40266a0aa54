//! Stops: heard whatever is in the way, waited for to the end, and nothing lost without a word.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use super::tally::{Told, letters_of, taken, tally};
use crate::cast::{Counter, PLACEMENTS, Tested, counter, put};
use rehearsal::actor::{Undelivered, dead_letters_up_to};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, fill, silence, soon, until};

/// The first who waited for an end used it up, and who came later waited for ever (ractor, pull request 466, item 20;
/// kameo, issue 182, waited for the start instead).
#[rehearsal::test]
async fn an_end_is_told_to_everyone_who_waits_and_to_who_comes_later() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let waiting: Vec<_> = (0..8).map(|_| tokio::spawn(counter.ended())).collect();
        // One that gives up takes no other's turn.
        let mut given_up = Box::pin(counter.ended());
        let polled = std::future::poll_fn(|cx| Poll::Ready(given_up.as_mut().poll(cx))).await;
        assert!(polled.is_pending(), "{place}");
        drop(given_up);
        let beside = tokio::spawn({
            let counter = counter.clone();
            async move { counter.stop().await }
        });
        assert_eq!(soon("the stop", counter.stop()).await?.reason, Reason::Stopped, "{place}");
        assert_eq!(soon("the stop beside it", beside).await??.reason, Reason::Stopped, "{place}");
        for waiting in waiting {
            assert_eq!(soon("the end", waiting).await?.reason, Reason::Stopped, "{place}");
        }
        for _ in 0..3 {
            assert_eq!(ended(&counter, LONG_WAIT).await.reason, Reason::Stopped, "{place}");
            assert_eq!(soon("the stop, later", counter.stop()).await?.reason, Reason::Stopped, "{place}");
        }
    }
    Ok(())
}

/// Who waited for a stop was ahead of the hook that runs at it (kameo, issue 151; ractor, issue 254), or of the drop of
/// the actor's state (actix, issue 464).
#[rehearsal::test]
async fn a_stop_that_was_waited_for_is_after_the_last_hook_and_the_drop() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (spawn, told) = tally(place);
        let tally = spawn.await?;
        tally.take(7).await?;
        tally.stop().await?;
        let told: Vec<Told> = told.try_iter().collect();
        assert_eq!(told, [Told::Took(7), Told::Stopping, Told::Exit(1), Told::Dropped], "{place}");
    }
    Ok(())
}

/// A hook for the stop ran in an actor that was killed, who could not tell (ractor, issue 226).
#[rehearsal::test]
async fn one_that_is_killed_runs_no_hook_for_a_stop() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (spawn, told) = tally(place);
        let tally = spawn.await?;
        tally.take(7).await?;
        tally.kill();
        ended(&tally, LONG_WAIT).await;
        let told: Vec<Told> = told.try_iter().collect();
        let expected: &[Told] = match place {
            // The kernel asks nobody.
            Placement::Process => &[Told::Took(7)],
            _ => &[Told::Took(7), Told::Exit(1), Told::Dropped],
        };
        assert_eq!(told, expected, "{place}");
    }
    Ok(())
}

/// Between the look at the state and the queue a message was accepted and dropped (ractor, pull request 466, item 19;
/// kameo, pull request 362).
#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_told_during_a_stop_is_handled_refused_or_a_dead_letter() -> Tested {
    let _clean = clean().letters(450..);
    for place in PLACEMENTS {
        for _ in 0..5 {
            let (spawn, told) = tally(place);
            let tally = spawn.mailbox(1_000).await?;
            let mut letters = dead_letters_up_to(100_000);
            let (accepted, refused) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
            let senders: Vec<_> = (0..3)
                .map(|_| {
                    let (tally, accepted, refused) = (tally.clone(), accepted.clone(), refused.clone());
                    std::thread::spawn(move || {
                        while refused.load(Ordering::SeqCst) < 30 {
                            match tally.take(1).tell() {
                                Ok(()) => accepted.fetch_add(1, Ordering::SeqCst),
                                Err(error) if error.is_dead() => refused.fetch_add(1, Ordering::SeqCst),
                                // Told so, and tries again: the actor is slower than three senders.
                                Err(error) if error.is_full() => 0,
                                Err(error) => panic!("{error}"),
                            };
                            std::thread::yield_now();
                        }
                    })
                })
                .collect();
            until(&tally, |info| info.messages_handled >= 50).await;
            let exit = soon("the stop", tally.stop()).await?;
            for sender in senders {
                tokio::task::block_in_place(|| sender.join()).expect("no sender panics");
            }
            let letters = letters_of(&mut letters, tally.id());
            let after = letters.iter().filter(|letter| letter.why == Undelivered::Ended).count();
            let left = letters.len() - after;
            let (accepted, refused) = (accepted.load(Ordering::SeqCst), refused.load(Ordering::SeqCst));
            assert_eq!(after as u32, refused, "{place}: {exit}");
            assert_eq!(taken(&told) + left as u32, accepted, "{place}: {left} left, {exit}");
        }
    }
    Ok(())
}

/// A message that was in the mailbox already, or that the actor sent itself, came after its stop (riker, issue 104;
/// akka.net, issue 2751; protoactor-dotnet, pull request 392).
#[rehearsal::test]
async fn nothing_is_handled_after_the_command_that_stops_its_actor() -> Tested {
    let _clean = clean().letters(10);
    for place in PLACEMENTS {
        let (spawn, told) = tally(place);
        let tally = spawn.await?;
        let mut letters = dead_letters_up_to(100);
        let held = silence(&tally).await?;
        tally.take(1).tell()?;
        let finishing = tally.finish().send()?;
        let behind = tally.take(2).send()?;
        tally.take(3).tell()?;
        drop(held);
        assert_eq!(soon("the last answer", finishing).await?, 1, "{place}");
        assert!(soon("the one behind", behind).await.unwrap_err().is_dead(), "{place}");
        let exit = ended(&tally, LONG_WAIT).await;
        assert_eq!(exit.reason, Reason::Returned, "{place}: {exit}");
        let told: Vec<Told> = told.try_iter().collect();
        assert_eq!(told, [Told::Took(1), Told::Stopping, Told::Exit(1), Told::Dropped], "{place}");
        if place != Placement::Process {
            // What a process actor sent itself is its own process's affair.
            assert_eq!(letters_of(&mut letters, tally.id()).len(), 4, "{place}: {exit}");
        }
    }
    Ok(())
}

/// A stop that found the mailbox full was lost, and what it was for ran on (tuff, issue 851, of an actor of its own).
#[rehearsal::test]
async fn a_stop_needs_no_room() -> Tested {
    let _clean = clean().letters(3..);
    for place in PLACEMENTS {
        let (spawn, told) = tally(place);
        let tally = spawn.mailbox(1).await?;
        let held = fill(&tally).await?;
        let in_line = tokio::spawn({
            let tally = tally.clone();
            async move { tally.take(2).await }
        });
        tokio::task::yield_now().await;
        tally.stop().tell();
        drop(held);
        let exit = ended(&tally, LONG_WAIT).await;
        assert_eq!(exit.reason, Reason::Stopped, "{place}: {exit}");
        let _ = soon("the one in line", in_line).await?;
        assert!(told.try_iter().any(|told| told == Told::Stopping), "{place}");
    }
    Ok(())
}

/// A send to an actor that died just then brought the system down (axiom, issue 10).
#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ask_that_crosses_with_the_end_is_answered_or_told() -> Tested {
    let _clean = clean().letters(..);
    for place in PLACEMENTS {
        let rounds = if place == Placement::Process { 10 } else { 100 };
        for round in 0..rounds {
            let counter = put(Counter::spawn(0), place).await?;
            let asking: Vec<_> = (0..2)
                .map(|_| {
                    let counter = counter.clone();
                    tokio::spawn(async move {
                        loop {
                            if let Err(error) = counter.add(1).await {
                                return error;
                            }
                        }
                    })
                })
                .collect();
            until(&counter, |info| info.messages_handled >= 2).await;
            match round % 3 {
                0 => counter.kill(),
                1 => counter.stop().tell(),
                _ => drop(counter.finish().tell()),
            }
            let exit = ended(&counter, LONG_WAIT).await;
            for asking in asking {
                let error = soon("the last ask", asking).await?;
                assert!(error.is_dead(), "{place}: {error}");
                // Where it was told before the end was known, it says that it was ending.
                let known = error.exit().is_some_and(|known| known.reason == exit.reason);
                assert!(known || error.to_string().contains("still ending"), "{place}: {error}, {exit}");
            }
        }
    }
    Ok(())
}
