//! The state of the schedule.
//!
//! Trials wait in the order they are given. A worker is handed the next one that its isolation, the groups and the room
//! allow. A second trial waits in the mailbox of a busy worker only while recent trials were short ([`SHORT_NS`]): waking
//! another core costs more than such a trial, and a long one would hold up what waits behind it.
//!
//! A heavy trial that finds too little room waits at the head of its own line, and from then on the light ones leave it
//! what it needs. Exclusive trials come last, one at a time.

use std::collections::VecDeque;

use super::group::Group;
use super::item::{Arrangement, Item};
use super::room::Room;
use crate::harness::registry::Isolation;

/// Trials that took less than this are short, in nanoseconds.
pub const SHORT_NS: u64 = 5_000_000;

/// How many trials a worker holds at most, the running one included, while trials are short.
pub const DEPTH: usize = 64;

/// How far is looked for a trial that suits a worker better than the one whose turn it is.
const LOOK: usize = 32;

/// Position of a trial in the schedule's own list, from 0.
pub type Position = usize;

/// What one worker has.
#[derive(Debug, Clone, Default)]
struct Hand {
    /// How many trials it holds and has not finished.
    held: usize,
    /// The room it takes: nothing while it holds nothing.
    room: usize,
    /// The group of the trial that it was handed last.
    group: Option<usize>,
    /// What it has made that is costly to make, by number.
    made: Vec<usize>,
}

/// The state of the schedule.
#[derive(Debug)]
pub struct Schedule {
    items: Vec<Item>,
    waiting: [VecDeque<Position>; 4],
    /// Heavy trials that have come up and found too little room, the first of them next.
    heavy: VecDeque<Position>,
    /// Exclusive trials, behind all others.
    alone: VecDeque<Position>,
    /// Whether an exclusive trial is in somebody's hands.
    is_alone: bool,
    groups: Vec<Group>,
    room: Room,
    hands: Vec<Hand>,
    /// Whether it makes a difference for any trial who runs it.
    has_affinity: bool,
    /// Moving average of what a trial takes, nanoseconds; nothing is known before the first has ended.
    typical_ns: Option<u64>,
    left: usize,
    /// Those of them that are not exclusive.
    left_beside: usize,
}

const fn lane(isolation: Isolation) -> usize {
    match isolation {
        Isolation::Process => 0,
        Isolation::Thread => 1,
        Isolation::Fork => 2,
        Isolation::Own => 3,
    }
}

impl Schedule {
    /// A schedule of these trials, in this order, over so many workers.
    pub fn new(items: Vec<Item>, workers: usize) -> Schedule {
        Schedule::arranged(items, workers, &Arrangement::default())
    }

    /// A schedule of these trials over so many workers.
    pub fn arranged(items: Vec<Item>, workers: usize, how: &Arrangement) -> Schedule {
        let groups = items.iter().filter_map(|item| item.group).max().map_or(0, |last| last + 1);
        let limit = |group: usize| how.limits.get(group).copied().unwrap_or(1);
        let mut schedule = Schedule {
            left: items.len(),
            left_beside: items.iter().filter(|item| !item.exclusive).count(),
            // One worker alone keeps to the order.
            has_affinity: workers > 1 && items.iter().any(|item| item.affinity.is_some()),
            items,
            waiting: [const { VecDeque::new() }; 4],
            heavy: VecDeque::new(),
            alone: VecDeque::new(),
            is_alone: false,
            groups: (0..groups).map(|group| Group::new(limit(group))).collect(),
            room: Room::new(workers),
            hands: vec![Hand::default(); workers],
            typical_ns: None,
        };
        for at in 0..schedule.left {
            schedule.queue(how.order.get(at).copied().unwrap_or(at));
        }
        schedule
    }

    /// The next trial for this worker, which runs trials of this isolation, or `None` if it should not be given one
    /// now. Call it until it says `None`.
    pub fn next(&mut self, worker: usize, isolation: Isolation) -> Option<Position> {
        let hand = &self.hands[worker];
        if hand.held >= self.depth() || hand.room > 1 || self.is_alone {
            return None;
        }
        let position = self.next_heavy(worker, isolation).or_else(|| self.next_of_group(worker, isolation));
        let position = position.or_else(|| self.next_waiting(worker, lane(isolation)));
        position.or_else(|| self.next_alone(worker, isolation))
    }

    /// The heavy trial whose turn it is, if this worker can have it.
    fn next_heavy(&mut self, worker: usize, isolation: Isolation) -> Option<Position> {
        let &position = self.heavy.front()?;
        let item = self.items[position];
        if item.isolation != isolation || !self.fits(worker, &item) || !self.is_free_for(worker, &item) {
            return None;
        }
        self.heavy.pop_front();
        self.hand_out(worker, position);
        Some(position)
    }

    /// Another trial of the group that this worker holds, of which a trial waits for nobody but it.
    fn next_of_group(&mut self, worker: usize, isolation: Isolation) -> Option<Position> {
        let group = self.hands[worker].group.filter(|_| self.hands[worker].held > 0)?;
        let position = self.groups[group].unpark()?;
        let item = self.items[position];
        let light = item.weight == 1 && item.isolation == isolation && self.fits(worker, &item);
        if !light || !self.groups[group].is_held_by(worker) {
            self.groups[group].park_again(position);
            return None;
        }
        self.hand_out(worker, position);
        Some(position)
    }

    fn next_waiting(&mut self, worker: usize, lane: usize) -> Option<Position> {
        while let Some(position) = self.pick(worker, lane) {
            let item = self.items[position];
            if !self.is_free_for(worker, &item) {
                self.park(position);
            } else if item.weight > 1 && (!self.heavy.is_empty() || !self.fits(worker, &item)) {
                self.heavy.push_back(position);
            } else if !self.fits(worker, &item) {
                self.waiting[lane].push_front(position);
                return None;
            } else {
                self.hand_out(worker, position);
                return Some(position);
            }
        }
        None
    }

    /// The next exclusive trial, when there is nothing else and nobody has anything.
    fn next_alone(&mut self, worker: usize, isolation: Isolation) -> Option<Position> {
        let &position = self.alone.front()?;
        if self.left_beside > 0 || !self.room.is_empty() || self.items[position].isolation != isolation {
            return None;
        }
        self.alone.pop_front();
        self.hand_out(worker, position);
        Some(position)
    }

    /// The trial whose turn it is in a lane. Where that needs something that this worker would have to make, one that
    /// does not comes before it, if there is one among the next few.
    fn pick(&mut self, worker: usize, lane: usize) -> Option<Position> {
        let waiting = &mut self.waiting[lane];
        if !self.has_affinity {
            return waiting.pop_front();
        }
        let made = &self.hands[worker].made;
        let affinity = |position: &Position| self.items[*position].affinity;
        let has_made = |position| affinity(position).is_some_and(|needed| made.contains(&needed));
        let near = || waiting.iter().take(LOOK);
        let at =
            near().position(has_made).or_else(|| near().position(|position| affinity(position).is_none()));
        waiting.remove(at.unwrap_or(0))
    }

    /// Whether there is room for a trial in the hands of this worker.
    fn fits(&self, worker: usize, item: &Item) -> bool {
        let is_idle = self.hands[worker].held == 0;
        if item.weight > 1 {
            return is_idle && self.room.has(self.room.fitted(item.weight));
        }
        let more = usize::from(is_idle);
        let reserved = self.heavy.front().map_or(0, |&heavy| self.room.fitted(self.items[heavy].weight));
        (reserved == 0 || self.room.leaves(more, reserved)) && (!is_idle || self.room.has(1))
    }

    fn is_free_for(&self, worker: usize, item: &Item) -> bool {
        item.group.is_none_or(|group| self.groups[group].is_free_for(worker))
    }

    fn hand_out(&mut self, worker: usize, position: Position) {
        let item = self.items[position];
        if let Some(group) = item.group {
            self.groups[group].take(worker);
        }
        let hand = &mut self.hands[worker];
        if hand.held == 0 {
            hand.room = self.room.fitted(item.weight);
            self.room.take(hand.room);
        }
        hand.held += 1;
        hand.group = item.group;
        self.is_alone = item.exclusive;
        if let Some(needed) = item.affinity
            && !hand.made.contains(&needed)
        {
            hand.made.push(needed);
        }
    }

    /// The trial has its outcome, after so long.
    pub fn finished(&mut self, worker: usize, position: Position, duration_ns: u64) {
        self.learn(duration_ns);
        self.settle(position);
        self.release(worker, position);
    }

    /// The trial was run and will be once more, by whoever [`Schedule::take`]s it: until then it is in nobody's hands.
    /// `duration_ns` is none where its worker had not begun it.
    pub fn put_off(&mut self, worker: usize, position: Position, duration_ns: Option<u64>) {
        if let Some(duration_ns) = duration_ns {
            self.learn(duration_ns);
        }
        self.release(worker, position);
    }

    /// Whether what was put off could be handed out now, to a worker that holds nothing.
    pub fn could_take(&self, position: Position) -> bool {
        let item = &self.items[position];
        let is_free = item.group.is_none_or(|group| self.groups[group].is_free());
        let has_room =
            if item.exclusive { self.room.is_empty() } else { self.room.has(self.room.fitted(item.weight)) };
        is_free && has_room && !self.is_alone
    }

    /// Hands this worker, which holds nothing, a trial that was put off, if that may run now.
    pub fn take(&mut self, worker: usize, position: Position) -> bool {
        let can = self.could_take(position) && self.hands[worker].held == 0;
        if can {
            self.hand_out(worker, position);
        }
        can
    }

    /// What was put off takes its outcome without having run again.
    pub fn give_up(&mut self, position: Position) {
        self.settle(position);
    }

    /// The trial was run and is to be run again, by anybody, behind all that waits.
    pub fn recur(&mut self, worker: usize, position: Position, duration_ns: u64) {
        self.learn(duration_ns);
        self.release(worker, position);
        self.queue(position);
    }

    /// The worker did not start these after all; they are the next to be handed out.
    pub fn give_back(&mut self, worker: usize, positions: &[Position]) {
        for &position in positions.iter().rev() {
            self.release(worker, position);
            self.come_up(position);
        }
    }

    /// Another worker takes this one's place, and has made nothing yet.
    pub fn renewed(&mut self, worker: usize) {
        self.hands[worker].made.clear();
    }

    /// From now on so many trials of weight 1 may run at once. Those that run stay.
    pub fn resize(&mut self, room: usize) {
        self.room.resize(room);
    }

    /// Whether no other worker may have a trial now.
    pub fn is_full(&self) -> bool {
        !self.room.has(1)
    }

    /// How many trials of weight 1 may run at once.
    pub fn room(&self) -> usize {
        self.room.whole()
    }

    /// A trial that waits takes its outcome without having run.
    pub fn drain(&mut self) -> Vec<Position> {
        let mut waits = vec![false; self.items.len()];
        let lines = self.waiting.iter_mut().chain([&mut self.heavy, &mut self.alone]);
        lines.for_each(|line| line.drain(..).for_each(|position| waits[position] = true));
        self.groups.iter_mut().for_each(|group| group.drain().for_each(|position| waits[position] = true));
        let all: Vec<Position> = (0..waits.len()).filter(|position| waits[*position]).collect();
        all.iter().for_each(|&position| self.settle(position));
        all
    }

    /// Trials without an outcome, those in workers' hands included.
    pub fn left(&self) -> usize {
        self.left
    }

    /// The isolation that a worker without trials should be of, if any trial waits: its own where that will do.
    pub fn wanted(&self, own: Option<Isolation>) -> Option<Isolation> {
        if let Some(position) = self.only_next() {
            return Some(self.items[position].isolation);
        }
        let mut order =
            own.into_iter().chain([Isolation::Process, Isolation::Fork, Isolation::Thread, Isolation::Own]);
        order.find(|isolation| !self.waiting[lane(*isolation)].is_empty())
    }

    /// Whether only one trial can be next, whoever asks: then one worker of its isolation is enough.
    pub fn wants_one(&self) -> bool {
        self.only_next().is_some()
    }

    /// The heavy or exclusive trial that nobody comes before, where it could run now.
    fn only_next(&self) -> Option<Position> {
        if let Some(&position) = self.heavy.front() {
            let item = &self.items[position];
            let is_free = item.group.is_none_or(|group| self.groups[group].is_free());
            return (is_free && self.room.has(self.room.fitted(item.weight))).then_some(position);
        }
        let turn = self.left_beside == 0 && self.room.is_empty();
        self.alone.front().copied().filter(|_| turn)
    }

    /// Whether any trial waits for no more than a worker.
    pub fn has_waiting(&self) -> bool {
        self.waiting.iter().any(|line| !line.is_empty())
    }

    /// Whether a worker's hands are so empty that it is worth a message to fill them.
    pub fn wants_more(&self, worker: usize) -> bool {
        self.hands[worker].held * 2 <= self.depth()
    }

    /// How long the worker with the fewest trials in its mailbox can do without more, nanoseconds; 0 while nothing is
    /// known of how long a trial takes.
    pub fn stock_ns(&self) -> u64 {
        let fewest = self.hands.iter().map(|hand| hand.held).filter(|&held| held > 0).min().unwrap_or(0);
        self.typical_ns.unwrap_or(0).saturating_mul(fewest.saturating_sub(1) as u64)
    }

    /// How many trials a worker may hold now: one while trials are long or unknown; else as many as take about as long
    /// as one that is not short, but no more than a share of what is left, so that near the end no worker sits on
    /// trials that another could run.
    fn depth(&self) -> usize {
        match self.typical_ns {
            Some(typical) if typical < SHORT_NS => {
                let stock = (SHORT_NS / typical.max(1)).clamp(2, DEPTH as u64) as usize;
                stock.min(self.left / (2 * self.room.whole())).max(1)
            }
            _ => 1,
        }
    }

    fn learn(&mut self, duration_ns: u64) {
        let typical = self.typical_ns.unwrap_or(duration_ns);
        self.typical_ns = Some((typical * 7 + duration_ns) / 8);
    }

    /// A trial has its outcome.
    fn settle(&mut self, position: Position) {
        self.left -= 1;
        self.left_beside -= usize::from(!self.items[position].exclusive);
    }

    /// A trial waits behind all that wait.
    fn queue(&mut self, position: Position) {
        let item = &self.items[position];
        match item.exclusive {
            true => self.alone.push_back(position),
            false => self.waiting[lane(item.isolation)].push_back(position),
        }
    }

    /// A trial waits before all that wait.
    fn come_up(&mut self, position: Position) {
        let item = &self.items[position];
        match item.exclusive {
            true => self.alone.push_front(position),
            false => self.waiting[lane(item.isolation)].push_front(position),
        }
    }

    fn park(&mut self, position: Position) {
        if let Some(group) = self.items[position].group {
            self.groups[group].park(position);
        }
    }

    fn release(&mut self, worker: usize, position: Position) {
        let item = self.items[position];
        let hand = &mut self.hands[worker];
        hand.held -= 1;
        if hand.held == 0 {
            self.room.give(std::mem::take(&mut hand.room));
        }
        self.is_alone &= !item.exclusive;
        let next = item.group.and_then(|group| self.groups[group].release(worker));
        if let Some(next) = next {
            self.come_up(next);
        }
    }
}
