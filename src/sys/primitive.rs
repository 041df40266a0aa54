//! What the lock-free parts are made of: the standard library's atomics, and a cell that says when it is looked into.
//!
//! The models in `tests/models` build [`slot`](super::slot) and the mailbox on a file of the same names that tries
//! every order in which threads can meet.

use std::cell::UnsafeCell;

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
pub(crate) use std::sync::{Mutex, MutexGuard};
pub(crate) use std::thread_local as per_thread;

/// A cell that several threads reach; a protocol beside it says whose it is.
pub(super) struct Cell<T>(UnsafeCell<T>);

impl<T> Cell<T> {
    pub(super) const fn new(value: T) -> Cell<T> {
        Cell(UnsafeCell::new(value))
    }

    /// Gives `f` the place. Reading or writing it is for whose it is at the moment.
    pub(super) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

/// Waits a moment for another thread that has a few instructions left to do; `round` counts from 0.
pub(super) fn pause(round: u32) {
    if round < 16 {
        std::hint::spin_loop();
    } else {
        // It was interrupted in the middle of them.
        std::thread::yield_now();
    }
}
