//! An actor as a task of the runtime it is spawned from.

use tokio::runtime::Handle;

use crate::actor::behavior::Actor;
use crate::actor::error::SpawnError;
use crate::actor::info::ActorName;
use crate::actor::life::{Begun, Seat, live};
use crate::actor::lone;
use crate::sys::helm::{Course, Owner};
use crate::sys::{home, seam};

/// Sees to it that there is a runtime.
pub(super) fn see_runtime(actor: &ActorName) -> Result<(), SpawnError> {
    // Who is in a task is in a runtime; to ask for that itself costs more.
    if tokio::task::try_id().is_none() && Handle::try_current().is_err() {
        return Err(SpawnError::NoRuntime { actor: actor.clone() });
    }
    Ok(())
}

/// Places it, where there is a runtime; with `own_task` nobody but its task polls it. A plain `#[start]` has been run when
/// this returns.
pub(super) fn place<A: Actor>(mut seat: Seat<A>, own_task: bool) -> Option<Begun> {
    let begun = A::IS_PLAIN.then(|| seat.start_now());
    let alone = matches!(begun, Some(Begun::Up)) && seat.is_at_rest();
    let shared = seat.shared.clone();
    let life: Course = Box::pin(live(seat));
    match home::of_this_thread() {
        // Who owns the seam decides what is polled when.
        Some(home) if !own_task && !seam::is_owned() => {
            let life = if alone { lone::begin(&shared, life, home) } else { Some(life) };
            if let Some(life) = life {
                shared.helm.begin(life, home);
                seam::spawn_owner(Owner(shared));
            }
        }
        _ => drop(seam::spawn_boxed(life)),
    }
    begun
}
