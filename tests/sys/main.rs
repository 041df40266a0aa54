//! Floor 0 against the real system: processes that are killed, limits that are reached, signals that come.
//!
//! Every test starts this binary again as a *scenario*: a process of its own that plays the arbiter, starts workers
//! through `sys::process`, and is watched, and sometimes killed, from outside. So this binary has a `main` of its own
//! and a small runner beneath the real harness, which rests on what is tested here.
//!
//! `runner` runs the tests, `scenario` starts scenarios and is what they start in; the rest are tests by subject.

#[cfg(all(target_os = "linux", not(rehearsal_portable)))]
mod boot;
#[cfg(all(target_os = "linux", not(rehearsal_portable)))]
mod child;
#[cfg(all(target_os = "linux", not(rehearsal_portable)))]
mod death;
#[cfg(all(target_os = "linux", not(rehearsal_portable)))]
mod fork;
#[cfg(all(target_os = "linux", not(rehearsal_portable)))]
mod leaving;
#[cfg(all(target_os = "linux", not(rehearsal_portable)))]
mod limit;
#[cfg(all(target_os = "linux", not(rehearsal_portable)))]
mod offspring;
#[cfg(any(not(unix), rehearsal_portable))]
mod portable;
mod runner;
#[cfg(all(target_os = "linux", not(rehearsal_portable)))]
mod scenario;

/// Something with a name that can be run: a test, a scenario.
type Named = (&'static str, fn());

#[cfg(all(target_os = "linux", not(rehearsal_portable)))]
fn main() {
    scenario::enter_if_asked();
    runner::run(&[
        boot::TESTS,
        child::TESTS,
        death::TESTS,
        fork::TESTS,
        leaving::TESTS,
        limit::TESTS,
        offspring::TESTS,
    ]);
}

#[cfg(any(not(unix), rehearsal_portable))]
fn main() {
    runner::run(&[portable::TESTS]);
}

#[cfg(all(unix, not(target_os = "linux"), not(rehearsal_portable)))]
fn main() {
    // These tests look at `/proc`.
    runner::run(&[]);
}
