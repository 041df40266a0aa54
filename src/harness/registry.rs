//! What `#[rehearsal::test]` registers at link time, and the list of it.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::process::Termination;
use std::sync::OnceLock;

use super::fixture::{Needing, Varied, find_variant, multiply};
use super::generated::expand::{expand, not_made};
use super::generated::find::find;
use super::generated::trial::Generate;
use super::outcome::Returned;
use crate::sys::linked::linked;

/// Hands a pinned future to whatever runs it; what the generated function of an async trial receives.
///
/// A trial's future never leaves the stack of its own function: no box and no generic function is made per trial,
/// which is what keeps the compile time of a large suite down.
pub type With<'a, T> = &'a mut dyn FnMut(Pin<&mut dyn Future<Output = T>>);

/// One registered trial, as the macro emits it: plain constants, no code runs before `main`.
#[derive(Debug)]
pub struct Entry {
    /// `module_path!()` of the place, crate name included, then `::` and the function's name.
    pub path: &'static str,
    /// Source file as the compiler names it.
    pub file: &'static str,
    /// One-based line of the function's name.
    pub line: u32,
    /// One-based column of the function's name.
    pub column: u32,
    /// The options given to the attribute.
    pub options: Options,
    /// How to run it.
    pub body: Body,
}

/// What attributes can say of a trial; `Options::NONE` is an attribute without arguments.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Test or benchmark.
    pub kind: Kind,
    /// `Some(reason)` where the trial is ignored; the reason may be empty.
    pub ignore: Option<&'static str>,
    /// Whether a panic is what is wanted.
    pub should_panic: ShouldPanic,
    /// Milliseconds an attempt may take; the run's setting where `None`.
    pub timeout_ms: Option<u64>,
    /// The isolation asked for by the trial itself; the run's setting where `None`.
    pub isolation: Option<Isolation>,
    /// Trials of one group run one at a time, or as many as the run's settings say, across all workers.
    pub group: Option<&'static str>,
    /// How many workers' room it takes; one's where `None`.
    pub weight: Option<usize>,
    /// Whether nothing else runs meanwhile, in any worker.
    pub exclusive: bool,
    /// Words by which trials are chosen.
    pub tags: &'static [&'static str],
    /// How often it is tried again when it fails; the run's setting where `None`.
    pub retries: Option<Retries>,
    /// `Some(reason)` where it is expected to fail.
    pub xfail: Option<&'static str>,
    /// Whether a panic in a task or thread beside the trial makes it fail; the run's setting where `None`.
    pub task_panic: Option<TaskPanic>,
    /// Whether actors and tasks that the trial leaves behind make it fail; the run's setting where `None`.
    pub leaks: Option<Leaks>,
    /// The runtime an async trial gets.
    pub runtime: RuntimeSpec,
}

impl Options {
    /// What an attribute without arguments means.
    pub const NONE: Options = Options {
        kind: Kind::Test,
        ignore: None,
        should_panic: ShouldPanic::No,
        timeout_ms: None,
        isolation: None,
        group: None,
        weight: None,
        exclusive: false,
        tags: &[],
        retries: None,
        xfail: None,
        task_panic: None,
        leaks: None,
        runtime: RuntimeSpec { flavor: Flavor::CurrentThread, worker_threads: None, start_paused: false },
    };
}

/// Test or benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Listed as `NAME: test`.
    Test,
    /// Listed as `NAME: benchmark`.
    Bench,
}

/// std's `#[should_panic]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShouldPanic {
    /// A panic fails the trial.
    No,
    /// Any panic passes the trial; none fails it.
    Yes,
    /// A panic whose message contains this passes the trial.
    With(&'static str),
}

/// How often, and after which pauses, a trial is tried again that fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retries {
    /// How many attempts there may be after the first.
    pub count: u32,
    /// The pause before the first of them, milliseconds.
    pub backoff_ms: u64,
    /// Pauses double up to this one, milliseconds; where it is not more than the first, all are alike.
    pub backoff_most_ms: u64,
}

impl Retries {
    /// The pause behind this failed attempt, counted from 1, milliseconds.
    pub fn pause_ms(&self, failed: u32) -> u64 {
        let doubled = 1_u64.checked_shl(failed.saturating_sub(1)).unwrap_or(u64::MAX);
        self.backoff_ms.saturating_mul(doubled).min(self.backoff_most_ms.max(self.backoff_ms))
    }
}

/// Where a trial runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Isolation {
    /// On a thread of this process, named after the trial.
    Thread,
    /// On a thread named after the trial in a warm worker process.
    Process,
    /// On a thread named after the trial in a process of its own, forked from one that has run no trial.
    Fork,
    /// As [`Fork`](Isolation::Fork), of a process that is started for it and ends with it: what is measured. On the first
    /// thread of its process, which is called after it, where nothing of it wants another. Nobody can ask for it.
    Own,
}

impl Isolation {
    /// Whether it is a worker process that trials run in one after the other, so that only the first has it new.
    pub fn is_worker_process(self) -> bool {
        matches!(self, Isolation::Process | Isolation::Own)
    }

    /// Whether a trial has a process that is forked for it, which can be ended alone.
    pub fn is_forked(self) -> bool {
        matches!(self, Isolation::Fork | Isolation::Own)
    }

    /// The isolation of this name.
    pub fn named(name: &str) -> Option<Isolation> {
        match name {
            "thread" => Some(Isolation::Thread),
            "process" => Some(Isolation::Process),
            "fork" => Some(Isolation::Fork),
            _ => None,
        }
    }
}

/// Whether a panic in a task or thread that the trial started counts against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskPanic {
    /// It makes the trial fail.
    Fail,
    /// It is printed and forgotten.
    Allow,
}

/// Whether an actor or a task counts against a trial that is still there when the trial's function has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaks {
    /// It makes the trial fail.
    Fail,
    /// It is ended with the trial's runtime and not looked for.
    Allow,
}

/// `#[tokio::test]`'s `flavor`, `worker_threads` and `start_paused`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuntimeSpec {
    /// `flavor = ".."`.
    pub flavor: Flavor,
    /// `worker_threads = n`; only with many threads.
    pub worker_threads: Option<usize>,
    /// `start_paused = true`: the clock stands still and jumps to the next timer.
    pub start_paused: bool,
}

/// `#[tokio::test]`'s `flavor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// One thread, the trial's own: the default.
    CurrentThread,
    /// One thread, where `tokio::task::spawn_local` works without a `LocalSet`.
    Local,
    /// Many threads.
    MultiThread,
}

/// How to run a trial.
#[derive(Clone, Copy)]
pub enum Body {
    /// A plain function without a result.
    Sync(fn()),
    /// An async function without a result.
    Async(fn(With<'_, ()>)),
    /// Any other `Termination`: one instance of the wrapper a return type, not one a trial.
    Other(&'static (dyn Run + Sync)),
    /// No trial by itself: a function that makes trials at run time.
    Generator(Generate),
    /// A trial that the generator with this number made. What can be run of it is found where it runs.
    Generated(u32),
    /// A generator that made nothing, and why: a trial whose outcome is known.
    Broken(&'static str),
    /// One that takes fixtures.
    Needing(&'static Needing),
    /// No trial by itself: the entry as it was registered, of which there is a trial for each value of its fixtures.
    Multiplied(&'static Entry),
    /// One of these trials.
    Varied(&'static Varied),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Body::Sync(_) => "Sync",
            Body::Async(_) => "Async",
            Body::Other(_) => "Other",
            Body::Generator(_) => "Generator",
            Body::Generated(_) => "Generated",
            Body::Broken(_) => "Broken",
            Body::Needing(_) => "Needing",
            Body::Multiplied(_) => "Multiplied",
            Body::Varied(_) => "Varied",
        })
    }
}

/// A trial whose result is something other than `()`.
pub trait Run {
    /// Runs it; an async one is driven by `block_on`, which is called with its future.
    fn run(&self, block_on: &mut dyn FnMut(Pin<&mut dyn Future<Output = ()>>)) -> Returned;
    /// Whether it wants `block_on`, and so a runtime.
    fn is_async(&self) -> bool;
    /// What it is as one of Criterion's benchmarks, where it is one.
    #[cfg(feature = "bench")]
    fn bench(&self) -> Option<&super::bench::Bench> {
        None
    }
    /// What it is as a load benchmark, where it is one.
    #[cfg(feature = "bench")]
    fn load(&self) -> Option<&super::load::conduct::Load> {
        None
    }
}

linked! {
    /// What the attribute registered, in every crate that is linked into this program.
    fn linked_entries() -> Vec<&'static Entry> in "trials";
}

impl Entry {
    /// An entry without options. `place` is line and column.
    pub const fn new(path: &'static str, file: &'static str, place: (u32, u32), body: Body) -> Entry {
        let (line, column) = place;
        Entry { path, file, line, column, options: Options::NONE, body }
    }

    /// The same entry with these options.
    pub const fn with(mut self, options: Options) -> Entry {
        self.options = options;
        self
    }

    /// Whether it is a trial, rather than what makes some.
    pub fn is_trial(&self) -> bool {
        !matches!(self.body, Body::Generator(_) | Body::Multiplied(_))
    }

    /// The name as libtest would list it: without the crate's root module, `math::adds`.
    pub fn name(&self) -> &'static str {
        // A search for two characters takes a thousand instructions before it begins, and the root module has no colon.
        let behind = self.path.split_once(':').and_then(|(_, behind)| behind.strip_prefix(':'));
        behind.unwrap_or(self.path)
    }
}

/// The wrapper of a plain function with a result: one instance a return type.
pub struct ReturningSync<T>(pub fn() -> T);

/// The wrapper of an async function with a result: one instance a return type.
pub struct ReturningAsync<T>(pub fn(With<'_, T>));

/// Hands on the future of an async function with arguments: one instance a function. What the arguments borrow lives
/// until this returns.
pub fn drive<F: Future>(future: F, with: With<'_, F::Output>) {
    with(pin!(future));
}

impl<T: Termination> Run for ReturningSync<T> {
    fn run(&self, _: &mut dyn FnMut(Pin<&mut dyn Future<Output = ()>>)) -> Returned {
        Returned::of((self.0)())
    }

    fn is_async(&self) -> bool {
        false
    }
}

impl<T: Termination> Run for ReturningAsync<T> {
    fn run(&self, block_on: &mut dyn FnMut(Pin<&mut dyn Future<Output = ()>>)) -> Returned {
        let mut result = None;
        (self.0)(&mut |future| {
            let slot = &mut result;
            block_on(pin!(async move { *slot = Some(future.await) }));
        });
        // Nothing to report means that `block_on` gave up before the end; its caller knows why.
        result.map_or(Returned::Failure, Returned::of)
    }

    fn is_async(&self) -> bool {
        true
    }
}

/// All trials of this binary. A trial's number is its place in link order: the same in every process of one binary.
#[derive(Debug)]
pub struct Registry {
    entries: Vec<&'static Entry>,
    by_name: OnceLock<Vec<(&'static str, u32)>>,
}

impl Registry {
    /// What was registered at link time, in every crate that is linked into this binary.
    pub fn collect() -> Registry {
        Registry::of(linked_entries())
    }

    /// A registry of these entries, numbered as they come.
    ///
    /// # Panics
    /// With more than `u32::MAX` entries.
    pub fn of(entries: Vec<&'static Entry>) -> Registry {
        assert!(u32::try_from(entries.len()).is_ok(), "a suite has at most u32::MAX trials");
        Registry { entries, by_name: OnceLock::new() }
    }

    /// The same registry with what its generators make, and the values of fixtures, at numbers behind all others. Where `only` names a trial, that
    /// is all that will be asked for: then no generator runs that could not make it.
    ///
    /// # Panics
    /// With more than `u32::MAX` entries.
    #[must_use]
    pub fn expanded(mut self, only: Option<&str>) -> Registry {
        let wanted = |entry: &Entry| match only.map(|only| only.strip_prefix(entry.name())) {
            None => true,
            Some(rest) => rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::")),
        };
        let linked = self.entries.len();
        multiply(&mut self.entries, &wanted);
        if self.entries.len() > linked {
            self = Registry::of(self.entries);
        }
        let generators: Vec<(u32, &'static Entry)> = (0..)
            .zip(self.entries.iter().copied())
            .filter(|(_, entry)| matches!(entry.body, Body::Generator(_)) && wanted(entry))
            .collect();
        if !generators.is_empty() && only.is_none_or(|only| self.find_exact(only).is_none()) {
            let made = expand(&generators);
            let lacks = |only: &&str| !made.iter().any(|entry| entry.name() == *only);
            if let (Some(only), [.., (_, generator)]) = (only.filter(lacks), generators.as_slice()) {
                self.entries.push(not_made(only, generator, &made));
            }
            self.entries.extend(made);
            return Registry::of(self.entries);
        }
        self
    }

    /// Number of trials.
    pub fn len(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_trial()).count()
    }

    /// Whether there is no trial.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number and, where a generator made it, the path by which another process of this binary knows this trial.
    pub fn address(&self, id: u32) -> (u32, Option<&'static str>) {
        match self.get(id) {
            Some(Entry { body: Body::Generated(generator), path, .. }) => (*generator, Some(path)),
            Some(Entry { body: Body::Varied(varied), path, .. }) => (varied.id, Some(path)),
            _ => (id, None),
        }
    }

    /// What is to be run for an address that a registry of this binary gave.
    pub fn at(&self, (id, made): (u32, Option<&'static str>)) -> Option<&'static Entry> {
        match made {
            None => self.get(id),
            Some(path) => match self.get(id)? {
                generator @ Entry { body: Body::Generator(_), .. } => find(generator, path),
                base => find_variant(base, id, path),
            },
        }
    }

    /// All entries, generators among them; an index is a trial's number.
    pub fn entries(&self) -> &[&'static Entry] {
        &self.entries
    }

    /// The trial with this number.
    pub fn get(&self, id: u32) -> Option<&'static Entry> {
        self.entries.get(id as usize).copied()
    }

    /// Names and numbers in the order of names, which is made when first asked for.
    pub fn by_name(&self) -> &[(&'static str, u32)] {
        self.by_name.get_or_init(|| {
            let mut named: Vec<(&'static str, u32)> =
                self.trials().map(|(entry, id)| (entry.name(), id)).collect();
            order_by_name(&mut named);
            named
        })
    }

    fn trials(&self) -> impl Iterator<Item = (&'static Entry, u32)> {
        self.entries.iter().copied().zip(0..).filter(|(entry, _)| entry.is_trial())
    }

    /// Numbers in the order of names.
    pub fn sorted(&self) -> Vec<u32> {
        self.by_name().iter().map(|&(_, id)| id).collect()
    }

    /// The number of the trial with exactly this name: one look at each entry, no list is made or sorted.
    pub fn find_exact(&self, name: &str) -> Option<u32> {
        // The end of the path is compared before the root module is looked for: nearly all entries fail there.
        let matches = |entry: &Entry| entry.path.ends_with(name) && entry.name() == name;
        self.trials().find(|(entry, _)| matches(entry)).map(|(_, id)| id)
    }

    /// Names that more than one trial has: a filter, a report or a rerun could not tell them apart.
    ///
    /// # Errors
    /// [`DuplicateNames`] with the places of each such name.
    pub fn check_names(&self) -> Result<(), DuplicateNames> {
        let by_name = self.by_name();
        if !by_name.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Ok(());
        }
        let names = by_name
            .chunk_by(|left, right| left.0 == right.0)
            .filter(|same| same.len() > 1)
            .map(|same| same.iter().map(|&(_, id)| self.entries[id as usize]).collect())
            .collect();
        Err(DuplicateNames { names })
    }
}

/// Puts names in order, equal ones by number. The one sort of the harness: each type that is sorted costs everyone who
/// builds it twenty functions.
pub(crate) fn order_by_name(named: &mut [(&str, u32)]) {
    // Compared by hand: in a dev build the derived order of pairs takes three times as long.
    named.sort_unstable_by(|left, right| left.0.cmp(right.0).then_with(|| left.1.cmp(&right.1)));
}

/// Trials that share a name.
#[derive(Debug)]
pub struct DuplicateNames {
    /// One list a name, each with two trials or more.
    pub names: Vec<Vec<&'static Entry>>,
}

impl std::error::Error for DuplicateNames {}

impl fmt::Display for DuplicateNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "trials share a name, so that no filter and no report could tell them apart; rename all but one:",
        )?;
        for same in &self.names {
            write!(f, "\n  {}", same[0].name())?;
            for entry in same {
                write!(f, "\n    {}:{} ({})", entry.file, entry.line, entry.path)?;
            }
        }
        Ok(())
    }
}
