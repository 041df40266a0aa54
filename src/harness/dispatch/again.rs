//! Trials that failed and are tried again, and what becomes of all their attempts in the end.
//!
//! A retry gets a worker that has run nothing, so that what depends on the trials before it shows. While one is due and
//! no such worker is there or about to be, one that is at work makes way: it gets no more trials, ends, and a new one
//! takes its place. A fork is new anyway; a thread shares its process with all others, and that is told.

use super::slot::Slot;
use super::{Current, Dispatch, Effect, Isolation, Phase, Planned, Position, State};
use crate::harness::outcome::{Attempt, Outcome, Verdict};

/// A trial that has failed, and has no outcome yet.
#[derive(Debug)]
pub(super) struct Again {
    position: Position,
    attempts: Vec<Attempt>,
    /// When the next attempt may begin; none until a pulse has seen what time it is.
    due_ns: Option<u64>,
    /// When the last attempt began: what a page tells of that one is not news of the next.
    begun_ns: u64,
}

impl Dispatch {
    /// An attempt has ended: that is the trial's outcome, or it is to be run again.
    pub(super) fn attempt_ended(&mut self, worker: usize, position: Position, outcome: Outcome) {
        let fresh = self.slots[worker].is_fresh();
        if self.repeat.is_some() {
            return self.repetition_ended(worker, position, outcome, fresh);
        }
        let before = self.slots[worker].last;
        if self.is_tried_again(position, &outcome.verdict) {
            self.schedule.put_off(worker, position, Some(outcome.duration_ns));
            self.put_off(position, outcome, fresh, before);
            return;
        }
        self.schedule.finished(worker, position, outcome.duration_ns);
        let outcome = match self.planned[position].xfail {
            Some(reason) => expected(outcome, reason, fresh),
            None => outcome,
        };
        let outcome = self.with_note(position, outcome, fresh);
        self.conclude(position, outcome);
    }

    fn is_tried_again(&self, position: Position, verdict: &Verdict) -> bool {
        let planned = &self.planned[position];
        planned.retries.count > 0
            && planned.xfail.is_none()
            && !self.ending
            && is_failure(verdict)
            && self.failed_before(position).len() < planned.retries.count as usize
    }

    fn failed_before(&self, position: Position) -> &[Attempt] {
        self.again.iter().find(|again| again.position == position).map_or(&[], |again| &again.attempts)
    }

    fn put_off(&mut self, position: Position, outcome: Outcome, fresh: bool, before: Option<Position>) {
        self.states[position] = State::Off;
        let at = self.again.iter().position(|again| again.position == position).unwrap_or_else(|| {
            self.again.push(Again { position, attempts: Vec::new(), due_ns: None, begun_ns: 0 });
            self.again.len() - 1
        });
        let again = &mut self.again[at];
        let number = again.attempts.len() as u32 + 1;
        again.begun_ns = outcome.ran.map_or(0, |ran| ran.started_ns);
        let mut attempt = attempt(outcome, number, fresh);
        if let Some(before) = before.filter(|_| !fresh) {
            attempt
                .notes
                .push(format!("the trial before it in its worker was {}", self.planned[before].name));
        }
        again.attempts.push(attempt);
        again.due_ns = (self.planned[position].retries.pause_ms(number) == 0).then_some(0);
    }

    /// A worker did not begin this retry after all: it is due at once.
    pub(super) fn put_back(&mut self, worker: usize, position: Position) -> bool {
        let Some(again) = self.again.iter_mut().find(|again| again.position == position) else {
            return false;
        };
        again.due_ns = Some(0);
        self.schedule.put_off(worker, position, None);
        self.states[position] = State::Off;
        true
    }

    /// Whether a page still tells of the attempt, or repetition, before the one that is on its way.
    pub(super) fn is_old(&self, current: Current) -> bool {
        let Current { position, started_ns } = current;
        let begun_ns = match &self.repeat {
            Some(repeat) => repeat.begun_ns(position),
            None => match self.again.iter().find(|again| again.position == position) {
                Some(again) => again.begun_ns,
                None => return false,
            },
        };
        begun_ns > 0 && started_ns <= begun_ns
    }

    /// Whether this trial was signalled because it is over its time.
    #[cfg(test)]
    pub(super) fn is_ended_for_its_time(&self, worker: usize, position: Position) -> bool {
        matches!(self.slots[worker].phase, Phase::Killing { position: doomed, .. } if doomed == position)
    }

    /// Retries that may begin, in the order in which they failed.
    fn due(&self) -> impl Iterator<Item = (Position, Isolation)> {
        let is_due = |again: &&Again| {
            self.states[again.position] == State::Off
                && again.due_ns.is_some_and(|due_ns| due_ns <= self.now_ns)
                && self.schedule.could_take(again.position)
        };
        self.again.iter().filter(is_due).map(|again| {
            let isolation = self.planned[again.position].item.isolation;
            (again.position, isolation)
        })
    }

    /// Time has passed: the pauses of some may be over.
    pub(super) fn look_at_pauses(&mut self) {
        if self.again.is_empty() {
            return;
        }
        for again in &mut self.again {
            if again.due_ns.is_none() {
                let pause_ms = self.planned[again.position].retries.pause_ms(again.attempts.len() as u32);
                again.due_ns = Some(self.now_ns.saturating_add(pause_ms.saturating_mul(1_000_000)));
            }
        }
        self.make_way();
        self.fill_all();
    }

    /// The retry that this worker, which is at work, is to be given now.
    pub(super) fn again_for(&mut self, worker: usize) -> Option<Position> {
        let slot = &self.slots[worker];
        let is_process = slot.isolation.is_some_and(Isolation::is_worker_process);
        if self.again.is_empty() || !slot.held.is_empty() || (is_process && !slot.is_untouched()) {
            return None;
        }
        let own = slot.isolation;
        let (position, _) = self.due().find(|(_, isolation)| Some(*isolation) == own)?;
        self.schedule.take(worker, position).then_some(position)
    }

    /// Whether this worker gets nothing else before it: a fork or a thread of it may be a retry's when it holds nothing.
    pub(super) fn saves_itself(&self, worker: usize) -> bool {
        let slot = &self.slots[worker];
        let own = slot.isolation.filter(|own| !own.is_worker_process() && !self.again.is_empty());
        slot.yields || (!slot.held.is_empty() && own.is_some_and(|own| self.due().any(|(_, due)| due == own)))
    }

    /// The isolation of a worker that is to be started for a retry, beside those that are there for one already.
    pub(super) fn wanted_again(&self) -> Option<Isolation> {
        self.unserved().next()
    }

    /// Retries that are due, and have no worker that could take them on now or when it has started.
    fn unserved(&self) -> impl Iterator<Item = Isolation> {
        let is_ready = |slot: &&Slot| {
            slot.phase == Phase::Starting
                || slot.is_untouched()
                || (slot.phase == Phase::Up
                    && !slot.isolation.is_some_and(Isolation::is_worker_process)
                    && !slot.yields)
        };
        let mut ready: Vec<_> = match self.again.is_empty() {
            true => Vec::new(),
            false => self.slots.iter().filter(is_ready).filter_map(|slot| slot.isolation).collect(),
        };
        self.due().map(|(_, isolation)| isolation).filter(move |isolation| {
            let found = ready.iter().position(|own| own == isolation);
            found.map(|at| ready.swap_remove(at)).is_none()
        })
    }

    /// Sees to it that each retry that is due has a place for its worker: one that is free already, that of a worker
    /// without a trial, or that of one at work when it is through with it.
    pub(super) fn make_way(&mut self) {
        if self.again.is_empty() || self.ending {
            return;
        }
        let free = |slot: &&Slot| !matches!(slot.phase, Phase::Up | Phase::Starting | Phase::Broken);
        let free = self.slots.iter().filter(free).count();
        let mut missing = self.unserved().count().saturating_sub(free);
        for worker in 0..self.slots.len() {
            let slot = &self.slots[worker];
            if missing == 0 || slot.phase != Phase::Up || !slot.held.is_empty() || self.is_for_a_retry(slot) {
                continue;
            }
            self.effects.push(Effect::Retire(slot.source));
            self.slots[worker].phase = Phase::Retired;
            missing -= 1;
        }
        let at_work = |slot: &Slot| slot.phase == Phase::Up && !slot.held.is_empty();
        let mut yielding = 0;
        for slot in self.slots.iter_mut().filter(|slot| at_work(slot) && slot.yields) {
            slot.yields = yielding < missing;
            yielding += usize::from(slot.yields);
        }
        for _ in yielding..missing {
            let others = self.slots.iter_mut().filter(|slot| at_work(slot) && !slot.yields);
            let Some(slot) = others.min_by_key(|slot| slot.held.len()) else { return };
            slot.yields = true;
            let behind: Vec<Position> = slot.held.iter().skip(1).copied().collect();
            if !behind.is_empty() && !slot.asked_back {
                slot.asked_back = true;
                self.effects.push(Effect::TakeBack(slot.source, behind));
            }
        }
    }

    /// Whether a worker that holds nothing could be given a retry that is due.
    fn is_for_a_retry(&self, slot: &Slot) -> bool {
        let fits = !slot.isolation.is_some_and(Isolation::is_worker_process) || slot.is_untouched();
        fits && self.due().any(|(_, isolation)| Some(isolation) == slot.isolation)
    }

    /// Nobody will try again what waits for it.
    pub(super) fn give_up_again(&mut self, why: &Verdict) {
        let waits = |again: &Again| self.states[again.position] == State::Off;
        let waiting: Vec<Position> =
            self.again.iter().filter(|again| waits(again)).map(|again| again.position).collect();
        for position in waiting {
            self.schedule.give_up(position);
            self.conclude(position, Outcome::of(why.clone()));
        }
    }

    /// Says of a trial that passed in a new worker, and had failed in a used one, what that may mean.
    fn with_note(&self, position: Position, mut outcome: Outcome, fresh: bool) -> Outcome {
        let before = self.failed_before(position);
        if before.is_empty() {
            return outcome;
        }
        let Planned { name, item, .. } = &self.planned[position];
        if item.isolation == Isolation::Thread {
            outcome.notes.push(
                "with thread isolation a retry runs in the same process: what earlier trials left is still there"
                    .to_owned(),
            );
        } else if outcome.verdict == Verdict::Passed && fresh && before.iter().all(|attempt| !attempt.fresh) {
            outcome.notes.push(format!(
                "it failed in a worker that had run other trials, and passed in a new one: it may depend on what runs \
                 before it; `--bisect {name}` finds out"
            ));
        }
        outcome
    }

    /// The outcome of a trial with all attempts that were made at it.
    pub(super) fn with_attempts(&mut self, position: Position, mut outcome: Outcome) -> Outcome {
        let Some(at) = self.again.iter().position(|again| again.position == position) else { return outcome };
        let mut attempts = self.again.remove(at).attempts;
        let lost = match &outcome.verdict {
            Verdict::Ignored { reason } => Some(("was skipped", reason)),
            Verdict::NotRun { reason } => Some(("could not be run", reason)),
            Verdict::Cancelled { reason } => Some(("was cancelled", reason)),
            _ => None,
        };
        if let (Some((what, reason)), Some(last)) = (lost, attempts.last()) {
            let note = format!("attempt {} {what}: {reason}", last.number + 1);
            // It has failed, and nobody saw it pass.
            let Attempt { verdict, ran, duration_ns, output, mut notes, .. } =
                attempts.pop().expect("there is a last one");
            notes.push(note);
            return Outcome {
                verdict,
                ran,
                duration_ns,
                output,
                notes,
                attempts,
                repeated: None,
                measured: None,
            };
        }
        if outcome.verdict == Verdict::Passed {
            let attempt = attempts.len() as u32 + 1;
            outcome.verdict = Verdict::Flaky { attempt, red: self.limits.flaky_red };
        }
        outcome.attempts = attempts;
        outcome
    }
}

/// Whether this is how a trial fails, rather than how it does not get to run.
fn is_failure(verdict: &Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Failed { .. } | Verdict::Leaked { .. } | Verdict::TimedOut { .. } | Verdict::Crashed { .. }
    )
}

/// One of several attempts.
pub(super) fn attempt(outcome: Outcome, number: u32, fresh: bool) -> Attempt {
    let Outcome { verdict, ran, duration_ns, output, notes, .. } = outcome;
    Attempt { number, verdict, ran, duration_ns, output, notes, fresh }
}

/// What an attempt means of a trial that is expected to fail.
pub fn expected(outcome: Outcome, reason: &str, fresh: bool) -> Outcome {
    let reason = reason.to_owned();
    match &outcome.verdict {
        Verdict::Passed => Outcome { verdict: Verdict::UnexpectedPass { reason }, ..outcome },
        verdict if is_failure(verdict) => Outcome {
            ran: outcome.ran,
            duration_ns: outcome.duration_ns,
            attempts: vec![attempt(outcome, 1, fresh)],
            ..Outcome::of(Verdict::ExpectedFailure { reason })
        },
        _ => outcome,
    }
}
