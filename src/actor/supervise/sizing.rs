//! How many workers a pool has. Pure: what a look found goes in, what to do comes out.

use std::time::Duration;

/// The rule by which a pool grows and shrinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizing {
    pub(crate) least: usize,
    pub(crate) most: usize,
    /// Messages waiting a worker that make it grow.
    pub(crate) grow_at: usize,
    /// How long nothing must have waited for it to shrink.
    pub(crate) shrink_after: Duration,
}

/// What a look comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resize {
    Stay,
    /// By one worker.
    Grow,
    /// By the worker that was started last.
    Shrink,
}

/// What is remembered between two looks.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    /// Since when no look has found a message waiting.
    empty_since: Option<Duration>,
}

impl Looks {
    /// What to do where so many messages wait for so many workers.
    pub(crate) fn look(&mut self, rule: &Sizing, workers: usize, waiting: usize, now: Duration) -> Resize {
        if waiting > 0 {
            self.empty_since = None;
            let crowded = waiting >= rule.grow_at.max(1) * workers.max(1);
            return if crowded && workers < rule.most { Resize::Grow } else { Resize::Stay };
        }
        let since = *self.empty_since.get_or_insert(now);
        if workers > rule.least && now.saturating_sub(since) >= rule.shrink_after {
            // The next one goes after as long again.
            self.empty_since = Some(now);
            return Resize::Shrink;
        }
        Resize::Stay
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use super::Resize::{Grow, Shrink, Stay};
    use super::*;

    #[rehearsal::test]
    fn a_pool_grows_when_crowded_and_shrinks_when_nothing_waits_for_long() {
        let rule = Sizing { least: 1, most: 3, grow_at: 4, shrink_after: Duration::from_secs(10) };
        // When, how many workers, how many messages wait.
        let table = [
            (0, 1, 0, Stay),
            (1, 1, 3, Stay),
            (2, 1, 4, Grow),
            (3, 2, 7, Stay),
            (4, 2, 8, Grow),
            (5, 3, 99, Stay),
            (6, 3, 0, Stay),
            (15, 3, 0, Stay),
            (16, 3, 0, Shrink),
            (17, 2, 0, Stay),
            (20, 2, 1, Stay),
            (26, 2, 0, Stay),
            (35, 2, 0, Stay),
            (36, 2, 0, Shrink),
            (99, 1, 0, Stay),
        ];
        let mut looks = Looks::default();
        for (at, workers, waiting, expected) in table {
            let resize = looks.look(&rule, workers, waiting, Duration::from_secs(at));
            assert_eq!(resize, expected, "at {at}: {waiting} waiting for {workers}");
        }
    }
}
