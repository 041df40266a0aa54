//! The end of an actor.

use std::future::Future;
use std::panic::Location;
use std::time::Duration;

use super::here::Here;
use crate::actor::{Actor, Address, Exit};
use crate::sys::seam;

/// Waits for the end of the actor, for so long at most, and tells how it ended.
///
/// # Panics
/// Where it has not ended by then; the message says what it was doing, and which line waited.
#[track_caller]
pub fn ended<A: Actor>(actor: &Address<A>, within: Duration) -> impl Future<Output = Exit> + use<'_, A> {
    let at = Location::caller();
    Here::new(async move {
        match seam::timeout(within, actor.ended()).await {
            Some(exit) => Ok(exit),
            None => Err(format!(
                "{} had not ended within {within:?} at {at}: it is in state `{}`, {} messages handled, {} waiting",
                actor.name(),
                actor.state(),
                actor.shared.node.handled(),
                actor.shared.mailbox.info().waiting,
            )),
        }
    })
}
