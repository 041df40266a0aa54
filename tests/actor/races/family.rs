//! Supervisors: who fails at the same time, who is in a pause, who waits for whom.

use std::time::Duration;

use super::tally::{much_later, promptly};
use crate::cast::Tested;
use rehearsal::actor::{Cause, Pool, Restart, Strategy};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, eventually, soon, until};

/// A child that knows its parent.
pub struct Child {
    parent: ParentProxy,
    asks_at_stop: bool,
    outlet: Outlet<String>,
}

fn told(outcome: Result<u32, Error>) -> String {
    match outcome {
        Ok(answer) => answer.to_string(),
        Err(error) if matches!(error.cause(), Cause::Cycle { .. }) => format!("cycle: {error}"),
        Err(error) if error.is_dead() => format!("dead: {error}"),
        Err(error) => error.to_string(),
    }
}

#[rehearsal::actor(event = String)]
impl Child {
    #[start]
    pub async fn new(parent: ParentProxy, manner: Manner, cx: &mut Context<Self>) -> Self {
        if manner == Manner::AsksAtStart {
            let answer = parent.seven().await;
            let _ = cx.outlet().send(told(answer));
        }
        Child { parent, asks_at_stop: manner == Manner::AsksAtStop, outlet: cx.outlet() }
    }

    #[command]
    pub fn ask_nobody(&self) -> u32 {
        1
    }

    /// What the parent said.
    #[command]
    pub async fn ask_parent(&mut self) -> String {
        let told = told(self.parent.seven().await);
        let _ = self.outlet.send(told.clone());
        told
    }

    #[command]
    pub fn fail(&mut self) {
        panic!("a child fails")
    }

    #[stopping]
    async fn stopping(&mut self) {
        if self.asks_at_stop {
            let told = told(self.parent.seven().await);
            let _ = self.outlet.send(told);
        }
    }
}

/// What a child does at which point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Plain,
    AsksAtStart,
    AsksAtStop,
}

/// Has children of one kind.
pub struct Parent {
    children: Vec<ChildProxy>,
}

/// What a parent begins with.
#[derive(Clone)]
pub struct Plan {
    strategy: Strategy,
    restart: Restart,
    place: Placement,
    manner: Manner,
    said: std::sync::mpsc::Sender<String>,
}

#[rehearsal::actor]
impl Parent {
    #[start]
    pub async fn new(plan: Plan, cx: &mut Context<Self>) -> Result<Self, SpawnError> {
        cx.supervision(plan.strategy, plan.restart.clone());
        let mut children = Vec::new();
        for _ in 0..3 {
            let said = plan.said.clone();
            let spawn = Child::spawn(cx.proxy(), plan.manner).on_event(move |told| drop(said.send(told)));
            let spawn = if plan.place == Placement::Thread { spawn.thread() } else { spawn };
            children.push(cx.supervise(spawn).await?);
        }
        Ok(Parent { children })
    }

    #[command]
    pub fn children(&self) -> Vec<ChildProxy> {
        self.children.clone()
    }

    #[command]
    pub fn seven(&self) -> u32 {
        7
    }

    #[command]
    pub async fn nap(&mut self, until: std::sync::Arc<tokio::sync::Notify>) {
        until.notified().await;
    }

    #[command]
    pub async fn fail(&mut self, until: std::sync::Arc<tokio::sync::Notify>) {
        until.notified().await;
        panic!("a parent fails")
    }
}

type Said = std::sync::mpsc::Receiver<String>;

fn parent(strategy: Strategy, restart: Restart, place: Placement, manner: Manner) -> (Spawn<Parent>, Said) {
    let (tell, said) = std::sync::mpsc::channel();
    (Parent::spawn(Plan { strategy, restart, place, manner, said: tell }), said)
}

/// Where a child can be that has its parent's proxy.
const NEAR: [Placement; 2] = [Placement::Task, Placement::Thread];

/// Two that crash for the first time made two batches of restarts run side by side (march, pull request 296).
#[rehearsal::test]
async fn children_that_fail_at_the_same_time_all_come_back() -> Tested {
    let _clean = clean();
    let pause = Duration::from_millis(5);
    for strategy in [Strategy::AllForOne, Strategy::RestForOne, Strategy::OneForOne] {
        for (place, backoff) in [
            (Placement::Task, Duration::ZERO),
            (Placement::Task, pause),
            (Placement::Thread, Duration::ZERO),
            (Placement::Thread, pause),
        ] {
            let restart = Restart::on_failure().endlessly().backoff(backoff, backoff);
            let (spawn, _said) = parent(strategy, restart, place, Manner::Plain);
            let parent = spawn.await?;
            let children = parent.children().await?;
            for _ in 0..10 {
                // In all mailboxes before any of them is handled.
                let failing =
                    children.iter().map(|child| child.fail().send()).collect::<Result<Vec<_>, _>>()?;
                for failed in failing {
                    soon("the failed ask", failed).await.unwrap_err();
                }
                for child in &children {
                    let answer = soon("an answer of its next life", child.ask_nobody()).await;
                    assert_eq!(answer?, 1, "{strategy:?}, {place}, {backoff:?}");
                }
            }
            assert!(children.iter().all(|child| child.exit().is_none()));
            parent.stop().await?;
        }
    }
    Ok(())
}

/// An ask that waits in the mailbox of a parent that ends kept its child from ending, and that its parent (kameo,
/// issue 335, the comment with `TriggerAsk`).
#[rehearsal::test]
async fn a_child_that_waits_for_its_ending_parent_learns_so_at_once() -> Tested {
    let _clean = clean().letters(..);
    for place in NEAR {
        for way in ["stop", "fail", "fail and start again"] {
            let (spawn, _said) = parent(Strategy::OneForOne, promptly(), place, Manner::Plain);
            let spawn = if way == "fail and start again" { spawn.restart(promptly()) } else { spawn };
            let parent = spawn.await?;
            let children = parent.children().await?;
            let gate = std::sync::Arc::new(tokio::sync::Notify::new());
            let napping = if way == "stop" { parent.nap(gate.clone()) } else { parent.fail(gate.clone()) };
            let napping = napping.send()?;
            until(&parent, |info| info.messages_handled >= 2).await;
            let asking = children[1].ask_parent().send()?;
            until(&parent, |info| info.mailbox.waiting > 0).await;
            let before = std::time::Instant::now();
            if way == "stop" {
                parent.stop().tell();
            }
            gate.notify_one();
            let said = soon("what the child was told", asking).await?;
            assert!(said.starts_with("cycle") || said.starts_with("dead"), "{place}, {way}: {said}");
            let _ = soon("the nap", napping).await;
            if way == "fail and start again" {
                assert_eq!(soon("its next life", parent.seven()).await?, 7, "{place}");
                assert_eq!(parent.children().await?.len(), 3);
            } else {
                ended(&parent, LONG_WAIT).await;
                assert!(children.iter().all(|child| child.exit().is_some()), "{place}, {way}");
            }
            // It has children that have its proxy: it does not end for want of one.
            parent.stop().await?;
            // A stop takes at most 30 s, after which a child would be killed.
            assert!(before.elapsed() < Duration::from_secs(20), "{place}, {way}");
        }
    }
    Ok(())
}

/// The same from `#[stopping]`: in kameo a hook that asks one that is stopping hung (issue 335); elfo's `Ping` did where
/// the actor failed (issue 68).
#[rehearsal::test]
async fn a_childs_stopping_that_asks_its_parent_ends_at_once() -> Tested {
    let _clean = clean().letters(..);
    for place in NEAR {
        let (spawn, said) = parent(Strategy::OneForOne, promptly(), place, Manner::AsksAtStop);
        let parent = spawn.restart(promptly()).await?;
        let before = std::time::Instant::now();
        // Another life follows, so its mailbox stays open.
        let gate = std::sync::Arc::new(tokio::sync::Notify::new());
        gate.notify_one();
        parent.fail(gate).await.unwrap_err();
        assert_eq!(soon("its next life", parent.seven()).await?, 7, "{place}");
        // This is for good.
        assert_eq!(soon("the stop", parent.stop()).await?.reason, Reason::Stopped, "{place}");
        let said: Vec<String> = said.try_iter().collect();
        assert_eq!(said.len(), 6, "{place}: {said:?}");
        assert!(said[..3].iter().all(|said| said.starts_with("cycle")), "{place}: {said:?}");
        assert!(said[3..].iter().all(|said| said.starts_with("dead")), "{place}: {said:?}");
        assert!(before.elapsed() < Duration::from_secs(20), "{place}");
    }
    Ok(())
}

/// A supervisor that started its actors one by one, each waiting for it, was a deadlock (elfo, pull request 105).
#[rehearsal::test]
async fn a_childs_start_that_asks_its_parent_ends_at_once() -> Tested {
    let _clean = clean();
    for place in NEAR {
        let (spawn, said) = parent(Strategy::OneForOne, promptly(), place, Manner::AsksAtStart);
        let before = std::time::Instant::now();
        let parent = soon("the parent", spawn).await?;
        assert_eq!(parent.seven().await?, 7);
        let said: Vec<String> = said.try_iter().collect();
        assert_eq!(said.len(), 3, "{place}: {said:?}");
        assert!(said.iter().all(|said| said.starts_with("cycle")), "{place}: {said:?}");
        parent.stop().await?;
        assert!(before.elapsed() < Duration::from_secs(20), "{place}");
    }
    Ok(())
}

/// A child that was ended while it waited to be started again was started all the same (anarlog, pull request 6870;
/// OpenRC, pull request 375).
#[rehearsal::test]
async fn an_end_in_the_pause_before_a_restart_is_for_good() -> Tested {
    let _clean = clean();
    for place in NEAR {
        for way in ["stop", "kill", "stop the parent", "kill the parent"] {
            let (spawn, _said) = parent(Strategy::OneForOne, much_later(), place, Manner::Plain);
            let parent = spawn.await?;
            let children = parent.children().await?;
            children[0].fail().await.unwrap_err();
            eventually("the pause", async || children[0].state() == State::Inactive).await;
            match way {
                "stop" => children[0].stop().tell(),
                "kill" => children[0].kill(),
                "stop the parent" => parent.stop().tell(),
                _ => parent.kill(),
            }
            let exit = ended(&children[0], LONG_WAIT).await;
            assert!(
                exit.detail.contains("a child fails") || way.contains("parent"),
                "{place}, {way}: {exit}"
            );
            if way.contains("parent") {
                ended(&parent, LONG_WAIT).await;
            } else {
                assert_eq!(children[1].ask_nobody().await?, 1, "{place}, {way}: its sisters live");
                parent.stop().await?;
            }
        }
    }
    Ok(())
}

/// The same of a monitor's worker: what is stopped or killed in its pause is replaced by nobody's ghost.
#[rehearsal::test]
async fn a_monitor_that_stops_waits_for_no_pause() -> Tested {
    let _clean = clean();
    for place in crate::cast::PLACEMENTS {
        let plan = Pool::new(move |_| crate::cast::put(crate::cast::Counter::spawn(0), place))
            .workers(2..=2)
            .restart(much_later());
        let monitor = plan.spawn().await?;
        let workers = monitor.workers().await?;
        workers[0].fail("before the pause".to_owned()).await.unwrap_err();
        eventually("the pause", async || workers[0].state() == State::Inactive).await;
        assert_eq!(soon("the monitor's end", monitor.stop()).await?.reason, Reason::Stopped, "{place}");
        for worker in &workers {
            assert!(worker.exit().is_some(), "{place}");
        }
    }
    Ok(())
}
