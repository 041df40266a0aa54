//! One trial in this process: under cargo-nextest, which isolates by itself, and under a debugger.
//!
//! No pool, no capture and no live display. A guard turns an early `exit(0)` into a failure; `_exit(0)` is beyond it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::dispatch::expected;
use super::event::Event;
use super::fixture;
use super::generated::find::run_one_only;
use super::hang::{self, Look};
use super::outcome::{Outcome, Ran, Verdict};
use super::registry::{Leaks, Registry, TaskPanic};
use super::run::{Run, Summary};
use super::trial::{self, TrialSettings};
use crate::sys::page::Page;
use crate::sys::{exit, seam, thread};

/// Runs the only trial of this run on a thread with its name.
pub fn run(mut run: Run) -> Summary {
    let (begun, red) = (Instant::now(), run.is_red_already());
    let seat = run.seats[0];
    let (planned, filtered_out) = (1 + run.settled.len(), run.filtered_out);
    let now_ns = seam::monotonic_ns();
    let started = Event::RunStarted { planned, filtered_out, workers: 1, shuffle_seed: None, now_ns };
    run.reporter.event(&started);
    run.reporter.flush();
    let (verdict, actors, hangs) = attempt(&run);
    let complaints = fixture::tear_down_process();
    for message in &complaints {
        run.reporter.event(&Event::RunError { message });
    }
    let duration_ns = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let ran = Some(Ran { worker: 0, started_ns: now_ns });
    let mut outcome = Outcome { ran, duration_ns, ..Outcome::of(verdict) };
    seat.hold_to_time(&mut outcome);
    if let Some(reason) = run.planned[0].xfail {
        outcome = expected(outcome, reason, true);
    }
    hang::append(&mut outcome.output, &hangs);
    if !actors.is_empty() {
        trial::append_actors(&mut outcome.output, &actors);
    }
    run.tell_settled(0);
    run.reporter.event(&Event::Finished { trial: seat.info, outcome: &outcome });
    run.tell_settled(usize::MAX);
    let success = !outcome.verdict.is_red() && !red && complaints.is_empty();
    let told = run.tell_end(begun.elapsed(), success);
    if success && told { Summary::Green } else { Summary::Red }
}

/// How the trial ended, what its actors were at if it failed, and what it hangs in if it does.
fn attempt(run: &Run) -> (Verdict, String, String) {
    let seat = run.seats[0];
    let task_panic = if run.setup.forgive_task_panic { TaskPanic::Allow } else { TaskPanic::Fail };
    fixture::forgive_panics(run.setup.forgive_task_panic);
    let leaks = if run.setup.forgive_leaks { Leaks::Allow } else { Leaks::Fail };
    let show_actors = run.setup.show_actors;
    let ruled = seat.ruled;
    let settings =
        TrialSettings { task_panic, leaks, ruled, alone: true, show_actors, ..TrialSettings::default() };
    run_one_only();
    let Some(entry) = Registry::collect().at(seat.address) else {
        return (Verdict::NotRun { reason: "its entry is gone".to_owned() }, String::new(), String::new());
    };
    let line = format!("test {} ... FAILED (it ended this process by calling `exit`)", seat.info.name);
    let guard = exit::guard_exit(101, line);
    let told: Arc<(Mutex<Told>, Condvar)> = Arc::default();
    let teller = Arc::clone(&told);
    let spawned = thread::start(entry.name().to_owned(), move || {
        let attempt = trial::run_here(entry, &settings);
        *teller.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((attempt.verdict, attempt.actors));
        teller.1.notify_all();
    });
    let mut hangs = String::new();
    let (verdict, actors) = match spawned {
        Err(error) => {
            (Verdict::NotRun { reason: format!("its thread could not be started: {error}") }, String::new())
        }
        Ok(_) => wait(&told, run.planned[0].limit_ms).unwrap_or_else(|limit_ms| {
            let (actors, tasks) = trial::inside_of(seat.info.name);
            let (page, trial) = (Page::local(), seat.info.name.to_owned());
            hangs = Look { pid: std::process::id(), page, trial, beside: Vec::new() }.take() + &tasks;
            (Verdict::TimedOut { limit_ms, stuck: false }, actors.unwrap_or_default())
        }),
    };
    drop(guard);
    (verdict, actors, hangs)
}

/// What the trial's thread tells when it is done.
type Told = Option<(Verdict, String)>;

/// Waits for the verdict, for as long as the trial may take. The trial's thread always tells one: panics are caught
/// there, and whatever else ends it ends this process.
/// Without one it is the limit that has passed, milliseconds.
fn wait(told: &(Mutex<Told>, Condvar), limit_ms: u64) -> Result<(Verdict, String), u64> {
    let (verdict, changed) = told;
    let verdict = verdict.lock().unwrap_or_else(PoisonError::into_inner);
    let waited =
        changed.wait_timeout_while(verdict, Duration::from_millis(limit_ms), |verdict| verdict.is_none());
    let (mut verdict, _) = waited.unwrap_or_else(PoisonError::into_inner);
    verdict.take().ok_or(limit_ms)
}
