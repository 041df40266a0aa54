//! Waiting for an actor's end.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::AnyActor;
use crate::actor::exit::Exit;

/// Resolves when the actor has ended, to how it ended. Made by [`Address::ended`](crate::actor::Address::ended).
#[must_use = "futures do nothing unless awaited"]
pub struct Ended {
    actor: Arc<dyn AnyActor>,
    place: Option<u64>,
    heeds: bool,
}

impl Ended {
    pub(crate) fn new(actor: Arc<dyn AnyActor>) -> Ended {
        Ended { actor, place: None, heeds: true }
    }

    /// The wait of something that has no more to do when the actor has ended, however it did: a failure is as unhandled
    /// as it would be without.
    pub(crate) fn aside(actor: Arc<dyn AnyActor>) -> Ended {
        Ended { actor, place: None, heeds: false }
    }
}

impl Future for Ended {
    type Output = Exit;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Exit> {
        let Ended { actor, place, heeds } = &mut *self;
        actor.node().poll_exit_from(place, *heeds, cx)
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.actor.node().leave(place);
        }
    }
}

impl std::fmt::Debug for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ended({})", self.actor.node().name)
    }
}
