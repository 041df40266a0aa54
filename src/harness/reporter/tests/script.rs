//! A run in which everything happens that a reporter has words for.

use std::ffi::OsString;
use std::time::Duration;

use crate::app::Environment;
use crate::harness::cli::Options;
use crate::harness::event::{Event, Running, TrialInfo};
use crate::harness::outcome::{Attempt, Death, Outcome, Output, Ran, Repeated, Verdict};
use crate::harness::registry::{Kind, ShouldPanic};
use crate::harness::reporter::Reporter;

pub(in crate::harness::reporter) fn options(line: &str) -> Options {
    Options::parse(line.split_whitespace().map(OsString::from), &Environment::default(), None).expect("right")
}

pub(super) fn trial(name: &str) -> TrialInfo<'_> {
    TrialInfo { name, kind: Kind::Test, should_panic: ShouldPanic::No, file: "src/lib.rs", line: 1 }
}

pub(super) fn outcome(verdict: Verdict, output: &[u8]) -> Outcome {
    Outcome {
        ran: Some(Ran { worker: 1, started_ns: 5_000_000 }),
        duration_ns: 1_250_000,
        output: Output { bytes: output.to_vec(), dropped: 0 },
        ..Outcome::of(verdict)
    }
}

fn failed(message: &str) -> Verdict {
    Verdict::Failed { message: message.to_owned() }
}

fn ignored(reason: &str) -> Verdict {
    Verdict::Ignored { reason: reason.to_owned() }
}

/// An actor and two tasks that are left.
fn leaked() -> Verdict {
    let message = "the test has ended, and what it started has not:\n  actor `c1` (Counter), spawned at src/leak.rs:3:5";
    Verdict::Leaked { actors: 1, tasks: 2, message: message.to_owned() }
}

/// A death of the process; `message` is what the harness knows beyond it.
fn crashed(death: Death, message: &str) -> Verdict {
    Verdict::Crashed { death, message: message.to_owned() }
}

/// An attempt that failed, and one that a signal ended.
fn attempt(number: u32) -> Attempt {
    let output = Output { bytes: b"connection refused\n".to_vec(), dropped: 0 };
    let notes = vec!["it ran in a worker that had run others".to_owned()];
    let verdict = if number == 1 { failed("refused") } else { crashed(Death::Signaled { signal: 11 }, "") };
    let ran = Some(Ran { worker: 0, started_ns: 1_000_000 });
    Attempt { number, verdict, ran, duration_ns: 9_000_000, output, notes, fresh: false }
}

/// A trial that passed on its third attempt.
fn shaken(red: bool) -> Outcome {
    let verdict = Verdict::Flaky { attempt: 3, red };
    Outcome { attempts: vec![attempt(1), attempt(2)], ..outcome(verdict, b"") }
}

/// A trial that was repeated a thousand times.
fn often(failed: u32, verdict: Verdict) -> Outcome {
    let (least_ns, most_ns, total_ns) = (800_000, 3_000_000, 1_250_000_000);
    let repeated = Repeated { ran: 1_000, failed, least_ns, most_ns, total_ns };
    Outcome { repeated: Some(Box::new(repeated)), ..outcome(verdict, b"") }
}

/// Names and outcomes in the order they come in.
pub(super) fn outcomes() -> Vec<(&'static str, Outcome)> {
    let panic = "\nthread 'math::fails' (1) panicked at src/math.rs:3:5:\nboom \"q\" \u{1b}[1m\n";
    let flood = Outcome {
        output: Output { bytes: b"first\nlast".to_vec(), dropped: 209_715_200 },
        ..outcome(failed("panicked at src/lib.rs:9:1:\nenough"), b"")
    };
    let noted =
        Outcome { notes: vec!["left 2 child processes behind".into()], ..outcome(Verdict::Passed, b"") };
    let expected = Verdict::ExpectedFailure { reason: "see the list of bugs".into() };
    let expected = Outcome { attempts: vec![attempt(1)], ..outcome(expected, b"") };
    vec![
        ("top", outcome(Verdict::Passed, b"")),
        ("math::adds", outcome(Verdict::Passed, b"hello\tworld\n")),
        ("math::fails", outcome(failed("panicked at src/math.rs:3:5:\nboom"), panic.as_bytes())),
        ("math::raw", outcome(failed(""), b"\xff\xfe raw <&> ]]>\n\nno line end")),
        ("math::overflows", outcome(failed("test did not panic as expected at src/math.rs:7:1"), b"")),
        ("net::reaches", outcome(ignored("no network here"), b"")),
        ("net::waits", outcome(ignored(""), b"")),
        ("crash::segfault", outcome(crashed(Death::Signaled { signal: 11 }, ""), b"before the end\n")),
        ("crash::exits", outcome(crashed(Death::Exited { code: 3 }, "it called exit"), b"")),
        ("crash::garbage", outcome(crashed(Death::Unreachable, "its frame was too long"), b"")),
        ("hang::sleeps", outcome(Verdict::TimedOut { limit_ms: 1000, stuck: false }, b"")),
        ("hang::spins", outcome(Verdict::TimedOut { limit_ms: 1500, stuck: true }, b"")),
        ("leak::keeps", outcome(leaked(), b"")),
        ("flood", flood),
        ("children", noted),
        ("shaky::settles", shaken(false)),
        ("shaky::is_not_forgiven", shaken(true)),
        ("shaky::never", Outcome { attempts: vec![attempt(1)], ..outcome(failed("refused again"), b"") }),
        ("known::bug", expected),
        ("known::mended", outcome(Verdict::UnexpectedPass { reason: "see the list of bugs".into() }, b"")),
        ("often::fails", Outcome { attempts: vec![attempt(3)], ..often(1, failed("")) }),
        ("often::passes", often(0, Verdict::Passed)),
        ("late::none", outcome(Verdict::NotRun { reason: "no worker could be started".into() }, b"")),
        ("late::one", outcome(Verdict::Cancelled { reason: "interrupted".into() }, b"")),
        ("late::two", outcome(Verdict::Cancelled { reason: "interrupted".into() }, b"")),
    ]
}

/// Plays the run to a reporter.
pub(in crate::harness::reporter) fn play(reporter: &mut dyn Reporter, shuffle_seed: Option<u64>) {
    let outcomes = outcomes();
    let started =
        Event::RunStarted { planned: outcomes.len(), filtered_out: 3, workers: 2, shuffle_seed, now_ns: 0 };
    reporter.event(&started);
    reporter.event(&Event::Warning { message: "output is not captured under thread isolation" });
    let (mark, elapsed) = (Duration::from_secs(60), Duration::from_millis(60_010));
    for (name, outcome) in &outcomes {
        let trial = TrialInfo {
            should_panic: if *name == "math::overflows" { ShouldPanic::Yes } else { ShouldPanic::No },
            ..trial(name)
        };
        if *name == "hang::sleeps" {
            let running = [Running { worker: 0, trial, elapsed, slow: true }];
            reporter.event(&Event::Busy { running: &running });
            reporter.event(&Event::Slow { trial, mark, elapsed });
        }
        reporter.event(&Event::Finished { trial, outcome });
    }
    reporter.event(&Event::RunError { message: "interrupted; 2 trials were not run" });
    reporter.event(&Event::RunFinished { elapsed: Duration::from_millis(1_234), success: false });
}

/// A run in which all is well.
pub(super) fn play_green(reporter: &mut dyn Reporter, trials: usize) {
    let started =
        Event::RunStarted { planned: trials, filtered_out: 0, workers: 2, shuffle_seed: None, now_ns: 0 };
    reporter.event(&started);
    for number in 0..trials {
        let name = format!("t{number:03}");
        let outcome = outcome(Verdict::Passed, b"");
        reporter.event(&Event::Finished { trial: trial(&name), outcome: &outcome });
    }
    reporter.event(&Event::RunFinished { elapsed: Duration::from_millis(80), success: true });
}
