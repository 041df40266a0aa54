//! Who runs which trial, and when: a pure state machine without a clock, a thread or I/O.
//!
//! Trials wait in plan order. A worker is handed the next one that its isolation and the groups allow. A second trial
//! waits in the mailbox of a busy worker only while recent trials were short ([`SHORT_NS`]): waking another core
//! costs more than such a trial, and a long one would hold up what waits behind it.

use std::collections::VecDeque;

use super::registry::Isolation;

/// Trials that took less than this are short, in nanoseconds.
pub const SHORT_NS: u64 = 5_000_000;

/// How many trials a worker holds at most, the running one included, while trials are short.
pub const DEPTH: usize = 64;

/// Position of a trial in the schedule's own list, from 0.
pub type Position = usize;

/// What the schedule has to know of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where it runs.
    pub isolation: Isolation,
    /// Number of its group, from 0; trials of one group never run at the same time.
    pub group: Option<usize>,
}

#[derive(Debug, Default)]
struct Group {
    /// Trials of it that some worker holds.
    held: usize,
    /// The worker that holds them.
    holder: usize,
    /// Trials that came up while another worker held the group.
    parked: VecDeque<Position>,
}

/// The state of the schedule.
#[derive(Debug)]
pub struct Schedule {
    items: Vec<Item>,
    waiting: [VecDeque<Position>; 3],
    groups: Vec<Group>,
    /// How many trials each worker holds and has not finished.
    held: Vec<usize>,
    /// Moving average of what a trial takes, nanoseconds; nothing is known before the first has ended.
    typical_ns: Option<u64>,
    left: usize,
}

const fn lane(isolation: Isolation) -> usize {
    match isolation {
        Isolation::Process => 0,
        Isolation::Thread => 1,
        Isolation::Fork => 2,
    }
}

impl Schedule {
    /// A schedule of these trials, in this order, over so many workers.
    pub fn new(items: Vec<Item>, workers: usize) -> Schedule {
        let groups = items.iter().filter_map(|item| item.group).max().map_or(0, |last| last + 1);
        let mut waiting = [const { VecDeque::new() }; 3];
        for (position, item) in items.iter().enumerate() {
            waiting[lane(item.isolation)].push_back(position);
        }
        Schedule {
            left: items.len(),
            items,
            waiting,
            groups: (0..groups).map(|_| Group::default()).collect(),
            held: vec![0; workers],
            typical_ns: None,
        }
    }

    /// The next trial for this worker, which runs trials of this isolation, or `None` if it should not be given one
    /// now. Call it until it says `None`.
    pub fn next(&mut self, worker: usize, isolation: Isolation) -> Option<Position> {
        if self.held[worker] >= self.depth() {
            return None;
        }
        while let Some(position) = self.waiting[lane(isolation)].pop_front() {
            if let Some(group) = self.items[position].group {
                let group = &mut self.groups[group];
                if group.held > 0 && group.holder != worker {
                    group.parked.push_back(position);
                    continue;
                }
                group.held += 1;
                group.holder = worker;
            }
            self.held[worker] += 1;
            return Some(position);
        }
        None
    }

    /// The trial has its outcome, after so long.
    pub fn finished(&mut self, worker: usize, position: Position, duration_ns: u64) {
        let typical = self.typical_ns.unwrap_or(duration_ns);
        self.typical_ns = Some((typical * 7 + duration_ns) / 8);
        self.left -= 1;
        self.release(worker, position);
    }

    /// The worker did not start these after all; they are the next to be handed out.
    pub fn give_back(&mut self, worker: usize, positions: &[Position]) {
        for &position in positions.iter().rev() {
            self.release(worker, position);
            self.waiting[lane(self.items[position].isolation)].push_front(position);
        }
    }

    /// A trial that waits takes its outcome without having run.
    pub fn drain(&mut self) -> Vec<Position> {
        let parked = self.groups.iter_mut().map(|group| &mut group.parked);
        let mut waits = vec![false; self.items.len()];
        for queue in self.waiting.iter_mut().chain(parked) {
            queue.drain(..).for_each(|position| waits[position] = true);
        }
        let all: Vec<Position> = (0..waits.len()).filter(|position| waits[*position]).collect();
        self.left -= all.len();
        all
    }

    /// Trials without an outcome, those in workers' hands included.
    pub fn left(&self) -> usize {
        self.left
    }

    /// The isolation that a worker without trials should be of, if any trial waits: its own where that will do.
    pub fn wanted(&self, own: Option<Isolation>) -> Option<Isolation> {
        let mut order = own.into_iter().chain([Isolation::Process, Isolation::Fork, Isolation::Thread]);
        order.find(|isolation| !self.waiting[lane(*isolation)].is_empty())
    }

    /// Whether a worker's hands are so empty that it is worth a message to fill them.
    pub fn wants_more(&self, worker: usize) -> bool {
        self.held[worker] * 2 <= self.depth()
    }

    /// How long the worker with the fewest trials in its mailbox can do without more, nanoseconds; 0 while nothing is
    /// known of how long a trial takes.
    pub fn stock_ns(&self) -> u64 {
        let fewest = self.held.iter().copied().filter(|&held| held > 0).min().unwrap_or(0);
        self.typical_ns.unwrap_or(0).saturating_mul(fewest.saturating_sub(1) as u64)
    }

    /// How many trials a worker may hold now: one while trials are long or unknown; else as many as take about as long
    /// as one that is not short, but no more than a share of what is left, so that near the end no worker sits on
    /// trials that another could run.
    fn depth(&self) -> usize {
        match self.typical_ns {
            Some(typical) if typical < SHORT_NS => {
                let stock = (SHORT_NS / typical.max(1)).clamp(2, DEPTH as u64) as usize;
                stock.min(self.left / (2 * self.held.len())).max(1)
            }
            _ => 1,
        }
    }

    fn release(&mut self, worker: usize, position: Position) {
        self.held[worker] -= 1;
        if let Some(group) = self.items[position].group {
            let group = &mut self.groups[group];
            group.held -= 1;
            if group.held == 0 {
                for parked in std::mem::take(&mut group.parked).into_iter().rev() {
                    self.waiting[lane(self.items[parked].isolation)].push_front(parked);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(count: usize) -> Vec<Item> {
        vec![Item { isolation: Isolation::Process, group: None }; count]
    }

    fn grouped(groups: &[Option<usize>]) -> Vec<Item> {
        groups.iter().map(|&group| Item { isolation: Isolation::Process, group }).collect()
    }

    #[rehearsal::test]
    fn a_worker_gets_one_trial_while_nothing_is_known_of_their_length() {
        let mut schedule = Schedule::new(plain(100), 2);
        assert_eq!(schedule.next(0, Isolation::Process), Some(0));
        assert_eq!(schedule.next(0, Isolation::Process), None);
        assert_eq!(schedule.next(1, Isolation::Process), Some(1));
    }

    #[rehearsal::test]
    fn short_trials_wait_in_the_mailbox_and_long_ones_do_not() {
        for (took_ns, expected) in
            [(1_000, DEPTH), (SHORT_NS / 4, 4), (SHORT_NS - 1, 2), (SHORT_NS, 1), (u64::MAX / 16, 1)]
        {
            let mut schedule = Schedule::new(plain(1_000), 2);
            let first = schedule.next(0, Isolation::Process).unwrap();
            schedule.finished(0, first, took_ns);
            let handed = std::iter::from_fn(|| schedule.next(0, Isolation::Process)).count();
            assert_eq!(handed, expected, "after a trial of {took_ns} ns");
        }
    }

    #[rehearsal::test]
    fn near_the_end_nobody_hoards() {
        let mut schedule = Schedule::new(plain(9), 2);
        let first = schedule.next(0, Isolation::Process).unwrap();
        schedule.finished(0, first, 1);
        assert_eq!(std::iter::from_fn(|| schedule.next(0, Isolation::Process)).count(), 2);
        assert_eq!(std::iter::from_fn(|| schedule.next(1, Isolation::Process)).count(), 2);
    }

    #[rehearsal::test]
    fn a_group_is_held_by_one_worker_at_a_time() {
        let mut schedule = Schedule::new(grouped(&[Some(0), Some(0), None, Some(0)]), 2);
        assert_eq!(schedule.next(0, Isolation::Process), Some(0));
        assert_eq!(
            schedule.next(1, Isolation::Process),
            Some(2),
            "1 is parked, its group is held by worker 0"
        );
        schedule.finished(1, 2, SHORT_NS);
        assert_eq!(schedule.next(1, Isolation::Process), None, "1 and 3 wait for the group");
        schedule.finished(0, 0, SHORT_NS);
        assert_eq!(schedule.next(1, Isolation::Process), Some(1));
        assert_eq!(schedule.next(0, Isolation::Process), None);
        schedule.finished(1, 1, SHORT_NS);
        assert_eq!(schedule.next(0, Isolation::Process), Some(3));
        schedule.finished(0, 3, SHORT_NS);
        assert_eq!(schedule.left(), 0);
    }

    #[rehearsal::test]
    fn what_is_given_back_comes_next_and_in_order() {
        let mut schedule = Schedule::new(plain(100), 1);
        let first = schedule.next(0, Isolation::Process).unwrap();
        schedule.finished(0, first, 1);
        let handed: Vec<_> = std::iter::from_fn(|| schedule.next(0, Isolation::Process)).collect();
        schedule.finished(0, handed[0], 1);
        schedule.give_back(0, &handed[1..]);
        let again: Vec<_> =
            std::iter::from_fn(|| schedule.next(0, Isolation::Process)).take(handed.len() - 1).collect();
        assert_eq!(again, handed[1..]);
    }

    #[rehearsal::test]
    fn a_worker_is_handed_trials_of_its_own_isolation_only() {
        let item = |isolation| Item { isolation, group: None };
        let mut schedule = Schedule::new(vec![item(Isolation::Thread), item(Isolation::Process)], 1);
        assert_eq!(schedule.wanted(Some(Isolation::Thread)), Some(Isolation::Thread));
        assert_eq!(schedule.wanted(None), Some(Isolation::Process));
        assert_eq!(schedule.next(0, Isolation::Process), Some(1));
        schedule.finished(0, 1, 1);
        assert_eq!(schedule.next(0, Isolation::Process), None);
        assert_eq!(schedule.wanted(Some(Isolation::Process)), Some(Isolation::Thread));
        assert_eq!(schedule.next(0, Isolation::Thread), Some(0));
    }

    #[rehearsal::test]
    fn every_trial_ends_once_whatever_is_given_back() {
        // A small random walk over hand out, finish and give back; the seed is fixed so that a failure repeats.
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let mut random = move |n: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % n as u64) as usize
        };
        let groups: Vec<Option<usize>> =
            (0..200).map(|_| Some(random(5)).filter(|group| *group < 3)).collect();
        let mut schedule = Schedule::new(grouped(&groups), 3);
        let mut hands: Vec<Vec<usize>> = vec![Vec::new(); 3];
        let mut ended = vec![0; groups.len()];
        while schedule.left() > 0 {
            let worker = random(3);
            match random(4) {
                0 => {
                    schedule.give_back(worker, &hands[worker]);
                    hands[worker].clear();
                }
                1 if !hands[worker].is_empty() => {
                    let position = hands[worker].remove(0);
                    ended[position] += 1;
                    schedule.finished(worker, position, random(2 * SHORT_NS as usize) as u64);
                }
                _ => hands[worker].extend(schedule.next(worker, Isolation::Process)),
            }
            for group in 0..3 {
                let holders =
                    hands.iter().filter(|held| held.iter().any(|&p| groups[p] == Some(group))).count();
                assert!(holders <= 1, "group {group} is held by {holders} workers");
            }
        }
        assert!(ended.iter().all(|&times| times == 1), "{ended:?}");
    }
}
