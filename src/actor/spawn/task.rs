//! An actor as a task of the runtime it is spawned from.

use std::future::Future;
use std::task::{Context, Waker};

use tokio::runtime::Handle;

use crate::actor::behavior::Actor;
use crate::actor::error::SpawnError;
use crate::actor::life::{Seat, live};
use crate::sys::seam;

pub(super) fn place<A: Actor>(seat: Seat<A>) -> Result<(), SpawnError> {
    // Who is in a task is in a runtime; to ask for that itself costs more.
    if tokio::task::try_id().is_none() && Handle::try_current().is_err() {
        return Err(SpawnError::NoRuntime { actor: seat.shared.node.name.clone() });
    }
    let mut life = Box::pin(live(seat));
    // A `#[start]` that waits for nothing is run here and now: a task of its own would be switched to and back for it,
    // often on another thread. The loop goes no further than that, and is polled by its task without being woken.
    if A::IS_PLAIN && life.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
        return Ok(());
    }
    drop(seam::spawn_boxed(life));
    Ok(())
}
