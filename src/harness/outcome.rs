//! What became of a trial: a plain serde value that crosses from worker to arbiter to reporter.

use std::process::{ExitCode, Termination};

use crate::sys::wire::wired;

/// What a trial's function returned, seen through `Termination`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// `ExitCode::SUCCESS`.
    Success,
    /// Any other exit code; `Termination::report` has printed the error to stderr already.
    Failure,
    /// Nothing: it was not called, because one of its fixtures is not there.
    NotBegun,
}

impl Returned {
    /// Asks the result; it prints its own error to stderr while at it.
    pub fn of(result: impl Termination) -> Returned {
        if result.report() == ExitCode::SUCCESS { Returned::Success } else { Returned::Failure }
    }
}

/// The final word on one attempt of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It did what it should.
    Passed,
    /// It did not; the text says why, for a person (`panicked at …`, `returned an error`, …). May be empty.
    Failed {
        /// One or a few lines, without the captured output.
        message: String,
    },
    /// It did what it should, and left actors or tasks behind.
    Leaked {
        /// How many actors.
        actors: u64,
        /// How many tasks of its runtime beside those of the actors.
        tasks: u64,
        /// What they are and where they were spawned, a line each.
        message: String,
    },
    /// It failed, was tried again, and passed; what failed before is in [`Outcome::attempts`].
    Flaky {
        /// The number of the attempt that passed, from 2.
        attempt: u32,
        /// Whether that makes the run red all the same (`--flaky-result fail`).
        red: bool,
    },
    /// It failed, as its `xfail` says it would; how is in [`Outcome::attempts`].
    ExpectedFailure {
        /// Why that is expected.
        reason: String,
    },
    /// It passed, and its `xfail` says it would not.
    UnexpectedPass {
        /// Why a failure was expected.
        reason: String,
    },
    /// It did not run, by attribute or by `rehearsal::skip!`; the reason may be empty.
    Ignored {
        /// Why.
        reason: String,
    },
    /// It ran longer than it may and was stopped.
    TimedOut {
        /// The limit, in milliseconds.
        limit_ms: u64,
        /// True where its thread could not be stopped and lives on (thread isolation).
        stuck: bool,
    },
    /// The process it ran in is gone.
    Crashed {
        /// How that process ended.
        death: Death,
        /// What the harness knows beyond it; may be empty.
        message: String,
    },
    /// It could not be run at all (no worker could be started, no thread, …).
    NotRun {
        /// Why.
        reason: String,
    },
    /// The run was ended before this trial was through: Ctrl-C, or `--fail-fast` after a failure. Not counted as a
    /// failure of its own.
    Cancelled {
        /// Why.
        reason: String,
    },
}

wired! {
    enum Verdict {
        Passed, Failed { message }, Leaked { actors, tasks, message }, Ignored { reason }, TimedOut { limit_ms, stuck },
        Crashed { death, message }, NotRun { reason }, Cancelled { reason }, Flaky { attempt, red },
        ExpectedFailure { reason }, UnexpectedPass { reason }
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// It exited by itself with this code; 0 too is a crash when a trial was in flight.
    Exited {
        /// The code.
        code: i32,
    },
    /// A signal killed it.
    Signaled {
        /// The signal's number.
        signal: i32,
    },
    /// It no longer talks to us (garbage on the wire, closed descriptors) and was killed for that.
    Unreachable,
}

wired! { enum Death { Exited { code }, Signaled { signal }, Unreachable } }

/// Captured output of an attempt: stdout and stderr in the order they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// Bytes as they were written; not always UTF-8.
    pub bytes: Vec<u8>,
    /// How many bytes were dropped from the middle because the limit was reached.
    pub dropped: u64,
}

wired! { struct Output { bytes, dropped } }

/// Where and when an attempt ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ran {
    /// The worker's place in the pool, from 0.
    pub worker: usize,
    /// When it began, nanoseconds on the monotonic clock, as [`super::event::Event::RunStarted`] has the run's own
    /// beginning.
    pub started_ns: u64,
}

/// What became of one planned trial, with all a reporter needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Final verdict.
    pub verdict: Verdict,
    /// Where and when the attempt ran; none where it never began, or was given up before that was known.
    pub ran: Option<Ran>,
    /// Wall time of the attempt that decided it, nanoseconds; of repetitions, what one took on average.
    pub duration_ns: u64,
    /// What it wrote, where that was captured and wanted.
    pub output: Output,
    /// Notes for a person that do not change the verdict (`left 2 child processes behind`).
    pub notes: Vec<String>,
    /// The attempts that failed and did not decide it: those before the last, the one that was expected to fail, or
    /// repetitions. Empty for a trial that ran once.
    pub attempts: Vec<Attempt>,
    /// What came of all repetitions, where it was to be repeated.
    pub repeated: Option<Box<Repeated>>,
    /// What was measured, of a benchmark.
    pub measured: Option<Box<Measured>>,
}

/// What a benchmark measured, ready to be told: its worker has worked it out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// What an iteration takes, picoseconds: the value that libtest's line has.
    pub typical_ps: u64,
    /// How far that is uncertain to either side, picoseconds.
    pub deviation_ps: u64,
    /// Bytes an iteration goes through; 0 where nobody said.
    pub bytes: u64,
    /// What else people read of it, below its line.
    pub lines: Vec<String>,
    /// All of it as one JSON object on one line, with its name, for programs.
    pub json: String,
}

wired! { struct Measured { typical_ps, deviation_ps, bytes, lines, json } }

/// An attempt that failed, beside the one that decided the trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which attempt or repetition, from 1.
    pub number: u32,
    /// How it failed.
    pub verdict: Verdict,
    /// Wall time, nanoseconds.
    pub duration_ns: u64,
    /// What it wrote, where that was captured.
    pub output: Output,
    /// Notes for a person.
    pub notes: Vec<String>,
    /// Where and when it ran, where that is known.
    pub ran: Option<Ran>,
    /// Whether no other trial had run in its process before.
    pub fresh: bool,
}

/// What came of the repetitions of a trial.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repeated {
    /// How many were run.
    pub ran: u32,
    /// How many of them failed. Not all of these need be among [`Outcome::attempts`].
    pub failed: u32,
    /// The shortest one, nanoseconds.
    pub least_ns: u64,
    /// The longest one, nanoseconds.
    pub most_ns: u64,
    /// All together, nanoseconds.
    pub total_ns: u64,
}

impl Outcome {
    /// An outcome without output that took no time.
    pub fn of(verdict: Verdict) -> Outcome {
        Outcome {
            verdict,
            ran: None,
            duration_ns: 0,
            output: Output::default(),
            notes: Vec::new(),
            attempts: Vec::new(),
            repeated: None,
            measured: None,
        }
    }
}

impl Verdict {
    /// Whether this verdict makes the run red.
    pub fn is_red(&self) -> bool {
        !(self.is_pass() || matches!(self, Verdict::Ignored { .. }))
    }

    /// Whether it is told as `ok` and counted as passed.
    pub fn is_pass(&self) -> bool {
        matches!(self, Verdict::Passed | Verdict::Flaky { red: false, .. } | Verdict::ExpectedFailure { .. })
    }
}
