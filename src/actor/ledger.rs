//! The names of the messages that a process may not have taken: the parent's account of what is lost with it.
//!
//! Messages are taken in the order they were sent. So what a worker has left, when it says how many it took, are the
//! last ones; and of one that says nothing more, those that it neither answered nor reported.

use std::collections::VecDeque;

/// What was sent to one process, as far back as anything of it may not have been taken.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Name and request, 0 for a tell, of the last messages that were sent.
    last: VecDeque<(&'static str, u64)>,
    /// How many were ever sent.
    total: u64,
}

impl Ledger {
    /// Notes a message; at most `under_way`, this one included, may not have been taken.
    pub(crate) fn enter(&mut self, name: &'static str, request: u64, under_way: usize) {
        self.total += 1;
        self.last.push_back((name, request));
        while self.last.len() > under_way {
            self.last.pop_front();
        }
    }

    /// The name of the message of this number, counted from 0.
    pub(crate) fn name_of(&self, number: u64) -> Option<&'static str> {
        let first = self.total - self.last.len() as u64;
        let at = usize::try_from(number.checked_sub(first)?).ok()?;
        self.last.get(at).map(|(name, _)| *name)
    }

    /// What a worker left that took so many.
    pub(crate) fn left(&self, taken: u64) -> impl Iterator<Item = &'static str> {
        let left = usize::try_from(self.total.saturating_sub(taken)).unwrap_or(usize::MAX);
        self.last.iter().skip(self.last.len().saturating_sub(left)).map(|(name, _)| *name)
    }

    /// The same without those that were among the first `handled`.
    pub(crate) fn open(&self, handled: u64, waits: impl Fn(u64) -> bool, tells: usize) -> Vec<&'static str> {
        let mut names = self.unaccounted(waits, tells);
        let left = usize::try_from(self.total.saturating_sub(handled)).unwrap_or(usize::MAX);
        names.drain(..names.len().saturating_sub(left));
        names
    }

    /// What a worker may have left that said nothing: the asks that wait for an answer and the last so many tells.
    pub(crate) fn unaccounted(&self, waits: impl Fn(u64) -> bool, tells: usize) -> Vec<&'static str> {
        let mut tells_left = tells;
        let lost = self.last.iter().rev().filter(|(_, request)| match request {
            0 => {
                let counts = tells_left > 0;
                tells_left = tells_left.saturating_sub(1);
                counts
            }
            request => waits(*request),
        });
        let mut names: Vec<_> = lost.map(|(name, _)| *name).collect();
        names.reverse();
        names
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use super::Ledger;

    #[rehearsal::test]
    fn what_is_left_are_the_last_ones() {
        let mut ledger = Ledger::default();
        for (name, request) in [("a", 1), ("b", 0), ("c", 0), ("d", 2)] {
            ledger.enter(name, request, 3);
        }
        let left = |taken| ledger.left(taken).collect::<Vec<_>>();
        assert_eq!((left(1), left(3), left(4)), (vec!["b", "c", "d"], vec!["d"], vec![]));
        assert_eq!(left(0), ["b", "c", "d"], "what is known to have been taken is forgotten");
        assert_eq!([0, 1, 3, 4].map(|number| ledger.name_of(number)), [None, Some("b"), Some("d"), None]);
        assert_eq!(ledger.unaccounted(|request| request == 2, 1), ["c", "d"]);
        assert_eq!(ledger.unaccounted(|_| false, 2), ["b", "c"]);
        assert_eq!(ledger.unaccounted(|_| true, 0), ["d"]);
    }
}
