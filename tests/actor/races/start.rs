//! Starts that wait for themselves, stop at once or fail, and what is left of them.

use std::time::Duration;

use super::tally::{taken, tally};
use crate::cast::{CounterProxy, PLACEMENTS, Tested, counter, put};
use rehearsal::actor::Cause;
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, eventually, soon};
use serde::{Deserialize, Serialize};

/// What an actor does with itself when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Manner {
    /// Asks itself at each of its hooks.
    Asks,
    /// Sends itself more than its mailbox holds.
    Tells,
    /// Waits for room in its own mailbox.
    Delivers,
    /// Is over at once.
    Stops,
    StopsLater,
    Errs,
    Panics,
}

/// Busy with itself.
pub struct Navel {
    manner: Manner,
    outlet: Outlet<String>,
}

impl Navel {
    async fn ask(&self, me: NavelProxy, when: &str) {
        let error = me.take(0).await.expect_err("it would wait for itself");
        let cycle = matches!(error.cause(), Cause::Cycle { .. });
        let _ = self.outlet.send(format!("{when} {}", if cycle { "cycle" } else { "other" }));
    }
}

#[rehearsal::actor(event = String)]
impl Navel {
    #[start]
    pub async fn new(manner: Manner, cx: &mut Context<Self>) -> Result<Self, String> {
        let navel = Navel { manner, outlet: cx.outlet() };
        let me = cx.proxy();
        match manner {
            Manner::Asks => navel.ask(me, "start").await,
            Manner::Tells => {
                let told: Vec<bool> = (1..=3).map(|number| me.take(number).tell().is_ok()).collect();
                let _ = navel.outlet.send(format!("told {told:?}"));
            }
            Manner::Delivers => {
                while me.take(1).tell().is_ok() {}
                let error = me.take(2).deliver().await.expect_err("no room comes");
                let cycle = matches!(error.cause(), Cause::Cycle { .. });
                let _ = navel.outlet.send(format!("delivered {}", if cycle { "cycle" } else { "other" }));
            }
            Manner::Stops => cx.stop(),
            Manner::StopsLater => {
                tokio::task::yield_now().await;
                cx.stop();
            }
            Manner::Errs => return Err("it errs".to_owned()),
            Manner::Panics => panic!("it panics"),
        }
        Ok(navel)
    }

    #[command]
    pub fn take(&mut self, number: u32) -> u32 {
        let _ = self.outlet.send(format!("took {number}"));
        number
    }

    #[periodic(every = "5ms")]
    async fn tick(&mut self, cx: &mut Context<Self>) {
        if self.manner == Manner::Asks {
            self.ask(cx.proxy(), "tick").await;
            cx.stop();
        }
    }

    #[stopping]
    async fn stopping(&mut self, cx: &mut Context<Self>) {
        match self.manner {
            Manner::Asks => {
                let error = cx.proxy().take(0).await.expect_err("it takes no more");
                let _ = self.outlet.send(format!("stopping {}", !error.is_timeout()));
            }
            Manner::Stops | Manner::StopsLater => drop(self.outlet.send("stopping".to_owned())),
            _ => {}
        }
    }
}

fn navel(manner: Manner, place: Placement) -> (Spawn<Navel>, std::sync::mpsc::Receiver<String>) {
    let (tell, said) = std::sync::mpsc::channel();
    (put(Navel::spawn(manner), place).mailbox(2).on_event(move |event| drop(tell.send(event))), said)
}

/// An actor that asked itself hung; kameo warns of it in its log since (kameo, pull request 87).
#[rehearsal::test]
async fn an_ask_of_itself_at_any_hook_ends_at_once() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (spawn, said) = navel(Manner::Asks, place);
        let navel = soon("the start", spawn).await?;
        let exit = ended(&navel, LONG_WAIT).await;
        assert_eq!(exit.reason, Reason::Returned, "{place}: {exit}");
        let said: Vec<String> = said.try_iter().collect();
        assert_eq!(said, ["start cycle", "tick cycle", "stopping true"], "{place}");
    }
    Ok(())
}

/// A small mailbox that was full before its actor had started was a deadlock (kameo, pull request 84), and what an
/// actor sent itself while it started came after what others sent (kameo, pull request 22).
#[rehearsal::test]
async fn a_start_that_fills_its_own_mailbox_is_told_so() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (spawn, said) = navel(Manner::Tells, place);
        let navel = soon("the start", spawn).await?;
        assert_eq!(soon("an answer", navel.take(4)).await?, 4, "{place}");
        let said: Vec<String> = said.try_iter().collect();
        assert_eq!(said, ["told [true, true, false]", "took 1", "took 2", "took 4"], "{place}");
    }
    Ok(())
}

/// The same with one that waits for room: nobody would ever make any.
#[rehearsal::test]
async fn a_start_that_waits_for_room_in_its_own_mailbox_ends_at_once() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (spawn, said) = navel(Manner::Delivers, place);
        let before = std::time::Instant::now();
        let navel = soon("the start", spawn).await?;
        assert_eq!(soon("an answer", navel.take(4)).await?, 4, "{place}");
        let said: Vec<String> = said.try_iter().collect();
        assert_eq!(said, ["delivered cycle", "took 1", "took 1", "took 4"], "{place}");
        assert!(before.elapsed() < Duration::from_secs(20), "{place}");
    }
    Ok(())
}

/// A stop that came while an actor started was not seen (Winton.Extensions.Threading.Actor, pull request 5), and one
/// that was over at once stayed on the books (heph, issue 323).
#[rehearsal::test]
async fn a_start_that_stops_its_actor_is_followed_by_its_end() -> Tested {
    let _clean = clean().letters(3);
    for place in PLACEMENTS {
        for manner in [Manner::Stops, Manner::StopsLater] {
            let (spawn, said) = navel(manner, place);
            let navel = soon("the start", spawn.name("over at once")).await?;
            let exit = ended(&navel, LONG_WAIT).await;
            assert_eq!(exit.reason, Reason::Returned, "{place}: {exit}");
            assert_eq!(said.try_iter().collect::<Vec<_>>(), ["stopping"], "{place}");
            assert!(rehearsal::arbiter().find("over at once").is_none(), "{place}");
        }
        // What was sent meanwhile is not carried out.
        let (spawn, said) = tally(place);
        let tally = spawn.await?;
        tally.stop().tell();
        let _ = tally.take(1).tell();
        ended(&tally, LONG_WAIT).await;
        assert_eq!(taken(&said), 0, "{place}");
    }
    Ok(())
}

/// A name was taken for ever by an actor that had failed to start (ractor, pull request 243) or had been
/// stopped (kameo, issue 252; actor-framework, issue 738).
#[rehearsal::test]
async fn a_name_is_free_when_the_end_is_known() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let name = format!("the one and only {place}");
        for manner in [Manner::Errs, Manner::Panics] {
            let (spawn, _said) = navel(manner, place);
            soon("the spawn", spawn.name(name.clone())).await.expect_err("it does not start");
            eventually("a free name", async || rehearsal::arbiter().find(&name).is_none()).await;
        }
        for way in ["stop", "kill", "fail", "finish", "drop"] {
            let counter = put(crate::cast::Counter::spawn(0), place).name(name.clone()).await?;
            let found = rehearsal::arbiter().find(&name).expect("it is there");
            assert_eq!(found.id(), counter.id(), "{place}, {way}: it is this one and none before");
            let ended = counter.ended();
            match way {
                "stop" => drop(soon("the stop", counter.stop()).await?),
                "kill" => counter.kill(),
                "fail" => drop(counter.fail("by name".to_owned()).await),
                "finish" => drop(counter.finish().await?),
                _ => {}
            }
            drop(counter);
            soon("the end", ended).await;
            assert!(rehearsal::arbiter().find(&name).is_none(), "{place}, {way}");
        }
    }
    Ok(())
}

/// Links itself before it fails to start.
pub struct Linked;

#[rehearsal::actor]
impl Linked {
    #[start]
    pub async fn new(other: CounterProxy, panics: bool, cx: &mut Context<Self>) -> Result<Self, String> {
        cx.link(&other);
        tokio::task::yield_now().await;
        assert!(!panics, "linked and lost");
        Err("linked and failed".to_owned())
    }
}

/// Those linked to an actor were not told when it failed in its start (kameo, issue 229).
#[rehearsal::test]
async fn a_link_made_in_a_start_that_fails_carries_its_end() -> Tested {
    let _clean = clean();
    for place in [Placement::Task, Placement::Thread] {
        for other in PLACEMENTS {
            for panics in [true, false] {
                let counter = counter(other).await?;
                let spawn = Linked::spawn(counter.clone(), panics).name("stillborn");
                let spawn = if place == Placement::Thread { spawn.thread() } else { spawn };
                soon("the spawn", spawn).await.expect_err("it does not start");
                let exit = ended(&counter, LONG_WAIT).await;
                let Reason::Linked { to, exit } = exit.reason else { panic!("{place}, {other}: {exit}") };
                assert_eq!(to, "stillborn");
                assert!(!exit.is_orderly(), "{exit}");
            }
        }
    }
    Ok(())
}
