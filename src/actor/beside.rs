//! What few actors have, kept beside their node and made when it is first wanted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use super::executor::Pool;
use super::node::AnyActor;
use super::overview::ActorInfo;
#[cfg(feature = "stream")]
use super::stream::Streams;
use crate::sys::seam;

/// Beside an actor's node: nothing of it is on the way of a message.
#[derive(Default)]
pub(crate) struct Beside {
    /// What `#[on_info]` added when it last ran.
    entries: Mutex<BTreeMap<String, String>>,
    /// What the actor may be asked by name.
    #[cfg(feature = "json")]
    allowed: OnceLock<Vec<String>>,
    /// Messages that are with the process of a process actor and, as far as is known here, wait there.
    waiting_there: AtomicUsize,
    /// When a process actor last gave a sign of life, [`seam::monotonic_ns`]. The system's clock: silence of another
    /// process is not to be decided by a clock that a test has paused.
    notified_ns: AtomicU64,
    /// The jobs of its executor.
    pool: OnceLock<Arc<Pool>>,
    /// Streams from this actor.
    #[cfg(feature = "stream")]
    streams: OnceLock<Streams>,
    /// Tickets of calls that were given up before their command was carried out.
    given_up: Mutex<VecDeque<u64>>,
    /// How long it had its thread.
    busy_ns: AtomicU64,
    /// What a process actor's own process last told of itself and the actors in it.
    told: Mutex<Vec<ActorInfo>>,
    /// What keeps account of what is under way to that process.
    line: Mutex<Option<Weak<dyn UnderWay>>>,
}

/// Keeps account of what was sent to a process.
pub(crate) trait UnderWay: Send + Sync {
    /// Names of the messages that it has neither answered nor, as far as is known, handled, of which it has handled
    /// `handled` for certain; the one that was sent first first. `None` while that is being changed.
    fn names(&self, handled: u64) -> Option<Vec<&'static str>>;
}

/// Calls given up that are remembered: more than may wait in most mailboxes. Each is forgotten with its command.
const GIVEN_UP: usize = 4096;

impl Beside {
    pub(crate) fn set_waiting_there(&self, messages: usize) {
        self.waiting_there.store(messages, Ordering::Relaxed);
    }

    pub(crate) fn waiting_there(&self) -> usize {
        self.waiting_there.load(Ordering::Relaxed)
    }

    /// Notes a sign of life.
    pub(crate) fn notify(&self) {
        self.notified_ns.store(seam::monotonic_ns(), Ordering::Relaxed);
    }

    /// How long a process actor has given no sign of life.
    pub(crate) fn silent_for(&self) -> Duration {
        let notified_ns = self.notified_ns.load(Ordering::Relaxed);
        Duration::from_nanos(seam::monotonic_ns().saturating_sub(notified_ns))
    }

    /// Counts that it had its thread for so long.
    pub(crate) fn count_busy(&self, ns: u64) {
        self.busy_ns.fetch_add(ns, Ordering::Relaxed);
    }

    pub(crate) fn busy(&self) -> Duration {
        Duration::from_nanos(self.busy_ns.load(Ordering::Relaxed))
    }

    /// Notes what its process tells of the actors in it.
    pub(crate) fn set_told(&self, actors: Vec<ActorInfo>) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = actors;
    }

    /// What its process last told: first of itself.
    pub(crate) fn told(&self) -> Vec<ActorInfo> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes who keeps account of what goes to its process; nothing is told of the new process yet.
    pub(crate) fn set_line(&self, line: Weak<dyn UnderWay>) {
        self.set_told(Vec::new());
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
    }

    /// Names of the messages that are under way to its process, which has told that it handled so many.
    pub(crate) fn under_way(&self, handled: u64) -> Option<Vec<&'static str>> {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner).clone();
        line?.upgrade()?.names(handled)
    }

    /// Keeps what `#[on_info]` added, for questions that come while the actor itself cannot be asked.
    pub(crate) fn keep_entries(&self, entries: &BTreeMap<String, String>) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone_from(entries);
    }

    /// Says, once, what the actor may be asked by name.
    #[cfg(feature = "json")]
    pub(crate) fn allow(&self, names: Vec<String>) {
        let _ = self.allowed.set(names);
    }

    #[cfg(feature = "json")]
    pub(crate) fn allowed(&self) -> Option<&[String]> {
        self.allowed.get().map(Vec::as_slice)
    }

    /// The jobs of its executor; made here.
    pub(crate) fn pool(&self, actor: &Arc<dyn AnyActor>) -> &Arc<Pool> {
        self.pool.get_or_init(|| Pool::new(actor))
    }

    /// The jobs of its executor, if it ever had any.
    pub(crate) fn jobs(&self) -> Option<&Arc<Pool>> {
        self.pool.get()
    }

    /// Streams from this actor; made here.
    #[cfg(feature = "stream")]
    pub(crate) fn streams(&self) -> &Streams {
        self.streams.get_or_init(Streams::default)
    }

    /// Streams from this actor, if it ever had any.
    #[cfg(feature = "stream")]
    pub(crate) fn streams_if_any(&self) -> Option<&Streams> {
        self.streams.get()
    }

    /// The call of this ticket was given up: its job is cancelled, now or when there is one.
    pub(crate) fn give_up_call(&self, ticket: u64) {
        if self.pool.get().is_some_and(|pool| pool.give_up_call(ticket)) {
            return;
        }
        let mut given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
        if given_up.len() == GIVEN_UP {
            given_up.pop_front();
        }
        given_up.push_back(ticket);
    }

    /// Whether the call of this ticket was given up before; forgets that.
    pub(crate) fn was_given_up(&self, ticket: u64) -> bool {
        let mut given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
        let at = given_up.iter().position(|own| *own == ticket);
        at.and_then(|at| given_up.remove(at)).is_some()
    }

    pub(crate) fn entries(&self) -> BTreeMap<String, String> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
