//! The names of the messages that a process may not have taken: the parent's account of what is lost with it.
//!
//! Messages are taken in the order they were sent. So what a worker has left, when it says how many it took, are the
//! last ones; and of one that says nothing more, those that it neither answered nor reported. One that it cannot read it
//! says at once, ahead of those before it: that one is struck out, and counts no more.

use std::collections::VecDeque;

/// What was sent to one process, as far back as anything of it may not have been taken.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The last messages that were sent, but for those that were struck out.
    last: VecDeque<Sent>,
    /// How many were ever sent.
    total: u64,
    /// How many of them were struck out.
    struck: u64,
}

#[derive(Debug)]
struct Sent {
    /// Counted from 0.
    number: u64,
    name: &'static str,
    /// 0 for a tell.
    request: u64,
}

impl Ledger {
    /// Notes a message; at most `under_way`, this one included, may not have been taken.
    pub(crate) fn enter(&mut self, name: &'static str, request: u64, under_way: usize) {
        self.last.push_back(Sent { number: self.total, name, request });
        self.total += 1;
        while self.last.len() > under_way {
            self.last.pop_front();
        }
    }

    /// Strikes out the message of this number, which nobody will take; tells its name.
    pub(crate) fn strike(&mut self, number: u64) -> Option<&'static str> {
        self.strike_first(|sent| sent.number == number)
    }

    /// The same of an ask.
    pub(crate) fn strike_request(&mut self, request: u64) {
        self.strike_first(|sent| sent.request == request);
    }

    fn strike_first(&mut self, is_meant: impl Fn(&Sent) -> bool) -> Option<&'static str> {
        self.struck += 1;
        let at = self.last.iter().position(is_meant)?;
        self.last.remove(at).map(|sent| sent.name)
    }

    /// How many may be left by a worker that took so many.
    fn left_of(&self, taken: u64) -> usize {
        let taken_or_struck = taken.saturating_add(self.struck);
        usize::try_from(self.total.saturating_sub(taken_or_struck)).unwrap_or(usize::MAX)
    }

    /// What a worker left that took so many.
    pub(crate) fn left(&self, taken: u64) -> impl Iterator<Item = &'static str> {
        let known_as_taken = self.last.len().saturating_sub(self.left_of(taken));
        self.last.iter().skip(known_as_taken).map(|sent| sent.name)
    }

    /// The same without those that were among the first `handled`.
    pub(crate) fn open(&self, handled: u64, waits: impl Fn(u64) -> bool, tells: usize) -> Vec<&'static str> {
        let mut names = self.unaccounted(waits, tells);
        names.drain(..names.len().saturating_sub(self.left_of(handled)));
        names
    }

    /// What a worker may have left that said nothing: the asks that wait for an answer and the last so many tells.
    pub(crate) fn unaccounted(&self, waits: impl Fn(u64) -> bool, tells: usize) -> Vec<&'static str> {
        let mut tells_left = tells;
        let lost = self.last.iter().rev().filter(|sent| match sent.request {
            0 => {
                let counts = tells_left > 0;
                tells_left = tells_left.saturating_sub(1);
                counts
            }
            request => waits(request),
        });
        let mut names: Vec<_> = lost.map(|sent| sent.name).collect();
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
        assert_eq!(ledger.unaccounted(|request| request == 2, 1), ["c", "d"]);
        assert_eq!(ledger.unaccounted(|_| false, 2), ["b", "c"]);
        assert_eq!(ledger.unaccounted(|_| true, 0), ["d"]);
    }
    #[rehearsal::test]
    fn what_was_struck_out_is_neither_taken_nor_left() {
        let mut ledger = Ledger::default();
        for (name, request) in [("a", 1), ("b", 0), ("c", 0), ("d", 2), ("e", 0)] {
            ledger.enter(name, request, 4);
        }
        assert_eq!(ledger.strike(2), Some("c"));
        ledger.strike_request(2);
        let left = |ledger: &Ledger, taken| ledger.left(taken).collect::<Vec<_>>();
        assert_eq!(
            (left(&ledger, 1), left(&ledger, 2), left(&ledger, 3)),
            (vec!["b", "e"], vec!["e"], vec![])
        );
        assert_eq!(ledger.unaccounted(|_| true, 2), ["b", "e"]);
        assert_eq!(ledger.open(2, |_| true, 2), ["e"]);
        // One that was forgotten counts all the same.
        ledger.enter("f", 0, 3);
        assert_eq!(ledger.strike(0), None);
        assert_eq!(left(&ledger, 1), ["e", "f"]);
        ledger.enter("g", 0, 3);
        assert_eq!(left(&ledger, 0), ["e", "f", "g"], "what was struck out takes nobody's room");
    }
}
