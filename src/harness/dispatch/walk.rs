//! A random walk: workers that finish, crash, stall, leave and fail to start, in any order the seed makes.

use crate::harness::outcome::Output;
use crate::harness::registry::Retries;
use crate::harness::schedule::Item;
use crate::harness::schedule::growth::Load;
use std::collections::{BTreeMap, VecDeque};

use super::*;

/// A worker as it would behave: a queue of trials, the first of which runs once begun.
#[derive(Debug, Default)]
struct Fake {
    queue: VecDeque<Position>,
    /// Since when the first of them runs, if it does.
    begun_ns: Option<u64>,
    /// How many have run here.
    ran: u32,
    retiring: bool,
    doomed: bool,
}

struct Walk {
    state: u64,
    run: Dispatch,
    starting: Vec<Source>,
    alive: BTreeMap<(usize, u32), Fake>,
    abandoned: BTreeMap<(usize, u32), Fake>,
    concluded: Vec<u32>,
    /// How often each trial has failed in a worker, and how often of that it took its process along.
    failed: Vec<u32>,
    crashed: Vec<u32>,
    /// Forks that are over their time and were told to end.
    dying: Vec<(Source, Position)>,
    items: Vec<Item>,
    /// Whether trials are tried again, and how often each is repeated.
    retries: bool,
    repeat: u32,
    /// What was to be found out is known.
    enough: Option<String>,
    interrupted: bool,
    /// No worker could be started, or none that lives long enough.
    starved: bool,
    now_ms: u64,
    done: bool,
}

fn key(source: Source) -> (usize, u32) {
    (source.worker, source.generation)
}

impl Walk {
    fn random(&mut self, n: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % n as u64) as usize
    }

    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            assert!(!self.done, "{effect:?} after the end");
            match effect {
                Effect::Start(source, _) => self.starting.push(source),
                Effect::Send(to, positions) => self.send(to, positions),
                Effect::TakeBack(from, positions) => self.hand_back(from, &positions),
                Effect::Signal { to, .. } => {
                    if let Some(fake) = self.alive.get_mut(&key(to)) {
                        fake.doomed = true;
                    }
                }
                Effect::EndTrial { to, position, .. } => self.dying.push((to, position)),
                Effect::Abandon(source) => {
                    if let Some(fake) = self.alive.remove(&key(source)) {
                        self.abandoned.insert(key(source), fake);
                    }
                }
                Effect::Retire(source) => {
                    if let Some(fake) = self.alive.get_mut(&key(source)) {
                        fake.retiring = true;
                    }
                }
                Effect::Outcome(position, outcome) => self.told(position, &outcome),
                Effect::Enough(why) => self.enough = Some(why),
                Effect::Done => self.done = true,
                Effect::Warning(_) | Effect::RunError { .. } => self.starved = true,
                Effect::Slow(..) => {}
            }
        }
    }

    fn send(&mut self, to: Source, positions: Vec<Position>) {
        let fake = self.alive.get(&key(to)).expect("sent to the living");
        for (at, &position) in positions.iter().enumerate() {
            let item = &self.items[position % self.items.len()];
            if self.retries && self.failed[position] > 0 && item.isolation == Isolation::Process {
                assert!(
                    at == 0 && fake.ran == 0 && fake.queue.is_empty(),
                    "a retry gets a new worker: {fake:?}"
                );
            }
            let elsewhere = self.alive.iter().filter(|(own, _)| **own != key(to));
            let group_of = |position: &Position| self.items[position % self.items.len()].group;
            let clash =
                elsewhere.flat_map(|(_, fake)| &fake.queue).find(|other| group_of(other) == item.group);
            assert!(item.group.is_none() || clash.is_none(), "{position} beside {clash:?} of its group");
        }
        self.alive.get_mut(&key(to)).expect("it lives").queue.extend(positions);
    }

    /// An outcome is told once, and with it every failure and every crash there was, and no other.
    fn told(&mut self, trial: Position, outcome: &Outcome) {
        self.concluded[trial] += 1;
        if let Some(repeated) = &outcome.repeated {
            let of = |counts: &[u32]| counts.iter().skip(trial).step_by(self.items.len()).sum::<u32>();
            assert_eq!(repeated.failed, of(&self.failed), "{outcome:?}");
            assert!(repeated.ran == self.repeat || self.interrupted, "{outcome:?}");
            return;
        }
        let all = outcome.attempts.iter().map(|attempt| &attempt.verdict).chain([&outcome.verdict]);
        let crashes = all.clone().filter(|verdict| matches!(verdict, Verdict::Crashed { .. })).count();
        assert_eq!(crashes as u32, self.crashed[trial], "the blame is the running trial's: {outcome:?}");
        let is_failure = |verdict: &&Verdict| verdict.is_red() && !matches!(verdict, Verdict::NotRun { .. });
        let failures = all.filter(is_failure).count() as u32;
        let retries = if self.retries { trial as u32 % 4 } else { 0 };
        assert!(outcome.attempts.len() as u32 <= retries, "{outcome:?}");
        if outcome.verdict.is_red() && !self.interrupted && !self.starved {
            assert_eq!(failures, retries + 1, "it was tried as often as it asks for: {outcome:?}");
        }
    }

    fn hand_back(&mut self, from: Source, asked: &[Position]) {
        let fake = self.alive.get_mut(&key(from)).or_else(|| self.abandoned.get_mut(&key(from)));
        let Some(fake) = fake else { return };
        let running = fake.begun_ns.and_then(|_| fake.queue.front().copied());
        let back: Vec<_> =
            asked.iter().copied().filter(|p| fake.queue.contains(p) && Some(*p) != running).collect();
        fake.queue.retain(|position| !back.contains(position));
        let effects = self.run.receive(Input::TakenBack(from, back));
        self.take(effects);
    }

    fn step(&mut self) {
        if !self.starting.is_empty() && self.random(3) > 0 {
            let index = self.random(self.starting.len());
            let source = self.starting.swap_remove(index);
            let input = if self.random(12) == 0 {
                Input::StartFailed(source, "no more processes".into())
            } else {
                self.alive.insert(key(source), Fake::default());
                Input::Ready(source)
            };
            let effects = self.run.receive(input);
            return self.take(effects);
        }
        self.now_ms += 1 + self.random(40) as u64;
        if self.random(6) == 0 {
            let (idle_permille, memory_for) = (self.random(2_000) as u64, self.random(3));
            let used_permille = self.random(2_000) as u64;
            let load = Load { processors: 2, idle_permille, used_permille, running: 1, memory_for };
            let effects = self.run.receive(Input::Load(load));
            self.take(effects);
            let swollen = self.alive.keys().next().map(|&(worker, generation)| Source { worker, generation });
            if let Some(source) = swollen.filter(|_| idle_permille < 100) {
                let effects = self.run.receive(Input::Swollen(source, 1 << 30));
                self.take(effects);
            }
            return;
        }
        if let Some(why) = self.enough.take() {
            return self.interrupt(why);
        }
        if let Some((source, position)) = self.dying.pop() {
            return self.end_fork(source, position);
        }
        let keys: Vec<_> = self.alive.keys().copied().collect();
        if keys.is_empty() || self.random(8) == 0 {
            return self.pulse();
        }
        let (worker, generation) = keys[self.random(keys.len())];
        let source = Source { worker, generation };
        let what = self.random(30);
        let fake = self.alive.get_mut(&(worker, generation)).expect("chosen among the living");
        if fake.doomed || (fake.retiring && fake.queue.is_empty()) {
            let death = fake.doomed.then_some(Death::Signaled { signal: 9 });
            return self.end(source, death);
        }
        match what {
            0 => self.end(source, Some(Death::Signaled { signal: 11 })),
            1 if fake.begun_ns.is_none() => {
                fake.retiring = true;
                let unstarted = fake.queue.drain(..).collect();
                let effects = self.run.receive(Input::Leaving(source, unstarted));
                self.take(effects);
            }
            _ if fake.queue.is_empty() => {}
            _ if fake.begun_ns.is_none() => fake.begun_ns = Some(self.now_ms * 1_000_000),
            2..=4 => {} // It takes its time.
            _ => {
                let started_ns = fake.begun_ns.take().expect("it has begun");
                fake.ran += 1;
                let position = fake.queue.pop_front().expect("one has begun");
                let duration_ns = self.random(2 * SHORT_NS as usize) as u64;
                let mut verdict = Verdict::Passed;
                if self.random(3) == 0 {
                    verdict = Verdict::Failed { message: "as chance has it".into() };
                    self.failed[position] += 1;
                }
                let outcome =
                    Outcome { duration_ns, ran: Some(Ran { worker, started_ns }), ..Outcome::of(verdict) };
                let effects = self.run.receive(Input::Finished(source, position, Box::new(outcome)));
                self.take(effects);
            }
        }
    }

    /// A fork that was told to end, and its server lives on; where another trial runs by now nothing happens.
    fn end_fork(&mut self, source: Source, position: Position) {
        let Some(fake) = self.alive.get_mut(&key(source)) else { return };
        if let (Some(started_ns), Some(first)) = (fake.begun_ns, fake.queue.front())
            && *first == position
        {
            fake.begun_ns = None;
            fake.queue.pop_front();
            self.failed[position] += 1;
            let verdict = Verdict::Crashed { death: Death::Signaled { signal: 15 }, message: String::new() };
            let ran = Some(Ran { worker: source.worker, started_ns });
            let duration_ns = self.now_ms * 1_000_000 + 1 - started_ns;
            let outcome = Outcome { duration_ns, ran, ..Outcome::of(verdict) };
            let effects = self.run.receive(Input::Finished(source, position, Box::new(outcome)));
            self.take(effects);
        }
    }

    fn current(&self, fake: &Fake) -> Option<Current> {
        let position = *fake.queue.front()?;
        fake.begun_ns.map(|started_ns| Current { position, started_ns })
    }

    fn end(&mut self, source: Source, death: Option<Death>) {
        let fake = self.alive.remove(&key(source)).expect("it was alive");
        let current = self.current(&fake);
        if let Some(Current { position, .. }) = current
            && self.concluded[position % self.items.len()] == 0
        {
            // One that was signalled for its time has timed out; the signal may as well hit the one behind it.
            let timed_out = fake.doomed && self.run.is_ended_for_its_time(source.worker, position);
            self.failed[position] += u32::from(!fake.doomed || timed_out);
            self.crashed[position] += u32::from(!fake.doomed);
        }
        let now_ns = self.now_ms * 1_000_000;
        let ended = Ended { death, detail: String::new(), current, output: Output::default(), now_ns };
        let effects = self.run.receive(Input::Ended(source, ended));
        self.take(effects);
    }

    fn pulse(&mut self) {
        let mut current = vec![None; self.run.workers()];
        for (&(worker, _), fake) in &self.alive {
            current[worker] = self.current(fake);
        }
        let effects = self.run.receive(Input::Pulse { now_ns: self.now_ms * 1_000_000, current });
        for effect in &effects {
            // A thread that is over its time cannot be ended: it is told so, and left behind.
            if let Effect::Abandon(source) = effect
                && let Some(current) = self.alive.get(&key(*source)).and_then(|fake| self.current(fake))
            {
                self.failed[current.position] += 1;
            }
        }
        self.take(effects);
    }

    fn interrupt(&mut self, why: String) {
        self.interrupted = true;
        let effects = self.run.receive(Input::Interrupted(why));
        self.take(effects);
    }

    fn new(seed: u64, trials: usize, retries: bool, repeat: u32) -> Walk {
        let isolation = [Isolation::Thread, Isolation::Process, Isolation::Fork][seed as usize % 3];
        let item = |n: usize| Item {
            group: n.is_multiple_of(5).then_some(n % 3),
            weight: if n.is_multiple_of(7) { n % 5 + 1 } else { 1 },
            exclusive: n.is_multiple_of(19),
            // Some suites have trials of another isolation among them.
            isolation: match n {
                // And benchmarks, which are measured alone.
                n if seed.is_multiple_of(5) && n.is_multiple_of(19) => Isolation::Own,
                n if seed.is_multiple_of(4) && n.is_multiple_of(11) => Isolation::Process,
                _ => isolation,
            },
            ..Item::of(isolation)
        };
        let items: Vec<Item> = (0..trials).map(item).collect();
        let planned = (0..trials).map(|n| Planned {
            name: "of::old",
            item: items[n],
            limit_ms: 100 + n as u64,
            slow_ms: 10,
            retries: Retries {
                count: if retries { n as u32 % 4 } else { 0 },
                backoff_ms: n as u64 % 2 * 50,
                backoff_most_ms: 200,
            },
            xfail: None,
        });
        let until_failure = repeat > 0 && seed.is_multiple_of(5);
        let recycle_after = if seed.is_multiple_of(4) { 2 } else { 0 };
        let limits = Limits { grace_ms: 50, recycle_after, flaky_red: false, repeat, until_failure };
        // In some, the pool begins with one worker and grows and shrinks as it comes.
        let least = seed.is_multiple_of(6).then_some(1);
        let how = Arrangement { least, ..Arrangement::default() };
        let workers = if least.is_some() { 5 } else { 3 };
        let run = Dispatch::arranged(planned.collect(), workers, &how, limits);
        let positions = trials * (repeat as usize).clamp(1, workers);
        Walk {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            run,
            items,
            retries,
            repeat,
            starting: Vec::new(),
            alive: BTreeMap::new(),
            abandoned: BTreeMap::new(),
            concluded: vec![0; trials],
            failed: vec![0; positions],
            crashed: vec![0; positions],
            dying: Vec::new(),
            enough: None,
            interrupted: false,
            starved: false,
            now_ms: 0,
            done: false,
        }
    }

    fn go(mut self, seed: u64) {
        let effects = self.run.begin();
        self.take(effects);
        let interrupt_at = if seed.is_multiple_of(7) { self.random(200) } else { usize::MAX };
        for step in 0..100_000 {
            if self.done {
                break;
            }
            if step == interrupt_at {
                self.interrupt("ended".into());
                continue;
            }
            self.step();
        }
        assert!(self.done, "seed {seed}: the run never ends; {:?}", self.run);
        assert!(self.concluded.iter().all(|&times| times == 1), "seed {seed}: {:?}", self.concluded);
    }
}

#[rehearsal::test]
fn each_planned_trial_ends_in_exactly_one_outcome_whatever_dies() {
    for seed in 1..=300_u64 {
        Walk::new(seed, 60, false, 0).go(seed);
    }
}

#[rehearsal::test]
fn so_does_each_that_is_tried_again_in_a_new_worker() {
    for seed in 1..=600_u64 {
        Walk::new(seed, 40, true, 0).go(seed);
    }
}

#[rehearsal::test]
fn so_does_each_that_is_repeated() {
    for seed in 1..=200_u64 {
        Walk::new(seed, 7, false, 1 + seed as u32 % 9).go(seed);
    }
}
