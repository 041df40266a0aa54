//! `#[rehearsal::program]`: the `main` of a program whose actors can be placed in processes.

use std::future::{Future, poll_fn};
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::process::{ExitCode, Termination};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::arbiter::arbiter;
use super::interrupt;
use super::spawn::worker::serve;
use crate::sys::boot::{self, Role};
use crate::sys::seam;

/// How long the actors that `main` left behind may take to stop.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// How long a program that was asked to end waits for threads of its runtime that do not wait for anything.
const LAST_GRACE: Duration = Duration::from_secs(1);

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
/// Ctrl-C, SIGTERM, SIGQUIT and SIGHUP do the same: `main` goes no further than it is, so that what it holds does not end
/// before its turn, the actors are stopped, and then `main` is dropped and the program ends with 128 and the signal's
/// number. The second such signal ends it at once: no actor outlives it, but none has a last word. A program that is to
/// end in a way of its own has a `main` that is no `async fn`, which leaves signals alone.
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
    let mut interrupt = interrupt::listen();
    let is_interrupted = Arc::new(AtomicBool::new(false));
    let main = reported_until(is_interrupted.clone(), main());
    let ended = seam::block_on(&runtime, async {
        let mut running = seam::spawn(main);
        let mut signal = pin!(interrupt.next());
        let ended = poll_fn(|cx| match Pin::new(&mut running).poll(cx) {
            Poll::Ready(ended) => Poll::Ready(Ok(ended)),
            Poll::Pending => signal.as_mut().poll(cx).map(Err),
        })
        .await;
        is_interrupted.store(ended.is_err(), Ordering::Relaxed);
        // Actors that are left end in good order, those spawned last first.
        arbiter().stop_all(STOP_GRACE).await;
        ended
    });
    let ended = match (ended, interrupt.has_come()) {
        (Err(signal), _) | (Ok(_), Some(signal)) => {
            // Not waited for without end: what blocks a thread of the runtime was asked to end too.
            runtime.shutdown_timeout(LAST_GRACE);
            return ExitCode::from(signal.exit_code());
        }
        (Ok(ended), None) => ended,
    };
    match ended {
        Ok(code) => code,
        // Nobody cancels this task, so it panicked; the hook has told of it.
        Err(error) => resume_unwind(error.into_panic()),
    }
}

/// Runs `main` and reports what it returns; goes no further once `is_interrupted`.
async fn reported_until<F>(is_interrupted: Arc<AtomicBool>, main: F) -> ExitCode
where
    F: Future<Output: Termination>,
{
    let mut main = pin!(main);
    let result =
        poll_fn(
            |cx| {
                if is_interrupted.load(Ordering::Relaxed) { Poll::Pending } else { main.as_mut().poll(cx) }
            },
        );
    result.await.report()
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
