//! What a job sees of itself, and what others see of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::actor::node::AnyActor;
use crate::sys::seam;
use crate::sys::wire::wired;

/// What everybody who has to do with one job shares.
#[derive(Debug, Default)]
pub(crate) struct Core {
    pub(super) id: u64,
    cancelled: AtomicBool,
    stuck: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    /// When a thread took it, [`seam::monotonic_ns`]; 0 before.
    started_ns: AtomicU64,
}

impl Core {
    pub(super) fn new(id: u64) -> Arc<Core> {
        Arc::new(Core { id, ..Core::default() })
    }

    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    pub(super) fn start(&self) {
        self.started_ns.store(seam::monotonic_ns().max(1), Ordering::Relaxed);
    }

    /// Notes that it was cancelled and did not heed it.
    pub(super) fn give_up(&self) {
        self.stuck.store(true, Ordering::Relaxed);
    }

    pub(super) fn info(&self) -> JobInfo {
        let started_ns = self.started_ns.load(Ordering::Relaxed);
        let state = match () {
            () if self.stuck.load(Ordering::Relaxed) => JobState::Stuck,
            () if started_ns == 0 => JobState::Waiting,
            () => JobState::Running,
        };
        let running_ns = if started_ns == 0 { 0 } else { seam::monotonic_ns().saturating_sub(started_ns) };
        JobInfo {
            id: self.id,
            state,
            done: self.done.load(Ordering::Relaxed),
            total: self.total.load(Ordering::Relaxed),
            running_for: Duration::from_nanos(running_ns),
        }
    }
}

/// A job as its actor's `info` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobInfo {
    /// Its number among those of its actor.
    pub id: u64,
    /// Where it is.
    pub state: JobState,
    /// How much of it is done, as it told with [`Work::progress`].
    pub done: u64,
    /// How much there is to do; 0 until it told.
    pub total: u64,
    /// Time since a thread took it.
    pub running_for: Duration,
}

wired! { struct JobInfo { id, state, done, total, running_for } }

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobState {
    /// It waits for a thread.
    Waiting,
    /// A thread has it.
    Running,
    /// It was cancelled and does not heed it.
    Stuck,
}

wired! { enum JobState { Waiting, Running, Stuck } }

/// The job was cancelled: who wanted its result has gone, or the actor ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cancelled;

impl std::fmt::Display for Cancelled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the job was cancelled: nobody wants its result any more, or its actor ends")
    }
}

impl std::error::Error for Cancelled {}

/// What a job sees of itself: whether it is to go on, and a place to say how far it is.
pub struct Work {
    pub(super) core: Arc<Core>,
    /// The actor, for as long as the job runs.
    pub(super) actor: Option<Arc<dyn AnyActor>>,
}

impl Work {
    /// Whether nobody wants the result any more, or the actor is to end. Costs a few nanoseconds; a job that runs long
    /// asks every so often.
    pub fn is_cancelled(&self) -> bool {
        self.core.is_cancelled() || self.actor.as_ref().is_some_and(|actor| actor.is_ending())
    }

    /// The same as an error, to leave the job with `?`.
    ///
    /// # Errors
    /// Where the job is cancelled.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    /// Says how much is done of how much there is to do, in units of the job's own: the actor's `info` tells it. Asks
    /// too whether to go on.
    ///
    /// # Errors
    /// Where the job is cancelled.
    pub fn progress(&self, done: u64, total: u64) -> Result<(), Cancelled> {
        self.core.done.store(done, Ordering::Relaxed);
        self.core.total.store(total, Ordering::Relaxed);
        self.check()
    }
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Work").field(&self.core).finish()
    }
}
