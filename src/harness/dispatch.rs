//! The course of a run as a pure state machine: what comes in is an [`Input`], what is to be done is an [`Effect`].
//!
//! No clock, no thread, no I/O and no async here: the arbiter actor (`arbiter.rs`) turns mailbox messages into inputs
//! and carries the effects out. The promise kept here is the harness's first one: each planned trial ends in exactly
//! one outcome, whatever dies, and the blame is the right trial's.

mod again;
mod death;
mod grow;
mod message;
mod repeat;
mod slot;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_again;
#[cfg(test)]
mod walk;

use super::outcome::{Death, Outcome, Ran, Verdict};
use super::registry::Isolation;
use super::schedule::growth::Growth;
use super::schedule::{Arrangement, Position, SHORT_NS, Schedule};
use again::Again;
use repeat::Repeat;
use slot::{Phase, Slot};

pub use again::expected;
pub use message::{Current, Effect, Ended, Input, Limits, Planned, Source};

/// How often a worker may fail to start, or die without having begun a trial, before the harness gives up on it.
const PATIENCE: u32 = 3;

/// How long a fork server gets to kill a fork of its own before it is killed itself, nanoseconds.
const LAST_GRACE_NS: u64 = 5_000_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Held(Source),
    /// It failed, and waits to be tried again.
    Off,
    Done,
}

/// The state of a run.
#[derive(Debug)]
pub struct Dispatch {
    planned: Vec<Planned>,
    limits: Limits,
    schedule: Schedule,
    /// Where there are to be more workers as long as the processors are idle.
    growth: Option<Growth>,
    states: Vec<State>,
    slots: Vec<Slot>,
    again: Vec<Again>,
    repeat: Option<Repeat>,
    effects: Vec<Effect>,
    ending: bool,
    done: bool,
    now_ns: u64,
}

impl Dispatch {
    /// A run of these trials over at most so many workers, of which no more are used than there are trials.
    pub fn new(planned: Vec<Planned>, workers: usize, limits: Limits) -> Dispatch {
        Dispatch::arranged(planned, workers, &Arrangement::default(), limits)
    }

    /// The same, with the trials handed out in another way than as they come.
    pub fn arranged(planned: Vec<Planned>, workers: usize, how: &Arrangement, limits: Limits) -> Dispatch {
        let width = repeat::width(workers, &limits);
        let positions = planned.len() * width;
        let workers = workers.min(positions).max(1);
        let items = planned.iter().map(|trial| trial.item).cycle().take(positions).collect();
        let mut schedule = Schedule::arranged(items, workers, how);
        let growth = how.least.map(|least| Growth::new(least.min(workers), workers));
        if let Some(least) = how.least {
            schedule.resize(least.min(workers));
        }
        Dispatch {
            states: vec![State::Waiting; positions],
            repeat: Repeat::new(planned.len(), width, &limits),
            again: Vec::new(),
            slots: (0..workers).map(Slot::new).collect(),
            planned,
            limits,
            schedule,
            growth,
            effects: Vec::new(),
            ending: false,
            done: false,
            now_ns: 0,
        }
    }

    /// How many workers this run uses at most.
    pub fn workers(&self) -> usize {
        self.slots.len()
    }

    /// How long every worker can do without the arbiter, nanoseconds: what their mailboxes hold lasts longer.
    /// None where a worker is a thread: its reports come as they are sent, and there is nothing to gather.
    pub fn slack_ns(&self) -> u64 {
        let is_thread = |slot: &Slot| slot.isolation == Some(Isolation::Thread);
        if self.ending || self.slots.iter().any(is_thread) { 0 } else { self.schedule.stock_ns() / 4 }
    }

    /// The first effects: workers to be started.
    pub fn begin(&mut self) -> Vec<Effect> {
        self.fill_all();
        self.finish_if_done();
        std::mem::take(&mut self.effects)
    }

    /// Takes in what happened and says what to do about it.
    pub fn receive(&mut self, input: Input) -> Vec<Effect> {
        match input {
            Input::Ready(source) => self.ready(source),
            Input::StartFailed(source, why) => self.start_failed(source, why),
            Input::Finished(source, position, outcome) => self.finished(source, position, *outcome),
            Input::TakenBack(source, positions) => self.taken_back(source, &positions),
            Input::Leaving(source, positions) => {
                if let Some(slot) = self.live(source) {
                    slot.phase = Phase::Leaving;
                    self.effects.push(Effect::Retire(source));
                }
                self.taken_back(source, &positions);
            }
            Input::Ended(source, ended) => self.ended(source, ended),
            Input::Grace(source, from_ns) => {
                if let Some(slot) = self.live(source)
                    && let Phase::Killing { since_ns, hard: false, .. } = &mut slot.phase
                {
                    *since_ns = from_ns;
                }
            }
            Input::Pulse { now_ns, current } => self.pulse(now_ns, &current),
            Input::Interrupted(why) => self.interrupted(&why),
            Input::Load(load) => self.grow(&load),
            Input::Swollen(source, bytes) => self.replace(source, bytes),
        }
        self.finish_if_done();
        std::mem::take(&mut self.effects)
    }

    /// The trial at a position: each has several where it is repeated.
    pub fn trial_of(&self, position: Position) -> usize {
        position % self.planned.len()
    }

    /// Whether this worker runs this trial, as far as was heard of it. Its page may be ahead of that by trials whose ends are
    /// on their way, and behind by one: whoever is told of what the page has is told in the order of the trials if it is this.
    pub fn runs(&self, source: Source, position: Position) -> bool {
        let slot = self.slots.get(source.worker).filter(|slot| slot.source == source);
        slot.is_some_and(|slot| slot.held.front() == Some(&position))
    }

    fn limit_ms(&self, position: Position) -> u64 {
        self.planned[self.trial_of(position)].limit_ms
    }

    fn slow_ms(&self, position: Position) -> u64 {
        self.planned[self.trial_of(position)].slow_ms
    }

    /// The slot this message is about, unless a later worker has taken its place.
    fn live(&mut self, source: Source) -> Option<&mut Slot> {
        self.slots.get_mut(source.worker).filter(|slot| slot.source == source)
    }

    fn ready(&mut self, source: Source) {
        let Some(slot) = self.live(source) else { return };
        match slot.phase {
            Phase::Starting => {
                slot.phase = Phase::Up;
                self.fill(source.worker);
            }
            // The run ended while it was being started: nobody was there yet to hear it.
            Phase::Interrupted => self.effects.push(Effect::Signal { to: source, hard: true }),
            Phase::Retired => self.effects.push(Effect::Retire(source)),
            _ => {}
        }
    }

    fn finished(&mut self, source: Source, position: Position, mut outcome: Outcome) {
        if self.states.get(position) != Some(&State::Held(source)) {
            return; // It was given up before: a stuck thread that came back, or a worker's garbage.
        }
        let limit_ms = self.limit_ms(position);
        if outcome.duration_ns > limit_ms.saturating_mul(1_000_000) {
            outcome.verdict = Verdict::TimedOut { limit_ms, stuck: false };
        }
        self.attempt_ended(source.worker, position, outcome);
        let recycle_after = self.limits.recycle_after;
        if let Some(slot) = self.live(source) {
            slot.failures = 0;
            slot.let_go(position);
            slot.has_run(position, recycle_after);
            if let Phase::Killing { position: doomed, .. } = slot.phase
                && doomed == position
            {
                // The signal is on its way; what comes next must not go there. One to a fork never reaches another.
                let alone = slot.isolation.is_some_and(Isolation::is_forked);
                slot.phase = if alone { Phase::Up } else { Phase::Doomed };
            }
        }
        self.make_way();
        self.fill(source.worker);
        self.fill_idle();
    }

    fn taken_back(&mut self, source: Source, positions: &[Position]) {
        let held: Vec<Position> =
            positions.iter().copied().filter(|&p| self.states.get(p) == Some(&State::Held(source))).collect();
        self.give_back(source.worker, &held);
        if let Some(slot) = self.live(source) {
            slot.asked_back = false;
        }
        self.fill_all();
    }

    fn give_back(&mut self, worker: usize, positions: &[Position]) {
        let mut plain = Vec::with_capacity(positions.len());
        for &position in positions {
            self.slots[worker].let_go(position);
            if !self.put_back(worker, position) {
                self.states[position] = State::Waiting;
                plain.push(position);
            }
        }
        self.schedule.give_back(worker, &plain);
    }

    fn ended(&mut self, source: Source, ended: Ended) {
        self.now_ns = self.now_ns.max(ended.now_ns);
        let Some(slot) = self.live(source) else { return };
        let phase = std::mem::replace(&mut slot.phase, Phase::Empty);
        let last = slot.last;
        let ended = self.laid_to_the_first(source, ended);
        let running = ended.current.filter(|current| !self.is_old(*current)).map(|current| current.position);
        let running = running.filter(|&position| self.states.get(position) == Some(&State::Held(source)));
        match (running, phase) {
            (Some(position), Phase::Killing { position: doomed, .. }) if doomed == position => {
                let verdict = Verdict::TimedOut { limit_ms: self.limit_ms(position), stuck: false };
                self.conclude_running(source, position, verdict, ended);
            }
            // Our own signal, meant for the trial before it: this one is innocent and runs again elsewhere.
            (Some(_), Phase::Doomed) => {}
            (Some(position), _) => {
                let death = ended.death.unwrap_or(Death::Exited { code: 0 });
                let verdict = Verdict::Crashed { death, message: ended.detail.clone() };
                self.conclude_running(source, position, verdict, ended);
            }
            (None, Phase::Leaving | Phase::Retired) if ended.death.is_none() => {}
            (None, Phase::Leaving | Phase::Doomed | Phase::Killing { .. }) => {} // Signalled for a trial that ended just before.
            (None, Phase::Interrupted) => {}
            (None, _) => self.ended_between_trials(source, last, &ended),
        }
        let rest: Vec<Position> = self.slots[source.worker].held.iter().copied().collect();
        self.give_back(source.worker, &rest);
        self.make_way();
        self.fill_all();
    }

    fn conclude(&mut self, position: Position, outcome: Outcome) {
        debug_assert!(self.states[position] != State::Done, "trial {position} ends twice");
        if self.repeat.is_some() {
            return self.position_over(position, Some(outcome.verdict));
        }
        self.states[position] = State::Done;
        let outcome = if self.again.is_empty() { outcome } else { self.with_attempts(position, outcome) };
        self.effects.push(Effect::Outcome(position, Box::new(outcome)));
    }

    fn pulse(&mut self, now_ns: u64, current: &[Option<Current>]) {
        self.now_ns = self.now_ns.max(now_ns);
        for worker in 0..self.slots.len() {
            let current = current.get(worker).copied().flatten();
            self.watch(worker, current);
            if self.slots[worker].phase == Phase::Failed {
                self.slots[worker].phase = Phase::Empty;
                self.fill(worker);
            }
        }
        self.look_at_pauses();
    }

    /// Looks at what one worker runs: is it slow, is it over its time, does it keep others waiting?
    fn watch(&mut self, worker: usize, current: Option<Current>) {
        let now_ns = self.now_ns;
        let source = self.slots[worker].source;
        match self.slots[worker].phase {
            Phase::Killing { since_ns, hard: false, position }
                if now_ns >= since_ns.saturating_add(self.limits.grace_ms.saturating_mul(1_000_000)) =>
            {
                self.slots[worker].phase = Phase::Killing { since_ns: now_ns, hard: true, position };
                self.end_trial(worker, position, true);
            }
            // A fork server that does not even do that is beyond telling.
            Phase::Killing { since_ns, hard: true, position }
                if self.slots[worker].isolation.is_some_and(Isolation::is_forked)
                    && now_ns >= since_ns.saturating_add(LAST_GRACE_NS) =>
            {
                self.slots[worker].phase = Phase::Killing { since_ns: u64::MAX, hard: true, position };
                self.effects.push(Effect::Signal { to: source, hard: true });
            }
            Phase::Retired | Phase::Leaving | Phase::Doomed => self.hurry(worker),
            Phase::Up => {
                let Some(current) = current else { return };
                if self.states.get(current.position) != Some(&State::Held(source)) || self.is_old(current) {
                    return;
                }
                let elapsed_ns = now_ns.saturating_sub(current.started_ns);
                if elapsed_ns >= self.limit_ms(current.position).saturating_mul(1_000_000) {
                    self.time_out(worker, current.position, elapsed_ns);
                    return;
                }
                if elapsed_ns >= self.slow_ms(current.position).saturating_mul(1_000_000)
                    && self.slots[worker].slow != Some(current.position)
                {
                    self.slots[worker].slow = Some(current.position);
                    self.effects.push(Effect::Slow(self.trial_of(current.position), elapsed_ns));
                }
                if elapsed_ns >= SHORT_NS {
                    self.ask_back(worker, current.position);
                }
            }
            _ => {}
        }
    }

    /// Ends a trial that is over its time: with its worker, or, where it is a fork of that, alone.
    fn end_trial(&mut self, worker: usize, position: Position, hard: bool) {
        let slot = &self.slots[worker];
        self.effects.push(match slot.isolation {
            Some(isolation) if isolation.is_forked() => Effect::EndTrial { to: slot.source, position, hard },
            _ => Effect::Signal { to: slot.source, hard },
        });
    }

    /// A worker that was told to stop has the grace to do so.
    fn hurry(&mut self, worker: usize) {
        let deadline_ns = self.slots[worker].stop_by_ns;
        if deadline_ns == 0 {
            self.slots[worker].stop_by_ns = self.now_ns + self.limits.grace_ms.max(1) * 1_000_000;
        } else if self.now_ns >= deadline_ns {
            self.slots[worker].stop_by_ns = u64::MAX;
            let source = self.slots[worker].source;
            self.effects.push(Effect::Signal { to: source, hard: true });
        }
    }

    fn time_out(&mut self, worker: usize, position: Position, elapsed_ns: u64) {
        let source = self.slots[worker].source;
        if self.slots[worker].isolation != Some(Isolation::Thread) {
            self.slots[worker].phase = Phase::Killing { position, since_ns: self.now_ns, hard: false };
            self.end_trial(worker, position, false);
            return;
        }
        // A thread cannot be killed: the trial is over, its thread is left behind, and a new worker takes the place.
        let verdict = Verdict::TimedOut { limit_ms: self.limit_ms(position), stuck: true };
        let started_ns = self.now_ns.saturating_sub(elapsed_ns);
        self.slots[worker].let_go(position);
        self.attempt_ended(
            worker,
            position,
            Outcome {
                ran: Some(Ran { worker, started_ns }),
                duration_ns: elapsed_ns,
                ..Outcome::of(verdict)
            },
        );
        let rest: Vec<Position> = std::mem::take(&mut self.slots[worker].held).into();
        if !rest.is_empty() {
            self.effects.push(Effect::TakeBack(source, rest));
        }
        self.effects.push(Effect::Abandon(source));
        self.slots[worker].phase = Phase::Empty;
        self.make_way();
        self.fill_all();
    }

    /// Trials behind a long one go to whoever is idle.
    fn ask_back(&mut self, worker: usize, running: Position) {
        let idle = self.slots.iter().any(|slot| slot.held.is_empty() && slot.can_work());
        if self.slots[worker].asked_back || !idle || self.schedule.has_waiting() {
            return;
        }
        let behind: Vec<Position> =
            self.slots[worker].held.iter().copied().filter(|&p| p != running).collect();
        if !behind.is_empty() {
            self.slots[worker].asked_back = true;
            self.effects.push(Effect::TakeBack(self.slots[worker].source, behind));
        }
    }

    fn interrupted(&mut self, why: &str) {
        self.ending = true;
        self.drop_waiting(&Verdict::Cancelled { reason: why.to_owned() });
        for worker in 0..self.slots.len() {
            let slot = &mut self.slots[worker];
            let (source, process) = (slot.source, slot.isolation != Some(Isolation::Thread));
            let held: Vec<Position> = std::mem::take(&mut slot.held).into();
            if slot.is_there() {
                slot.phase = if process { Phase::Interrupted } else { Phase::Empty };
                self.effects.push(if process {
                    Effect::Signal { to: source, hard: true }
                } else {
                    Effect::Abandon(source)
                });
            }
            for position in held {
                self.schedule.finished(worker, position, 0);
                self.conclude(position, Outcome::of(Verdict::Cancelled { reason: why.to_owned() }));
            }
        }
    }

    fn fill_all(&mut self) {
        for worker in 0..self.slots.len() {
            self.fill(worker);
        }
    }

    fn fill_idle(&mut self) {
        for worker in 0..self.slots.len() {
            if self.slots[worker].held.is_empty() {
                self.fill(worker);
            }
        }
    }

    /// Gives a worker what the schedule has for it; starts, restarts or retires it as that asks for.
    fn fill(&mut self, worker: usize) {
        if self.ending {
            return;
        }
        let slot = &self.slots[worker];
        match (slot.phase, slot.isolation) {
            (Phase::Empty, own) => {
                let again = self.wanted_again();
                let is_of_use = |wanted| self.has_room_for_another() && self.has_use_for_another(wanted);
                if let Some(isolation) = again.or_else(|| self.schedule.wanted(own))
                    && (again.is_some() || is_of_use(isolation))
                {
                    self.renew(worker, isolation);
                }
            }
            (Phase::Up, Some(isolation)) if self.schedule.wants_more(worker) => {
                let mut positions: Vec<Position> = self.again_for(worker).into_iter().collect();
                if !self.saves_itself(worker) {
                    let most = self.slots[worker].left_to_run(self.limits.recycle_after);
                    let next = || self.schedule.next(worker, isolation);
                    positions.extend(std::iter::from_fn(next).take(most));
                }
                if positions.is_empty() {
                    let wanted = self.schedule.wanted(Some(isolation));
                    let other = wanted.filter(|wanted| *wanted != isolation);
                    let leaves = self.slots[worker].yields
                        || other.is_some_and(|other| self.has_use_for_another(other));
                    if self.slots[worker].held.is_empty() && leaves {
                        let slot = &mut self.slots[worker];
                        slot.phase = Phase::Retired;
                        self.effects.push(Effect::Retire(slot.source));
                    }
                    return;
                }
                let slot = &mut self.slots[worker];
                for &position in &positions {
                    self.states[position] = State::Held(slot.source);
                    slot.held.push_back(position);
                }
                self.effects.push(Effect::Send(slot.source, positions));
            }
            _ => {}
        }
    }

    /// When every trial has its outcome the workers may go, and when they are gone the run is done.
    fn finish_if_done(&mut self) {
        if self.done || self.schedule.left() > 0 {
            return;
        }
        self.ending = true;
        for slot in &mut self.slots {
            if matches!(slot.phase, Phase::Up | Phase::Starting) {
                slot.phase = Phase::Retired;
                self.effects.push(Effect::Retire(slot.source));
            }
        }
        if !self.slots.iter().any(Slot::is_there) {
            self.done = true;
            self.effects.push(Effect::Done);
        }
    }
}
