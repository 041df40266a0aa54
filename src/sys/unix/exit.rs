//! What runs when somebody calls `exit()` while the guard is armed.
#![allow(unsafe_code)]

use std::sync::{Mutex, Once, PoisonError};

struct Armed {
    /// A fork of this process that was not asked may leave as it likes.
    pid: u32,
    code: i32,
    line: String,
}

static ARMED: Mutex<Option<Armed>> = Mutex::new(None);
static REGISTERED: Once = Once::new();

/// Keeps the guard armed until it is dropped.
#[derive(Debug)]
#[must_use = "the guard is disarmed when this is dropped"]
pub struct ExitGuard(());

/// Arms the guard: a process that leaves through `exit()` from now on (C's or Rust's, on any thread) prints `line` to
/// stderr and ends with `code`, whatever code it asked for. Only `_exit()` gets past it. One guard at a time: arming
/// it again replaces code and line.
pub fn guard_exit(code: i32, line: impl Into<String>) -> ExitGuard {
    // SAFETY: registers a function that lives as long as the program.
    REGISTERED.call_once(|| unsafe {
        libc::atexit(leave);
    });
    *ARMED.lock().unwrap_or_else(PoisonError::into_inner) =
        Some(Armed { pid: std::process::id(), code, line: line.into() });
    ExitGuard(())
}

impl Drop for ExitGuard {
    fn drop(&mut self) {
        *ARMED.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

extern "C" fn leave() {
    let Some(armed) = ARMED.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    if armed.pid != std::process::id() {
        return;
    }
    // What C has buffered would be written by the rest of `exit()`, which we cut short. Rust's streams were flushed if
    // it was Rust that left, and may be locked for good by another thread if not.
    // SAFETY: a null stream means all of them; C's streams have locks of their own.
    unsafe { libc::fflush(std::ptr::null_mut()) };
    let line = format!("{}\n", armed.line);
    // SAFETY: the buffer outlives the call.
    unsafe { libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len()) };
    // The runtime of a build with coverage would do it at the very end, which does not come.
    super::profile::write();
    // SAFETY: ends the process at once, which is the point.
    unsafe { libc::_exit(armed.code) }
}

/// Ends this process with `code` now: nothing that waits for the end of it is run, neither here nor in C.
pub fn leave_at_once(code: i32) -> ! {
    // SAFETY: has no precondition.
    unsafe { libc::_exit(code) }
}
