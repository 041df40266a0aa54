//! `rehearsal::skip!`: a trial that finds out while running that it cannot run here.

use std::fmt;

/// The payload that unwinds a skipped trial; it passes no panic hook, so nothing is printed.
pub(crate) struct Skipped;

/// Ends the trial that the calling thread works for; what `skip!` expands to.
///
/// # Panics
/// Always: that is how it leaves. Where no trial is known on this thread it is an ordinary, loud panic.
pub fn skip(reason: fmt::Arguments<'_>) -> ! {
    let reason = reason.to_string();
    // A fixture that many tests have is no test's own: whoever depends on it is skipped.
    if super::fixture::note_skip(&reason) || super::trial::note_skip(&reason) {
        std::panic::resume_unwind(Box::new(Skipped));
    }
    panic!(
        "rehearsal::skip! was called where no test is running (reason: {reason}); call it on the test's own thread"
    )
}

/// Skips the running trial, with a reason as `format!` takes it: `skip!("no network: {error}")`.
///
/// The trial is reported as ignored, with the reason. Code behind it does not run; destructors do.
///
/// ```
/// # fn probe() -> Result<(), &'static str> { Ok(()) }
/// # fn body() {
/// if let Err(error) = probe() {
///     rehearsal::skip!("no network here: {error}");
/// }
/// # }
/// # body();
/// ```
#[macro_export]
macro_rules! skip {
    () => {
        $crate::__private::skip(::core::format_args!(""))
    };
    ($($reason:tt)+) => {
        $crate::__private::skip(::core::format_args!($($reason)+))
    };
}
