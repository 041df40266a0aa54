//! Restart in place: the same proxy, the messages that wait, a new life.

use std::sync::mpsc;
use std::time::Duration;

use crate::cast::{Counter, PLACEMENTS, Tested, counter, put};
use rehearsal::actor::{Cause, Restart, Restarted};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, eventually, soon, strike, until};

/// At once and as often as it takes.
fn promptly() -> Restart {
    Restart::on_failure().endlessly().backoff(Duration::ZERO, Duration::ZERO)
}

fn restarted(place: Placement, plan: Restart) -> (Spawn<Counter>, mpsc::Receiver<Restarted>) {
    let (tell, told) = mpsc::channel();
    let spawn = put(Counter::spawn(40), place).restart(plan);
    (spawn.on_restart(move |restarted| tell.send(restarted.clone()).expect("the test listens")), told)
}

/// The next restart that is told.
async fn heard(told: &mpsc::Receiver<Restarted>) -> Restarted {
    let hearing = async {
        loop {
            match told.try_recv() {
                Ok(restarted) => return restarted,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    soon("the restart", hearing).await
}

#[rehearsal::test]
async fn what_waits_behind_a_panic_is_handled_by_the_next_life() -> Tested {
    let _clean = clean().letters(..=2);
    for place in PLACEMENTS {
        let (spawn, told) = restarted(place, promptly());
        let counter = spawn.await?;
        let (id, pid) = (counter.id(), counter.pid());
        counter.add(1).await?;
        let failing = counter.fail("on purpose".to_owned()).send()?;
        let [first, second] = [1, 2].map(|by| {
            let counter = counter.clone();
            tokio::spawn(async move { counter.add(by).await })
        });
        let (first, second) = (soon("the first", first).await?, soon("the second", second).await?);
        let error = soon("the failed ask", failing).await.unwrap_err();
        let Cause::Panicked(note) = error.cause() else { panic!("{place}: {error}") };
        assert_eq!(note.message, "told to fail: on purpose");
        if place == Placement::Process {
            // They may have been with the process that died; then they say so.
            let lost = [&first, &second].into_iter().filter_map(|answer| answer.as_ref().err());
            for error in lost {
                let exit = error.exit().map(|exit| &exit.reason);
                assert!(matches!(exit, Some(Reason::Panicked(_))), "{error}");
            }
        } else {
            assert_eq!((first?, second?), (41, 43), "{place}: begun again with 40");
        }
        let told = heard(&told).await;
        assert_eq!(counter.info().await?.restarts, 1, "{place}");
        assert!(matches!(&told.exit.reason, Reason::Panicked(own) if own == note), "{place}: {}", told.exit);
        assert_eq!((told.actor.id(), told.restarts), (id, 1));
        assert_eq!((counter.id(), counter.state()), (id, State::Run), "{place}");
        assert_eq!(counter.pid() == pid, place != Placement::Process);
        assert_eq!(counter.stop().await?.reason, Reason::Stopped, "a stop is for good");
    }
    Ok(())
}

#[rehearsal::test]
async fn an_ask_in_hand_learns_at_once_how_that_life_ended() -> Tested {
    let _clean = clean().letters(1);
    for place in PLACEMENTS {
        let (spawn, _told) = restarted(place, promptly());
        let counter = spawn.await?;
        let waiting = counter.wait().send()?;
        until(&counter, |info| info.messages_handled >= 1).await;
        counter.kill();
        let error = soon("the ask in hand", waiting).await.unwrap_err();
        let signal = (place == Placement::Process).then_some(9);
        assert_eq!(
            error.exit().map(|exit| &exit.reason),
            Some(&Reason::Killed { signal }),
            "{place}: {error}"
        );
        assert_eq!(soon("the next", counter.add(1)).await?, 41, "{place}");
        assert_eq!(counter.exit(), None);
    }
    Ok(())
}

#[rehearsal::test]
async fn too_many_restarts_end_it_with_the_last_end() -> Tested {
    let _clean = clean().letters(3);
    for place in PLACEMENTS {
        let plan =
            Restart::on_failure().within(2, Duration::from_secs(60)).backoff(Duration::ZERO, Duration::ZERO);
        let (spawn, told) = restarted(place, plan);
        let counter = spawn.await?;
        for round in 0..3 {
            let error = soon("the ask", counter.fail(round.to_string())).await.unwrap_err();
            assert!(matches!(error.cause(), Cause::Panicked(_)), "{place}: {error}");
            if round < 2 {
                heard(&told).await;
            }
        }
        let exit = ended(&counter, LONG_WAIT).await;
        assert!(
            matches!(&exit.reason, Reason::Panicked(note) if note.message == "told to fail: 2"),
            "{place}: {exit}"
        );
        assert!(
            exit.detail.contains("not started again: 2 restarts within 60s is its limit"),
            "{place}: {exit}"
        );
        assert!(told.try_recv().is_err());
        assert_eq!(soon("a late ask", counter.add(1)).await.unwrap_err().exit(), Some(&exit));
    }
    Ok(())
}

#[rehearsal::test]
async fn an_orderly_end_is_an_end_unless_always_is_asked_for() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (spawn, _told) = restarted(place, promptly());
        let counter = spawn.await?;
        assert_eq!(counter.finish().await?, 40);
        assert_eq!(ended(&counter, LONG_WAIT).await.reason, Reason::Returned, "{place}");

        let plan = Restart::always().backoff(Duration::ZERO, Duration::ZERO);
        let (spawn, told) = restarted(place, plan);
        let counter = spawn.await?;
        counter.add(2).await?;
        assert_eq!(counter.finish().await?, 42);
        assert_eq!(heard(&told).await.exit.reason, Reason::Returned, "{place}");
        assert_eq!(soon("the next life", counter.add(0)).await?, 40, "{place}");
        let ended = counter.ended();
        drop(counter);
        assert_eq!(soon("the end", ended).await.reason, Reason::Returned, "{place}: nobody can send to it");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_stop_during_a_restart_ends_it() -> Tested {
    let _clean = clean().letters(3);
    for place in PLACEMENTS {
        let hour = Duration::from_secs(3600);
        // On a machine that is slow enough it lives long before it fails.
        let (spawn, _told) = restarted(place, Restart::on_failure().backoff(hour, hour).settled(hour));
        let counter = spawn.await?;
        counter.fail("on purpose".to_owned()).await.unwrap_err();
        eventually("the pause", async || counter.state() == State::Inactive).await;
        let behind = counter.add(1).send()?;
        counter.ping().await?;
        assert_eq!(counter.info().await?.state, State::Inactive, "{place}: it answers while it waits");
        let exit = soon("the stop", counter.stop()).await?;
        assert_eq!(exit.reason, Reason::Stopped, "{place}");
        assert!(exit.detail.contains("its last life: it panicked"), "{exit}");
        assert!(exit.detail.contains("1 message was left"), "{exit}");
        assert_eq!(soon("the one behind", behind).await.unwrap_err().exit(), Some(&exit), "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_stop_and_then_a_kill_is_for_good() -> Tested {
    let _clean = clean().letters(1);
    for place in PLACEMENTS {
        let (spawn, told) = restarted(place, promptly());
        let counter = spawn.await?;
        let waiting = counter.wait().send()?;
        until(&counter, |info| info.messages_handled >= 1).await;
        counter.stop().tell();
        counter.kill();
        let exit = ended(&counter, LONG_WAIT).await;
        assert!(matches!(exit.reason, Reason::Killed { .. }), "{place}: {exit}");
        assert!(soon("the ask", waiting).await.unwrap_err().is_dead());
        assert!(told.try_recv().is_err(), "{place}: it was not started again");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_first_start_is_not_tried_again() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let spawn = put(Counter::spawn(0), place).restart(promptly()).name(format!("given-up-{place}"));
        let mut spawned = Box::pin(spawn.into_future());
        // Placed, and given up before it is ready.
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(spawned.as_mut().poll(cx))).await;
        let actor = rehearsal::arbiter().find(&format!("given-up-{place}"));
        drop((polled, spawned));
        if let Some(actor) = actor {
            let exit = soon("the end", actor.ended()).await;
            assert!(matches!(exit.reason, Reason::Killed { .. } | Reason::Returned), "{place}: {exit}");
        }
    }
    counter(Placement::Task).await?.ping().await?;
    Ok(())
}

#[rehearsal::test]
async fn what_a_killed_process_was_not_given_is_handled_by_the_next() -> Tested {
    let _clean = clean().letters(4);
    let (spawn, told) = restarted(Placement::Process, promptly());
    // A process is given no more than its mailbox holds.
    let counter = spawn.mailbox(4).await?;
    let in_hand = counter.wait().send()?;
    until(&counter, |info| info.messages_handled >= 1).await;
    let (given, full) = (counter.add(1).send()?, [counter.add(1).send()?, counter.add(1).send()?]);
    // A question is one of those under way, so after the first one there is room for one more.
    counter.ping().await?;
    counter.ping().await?;
    let kept = [counter.add(2).send()?, counter.add(3).send()?];
    let before = counter.pid();
    strike(&counter);
    for lost in [soon("the ask in hand", in_hand).await.map(|()| 0), soon("the one given", given).await] {
        let error = lost.unwrap_err();
        let exit = error.exit().map(|exit| &exit.reason);
        assert_eq!(exit, Some(&Reason::Killed { signal: Some(9) }), "{error}");
    }
    drop(full);
    let [first, second] = kept;
    assert_eq!((soon("the first", first).await?, soon("the second", second).await?), (42, 45));
    assert_eq!(heard(&told).await.exit.reason, Reason::Killed { signal: Some(9) });
    assert_ne!(counter.pid(), before);
    assert_eq!(counter.info().await?.restarts, 1);
    Ok(())
}
