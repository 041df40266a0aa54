//! A random walk: workers that finish, crash, stall, leave and fail to start, in any order the seed makes.

use crate::harness::outcome::Output;
use crate::harness::schedule::Item;
use std::collections::{BTreeMap, VecDeque};

use super::*;

/// A worker as it would behave: a queue of trials, the first of which runs once begun.
#[derive(Debug, Default)]
struct Fake {
    queue: VecDeque<Position>,
    begun: bool,
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
    crashed: Vec<Position>,
    /// Forks that are over their time and were told to end.
    dying: Vec<(Source, Position)>,
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
                Effect::Send(to, positions) => {
                    self.alive.get_mut(&key(to)).expect("sent to the living").queue.extend(positions);
                }
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
                Effect::Outcome(position, outcome) => {
                    self.concluded[position] += 1;
                    if matches!(outcome.verdict, Verdict::Crashed { .. }) {
                        assert_eq!(self.crashed.pop(), Some(position), "the blame is the running trial's");
                    }
                }
                Effect::Done => self.done = true,
                Effect::Slow(..) | Effect::Warning(_) | Effect::RunError { .. } => {}
            }
        }
    }

    fn hand_back(&mut self, from: Source, asked: &[Position]) {
        let fake = self.alive.get_mut(&key(from)).or_else(|| self.abandoned.get_mut(&key(from)));
        let Some(fake) = fake else { return };
        let running = if fake.begun { fake.queue.front().copied() } else { None };
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
        self.now_ms += self.random(40) as u64;
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
            1 if !fake.begun => {
                fake.retiring = true;
                let unstarted = fake.queue.drain(..).collect();
                let effects = self.run.receive(Input::Leaving(source, unstarted));
                self.take(effects);
            }
            _ if fake.queue.is_empty() => {}
            _ if !fake.begun => fake.begun = true,
            2..=4 => {} // It takes its time.
            _ => {
                fake.begun = false;
                let position = fake.queue.pop_front().expect("one has begun");
                let duration_ns = self.random(2 * SHORT_NS as usize) as u64;
                let outcome = Outcome { duration_ns, ..Outcome::of(Verdict::Passed) };
                let effects = self.run.receive(Input::Finished(source, position, Box::new(outcome)));
                self.take(effects);
            }
        }
    }

    /// A fork that was told to end, and its server lives on; where another trial runs by now nothing happens.
    fn end_fork(&mut self, source: Source, position: Position) {
        let Some(fake) = self.alive.get_mut(&key(source)) else { return };
        if fake.begun && fake.queue.front() == Some(&position) {
            fake.begun = false;
            fake.queue.pop_front();
            let verdict = Verdict::Crashed { death: Death::Signaled { signal: 15 }, message: String::new() };
            let outcome = Outcome { duration_ns: 100_000_000, ..Outcome::of(verdict) };
            let effects = self.run.receive(Input::Finished(source, position, Box::new(outcome)));
            self.take(effects);
        }
    }

    fn current(&self, fake: &Fake) -> Option<Current> {
        let started_ns = (self.now_ms * 1_000_000).saturating_sub(30_000_000);
        fake.queue.front().filter(|_| fake.begun).map(|&position| Current { position, started_ns })
    }

    fn end(&mut self, source: Source, death: Option<Death>) {
        let fake = self.alive.remove(&key(source)).expect("it was alive");
        let current = self.current(&fake);
        if !fake.doomed
            && let Some(current) = current
        {
            self.crashed.push(current.position);
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
        self.take(effects);
    }
}

#[rehearsal::test]
fn each_planned_trial_ends_in_exactly_one_outcome_whatever_dies() {
    for seed in 1..=300_u64 {
        let isolation = [Isolation::Thread, Isolation::Process, Isolation::Fork][seed as usize % 3];
        let item = |n: usize| Item {
            group: n.is_multiple_of(5).then_some(n % 3),
            weight: if n.is_multiple_of(7) { n % 5 + 1 } else { 1 },
            exclusive: n.is_multiple_of(19),
            // Some suites have trials of another isolation among them.
            isolation: if seed.is_multiple_of(4) && n.is_multiple_of(11) {
                Isolation::Process
            } else {
                isolation
            },
            ..Item::of(isolation)
        };
        let planned: Vec<_> = (0..60).map(|n| Planned { item: item(n), limit_ms: 20 + n as u64 }).collect();
        let run = Dispatch::new(planned, 3, Limits { grace_ms: 50, slow_ms: 10 });
        let mut walk = Walk {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            run,
            starting: Vec::new(),
            alive: BTreeMap::new(),
            abandoned: BTreeMap::new(),
            concluded: vec![0; 60],
            crashed: Vec::new(),
            dying: Vec::new(),
            now_ms: 0,
            done: false,
        };
        let effects = walk.run.begin();
        walk.take(effects);
        let interrupt_at = if seed.is_multiple_of(7) { walk.random(200) } else { usize::MAX };
        for step in 0..100_000 {
            if walk.done {
                break;
            }
            if step == interrupt_at {
                let effects = walk.run.receive(Input::Interrupted("ended".into()));
                walk.take(effects);
                walk.crashed.clear();
                continue;
            }
            walk.step();
        }
        assert!(walk.done, "seed {seed}: the run never ends; {:?}", walk.run);
        assert!(walk.concluded.iter().all(|&times| times == 1), "seed {seed}: {:?}", walk.concluded);
    }
}
