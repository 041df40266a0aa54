//! Groups: what there is only so much of.

use std::collections::VecDeque;

use super::state::Position;

/// One group. A worker holds it while trials of it are in its hands, of which one runs at a time: so no more of them run
/// at once than there are holders.
#[derive(Debug)]
pub(super) struct Group {
    limit: usize,
    /// Workers that hold it, and how many trials of it each has.
    holders: Vec<(usize, usize)>,
    /// Trials that came up while it was held by as many as may.
    parked: VecDeque<Position>,
}

impl Group {
    /// A group that so many workers may hold at once; at least one.
    pub(super) fn new(limit: usize) -> Group {
        Group { limit: limit.max(1), holders: Vec::new(), parked: VecDeque::new() }
    }

    /// Whether a worker may have a trial of it now.
    pub(super) fn is_free_for(&self, worker: usize) -> bool {
        self.is_free() || self.is_held_by(worker)
    }

    /// Whether a worker has trials of it.
    pub(super) fn is_held_by(&self, worker: usize) -> bool {
        self.holders.iter().any(|&(holder, _)| holder == worker)
    }

    /// Whether a worker may have a trial of it now that has none.
    pub(super) fn is_free(&self) -> bool {
        self.holders.len() < self.limit
    }

    /// A worker takes a trial of it.
    pub(super) fn take(&mut self, worker: usize) {
        match self.holders.iter_mut().find(|(holder, _)| *holder == worker) {
            Some((_, trials)) => *trials += 1,
            None => self.holders.push((worker, 1)),
        }
        debug_assert!(self.holders.len() <= self.limit, "more workers hold a group than may");
    }

    /// A worker lets go of a trial of it. Where that was its last, a trial that waits for the group may come up again.
    pub(super) fn release(&mut self, worker: usize) -> Option<Position> {
        let at = self.holders.iter().position(|&(holder, _)| holder == worker)?;
        self.holders[at].1 -= 1;
        if self.holders[at].1 > 0 {
            return None;
        }
        self.holders.swap_remove(at);
        self.parked.pop_front()
    }

    /// A trial of it waits until it is free.
    pub(super) fn park(&mut self, position: Position) {
        self.parked.push_back(position);
    }

    /// The next trial that waits for it, for a worker that holds it.
    pub(super) fn unpark(&mut self) -> Option<Position> {
        self.parked.pop_front()
    }

    /// A trial that was just unparked and cannot be had after all.
    pub(super) fn park_again(&mut self, position: Position) {
        self.parked.push_front(position);
    }

    /// All that wait for it.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Position> {
        self.parked.drain(..)
    }
}
