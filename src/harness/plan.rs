//! Which trials run, which are told of as ignored, and in which order: a pure function of what is registered, the options
//! and the history.
//!
//! Reads no clock, does no I/O, starts nothing. Its cost is a scan of the candidates and, where they do not
//! come sorted already, a sort of those that are wanted.

use super::cli::{Ignored, Options};
use super::history::record::History;
use super::registry::{Entry, Kind, Registry, ShouldPanic, order_by_name};
use super::select::shard::{By, Cost, Shard, fingerprint};
use super::select::{Expression, Subject};

mod explain;
pub use explain::{
    explain_nothing_matched, explain_only_tests, followed, unknown_groups, unknown_names, unmatched,
};

/// What the plan has to know of a registered trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The trial's number; the plan hands it back.
    pub id: u32,
    /// Full name without the crate's root module.
    pub name: &'a str,
    /// Test or benchmark.
    pub kind: Kind,
    /// `Some(reason)` where it is marked as ignored.
    pub ignore: Option<&'a str>,
    /// Whether a panic is what it wants.
    pub should_panic: bool,
    /// Words by which it is chosen.
    pub tags: &'a [&'a str],
    /// Its group.
    pub group: Option<&'a str>,
}

impl<'a> Candidate<'a> {
    /// What a filter expression can ask of it.
    pub fn subject<'h>(&self, history: &'h History) -> Subject<'h>
    where
        'a: 'h,
    {
        Subject { name: self.name, kind: self.kind, tags: self.tags, group: self.group, history }
    }
}

impl Candidate<'static> {
    /// A registered trial by its number.
    pub fn of(id: u32, entry: &'static Entry) -> Candidate<'static> {
        Candidate::named(entry.name(), id, entry)
    }

    /// The same where its name is known already.
    fn named(name: &'static str, id: u32, entry: &'static Entry) -> Candidate<'static> {
        Candidate {
            id,
            name,
            kind: entry.options.kind,
            ignore: entry.options.ignore,
            should_panic: entry.options.should_panic != ShouldPanic::No,
            tags: entry.options.tags,
            group: entry.options.group,
        }
    }

    /// All trials of a registry, in the order of their names.
    pub fn all(registry: &Registry) -> Vec<Candidate<'static>> {
        let entries = registry.entries();
        registry
            .by_name()
            .iter()
            .map(|&(name, id)| Candidate::named(name, id, entries[id as usize]))
            .collect()
    }
}

/// What is to become of a wanted trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It runs; a benchmark once, as a test does.
    Run,
    /// A benchmark that is measured.
    Measure,
    /// It is told of as ignored and does not run.
    Ignore,
}

/// One trial of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// The candidate's number.
    pub id: u32,
    /// What is to become of it.
    pub fate: Fate,
}

/// What a run consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The wanted trials, ignored ones among them, in the order to tell of or start them.
    pub trials: Vec<Planned>,
    /// How many candidates are not wanted.
    pub filtered_out: usize,
    /// How many are wanted in all shards together.
    pub matched: usize,
    /// The seed of a random order.
    pub shuffle_seed: Option<u64>,
    /// A filter was given and matched nothing.
    pub nothing_matched: bool,
    /// What was dealt out by duration, where the suite was.
    pub dealt: Option<Dealt>,
}

/// A suite that was dealt out to shards by duration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dealt {
    /// The part that this is.
    pub shard: Shard,
    /// How many trials belong to it.
    pub trials: usize,
    /// How many were dealt out.
    pub all: usize,
    /// How many of all had a record of how long they take.
    pub known: usize,
    /// The same on all machines, or else their parts do not fit together.
    pub fingerprint: u32,
}

impl Plan {
    /// Selects and orders: by name unless shuffled; measured benchmarks behind everything else.
    pub fn make(candidates: &[Candidate<'_>], options: &Options, history: &History) -> Plan {
        let mut wanted: Vec<(&str, u32)> = candidates
            .iter()
            .zip(0..)
            .filter(|(candidate, _)| is_wanted(candidate, options, history))
            .map(|(candidate, at)| (candidate.name, at))
            .collect();
        let matched = wanted.len();
        if let Some(shard) = options.choice.shard.filter(|shard| shard.by == By::Hash) {
            wanted.retain(|(name, _)| shard.has(name));
        }
        if !wanted.is_sorted_by_key(|(name, _)| *name) {
            order_by_name(&mut wanted);
        }
        let mut trials: Vec<Planned> = wanted
            .iter()
            .map(|(_, at)| &candidates[*at as usize])
            .map(|candidate| Planned { id: candidate.id, fate: fate(candidate, options) })
            .collect();
        let dealt = match options.choice.shard {
            Some(shard) if shard.by == By::Duration => {
                let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
                Some(deal(shard, &mut trials, &names, history))
            }
            _ => None,
        };
        if let Some(seed) = options.shuffle_seed {
            shuffle(&mut trials, seed);
        }
        if options.measure_benches {
            let (measured, others): (Vec<_>, Vec<_>) =
                trials.into_iter().partition(|planned| planned.fate == Fate::Measure);
            trials = others;
            trials.extend(measured);
        }
        Plan {
            filtered_out: candidates.len() - trials.len(),
            matched,
            nothing_matched: matched == 0 && options.selects(),
            shuffle_seed: options.shuffle_seed,
            dealt,
            trials,
        }
    }
}

impl std::fmt::Display for Dealt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Dealt { shard, trials, all, known, fingerprint } = self;
        write!(
            f,
            "shard {shard} has {trials} of {all} tests, dealt out by the durations of {known}; all shards have to say \
             {fingerprint:08x}, or they do not have the same tests and the same history"
        )
    }
}

/// Leaves the trials that belong to a shard by duration; their names are in the same order.
fn deal(shard: Shard, trials: &mut Vec<Planned>, names: &[&str], history: &History) -> Dealt {
    let cost = |(trial, name): (&Planned, &&str)| match (trial.fate, history.duration_ns(name)) {
        (Fate::Ignore, _) => Cost::Nothing,
        (_, None) => Cost::Unknown,
        (_, Some(duration_ns)) => Cost::Known(duration_ns),
    };
    let costs: Vec<Cost> = trials.iter().zip(names).map(cost).collect();
    let mut mine = shard.of_durations(&costs).into_iter();
    trials.retain(|_| mine.next().unwrap_or_default());
    Dealt {
        shard,
        trials: trials.len(),
        all: costs.len(),
        known: costs.iter().filter(|cost| matches!(cost, Cost::Known(_))).count(),
        fingerprint: fingerprint(names.iter().copied().zip(costs)),
    }
}

fn is_wanted(candidate: &Candidate<'_>, options: &Options, history: &History) -> bool {
    let matches = |filter: &String| match options.exact {
        true => candidate.name == filter,
        false => candidate.name.contains(filter.as_str()),
    };
    let choice = &options.choice;
    let is_so = |expression: &Expression| expression.holds(&candidate.subject(history));
    (options.filters.is_empty() || options.filters.iter().any(matches))
        && (choice.expressions.is_empty() || choice.expressions.iter().any(is_so))
        && !options.skip.iter().any(matches)
        && !(options.exclude_should_panic && candidate.should_panic)
        && (options.ignored != Ignored::Only || candidate.ignore.is_some())
        && (!choice.failed || history.failed_last(candidate.name))
}

fn fate(candidate: &Candidate<'_>, options: &Options) -> Fate {
    let ignored = candidate.ignore.is_some() && options.ignored == Ignored::Skip;
    match candidate.kind {
        _ if ignored => Fate::Ignore,
        Kind::Bench if options.measure_benches => Fate::Measure,
        Kind::Test if !options.run_tests => Fate::Ignore,
        Kind::Test | Kind::Bench => Fate::Run,
    }
}

/// Fisher and Yates's shuffle on SplitMix64: the same order for the same seed on every machine.
fn shuffle(trials: &mut [Planned], seed: u64) {
    let mut state = seed;
    let mut draw = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    };
    for last in (1..trials.len()).rev() {
        // The high half of a 128-bit product: uniform enough, and without a division.
        let chosen = (u128::from(draw()) * (last as u128 + 1)) >> 64;
        trials.swap(last, chosen as usize);
    }
}

#[cfg(test)]
mod tests;
