//! Tasks of tokio's, of which it tells more in this build.

#[path = "../../shared/idle.rs"]
mod idle;

use std::future::pending;
use std::time::Duration;

use idle::{Idle, keep};

/// An actor, which is no task to whoever counts those, and two tasks.
async fn leave() {
    let idle = Idle::spawn().name("forgotten").await.expect("an actor");
    keep(idle);
    for _ in 0..2 {
        drop(tokio::spawn(pending::<()>())); // left behind
    }
}

async fn sleep_for_ever() {
    tokio::time::sleep(Duration::from_secs(3_600)).await; // the task waits
}

/// Waits for what never comes, and so does a task.
async fn wait() {
    drop(tokio::spawn(sleep_for_ever()));
    let (_word, waits) = tokio::sync::oneshot::channel::<()>();
    let _ = waits.await; // the test itself waits
}

mod leaves {
    #[rehearsal::test]
    async fn on_one_thread() {
        super::leave().await;
    }

    #[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_many_threads() {
        super::leave().await;
    }

    #[rehearsal::test(start_paused = true)]
    async fn with_a_paused_clock() {
        super::leave().await;
    }

    #[rehearsal::test(flavor = "local")]
    async fn on_a_local_runtime() {
        super::leave().await;
    }

    /// What is just ending may end.
    #[rehearsal::test]
    async fn nothing() {
        tokio::spawn(std::future::pending::<()>()).abort();
        tokio::spawn(tokio::task::yield_now());
    }
}

mod waits {
    #[rehearsal::test]
    async fn on_one_thread() {
        super::wait().await;
    }

    #[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_many_threads() {
        super::wait().await;
    }
}

rehearsal::main!();
