//! Runs one body to its end and says what it saw.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::judge::{End, Payload, Seen, judge};
use super::leak::{self, Left};
use super::ledger::{self, Ledger};
use super::pledge::Pledges;
use super::ruled::Ruled;
use super::runtime::{Spare, TrialRuntime};
use crate::actor::panic;
#[cfg(feature = "bench")]
use crate::harness::fixture::Borrower;
use crate::harness::fixture::{self, Complaints, Session, Store};
use crate::harness::outcome::{Measured, Returned, Verdict};
use crate::harness::registry::{Body, Entry, Leaks, ShouldPanic, TaskPanic};
use crate::harness::skip::Skipped;

/// What the run and its worker say about attempts.
#[derive(Debug, Clone)]
pub struct TrialSettings {
    /// Whether a panic beside a trial counts, where the trial itself does not say.
    pub task_panic: TaskPanic,
    /// Whether what a trial leaves behind counts, where the trial itself does not say.
    pub leaks: Leaks,
    /// What goes before what the trial itself says.
    pub ruled: Ruled,
    /// True where this process runs one trial at a time: then a panic on any thread that nobody else answers for is
    /// this trial's. Otherwise it goes to the callback of [`on_unknown_panic`](super::on_unknown_panic).
    pub alone: bool,
    /// Milliseconds that threads of the trial's runtime get to end after its function has.
    pub shutdown_ms: u64,
    /// Called with the attempt where this process is about to die of a panic, because it was built with
    /// `panic = "abort"`; on the panicking thread, after the panic's message was printed.
    pub last_words: Option<fn(&'static Entry, &Attempt)>,
    /// Whether it is noted of one that fails what its actors were at.
    pub show_actors: bool,
    /// Where fixtures are that more than one test has.
    pub(crate) store: Option<Arc<Store>>,
}

impl Default for TrialSettings {
    fn default() -> TrialSettings {
        TrialSettings {
            task_panic: TaskPanic::Fail,
            leaks: Leaks::Fail,
            ruled: Ruled::default(),
            alone: false,
            shutdown_ms: 10_000,
            last_words: None,
            show_actors: true,
            store: None,
        }
    }
}

/// What one attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// `Passed`, `Failed` or `Ignored` (by `rehearsal::skip!`).
    pub verdict: Verdict,
    /// Wall time, nanoseconds, the end of its runtime included.
    pub duration_ns: u64,
    /// True where threads of its runtime still run: this process is no clean place for another trial.
    pub left_threads: bool,
    /// What it measured, of a benchmark.
    pub measured: Option<Box<Measured>>,
    /// The tree of its actors as it failed, from a line end on; empty where it had none, or did not fail.
    pub actors: String,
}

/// Runs one attempt of a trial on the calling thread, whose name people will see in panic messages.
///
/// An async trial gets a runtime of its own, as it asked for, and that runtime is gone afterwards with all its tasks.
/// Panics are caught; whatever else takes a process or thread away (abort, `exit`, a hang) is up to the caller.
pub fn run_here(entry: &'static Entry, settings: &TrialSettings) -> Attempt {
    run_with(entry, settings, None)
}

/// The same, taking the runtime from `spare` if one that is as good as new is there, and leaving it there if it still
/// is afterwards.
pub fn run_with(entry: &'static Entry, settings: &TrialSettings, spare: Option<&mut Spare>) -> Attempt {
    let ledger = Arc::new(Ledger::new(entry, settings.clone()));
    let watch = ledger::watch(&ledger);
    let over = run_body(entry, settings, &ledger, spare);
    drop(watch);
    attempt(&ledger, over)
}

/// Puts together what was seen of a trial that has ended.
pub(super) fn attempt(ledger: &Ledger, over: Over) -> Attempt {
    let Over { end, left, left_threads } = over;
    let (stray, skipped, fixtures) = ledger.take();
    let seen = Seen { end, stray, skipped, left, left_threads, fixtures };
    let settings = ledger.settings();
    let own = settings.ruled.task_panic.or(ledger.entry().options.task_panic);
    let task_panic = own.unwrap_or(settings.task_panic);
    let verdict = judge(ledger.entry(), seen, task_panic, Duration::from_millis(settings.shutdown_ms));
    let duration_ns = u64::try_from(ledger.started().elapsed().as_nanos()).unwrap_or(u64::MAX);
    let actors = if verdict.is_red() { ledger.take_actors() } else { String::new() };
    let measured = ledger.take_measured();
    Attempt { verdict, duration_ns, left_threads, measured, actors }
}

/// A body that has ended.
pub(super) struct Over {
    pub(super) end: End,
    pub(super) left: Option<Left>,
    /// Threads of its runtime outlived it.
    pub(super) left_threads: bool,
}

impl Over {
    /// One that is known to have ended so, and no more.
    pub(super) fn so(end: End) -> Over {
        Over { end, left: None, left_threads: false }
    }
}

fn run_body(
    entry: &'static Entry,
    settings: &TrialSettings,
    ledger: &Arc<Ledger>,
    spare: Option<&mut Spare>,
) -> Over {
    let with_fixtures = fixture::is_wanted(entry);
    let is_async = match entry.body {
        _ if with_fixtures => true,
        Body::Async(_) | Body::Needing(_) | Body::Varied(_) => true,
        Body::Other(body) => body.is_async(),
        _ => false,
    };
    if !is_async {
        let end = caught(ledger, || call(entry.body, &mut never));
        let (end, left) = look_after(ledger, end, None);
        return Over { left, ..Over::so(end) };
    }
    let keep = spare.is_some();
    let mut none = Spare::default();
    let spare = spare.unwrap_or(&mut none);
    // What is behind a trial with fixtures may all be plain functions: its runtime is made where something is driven.
    let mut runtime = None;
    let mut drive = |future: Pin<&mut dyn Future<Output = ()>>| {
        let obtain = || TrialRuntime::obtain(entry.options.runtime, ledger, spare);
        if let Ok(runtime) = runtime.get_or_insert_with(obtain) {
            runtime.block_on(future);
        }
    };
    let end = match with_fixtures {
        true => with_its_fixtures(entry, ledger, &mut drive),
        false => caught(ledger, || call(entry.body, &mut drive)),
    };
    let runtime = match runtime.transpose() {
        Ok(runtime) => runtime,
        Err(error) => return Over::so(End::NoRuntime { error: error.to_string() }),
    };
    if end == End::ReturnedFailure || entry.options.should_panic != ShouldPanic::No {
        // Before its actors go with the runtime. Where it panicked they were looked at there and then.
        ledger.look();
    }
    let (end, left) = look_after(ledger, end, runtime.as_ref());
    let deadline = Instant::now() + Duration::from_millis(settings.shutdown_ms);
    let keep = keep && matches!(end, End::Returned | End::ReturnedFailure);
    let gone = runtime.is_none_or(|runtime| runtime.retire(deadline, spare, keep));
    Over { end, left, left_threads: !gone }
}

/// Runs a body between the set-up and the teardown of its fixtures.
fn with_its_fixtures(entry: &'static Entry, ledger: &Ledger, drive: Drive<'_>) -> End {
    let own;
    let store = match &ledger.settings().store {
        Some(store) => store,
        None => {
            own = Store::of_run();
            &own
        }
    };
    let mut complaints = Complaints::default();
    store.begin_trial();
    let end = caught(ledger, || {
        let session = Session::new(entry, store);
        #[cfg(feature = "bench")]
        if let Body::Other(body) = fixture::plain(entry).body
            && let Some(load) = body.load()
            && !load.needs.is_empty()
        {
            let mut levels = Borrower { entry, store, complaints: Complaints::default() };
            let ran = session.unwatched(drive, &mut complaints, |_, drive| load.run_with(&mut levels, drive));
            complaints.texts.append(&mut levels.complaints.texts);
            complaints.skip = complaints.skip.take().or(levels.complaints.skip);
            return ran.unwrap_or(Returned::NotBegun);
        }
        let ran = session.run(drive, &mut complaints, |slots, drive| match fixture::plain(entry).body {
            Body::Needing(needing) => (needing.run)(slots, drive),
            body => call(body, drive),
        });
        ran.unwrap_or(Returned::NotBegun)
    });
    ledger.complain(complaints.texts, complaints.skip);
    if ledger.settings().store.is_none() {
        // Whose store it is says so when the outcome was told; this one is nobody's.
        store.end_trial();
    }
    end
}

/// What a body left behind that ended as it should, of one that did not there is worse to say; and its end, which is
/// another one where it said of its actors what did not come true.
fn look_after(ledger: &Ledger, end: End, runtime: Option<&TrialRuntime>) -> (End, Option<Left>) {
    let options = &ledger.entry().options;
    let well = match end {
        End::Returned => true,
        End::Panicked { .. } => options.should_panic != ShouldPanic::No,
        _ => false,
    };
    let settings = ledger.settings();
    let counts = settings.ruled.leaks.or(options.leaks).unwrap_or(settings.leaks) == Leaks::Fail;
    let pledges = Pledges::of(ledger, &end);
    // Of what was pledged nothing can be told before its actors had the time to end.
    let left = (well && (counts || pledges.is_any())).then(|| leak::look(ledger.realm(), runtime)).flatten();
    let left = left.filter(|_| counts);
    let broken = pledges.broken(ledger);
    if left.is_some() || broken.is_some() {
        ledger.look();
    }
    (broken.unwrap_or(end), left)
}

/// Drives futures of type `()`; what a body gets for its runtime.
type Drive<'a> = &'a mut dyn FnMut(Pin<&mut dyn Future<Output = ()>>);

fn call(body: Body, drive: Drive<'_>) -> Returned {
    match body {
        Body::Sync(function) => function(),
        Body::Async(function) => function(drive),
        Body::Other(body) => return body.run(drive),
        // A trial of these is found, or told of, without coming here.
        Body::Generator(_) | Body::Generated(_) | Body::Broken(_) | Body::Multiplied(_) => {
            return Returned::Failure;
        }
        // What it takes is made elsewhere.
        Body::Needing(_) | Body::Varied(_) => return Returned::NotBegun,
    }
    Returned::Success
}

/// What stands for a runtime where the body is a plain function, which asks for none.
fn never(_: Pin<&mut dyn Future<Output = ()>>) {}

fn caught(ledger: &Ledger, body: impl FnOnce() -> Returned) -> End {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Returned::Success) => End::Returned,
        Ok(Returned::Failure) => End::ReturnedFailure,
        Ok(Returned::NotBegun) => End::NotBegun,
        Err(payload) => {
            let end = of_payload(ledger, &*payload);
            discard(payload);
            end
        }
    }
}

/// Reads a panic's payload, which may be of any type.
fn of_payload(ledger: &Ledger, payload: &(dyn Any + Send)) -> End {
    if payload.is::<Skipped>() {
        return End::Skipped;
    }
    let text = panic::payload_message(payload);
    let message = text.unwrap_or(panic::OPAQUE).to_owned();
    // The hook saw the place. A panic that was resumed never passed a hook, and an earlier one has another text.
    let location = ledger.own_panic().filter(|own| own.message == message).and_then(|own| own.location);
    let payload = if text.is_some() { Payload::Text } else { Payload::Other(Some(payload.type_id())) };
    End::Panicked { message, location, payload }
}

/// Drops a payload, whose own `Drop` may panic: that second payload is leaked rather than dropped in turn.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(move || drop(payload))) {
        std::mem::forget(second);
    }
}
