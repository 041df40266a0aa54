//! `src/sys/primitive.rs` on loom.

use loom::cell::UnsafeCell;

/// Loom's, with the initial value said as the standard library has it.
macro_rules! per_thread {
    ($(#[$doc:meta])* static $name:ident: $ty:ty = const { $init:expr };) => {
        loom::thread_local! { $(#[$doc])* static $name: $ty = $init; }
    };
}
pub(crate) use per_thread;

pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
pub(crate) use loom::sync::{Mutex, MutexGuard};

pub(crate) struct Cell<T>(UnsafeCell<T>);

impl<T> Cell<T> {
    pub(crate) fn new(value: T) -> Cell<T> {
        Cell(UnsafeCell::new(value))
    }

    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        self.0.with_mut(f)
    }
}

pub(crate) fn pause(_round: u32) {
    loom::thread::yield_now();
}
