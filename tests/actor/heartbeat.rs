//! The heartbeat: a process that gives no sign of life is asked to stop, then killed. Real processes, really stopped.

use std::time::Duration;

use crate::cast::{Counter, Tested};
use crate::process::is_running;
use rehearsal::actor::{Heartbeat, Restart};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, eventually, silence, soon};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Sooner than one should in earnest, and so late that a process on a busy machine is not taken for a silent one.
fn quick() -> Heartbeat {
    Heartbeat::new(SILENCE).floor(ms(50))
}

const SILENCE: Duration = ms(2_000);

#[rehearsal::test]
async fn a_stopped_process_is_asked_and_then_killed() -> Tested {
    let _clean = clean().letters(1);
    let counter = Counter::spawn(0).process().heartbeat(quick().grace(ms(300))).await?;
    let _stopped = silence(&counter).await?;
    let error = soon("the ask", counter.add(1)).await.unwrap_err();
    let exit = error.exit().cloned().expect("it is dead");
    let Reason::Silent { for_ms } = exit.reason else { panic!("{error}") };
    assert!(ms(for_ms) >= SILENCE, "{error}");
    assert!(exit.detail.contains("it was asked to stop, had not after 300ms, and was killed"), "{exit}");
    assert!(!is_running(counter.pid()));
    Ok(())
}

#[rehearsal::test]
async fn one_that_comes_round_in_its_grace_stops_in_good_order() -> Tested {
    let _clean = clean();
    let counter = Counter::spawn(0).process().heartbeat(quick().grace(Duration::from_secs(50))).await?;
    let stopped = silence(&counter).await?;
    eventually("the asking to stop", async || counter.state() == State::Stopping).await;
    assert!(is_running(counter.pid()), "asked, and not killed");
    drop(stopped);
    let exit = ended(&counter, LONG_WAIT).await;
    assert!(matches!(exit.reason, Reason::Silent { .. }), "{exit}");
    assert!(exit.detail.contains("it was asked to stop, and did"), "{exit}");
    Ok(())
}

/// Both stand still, as where a machine is paused, and this one goes on first: what it has not heard is no silence.
#[rehearsal::test(isolation = "process")]
async fn who_stood_still_itself_takes_nobody_for_silent() -> Tested {
    let _clean = clean();
    let counter = Counter::spawn(4).process().heartbeat(quick()).await?;
    let pause = "kill -STOP $2 $1; sleep 4; kill -CONT $1; sleep 0.2; kill -CONT $2";
    let (own, other) = (std::process::id().to_string(), counter.pid().to_string());
    let mut paused = std::process::Command::new("sh").args(["-c", pause, "sh", &own, &other]).spawn()?;
    let stopped = std::time::Instant::now();
    eventually("the pause", async || stopped.elapsed() >= ms(4_000)).await;
    assert!(paused.wait()?.success());
    let heard =
        async || counter.info().await.is_ok_and(|info| info.last_notify.is_some_and(|ago| ago < SILENCE));
    eventually("a sign of life", heard).await;
    assert_eq!((counter.add(1).await?, counter.state()), (5, State::Run));
    Ok(())
}

#[rehearsal::test]
async fn computing_is_no_silence() -> Tested {
    let _clean = clean();
    let counter = Counter::spawn(4).process().heartbeat(quick()).await?;
    assert_eq!(counter.compute(3_000).await?, 4);
    Ok(())
}

#[rehearsal::test]
async fn a_silent_one_is_started_again_where_its_rule_says_so() -> Tested {
    let _clean = clean().letters(2);
    let counter = Counter::spawn(40)
        .process()
        .heartbeat(quick().grace(ms(50)))
        .restart(Restart::on_failure())
        .mailbox(2)
        .await?;
    let before = counter.pid();
    let _stopped = silence(&counter).await?;
    let given = [counter.add(1).send()?, counter.add(1).send()?];
    // Gathered with the first two: these have gone to the process that is stopped.
    tokio::task::yield_now().await;
    for lost in given {
        let error = soon("what was given", lost).await.unwrap_err();
        assert!(matches!(error.exit().map(|exit| &exit.reason), Some(Reason::Silent { .. })), "{error}");
    }
    assert_eq!(soon("the next life", counter.add(2)).await?, 42);
    assert_ne!(counter.pid(), before);
    assert!(!is_running(before));
    assert_eq!(counter.info().await?.restarts, 1);
    Ok(())
}

#[rehearsal::test]
async fn one_that_could_not_be_kept_is_refused() -> Tested {
    let _clean = clean();
    let error = Counter::spawn(0).process().silence(Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(error, SpawnError::Unfit { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("may be silent for 1s, but gives a sign of life every 3s"), "{said}");
    assert!(said.contains("Heartbeat::floor"), "{said}");
    Ok(())
}
