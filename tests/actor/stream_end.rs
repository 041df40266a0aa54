//! Streams that break off: each consumer learns why, after all that was sent before, and no producer lives on.

use std::time::Duration;

use crate::cast::{PLACEMENTS, Tested, put};
use crate::source::{Picky, Source, Thorny, broken, source};
use rehearsal::actor::{Heartbeat, NotSent, Restart, StreamEnd};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, silence, soon, strike, until};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[rehearsal::test]
async fn a_process_killed_from_outside_breaks_its_streams_off() -> Tested {
    let _clean = clean();
    let source = Source::spawn().name("well").process().await?;
    let (mut endless, idle) = (source.tracked(64).await?, source.stuck(3).await?);
    for n in 0..1_000 {
        assert_eq!(soon("an item", endless.next()).await.transpose()?, Some(n));
    }
    // The three are here before the answer of what was asked behind them.
    source.made().await?;
    strike(&source);
    let (rest, error) = soon("the end of the one that is read", broken(endless)).await;
    assert_eq!(rest, (1_000..1_000 + rest.len() as u32).collect::<Vec<_>>(), "what had come, in order");
    let killed = "the stream of `tracked` of actor `well` (Source) broke off: the actor is gone: its \
                  process was killed by signal 9, SIGKILL";
    assert_eq!(error.to_string(), killed);
    assert_eq!((error.actor(), error.command()), (Some(source.name()), Some("tracked")));
    let (items, error) = soon("the end of the one that was not", broken(idle)).await;
    assert_eq!(items, [0, 1, 2]);
    assert_eq!(error.exit().map(|exit| &exit.reason), Some(&Reason::Killed { signal: Some(9) }));
    Ok(())
}

#[rehearsal::test]
async fn a_process_that_is_stopped_is_a_stall() -> Tested {
    let _clean = clean();
    let source = source(Placement::Process).await?;
    let mut endless = source.tracked(4).await?.stalled_after(ms(300));
    assert_eq!(soon("an item", endless.next()).await.transpose()?, Some(0));
    let stopped = silence(&source).await?;
    let (rest, error) = soon("the stall", broken(endless)).await;
    assert!(rest.len() <= 4 + 4, "{rest:?}");
    assert_eq!(*error.why(), StreamEnd::Stalled { after: ms(300) });
    assert!(error.to_string().contains("no item came within 300ms; raise it"), "{error}");
    drop(stopped);
    soon("the end of the producer", source.gone()).await?;
    assert_eq!(soon("an ask", source.add(1)).await?, 1, "the actor lives");
    Ok(())
}

#[rehearsal::test]
async fn a_process_that_stays_stopped_is_silent() -> Tested {
    let _clean = clean();
    let quick = Heartbeat::new(ms(500)).floor(ms(50)).grace(ms(300));
    let source = Source::spawn().process().heartbeat(quick).await?;
    let endless = source.tracked(4).await?;
    let _stopped = silence(&source).await?;
    let (_, error) = soon("the end", broken(endless)).await;
    let Some(Reason::Silent { for_ms }) = error.exit().map(|exit| &exit.reason) else { panic!("{error}") };
    assert!(*for_ms >= 500, "{error}");
    Ok(())
}

#[rehearsal::test]
async fn one_that_gives_no_item_is_a_stall_and_one_that_is_slow_is_none() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = source(place).await?;
        let (items, error) = soon("the stall", broken(source.stuck(7).await?.stalled_after(ms(100)))).await;
        assert_eq!((items.len(), error.why()), (7, &StreamEnd::Stalled { after: ms(100) }), "{place}");
        let mut slow = source.held().await?.stalled_after(ms(2_000));
        for n in 0..3 {
            tokio::time::sleep(ms(50)).await;
            source.send(n).await?;
            assert_eq!(slow.next().await.transpose()?, Some(n), "{place}: each wait has the limit to itself");
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn a_consumer_that_never_reads_is_told_of_to_both() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = source(place).await?;
        let unread = source.held_impatiently(100).await?;
        for n in 0..4 {
            source.send(n).await?;
        }
        let told = soon("the refusal", source.send(4)).await.unwrap_err().command();
        let why = NotSent::Broken(StreamEnd::Unread { after: ms(100) }).to_string();
        assert_eq!(told.as_ref(), Some(&why), "{place}");
        assert!(why.contains("its consumer made no room within 100ms"), "{why}");
        let (items, error) = soon("the end", broken(unread)).await;
        assert_eq!(
            (items, error.why()),
            (vec![0, 1, 2, 3], &StreamEnd::Unread { after: ms(100) }),
            "{place}"
        );
    }
    Ok(())
}

#[rehearsal::test]
async fn a_stream_that_panics_ends_and_its_actor_does_not() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = source(place).await?;
        let (items, error) = soon("the panic", broken(source.panics_at(40).await?)).await;
        assert_eq!(items, (0..40).collect::<Vec<_>>(), "{place}");
        let StreamEnd::Panicked(note) = error.why() else { panic!("{place}: {error}") };
        assert_eq!(note.message, "told to at 40");
        assert!(note.location.contains("tests/actor/source.rs:"), "{note}");
        assert_eq!(source.add(1).await?, 1, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn an_actor_that_panics_breaks_its_streams_off() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let in_hand = source(place).await?;
        let stream = in_hand.held().await?;
        in_hand.panic_in_hand().tell()?;
        let (items, error) = soon("the end", broken(stream)).await;
        assert_eq!(items, [1], "{place}: what was sent before comes before");
        let StreamEnd::Panicked(note) = error.why() else { panic!("{place}: {error}") };
        assert_eq!(note.message, "in the middle of it", "{place}");
        let exit = ended(&in_hand, LONG_WAIT).await;
        assert!(exit.to_string().contains("in the middle of it"), "{place}: {exit}");

        let beside = source(place).await?;
        let streams = [beside.held().await?, beside.stuck(0).await?];
        beside.panic_beside().tell()?;
        for stream in streams {
            let (_, error) = soon("the end", broken(stream)).await;
            let reason = error.exit().map(|exit| &exit.reason);
            assert!(
                matches!(reason, Some(Reason::Panicked(note)) if note.message == "beside it"),
                "{place}: {error}"
            );
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn an_actor_that_ends_breaks_its_streams_off() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let stopped = source(place).await?;
        let streams = [stopped.held().await?, stopped.stuck(2).await?, stopped.tracked(2).await?];
        assert_eq!(stopped.stop().await?.reason, Reason::Stopped, "{place}");
        for stream in streams {
            let (items, error) = soon("the end", broken(stream)).await;
            assert!(items.len() <= 2, "{place}: {items:?}");
            assert_eq!(error.exit().map(|exit| &exit.reason), Some(&Reason::Stopped), "{place}");
        }

        let left = source(place).await?;
        let stream = left.stuck(2).await?;
        drop(left);
        let (_, error) = soon("the end", broken(stream)).await;
        assert_eq!(
            error.exit().map(|exit| &exit.reason),
            Some(&Reason::Returned),
            "{place}: a stream keeps no actor"
        );
    }
    Ok(())
}

#[rehearsal::test]
async fn a_kill_in_the_middle_of_a_send_says_so() -> Tested {
    let _clean = clean().letters(5);
    for place in PLACEMENTS {
        let source = source(place).await?;
        let stream = source.held().await?;
        for n in 0..5 {
            source.send(n).tell()?;
        }
        until(&source, |info| info.messages_handled >= 6).await;
        source.kill();
        let (items, error) = soon("the end", broken(stream)).await;
        assert_eq!(items, (0..items.len() as u32).collect::<Vec<_>>(), "{place}");
        assert!(items.len() <= 5, "{place}: {items:?}");
        assert!(
            matches!(error.exit().map(|exit| &exit.reason), Some(Reason::Killed { .. })),
            "{place}: {error}"
        );
    }
    Ok(())
}

#[rehearsal::test]
async fn a_life_that_is_over_takes_its_streams_along_and_the_next_has_its_own() -> Tested {
    let _clean = clean().letters(..);
    for place in PLACEMENTS {
        let promptly = Restart::on_failure().endlessly().backoff(Duration::ZERO, Duration::ZERO);
        let source = put(Source::spawn(), place).restart(promptly).await?;
        for _ in 0..3 {
            let (old, other) = (source.stuck(1).await?, source.held().await?);
            source.panic_beside().tell()?;
            for stream in [old, other] {
                let (_, error) = soon("the end", broken(stream)).await;
                let reason = error.exit().map(|exit| &exit.reason);
                assert!(matches!(reason, Some(Reason::Panicked(_))), "{place}: {error}");
            }
            let mut next = loop {
                // The panic may still take what is sent now along.
                match soon("an answer", source.tracked(4)).await {
                    Ok(next) => break next,
                    Err(error) => assert!(error.is_dead(), "{place}: {error}"),
                }
            };
            for _ in 0..100 {
                soon("an item", next.next()).await.expect("it is endless")?;
            }
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn a_producer_that_is_let_go_leaves_no_complete_stream() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = source(place).await?;
        let held = source.held().await?;
        source.send(1).await?;
        source.let_go().await?;
        let (items, error) = soon("the end", broken(held)).await;
        assert_eq!((items, error.why()), (vec![1], &StreamEnd::LetGo), "{place}");
        assert!(error.to_string().contains("call finish() on it"), "{error}");

        let held = source.held().await?;
        source.give_up("the disk is full".to_owned()).await?;
        let (_, error) = soon("the end", broken(held)).await;
        assert_eq!(*error.why(), StreamEnd::Failed("the disk is full".to_owned()), "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn an_item_that_cannot_cross_is_told_and_the_actor_lives() -> Tested {
    let _clean = clean();
    let source = source(Placement::Process).await?;
    let (items, error) = soon("the end", broken(source.picky().await?)).await;
    assert_eq!(items, [Picky(0), Picky(1), Picky(2)]);
    let StreamEnd::Crossing(why) = error.why() else { panic!("{error}") };
    assert!(why.contains("three cannot be written"), "{why}");
    assert_eq!(source.add(1).await?, 1);
    Ok(())
}

#[rehearsal::test]
async fn an_item_that_cannot_be_read_is_told_and_its_producer_ends() -> Tested {
    let _clean = clean();
    let source = source(Placement::Process).await?;
    let (items, error) = soon("the end", broken(source.thorny().await?)).await;
    assert_eq!(items, [Thorny(0), Thorny(1), Thorny(2)]);
    let StreamEnd::Crossing(why) = error.why() else { panic!("{error}") };
    assert!(why.contains("three has thorns"), "{why}");
    soon("the end of the producer", source.gone()).await?;
    assert_eq!(source.add(1).await?, 1);
    Ok(())
}

#[rehearsal::test]
async fn one_that_is_handed_on_breaks_off_as_the_first_does() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = source(place).await?;
        let (items, error) = soon("the end", broken(source.second_hand(5, false).await?)).await;
        assert!(items.len() <= 5, "{place}: {items:?}");
        assert_eq!(error.command(), Some("second_hand"), "{place}");
        let StreamEnd::Failed(why) = error.why() else { panic!("{place}: {error}") };
        assert!(why.contains("the stream of `stuck`") && why.contains("it was killed"), "{place}: {why}");
    }
    Ok(())
}
