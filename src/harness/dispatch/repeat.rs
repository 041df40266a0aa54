//! Trials that are run again and again: each takes as many places in the schedule as workers could run it at a time,
//! and a place that has been run takes its turn behind all others until there were enough. Each trial still ends in one
//! outcome, the sum of its repetitions.

use super::again::{attempt, expected};
use super::{Dispatch, Effect, Limits, Position, State};
use crate::harness::outcome::{Attempt, Outcome, Repeated, Verdict};

/// How many of the repetitions that failed are kept with their output, a trial.
const KEPT: usize = 20;

/// The repetitions of a run.
#[derive(Debug)]
pub(super) struct Repeat {
    count: u32,
    until_failure: bool,
    /// One has failed, and that was to be the end.
    ends: bool,
    trials: Vec<Tally>,
    /// When the last repetition at each position began.
    begun_ns: Vec<u64>,
}

/// What has come of one trial so far.
#[derive(Debug)]
struct Tally {
    /// Positions that are yet to be run, or run.
    alive: u32,
    sums: Repeated,
    /// What it comes to if nothing fails.
    green: Option<Verdict>,
    /// Why some of it was not run.
    lost: Option<Verdict>,
    /// Repetitions that failed, the first of them.
    attempts: Vec<Attempt>,
    /// What else the last repetition had to say.
    last: Outcome,
}

/// How many positions each trial gets.
pub(super) fn width(workers: usize, limits: &Limits) -> usize {
    workers.min(limits.repeat as usize).max(1)
}

impl Repeat {
    pub(super) fn new(trials: usize, width: usize, limits: &Limits) -> Option<Repeat> {
        let tally = || Tally {
            alive: width as u32,
            sums: Repeated { least_ns: u64::MAX, ..Repeated::default() },
            green: None,
            lost: None,
            attempts: Vec::new(),
            last: Outcome::of(Verdict::Passed),
        };
        (limits.repeat > 0).then(|| Repeat {
            count: limits.repeat,
            until_failure: limits.until_failure,
            ends: false,
            trials: (0..trials).map(|_| tally()).collect(),
            begun_ns: vec![0; trials * width],
        })
    }

    pub(super) fn begun_ns(&self, position: Position) -> u64 {
        self.begun_ns.get(position).copied().unwrap_or(0)
    }
}

impl Dispatch {
    pub(super) fn repetition_ended(
        &mut self,
        worker: usize,
        position: Position,
        outcome: Outcome,
        fresh: bool,
    ) {
        let (trial, duration_ns) = (self.trial_of(position), outcome.duration_ns);
        let outcome = match self.planned[trial].xfail {
            Some(reason) => expected(outcome, reason, fresh),
            None => outcome,
        };
        let Some(repeat) = &mut self.repeat else { return };
        let tally = &mut repeat.trials[trial];
        repeat.begun_ns[position] = outcome.ran.map_or(0, |ran| ran.started_ns);
        let failed = outcome.verdict.is_red();
        tally.add(outcome, fresh);
        let ends = failed && repeat.until_failure;
        if ends && !self.ending && !std::mem::replace(&mut repeat.ends, true) {
            self.effects.push(Effect::Enough("a repetition has failed".to_owned()));
        }
        // Each position that is left is run once more at least.
        if tally.sums.ran + tally.alive <= repeat.count && !ends && !self.ending {
            self.schedule.recur(worker, position, duration_ns);
            self.states[position] = State::Waiting;
            return;
        }
        self.schedule.finished(worker, position, duration_ns);
        self.position_over(position, None);
    }

    /// A position will not be run again; where that is not because its trial was run often enough, `lost` says why.
    pub(super) fn position_over(&mut self, position: Position, lost: Option<Verdict>) {
        self.states[position] = State::Done;
        let trial = self.trial_of(position);
        let Some(repeat) = &mut self.repeat else { return };
        let tally = &mut repeat.trials[trial];
        tally.alive -= 1;
        tally.lost = tally.lost.take().or(lost);
        if tally.alive == 0 {
            let outcome = tally.outcome(repeat.until_failure);
            self.effects.push(Effect::Outcome(trial, Box::new(outcome)));
        }
    }
}

impl Tally {
    fn add(&mut self, mut outcome: Outcome, fresh: bool) {
        let sums = &mut self.sums;
        sums.ran += 1;
        sums.least_ns = sums.least_ns.min(outcome.duration_ns);
        sums.most_ns = sums.most_ns.max(outcome.duration_ns);
        sums.total_ns = sums.total_ns.saturating_add(outcome.duration_ns);
        if !outcome.verdict.is_red() {
            if self.green.as_ref().is_none_or(|green| *green != Verdict::Passed) {
                self.green = Some(outcome.verdict.clone());
            }
            outcome.attempts = Vec::new();
            self.last = outcome;
            return;
        }
        sums.failed += 1;
        if self.attempts.len() < KEPT {
            self.attempts.push(attempt(outcome, sums.ran, fresh));
        }
    }

    fn outcome(&mut self, until_failure: bool) -> Outcome {
        let Repeated { ran, failed, total_ns, .. } = self.sums;
        let verdict = match (failed, self.green.take(), self.lost.take()) {
            (0, Some(green), None) => green,
            (0, Some(green), Some(Verdict::Cancelled { .. })) if until_failure => green,
            (0, Some(_), Some(Verdict::Cancelled { reason })) => {
                Verdict::Cancelled { reason: format!("{reason}; none of {ran} repetitions failed") }
            }
            (0, _, Some(lost)) => lost,
            (0, None, None) => Verdict::NotRun { reason: "no repetition was run".to_owned() },
            (1.., _, _) => {
                let kept = self.attempts.len() as u32;
                let shown =
                    if kept < failed { format!("; the first {kept} are shown") } else { String::new() };
                Verdict::Failed { message: format!("{failed} of {ran} repetitions failed{shown}") }
            }
        };
        let last = std::mem::replace(&mut self.last, Outcome::of(Verdict::Passed));
        Outcome {
            verdict,
            duration_ns: total_ns / u64::from(ran.max(1)),
            attempts: std::mem::take(&mut self.attempts),
            repeated: (ran > 0).then(|| Box::new(self.sums)),
            ..last
        }
    }
}
