//! What the arbiter tells about its process: the server part, and every actor in the books.

use std::time::Duration;

use super::arbiter::{Arbiter, arbiter};
use super::handle::ActorRef;
use super::info::Placement;
use super::node::Node;
use super::roll;
use super::state::State;
use crate::sys::process::program_name;
use crate::sys::usage::{SystemInfo, usage};
use crate::sys::wire::wired;

/// What the arbiter tells about its process. Made from its books: no actor is asked, so one that hangs delays nothing.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ArbiterInfo {
    /// The process.
    pub server: ServerInfo,
    /// The actors that have not ended, in the order they were spawned, monitors left out.
    pub workers: Vec<ActorInfo>,
    /// The monitors that have not ended.
    pub monitors: Vec<ActorInfo>,
}

wired! { struct ArbiterInfo { server, workers, monitors } }

/// The process of an arbiter.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// Version of this crate.
    pub version: String,
    /// The program's file name.
    pub program: String,
    /// The process.
    pub process_id: u32,
    /// How many workers have not ended.
    pub workers: usize,
    /// How many monitors have not ended.
    pub monitors: usize,
    /// What it takes of the machine, where the feature `system` is on.
    pub system: Option<SystemInfo>,
}

wired! { struct ServerInfo { version, program, process_id, workers, monitors, system } }

/// An actor as the arbiter's books have it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ActorInfo {
    /// The name it was given, or one made of its type and number.
    pub name: String,
    /// The type's name.
    pub kind: String,
    /// A number no other actor spawned by this process has.
    pub id: u64,
    /// Where it is in its life.
    pub state: State,
    /// Where it runs.
    pub placement: Placement,
    /// Process it runs in.
    pub process_id: u32,
    /// Time since a process actor's last sign of life.
    pub last_notify: Option<Duration>,
}

wired! { struct ActorInfo { name, kind, id, state, placement, process_id, last_notify } }

impl ActorInfo {
    fn of(node: &Node) -> ActorInfo {
        let is_apart = node.placement == Placement::Process;
        ActorInfo {
            name: node.name.name(),
            kind: node.name.kind.to_owned(),
            id: node.name.id,
            state: node.state.get(),
            placement: node.placement,
            process_id: node.process_id(),
            last_notify: is_apart.then(|| node.silent_for()),
        }
    }
}

impl Arbiter {
    /// What is in its books about this process and its actors.
    ///
    /// ```
    /// # use rehearsal::prelude::*;
    /// # pub struct Idle;
    /// # #[rehearsal::actor] impl Idle { #[start] pub fn new() -> Idle { Idle } }
    /// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let _idle = Idle::spawn().name("idle").process().await?;
    /// let info = rehearsal::arbiter().info();
    /// assert_eq!(info.workers[0].name, "idle");
    /// assert!(info.workers[0].last_notify.is_some());
    /// assert_eq!(info.server.process_id, std::process::id());
    /// # Ok(()) }
    /// ```
    pub fn info(self) -> ArbiterInfo {
        let (monitors, workers): (Vec<_>, Vec<_>) = roll::alive()
            .iter()
            .map(|actor| ActorInfo::of(actor.node()))
            .partition(|actor| actor.kind == "Monitor");
        let server = ServerInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            program: program_name(),
            process_id: std::process::id(),
            workers: workers.len(),
            monitors: monitors.len(),
            system: usage(),
        };
        ArbiterInfo { server, workers, monitors }
    }

    /// Ends the actor of this name without `#[stopping]`, the first one where there are several; it is given back, for
    /// its end to be awaited. For good: one that is supervised is not started again. `None` where there is none.
    pub fn kill_actor(self, name: &str) -> Option<ActorRef> {
        let actor = arbiter().find(name)?;
        actor.0.node().wish_for_the_end();
        actor.kill();
        Some(actor)
    }
}
