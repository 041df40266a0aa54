//! An actor as a task of the runtime it is spawned from.

use tokio::runtime::Handle;

use crate::actor::behavior::Actor;
use crate::actor::error::SpawnError;
use crate::actor::life::{Seat, live};
use crate::sys::seam;

pub(super) fn place<A: Actor>(seat: Seat<A>) -> Result<(), SpawnError> {
    if Handle::try_current().is_err() {
        return Err(SpawnError::NoRuntime { actor: seat.shared.node.name.clone() });
    }
    drop(seam::spawn(live(seat)));
    Ok(())
}
