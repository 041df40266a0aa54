//! An actor as a thread of this process with an event loop of its own.

use std::future::Future;
use std::io;
use std::pin::Pin;

use tokio::runtime::Builder;

use crate::actor::behavior::Actor;
use crate::actor::error::SpawnError;
use crate::actor::info::ActorName;
use crate::actor::life::{Seat, live};
use crate::actor::realm::Realm;
use crate::sys::{seam, thread};

pub(super) fn place<A: Actor>(seat: Seat<A>) -> Result<(), SpawnError> {
    let actor = seat.shared.node.name.clone();
    run(&actor, Box::pin(live(seat))).map_err(|source| SpawnError::Thread { actor, source })
}

/// Compiled once for all actors: a runtime's loop is much code.
fn run(actor: &ActorName, life: Pin<Box<dyn Future<Output = ()> + Send>>) -> io::Result<()> {
    // Made here, so that a system out of files is the caller's error.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let realm = Realm::current();
    let run = move || {
        realm.settle();
        // Run as a task: the future that `block_on` is given is slow to wake.
        let ended = seam::block_on(&runtime, async { seam::spawn_boxed(life).await });
        // What the actor left running must not hold the thread: blocking work may never end.
        runtime.shutdown_background();
        drop(ended);
    };
    thread::start(actor.name(), run)?;
    Ok(())
}
