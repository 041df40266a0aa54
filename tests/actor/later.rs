//! Delayed and periodic sends: on time, cancelled, and ended with the actor they send to.

use std::time::Duration;

use crate::cast::{Counter, PLACEMENTS, Tested, counter, put};
use rehearsal::actor::{Undelivered, dead_letters};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, advance, clean, ended, eventually, settle, soon, until};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);
const HALF: Duration = Duration::from_millis(500);

#[rehearsal::test(start_paused = true)]
async fn a_delayed_message_comes_when_it_is_time() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Task).await?;
    let begun = Instant::now();
    let second = counter.add(10).after(2 * SECOND);
    let first = counter.add(1).after(SECOND);
    sleep(SECOND - HALF).await;
    assert_eq!(counter.add(0).await?, 0);
    sleep(SECOND).await;
    assert_eq!((counter.add(0).await?, first.is_over(), second.is_over()), (1, true, false));
    sleep(SECOND).await;
    assert_eq!((counter.add(0).await?, second.is_over()), (11, true));
    assert_eq!(begun.elapsed(), 2 * SECOND + HALF, "no clock but the paused one was asked");
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn one_that_is_cancelled_or_dropped_never_comes() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Task).await?;
    counter.add(1).after(SECOND).cancel();
    drop(counter.add(10).after(SECOND));
    counter.take(1).after(SECOND).cancel();
    counter.add(100).after(SECOND).detach();
    counter.every(SECOND, |counter| counter.add(1_000).tell()).cancel();
    advance(10 * SECOND).await;
    assert_eq!(counter.add(0).await?, 100);
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn a_periodic_message_is_made_anew_each_time() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Task).await?;
    let mut by = 0;
    let ticking = counter.every(SECOND, move |counter| {
        by += 1;
        counter.add(by).tell()
    });
    advance(4 * SECOND + HALF).await;
    assert_eq!(counter.add(0).await?, 1 + 2 + 3 + 4);
    assert!(!ticking.is_over());
    ticking.cancel();
    advance(10 * SECOND).await;
    assert_eq!(counter.add(0).await?, 10);
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn both_end_with_the_actor_and_do_not_keep_it() -> Tested {
    let _clean = clean();
    let told = counter(Placement::Task).await?;
    let mut letters = dead_letters();
    let (delayed, ticking) = (told.add(1).after(100 * SECOND), told.every(SECOND, |told| told.add(1).tell()));
    sleep(HALF).await;
    told.stop().await?;
    settle().await;
    assert!(delayed.is_over() && ticking.is_over());
    assert!(std::iter::from_fn(|| letters.try_next()).all(|letter| letter.actor.id() != told.id()));

    let left = counter(Placement::Task).await?;
    left.add(1).after(100 * SECOND).detach();
    left.every(SECOND, |left| left.add(1).tell()).detach();
    sleep(3 * SECOND).await;
    let ended = left.ended();
    drop(left);
    let begun = Instant::now();
    assert_eq!(soon("the end", ended).await.reason, Reason::Returned);
    assert!(begun.elapsed() < SECOND);
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn what_finds_no_room_is_a_dead_letter() -> Tested {
    let _clean = clean().letters(4);
    let counter = Counter::spawn(0).mailbox(1).await?;
    let mut letters = dead_letters();
    let waiting = counter.wait().send()?;
    until(&counter, |info| info.messages_handled >= 1).await;
    counter.add(1).tell()?;
    let delayed = counter.add(2).timeout(SECOND).after(SECOND);
    let ticking = counter.every(2 * SECOND, |counter| counter.take(1).tell());
    sleep(5 * SECOND).await;
    assert!(delayed.is_over() && !ticking.is_over());
    let own = std::iter::from_fn(|| letters.try_next()).filter(|letter| letter.actor.id() == counter.id());
    let mut own: Vec<_> = own.map(|letter| (letter.command, letter.why)).collect();
    own.sort_unstable_by_key(|(command, _)| *command);
    assert_eq!(
        own,
        [("add", Undelivered::NoRoom), ("take", Undelivered::NoRoom), ("take", Undelivered::NoRoom)]
    );
    drop(waiting);
    counter.kill();
    ended(&counter, LONG_WAIT).await;
    Ok(())
}

#[rehearsal::test]
async fn wherever_the_actor_is() -> Tested {
    let _clean = clean().letters(..);
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(0), place).await?;
        let begun = std::time::Instant::now();
        counter.add(100).after(Duration::from_millis(20)).detach();
        let ticking = counter.every(Duration::from_millis(2), |counter| counter.add(1).tell());
        soon("the ticks", async {
            while counter.add(0).await? < 105 {
                sleep(Duration::from_millis(1)).await;
            }
            Ok::<_, Error>(())
        })
        .await?;
        assert!(begun.elapsed() >= Duration::from_millis(20), "{place}");
        counter.kill();
        ended(&counter, LONG_WAIT).await;
        eventually("the end of the ticks", async || ticking.is_over()).await;
    }
    Ok(())
}

/// Sends to itself.
pub struct Alarm {
    rung: u32,
    snooze: Option<rehearsal::actor::Later>,
}

#[rehearsal::actor]
impl Alarm {
    #[start]
    pub fn new(cx: &mut Context<Self>) -> Self {
        let snooze = Some(cx.proxy().ring().after(SECOND));
        Alarm { rung: 0, snooze }
    }

    #[command]
    pub fn ring(&mut self, cx: &mut Context<Self>) {
        self.rung += 1;
        self.snooze = (self.rung < 3).then(|| cx.proxy().ring().after(SECOND));
    }

    #[command]
    pub fn rung(&self) -> (u32, bool) {
        (self.rung, self.snooze.is_some())
    }
}

#[rehearsal::test(start_paused = true)]
async fn an_actor_that_sends_to_itself() -> Tested {
    let _clean = clean();
    let alarm = Alarm::spawn().await?;
    advance(2 * SECOND + HALF).await;
    assert_eq!(alarm.rung().await?, (2, true));
    advance(8 * SECOND).await;
    assert_eq!(alarm.rung().await?, (3, false));
    Ok(())
}
