//! Whether tokio's clock stands still on this thread, told in a few nanoseconds.
//!
//! A test pauses the clock of its runtime, and tokio tells nobody. What gives it away is that two readings are equal,
//! and two readings cost a quarter of an ask. So one check holds until the runtime next looks after its timers: a
//! paused clock can jump only then, and a waker that was put off until then, as `yield_now` does it, looks again first.
//!
//! Where tokio was built without `test-util` no clock can stand still, and nothing of this is compiled.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, RawWaker, RawWakerVTable, Waker};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::Instant;

use super::deadline;
use super::primitive::{AtomicU64, Ordering};

/// Whether tokio can pause a clock: whether it has the function for it.
const CAN_PAUSE: bool = {
    #[allow(unused_imports, reason = "a function of this name hides the number, if there is one")]
    use tokio::time::*;
    size_of_val(&pause) == 0
};

#[allow(non_upper_case_globals, dead_code, reason = "it stands in for a function, where that is missing")]
const pause: u64 = 0;

/// How often a clock was found standing still after it had been taken to move.
static STANDSTILLS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Whether the clock was seen moving since the runtime last looked after its timers.
    static SEEN_MOVING: Cell<bool> = const { Cell::new(false) };
    /// The tick in which a task on this thread was seen to be of a runtime that cannot be paused.
    static OF_SEVERAL_THREADS: Cell<u64> = const { Cell::new(0) };
}

/// How often a clock that had been taken to move was found standing still.
pub(super) fn count() -> u64 {
    if CAN_PAUSE { STANDSTILLS.load(Ordering::Relaxed) } else { 0 }
}

/// Whether the clock moves by itself: it does unless the runtime of this thread was paused.
pub(crate) fn clock_moves() -> bool {
    !CAN_PAUSE || SEEN_MOVING.get() || OF_SEVERAL_THREADS.get() == deadline::now() || look()
}

#[cold]
fn look() -> bool {
    // Without a runtime there is no clock of its own, and one of several threads cannot be paused.
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::CurrentThread) => {}
        Ok(_) if tokio::task::try_id().is_some() => {
            OF_SEVERAL_THREADS.set(deadline::now());
            return true;
        }
        _ => return true,
    }
    let moves = two_readings_differ();
    if moves {
        SEEN_MOVING.set(true);
        let waker = look_again();
        // It hands the waker to the scheduler, which calls it before it lets the clock jump.
        let put_off = pin!(tokio::task::yield_now()).poll(&mut Context::from_waker(&waker));
        debug_assert!(put_off.is_pending(), "a task that yields is not done");
        // Its last copy is the scheduler's.
        std::mem::forget(waker);
    }
    moves
}

/// Where the system's clock is so coarse that a moving one gives two equal readings, this costs a timer.
fn two_readings_differ() -> bool {
    Instant::now() != Instant::now()
}

/// A waker that looks again when it is woken or dropped.
fn look_again() -> Waker {
    const TABLE: RawWakerVTable =
        RawWakerVTable::new(|data| RawWaker::new(data, &TABLE), woken, woken, dropped);
    // SAFETY: the functions of the table use no data, and may be called from any thread and any number of times.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &TABLE)) }
}

fn woken(_: *const ()) {
    if SEEN_MOVING.try_with(|seen| seen.replace(false)).unwrap_or(false) && !two_readings_differ() {
        STANDSTILLS.fetch_add(1, Ordering::Relaxed);
        deadline::wake_all();
    }
}

/// The runtime goes on without this thread, or not at all.
fn dropped(_: *const ()) {
    let _ = SEEN_MOVING.try_with(|seen| seen.set(false));
}
