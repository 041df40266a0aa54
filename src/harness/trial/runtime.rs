//! The tokio runtime of one async trial: made fresh, and gone afterwards.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};

use super::ledger::{self, Ledger};
use crate::harness::registry::RuntimeSpec;

/// A runtime, and the count of its threads.
pub(super) struct TrialRuntime {
    runtime: Runtime,
    threads: Arc<Threads>,
    /// Threads that start with the runtime, whether or not they have come to say so.
    expected: usize,
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
        let mut builder =
            if spec.multi_thread { Builder::new_multi_thread() } else { Builder::new_current_thread() };
        if let Some(count) = spec.worker_threads {
            builder.worker_threads(count);
        }
        if spec.start_paused {
            builder.start_paused(true);
        }
        let threads = Arc::new(Threads::default());
        let (starting, ending, ledger) = (Arc::clone(&threads), Arc::clone(&threads), Arc::clone(ledger));
        let runtime = builder
            .enable_all()
            .on_thread_start(move || {
                ledger::watch_beside(&ledger);
                starting.count(|counts| counts.started += 1);
            })
            .on_thread_stop(move || ending.count(|counts| counts.ended += 1))
            .build()?;
        let expected = if spec.multi_thread { runtime.metrics().num_workers() } else { 0 };
        Ok(TrialRuntime { runtime, threads, expected })
    }

    /// Runs a future to its end on this thread.
    pub(super) fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        self.runtime.block_on(future);
    }

    /// Drops all tasks and waits for all threads; false if some were still running at the deadline.
    ///
    /// Tasks go first, because a blocking thread may be waiting for something that a task holds.
    pub(super) fn shut_down(self, deadline: Instant) -> bool {
        let TrialRuntime { runtime, threads, expected } = self;
        runtime.shutdown_background();
        threads.wait_for_end(expected, deadline)
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
