//! Asking and telling: deadlines, full mailboxes, the control lane, cancelling.

use std::sync::Arc;
use std::time::Duration;

use crate::cast::{Counter, PLACEMENTS, Tested, counter, put};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon, until};
use tokio::sync::Notify;
use tokio::task::{self, Id};

#[rehearsal::test]
async fn an_ask_ends_at_its_deadline() -> Tested {
    let _clean = clean().letters(1);
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let error = counter.wait().timeout(Duration::from_millis(50)).await.unwrap_err();
        assert!(error.is_timeout(), "{place}: {error}");
        let text = error.to_string();
        assert!(text.contains("`wait`") && text.contains("no answer within 50ms"), "{text}");
        // Killed before it has taken the command, a thread would lose that.
        until(&counter, |info| info.messages_handled >= 1).await;
        counter.kill();
        ended(&counter, LONG_WAIT).await;
    }
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn an_ask_ends_after_30_s_unless_told() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Task).await?;
    let before = tokio::time::Instant::now();
    assert!(counter.wait().await.unwrap_err().is_timeout());
    assert_eq!(before.elapsed().as_secs(), 30);
    counter.kill();
    Ok(())
}

#[rehearsal::test]
async fn a_full_mailbox_says_so_and_has_room_again() -> Tested {
    let _clean = clean().letters(2);
    let counter = Counter::spawn(0).mailbox(2).await?;
    let waiting = counter.wait().send()?;
    until(&counter, |info| info.messages_handled >= 1).await;
    counter.add(1).tell()?;
    counter.add(1).tell()?;
    let error = counter.add(1).tell().unwrap_err();
    assert!(error.is_full(), "{error}");
    assert!(error.to_string().contains("full (2 messages)"), "{error}");
    assert!(counter.add(1).send().err().is_some_and(|error| error.is_full()));
    let delivered = counter.add(1).timeout(Duration::from_millis(20)).deliver().await;
    assert!(delivered.unwrap_err().is_timeout());
    assert_eq!(counter.info().await?.mailbox.waiting, 2);
    drop(waiting);
    counter.kill();
    ended(&counter, LONG_WAIT).await;
    Ok(())
}

/// Quick, or held as long as somebody wants.
pub struct Gate;

#[rehearsal::actor]
impl Gate {
    #[start]
    pub fn new() -> Gate {
        Gate
    }

    /// The task it is handled in.
    #[command]
    pub fn place(&mut self) -> Option<Id> {
        task::try_id()
    }

    #[command]
    pub async fn hold(&mut self, begun: Arc<Notify>, until: Arc<Notify>) {
        begun.notify_one();
        until.notified().await;
    }
}

/// Room is not told at once while what was taken is known to be quick; here something follows that is not.
#[rehearsal::test]
async fn who_waits_for_room_is_told_before_a_command_that_takes_long() -> Tested {
    let _clean = clean();
    let gate = Gate::spawn().mailbox(64).await?;
    let asking = gate.clone();
    let known = tokio::spawn(async move {
        while asking.place().await? != task::try_id() {
            task::yield_now().await;
        }
        Ok::<_, Error>(())
    });
    soon("an ask that is handled where it is asked", known).await??;
    let [begun, release, begun_again, release_again] = [(); 4].map(|()| Arc::new(Notify::new()));
    gate.hold(begun.clone(), release.clone()).tell()?;
    soon("the command that fills the mailbox", begun.notified()).await;
    gate.place().tell()?;
    gate.hold(begun_again.clone(), release_again.clone()).tell()?;
    while gate.place().tell().is_ok() {}
    let waiting = gate.clone();
    let waits = tokio::spawn(async move { waiting.place().deliver().await });
    for _ in 0..100 {
        task::yield_now().await;
    }
    assert!(!waits.is_finished(), "there is no room");
    release.notify_one();
    soon("the next one that takes long", begun_again.notified()).await;
    soon("room, while that goes on", waits).await??;
    release_again.notify_one();
    // Behind all of them.
    gate.place().await?;
    Ok(())
}

#[rehearsal::test]
async fn those_who_wait_for_room_all_get_it() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(0), place).mailbox(2).await?;
        let mut asks = Vec::new();
        for _ in 0..200 {
            let counter = counter.clone();
            asks.push(tokio::spawn(async move { counter.add(1).await }));
        }
        let mut sums = Vec::new();
        for ask in asks {
            sums.push(soon("an answer", ask).await??);
        }
        sums.sort_unstable();
        assert_eq!(sums, (1..=200).collect::<Vec<_>>(), "{place}");
        assert!(counter.info().await?.mailbox.high_water <= 2, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn one_that_gives_up_its_place_in_line_passes_it_on() -> Tested {
    let _clean = clean();
    let counter = Counter::spawn(0).mailbox(1).await?;
    let slow = counter.compute(30).send()?;
    tokio::task::yield_now().await;
    counter.add(1).tell()?;
    let (impatient, patient) = (counter.clone(), counter.clone());
    let gone = tokio::spawn(async move { impatient.add(10).await });
    let stays = tokio::spawn(async move { patient.add(100).await });
    tokio::task::yield_now().await;
    gone.abort();
    slow.await?;
    let sum = soon("the patient one's answer", stays).await??;
    assert!(sum == 101 || sum == 111, "{sum}");
    Ok(())
}

#[rehearsal::test]
async fn messages_of_one_sender_keep_their_order() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let answers: Vec<_> = (0..500).map(|_| counter.add(1).send()).collect::<Result<_, _>>()?;
        for (index, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer.await?, index as i64 + 1, "{place}");
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn the_control_lane_is_answered_while_a_command_waits() -> Tested {
    let _clean = clean().letters(901);
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let waiting = counter.wait().send()?;
        until(&counter, |info| info.messages_handled >= 1).await;
        for _ in 0..300 {
            counter.add(1).tell()?;
        }
        soon("the pong", counter.ping()).await?;
        assert_eq!(counter.info().await?.state, State::Run, "{place}");
        counter.kill();
        let error = soon("the end of the ask", waiting).await.unwrap_err();
        assert!(matches!(error.exit().map(|exit| &exit.reason), Some(Reason::Killed { .. })), "{error}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_dropped_ask_harms_nobody() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        for _ in 0..20 {
            let ask = counter.add(1).into_future();
            let _ = tokio::time::timeout(Duration::ZERO, ask).await;
        }
        let sum = counter.add(0).await?;
        assert!((0..=20).contains(&sum), "{place}: {sum}");
    }
    Ok(())
}

#[rehearsal::test]
async fn more_tells_than_the_mailbox_holds() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(0), place).mailbox(8).await?;
        for _ in 0..1_000 {
            soon("room", counter.add(1).deliver()).await?;
        }
        assert_eq!(counter.add(0).await?, 1_000, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_clock_that_is_paused_in_the_middle_is_the_one_that_counts() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Task).await?;
    // While it moves.
    for _ in 0..100 {
        counter.add(1).await?;
    }
    tokio::time::pause();
    let before = tokio::time::Instant::now();
    let asking = counter.clone();
    let ask = tokio::spawn(async move { asking.wait().timeout(Duration::from_secs(20)).await });
    // The other timer is the later one, however far both are away.
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(ask.is_finished(), "the ask ended before");
    assert!(ask.await?.unwrap_err().is_timeout());
    assert_eq!(before.elapsed().as_secs(), 3600);
    counter.kill();
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn deadlines_of_a_paused_clock_are_exact_and_in_order() -> Tested {
    let _clean = clean().letters(3);
    let counter = counter(Placement::Task).await?;
    let before = tokio::time::Instant::now();
    let mut asks = Vec::new();
    for after_ms in [30_000_u64, 1_500, 20, 2_000] {
        let counter = counter.clone();
        asks.push(tokio::spawn(async move {
            let ask = counter.wait().timeout(Duration::from_millis(after_ms)).await;
            assert!(ask.unwrap_err().is_timeout());
            (after_ms, tokio::time::Instant::now())
        }));
    }
    for ask in asks {
        let (after_ms, at) = ask.await?;
        let waited = at.duration_since(before).as_millis() as u64;
        assert!((after_ms..=after_ms + 2).contains(&waited), "{after_ms} ms took {waited} ms");
    }
    counter.kill();
    Ok(())
}

#[rehearsal::test]
async fn a_long_deadline_is_kept_by_the_real_clock() -> Tested {
    let _clean = clean().letters(4);
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let before = std::time::Instant::now();
        let limit = Duration::from_millis(1_100);
        let error = counter.wait().timeout(limit).await.unwrap_err();
        assert!(
            error.is_timeout() && before.elapsed() >= limit,
            "{place}: {error} after {:?}",
            before.elapsed()
        );
        until(&counter, |info| info.messages_handled >= 1).await;
        let error = counter.add(1).timeout(limit).await.unwrap_err();
        assert!(error.is_timeout() && before.elapsed() >= 2 * limit, "{place}: {error}");
        counter.kill();
        ended(&counter, LONG_WAIT).await;
    }
    Ok(())
}

#[rehearsal::test]
async fn an_ask_that_waits_for_room_ends_at_its_deadline() -> Tested {
    let _clean = clean().letters(1);
    let counter = Counter::spawn(0).mailbox(1).await?;
    let waiting = counter.wait().send()?;
    until(&counter, |info| info.messages_handled >= 1).await;
    counter.add(1).tell()?;
    for limit in [Duration::from_millis(30), Duration::from_millis(1_050)] {
        let error = counter.add(1).timeout(limit).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
    }
    assert_eq!(counter.info().await?.mailbox.waiting, 1, "it left the line");
    counter.kill();
    assert!(waiting.await.is_err());
    Ok(())
}
