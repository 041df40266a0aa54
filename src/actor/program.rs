//! `#[rehearsal::program]`: the `main` of a program whose actors can be placed in processes.

use std::future::Future;
use std::panic::resume_unwind;
use std::process::{ExitCode, Termination};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::arbiter::arbiter;
use super::spawn::worker::serve;
use crate::sys::boot::{self, Role};
use crate::sys::seam;

/// How long the actors that `main` left behind may take to stop.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// The runtime of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramRuntime {
    /// Many threads, or the main thread alone.
    pub multi_thread: bool,
    /// How many, where it is many; one a core unless told otherwise.
    pub worker_threads: Option<usize>,
}

/// Runs an async `main` as a task of a runtime; in a process that was started to be an actor, never returns.
///
/// A task, because the future given to `block_on` is woken at more than twice the price. Its result is reported where
/// it ended and need not be `Send`: a `Box<dyn Error>` is not. When it has ended, what it left running is stopped:
/// every actor that has not ended, the one spawned last first.
///
/// # Panics
/// Where no runtime can be built, and with the panic of `main` itself.
pub fn program<F>(runtime: ProgramRuntime, main: impl FnOnce() -> F) -> ExitCode
where
    F: Future + Send + 'static,
    F::Output: Termination,
{
    become_actor_or_return();
    let runtime = match build(runtime) {
        Ok(runtime) => runtime,
        Err(error) => panic!(
            "the program's tokio runtime could not be built: {error}; look at this process's limits on open files and \
             threads (ulimit -n, ulimit -u)"
        ),
    };
    let main = main();
    let ended = runtime.block_on(async {
        let ended = seam::spawn(async { main.await.report() }).await;
        // Actors that main left behind end in good order, those spawned last first.
        arbiter().stop_all(STOP_GRACE).await;
        ended
    });
    match ended {
        Ok(code) => code,
        // Nobody cancels this task, so it panicked; the hook has told of it.
        Err(error) => resume_unwind(error.into_panic()),
    }
}

/// Runs a plain `main`; in a process that was started to be an actor, never returns.
pub fn program_without_runtime<T>(main: impl FnOnce() -> T) -> T {
    become_actor_or_return();
    main()
}

fn become_actor_or_return() {
    if let Role::Worker(worker) = boot::enter().role {
        serve(worker);
    }
}

fn build(spec: ProgramRuntime) -> std::io::Result<Runtime> {
    let mut builder =
        if spec.multi_thread { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    if let Some(count) = spec.worker_threads {
        builder.worker_threads(count);
    }
    builder.enable_all().build()
}
