//! All that a run is made of, as its arbiter is given it, and how it ended.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::time::Duration;

use super::bisect::drive::one_of_a_row;
use super::cli::Options;
use super::dispatch::{Limits, Planned};
use super::event::{Event, TrialInfo};
use super::history::chronicle::Chronicle;
use super::history::record::History;
use super::outcome::{Outcome, Verdict};
use super::reporter::Reporter;
use super::schedule::Arrangement;
use super::schedule::order::{Clue, order};
use super::trial::Ruled;
use super::worker::message::Setup;
use crate::app::notice::say;
use crate::app::quantity::format_duration;
use crate::sys::load::available_bytes;

/// One planned trial with all that the arbiter needs to send it out and to tell of it.
#[derive(Debug, Clone, Copy)]
pub struct Seat {
    /// Where it is found in this binary's registry, in whatever process it runs.
    pub address: (u32, Option<&'static str>),
    /// How reporters see it.
    pub info: TrialInfo<'static>,
    /// What `--ensure-time` allows it to take.
    pub time_limit: Option<Duration>,
    /// What the settings file says of it that its worker has to know.
    pub ruled: Ruled,
}

/// All that a run is made of.
pub struct Run {
    /// What will run, in plan order.
    pub seats: Vec<Seat>,
    /// The same trials as the dispatch sees them.
    pub planned: Vec<Planned>,
    /// In which order they are handed out, and how many of each group at once.
    pub arrangement: Arrangement,
    /// Trials whose outcome is known without a worker, in plan order.
    pub settled: VecDeque<Settled>,
    /// What is wrong with the run from its beginning on.
    pub complaint: Option<String>,
    /// How many the filters left out.
    pub filtered_out: usize,
    /// Workers at most.
    pub workers: usize,
    /// Seed of a shuffled order.
    pub shuffle_seed: Option<u64>,
    /// Grace, and what else holds for all.
    pub limits: Limits,
    /// A worker process that holds more memory than this, in bytes, is replaced.
    pub worker_memory: Option<u64>,
    /// What every worker is started with.
    pub setup: Setup,
    /// Whether the output of trials in worker processes is captured.
    pub capture: bool,
    /// How what is measured is run.
    pub measuring: Measuring,
    /// What is noted for later runs, where anything is.
    pub chronicle: Option<Chronicle>,
    /// How long all of it may take.
    pub time_limit: Option<Duration>,
    /// How many trials may fail before the run ends.
    pub max_fail: Option<u32>,
    /// Where events go.
    pub reporter: Box<dyn Reporter + Send>,
}

/// A process that measures may hold so many bytes at most, and half of what is free, where nobody says how many: enough for
/// what most people measure, and so little that one which grows without bound ends before the machine is in trouble.
const MEASURING_HOLDS_MOST: u64 = 4 << 30;

/// How benchmarks are run that are measured: each in a worker process of its own.
#[derive(Debug, Clone, Default)]
pub struct Measuring {
    /// What their processes are given as arguments: those of Criterion's own command line.
    pub arguments: Vec<OsString>,
    /// What all workers of a run with benchmarks have in their environment.
    pub environment: Vec<(OsString, OsString)>,
    /// How many bytes such a process may hold; 0 where there is no limit.
    pub memory_most: u64,
}

impl Measuring {
    /// What the options say of it.
    pub fn of(options: &Options) -> Measuring {
        let arguments = match options.measure_benches {
            true => {
                [OsString::from("--bench")].into_iter().chain(options.of_criterion.iter().cloned()).collect()
            }
            false => Vec::new(),
        };
        let most = options
            .worker_memory
            .or_else(|| available_bytes().map(|available| (available / 2).min(MEASURING_HOLDS_MOST)));
        Measuring {
            arguments,
            environment: Vec::new(),
            memory_most: if options.measure_benches { most.unwrap_or(0) } else { 0 },
        }
    }
}

/// One trial whose outcome is known from the beginning on: it is ignored, or could not be made.
#[derive(Debug, Clone)]
pub struct Settled {
    /// How many trials that run come before it in the plan.
    pub after: usize,
    /// How reporters see it.
    pub info: TrialInfo<'static>,
    /// What is told of it.
    pub verdict: Verdict,
}

impl Seat {
    /// Makes a trial fail that took longer than `--ensure-time` allows.
    pub(super) fn hold_to_time(&self, outcome: &mut Outcome) {
        let took = Duration::from_nanos(outcome.duration_ns);
        if let Some(limit) = self.time_limit
            && took > limit
            && matches!(outcome.verdict, Verdict::Passed | Verdict::Flaky { red: false, .. })
        {
            let (took, limit) = (format_duration(took), format_duration(limit));
            let message = format!("time limit exceeded: it took {took}, and --ensure-time allows {limit}");
            outcome.verdict = Verdict::Failed { message };
        }
    }
}

impl Run {
    /// Whether it fails whatever its trials do.
    pub(super) fn is_red_already(&self) -> bool {
        self.settled.iter().any(|settled| settled.verdict.is_red())
    }

    /// Tells of the settled trials that come before the trial at this position, where that is still to be done: with
    /// one worker everything is told in the order of the plan.
    pub(super) fn tell_settled(&mut self, position: usize) {
        while let Some(settled) = self.settled.pop_front_if(|settled| settled.after <= position) {
            let Settled { info: trial, verdict, .. } = settled;
            let outcome = Outcome::of(verdict);
            self.reporter.event(&Event::Finished { trial, outcome: &outcome });
        }
    }

    /// Has these trials run in this order, one at a time and once, in one worker.
    pub(super) fn put_in_order(&mut self, names: &[String]) {
        let place = |name: &String| self.seats.iter().position(|seat| seat.info.name == name);
        let order: Vec<usize> = names.iter().filter_map(place).collect();
        let row = |at: &usize| one_of_a_row(&self.planned[*at], self.planned[*at].item.isolation);
        let planned = order.iter().map(row).collect();
        self.seats = order.iter().map(|at| self.seats[*at]).collect();
        self.planned = planned;
        self.workers = 1;
    }

    /// Says which trials start first, by what earlier runs have left to know of them, where that is wanted.
    pub(super) fn arrange(&mut self, options: &Options, history: &History) {
        // One worker takes as long in any order, and those who ask for one mostly ask for the order of the plan, too.
        let wanted = options.longest_first.unwrap_or(self.workers > 1) && self.shuffle_seed.is_none();
        if !wanted || history.records().is_empty() {
            return;
        }
        let clue = |(seat, planned): (&Seat, &Planned)| Clue {
            failed: history.failed_last(seat.info.name),
            duration_ns: history.duration_ns(seat.info.name).unwrap_or(0),
            group: planned.item.group,
        };
        let clues: Vec<Clue> = self.seats.iter().zip(&self.planned).map(clue).collect();
        self.arrangement.order = order(&clues, &self.arrangement.limits);
    }

    /// Adds what was noted to the history of earlier runs. Where that cannot be done a line says so, and nothing else comes
    /// of it.
    pub(super) fn keep_history(&mut self) {
        if let Some(chronicle) = self.chronicle.take()
            && let Err(error) = chronicle.keep(|position| self.seats[position].info.name)
        {
            say(format_args!("warning: {error}"));
        }
    }

    /// Tells the end of the run; false where that could not be told, which is then on stderr.
    pub(super) fn tell_end(&mut self, elapsed: Duration, success: bool) -> bool {
        self.reporter.event(&Event::RunFinished { elapsed, success });
        self.reporter.flush();
        if let Some(trouble) = self.reporter.trouble() {
            say(format_args!("error: {trouble}"));
            return false;
        }
        true
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    /// Nothing went wrong.
    Green,
    /// Something did.
    Red,
    /// The user ended it.
    Interrupted,
}
