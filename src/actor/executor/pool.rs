//! The threads of one actor's executor, and the books of its jobs.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Handle;

use super::job::{Job, JobError, Settle, Slot};
use super::work::{Cancelled, Core, JobInfo, Work};
use crate::actor::current::Inside;
use crate::actor::node::AnyActor;
use crate::actor::panic;
use crate::sys::thread;

/// Jobs that may wait for a thread.
const CAPACITY: usize = 1024;

/// How long a thread waits for another job before it ends.
const IDLE: Duration = Duration::from_secs(5);

/// How long a job that was cancelled may hold its actor's end up.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// One actor's jobs.
pub(crate) struct Pool {
    actor: Weak<dyn AnyActor>,
    name: String,
    /// The most threads.
    limit: AtomicUsize,
    books: Mutex<Books>,
    /// Told of each job that waits, and of the end.
    changed: Condvar,
}

#[derive(Default)]
struct Books {
    waiting: VecDeque<Queued>,
    running: Vec<Running>,
    /// Jobs that answer a call, by its ticket.
    expected: Vec<(u64, Arc<Core>)>,
    threads: usize,
    idle: usize,
    last_id: u64,
    closed: bool,
    /// Who waits for there to be no job.
    quiet: Option<Waker>,
}

/// A job that a thread has.
#[derive(Clone)]
struct Running {
    core: Arc<Core>,
    slot: Arc<dyn Settle>,
}

struct Queued {
    core: Arc<Core>,
    slot: Arc<dyn Settle>,
    /// Runs the job, or tells who waits why it is not run.
    run: Box<dyn FnOnce(Result<Work, JobError>) + Send>,
}

impl Pool {
    pub(crate) fn new(actor: &Arc<dyn AnyActor>) -> Arc<Pool> {
        let limit = std::thread::available_parallelism().map_or(1, usize::from);
        Arc::new(Pool {
            actor: Arc::downgrade(actor),
            name: actor.node().name.name(),
            limit: AtomicUsize::new(limit),
            books: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // Nothing of others runs under this lock.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the actor was told to end.
    pub(super) fn is_ending(&self) -> bool {
        self.actor.upgrade().is_none_or(|actor| actor.is_ending())
    }

    /// Has it left off, as soon as it asks, or at once where no thread has it.
    pub(super) fn cancel(&self, core: &Arc<Core>) {
        core.cancel();
        let mut books = self.books();
        let at = books.waiting.iter().position(|queued| Arc::ptr_eq(&queued.core, core));
        let queued = at.and_then(|at| books.waiting.remove(at));
        books.forget(core);
        drop(books);
        if let Some(queued) = queued {
            (queued.run)(Err(JobError::Cancelled));
            self.tell_done();
        }
    }

    /// Notes that a job is stuck: nobody waits for it any more.
    pub(super) fn give_up(&self, core: &Arc<Core>) {
        core.give_up();
        eprintln!(
            "rehearsal: job {} of actor `{}` was cancelled and has not left off within {GRACE:?}; its thread is left \
             behind",
            core.id, self.name
        );
    }

    /// The job answers the call of this ticket: it is cancelled when that is given up, or has been already.
    pub(super) fn expect_by(&self, ticket: u64, core: &Arc<Core>) {
        if self.actor.upgrade().is_some_and(|actor| actor.node().beside().was_given_up(ticket)) {
            return self.cancel(core);
        }
        let mut books = self.books();
        if books.running.iter().any(|running| Arc::ptr_eq(&running.core, core))
            || books.waiting.iter().any(|queued| Arc::ptr_eq(&queued.core, core))
        {
            books.expected.push((ticket, core.clone()));
        }
    }

    /// The call of this ticket was given up; `false` where no job answers it.
    pub(crate) fn give_up_call(&self, ticket: u64) -> bool {
        let expected =
            self.books().expected.iter().find(|(own, _)| *own == ticket).map(|(_, core)| core.clone());
        expected.is_some_and(|core| {
            self.cancel(&core);
            true
        })
    }

    /// Whether there are jobs.
    pub(crate) fn is_busy(&self) -> bool {
        let books = self.books();
        !books.waiting.is_empty() || !books.running.is_empty()
    }

    pub(crate) fn info(&self) -> Vec<JobInfo> {
        let books = self.books();
        let waiting = books.waiting.iter().map(|queued| &queued.core);
        let running = books.running.iter().map(|running| &running.core);
        running.chain(waiting).map(|core| core.info()).collect()
    }

    /// Tells all jobs to leave off.
    pub(crate) fn cancel_all(&self) {
        let (waiting, running) = {
            let mut books = self.books();
            books.expected.clear();
            (std::mem::take(&mut books.waiting), books.running.clone())
        };
        running.iter().for_each(|running| running.core.cancel());
        for Queued { core, run, .. } in waiting {
            core.cancel();
            run(Err(JobError::Cancelled));
        }
    }

    /// Resolves when no job runs.
    pub(crate) fn poll_quiet(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut books = self.books();
        if books.running.is_empty() && books.waiting.is_empty() {
            return Poll::Ready(());
        }
        books.quiet = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Gives up the jobs that still run, and says which: for an actor that ends.
    pub(crate) fn give_up_all(&self) -> Vec<u64> {
        let running = std::mem::take(&mut self.books().running);
        for Running { core, slot } in &running {
            self.give_up(core);
            slot.fail(JobError::Stuck { id: core.id });
        }
        running.iter().map(|running| running.core.id).collect()
    }

    /// A life of the actor is over that is followed by another: nobody is to wait for its jobs.
    pub(crate) fn fail_all(&self) {
        self.cancel_all();
        let running = self.books().running.clone();
        running.iter().for_each(|running| running.slot.fail(JobError::Cancelled));
    }

    /// The actor has ended: takes no more jobs, and threads without one end.
    pub(crate) fn close(&self) {
        self.books().closed = true;
        self.cancel_all();
        let running = self.books().running.clone();
        running.iter().for_each(|running| running.slot.abandon());
        self.changed.notify_all();
    }

    /// A job is over: who waits for that is woken.
    fn tell_done(&self) {
        let quiet = {
            let mut books = self.books();
            let is_quiet = books.running.is_empty() && books.waiting.is_empty();
            if is_quiet { books.quiet.take() } else { None }
        };
        if let Some(waker) = quiet {
            waker.wake();
        }
        // An actor that nobody can send to waits for its jobs alone.
        if let Some(actor) = self.actor.upgrade() {
            actor.nudge();
        }
    }

    /// Queues a job, and starts a thread for it where all are busy and more are allowed.
    fn push(self: &Arc<Pool>, queued: Queued) {
        let refused = {
            let mut books = self.books();
            if books.closed {
                Some((queued, JobError::Cancelled))
            } else if books.waiting.len() >= CAPACITY {
                Some((queued, JobError::Full { capacity: CAPACITY }))
            } else {
                let core = queued.core.clone();
                books.waiting.push_back(queued);
                self.add_thread(&mut books).err().and_then(|why| {
                    // It is the last one; without a thread nobody would ever take it.
                    let at = books.waiting.iter().position(|queued| Arc::ptr_eq(&queued.core, &core))?;
                    Some((books.waiting.remove(at)?, JobError::NoThread { why }))
                })
            }
        };
        match refused {
            Some((queued, why)) => (queued.run)(Err(why)),
            None => self.changed.notify_one(),
        }
    }

    fn add_thread(self: &Arc<Pool>, books: &mut Books) -> Result<(), String> {
        if books.waiting.len() <= books.idle || books.threads >= self.limit.load(Ordering::Relaxed) {
            return Ok(());
        }
        let pool = self.clone();
        let started = thread::start(format!("{}-cpu", self.name), move || pool.serve());
        match started {
            Ok(_) => {
                books.threads += 1;
                Ok(())
            }
            Err(_) if books.threads > 0 => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What each thread does.
    fn serve(self: Arc<Pool>) {
        while let Some(queued) = self.take() {
            let core = queued.core.clone();
            core.start();
            let actor = self.actor.upgrade();
            {
                // An actor controls the threads of its executor too.
                let mut seat = actor.clone();
                let _inside = Inside::enter(&mut seat);
                let work = Work { core: core.clone(), actor };
                // The job's own panic is caught inside; this is a result whose drop panics. The hook has told of it.
                let _ = catch_unwind(AssertUnwindSafe(|| (queued.run)(Ok(work))));
            }
            let mut books = self.books();
            books.running.retain(|running| !Arc::ptr_eq(&running.core, &core));
            books.forget(&core);
            drop(books);
            self.tell_done();
        }
    }

    /// The next job; none where there has been none for a while, or the actor has ended.
    fn take(&self) -> Option<Queued> {
        let mut books = self.books();
        loop {
            let is_too_many = books.threads > self.limit.load(Ordering::Relaxed);
            if let Some(queued) = books.waiting.pop_front() {
                books.running.push(Running { core: queued.core.clone(), slot: queued.slot.clone() });
                return Some(queued);
            }
            if books.closed || is_too_many {
                books.threads -= 1;
                return None;
            }
            books.idle += 1;
            let waited = self.changed.wait_timeout(books, IDLE);
            let (guard, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            books = guard;
            books.idle -= 1;
            if waited.timed_out() && books.waiting.is_empty() {
                books.threads -= 1;
                return None;
            }
        }
    }
}

impl Books {
    /// No call waits for this job any more.
    fn forget(&mut self, core: &Arc<Core>) {
        self.expected.retain(|(_, expected)| !Arc::ptr_eq(expected, core));
    }
}

/// Threads for the CPU-bound work of one actor. Made by [`Context::executor`](crate::actor::Context::executor).
///
/// As many threads as the machine has cores, unless told otherwise with [`threads`](Executor::threads). They are started
/// when jobs need them and end after 5 s without one; an actor that never asks for its executor has none. At most 1,024
/// jobs wait for a thread. While jobs run the actor answers `ping` and `info`, which lists them with their progress.
///
/// When the actor is told to stop its jobs are cancelled: each sees it with [`Work::check`]. One that has not left off
/// after 5 s is named as stuck in the actor's [`Exit`](crate::actor::Exit) and left behind.
///
/// ```
/// use rehearsal::prelude::*;
/// use rehearsal::actor::Job;
///
/// pub struct Primes { found: usize }
///
/// #[rehearsal::actor]
/// impl Primes {
///     #[start]
///     pub fn new() -> Primes { Primes { found: 0 } }
///
///     /// The actor serves other commands meanwhile; a caller that gives up cancels the job.
///     #[command]
///     pub fn below(&mut self, limit: u64, cx: &mut Context<Self>) -> Job<usize> {
///         cx.executor().run(move |work| {
///             let mut count = 0;
///             for n in 2..limit {
///                 work.progress(n, limit)?;
///                 count += usize::from((2..n).all(|divisor| n % divisor != 0));
///             }
///             Ok(count)
///         })
///     }
///
///     /// Other commands wait; the result is there to go on with.
///     #[command]
///     pub async fn keep(&mut self, limit: u64, cx: &mut Context<Self>) -> Result<usize, rehearsal::actor::JobError> {
///         self.found = self.below(limit, cx).await?;
///         Ok(self.found)
///     }
/// }
///
/// #[rehearsal::program]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let primes = Primes::spawn().process().await?;
///     let counting = primes.below(1_000).send()?;
///     primes.ping().await?;
///     assert_eq!(counting.await?, 168);
///     assert_eq!(primes.keep(10).await?, 4);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Executor(pub(crate) Arc<Pool>);

impl Executor {
    /// The most threads it may have, at least one. Those that are too many end with the job they have.
    pub fn threads(&self, count: usize) -> &Executor {
        self.0.limit.store(count.max(1), Ordering::Relaxed);
        self
    }

    /// Has a thread run `work`, in the order in which jobs are given. It returns `Err(Cancelled)` where it left off,
    /// which is what `work.check()?` and `work.progress(..)?` do. Inside of it [`get_actor`](crate::actor::get_actor)
    /// gives this actor, and the runtime is that of the caller.
    pub fn run<T, F>(&self, work: F) -> Job<T>
    where
        T: Send + 'static,
        F: FnOnce(&Work) -> Result<T, Cancelled> + Send + 'static,
    {
        let core = {
            let mut books = self.0.books();
            books.last_id += 1;
            Core::new(books.last_id)
        };
        let (slot, runtime) = (Slot::new(), Handle::try_current().ok());
        let to = slot.clone();
        let run = Box::new(move |taken: Result<Work, JobError>| {
            to.settle(match taken {
                Err(why) => Err(why),
                Ok(own) => {
                    let _runtime = runtime.as_ref().map(Handle::enter);
                    match catch_unwind(AssertUnwindSafe(move || work(&own))) {
                        Ok(Ok(result)) => Ok(result),
                        Ok(Err(Cancelled)) => Err(JobError::Cancelled),
                        Err(payload) => Err(JobError::Panicked(panic::caught(&*payload))),
                    }
                }
            });
        });
        self.0.push(Queued { core: core.clone(), slot: slot.clone(), run });
        Job::new(core, slot, self.0.clone())
    }
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.info()).finish()
    }
}
