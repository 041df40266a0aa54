//! A random walk over all that can be asked of a schedule, in any order the seed makes: what must always hold, does.

use std::collections::VecDeque;

use super::*;
use crate::harness::registry::Isolation;

struct Walk {
    state: u64,
    schedule: Schedule,
    items: Vec<Item>,
    limits: Vec<usize>,
    /// What each worker holds, the running trial first.
    hands: Vec<VecDeque<Position>>,
    /// How much room each worker took when it was handed the first of these.
    rooms: Vec<usize>,
    isolations: Vec<Isolation>,
    /// Run once, and to be run again by whoever takes it.
    put_off: Vec<Position>,
    /// How often each trial was to run, and how often it did.
    again: Vec<u32>,
    ended: Vec<u32>,
}

const ISOLATIONS: [Isolation; 3] = [Isolation::Process, Isolation::Thread, Isolation::Fork];

impl Walk {
    fn new(seed: u64) -> Walk {
        let mut walk = Walk {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            schedule: Schedule::new(Vec::new(), 1),
            items: Vec::new(),
            limits: Vec::new(),
            hands: Vec::new(),
            rooms: Vec::new(),
            isolations: Vec::new(),
            put_off: Vec::new(),
            again: Vec::new(),
            ended: Vec::new(),
        };
        let (trials, workers, lanes) = (1 + walk.random(80), 1 + walk.random(5), 1 + walk.random(3));
        walk.limits = (0..3).map(|_| 1 + walk.random(3)).collect();
        for _ in 0..trials {
            let item = walk.item(lanes);
            walk.items.push(item);
        }
        let how = Arrangement { limits: walk.limits.clone(), ..Arrangement::default() };
        walk.schedule = Schedule::arranged(walk.items.clone(), workers, &how);
        walk.hands = vec![VecDeque::new(); workers];
        walk.rooms = vec![0; workers];
        walk.isolations = vec![Isolation::Process; workers];
        walk.again = vec![0; trials];
        walk.ended = vec![0; trials];
        walk
    }

    fn item(&mut self, lanes: usize) -> Item {
        let exclusive = self.random(12) == 0;
        let isolation = ISOLATIONS[self.random(lanes)];
        let is_measured = exclusive && self.random(2) == 0;
        Item {
            isolation: if is_measured { Isolation::Own } else { isolation },
            group: Some(self.random(6)).filter(|group| *group < 3),
            weight: if self.random(4) == 0 { 1 + self.random(6) } else { 1 },
            exclusive,
            affinity: Some(self.random(6)).filter(|needed| *needed < 2),
        }
    }

    fn random(&mut self, n: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % n as u64) as usize
    }

    fn step(&mut self) {
        let worker = self.random(self.hands.len());
        match self.random(12) {
            0 => {
                let held: Vec<Position> = self.hands[worker].drain(..).collect();
                self.schedule.give_back(worker, &held);
                self.schedule.renewed(worker);
            }
            1 => {
                let room = 1 + self.random(6);
                self.schedule.resize(room);
            }
            2 => self.take_what_was_put_off(worker),
            3..=6 => self.end(worker),
            _ => self.fill(worker),
        }
    }

    /// As the dispatch does it: what there is, or another kind of worker where only that is of use.
    fn fill(&mut self, worker: usize) {
        let own = self.isolations[worker];
        while let Some(position) = self.schedule.next(worker, own) {
            assert_eq!(self.items[position].isolation, own);
            self.hands[worker].push_back(position);
            self.look(worker, position);
        }
        if self.hands[worker].is_empty() {
            self.isolations[worker] = self.schedule.wanted(Some(own)).unwrap_or(own);
        }
    }

    fn end(&mut self, worker: usize) {
        let Some(position) = self.hands[worker].pop_front() else { return };
        let took_ns = self.random(2 * SHORT_NS as usize) as u64;
        let may_run_again = self.again[position] < 3;
        match self.random(8) {
            0 if may_run_again => {
                self.again[position] += 1;
                self.schedule.recur(worker, position, took_ns);
            }
            1 if may_run_again => {
                self.again[position] += 1;
                self.schedule.put_off(worker, position, Some(took_ns));
                self.put_off.push(position);
            }
            _ => {
                self.ended[position] += 1;
                self.schedule.finished(worker, position, took_ns);
            }
        }
    }

    fn take_what_was_put_off(&mut self, worker: usize) {
        let Some(position) = self.put_off.pop() else { return };
        if self.random(10) == 0 {
            self.ended[position] += 1;
            self.schedule.give_up(position);
        } else if self.hands[worker].is_empty() && self.schedule.take(worker, position) {
            self.hands[worker].push_back(position);
            self.look(worker, position);
        } else {
            self.put_off.insert(0, position);
        }
    }

    /// What must hold when a worker was just handed a trial.
    fn look(&mut self, worker: usize, handed: Position) {
        for (group, limit) in self.limits.iter().enumerate() {
            let holds = |hand: &&VecDeque<Position>| hand.iter().any(|&p| self.items[p].group == Some(group));
            let holders = self.hands.iter().filter(holds).count();
            assert!(holders <= *limit, "group {group} is held by {holders} workers, not {limit}");
        }
        // What was handed out before the room became less stays as it is, and nothing is added to it.
        if self.hands[worker].len() == 1 {
            let room = self.schedule.room();
            self.rooms[worker] = self.items[handed].weight.min(room);
            let busy = self.rooms.iter().zip(&self.hands).filter(|(_, hand)| !hand.is_empty());
            let taken: usize = busy.map(|(taken, _)| taken).sum();
            assert!(taken <= room, "{taken} in a room of {room}");
        }
        let held: usize = self.hands.iter().map(VecDeque::len).sum();
        let exclusive = self.hands.iter().flatten().any(|&position| self.items[position].exclusive);
        assert!(!exclusive || held == 1, "an exclusive trial is held beside {} others", held - 1);
        assert!(
            self.items[handed].weight == 1 || self.hands[worker].len() == 1,
            "a heavy trial shares a worker"
        );
    }

    /// Where nobody has anything, somebody can get something, or all is done.
    fn goes_on(&mut self) -> bool {
        if self.hands.iter().any(|hand| !hand.is_empty()) || !self.put_off.is_empty() {
            return true;
        }
        // A worker that has the wrong isolation is asked twice: first it becomes one that is wanted.
        for worker in (0..self.hands.len()).chain(0..self.hands.len()) {
            self.fill(worker);
        }
        self.hands.iter().any(|hand| !hand.is_empty())
    }
}

#[rehearsal::test]
fn no_limit_is_passed_nobody_waits_for_ever_and_each_trial_ends_once() {
    for seed in 1..=600_u64 {
        let mut walk = Walk::new(seed);
        while walk.schedule.left() > 0 {
            assert!(walk.goes_on(), "seed {seed}: {} left, and nobody gets one", walk.schedule.left());
            walk.step();
        }
        assert!(walk.ended.iter().all(|&times| times == 1), "seed {seed}: {:?}", walk.ended);
        assert!(!walk.schedule.has_waiting(), "seed {seed}");
    }
}
