//! The lane of trial threads in a worker: one at a time, each fresh and named after its trial.
//!
//! The trial thread itself sends the outcome home, and the send has returned, before the next trial starts: whatever
//! the next one does to the process, this outcome is out. Its last act is to start the next thread; no other thread is
//! woken between two trials.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::message::{Order, Report, Setup};
use crate::actor::{Outlet, span};
use crate::harness::fixture::{self, Store};
use crate::harness::outcome::{Measured, Output, Verdict};
use crate::harness::registry::{Entry, Leaks, Registry, TaskPanic};
use crate::harness::trial::{self, Attempt, Ruled, Spare, TrialSettings};
use crate::sys::capture::{self, Capture};
use crate::sys::fork::roam;
use crate::sys::page::Page;
use crate::sys::surroundings::{Change, Standing, Surroundings};
use crate::sys::{exit, limit, process, profile, seam, thread};

/// How long children that a trial has let go of get to be gone.
const SETTLE: Duration = Duration::from_millis(100);

/// What the process of a lane is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// The arbiter's own, where other lanes are too.
    Thread,
    /// The worker's own, so that what a trial leaves behind can be seen and left.
    Process,
    /// One trial's own: the lane runs that one and no other.
    Fork,
}

/// The threads that run a worker's trials.
#[derive(Clone)]
pub struct Lane {
    shared: Arc<Shared>,
}

struct Shared {
    setup: Setup,
    settings: TrialSettings,
    registry: Arc<Registry>,
    page: Page,
    /// Where stdout and stderr go, in a worker process that captures.
    capture: Option<Capture>,
    host: Host,
    /// Of the process that the lane was made in.
    pid: u32,
    outlet: Outlet<Report>,
    queue: Mutex<Queue>,
    /// The runtime of the trial before, where it is as good as new.
    spare: Mutex<Spare>,
    /// What trials can change for each other, in a process that more than one has for itself.
    surroundings: Option<Mutex<(Surroundings, Standing)>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Order>,
    running: bool,
    leaving: bool,
}

impl Lane {
    /// A lane that runs nothing yet. `store` has the fixtures that more than one of its trials has, in a suite that has
    /// any.
    pub(crate) fn new(
        setup: Setup,
        registry: Arc<Registry>,
        page: Page,
        capture: Option<Capture>,
        host: Host,
        outlet: Outlet<Report>,
        store: Option<Arc<Store>>,
    ) -> Lane {
        let own_process = host != Host::Thread;
        let task_panic = if setup.forgive_task_panic { TaskPanic::Allow } else { TaskPanic::Fail };
        fixture::forgive_panics(setup.forgive_task_panic);
        let leaks = if setup.forgive_leaks { Leaks::Allow } else { Leaks::Fail };
        let last_words = (cfg!(panic = "abort") && own_process).then_some(say_last_words as fn(_, &_));
        let settings = TrialSettings {
            store,
            task_panic,
            leaks,
            alone: own_process,
            last_words,
            show_actors: setup.show_actors,
            ..TrialSettings::default()
        };
        let (queue, spare) = (Mutex::default(), Mutex::default());
        let surroundings =
            (host == Host::Process).then(|| Mutex::new((Surroundings::now(), Standing::now())));
        Lane {
            shared: Arc::new(Shared {
                setup,
                settings,
                registry,
                page,
                capture,
                host,
                pid: std::process::id(),
                outlet,
                queue,
                spare,
                surroundings,
            }),
        }
    }

    /// Puts trials behind those that wait, and starts the first if none runs.
    pub fn push(&self, orders: Vec<Order>) {
        let mut queue = self.shared.queue();
        queue.waiting.extend(orders);
        if !queue.running && !queue.leaving {
            queue.running = true;
            drop(queue);
            start_next(&self.shared);
        }
    }

    /// Starts one trial; its thread has ended when everything has, thread-locals and all. `None` where it could not be
    /// started, which has been told.
    pub fn begin(&self, order: Order) -> Option<JoinHandle<()>> {
        start(&self.shared, order)
    }

    /// Runs one trial on the calling thread, which is called after it from then on: in a fork that is to have no other.
    /// What still comes after it on this thread, the end of its thread-locals, comes when its outcome has been told.
    pub fn run_here(&self, order: Order) {
        let Some(entry) = find(&self.shared, order) else { return };
        limit::set_title(entry.name());
        let attempt = attempt(&self.shared, order, entry);
        finish(&self.shared, order, &attempt);
    }

    /// Whether it runs this trial now.
    pub(super) fn runs(&self, position: u32) -> bool {
        self.shared.page.load().is_some_and(|moment| moment.trial == position)
    }

    /// Where its fixtures are that more than one trial has; `None` in a suite without fixtures.
    pub(super) fn store(&self) -> Option<&Arc<Store>> {
        self.shared.settings.store.as_ref()
    }

    /// No trial is started any more.
    pub fn close(&self) {
        self.shared.queue().leaving = true;
    }

    /// Takes those of these trials out again that have not been started.
    pub fn take_back(&self, positions: &[u32]) -> Vec<u32> {
        let mut taken = Vec::new();
        self.shared.queue().waiting.retain(|order| {
            let asked = positions.contains(&order.position);
            if asked {
                taken.push(order.position);
            }
            !asked
        });
        taken
    }
}

impl Shared {
    /// Whether this is a fork of the worker's process that a trial made.
    fn is_copy(&self) -> bool {
        std::process::id() != self.pid
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the thread of the next trial; where none waits, the lane comes to rest.
fn start_next(shared: &Arc<Shared>) {
    loop {
        let order = {
            let mut queue = shared.queue();
            match queue.waiting.pop_front() {
                Some(order) if !queue.leaving => order,
                _ => {
                    queue.running = false;
                    return;
                }
            }
        };
        // It is not waited for: its last act starts the next.
        if start(shared, order).is_some() {
            return;
        }
    }
}

/// Starts the thread of this trial; `None` where it could not be started, which has been told.
fn start(shared: &Arc<Shared>, order: Order) -> Option<JoinHandle<()>> {
    let entry = find(shared, order)?;
    let on_thread = Arc::clone(shared);
    match thread::start(entry.name().to_owned(), move || run(&on_thread, order, entry)) {
        Ok(thread) => Some(thread),
        Err(error) => {
            let reason =
                format!("its thread could not be started: {error}; raise the limit on processes (ulimit -u)");
            send(shared, not_run(order, reason));
            None
        }
    }
}

/// The entry of this trial; `None` where there is none, which has been told.
fn find(shared: &Shared, order: Order) -> Option<&'static Entry> {
    let entry = shared.registry.at(order.address());
    if entry.is_none() {
        // Only another binary could name such a trial, and the handshake refuses another binary.
        let reason = format!("this binary has no trial number {} {:?}", order.entry, order.made.0);
        send(shared, not_run(order, reason));
    }
    entry
}

/// The life of a trial thread.
fn run(shared: &Arc<Shared>, order: Order, entry: &'static Entry) {
    if shared.host == Host::Fork {
        roam();
    }
    // First use, before the trial can use one of its own.
    LAST_ACT.with(|_| ());
    let attempt = attempt(shared, order, entry);
    LAST_ACT.replace(LastAct(Some((Arc::clone(shared), order, attempt))));
}

/// Runs the trial on the calling thread.
fn attempt(shared: &Arc<Shared>, order: Order, entry: &'static Entry) -> Attempt {
    if shared.settings.last_words.is_some() {
        *DOOMED.lock().unwrap_or_else(PoisonError::into_inner) = Some((Arc::clone(shared), order));
    }
    shared.page.store(order.position, 0, seam::monotonic_ns());
    let ruled;
    let settings = match order.ruled == Ruled::default() {
        true => &shared.settings,
        false => {
            ruled = TrialSettings { ruled: order.ruled, ..shared.settings.clone() };
            &ruled
        }
    };
    let attempt = match shared.setup.fresh_runtime {
        true => trial::run_here(entry, settings),
        // Nobody else holds this lock: trials of a lane run one at a time. One that is stuck keeps it, and its lane.
        false => {
            let mut spare = shared.spare.lock().unwrap_or_else(PoisonError::into_inner);
            trial::run_with(entry, settings, Some(&mut spare))
        }
    };
    if shared.is_copy() {
        // The trial forked and this is the child, come back from the trial's function: what happens here is not news of
        // the trial, and what waits in the mailbox is not for it.
        exit::leave_at_once(i32::from(attempt.verdict.is_red()));
    }
    attempt
}

thread_local! {
    /// What a trial thread does when it is done with everything else.
    ///
    /// Thread-locals are dropped in the reverse order of their first use: those of the trial come before this one. A
    /// trial is not over before they are gone, for they can hang, print, or end the process, and then it was this trial
    /// and not the next one.
    static LAST_ACT: RefCell<LastAct> = const { RefCell::new(LastAct(None)) };
}

/// The end of a trial that ran; empty while it runs, because `exit` too drops the thread-locals of its thread.
struct LastAct(Option<(Arc<Shared>, Order, Attempt)>);

impl Drop for LastAct {
    fn drop(&mut self) {
        let Some((shared, order, attempt)) = self.0.take() else { return };
        let left = finish(&shared, order, &attempt);
        match (shared.host, left) {
            (Host::Fork, _) => {}
            (_, true) => leave(&shared),
            (_, false) => start_next(&shared),
        }
    }
}

/// Tells of a trial that has ended; true if this process is no place for another one.
fn finish(shared: &Shared, order: Order, attempt: &Attempt) -> bool {
    span::thread_ends();
    if shared.host == Host::Process {
        // Whatever the next trial does to this process, what this one ran has been counted.
        profile::write();
    }
    let left = conclude(shared, order, attempt);
    shared.page.idle();
    if let Some(store) = &shared.settings.store {
        store.end_trial();
    }
    left
}

/// The trial that runs in a process that was built with `panic = "abort"`.
static DOOMED: Mutex<Option<(Arc<Shared>, Order)>> = Mutex::new(None);

/// Sends the outcome of a trial whose panic is about to end this process.
fn say_last_words(_: &'static Entry, attempt: &Attempt) {
    let doomed = DOOMED.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((shared, order)) = doomed
        && !shared.is_copy()
    {
        conclude(&shared, order, attempt);
        shared.page.idle();
        // A clean end for the arbiter's books: the panic was told, and it takes this process either way.
        leave(&shared);
    }
}

/// Gathers what the attempt left and sends its outcome home; true if this process is no place for another trial.
fn conclude(shared: &Shared, order: Order, attempt: &Attempt) -> bool {
    let mut notes = Vec::new();
    let mut output = Output::default();
    let mut deaf = false;
    if let Some(capture) = &shared.capture {
        capture::flush_all();
        let written = capture.written();
        deaf = written.is_none();
        if deaf {
            let next = if shared.host == Host::Fork { "" } else { "; the next test gets a new worker" };
            notes.push(format!("closed or replaced its stdout or stderr{next}"));
        }
        let wanted = shared.setup.keep_output || attempt.verdict.is_red();
        let is_empty = written.map_or_else(|| matches!(capture.is_empty(), Ok(true)), |bytes| bytes == 0);
        if !is_empty {
            output = collect(capture, wanted.then_some(shared.setup.output_limit), &mut notes);
        }
    }
    notes.extend(shared.settings.store.as_ref().and_then(|store| store.stopped_while()));
    if !attempt.actors.is_empty() {
        trial::append_actors(&mut output, &attempt.actors);
    }
    // What was killed a moment ago, as an actor's process is when its last proxy goes, takes a moment to be gone.
    let own_process = shared.host != Host::Thread;
    let children = if own_process { process::settle_children(SETTLE) } else { None };
    if let Some(count) = children {
        let running = process::children().into_iter().filter(|child| !child.finished);
        let names: Vec<String> = running.filter_map(|child| process::name_of(child.pid)).collect();
        notes.push(left_behind(count, &names));
    }
    let is_changed = notice_change(shared, order, attempt.verdict.is_red(), &mut notes);
    let started_ns = shared.page.load().map_or(0, |moment| moment.started_ns);
    let (verdict, duration_ns) = (attempt.verdict.clone(), attempt.duration_ns);
    let position = order.position;
    if let Some(measured) = &attempt.measured {
        send(shared, Report::Measured { position, measured: Measured::clone(measured) });
    }
    let report = Report::Finished { position, verdict, started_ns, duration_ns, output, notes };
    send(shared, report.in_short());
    deaf || is_changed || children.is_some() || (attempt.left_threads && own_process)
}

/// Says what the trial has changed for those that follow in its process; true if that is not what it was any more.
///
/// A thread that stays is most often a pool that the next test uses too, and another process would only start another
/// one: it is told of, and left. In a worker that keeps fixtures it may be one of theirs, and in a trial that may leave
/// things behind it is meant.
///
/// What only the system knows is read where a trial is red, and not for each that is green.
fn notice_change(shared: &Shared, order: Order, is_red: bool, notes: &mut Vec<String>) -> bool {
    let Some(surroundings) = &shared.surroundings else { return false };
    let own = || shared.registry.at(order.address()).and_then(|entry| entry.options.leaks);
    let says = order.ruled.leaks.or_else(own).unwrap_or(shared.settings.leaks);
    let keeps_fixtures = shared.settings.store.as_ref().is_some_and(|store| store.has_rooms());
    let mut surroundings = surroundings.lock().unwrap_or_else(PoisonError::into_inner);
    let change = surroundings.0.change(says == Leaks::Fail && !keeps_fixtures);
    let standing = if is_red { surroundings.1.change() } else { Vec::new() };
    drop(surroundings);
    if change == Change::default() && standing.is_empty() {
        return false;
    }
    if !change.threads.is_empty() {
        notes.push(still_there(&change.threads));
    }
    let is_replaced = !(change.replaced.is_empty() && standing.is_empty());
    notes.extend(standing.into_iter().map(|what| {
        format!("it, or a test before it in its worker, changed {what}; the next test gets a new worker")
    }));
    notes.extend(
        change.replaced.into_iter().map(|what| format!("changed {what}; the next test gets a new worker")),
    );
    is_replaced
}

/// What is said of threads that a trial left behind.
fn still_there(names: &[String]) -> String {
    let threads = if names.len() == 1 { "a thread".to_owned() } else { format!("{} threads", names.len()) };
    format!("left {threads} running beside the next tests of its worker: {}", names.join(", "))
}

/// Reads what a trial wrote, if it is wanted, and makes room for the next one.
fn collect(capture: &Capture, limit: Option<u64>, notes: &mut Vec<String>) -> Output {
    let mut output = Output::default();
    if let Some(limit) = limit {
        match capture.read(limit) {
            Ok((bytes, dropped)) => output = Output { bytes, dropped },
            Err(error) => notes.push(format!("its output could not be read back: {error}")),
        }
    }
    if let Err(error) = capture.clear() {
        notes.push(format!("its output could not be cleared: {error}"));
    }
    output
}

/// What is said of the processes that a trial left behind, as far as their names are known; each name once, for it may have
/// been a hundred of them.
pub fn left_behind(count: usize, names: &[String]) -> String {
    let mut each = BTreeMap::<&str, usize>::new();
    names.iter().for_each(|name| *each.entry(name).or_default() += 1);
    let each: Vec<String> = each
        .into_iter()
        .map(|(name, times)| if times == 1 { name.to_owned() } else { format!("{name} ({times})") })
        .collect();
    let names = if each.is_empty() { String::new() } else { format!(": {}", each.join(", ")) };
    match count {
        1 => format!("left a child process behind, which was killed{names}"),
        count => format!("left {count} child processes behind, which were killed{names}"),
    }
}

/// A trial left child processes behind: they hold its output file, so this process ends and its place is taken by a
/// new one. The arbiter kills the process group when it sees the end.
fn leave(shared: &Shared) {
    if shared.host == Host::Fork {
        return;
    }
    let mut queue = shared.queue();
    queue.leaving = true;
    queue.running = false;
    let positions = queue.waiting.drain(..).map(|order| order.position).collect();
    drop(queue);
    send(shared, Report::Leaving { positions });
}

fn not_run(order: Order, reason: String) -> Report {
    Report::Finished {
        position: order.position,
        verdict: Verdict::NotRun { reason },
        started_ns: 0,
        duration_ns: 0,
        output: Output::default(),
        notes: Vec::new(),
    }
}

/// Sends home. Where home cannot be reached (a trial closed every descriptor) this process has no purpose left, and
/// its death names the trial that did it; in the arbiter's own process the run is over and nobody waits.
fn send(shared: &Shared, report: Report) {
    if shared.outlet.send(report).is_err() && shared.host != Host::Thread {
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn of_many_processes_of_one_name_it_is_told_how_many() {
        for (names, told) in [
            (&[][..], "left 3 child processes behind, which were killed"),
            (&["b", "a", "b"], "left 3 child processes behind, which were killed: a, b (2)"),
            (&["c", "b", "a"], "left 3 child processes behind, which were killed: a, b, c"),
        ] {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(left_behind(3, &names), told);
        }
        assert_eq!(left_behind(1, &["a".to_owned()]), "left a child process behind, which was killed: a");
    }
}
