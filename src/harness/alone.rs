//! One trial in this process: under cargo-nextest, which isolates by itself, and under a debugger.
//!
//! No pool, no capture and no live display. A guard turns an early `exit(0)` into a failure; `_exit(0)` is beyond it.

use std::sync::mpsc;
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
    let (sender, receiver) = mpsc::channel();
    let spawned = thread::Builder::new().name(entry.name().to_owned()).spawn(move || {
        // The receiver has gone where the trial was out of time; nobody waits for this any more.
        let _ = sender.send(trial::run_here(entry, &settings).verdict);
    });
    let verdict = match spawned {
        Err(error) => Verdict::NotRun { reason: format!("its thread could not be started: {error}") },
        Ok(_) => {
            let limit_ms = run.planned[0].limit_ms;
            match receiver.recv_timeout(Duration::from_millis(limit_ms)) {
                Ok(verdict) => verdict,
                Err(mpsc::RecvTimeoutError::Timeout) => Verdict::TimedOut { limit_ms, stuck: false },
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    Verdict::Failed { message: "its thread ended without a word".to_owned() }
                }
            }
        }
    };
    drop(guard);
    verdict
}
