//! Actors that do not come to life.

use std::time::Duration;

use crate::cast::{PLACEMENTS, Tested, soon};
use rehearsal::actor::Monitor;
use rehearsal::prelude::*;
use serde::{Deserialize, Serialize};

/// How it is to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    Error,
    Panic,
    Hang,
    Exit,
}

/// Never lives.
#[derive(Debug)]
pub struct Stillborn;

#[rehearsal::actor]
impl Stillborn {
    #[start]
    pub async fn new(way: Way) -> Result<Self, String> {
        match way {
            Way::Error => Err("the disk is full".to_owned()),
            Way::Panic => panic!("no way to live"),
            Way::Hang => std::future::pending().await,
            Way::Exit => std::process::exit(5),
        }
    }
}

fn put(spawn: Spawn<Stillborn>, place: Placement) -> Spawn<Stillborn> {
    match place {
        Placement::Thread => spawn.thread(),
        Placement::Process => spawn.process(),
        _ => spawn,
    }
}

async fn spawned(way: Way, place: Placement) -> SpawnError {
    let mut spawn = put(Stillborn::spawn(way), place);
    if way == Way::Hang {
        spawn = spawn.timeout(Duration::from_millis(500));
    }
    soon("the spawn", spawn).await.expect_err("it cannot live")
}

#[rehearsal::test]
async fn an_error_of_start_is_told() {
    for place in PLACEMENTS {
        let error = spawned(Way::Error, place).await;
        assert!(
            matches!(&error, SpawnError::Start { message, .. } if message == "the disk is full"),
            "{error}"
        );
        assert!(error.to_string().contains("did not start: the disk is full"), "{place}: {error}");
    }
}

#[rehearsal::test]
async fn a_panic_in_start_is_told() {
    for place in PLACEMENTS {
        let error = spawned(Way::Panic, place).await;
        let SpawnError::Died { exit, .. } = &error else { panic!("{place}: {error}") };
        assert!(matches!(&exit.reason, Reason::Panicked(note) if note.message == "no way to live"), "{exit}");
        assert!(error.to_string().contains("tests/actor/start.rs:"), "{place}: {error}");
    }
}

#[rehearsal::test]
async fn a_start_that_hangs_ends_at_its_deadline() {
    for place in PLACEMENTS {
        let error = spawned(Way::Hang, place).await;
        assert!(matches!(error, SpawnError::Timeout { .. }), "{place}: {error}");
        assert!(error.to_string().contains("not ready within 500ms"), "{error}");
    }
}

#[rehearsal::test]
async fn a_process_dead_before_its_handshake_is_an_error_at_once() {
    let before = std::time::Instant::now();
    let error = soon("the spawn", Stillborn::spawn(Way::Exit).process()).await.expect_err("it exits");
    let SpawnError::Died { exit, .. } = &error else { panic!("{error}") };
    assert_eq!(exit.reason, Reason::Exited { code: 5 });
    assert!(before.elapsed() < Duration::from_secs(20), "long before the handshake's deadline");
}

#[rehearsal::test]
async fn a_start_can_be_stopped() -> Tested {
    for place in PLACEMENTS {
        let spawn = put(Stillborn::spawn(Way::Hang), place).name(format!("stopped-{place}"));
        let spawned = tokio::spawn(spawn.into_future());
        let actor = loop {
            tokio::task::yield_now().await;
            let found = rehearsal::arbiter().find(&format!("stopped-{place}"));
            if let Some(actor) = found.filter(|actor| actor.state() == State::Starting) {
                break actor;
            }
        };
        actor.stop();
        let error = soon("the spawn", spawned).await?.expect_err("it was stopped");
        let SpawnError::Died { exit, .. } = &error else { panic!("{place}: {error}") };
        assert_eq!(exit.reason, Reason::Stopped, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_spawn_that_is_given_up_leaves_nobody() {
    for place in PLACEMENTS {
        let name = format!("given-up-{place}");
        let spawn = put(Stillborn::spawn(Way::Hang), place).name(name.clone());
        let spawned = tokio::spawn(spawn.into_future());
        let actor = loop {
            tokio::task::yield_now().await;
            if let Some(actor) = rehearsal::arbiter().find(&name) {
                break actor;
            }
        };
        spawned.abort();
        let exit = soon("the end", actor.ended()).await;
        assert!(matches!(exit.reason, Reason::Killed { .. }), "{place}: {exit}");
    }
}

#[rehearsal::test]
async fn a_monitor_whose_worker_does_not_start_does_not_either() {
    let monitor = Monitor::spawn(1, |_| Stillborn::spawn(Way::Error)).await;
    let error = monitor.expect_err("it has no worker");
    assert!(error.to_string().contains("the disk is full"), "{error}");
}
