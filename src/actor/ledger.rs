//! The names of the messages that a process may not have taken: the parent's account of what is lost with it.
//!
//! Messages are taken in the order they were sent. So what a worker has left, when it says how many it took, are the
//! last ones; and of one that says nothing more, those that it neither answered nor reported. One that it cannot read it
//! says at once, ahead of those before it: that one is struck out, and counts no more.

use std::collections::VecDeque;

/// What was sent to one process and neither answered nor reported.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    under_way: VecDeque<Sent>,
    /// How many were ever sent.
    total: u64,
    /// How many of them were struck out.
    struck: u64,
    /// Tells that are not in here, and will be reported like others.
    not_noted: usize,
}

#[derive(Debug)]
struct Sent {
    /// Counted from 0.
    number: u64,
    name: &'static str,
    /// 0 for a tell. Asks have rising ones.
    request: u64,
}

impl Ledger {
    /// Notes a message.
    pub(crate) fn enter(&mut self, name: &'static str, request: u64) {
        self.under_way.push_back(Sent { number: self.total, name, request });
        self.total += 1;
    }

    /// A tell that is not to be noted; a report will count it.
    pub(crate) fn leave_out(&mut self) {
        self.not_noted += 1;
    }

    /// This ask has an answer, or will not get one. It may be none that was noted.
    pub(crate) fn answered(&mut self, request: u64) {
        // The first one, nearly always.
        if let Some(at) = self.under_way.iter().position(|sent| sent.request >= request)
            && self.under_way[at].request == request
        {
            self.under_way.remove(at);
        }
    }

    /// So many tells were reported.
    pub(crate) fn taken(&mut self, tells: usize) {
        let not_noted = tells.min(self.not_noted);
        self.not_noted -= not_noted;
        let mut at = 0;
        for _ in not_noted..tells {
            while self.under_way.get(at).is_some_and(|sent| sent.request != 0) {
                at += 1;
            }
            self.under_way.remove(at);
        }
    }

    /// Strikes out the tell of this number, which nobody will take; tells its name.
    pub(crate) fn strike(&mut self, number: u64) -> Option<&'static str> {
        self.struck += 1;
        self.not_noted += 1;
        let at = self.under_way.iter().position(|sent| sent.number == number)?;
        self.under_way.remove(at).map(|sent| sent.name)
    }

    /// The same of an ask.
    pub(crate) fn strike_request(&mut self, request: u64) {
        self.struck += 1;
        self.answered(request);
    }

    /// What a worker left, or may not have handled yet, that took so many.
    pub(crate) fn left(&self, taken: u64) -> Vec<&'static str> {
        let left = self.total.saturating_sub(taken.saturating_add(self.struck));
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        self.names().skip(self.under_way.len().saturating_sub(left)).collect()
    }

    /// What a worker may have left that said nothing.
    pub(crate) fn unaccounted(&self) -> Vec<&'static str> {
        self.names().collect()
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.under_way.iter().map(|sent| sent.name)
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use super::Ledger;

    fn ledger(sent: &[(&'static str, u64)]) -> Ledger {
        let mut ledger = Ledger::default();
        sent.iter().for_each(|(name, request)| ledger.enter(name, *request));
        ledger
    }

    #[rehearsal::test]
    fn what_is_left_are_the_last_ones() {
        let mut ledger = ledger(&[("a", 1), ("b", 0), ("c", 0), ("d", 3)]);
        assert_eq!((ledger.left(0).len(), ledger.left(4).len()), (4, 0));
        ledger.answered(1);
        assert_eq!((ledger.left(1), ledger.left(3)), (vec!["b", "c", "d"], vec!["d"]));
        assert_eq!(ledger.unaccounted(), ["b", "c", "d"]);
        ledger.answered(2);
        assert_eq!(ledger.unaccounted(), ["b", "c", "d"], "a question is not in the books");
        ledger.taken(1);
        assert_eq!((ledger.left(2), ledger.unaccounted()), (vec!["c", "d"], vec!["c", "d"]));
        ledger.answered(3);
        ledger.taken(5);
        assert_eq!(ledger.unaccounted(), [""; 0]);
    }

    #[rehearsal::test]
    fn an_ask_that_is_answered_late_stays_whatever_goes_past_it() {
        let mut ledger = ledger(&[("long", 1)]);
        for request in (2..200).step_by(2) {
            ledger.enter("told", 0);
            ledger.enter("asked", request);
            ledger.answered(request);
            ledger.taken(1);
        }
        assert_eq!(ledger.unaccounted(), ["long"]);
        ledger.enter("last", 0);
        ledger.leave_out();
        ledger.taken(1);
        assert_eq!(ledger.unaccounted(), ["long", "last"], "the report was of what was left out");
        assert_eq!(ledger.left(199), ["last"], "the other was begun");
    }

    #[rehearsal::test]
    fn what_was_struck_out_is_neither_taken_nor_left() {
        let mut ledger = ledger(&[("a", 1), ("b", 0), ("c", 0), ("d", 2), ("e", 0)]);
        assert_eq!(ledger.strike(2), Some("c"));
        ledger.strike_request(2);
        ledger.answered(2);
        ledger.taken(1);
        assert_eq!(ledger.unaccounted(), ["a", "b", "e"], "the report was of what was struck out");
        ledger.answered(1);
        assert_eq!((ledger.left(1), ledger.left(2), ledger.left(3)), (vec!["b", "e"], vec!["e"], vec![]));
        ledger.taken(1);
        assert_eq!(ledger.unaccounted(), ["e"]);
    }
}
