//! What the schedule has to know of a trial, and of a run.

use super::state::Position;
use crate::harness::registry::Isolation;

/// What the schedule has to know of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Where it runs.
    pub isolation: Isolation,
    /// Number of its group, from 0; no more trials of a group run at the same time than the group's limit.
    pub group: Option<usize>,
    /// How many workers' room it takes, at least 1; no more than there is.
    pub weight: usize,
    /// Whether nothing else runs meanwhile, in any worker.
    pub exclusive: bool,
    /// What it needs of a worker that is costly to make there, by number: it goes to one that has made it, if it can.
    pub affinity: Option<usize>,
}

impl Item {
    /// A trial that runs there and asks for nothing.
    pub const fn of(isolation: Isolation) -> Item {
        Item { isolation, group: None, weight: 1, exclusive: false, affinity: None }
    }
}

/// How the trials of a run are to be handed out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// The order; that of the plan where this is empty.
    pub order: Vec<Position>,
    /// How many trials of each group run at once at most; one where nothing is said of a group.
    pub limits: Vec<usize>,
    /// With how many workers the pool begins, where it is to grow from there to as many as there may be.
    pub least: Option<usize>,
}
