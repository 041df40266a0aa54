//! One trial in this process: under cargo-nextest, which isolates by itself, and under a debugger.
//!
//! No pool, no capture and no live display. A guard turns an early `exit(0)` into a failure; `_exit(0)` is beyond it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::event::Event;
use super::outcome::{Outcome, Verdict};
use super::registry::{Registry, TaskPanic};
use super::run::{Run, Summary};
use super::trial::{self, TrialSettings};
use crate::sys::exit;

/// Runs the only trial of this run on a thread with its name.
pub fn run(mut run: Run) -> Summary {
    let begun = Instant::now();
    let seat = run.seats[0];
    let (planned, filtered_out) = (1 + run.ignored.len(), run.filtered_out);
    run.reporter.event(&Event::RunStarted { planned, filtered_out, workers: 1, shuffle_seed: None });
    run.reporter.flush();
    let verdict = attempt(&run);
    let duration_ns = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let mut outcome = Outcome { duration_ns, ..Outcome::of(verdict) };
    seat.hold_to_time(&mut outcome);
    run.tell_ignored(0);
    run.reporter.event(&Event::Finished { trial: seat.info, outcome: &outcome });
    run.tell_ignored(usize::MAX);
    let success = !outcome.verdict.is_red();
    let told = run.tell_end(begun.elapsed(), success);
    if success && told { Summary::Green } else { Summary::Red }
}

fn attempt(run: &Run) -> Verdict {
    let seat = run.seats[0];
    let task_panic = if run.setup.forgive_task_panic { TaskPanic::Allow } else { TaskPanic::Fail };
    let settings = TrialSettings { task_panic, alone: true, ..TrialSettings::default() };
    let Some(entry) = Registry::collect().get(seat.entry) else {
        return Verdict::NotRun { reason: "its entry is gone".to_owned() };
    };
    let line = format!("test {} ... FAILED (it ended this process by calling `exit`)", seat.info.name);
    let guard = exit::guard_exit(101, line);
    let told: Arc<(Mutex<Option<Verdict>>, Condvar)> = Arc::default();
    let teller = Arc::clone(&told);
    let spawned = thread::Builder::new().name(entry.name().to_owned()).spawn(move || {
        let verdict = trial::run_here(entry, &settings).verdict;
        *teller.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
        teller.1.notify_all();
    });
    let verdict = match spawned {
        Err(error) => Verdict::NotRun { reason: format!("its thread could not be started: {error}") },
        Ok(_) => wait(&told, run.planned[0].limit_ms),
    };
    drop(guard);
    verdict
}

/// Waits for the verdict, for as long as the trial may take. The trial's thread always tells one: panics are caught
/// there, and whatever else ends it ends this process.
fn wait(told: &(Mutex<Option<Verdict>>, Condvar), limit_ms: u64) -> Verdict {
    let (verdict, changed) = told;
    let verdict = verdict.lock().unwrap_or_else(PoisonError::into_inner);
    let waited =
        changed.wait_timeout_while(verdict, Duration::from_millis(limit_ms), |verdict| verdict.is_none());
    let (mut verdict, _) = waited.unwrap_or_else(PoisonError::into_inner);
    verdict.take().unwrap_or(Verdict::TimedOut { limit_ms, stuck: false })
}
