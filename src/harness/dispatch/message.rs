//! What goes into the course of a run and what comes out of it.

use crate::harness::outcome::{Death, Outcome, Output};
use crate::harness::registry::{Isolation, Retries};
use crate::harness::schedule::growth::Load;
use crate::harness::schedule::{Item, Position};

/// One planned trial, as far as the course of the run depends on it.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its name, for notes that name it.
    pub name: &'static str,
    /// Isolation and group.
    pub item: Item,
    /// How long an attempt may take, milliseconds.
    pub limit_ms: u64,
    /// After how long it is called slow, milliseconds.
    pub slow_ms: u64,
    /// How often it is tried again when it fails.
    pub retries: Retries,
    /// Why it is expected to fail, where it is.
    pub xfail: Option<&'static str>,
}

impl Planned {
    /// Whether it is run once, and what comes of that is its outcome.
    pub fn is_plain(&self) -> bool {
        self.retries.count == 0 && self.xfail.is_none()
    }
}

/// What holds for the whole run; times in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// Between SIGTERM and SIGKILL.
    pub grace_ms: u64,
    /// After how many trials a worker process is replaced; never where this is 0.
    pub recycle_after: u32,
    /// Whether a trial that passed only after it had failed makes the run red.
    pub flaky_red: bool,
    /// How often each trial is to be run, at most; once, and no word of it, where this is 0.
    pub repeat: u32,
    /// Whether the first repetition that fails ends the run.
    pub until_failure: bool,
}

/// Which worker a message is from: its place in the pool, and how many were at that place before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Place in the pool, from 0.
    pub worker: usize,
    /// Counts the workers started at this place, from 1.
    pub generation: u32,
}

/// What a worker runs at this moment, as its shared page tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Current {
    /// Which trial.
    pub position: Position,
    /// When it began, on the monotonic clock.
    pub started_ns: u64,
}

/// What can happen in a run.
#[derive(Debug)]
pub enum Input {
    /// A worker has shaken hands.
    Ready(Source),
    /// A worker could not be started.
    StartFailed(Source, String),
    /// A trial ran to its end.
    Finished(Source, Position, Box<Outcome>),
    /// A worker hands back trials it had not started, because it was asked to.
    TakenBack(Source, Vec<Position>),
    /// A worker is about to leave by itself (its trial left something behind), with these not started.
    Leaving(Source, Vec<Position>),
    /// A worker is gone. All it had sent was received before.
    Ended(Source, Ended),
    /// Time passed: a look at every worker's page, in order.
    Pulse {
        /// Now, on the monotonic clock.
        now_ns: u64,
        /// What each worker runs; indexed by worker.
        current: Vec<Option<Current>>,
    },
    /// The grace of the trial that this worker is to end begins at this time, on the monotonic clock: until then it is seen what it hangs in.
    Grace(Source, u64),
    /// The user wants the run to end.
    Interrupted(String),
    /// A worker holds more memory than it may, in bytes.
    Swollen(Source, u64),
    /// What the processors did while all workers were at work.
    Load(Load),
}

/// What is known of a worker that is gone.
#[derive(Debug)]
pub struct Ended {
    /// How its process ended; `None` for a clean stop.
    pub death: Option<Death>,
    /// What the actor layer knows of it; may be empty.
    pub detail: String,
    /// What its page said last.
    pub current: Option<Current>,
    /// What its trial had written.
    pub output: Output,
    /// When the end was noticed, on the monotonic clock.
    pub now_ns: u64,
}

/// What the arbiter has to do.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// End a trial that is over its time, which its worker has forked: politely, or so that nobody survives it.
    EndTrial {
        /// The worker.
        to: Source,
        /// The trial; where another one runs by now nothing happens.
        position: Position,
        /// Whether by SIGKILL.
        hard: bool,
    },
    /// Start a worker of this isolation at this place.
    Start(Source, Isolation),
    /// Put these trials into its mailbox, in this order.
    Send(Source, Vec<Position>),
    /// Ask for these back; it answers with those that it had not started.
    TakeBack(Source, Vec<Position>),
    /// SIGTERM, or SIGKILL if `hard`, to its process group.
    Signal {
        /// To whom.
        to: Source,
        /// SIGKILL.
        hard: bool,
    },
    /// Its thread cannot be stopped: let go of it.
    Abandon(Source),
    /// Let it stop in good order.
    Retire(Source),
    /// A planned trial has its outcome.
    Outcome(Position, Box<Outcome>),
    /// A trial runs longer than the slow mark.
    Slow(Position, u64),
    /// The run goes on, but a person should know.
    Warning(String),
    /// The run is red whatever its trials say.
    RunError {
        /// What happened, as the start of a sentence.
        message: String,
        /// The trial that ran last where it happened.
        after: Option<Position>,
    },
    /// End the run: what it was to find out is known.
    Enough(String),
    /// Every trial has its outcome and every worker is gone.
    Done,
}
