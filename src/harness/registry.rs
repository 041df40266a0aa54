//! What `#[rehearsal::test]` registers at link time, and the sorted list of it.

use std::future::Future;
use std::pin::Pin;

use super::outcome::Returned;

/// Hands a pinned future to whatever runs it; what the generated function of an async trial receives.
///
/// A trial's future never leaves the stack of its own function: no box and no generic function is made per trial,
/// which is what keeps the compile time of a large suite down.
pub type With<'a, T> = &'a mut dyn FnMut(Pin<&mut dyn Future<Output = T>>);

/// One registered trial, as the macro emits it: plain constants, no code runs before `main`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Entry {
    /// `module_path!()` of the place, crate name included.
    pub module: &'static str,
    /// The function's name.
    pub name: &'static str,
    /// Source file as the compiler names it.
    pub file: &'static str,
    /// One-based line of the function.
    pub line: u32,
    /// The options given to the attribute.
    pub options: Options,
    /// How to run it.
    pub body: Body,
}

/// What attributes can say of a trial; `Options::NONE` is an attribute without arguments.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
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
    /// Trials of one group run one at a time, across all workers.
    pub group: Option<&'static str>,
    /// Whether a panic in a task or thread beside the trial makes it fail; the run's setting where `None`.
    pub task_panic: Option<TaskPanic>,
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
        task_panic: None,
        runtime: RuntimeSpec { multi_thread: false, worker_threads: None, start_paused: false },
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

/// Where a trial runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Isolation {
    /// On a thread of this process, named after the trial.
    Thread,
    /// On a thread named after the trial in a warm worker process.
    Process,
}

/// Whether a panic in a task or thread that the trial started counts against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskPanic {
    /// It makes the trial fail.
    Fail,
    /// It is printed and forgotten.
    Allow,
}

/// `#[tokio::test]`'s `flavor`, `worker_threads` and `start_paused`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuntimeSpec {
    /// `flavor = "multi_thread"`.
    pub multi_thread: bool,
    /// `worker_threads = n`; only with `multi_thread`.
    pub worker_threads: Option<usize>,
    /// `start_paused = true`: the clock stands still and jumps to the next timer.
    pub start_paused: bool,
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
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Body::Sync(_) => "Sync",
            Body::Async(_) => "Async",
            Body::Other(_) => "Other",
        })
    }
}

/// A trial whose result is something other than `()`.
pub trait Run {
    /// Runs it; an async one is driven by `block_on`, which is called exactly once with its future.
    fn run(&self, block_on: &mut dyn FnMut(Pin<&mut dyn Future<Output = ()>>)) -> Returned;
    /// Whether it wants `block_on`, and so a runtime.
    fn is_async(&self) -> bool;
}

inventory::collect!(Entry);

impl Entry {
    /// An entry without options; the macro overrides what it was told.
    pub const fn new(
        module: &'static str,
        name: &'static str,
        file: &'static str,
        line: u32,
        body: Body,
    ) -> Entry {
        Entry { module, name, file, line, options: Options::NONE, body }
    }

    /// The same entry with these options.
    pub const fn with(mut self, options: Options) -> Entry {
        self.options = options;
        self
    }
}
