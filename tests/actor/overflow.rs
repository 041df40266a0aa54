//! What a full mailbox does, by policy, in each placement; and that the control lane is never part of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::cast::{Counter, CounterProxy, PLACEMENTS, Tested, put};
use rehearsal::actor::{Cause, DeadLetters, Overflow, Undelivered, dead_letters};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon, until};
use serde::{Deserialize, Serialize};

const CAPACITY: usize = 4;

/// A counter that is in a command that never ends, with no room left in its mailbox.
async fn full(place: Placement, overflow: Overflow) -> Result<CounterProxy, Box<dyn std::error::Error>> {
    let counter = put(Counter::spawn(0), place).mailbox(CAPACITY).overflow(overflow).await?;
    counter.wait().tell()?;
    until(&counter, |info| info.messages_handled >= 1).await;
    loop {
        while counter.add(1).try_tell().is_ok() {}
        // Once a process actor has answered this its bridge has taken what it may.
        counter.ping().await?;
        match counter.add(1).try_tell() {
            Ok(()) => {}
            Err(error) if error.is_full() => return Ok(counter),
            Err(error) => return Err(error.into()),
        }
    }
}

fn overflowed(letters: &mut DeadLetters, id: u64) -> usize {
    let own = std::iter::from_fn(|| letters.try_next()).filter(|letter| letter.actor.id() == id);
    own.filter(|letter| letter.why == Undelivered::Overflow).count()
}

async fn over(counter: CounterProxy) {
    counter.kill();
    ended(&counter, LONG_WAIT).await;
}

#[rehearsal::test]
async fn waiting_is_for_those_who_can() -> Tested {
    let _clean = clean().letters(16);
    for place in PLACEMENTS {
        let counter = full(place, Overflow::Wait).await?;
        let moment = Duration::from_millis(20);
        assert!(counter.add(1).tell().unwrap_err().is_full(), "{place}");
        assert!(counter.add(1).send().err().is_some_and(|error| error.is_full()), "{place}");
        assert!(counter.add(1).timeout(moment).await.unwrap_err().is_timeout(), "{place}");
        assert!(counter.add(1).timeout(moment).deliver().await.unwrap_err().is_timeout(), "{place}");
        let mailbox = counter.info().await?.mailbox;
        assert_eq!((mailbox.dropped, mailbox.capacity), (0, CAPACITY), "{place}");
        assert_eq!(mailbox.high_water, CAPACITY, "{place}");
        over(counter).await;
    }
    Ok(())
}

#[rehearsal::test]
async fn failing_is_for_everybody() -> Tested {
    let _clean = clean().letters(16);
    for place in PLACEMENTS {
        let counter = full(place, Overflow::Fail).await?;
        assert!(counter.add(1).tell().unwrap_err().is_full(), "{place}");
        assert!(counter.add(1).send().err().is_some_and(|error| error.is_full()), "{place}");
        assert!(soon("the ask", counter.add(1)).await.unwrap_err().is_full(), "{place}");
        assert!(soon("the delivery", counter.add(1).deliver()).await.unwrap_err().is_full(), "{place}");
        assert!(
            soon("a try", counter.take(1)).await.unwrap_err().call().is_some_and(|error| error.is_full())
        );
        assert_eq!(counter.info().await?.mailbox.dropped, 0, "{place}");
        over(counter).await;
    }
    Ok(())
}

#[rehearsal::test]
async fn dropping_the_newest_keeps_what_waits() -> Tested {
    let _clean = clean().letters(31);
    for place in PLACEMENTS {
        let counter = full(place, Overflow::DropNewest).await?;
        let mut letters = dead_letters();
        counter.add(1).tell()?;
        counter.add(1).deliver().await?;
        let answer = counter.add(1).send()?;
        let error = soon("the answer", answer).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::Dropped { capacity: CAPACITY, .. }), "{place}: {error}");
        let error = soon("the ask", counter.add(1)).await.unwrap_err();
        assert!(error.is_dropped(), "{place}: {error}");
        let text = error.to_string();
        assert!(text.contains("`add` of actor `Counter-"), "{text}");
        assert!(text.contains("(4 messages) and its policy is to drop the newest"), "{text}");
        let error = soon("echo", counter.echo("hello")).await.unwrap_err();
        assert!(error.is_dropped(), "{place}: {error}");
        assert!(counter.add(1).try_tell().unwrap_err().is_full(), "{place}");
        assert!(counter.add(1).try_send().err().is_some_and(|error| error.is_full()), "{place}");
        assert_eq!(counter.info().await?.mailbox.dropped, 5, "{place}");
        assert_eq!(overflowed(&mut letters, counter.id()), 5, "{place}");
        over(counter).await;
    }
    Ok(())
}

#[rehearsal::test]
async fn dropping_the_oldest_makes_room() -> Tested {
    let _clean = clean().letters(31);
    for place in PLACEMENTS {
        let counter = full(place, Overflow::DropOldest).await?;
        let mut letters = dead_letters();
        let pushed_out = counter.take(1).send()?;
        counter.add(1).deliver().await?;
        for _ in 2..=CAPACITY {
            counter.add(1).tell()?;
        }
        let error = soon("the answer", pushed_out).await.unwrap_err();
        let error = error.call().expect("the call failed, not the command");
        assert!(error.is_dropped(), "{place}: {error}");
        assert!(error.to_string().contains("drop the oldest"), "{error}");
        assert!(counter.add(1).try_tell().unwrap_err().is_full(), "{place}");
        assert_eq!(counter.info().await?.mailbox.dropped, CAPACITY as u64 + 1, "{place}");
        let own =
            std::iter::from_fn(|| letters.try_next()).filter(|letter| letter.actor.id() == counter.id());
        let commands: Vec<_> = own.map(|letter| letter.command).collect();
        assert_eq!(commands, ["add", "add", "add", "add", "take"], "{place}");
        over(counter).await;
    }
    Ok(())
}

/// Writes down what it is told.
pub struct Log(Vec<u32>);

#[rehearsal::actor]
impl Log {
    #[start]
    pub fn new() -> Self {
        Log(Vec::new())
    }

    #[command]
    pub fn note(&mut self, number: u32) {
        self.0.push(number);
    }

    #[command]
    pub fn noted(&self) -> Vec<u32> {
        self.0.clone()
    }
}

#[rehearsal::test]
async fn what_is_not_dropped_arrives_in_order() -> Tested {
    let _clean = clean().letters(1..);
    const SENT: u32 = 2_000;
    for place in PLACEMENTS {
        for overflow in [Overflow::DropNewest, Overflow::DropOldest] {
            let log = Log::spawn().mailbox(CAPACITY).overflow(overflow);
            let log = match place {
                Placement::Thread => log.thread().await?,
                Placement::Process => log.process().await?,
                _ => log.await?,
            };
            for number in 0..SENT {
                log.note(number).tell()?;
                if number % 64 == 0 {
                    tokio::task::yield_now().await;
                }
            }
            let mut again = 0;
            let noted = loop {
                // The question may be one too many itself.
                match soon("what was noted", log.noted()).await {
                    Ok(noted) => break noted,
                    Err(error) if error.is_dropped() => again += 1,
                    Err(error) => return Err(error.into()),
                }
            };
            let dropped = log.info().await?.mailbox.dropped;
            assert!(noted.is_sorted(), "{place}, {overflow}: {noted:?}");
            assert_eq!(noted.len() as u64 + dropped, u64::from(SENT) + again, "{place}, {overflow}");
            assert!(dropped > 0, "{place}, {overflow}: nothing was put to the test");
            if overflow == Overflow::DropOldest {
                assert_eq!(noted.last(), Some(&(SENT - 1)), "{place}");
            }
        }
    }
    Ok(())
}

#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_starves_neither_the_control_lane_nor_a_stop() -> Tested {
    let _clean = clean().letters(1..);
    for place in PLACEMENTS {
        for overflow in [Overflow::Wait, Overflow::DropNewest, Overflow::DropOldest] {
            let counter = put(Counter::spawn(0), place).mailbox(64).overflow(overflow).await?;
            let (flooding, over) = (counter.clone(), Arc::new(AtomicBool::new(false)));
            let flood = tokio::spawn({
                let over = over.clone();
                async move {
                    while !over.load(Ordering::Relaxed) {
                        for _ in 0..64 {
                            let _ = flooding.add(1).tell();
                        }
                        tokio::task::yield_now().await;
                    }
                }
            });
            for _ in 0..20 {
                soon("a pong", counter.ping()).await?;
            }
            let taken = counter.info().await?.messages_handled;
            until(&counter, |info| info.messages_handled >= taken + 64).await;
            let exit = soon("the end", counter.stop()).await?;
            assert_eq!(exit.reason, Reason::Stopped, "{place}, {overflow}");
            over.store(true, Ordering::Relaxed);
            flood.await?;
        }
    }
    Ok(())
}

/// Goes off when it is dropped by anybody but the command it was meant for.
#[derive(Debug, Serialize, Deserialize)]
pub struct Bomb(u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("bomb {} went off", self.0);
    }
}

/// Takes bombs.
pub struct Squad(u32);

#[rehearsal::actor]
impl Squad {
    #[start]
    pub fn new() -> Self {
        Squad(0)
    }

    #[command]
    pub async fn wait(&mut self) {
        std::future::pending::<()>().await;
    }

    #[command]
    pub fn defuse(&mut self, bomb: Bomb) -> u32 {
        self.0 += 1;
        std::mem::forget(bomb);
        self.0
    }
}

async fn squad(place: Placement, overflow: Overflow) -> Result<SquadProxy, SpawnError> {
    let squad = Squad::spawn().mailbox(2).overflow(overflow);
    match place {
        Placement::Thread => squad.thread().await,
        Placement::Process => squad.process().await,
        _ => squad.await,
    }
}

/// Two in a row would abort the process if they were dropped together.
#[rehearsal::test]
async fn messages_whose_drop_panics_harm_nobody_else() -> Tested {
    let _clean = clean().letters(64);
    for place in PLACEMENTS {
        let squad = squad(place, Overflow::DropOldest).await?;
        assert_eq!(soon("an answer", squad.defuse(Bomb(0))).await?, 1, "{place}");
        let waiting = squad.wait().send()?;
        until(&squad, |info| info.messages_handled >= 2).await;
        let bombs =
            (1..=20).map(|number| squad.defuse(Bomb(number)).send()).collect::<Result<Vec<_>, _>>()?;
        assert!(squad.info().await?.mailbox.dropped >= 15, "{place}");
        squad.kill();
        let exit = ended(&squad, LONG_WAIT).await;
        assert!(matches!(exit.reason, Reason::Killed { .. }), "{place}: {exit}");
        for bomb in bombs {
            let error = soon("its end", bomb).await.unwrap_err();
            assert!(error.is_dropped() || error.exit() == Some(&exit), "{place}: {error}");
        }
        assert!(soon("the end of the command", waiting).await.unwrap_err().is_dead());
        let late = squad.defuse(Bomb(21)).tell().unwrap_err();
        assert!(late.is_dead(), "{place}: {late}");
    }
    Ok(())
}
