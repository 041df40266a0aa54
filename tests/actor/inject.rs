//! Faults made to happen: each is the real thing, and undone with its guard.

use std::time::Duration;

use rehearsal::actor::{Cause, Realm};
use rehearsal::prelude::*;
use rehearsal::testkit::{self, Lost};
use rehearsal::testkit::{clean, soon};

use crate::cast::{Counter, PLACEMENTS, Tested, counter, put};

const SHORT: Duration = Duration::from_millis(50);

#[rehearsal::test]
async fn a_kill_is_the_end() -> Tested {
    // Of what a process had in hand nobody knows.
    let _clean = clean().letters(1);
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let asked = counter.wait().send()?;
        testkit::until(&counter, |info| info.messages_handled >= 1).await;
        let exit = soon("the end", testkit::kill(&counter)).await;
        let signal = (place == Placement::Process).then_some(9);
        assert_eq!(exit.reason, Reason::Killed { signal }, "{place}");
        assert_eq!(soon("the answer", asked).await.unwrap_err().exit(), Some(&exit), "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn one_that_is_silent_answers_late_and_loses_nothing() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let silenced = soon("silence", testkit::silence(&counter)).await?;
        let error = counter.add(1).timeout(SHORT).await.unwrap_err();
        assert!(error.is_timeout(), "{place}: {error}");
        if place == Placement::Process {
            let error = counter.ping().timeout(SHORT).await.unwrap_err();
            assert!(error.is_timeout(), "a stopped process says nothing at all: {error}");
        } else {
            soon("a pong", counter.ping()).await?;
        }
        drop(silenced);
        assert_eq!(soon("an answer", counter.add(1)).await?, 2, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_process_that_is_silent_for_too_long_is_told_of() -> Tested {
    let _clean = clean();
    let limit = Duration::from_secs(2);
    let heartbeat = rehearsal::actor::Heartbeat::new(limit).floor(Duration::from_millis(50));
    let counter = Counter::spawn(0).process().heartbeat(heartbeat.grace(Duration::from_millis(100))).await?;
    let _silenced = testkit::silence(&counter).await?;
    let exit = testkit::ended(&counter, testkit::LONG_WAIT).await;
    assert!(matches!(exit.reason, Reason::Silent { for_ms } if for_ms >= 2_000), "{exit}");
    Ok(())
}

#[rehearsal::test]
async fn a_full_mailbox_refuses_and_is_emptied() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(0), place).mailbox(4).await?;
        let full = soon("filling", testkit::fill(&counter)).await?;
        assert!(counter.add(1).tell().unwrap_err().is_full(), "{place}");
        let error = counter.add(1).timeout(SHORT).await.unwrap_err();
        assert!(error.is_timeout(), "{place}: who asks waits for room: {error}");
        drop(full);
        assert_eq!(soon("an answer", counter.add(5)).await?, 5, "{place}: what was refused never came");
    }
    Ok(())
}

#[rehearsal::test]
async fn one_that_has_ended_is_not_silenced() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        counter.stop().await?;
        let error = testkit::silence(&counter).await.expect_err("it has ended");
        assert!(matches!(error.cause(), Cause::Dead(_)), "{place}: {error}");
    }
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn one_that_is_slow_takes_that_long_for_each_message() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Task).await?;
    let (slow, guard) = testkit::slow(&counter, Duration::from_secs(3));
    let before = tokio::time::Instant::now();
    let answers = [slow.add(1).send()?, slow.add(1).send()?, slow.add(1).send()?];
    for (answer, expected) in answers.into_iter().zip(1..) {
        assert_eq!(answer.await?, expected);
        assert_eq!(before.elapsed().as_secs(), 3 * expected as u64);
    }
    drop(guard);
    let before = tokio::time::Instant::now();
    assert_eq!(slow.add(1).await?, 4);
    assert!(before.elapsed() < Duration::from_millis(100));
    Ok(())
}

#[rehearsal::test]
async fn who_stops_it_through_a_slow_proxy_stops_it() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let (slow, _guard) = testkit::slow(&counter, Duration::from_millis(1));
        assert_eq!(slow.add(2).await?, 2, "{place}");
        assert_eq!(soon("the end", slow.stop()).await?, Exit::new(Reason::Stopped), "{place}");
        assert_eq!(counter.exit().map(|exit| exit.reason), Some(Reason::Stopped), "{place}");
    }
    Ok(())
}

/// As with an actor that is in a command: a question is answered, a kill is at once, and a stop waits until what is in hand
/// has been handed on, where it is left as by any stop.
#[rehearsal::test(start_paused = true)]
async fn one_that_is_slow_is_killed_at_once_and_answers_questions() -> Tested {
    let _clean = clean().letters(1);
    let hour = Duration::from_secs(3600);
    for way in ["kill", "end", "stop"] {
        let counter = counter(Placement::Task).await?;
        let (slow, _guard) = testkit::slow(&counter, hour);
        let (ended, before) = (slow.ended(), tokio::time::Instant::now());
        let asked = slow.add(1).timeout(2 * hour).send()?;
        testkit::settle().await;
        slow.ping().await?;
        match way {
            "kill" => slow.kill(),
            "end" => drop(counter.stop().await?),
            _ => slow.stop().tell(),
        }
        let exit = ended.await;
        let waited = before.elapsed() >= hour;
        assert_eq!(waited, way == "stop", "{way}: {:?}", before.elapsed());
        let reason = if way == "kill" { Reason::Killed { signal: None } } else { Reason::Stopped };
        assert_eq!(exit.reason, reason, "{way}");
        assert_eq!(asked.await.unwrap_err().exit(), Some(&exit), "{way}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_lost_frame_is_noticed_at_the_deadline_and_not_before() -> Tested {
    let _clean = clean().letters(1);
    let counter = counter(Placement::Process).await?;
    {
        let _losing = testkit::lose(Lost::Message, 1);
        assert!(counter.add(1).timeout(SHORT).await.unwrap_err().is_timeout());
        assert_eq!(counter.add(10).await?, 10, "the first never came, the second is not lost");
    }
    {
        let _losing = testkit::lose(Lost::Answer, 1);
        assert!(counter.add(1).timeout(SHORT).await.unwrap_err().is_timeout());
        assert_eq!(counter.add(1).await?, 12, "it came, its answer did not");
    }
    let exit = counter.stop().await?;
    assert_eq!(exit.reason, Reason::Stopped);
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn the_clock_goes_as_far_as_it_is_told() -> Tested {
    let _clean = clean();
    let (sender, mut probe) = testkit::probe();
    let task = tokio::spawn(async move {
        for n in 1.. {
            tokio::time::sleep(Duration::from_secs(60)).await;
            if sender.send((n, tokio::time::Instant::now())).is_err() {
                break;
            }
        }
    });
    let begun = tokio::time::Instant::now();
    testkit::advance(Duration::from_secs(59)).await;
    probe.expect_none_within(Duration::ZERO).await;
    testkit::advance(Duration::from_secs(122)).await;
    for n in 1..=3_u32 {
        let (number, at) = probe.expect().await;
        assert_eq!(number, n);
        let late = at.duration_since(begun + n * Duration::from_secs(60));
        assert!(late < Duration::from_millis(10), "each timer fires at its own time: {late:?} late");
    }
    drop(probe);
    task.abort();
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn all_tasks_are_at_rest() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Task).await?;
    for _ in 0..500 {
        counter.add(1).tell()?;
    }
    let before = tokio::time::Instant::now();
    testkit::settle().await;
    assert_eq!(counter.info().await?.messages_handled, 500);
    assert!(before.elapsed() <= Duration::from_millis(2));
    Ok(())
}

/// What a check says, run in a realm of its own.
async fn complaint<F: Future<Output = Tested>>(what: impl FnOnce() -> F) -> String {
    let realm = Realm::open();
    let _inside = realm.enter();
    what().await.expect("done");
    let checked = tokio::task::LocalSet::new();
    let joined = checked.run_until(async { tokio::task::spawn_local(testkit::assert_clean()).await }).await;
    let Err(error) = joined else { return String::new() };
    error.into_panic().downcast_ref::<String>().cloned().expect("a text")
}

#[rehearsal::test(task_panic = "allow")]
async fn a_test_is_clean_where_nothing_is_lost_or_left() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let told = complaint(async || {
            let counter = counter(place).await?;
            counter.add(1).await?;
            assert!(counter.fail("and told so".to_owned()).await.is_err());
            Ok(())
        });
        assert_eq!(told.await, "", "{place}");
    }
    Ok(())
}

#[rehearsal::test(task_panic = "allow")]
async fn what_is_not_clean_is_told_altogether() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let told = complaint(async || {
            let failing = put(Counter::spawn(0), place).name("failing").await?;
            failing.fail("unheard".to_owned()).tell()?;
            while !failing.state().is_over() {
                tokio::task::yield_now().await;
            }
            let ended = put(Counter::spawn(0), place).name("ended").await?;
            ended.stop().await?;
            let _ = ended.add(1).tell();
            Ok(())
        });
        let told = told.await;
        assert!(
            told.contains("failed, and nobody noticed: actor `failing` (Counter), spawned at"),
            "{place}: {told}"
        );
        assert!(told.contains("told to fail: unheard"), "{place}: {told}");
        assert!(
            told.contains("dead letter: `add` for actor `ended` (Counter): the actor had ended"),
            "{place}: {told}"
        );
        assert!(!told.contains("left:"), "{place}: {told}");
    }
    Ok(())
}

#[rehearsal::test(start_paused = true, task_panic = "allow")]
async fn an_actor_that_is_left_is_not_clean() -> Tested {
    let _clean = clean();
    let kept = std::cell::RefCell::new(None);
    let told = complaint(async || {
        kept.replace(Some(Counter::spawn(0).name("kept").await?));
        Ok(())
    });
    let told = told.await;
    assert!(told.contains("left: actor `kept` (Counter), spawned at tests/actor/inject.rs:"), "{told}");
    Ok(())
}

#[rehearsal::test(should_panic(expected = "dead letter: `add` for actor `late`"))]
async fn a_guard_checks_when_it_goes() {
    let _clean = testkit::clean();
    let late = Counter::spawn(0).name("late").await.expect("an actor");
    late.stop().await.expect("stopped");
    let _ = late.add(1).tell();
}
