//! The monotonic clock, from this process's first look at it.

use std::sync::OnceLock;
use std::time::Instant;

/// Nanoseconds since the first call, and one more, because 0 stands for "not yet" in places.
pub(in crate::sys) fn monotonic_ns() -> u64 {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed().as_nanos() as u64 + 1
}

/// The same: there is no cheaper one.
pub(in crate::sys) fn coarse_ns() -> u64 {
    monotonic_ns()
}

/// Sleeps are as long as the system makes them.
#[cfg(feature = "bench")]
pub(in crate::sys) fn sleep_no_longer() {}
