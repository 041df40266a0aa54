//! The arbiter: what knows every actor of this process, and ends them in the right order.

use std::time::Duration;

use super::exit::Exit;
use super::handle::ActorRef;
use super::info::ActorName;
use super::roll;
use crate::sys::seam;

/// What knows every actor that was spawned in this process. There is one a process, from its start to its end.
#[derive(Debug, Clone, Copy)]
pub struct Arbiter(());

/// The arbiter of this process.
pub fn arbiter() -> Arbiter {
    Arbiter(())
}

impl Arbiter {
    /// The actors that have not ended, in the order they were spawned.
    pub fn actors(self) -> Vec<ActorRef> {
        roll::alive().into_iter().map(ActorRef).collect()
    }

    /// The actor of this name that was spawned first and has not ended.
    pub fn find(self, name: &str) -> Option<ActorRef> {
        self.actors().into_iter().find(|actor| actor.name().name() == name)
    }

    /// Stops every actor, the one spawned last first, so that a parent is stopped after what it spawned. One that has
    /// not ended within `grace` is killed; one that cannot be killed (a thread in a command that never waits) is left
    /// behind after as long again. Tells how each ended, `None` for those.
    pub async fn stop_all(self, grace: Duration) -> Vec<(ActorName, Option<Exit>)> {
        let mut ends = Vec::new();
        for actor in self.actors().into_iter().rev() {
            actor.stop();
            let mut exit = seam::timeout(grace, actor.ended()).await;
            if exit.is_none() {
                actor.kill();
                exit = seam::timeout(grace, actor.ended()).await;
            }
            ends.push((actor.name().clone(), exit));
        }
        ends
    }
}
