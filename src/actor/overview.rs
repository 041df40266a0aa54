//! What the arbiter tells about its process: the server part, and every actor in the books, as the tree they are.

use std::time::Duration;

use super::arbiter::{Arbiter, arbiter};
use super::exit::Exit;
use super::handle::ActorRef;
use super::info::{MailboxInfo, Placement};
use super::node::AnyActor;
use super::state::State;
use super::{lineage, roll};
use crate::sys::process::program_name;
use crate::sys::usage::{SystemInfo, usage};
use crate::sys::wire::wired;

mod drawing;
mod order;
#[cfg(all(test, feature = "harness"))]
mod tests;

/// How many of the messages that wait in a mailbox are named.
const NAMED: usize = 8;

/// What the arbiter tells about its process. Made from its books: no actor is asked, so one that hangs delays nothing.
///
/// Displayed it is a tree, a line an actor; `{:.20}` has it leave off after twenty of them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ArbiterInfo {
    /// The process.
    pub server: ServerInfo,
    /// The actors that have not ended, as a tree: each is followed by those it spawned or supervises, in the order they
    /// were spawned, and by what is in its process, where it has one of its own.
    pub actors: Vec<ActorInfo>,
}

wired! { struct ArbiterInfo { server, actors } }

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
    /// How many actors of this process see to no others.
    pub workers: usize,
    /// How many have children that they start again.
    pub supervisors: usize,
    /// How many keep a pool.
    pub monitors: usize,
    /// What it takes of the machine, where the feature `system` is on.
    pub system: Option<SystemInfo>,
}

wired! { struct ServerInfo { version, program, process_id, workers, supervisors, monitors, system } }

/// What an actor is to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// It sees to no others.
    Worker,
    /// It has children that it starts again ([`Context::supervise`](super::Context::supervise)).
    Supervisor,
    /// It keeps a pool ([`Monitor`](super::Monitor)).
    Monitor,
}

wired! { enum Role { Worker, Supervisor, Monitor } }

/// An actor as the arbiter's books have it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ActorInfo {
    /// The name it was given, or one made of its type and number.
    pub name: String,
    /// The type's name.
    pub kind: String,
    /// A number no other actor spawned by the same process has.
    pub id: u64,
    /// The number of the actor that spawned or supervises it, which may have ended.
    pub parent: Option<u64>,
    /// How many others it is below in the tree.
    pub depth: usize,
    /// What it is to others.
    pub role: Role,
    /// Where it is in its life.
    pub state: State,
    /// Where it runs.
    pub placement: Placement,
    /// Process it runs in.
    pub process_id: u32,
    /// Messages it has begun to handle. This and `busy` of an actor with a process of its own, and all of the actors in
    /// that, are as the process told with its last sign of life.
    pub messages_handled: u64,
    /// How long it had its thread: see [`Info::busy`](super::Info::busy).
    pub busy: Duration,
    /// Its mailbox. What is on its way to an actor's own process counts as waiting, the command in progress there among it.
    pub mailbox: MailboxInfo,
    /// Names of the commands that wait, the one that has waited longest first, eight at most. Messages that the actor took
    /// out in one burst are counted and not named, unless it belongs to a trial.
    pub waiting: Vec<String>,
    /// The command it is busy with, where that is known: of an actor that belongs to a trial.
    pub in_hand: Option<String>,
    /// How often it was started again after its end; recycling not counted.
    pub restarts: u32,
    /// How the last of its lives ended that is over.
    pub last_end: Option<Exit>,
    /// Time since a process actor's last sign of life.
    pub last_notify: Option<Duration>,
}

wired! {
    struct ActorInfo {
        name, kind, id, parent, depth, role, state, placement, process_id, messages_handled, busy, mailbox, waiting,
        in_hand, restarts, last_end, last_notify
    }
}

impl ActorInfo {
    fn of(actor: &dyn AnyActor) -> ActorInfo {
        let node = actor.node();
        let seen = actor.glimpse(NAMED);
        let none = MailboxInfo { waiting: 0, high_water: 0, capacity: 0, dropped: 0 };
        let (mailbox, waiting, in_hand) =
            seen.map_or((none, Vec::new(), None), |seen| (seen.info, seen.waiting, seen.in_hand));
        ActorInfo {
            name: node.name.name(),
            kind: node.name.kind.to_owned(),
            id: node.name.id,
            parent: None,
            depth: 0,
            role: node.role(),
            state: node.state.get(),
            placement: node.placement,
            process_id: node.process_id(),
            messages_handled: node.handled(),
            busy: node.busy(),
            mailbox,
            waiting: waiting.into_iter().map(str::to_owned).collect(),
            in_hand: in_hand.map(str::to_owned),
            restarts: node.restarts(),
            last_end: node.last_end(),
            last_notify: None,
        }
    }

    /// Adds what is known of its process here; what that told of the other actors in it.
    fn look_across(&mut self, actor: &dyn AnyActor) -> Vec<ActorInfo> {
        let Some(beside) = actor.node().has_beside() else { return Vec::new() };
        self.last_notify = Some(beside.silent_for());
        // Here it is what was written last.
        let mut settled = 0;
        self.in_hand = None;
        let mut told = beside.told().into_iter();
        if let Some(own) = told.next() {
            (self.role, self.messages_handled, self.busy) = (own.role, own.messages_handled, own.busy);
            // The one that was in hand then may be so still.
            settled = own.messages_handled - u64::from(own.in_hand.is_some());
        }
        if let Some(sent) = beside.under_way(settled) {
            self.mailbox.waiting += sent.len();
            let sent = sent.into_iter().map(str::to_owned);
            self.waiting = sent.chain(self.waiting.drain(..)).take(NAMED).collect();
        }
        // It is known how deep they are below that one there.
        told.map(|info| ActorInfo { depth: info.depth.saturating_sub(1), ..info }).collect()
    }
}

/// The actors among these as a tree, and how many there are of each role, those in processes of their own not counted
/// twice.
fn tree(actors: &[std::sync::Arc<dyn AnyActor>]) -> (Vec<ActorInfo>, [usize; 3]) {
    let parents = lineage::all();
    let parent_of =
        |id: u64| parents.binary_search_by_key(&id, |(child, _)| *child).ok().map(|at| parents[at].1);
    let mut roles = [0; 3];
    let rows = actors.iter().map(|actor| {
        let mut info = ActorInfo::of(&**actor);
        info.parent = parent_of(info.id);
        let inside = match info.placement {
            Placement::Process => info.look_across(&**actor),
            _ => Vec::new(),
        };
        roles[info.role as usize] += 1;
        order::Row { info, inside }
    });
    (order::ordered(rows.collect()), roles)
}

/// What the process of a process actor tells of itself and of the others in it, in as many rows at most.
pub(crate) fn within(own: &dyn AnyActor, most: usize) -> Vec<ActorInfo> {
    let mut actors = vec![order::Row { info: ActorInfo::of(own), inside: Vec::new() }];
    let (inside, _) = tree(&roll::alive());
    actors[0].inside = inside;
    let mut told = order::ordered(actors);
    told.truncate(most);
    told
}

/// These actors as people read them, a line each, in so many at most; those that have ended make room for the others.
/// `None` where there are none.
#[cfg(feature = "harness")]
pub(crate) fn drawn(mut actors: Vec<std::sync::Arc<dyn AnyActor>>, most: usize) -> Option<String> {
    if actors.len() > most {
        actors.retain(|actor| !actor.node().state.get().is_over());
    }
    let (tree, _) = tree(&actors);
    (!tree.is_empty()).then(|| drawing::Drawn(&tree, most).to_string())
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
    /// assert_eq!(info.actors[0].name, "idle");
    /// assert!(info.actors[0].last_notify.is_some());
    /// assert_eq!(info.server.process_id, std::process::id());
    /// assert!(info.to_string().contains("\n└─ idle (Idle): run, process "), "{info}");
    /// # Ok(()) }
    /// ```
    pub fn info(self) -> ArbiterInfo {
        ArbiterInfo::of(&roll::alive())
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

impl ArbiterInfo {
    fn of(actors: &[std::sync::Arc<dyn AnyActor>]) -> ArbiterInfo {
        let (actors, [workers, supervisors, monitors]) = tree(actors);
        let server = ServerInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            program: program_name(),
            process_id: std::process::id(),
            workers,
            supervisors,
            monitors,
            system: usage(),
        };
        ArbiterInfo { server, actors }
    }

    /// Those that see to no others.
    pub fn workers(&self) -> impl Iterator<Item = &ActorInfo> {
        self.of_role(Role::Worker)
    }

    /// Those that have children which they start again.
    pub fn supervisors(&self) -> impl Iterator<Item = &ActorInfo> {
        self.of_role(Role::Supervisor)
    }

    /// Those that keep a pool.
    pub fn monitors(&self) -> impl Iterator<Item = &ActorInfo> {
        self.of_role(Role::Monitor)
    }

    fn of_role(&self, role: Role) -> impl Iterator<Item = &ActorInfo> {
        self.actors.iter().filter(move |actor| actor.role == role)
    }
}
