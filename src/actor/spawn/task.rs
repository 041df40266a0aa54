//! An actor as a task of the runtime it is spawned from.

use tokio::runtime::Handle;

use crate::actor::behavior::Actor;
use crate::actor::error::SpawnError;
use crate::actor::info::ActorName;
use crate::actor::life::{Begun, Seat, live};
use crate::sys::seam;

/// Sees to it that there is a runtime.
pub(super) fn see_runtime(actor: &ActorName) -> Result<(), SpawnError> {
    // Who is in a task is in a runtime; to ask for that itself costs more.
    if tokio::task::try_id().is_none() && Handle::try_current().is_err() {
        return Err(SpawnError::NoRuntime { actor: actor.clone() });
    }
    Ok(())
}

/// Places it, where there is a runtime. A plain `#[start]` has been run when this returns.
pub(super) fn place<A: Actor>(mut seat: Seat<A>) -> Option<Begun> {
    let begun = A::IS_PLAIN.then(|| seat.start_now());
    drop(seam::spawn_boxed(Box::pin(live(seat))));
    begun
}
