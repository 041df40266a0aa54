//! A page of memory shared by an arbiter and a worker: which trial runs, and since when.
//!
//! The worker's trial thread writes it, the arbiter reads it at any time, also when the worker is gone: it tells whom
//! to blame for a death and whose time is up.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

pub use super::platform::page::Page;

/// What a page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Which trial runs.
    pub trial: u32,
    /// Which attempt at it, from 0.
    pub attempt: u32,
    /// Since when, on the clock of [`monotonic_ns`](super::seam::monotonic_ns).
    pub started_ns: u64,
}

/// What is in the shared memory. One thread writes at a time; any number read.
///
/// A writer can die between any two of these stores, so there is no lock and no sequence number to be left odd:
/// `which` is one atomic word, and `started_ns` is cleared before `which` changes and set after. A reader that finds
/// the same `which` on both sides of a `started_ns` other than 0 has a pair that belongs together.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Cells {
    /// Trial in the high half, attempt in the low; [`IDLE`] where none runs.
    which: AtomicU64,
    started_ns: AtomicU64,
    /// What it is at.
    noted: AtomicU32,
    /// The process that runs it, where that is not the worker itself; else 0.
    process: AtomicU32,
    /// Layout version, so that the two sides can tell that they are of one build.
    pub(super) version: AtomicU32,
}

/// No trial can have this number: the registry counts from 0 and memory ends before.
const IDLE: u64 = u64::MAX;

impl Cells {
    pub(super) const VERSION: u32 = 3;

    pub(super) fn new() -> Cells {
        Cells {
            which: AtomicU64::new(IDLE),
            started_ns: AtomicU64::new(0),
            noted: AtomicU32::new(0),
            process: AtomicU32::new(0),
            version: AtomicU32::new(Cells::VERSION),
        }
    }

    pub(super) fn store(&self, trial: u32, attempt: u32, started_ns: u64) {
        self.put(u64::from(trial) << 32 | u64::from(attempt), started_ns);
    }

    pub(super) fn idle(&self) {
        self.put(IDLE, 0);
    }

    pub(super) fn note(&self, what: u32) {
        self.noted.store(what, Ordering::SeqCst);
    }

    pub(super) fn noted(&self) -> u32 {
        self.noted.load(Ordering::SeqCst)
    }

    pub(super) fn store_process(&self, pid: u32) {
        self.process.store(pid, Ordering::SeqCst);
    }

    pub(super) fn process(&self) -> Option<u32> {
        Some(self.process.load(Ordering::SeqCst)).filter(|pid| *pid != 0)
    }

    fn put(&self, which: u64, started_ns: u64) {
        // Nearly always there is none, and to look is cheaper than to write.
        if self.noted.load(Ordering::Relaxed) != 0 {
            self.noted.store(0, Ordering::SeqCst);
        }
        self.started_ns.store(0, Ordering::SeqCst);
        self.which.store(which, Ordering::SeqCst);
        self.started_ns.store(started_ns, Ordering::SeqCst);
    }

    pub(super) fn load(&self) -> Option<Moment> {
        // A writer is between its stores for nanoseconds, or for ever because it died there.
        for _ in 0..100 {
            let which = self.which.load(Ordering::SeqCst);
            if which == IDLE {
                return None;
            }
            let started_ns = self.started_ns.load(Ordering::SeqCst);
            if started_ns != 0 && self.which.load(Ordering::SeqCst) == which {
                return Some(moment(which, started_ns));
            }
            std::hint::spin_loop();
        }
        // Who is to blame is known even then; since when is just now.
        let which = self.which.load(Ordering::SeqCst);
        (which != IDLE).then(|| moment(which, super::seam::monotonic_ns()))
    }
}

fn moment(which: u64, started_ns: u64) -> Moment {
    Moment { trial: (which >> 32) as u32, attempt: which as u32, started_ns }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[rehearsal::test]
    fn a_page_says_what_was_stored_last() {
        let page = Page::local();
        assert_eq!(page.load(), None);
        page.store(7, 1, 99);
        assert_eq!(page.load(), Some(Moment { trial: 7, attempt: 1, started_ns: 99 }));
        page.note(3);
        assert_eq!(page.noted(), 3);
        page.idle();
        assert_eq!((page.load(), page.noted()), (None, 0));
    }

    #[rehearsal::test]
    fn a_writer_that_died_between_two_stores_is_blamed_all_the_same() {
        let cells = Cells::new();
        cells.store(3, 0, 50);
        // As `put` would leave it if the process ended before its last store.
        cells.started_ns.store(0, Ordering::SeqCst);
        cells.which.store(4 << 32, Ordering::SeqCst);
        let moment = cells.load().expect("something runs");
        assert_eq!((moment.trial, moment.attempt), (4, 0));
        assert!(moment.started_ns > 50, "since just now");
    }

    #[rehearsal::test]
    fn a_reader_never_sees_half_of_a_pair() {
        let page = Page::local();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for trial in 1..200_000 {
                    page.store(trial, trial, u64::from(trial));
                }
                done.store(true, Ordering::SeqCst);
            });
            let mut seen = 0;
            while !done.load(Ordering::SeqCst) {
                let Some(moment) = page.load() else { continue };
                assert_eq!(moment.trial, moment.attempt);
                // A reader that gave up waiting for the time tells its own, which is far from these numbers.
                let own_time = moment.started_ns > 1_000_000;
                assert!(own_time || moment.started_ns == u64::from(moment.trial), "{moment:?}");
                assert!(moment.trial >= seen, "never goes back");
                seen = moment.trial;
            }
        });
    }
}
