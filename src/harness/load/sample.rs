//! What clients saw, and the figures it comes to.

use hdrhistogram::Histogram;

use super::pace::SECOND_NS;
use crate::sys::wire::wired;

/// Longer than this no operation is said to have taken: an hour.
const LONGEST_NS: u64 = 3_600 * SECOND_NS;

/// So many kinds of errors are told apart, the most there may be room for in a table; all others are counted together.
pub const KINDS: usize = 12;

/// An error is known by its first line, up to so many characters.
const LONGEST_KIND: usize = 160;

/// What was seen of operations, to be added up. Latencies are those of operations that did not fail.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Latencies, nanoseconds, each right to a thousandth.
    latency: Histogram<u64>,
    /// By how much operations of an open loop started late for which a client had waited, nanoseconds.
    lateness: Histogram<u64>,
    errors: Errors,
}

impl Default for Tally {
    fn default() -> Tally {
        Tally { latency: histogram(), lateness: histogram(), errors: Errors::default() }
    }
}

fn histogram() -> Histogram<u64> {
    // The bounds are constants that it takes; 3 is the most decimal digits that fit into half a megabyte.
    Histogram::new_with_bounds(1, LONGEST_NS, 3).expect("bounds of a histogram")
}

impl Tally {
    /// Adds operations that succeeded.
    pub fn succeeded(&mut self, latencies_ns: &[u64]) {
        latencies_ns.iter().for_each(|&ns| self.latency.saturating_record(ns));
    }

    /// Adds operations that had not started after so long; how long they would have taken is not known.
    pub fn never_started(&mut self, waited_ns: u64, count: u64) {
        self.latency.saturating_record_n(waited_ns, count);
    }

    /// Adds starts of operations that a client had waited for.
    pub fn started_late(&mut self, by_ns: &[u64]) {
        by_ns.iter().for_each(|&ns| self.lateness.saturating_record(ns));
    }

    /// Adds one that failed.
    pub fn failed(&mut self, why: &str) {
        self.errors.add(why, 1);
    }

    /// Adds everything of another one.
    pub fn add(&mut self, other: &Tally) {
        // Both have the same bounds.
        let _ = self.latency.add(&other.latency);
        let _ = self.lateness.add(&other.lateness);
        for (kind, count) in &other.errors.kinds {
            self.errors.add(kind, *count);
        }
        self.errors.others += other.errors.others;
    }

    /// Latencies of operations that did not fail.
    pub fn latency(&self) -> Spread {
        Spread::of(&self.latency)
    }

    /// How late operations started for which a client had waited.
    pub fn lateness(&self) -> Spread {
        Spread::of(&self.lateness)
    }

    /// What went wrong.
    pub fn errors(&self) -> &Errors {
        &self.errors
    }

    /// As it crosses between processes.
    pub fn packed(&self) -> Packed {
        let counts = |histogram: &Histogram<u64>| {
            histogram.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect()
        };
        Packed {
            latency: counts(&self.latency),
            lateness: counts(&self.lateness),
            errors: self.errors.kinds.clone(),
            others: self.errors.others,
        }
    }
}

/// A tally on its way to another process: values with how often each was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packed {
    latency: Vec<(u64, u64)>,
    lateness: Vec<(u64, u64)>,
    errors: Vec<(String, u64)>,
    others: u64,
}

wired! { struct Packed { latency, lateness, errors, others } }

impl Packed {
    /// What it was.
    pub fn unpacked(&self) -> Tally {
        let mut tally = Tally::default();
        for &(ns, count) in &self.latency {
            tally.latency.saturating_record_n(ns, count);
        }
        for &(ns, count) in &self.lateness {
            tally.lateness.saturating_record_n(ns, count);
        }
        tally.errors = Errors { kinds: self.errors.clone(), others: self.others };
        tally
    }
}

/// Errors by kind: the first line of what an error says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors {
    kinds: Vec<(String, u64)>,
    others: u64,
}

impl Errors {
    fn add(&mut self, why: &str, count: u64) {
        let line = why.lines().find(|line| !line.trim().is_empty()).unwrap_or("(an error that says nothing)");
        let kind: String = line.trim().chars().take(LONGEST_KIND).collect();
        match self.kinds.iter().position(|(known, _)| *known == kind) {
            Some(at) => self.kinds[at].1 += count,
            None if self.kinds.len() < KINDS => self.kinds.push((kind, count)),
            None => self.others += count,
        }
    }

    /// The kinds, the most frequent first, equals in the order in which they came.
    pub fn kinds(&self) -> Vec<(&str, u64)> {
        let mut kinds: Vec<(&str, u64)> =
            self.kinds.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
        kinds.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        kinds
    }

    /// Errors of kinds for which there was no room.
    pub fn others(&self) -> u64 {
        self.others
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.kinds.iter().map(|(_, count)| count).sum::<u64>() + self.others
    }
}

/// How values are spread, nanoseconds; all 0 where there are none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spread {
    /// How many values.
    pub count: u64,
    /// Half of them are at most this.
    pub p50_ns: u64,
    /// Nine of ten.
    pub p90_ns: u64,
    /// 99 of a hundred.
    pub p99_ns: u64,
    /// 999 of a thousand.
    pub p999_ns: u64,
    /// The largest.
    pub max_ns: u64,
}

impl Spread {
    fn of(histogram: &Histogram<u64>) -> Spread {
        if histogram.is_empty() {
            return Spread::default();
        }
        // What stands for a value is the end of its cell: no more than the largest value of all.
        let most = histogram.max();
        let at = |quantile| histogram.value_at_quantile(quantile).min(most);
        Spread {
            count: histogram.len(),
            p50_ns: at(0.5),
            p90_ns: at(0.9),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            max_ns: most,
        }
    }
}

/// Operations a second of clients in a closed loop: of each how many operations it did and in which time. A client is
/// counted to the end of its last operation: neither is one lost that was under way when time was up, nor does a single
/// one that took long make all others look slow.
pub fn rate_of_clients(clients: impl Iterator<Item = (u64, u64)>) -> f64 {
    clients
        .filter(|&(count, ns)| count > 0 && ns > 0)
        .map(|(count, ns)| count as f64 * SECOND_NS as f64 / ns as f64)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: u64, wanted: u64) -> bool {
        found.abs_diff(wanted) * 1_000 <= wanted
    }

    #[rehearsal::test]
    fn percentiles_are_right_to_a_thousandth() {
        let mut tally = Tally::default();
        assert_eq!(tally.latency(), Spread::default());
        // 1 µs to 100 ms, each once.
        let all: Vec<u64> = (1..=100_000).map(|us| us * 1_000).collect();
        all.chunks(256).for_each(|some| tally.succeeded(some));
        let found = tally.latency();
        assert_eq!(found.count, 100_000);
        for (found, wanted_us) in [
            (found.p50_ns, 50_000),
            (found.p90_ns, 90_000),
            (found.p99_ns, 99_000),
            (found.p999_ns, 99_900),
            (found.max_ns, 100_000),
        ] {
            assert!(near(found, wanted_us * 1_000), "{found} ns instead of {wanted_us} µs");
        }
    }

    #[rehearsal::test]
    fn an_operation_of_no_time_and_one_of_days_are_counted() {
        let mut tally = Tally::default();
        tally.succeeded(&[0, u64::MAX]);
        let found = tally.latency();
        assert!(found.count == 2 && found.max_ns >= LONGEST_NS && found.p50_ns <= 1, "{found:?}");
    }

    #[rehearsal::test]
    fn errors_are_known_by_their_first_line_and_the_rest_is_counted() {
        let mut tally = Tally::default();
        for (why, times) in [("refused", 2), ("\n  timed out  \nbacktrace:", 5), ("", 1)] {
            (0..times).for_each(|_| tally.failed(why));
        }
        assert_eq!(
            tally.errors().kinds(),
            [("timed out", 5), ("refused", 2), ("(an error that says nothing)", 1)]
        );
        for number in 0..100 {
            tally.failed(&format!("order {number} is lost"));
        }
        let errors = tally.errors();
        assert_eq!((errors.kinds().len(), errors.total()), (KINDS, 108));
        assert_eq!(errors.others(), 100 - (KINDS as u64 - 3));
    }

    #[rehearsal::test]
    fn what_crosses_to_another_process_is_what_it_was() {
        let mut tally = Tally::default();
        tally.succeeded(&[17, 170, 1_700_000, 1_700_000]);
        tally.started_late(&[3, 90_000]);
        tally.failed("refused");
        (0..20).for_each(|kind| tally.failed(&kind.to_string()));
        let same = tally.packed().unpacked();
        assert_eq!((same.latency(), same.lateness()), (tally.latency(), tally.lateness()));
        assert_eq!(same.errors(), tally.errors());
        let mut twice = Tally::default();
        twice.add(&tally);
        twice.add(&same);
        assert_eq!(twice.latency().count, 8);
        assert_eq!(twice.errors().total(), 42);
    }

    #[rehearsal::test]
    fn a_client_that_was_held_up_does_not_slow_down_the_others() {
        let second = SECOND_NS;
        for (clients, rate) in [
            (vec![], 0.0),
            (vec![(0, 0), (0, second)], 0.0),
            (vec![(1_000, second), (1_000, second)], 2_000.0),
            (vec![(1_000, second), (1, 10 * second)], 1_000.1),
        ] {
            assert_eq!(rate_of_clients(clients.iter().copied()), rate, "{clients:?}");
        }
    }
}
