//! What is known of trials from earlier runs, as plain data: looked up by name, and made anew from an older one and what
//! a run has seen.

use crate::harness::outcome::Verdict;
use crate::harness::registry::order_by_name;

/// A trial that takes less than this and never failed has no record, in nanoseconds: there is nothing to say of it.
pub const WORTH_NS: u64 = 1_000_000;

/// How many results of a trial are kept.
pub const RESULTS: usize = 16;

/// How a trial ended, as far as later runs care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It passed, or failed as it was expected to.
    Passed,
    /// It passed after it had failed.
    Flaky,
    /// It failed.
    Failed,
    /// It ran longer than it may.
    TimedOut,
    /// Its process is gone.
    Crashed,
}

impl Mark {
    /// All of them.
    pub const ALL: [Mark; 5] = [Mark::Passed, Mark::Flaky, Mark::Failed, Mark::TimedOut, Mark::Crashed];

    /// The mark of a verdict; `None` where the trial has not run to an end.
    pub fn of(verdict: &Verdict) -> Option<Mark> {
        match verdict {
            Verdict::Ignored { .. } | Verdict::Cancelled { .. } => None,
            Verdict::TimedOut { .. } => Some(Mark::TimedOut),
            Verdict::Crashed { .. } => Some(Mark::Crashed),
            // A flaky trial that makes the run red (`--flaky-result fail`) failed, for `--failed` as for the exit code.
            Verdict::Flaky { red: false, .. } => Some(Mark::Flaky),
            verdict if verdict.is_red() => Some(Mark::Failed),
            _ => Some(Mark::Passed),
        }
    }

    /// The one character that stands for it in a history and in a report.
    pub const fn letter(self) -> char {
        match self {
            Mark::Passed => '.',
            Mark::Flaky => '~',
            Mark::Failed => 'F',
            Mark::TimedOut => 'T',
            Mark::Crashed => 'C',
        }
    }

    /// Whether a run with it was red.
    pub const fn is_red(self) -> bool {
        !matches!(self, Mark::Passed | Mark::Flaky)
    }
}

/// What is known of one trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its full name, as `--list` has it.
    pub name: String,
    /// How long it takes, nanoseconds: half of it is the last run's, a quarter the one's before, and so on. 0 where no
    /// attempt of it has come to its own end yet.
    pub duration_ns: u64,
    /// How it ended, the last [`RESULTS`] times at most, the latest at the end.
    pub results: Vec<Mark>,
}

/// What one run has seen of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen<'a> {
    /// Its full name.
    pub name: &'a str,
    /// How it ended.
    pub mark: Mark,
    /// How long it took, nanoseconds.
    pub duration_ns: u64,
}

/// What earlier runs have left to know of the trials of one test binary.
///
/// Trials that always passed in less than [`WORTH_NS`] have no record, and neither have those that never ran: of both
/// nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// In the order of names, each once.
    pub(super) records: Vec<Record>,
    /// What ran in the workers in which something failed, a list a worker, in the order in which it ran there.
    pub(super) courses: Vec<Vec<String>>,
}

impl History {
    /// How long the trial of this name takes, nanoseconds; `None` where that is not known, or is next to nothing.
    pub fn duration_ns(&self, name: &str) -> Option<u64> {
        self.record(name).map(|record| record.duration_ns).filter(|duration_ns| *duration_ns > 0)
    }

    /// Whether the trial of this name failed when it ran last. A flaky one passed.
    pub fn failed_last(&self, name: &str) -> bool {
        self.results(name).last().is_some_and(|mark| mark.is_red())
    }

    /// How the trial of this name ended, the last [`RESULTS`] times at most, the latest at the end; empty where nothing is
    /// known of it.
    pub fn results(&self, name: &str) -> &[Mark] {
        self.record(name).map_or(&[], |record| &record.results)
    }

    /// What ran before this trial in the same worker, the earliest first, in the last run in which something failed;
    /// `None` where the trial was in none of the workers in which something did.
    pub fn ran_before(&self, name: &str) -> Option<&[String]> {
        let before = self.courses.iter().filter_map(|course| {
            let at = course.iter().rposition(|ran| ran == name)?;
            Some(&course[..at])
        });
        // One that was tried again in a new worker is in that one's list too, and nothing before it.
        before.max_by_key(|before| before.len())
    }

    /// All records, in the order of names.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.courses.is_empty()
    }

    fn record(&self, name: &str) -> Option<&Record> {
        let at = self.records.binary_search_by(|record| record.name.as_str().cmp(name)).ok()?;
        Some(&self.records[at])
    }

    /// The same with what a run has seen, and without the trials that are `gone` from the suite. `courses` replaces what
    /// was known of such, unless it is empty.
    #[must_use]
    pub fn with(self, seen: &[Seen<'_>], gone: &[String], courses: Vec<Vec<String>>) -> History {
        let mut order: Vec<(&str, u32)> = seen.iter().map(|seen| seen.name).zip(0..).collect();
        order_by_name(&mut order);
        let mut records = Vec::with_capacity(self.records.len());
        let mut old = self.records.into_iter().filter(|record| !gone.contains(&record.name)).peekable();
        let mut order = order.into_iter().peekable();
        while let Some((name, at)) = order.next() {
            // Those before it in the order of names were not seen.
            while let Some(record) = old.next_if(|record| record.name.as_str() < name) {
                records.push(record);
            }
            let mut record = old.next_if(|record| record.name == name).unwrap_or_else(|| Record {
                name: name.to_owned(),
                duration_ns: 0,
                results: Vec::new(),
            });
            record.take(&seen[at as usize]);
            // Run more than once, it is seen more than once.
            while let Some((_, again)) = order.next_if(|(next, _)| *next == name) {
                record.take(&seen[again as usize]);
            }
            records.extend(record.is_worth_it().then_some(record));
        }
        records.extend(old);
        History { records, courses: if courses.is_empty() { self.courses } else { courses } }
    }

    /// The names of those that have a record and are none of these, which are in order.
    pub fn strangers(&self, names: &[(&str, u32)]) -> Vec<String> {
        let is_stranger = |name: &str| names.binary_search_by(|(known, _)| (*known).cmp(name)).is_err();
        self.records
            .iter()
            .filter(|record| is_stranger(&record.name))
            .map(|record| record.name.clone())
            .collect()
    }
}

impl Record {
    /// Adds one result.
    fn take(&mut self, seen: &Seen<'_>) {
        // What was cut short, or went wrong half way, says little of how long it takes; better than nothing it is.
        if seen.mark == Mark::Passed || self.duration_ns == 0 {
            let before_ns = if self.duration_ns == 0 { seen.duration_ns } else { self.duration_ns };
            self.duration_ns = before_ns / 2 + seen.duration_ns / 2;
        }
        if self.results.len() == RESULTS {
            self.results.remove(0);
        }
        self.results.push(seen.mark);
    }

    fn is_worth_it(&self) -> bool {
        self.duration_ns >= WORTH_NS || self.results.iter().any(|mark| *mark != Mark::Passed)
    }
}
