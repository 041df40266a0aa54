//! The tokio runtime of one async trial: new or as good as new, and gone afterwards with all that was left in it.

use std::future::Future;
use std::io;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, LocalOptions, LocalRuntime, Runtime};

use super::dump;
use super::ledger::{self, Ledger};
use super::tasks::Tasks;
use crate::actor::Realm;
use crate::harness::registry::{Flavor, Options, RuntimeSpec};
use crate::sys::hearth;

/// A runtime, and what is known of it.
pub(crate) struct TrialRuntime {
    engine: Engine,
    spec: RuntimeSpec,
    books: Books,
}

/// What drives futures: tokio has two types for it.
enum Engine {
    Runtime(Runtime),
    /// With a `spawn_local` of its own; it never leaves its thread.
    Local(LocalRuntime),
}

/// What is known of a runtime beside what it tells itself.
struct Books {
    threads: Arc<Threads>,
    /// The trial that its threads answer to.
    ledger: Arc<Mutex<Arc<Ledger>>>,
    alive: Tasks,
    /// Threads that start with the runtime, whether or not they have come to say so.
    expected: usize,
}

/// What a trial gets that asks for nothing in particular, and the only kind that is kept.
const PLAIN: RuntimeSpec = Options::NONE.runtime;

/// A runtime that one trial has used and that nothing tells from a new one.
///
/// In a dev build making and dropping a runtime is three quarters of what a trivial async trial costs, most of it the
/// timer wheel. So a lane keeps one as long as it is as good as new; what a trial could have changed in it is looked at
/// after each trial, and in doubt the next one gets a new one.
#[derive(Default)]
pub struct Spare(Option<(Runtime, Books)>);

impl Drop for Spare {
    /// Without waiting: it may be dropped inside of another runtime, where waiting is not allowed. There is nothing to
    /// wait for, a spare runtime has neither tasks nor threads.
    fn drop(&mut self) {
        if let Some((runtime, _)) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl std::fmt::Debug for Spare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Spare(one)" } else { "Spare(none)" })
    }
}

/// Threads of one runtime: schedulers of a multi-thread one, and those of `spawn_blocking`.
#[derive(Default)]
struct Threads {
    counts: Mutex<Counts>,
    changed: Condvar,
}

#[derive(Default)]
struct Counts {
    started: usize,
    ended: usize,
}

impl TrialRuntime {
    /// Builds what the trial asked for, with i/o and time enabled. Its threads answer to the trial's ledger.
    pub(super) fn build(spec: RuntimeSpec, ledger: &Arc<Ledger>) -> io::Result<TrialRuntime> {
        let mut builder = match spec.flavor {
            Flavor::MultiThread => Builder::new_multi_thread(),
            Flavor::CurrentThread | Flavor::Local => Builder::new_current_thread(),
        };
        if let Some(count) = spec.worker_threads {
            builder.worker_threads(count);
        }
        if spec.start_paused {
            builder.start_paused(true);
        }
        let threads = Arc::new(Threads::default());
        let ledger = Arc::new(Mutex::new(Arc::clone(ledger)));
        let (starting, ending, current) = (Arc::clone(&threads), Arc::clone(&threads), Arc::clone(&ledger));
        let alive = Tasks::default();
        alive.watch(&mut builder);
        builder
            .enable_all()
            .on_thread_start(move || {
                ledger::watch_beside(&current.lock().unwrap_or_else(PoisonError::into_inner));
                starting.count(|counts| counts.started += 1);
            })
            .on_thread_stop(move || ending.count(|counts| counts.ended += 1));
        let engine = match spec.flavor {
            Flavor::Local => Engine::Local(builder.build_local(LocalOptions::default())?),
            _ => Engine::Runtime(builder.build()?),
        };
        let is_many = spec.flavor == Flavor::MultiThread;
        let expected = if is_many { engine.handle().metrics().num_workers() } else { 0 };
        Ok(TrialRuntime { engine, spec, books: Books { threads, ledger, alive, expected } })
    }

    /// The runtime for a trial: the spare one, where it is what the trial asks for, or one that is built.
    pub(super) fn obtain(
        spec: RuntimeSpec,
        ledger: &Arc<Ledger>,
        spare: &mut Spare,
    ) -> io::Result<TrialRuntime> {
        match spare.0.take_if(|_| spec == PLAIN) {
            Some((runtime, books)) => {
                *books.ledger.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(ledger);
                Ok(TrialRuntime { engine: Engine::Runtime(runtime), spec, books })
            }
            None => TrialRuntime::build(spec, ledger),
        }
    }

    /// Whether nothing tells this runtime from a new one: no task is left, no thread was ever started, and its clock
    /// was neither paused nor moved.
    ///
    /// A clock of tokio's that was ever paused lags behind the system's for good, one that was advanced is ahead of it;
    /// one that was not touched reads the system's, so it lies between two readings of that.
    fn is_as_new(&self) -> bool {
        let threads = self.books.threads.counts.lock().unwrap_or_else(PoisonError::into_inner).started;
        self.spec == PLAIN && threads == 0 && self.tasks() == 0 && self.has_real_clock()
    }

    /// Ends the trial's use of it: kept for the next trial if that could not tell, shut down otherwise. False if
    /// threads of it were still running at the deadline.
    pub(super) fn retire(self, deadline: Instant, spare: &mut Spare, keep: bool) -> bool {
        if !keep || !self.is_as_new() {
            return self.shut_down(deadline);
        }
        match self.engine {
            Engine::Runtime(runtime) => spare.0 = Some((runtime, self.books)),
            Engine::Local(_) => {}
        }
        true
    }

    /// Tasks of it that have not ended, but for the one that waits for actors.
    pub(super) fn tasks(&self) -> usize {
        let runtime = self.engine.handle();
        runtime.metrics().num_alive_tasks().saturating_sub(hearth::tasks_of(runtime))
    }

    /// Where those of them that are no actor's were spawned, if tokio tells.
    pub(super) fn task_places(&self) -> Option<Vec<&'static Location<'static>>> {
        self.books.alive.places()
    }

    /// Gives what is left a turn, and waits for so long at most until these actors have ended. A clock of its own does
    /// not move meanwhile: what waits for that is not about to end.
    pub(super) fn turn(&self, realm: &Realm, limit: Duration) {
        if limit.is_zero() || !self.has_real_clock() {
            self.block_on(pin!(tokio::task::yield_now()));
            if !limit.is_zero() && realm.living_count() == 0 {
                std::thread::sleep(limit);
            }
            realm.wait_quiet(limit);
            return;
        }
        let wait_on = realm.living_count() > 0;
        let quiet = std::future::poll_fn(|cx| if wait_on { realm.poll_quiet(cx) } else { Poll::Pending });
        self.block_on(pin!(async {
            // Who has ended or not is looked at by the caller.
            let _ = tokio::time::timeout(limit, quiet).await;
        }));
    }

    /// Whether its clock was neither paused nor moved.
    fn has_real_clock(&self) -> bool {
        let _inside = self.engine.handle().enter();
        let before = Instant::now();
        let told = tokio::time::Instant::now().into_std();
        before <= told && told <= Instant::now()
    }

    /// Runs a future to its end on this thread.
    pub(super) fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        dump::drive(&self.books.ledger, future, |future| match &self.engine {
            Engine::Runtime(runtime) => runtime.block_on(future),
            Engine::Local(runtime) => runtime.block_on(future),
        });
    }

    /// The same of any future, without a pointer between: what is measured on it is not to pay for one.
    #[cfg(feature = "bench")]
    pub(crate) fn block_on_any<T>(&self, future: impl Future<Output = T>) -> T {
        match &self.engine {
            Engine::Runtime(runtime) => runtime.block_on(future),
            Engine::Local(runtime) => runtime.block_on(future),
        }
    }

    /// Drops all tasks and waits for all threads; false if some were still running at the deadline.
    ///
    /// Tasks go first, because a blocking thread may be waiting for something that a task holds.
    pub(crate) fn shut_down(self, deadline: Instant) -> bool {
        match self.engine {
            Engine::Runtime(runtime) => runtime.shutdown_background(),
            Engine::Local(runtime) => runtime.shutdown_background(),
        }
        self.books.threads.wait_for_end(self.books.expected, deadline)
    }
}

/// A runtime for the trial of the calling thread.
///
/// # Errors
/// What the system says, and that no trial is known here.
#[cfg(feature = "bench")]
pub(crate) fn runtime_here(spec: RuntimeSpec) -> io::Result<TrialRuntime> {
    let ledger = ledger::current().ok_or_else(|| io::Error::other("no trial runs on this thread"))?;
    TrialRuntime::build(spec, &ledger)
}

impl Engine {
    fn handle(&self) -> &Handle {
        match self {
            Engine::Runtime(runtime) => runtime.handle(),
            Engine::Local(runtime) => runtime.handle(),
        }
    }
}

impl Threads {
    fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    fn wait_for_end(&self, expected: usize, deadline: Instant) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        while counts.ended < counts.started.max(expected) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            counts = self.changed.wait_timeout(counts, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
