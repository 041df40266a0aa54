//! One place in the pool of workers: who is there, and what it holds.

use std::collections::VecDeque;

use super::{Isolation, Position, Source};

/// Where the worker at a place is in its life, seen from the arbiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nobody is here.
    Empty,
    /// A worker could not be started; the next pulse tries again.
    Failed,
    /// No worker can be started here.
    Broken,
    /// Started, no handshake yet.
    Starting,
    /// At work.
    Up,
    /// Told to stop by signal because a trial is over its time.
    Killing { position: Position, since_ns: u64, hard: bool },
    /// The trial it was signalled for has ended all the same; the signal will end whatever it runs now.
    Doomed,
    /// Leaves by itself; it gets no more trials.
    Leaving,
    /// Asked to stop in good order.
    Retired,
    /// Killed because the run was interrupted.
    Interrupted,
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) source: Source,
    pub(super) phase: Phase,
    pub(super) isolation: Option<Isolation>,
    /// Trials in its mailbox, the running one first.
    pub(super) held: VecDeque<Position>,
    /// The trial that ended last here.
    pub(super) last: Option<Position>,
    /// The trial that was told to be slow.
    pub(super) slow: Option<Position>,
    /// A request to give trials back is on its way.
    pub(super) asked_back: bool,
    /// Failed starts and fruitless deaths in a row.
    pub(super) failures: u32,
    /// How many trials have ended here.
    pub(super) served: u32,
    /// It gets no more trials: its place is wanted for a worker that has run none, or that holds less.
    pub(super) yields: bool,
    /// When a stopping worker is killed; 0 until a pulse has seen it stopping.
    pub(super) stop_by_ns: u64,
}

impl Slot {
    pub(super) fn new(worker: usize) -> Slot {
        Slot {
            source: Source { worker, generation: 0 },
            phase: Phase::Empty,
            isolation: None,
            held: VecDeque::new(),
            last: None,
            slow: None,
            asked_back: false,
            failures: 0,
            served: 0,
            yields: false,
            stop_by_ns: 0,
        }
    }

    /// The next worker at this place is about to be started.
    pub(super) fn renew(&mut self, isolation: Isolation) {
        self.source.generation += 1;
        self.phase = Phase::Starting;
        self.isolation = Some(isolation);
        self.last = None;
        self.asked_back = false;
        self.served = 0;
        self.yields = false;
        self.stop_by_ns = 0;
    }

    /// A trial has ended here. Another worker takes the place of a process that has run so many, where that is not 0.
    pub(super) fn has_run(&mut self, position: Position, recycle_after: u32) {
        self.last = Some(position);
        self.served += 1;
        self.yields |= self.left_to_run(recycle_after) == 0;
    }

    /// How many trials may be given to it before another takes its place.
    pub(super) fn left_to_run(&self, recycle_after: u32) -> usize {
        match self.isolation {
            Some(Isolation::Process) if recycle_after > 0 => {
                (recycle_after.saturating_sub(self.served) as usize).saturating_sub(self.held.len())
            }
            Some(Isolation::Own) => 1_usize.saturating_sub(self.served as usize + self.held.len()),
            _ => usize::MAX,
        }
    }

    pub(super) fn let_go(&mut self, position: Position) {
        if let Some(index) = self.held.iter().position(|&held| held == position) {
            self.held.remove(index);
        }
    }

    /// Whether a worker is here that has run nothing and holds nothing.
    pub(super) fn is_untouched(&self) -> bool {
        self.phase == Phase::Up && self.last.is_none() && self.held.is_empty()
    }

    /// Whether the trial that runs here has a process that no other has run in.
    pub(super) fn is_fresh(&self) -> bool {
        match self.isolation {
            Some(Isolation::Process | Isolation::Own) => self.last.is_none(),
            Some(Isolation::Fork) => true,
            Some(Isolation::Thread) | None => false,
        }
    }

    /// Whether a worker is here whose end is yet to come.
    pub(super) fn is_there(&self) -> bool {
        !matches!(self.phase, Phase::Empty | Phase::Failed | Phase::Broken)
    }

    /// Whether this place can take on a trial now or soon.
    pub(super) fn can_work(&self) -> bool {
        matches!(self.phase, Phase::Empty | Phase::Starting | Phase::Up)
    }
}
