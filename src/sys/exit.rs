//! A guard against a trial that leaves through `exit()` and takes a green exit code with it; and a way out that asks
//! nobody.

pub use super::platform::exit::{ExitGuard, guard_exit, leave_at_once};
