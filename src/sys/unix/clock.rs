//! The system's monotonic clock.
#![allow(unsafe_code)]

/// The clock that is read in a few nanoseconds and moves every few milliseconds, where the system has one.
#[cfg(target_os = "linux")]
const COARSE: libc::clockid_t = libc::CLOCK_MONOTONIC_COARSE;
#[cfg(not(target_os = "linux"))]
const COARSE: libc::clockid_t = libc::CLOCK_MONOTONIC;

/// Nanoseconds of `CLOCK_MONOTONIC`.
pub(in crate::sys) fn monotonic_ns() -> u64 {
    read(libc::CLOCK_MONOTONIC)
}

/// The same, to a few milliseconds.
pub(in crate::sys) fn coarse_ns() -> u64 {
    read(COARSE)
}

/// The calling thread is woken from sleeps of whole nanoseconds: the kernel may otherwise make each 50 µs longer, so that
/// several end together. Linux only; elsewhere nothing changes.
#[cfg(feature = "bench")]
pub(in crate::sys) fn sleep_no_longer() {
    #[cfg(target_os = "linux")]
    // SAFETY: sets a number of the calling thread's; no memory of ours is read or written.
    unsafe {
        // Where it is refused, sleeps are what they were.
        let nanosecond: libc::c_ulong = 1;
        libc::prctl(libc::PR_SET_TIMERSLACK, nanosecond);
    }
}

fn read(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the call to write to; these clocks always exist, so the call cannot fail.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
