//! What holds an actor: its proxies and nothing else, whatever its messages and its state hold in turn.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::cast::{Counter, PLACEMENTS, Tested, counter, put};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, eventually, soon, until};

/// An actor with an interval, or whose library kept a reference for itself, never ended (actix, issue 285; kameo,
/// pull request 177).
#[rehearsal::test]
async fn nothing_but_a_proxy_keeps_an_actor() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (held, beside) = (put(Counter::spawn(0), place).name("held").await?, counter(place).await?);
        let every = held.every(Duration::from_millis(1), |counter| counter.add(1).tell());
        let after = held.add(1).after(Duration::from_secs(3600));
        held.link(&beside);
        let reference = rehearsal::arbiter().find("held").expect("it is there");
        let answered = held.add(1).send()?;
        let (ended, waiting) = (held.ended(), tokio::spawn(held.ended()));
        drop(held);
        let exit = soon("the end", ended).await;
        assert_eq!(exit.reason, Reason::Returned, "{place}: {exit}");
        assert_eq!(soon("the same end", waiting).await?, exit);
        soon("what was asked before", answered).await?;
        assert_eq!(reference.exit(), Some(exit), "{place}");
        assert_eq!(beside.add(1).await?, 1, "{place}: an orderly end takes nobody along");
        drop((every, after));
    }
    Ok(())
}

/// Keeps what it is given, and itself where it is told to.
pub struct Keeper {
    me: Option<KeeperProxy>,
    _weight: Arc<()>,
}

#[rehearsal::actor]
impl Keeper {
    #[start]
    pub fn new(weight: Arc<()>) -> Self {
        Keeper { me: None, _weight: weight }
    }

    /// Holds on to a proxy of itself.
    #[command]
    pub fn keep(&mut self, me: KeeperProxy, _weight: Arc<()>) {
        self.me = Some(me);
    }

    #[command]
    pub async fn wait(&mut self) {
        std::future::pending::<()>().await;
    }

    #[command]
    pub fn fail(&mut self) {
        panic!("a keeper fails")
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(me) = &self.me {
            // Not carried out by anybody; it must not be waited for either.
            let _ = me.fail().tell();
            let _ = me.wait().send();
            me.kill();
            me.stop().tell();
        }
    }
}

fn is_gone(weight: &Weak<()>) -> bool {
    weight.strong_count() == 0
}

/// A message that held the last reference to the mailbox it was in kept both for ever, or was dropped under its lock
/// (kameo, pull request 177).
#[rehearsal::test]
async fn a_message_may_hold_its_own_actor() -> Tested {
    let _clean = clean().letters(18);
    for place in [Placement::Task, Placement::Thread] {
        for way in ["kill", "stop", "fail"] {
            let weight = Arc::new(());
            let spawn = Keeper::spawn(weight.clone());
            let keeper = if place == Placement::Thread { spawn.thread().await? } else { spawn.await? };
            if way == "kill" {
                keeper.wait().tell()?;
                until(&keeper, |info| info.messages_handled >= 1).await;
            }
            if way == "fail" {
                keeper.fail().tell()?;
            }
            if way == "stop" {
                keeper.stop().tell();
            }
            for _ in 0..3 {
                let _ = keeper.keep(keeper.clone(), weight.clone()).tell();
            }
            let (held, ended) = (Arc::downgrade(&weight), keeper.ended());
            drop(weight);
            if way == "kill" {
                keeper.kill();
            }
            drop(keeper);
            soon("the end", ended).await;
            eventually("the memory", async || is_gone(&held)).await;
        }
    }
    Ok(())
}

/// A state that talks to its own actor when it is dropped found a lock held, or was let in again (echo-process, issue
/// 45, lost the message of one that ended itself).
#[rehearsal::test]
async fn a_state_may_talk_to_its_own_actor_as_it_is_dropped() -> Tested {
    let _clean = clean().letters(12);
    for place in [Placement::Task, Placement::Thread] {
        for way in ["kill", "stop", "fail"] {
            let weight = Arc::new(());
            let spawn = Keeper::spawn(weight.clone());
            let keeper = if place == Placement::Thread { spawn.thread().await? } else { spawn.await? };
            keeper.keep(keeper.clone(), weight.clone()).await?;
            match way {
                "kill" => keeper.kill(),
                "stop" => keeper.stop().tell(),
                _ => drop(keeper.fail().await),
            }
            let exit = ended(&keeper, LONG_WAIT).await;
            assert_eq!(exit.is_orderly(), way == "stop", "{place}, {way}: {exit}");
            let held = Arc::downgrade(&weight);
            drop((weight, keeper));
            eventually("the memory", async || is_gone(&held)).await;
        }
    }
    Ok(())
}

/// A runtime that went left its threads' actors behind, or their callers without an answer (actix, issues 296 and 464).
#[rehearsal::test]
async fn callers_elsewhere_learn_that_a_runtime_has_gone() -> Tested {
    let _clean = clean().letters(1..);
    for place in [Placement::Task, Placement::Process] {
        let (tell, told) = std::sync::mpsc::channel();
        let (go, going) = std::sync::mpsc::channel::<()>();
        let elsewhere = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let counter = put(Counter::spawn(0), place).mailbox(2).await.expect("a counter");
                counter.wait().tell().expect("room");
                until(&counter, |info| info.messages_handled >= 1).await;
                tell.send(counter).expect("the test listens");
                while going.try_recv().is_err() {
                    tokio::task::yield_now().await;
                }
            });
        });
        let counter = told.recv()?;
        while counter.add(1).tell().is_ok() {}
        let waiting: Vec<_> = (0..6)
            .map(|number| {
                let counter = counter.clone();
                tokio::spawn(async move {
                    match number % 3 {
                        0 => counter.add(1).await.map(drop),
                        1 => counter.add(1).deliver().await,
                        _ => counter.ping().await,
                    }
                })
            })
            .collect();
        tokio::task::yield_now().await;
        go.send(())?;
        for waiting in waiting {
            if let Err(error) = soon("an answer or the end", waiting).await? {
                assert!(error.is_dead(), "{place}: {error}");
            }
        }
        let exit = ended(&counter, LONG_WAIT).await;
        assert_eq!(exit.reason, Reason::Unreachable, "{place}: {exit}");
        elsewhere.join().expect("it ended");
    }
    Ok(())
}
