//! `exit()` cannot be caught here.

/// Keeps the guard armed until it is dropped.
#[derive(Debug)]
#[must_use = "the guard is disarmed when this is dropped"]
pub struct ExitGuard(());

/// Does nothing on this platform: there is no `atexit` to rely on. Thread isolation is all there is here, and an
/// `exit()` in a trial ends the whole run.
pub fn guard_exit(_code: i32, _line: impl Into<String>) -> ExitGuard {
    ExitGuard(())
}

/// Ends this process with `code` now.
pub fn leave_at_once(code: i32) -> ! {
    std::process::exit(code)
}
