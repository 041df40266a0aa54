//! The one enum that reporters consume; nothing flows back from them.

use std::time::Duration;

use super::outcome::Outcome;
use super::registry::{Kind, ShouldPanic};

/// A trial as reporters see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrialInfo<'a> {
    /// Full name without the crate's root module: `math::adds`.
    pub name: &'a str,
    /// Test or benchmark.
    pub kind: Kind,
    /// Libtest says ` - should panic` behind the name of such a trial.
    pub should_panic: ShouldPanic,
    /// Source file.
    pub file: &'a str,
    /// One-based line.
    pub line: u32,
}

impl TrialInfo<'_> {
    /// Whether it is an integration test, as libtest has it: its source is below `tests/` rather than `src/`.
    pub fn is_integration(&self) -> bool {
        is_integration(self.file)
    }
}

/// Whether a source file belongs to an integration test: of the two, `tests` comes first in its path.
pub fn is_integration(file: &str) -> bool {
    file.split(['/', '\\']).find(|part| ["src", "tests"].contains(part)) == Some("tests")
}

/// What happens in a run, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// The plan is made; nothing has run yet.
    RunStarted {
        /// Trials that will be told of, ignored ones included.
        planned: usize,
        /// Trials that the filters left out.
        filtered_out: usize,
        /// Number of worker actors at most.
        workers: usize,
        /// Seed of a shuffled order.
        shuffle_seed: Option<u64>,
        /// When this is, nanoseconds on the monotonic clock.
        now_ns: u64,
    },
    /// An attempt was seen to run (told only where a live display wants it: `snapshot` of busy workers).
    Busy {
        /// One a busy worker: worker number, trial, elapsed, and whether it is slow by now.
        running: &'a [Running<'a>],
    },
    /// A trial runs longer than its slow mark (60 s unless set otherwise); told once a trial.
    Slow {
        /// Which.
        trial: TrialInfo<'a>,
        /// Its slow mark.
        mark: Duration,
        /// For how long by now.
        elapsed: Duration,
    },
    /// A trial has its outcome. Exactly one a planned trial.
    Finished {
        /// Which.
        trial: TrialInfo<'a>,
        /// What became of it.
        outcome: &'a Outcome,
    },
    /// Something about the run as a whole that a person should know; not a failure.
    Warning {
        /// One line.
        message: &'a str,
    },
    /// Something about the run as a whole that makes it red, whatever its trials say.
    RunError {
        /// One line.
        message: &'a str,
    },
    /// All is said.
    RunFinished {
        /// Wall time of the run.
        elapsed: Duration,
        /// Whether it is green.
        success: bool,
    },
}

/// One line of the live display.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Running<'a> {
    /// Worker number, from 0.
    pub worker: usize,
    /// What it runs.
    pub trial: TrialInfo<'a>,
    /// Since when.
    pub elapsed: Duration,
    /// Beyond the slow mark.
    pub slow: bool,
}
