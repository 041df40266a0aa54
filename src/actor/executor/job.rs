//! A job that was given to an executor, and where its result goes.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::pool::{GRACE, Pool};
use super::work::{Core, JobInfo};
use crate::actor::panic::PanicNote;
use crate::actor::reply::Reply;
use crate::sys::seam;
use crate::sys::wire::wired;

/// Why a job has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobError {
    /// It was cancelled and left off.
    Cancelled,
    /// It was cancelled and did not heed it in time; its thread is left behind.
    Stuck {
        /// Its number among those of its actor.
        id: u64,
    },
    /// It panicked. The actor lives: a job has none of its state.
    Panicked(PanicNote),
    /// Too many jobs wait for a thread already.
    Full {
        /// How many may.
        capacity: usize,
    },
    /// The system gave no thread, and the actor has none.
    NoThread {
        /// What the system says.
        why: String,
    },
}

wired! { enum JobError { Cancelled, Stuck { id }, Panicked(note), Full { capacity }, NoThread { why } } }

impl std::fmt::Display for JobError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            JobError::Cancelled => super::work::Cancelled.fmt(f),
            JobError::Stuck { id } => write!(
                f,
                "job {id} was cancelled and has not left off within {GRACE:?}: its thread is left behind; have it ask \
                 work.check() more often"
            ),
            JobError::Panicked(note) => write!(f, "the job panicked {note}"),
            JobError::Full { capacity } => write!(
                f,
                "{capacity} jobs wait for a thread already; await some before you start more, or give the executor more \
                 .threads(..)"
            ),
            JobError::NoThread { why } => write!(f, "the system gave no thread for the job: {why}"),
        }
    }
}

impl std::error::Error for JobError {}

/// What a job ends in.
pub(super) type Outcome<T> = Result<T, JobError>;

/// Where the result of one job goes.
pub(super) struct Slot<T>(Mutex<Place<T>>);

enum Place<T> {
    /// Nothing has come; who is to be woken when it does.
    Empty(Option<Waker>),
    Full(Outcome<T>),
    /// Straight to who asked.
    For(Reply<Outcome<T>>),
    Gone,
}

impl<T> Slot<T> {
    pub(super) fn new() -> Arc<Slot<T>> {
        Arc::new(Slot(Mutex::new(Place::Empty(None))))
    }

    fn place(&self) -> MutexGuard<'_, Place<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the result to who waits for it; the first one counts.
    pub(super) fn settle(&self, outcome: Outcome<T>) {
        let mut place = self.place();
        match &mut *place {
            Place::Full(_) | Place::Gone => {}
            Place::Empty(waker) => {
                let waker = waker.take();
                *place = Place::Full(outcome);
                drop(place);
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
            Place::For(_) => {
                let taken = std::mem::replace(&mut *place, Place::Gone);
                drop(place);
                if let Place::For(reply) = taken {
                    reply.send(outcome);
                }
            }
        }
    }

    /// From now on the result goes to who asked.
    fn forward(&self, reply: Reply<Outcome<T>>) {
        let mut place = self.place();
        match std::mem::replace(&mut *place, Place::Gone) {
            Place::Empty(_) => *place = Place::For(reply),
            Place::Full(outcome) => {
                drop(place);
                reply.send(outcome);
            }
            other => *place = other,
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Outcome<T>> {
        let mut place = self.place();
        match std::mem::replace(&mut *place, Place::Gone) {
            Place::Full(outcome) => Poll::Ready(outcome),
            _ => {
                *place = Place::Empty(Some(cx.waker().clone()));
                Poll::Pending
            }
        }
    }
}

/// A slot whose type is not known.
pub(super) trait Settle: Send + Sync {
    /// Tells who waits that there is no result; the first word counts.
    fn fail(&self, why: JobError);
    /// Drops the way to who asked: the end of the actor says why there is no answer.
    fn abandon(&self);
}

impl<T: Send> Settle for Slot<T> {
    fn fail(&self, why: JobError) {
        self.settle(Err(why));
    }

    fn abandon(&self) {
        let mut place = self.place();
        if matches!(&*place, Place::For(_)) {
            let taken = std::mem::replace(&mut *place, Place::Gone);
            drop(place);
            drop(taken);
        }
    }
}

/// A job that was given to an [`Executor`](super::Executor).
///
/// Await it in an async command, and further commands wait until it is done; or return it from a command, and the
/// actor serves others meanwhile, while the caller gets the result of the job as the answer. Dropped, it is cancelled.
#[must_use = "a job that is dropped is cancelled: await it, or return it from the command"]
pub struct Job<T> {
    core: Arc<Core>,
    slot: Arc<Slot<T>>,
    pool: Arc<Pool>,
    /// Armed once the actor is to end.
    grace: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    is_handed_over: bool,
}

// Nothing in it is pinned in place: the timer has its own box.
impl<T> Unpin for Job<T> {}

impl<T> Job<T> {
    pub(super) fn new(core: Arc<Core>, slot: Arc<Slot<T>>, pool: Arc<Pool>) -> Job<T> {
        Job { core, slot, pool, grace: None, is_handed_over: false }
    }

    /// Where it is and how far.
    pub fn info(&self) -> JobInfo {
        self.core.info()
    }

    /// Tells it to leave off. It is still to be awaited, for how it ended.
    pub fn cancel(&self) {
        self.pool.cancel(&self.core);
    }

    /// What the macro writes for a command that returns a job: its result is the answer.
    pub(crate) fn hand_over(mut self, ticket: u64, reply: Reply<Outcome<T>>) {
        self.is_handed_over = true;
        self.slot.forward(reply);
        self.pool.expect_by(ticket, &self.core);
    }
}

impl<T> Future for Job<T> {
    type Output = Result<T, JobError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(outcome) = self.slot.poll(cx) {
            return Poll::Ready(outcome);
        }
        // Awaited inside of a command it would hold the actor's end up for as long as it likes.
        if self.core.is_cancelled() || self.pool.is_ending() {
            self.pool.cancel(&self.core);
            let grace = self.grace.get_or_insert_with(|| Box::pin(seam::sleep(GRACE)));
            if grace.as_mut().poll(cx).is_ready() {
                self.pool.give_up(&self.core);
                return Poll::Ready(Err(JobError::Stuck { id: self.core.id }));
            }
        }
        Poll::Pending
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        if !self.is_handed_over {
            self.pool.cancel(&self.core);
        }
    }
}

impl<T> std::fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Job").field(&self.core).finish()
    }
}
