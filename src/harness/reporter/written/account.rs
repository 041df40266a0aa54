//! What is kept of a run for reports that are written at its end.

use std::time::{Duration, SystemTime};

use crate::harness::again::Again;
use crate::harness::event::{Event, TrialInfo};
use crate::harness::history::record::History;
use crate::harness::outcome::{Outcome, Ran};
use crate::harness::registry::Kind;
use crate::harness::reporter::summary::Tally;
use crate::harness::target::Suite;

/// A run, as far as it was told of.
#[derive(Debug)]
pub struct Account {
    /// Which suite ran.
    pub suite: Suite,
    /// How its trials are run again.
    pub again: Again,
    /// What is known of them from earlier runs, where a report tells of it.
    pub history: History,
    /// When it began.
    pub began: SystemTime,
    /// The same on the monotonic clock, nanoseconds.
    pub began_ns: u64,
    /// Workers at most.
    pub workers: usize,
    /// Seed of a shuffled order.
    pub shuffle_seed: Option<u64>,
    /// How many trials ended in which way.
    pub tally: Tally,
    /// Each trial that was told of, in the order in which that happened.
    pub trials: Vec<Told>,
    /// What was said of the run as a whole.
    pub messages: Vec<Message>,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether it is green.
    pub success: bool,
}

/// A trial and what became of it.
#[derive(Debug)]
pub struct Told {
    /// Full name.
    pub name: String,
    /// Test or benchmark.
    pub kind: Kind,
    /// Source file.
    pub file: String,
    /// One-based line.
    pub line: u32,
    /// What became of it. Output is with those that failed, and with all where that is shown.
    pub outcome: Outcome,
}

/// Something that was said of the run as a whole.
#[derive(Debug)]
pub struct Message {
    /// Whether it made the run red.
    pub is_error: bool,
    /// What was said.
    pub text: String,
}

impl Account {
    /// Of a run that has not begun.
    pub fn new(suite: Suite, again: Again) -> Account {
        Account {
            suite,
            again,
            history: History::default(),
            began: SystemTime::now(),
            began_ns: 0,
            workers: 0,
            shuffle_seed: None,
            tally: Tally::default(),
            trials: Vec::new(),
            messages: Vec::new(),
            elapsed: Duration::ZERO,
            success: false,
        }
    }

    /// Notes what happened.
    pub fn note(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { planned, filtered_out, workers, shuffle_seed, now_ns } => {
                self.began = SystemTime::now();
                self.began_ns = *now_ns;
                self.workers = *workers;
                self.shuffle_seed = *shuffle_seed;
                self.tally.filtered_out = *filtered_out;
                self.trials.reserve(*planned);
            }
            Event::Finished { trial, outcome } => {
                self.tally.count(outcome);
                self.trials.push(Told::new(trial, outcome));
            }
            Event::Warning { message } => self.say(false, message),
            Event::RunError { message } => self.say(true, message),
            Event::RunFinished { elapsed, success } => {
                self.elapsed = *elapsed;
                self.success = *success;
            }
            Event::Busy { .. } | Event::Slow { .. } => {}
        }
    }

    fn say(&mut self, is_error: bool, text: &str) {
        self.messages.push(Message { is_error, text: text.to_owned() });
    }

    /// How long after the run's beginning an attempt began.
    pub fn since_start(&self, ran: &Ran) -> Duration {
        Duration::from_nanos(ran.started_ns.saturating_sub(self.began_ns))
    }
}

impl Told {
    fn new(trial: &TrialInfo<'_>, outcome: &Outcome) -> Told {
        Told {
            name: trial.name.to_owned(),
            kind: trial.kind,
            file: trial.file.to_owned(),
            line: trial.line,
            outcome: outcome.clone(),
        }
    }
}
