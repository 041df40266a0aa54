//! Applications whose work is done by a pool of worker actors: a monitor keeps them alive, hooks tell of them.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use crate::actor::{Actor, ActorName, Ended, Exit, Monitor, MonitorEvent, MonitorProxy, Spawn, SpawnError};
use crate::sys::seam;
use crate::sys::signal::{Signal, Signals};

use super::application::Application;
use super::notice::say;

/// An application that is a pool of workers of one kind, and its hooks.
///
/// The hooks of the monitor are here; they are called in the arbiter's process, one at a time, and have to be
/// short, because the monitor waits for them. The hooks of a worker are those of its actor: `#[start]` and
/// `#[stopping]` run wherever the worker was placed.
///
/// ```no_run
/// use std::process::ExitCode;
/// use rehearsal::app::{Application, Declaration, Environment, Form, Service, Setting, Settings, SettingsError, serve};
/// use rehearsal::prelude::*;
///
/// pub struct Greeter;
///
/// #[rehearsal::actor]
/// impl Greeter {
///     #[start]
///     pub fn new() -> Greeter { Greeter }
///     #[command]
///     pub fn greet(&mut self, whom: String) -> String { format!("hello {whom}") }
/// }
///
/// struct Greeting { workers: usize }
///
/// impl Application for Greeting {
///     const DECLARATION: Declaration = Declaration {
///         name: "greeting",
///         usage: "greeting [OPTIONS]",
///         table: &[
///             Setting {
///                 name: "workers",
///                 flags: &["--workers"],
///                 form: Form::Count { least: 1 },
///                 default: Some("2"),
///                 help: "Number of workers",
///                 ..Setting::BLANK
///             },
///             Setting::HELP,
///         ],
///         closing: "",
///         bad_settings: 2,
///     };
///
///     fn configure(settings: Settings, _: &Environment) -> Result<Self, SettingsError> {
///         Ok(Greeting { workers: settings.count("workers").unwrap_or(1) as usize })
///     }
///
///     fn run(self) -> ExitCode { serve(self) }
/// }
///
/// impl Service for Greeting {
///     type Worker = Greeter;
///     fn workers(&self) -> usize { self.workers }
///     fn worker(&mut self, number: usize) -> Spawn<Greeter> {
///         Greeter::spawn().name(format!("greeter-{number}")).thread()
///     }
/// }
///
/// fn main() -> ExitCode {
///     rehearsal::app::launch::<Greeting>()
/// }
/// ```
pub trait Service: Application + Send + 'static {
    /// The actor that does the work.
    type Worker: Actor;

    /// How many of them are kept alive.
    fn workers(&self) -> usize;

    /// How the worker of this number (from 0) is spawned, at first and each time it is replaced.
    fn worker(&mut self, number: usize) -> Spawn<Self::Worker>;

    /// All workers live for the first time; `monitor` reaches them from now on.
    fn monitor_start(&mut self, monitor: &MonitorProxy<Self::Worker>) {
        let _ = monitor;
    }

    /// The end was asked for; the workers are stopped after this.
    fn monitor_stopping(&mut self) {}

    /// A worker lives in place of one that ended.
    fn worker_replaced(&mut self, worker: &ActorName) {
        let _ = worker;
    }

    /// A worker ended unasked; it will be replaced. By default that is told on stderr.
    fn worker_ended(&mut self, worker: &ActorName, exit: &Exit) {
        say(format_args!("warning: {} ended and will be replaced: {exit}", worker.name()));
    }

    /// A worker could not be replaced; it will be tried again. By default that is told on stderr.
    fn worker_missing(&mut self, error: &SpawnError) {
        say(format_args!("warning: a worker could not be replaced, which will be tried again: {error}"));
    }
}

/// Runs a service until the process is asked to end (Ctrl-C, SIGTERM), then stops its workers in good order.
///
/// The exit code says success after a clean end, failure where the workers could not be started at all. A second
/// request ends the process at once, with 128 + 2 as for any program that Ctrl-C ends.
pub fn serve<S: Service>(service: S) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse::<S>(&format!("its runtime could not be built: {error}")),
    };
    // Spawned, because the future given to `block_on` itself is slow to wake.
    let served = seam::block_on(&runtime, async {
        let signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => return Err(format!("signals cannot be listened for: {error}")),
        };
        let ending = seam::spawn(serve_until(service, first_of(signals)));
        ending.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    });
    runtime.shutdown_background();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => refuse::<S>(&why),
    }
}

/// Why a service did not run to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServiceError {
    /// Its monitor, or one of the first workers, did not come to life.
    Start(SpawnError),
    /// Its monitor ended although nobody asked it to, as it does when a hook panics.
    Monitor(Exit),
}

impl std::fmt::Display for ServiceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ServiceError::Start(error) => write!(f, "its workers could not be started: {error}"),
            ServiceError::Monitor(exit) => write!(f, "its monitor ended by itself: {exit}"),
        }
    }
}

impl std::error::Error for ServiceError {}

/// Runs a service until `end` resolves; what [`serve`] does with the signals of the process.
///
/// # Errors
/// [`ServiceError`] where the workers could not be started, or the monitor ended by itself.
pub async fn serve_until<S: Service>(service: S, end: impl Future<Output = ()>) -> Result<(), ServiceError> {
    let count = service.workers();
    let service = Arc::new(Mutex::new(service));
    let (making, telling) = (service.clone(), service.clone());
    let monitor = Monitor::spawn(count, move |number| lock(&making).worker(number))
        .name(S::DECLARATION.name)
        .on_event(move |event| tell(&mut *lock(&telling), event))
        .await
        .map_err(ServiceError::Start)?;
    lock(&service).monitor_start(&monitor);
    if let Some(exit) = unless_ended(end, monitor.ended()).await {
        return Err(ServiceError::Monitor(exit));
    }
    lock(&service).monitor_stopping();
    let ended = monitor.ended();
    // A monitor that has ended just now has stopped its workers.
    let _ = monitor.stop().await;
    ended.await;
    Ok(())
}

/// Waits for `end`; `Some` where the monitor ended before that.
async fn unless_ended(end: impl Future<Output = ()>, monitor: Ended) -> Option<Exit> {
    let (mut end, mut monitor) = (pin!(end), pin!(monitor));
    poll_fn(|cx| match monitor.as_mut().poll(cx) {
        Poll::Ready(exit) => Poll::Ready(Some(exit)),
        Poll::Pending => end.as_mut().poll(cx).map(|()| None),
    })
    .await
}

fn tell<S: Service>(service: &mut S, event: MonitorEvent) {
    match event {
        MonitorEvent::Ended { worker, exit } => service.worker_ended(&worker, &exit),
        MonitorEvent::Replaced { worker } => service.worker_replaced(&worker),
        MonitorEvent::NotReplaced { error } => service.worker_missing(&error),
        _ => {}
    }
}

/// A hook that panicked is told of by the panic hook; the next one is called all the same.
fn lock<S>(service: &Mutex<S>) -> MutexGuard<'_, S> {
    service.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Resolves at the first request to end; the second one ends the process.
async fn first_of(mut signals: Signals) {
    let first: Signal = signals.next().await;
    say(format_args!("{}: stopping; once more ends this at once", first.name()));
    seam::spawn(async move {
        signals.next().await;
        std::process::exit(130);
    });
}

fn refuse<S: Service>(why: &str) -> ExitCode {
    say(format_args!("error: {} cannot run: {why}", S::DECLARATION.name));
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests;
