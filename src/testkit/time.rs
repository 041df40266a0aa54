//! Virtual time: a clock that stands still, `#[rehearsal::test(start_paused = true)]`, moved by the test.

use std::time::Duration;

/// Waits until no task of the runtime can go on without the time moving. Moves the clock by a millisecond at most.
///
/// Actors placed as tasks are at rest then. Threads and processes have clocks of their own and are not waited for.
///
/// # Panics
/// Where the clock of the runtime does not stand still.
pub async fn settle() {
    // Nothing but a check: it panics, in tokio's words, where the clock runs.
    tokio::time::advance(Duration::ZERO).await;
    // A paused clock moves only when all tasks wait.
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Lets all tasks come to rest, moves the clock this far, firing each timer at its own time on the way, and lets them
/// come to rest again.
///
/// # Panics
/// Where the clock of the runtime does not stand still.
pub async fn advance(by: Duration) {
    settle().await;
    // Waiting, not jumping: timers that lie in between see their own time, and what they start may set others.
    tokio::time::sleep(by).await;
    settle().await;
}
