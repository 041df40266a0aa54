//! What an actor is called and what it tells about itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::executor::JobInfo;
use super::state::State;
use crate::sys::usage::SystemInfo;
use crate::sys::wire::wired;

/// Where an actor runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Placement {
    /// A task on the runtime it was spawned from.
    Task,
    /// A thread of this process with an event loop of its own.
    Thread,
    /// A process of its own.
    Process,
}

wired! { enum Placement { Task, Thread, Process } }

impl std::fmt::Display for Placement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Placement::Task => "task",
            Placement::Thread => "thread",
            Placement::Process => "process",
        })
    }
}

/// What an actor is called: its type, its number in this process, and its name where it was given one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorName {
    pub(crate) kind: &'static str,
    pub(crate) id: u64,
    pub(crate) name: Option<Arc<str>>,
}

impl ActorName {
    /// The type's name, `Counter`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// A number no other actor spawned by this process has.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Whether this is its name.
    #[cfg(feature = "json")]
    pub(crate) fn is(&self, name: &str) -> bool {
        match &self.name {
            Some(own) => **own == *name,
            None => name
                .strip_prefix(self.kind)
                .and_then(|rest| rest.strip_prefix('-'))
                .is_some_and(|id| id == self.id.to_string()),
        }
    }

    /// The name it was given, or `Counter-7` of its type and number.
    pub fn name(&self) -> String {
        match &self.name {
            Some(name) => name.to_string(),
            None => format!("{}-{}", self.kind, self.id),
        }
    }
}

impl std::fmt::Display for ActorName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "actor `{name}` ({})", self.kind),
            None => write!(f, "actor `{}-{}`", self.kind, self.id),
        }
    }
}

/// What an actor tells about itself: the answer of the built-in command `info`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Info {
    /// The name it was given, or one made of its type and number.
    pub name: String,
    /// The type's name.
    pub kind: String,
    /// A number no other actor spawned by the same process has.
    pub id: u64,
    /// Where it is in its life.
    pub state: State,
    /// Where it runs.
    pub placement: Placement,
    /// Process it runs in.
    pub process_id: u32,
    /// Name of the thread it ran on when it answered, where that has one.
    pub thread: Option<String>,
    /// Time since it began to start.
    pub uptime: Duration,
    /// Messages it has taken from its mailbox, built-in ones on the control lane not counted.
    pub messages_handled: u64,
    /// How long its commands and hooks had its thread; what they waited for and its jobs are not part of it. Counted by
    /// the ticks of a coarse clock, so that it costs a message next to nothing: right on average, and to some ten
    /// milliseconds for an actor that did little.
    pub busy: Duration,
    /// Its mailbox.
    pub mailbox: MailboxInfo,
    /// Names of its commands, in the order they were written.
    pub commands: Vec<String>,
    /// Time since a process actor's last sign of life, where it is seen from its parent.
    pub last_notify: Option<Duration>,
    /// How often it was started again after its end ([`Spawn::restart`](super::Spawn::restart)); recycling not counted.
    pub restarts: u32,
    /// What its process takes of the machine, where the feature `system` is on.
    pub system: Option<SystemInfo>,
    /// The jobs of its executor that wait or run.
    pub jobs: Vec<JobInfo>,
    /// What the actor's `#[on_info]` function adds.
    pub entries: BTreeMap<String, String>,
}

impl Info {
    /// Adds an entry of the actor's own, or replaces the one of this name.
    pub fn add(&mut self, name: impl Into<String>, value: impl std::fmt::Display) {
        self.entries.insert(name.into(), value.to_string());
    }
}

wired! {
    struct Info {
        name, kind, id, state, placement, process_id, thread, uptime, messages_handled, busy, mailbox, commands,
        last_notify, system, jobs, restarts, entries
    }
}

/// How full a mailbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailboxInfo {
    /// Messages waiting now.
    pub waiting: usize,
    /// The most that ever waited.
    pub high_water: usize,
    /// The most that may wait.
    pub capacity: usize,
    /// Messages that were dropped because there was no room for them and its
    /// [`overflow`](super::Spawn::overflow) says so.
    pub dropped: u64,
}

wired! { struct MailboxInfo { waiting, high_water, capacity, dropped } }
