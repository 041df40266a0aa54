//! Actors that do not come to life.

use std::time::Duration;

use crate::cast::{PLACEMENTS, Tested};
use rehearsal::actor::{Monitor, get_actor};
use rehearsal::prelude::*;
use rehearsal::testkit::{clean, soon};
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

/// The same without anything to wait for: as a task it starts where its spawn is awaited.
#[derive(Debug)]
pub struct Abrupt {
    id: u64,
    listed: bool,
}

#[rehearsal::actor]
impl Abrupt {
    #[start]
    pub fn new(way: Way) -> Result<Self, String> {
        match way {
            Way::Error => Err("the disk is full".to_owned()),
            Way::Panic => panic!("no way to live"),
            Way::Hang => {
                let own = get_actor().ok_or("nobody is in control")?;
                let listed = rehearsal::arbiter().find(&own.name().name()).is_some();
                Ok(Abrupt { id: own.id(), listed })
            }
            Way::Exit => std::process::exit(5),
        }
    }

    #[command]
    pub fn seen(&self) -> (u64, bool) {
        (self.id, self.listed)
    }

    /// Spawns another while it is in control itself.
    #[command]
    pub async fn spawn_another(&self, way: Way) -> Result<(u64, u64), String> {
        let another = Abrupt::spawn(way).await.map_err(|error| error.to_string())?;
        let own = get_actor().map(|own| own.id()).unwrap_or_default();
        Ok((another.id(), own))
    }
}

#[rehearsal::test]
async fn a_plain_start_that_fails_is_told_in_every_place() {
    let _clean = clean();
    let put = |way, place| match place {
        Placement::Thread => Abrupt::spawn(way).thread(),
        Placement::Process => Abrupt::spawn(way).process(),
        _ => Abrupt::spawn(way),
    };
    for place in PLACEMENTS {
        let error = soon("the spawn", put(Way::Error, place)).await.expect_err("it cannot live");
        assert!(
            matches!(&error, SpawnError::Start { message, .. } if message == "the disk is full"),
            "{error}"
        );

        let error = soon("the spawn", put(Way::Panic, place)).await.expect_err("it cannot live");
        let SpawnError::Died { exit, .. } = &error else { panic!("{place}: {error}") };
        assert!(matches!(&exit.reason, Reason::Panicked(note) if note.message == "no way to live"), "{exit}");
        assert!(error.to_string().contains("tests/actor/start.rs:"), "{place}: {error}");
    }
}

#[rehearsal::test]
async fn a_plain_start_is_in_control_while_it_runs_and_no_longer() -> Tested {
    let _clean = clean();
    let first = Abrupt::spawn(Way::Hang).await?;
    assert!(get_actor().is_none(), "the spawn is over");
    assert_eq!(first.seen().await?, (first.id(), true));
    let (another, own) = first.spawn_another(Way::Hang).await?;
    assert_ne!(another, first.id());
    assert_eq!(own, first.id(), "the one that spawned is in control again");
    // A start that panics inside a command of another is the end of the one that starts, and of nobody else.
    let error = first.spawn_another(Way::Panic).await.expect_err("it cannot live");
    assert!(error.to_string().contains("no way to live"), "{error}");
    assert_eq!(first.spawn_another(Way::Hang).await?.1, first.id());
    Ok(())
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
    let _clean = clean();
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
    let _clean = clean();
    for place in PLACEMENTS {
        let error = spawned(Way::Panic, place).await;
        let SpawnError::Died { exit, .. } = &error else { panic!("{place}: {error}") };
        assert!(matches!(&exit.reason, Reason::Panicked(note) if note.message == "no way to live"), "{exit}");
        assert!(error.to_string().contains("tests/actor/start.rs:"), "{place}: {error}");
    }
}

#[rehearsal::test]
async fn a_start_that_hangs_ends_at_its_deadline() {
    let _clean = clean();
    for place in PLACEMENTS {
        let error = spawned(Way::Hang, place).await;
        assert!(matches!(error, SpawnError::Timeout { .. }), "{place}: {error}");
        assert!(error.to_string().contains("not ready within 500ms"), "{error}");
    }
}

#[rehearsal::test]
async fn a_process_dead_before_its_handshake_is_an_error_at_once() {
    let _clean = clean();
    let before = std::time::Instant::now();
    let error = soon("the spawn", Stillborn::spawn(Way::Exit).process()).await.expect_err("it exits");
    let SpawnError::Died { exit, .. } = &error else { panic!("{error}") };
    assert_eq!(exit.reason, Reason::Exited { code: 5 });
    assert!(before.elapsed() < Duration::from_secs(20), "long before the handshake's deadline");
}

#[rehearsal::test]
async fn a_start_can_be_stopped() -> Tested {
    let _clean = clean();
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
    let _clean = clean();
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
    let _clean = clean();
    let monitor = Monitor::spawn(1, |_| Stillborn::spawn(Way::Error)).await;
    let error = monitor.expect_err("it has no worker");
    assert!(error.to_string().contains("the disk is full"), "{error}");
}
