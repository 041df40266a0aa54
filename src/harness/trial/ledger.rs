//! Which panic belongs to which trial.
//!
//! A trial's own thread and the threads of its runtime carry its ledger in a thread-local. On the own thread a panic
//! inside a tokio task is told from one of the trial's function by the task's id. A thread that carries no ledger was
//! started by hand: its panics belong to the trial that runs alone in this process, or to the run.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};
use std::time::Instant;

use tokio::task::{Id, try_id};

use super::attempt::{Over, TrialSettings, attempt};
use super::dump::Dump;
use super::judge::End;
use super::sight;
use crate::actor::overview;
use crate::actor::panic::{self, Panic};
use crate::actor::{InRealm, Realm};
use crate::harness::fixture;
use crate::harness::outcome::Measured;
use crate::harness::registry::Entry;

/// A panic as the hook saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panicked {
    /// Its message, or words for a payload that is no text.
    pub message: String,
    /// `file:line:column`; unknown for a panic that was resumed.
    pub location: Option<String>,
    /// The name of its thread, where it has one.
    pub thread: Option<String>,
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(location) => write!(f, "panicked at {location}:\n{}", self.message),
            None => write!(f, "panicked: {}", self.message),
        }
    }
}

/// What is known of one attempt while it runs.
pub(super) struct Ledger {
    entry: &'static Entry,
    settings: TrialSettings,
    started: Instant,
    /// Its actors.
    realm: Realm,
    /// What its tasks wait for.
    dump: Dump,
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    own: Option<Panicked>,
    stray: Vec<Panicked>,
    skipped: Option<String>,
    /// What it measured.
    measured: Option<Box<Measured>>,
    /// What its fixtures say against it.
    fixtures: Vec<String>,
    /// The tree of its actors as something went wrong.
    actors: Option<String>,
    /// How often that was looked at.
    looks: u32,
}

/// How often the actors are looked at in the end: a trial that catches its panics may have no end of them.
const LOOKS: u32 = 64;

/// Panics beside a trial that are remembered; the rest is on its stderr.
const STRAY_LIMIT: usize = 8;

/// What a thread knows of the trial it works for.
struct Post {
    ledger: Arc<Ledger>,
    place: Place,
}

#[derive(Clone, Copy)]
enum Place {
    /// The trial's own thread, and the task it was called from, if any.
    Own(Option<Id>),
    /// A thread of its runtime.
    Beside,
}

thread_local! {
    static POST: RefCell<Option<Post>> = const { RefCell::new(None) };
}

/// The trial that has this process to itself.
static ALONE: Mutex<Option<Arc<Ledger>>> = Mutex::new(None);

type UnknownPanic = Box<dyn Fn(&Panicked) + Send + Sync>;
static UNKNOWN: OnceLock<UnknownPanic> = OnceLock::new();

/// Hands the run every panic on a thread that no trial answers for. The first caller of a process is heard; false says
/// that there was one already.
pub fn on_unknown_panic(callback: impl Fn(&Panicked) + Send + Sync + 'static) -> bool {
    listen();
    UNKNOWN.set(Box::new(callback)).is_ok()
}

impl Ledger {
    pub(super) fn new(entry: &'static Entry, settings: TrialSettings) -> Ledger {
        let realm = Realm::open();
        #[cfg(feature = "testkit")]
        realm.await_pledges();
        Ledger {
            entry,
            settings,
            started: Instant::now(),
            realm,
            dump: Dump::default(),
            notes: Mutex::default(),
        }
    }

    pub(super) fn entry(&self) -> &'static Entry {
        self.entry
    }

    pub(super) fn settings(&self) -> &TrialSettings {
        &self.settings
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// The actors of the trial.
    pub(super) fn realm(&self) -> &Realm {
        &self.realm
    }

    /// What its tasks wait for.
    pub(super) fn dump(&self) -> &Dump {
        &self.dump
    }

    /// The last panic of the trial's own function.
    pub(super) fn own_panic(&self) -> Option<Panicked> {
        self.notes().own.clone()
    }

    /// The panics beside the trial, the reason given to `rehearsal::skip!`, and what its fixtures say against it.
    pub(super) fn take(&self) -> (Vec<Panicked>, Option<String>, Vec<String>) {
        let mut notes = self.notes();
        let fixtures = std::mem::take(&mut notes.fixtures);
        (std::mem::take(&mut notes.stray), notes.skipped.take(), fixtures)
    }

    /// What the trial measured, where it did.
    pub(super) fn take_measured(&self) -> Option<Box<Measured>> {
        self.notes().measured.take()
    }

    /// What the fixtures of the trial came to: why it is red, and why it is skipped.
    pub(super) fn complain(&self, fixtures: Vec<String>, skip: Option<String>) {
        let mut notes = self.notes();
        notes.fixtures = fixtures;
        notes.skipped = notes.skipped.take().or(skip);
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_own(&self, panicked: Panicked) {
        self.notes().own = Some(panicked);
        self.look();
    }

    /// Notes what its actors are at: something has gone wrong.
    pub(super) fn look(&self) {
        let looks = {
            let mut notes = self.notes();
            notes.looks += 1;
            notes.looks
        };
        if looks <= LOOKS
            && let Some(actors) = self.drawn()
        {
            self.notes().actors = Some(actors);
        }
    }

    /// Its actors as they are now, where it has any and they are wanted.
    pub(super) fn drawn(&self) -> Option<String> {
        if self.settings.show_actors { overview::drawn(self.realm.actors(), sight::MOST) } else { None }
    }

    /// What its actors were at when something went wrong; may be empty.
    pub(super) fn take_actors(&self) -> String {
        self.notes().actors.take().unwrap_or_default()
    }

    fn note_stray(&self, panicked: Panicked) {
        let mut notes = self.notes();
        let is_first = notes.stray.is_empty();
        if notes.stray.len() < STRAY_LIMIT {
            notes.stray.push(panicked);
        }
        drop(notes);
        if is_first {
            self.look();
        }
    }
}

/// The trial that has this process to itself, if one runs that does.
pub(super) fn alone() -> Option<Arc<Ledger>> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Ends the watch over the calling thread.
pub(super) struct Watch {
    before: Option<Post>,
    alone: bool,
    _inside: InRealm,
}

/// Makes the calling thread the trial's own, until the guard is dropped.
pub(super) fn watch(ledger: &Arc<Ledger>) -> Watch {
    listen();
    let alone = ledger.settings.alone;
    if alone {
        *ALONE.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(ledger));
    } else {
        sight::begin(ledger);
    }
    let post = Post { ledger: Arc::clone(ledger), place: Place::Own(try_id()) };
    let inside = if alone { ledger.realm.enter_alone() } else { ledger.realm.enter() };
    Watch { before: POST.replace(Some(post)), alone, _inside: inside }
}

impl Drop for Watch {
    fn drop(&mut self) {
        POST.set(self.before.take());
        if self.alone {
            *ALONE.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

/// Makes the calling thread, which belongs to the trial's runtime, answer to its ledger for good.
pub(super) fn watch_beside(ledger: &Arc<Ledger>) {
    ledger.realm.settle();
    POST.set(Some(Post { ledger: Arc::clone(ledger), place: Place::Beside }));
}

/// Remembers that the trial of the calling thread wants to be skipped; false where no trial is known here.
pub(crate) fn note_skip(reason: &str) -> bool {
    let Some((ledger, _)) = whose() else { return false };
    ledger.notes().skipped.get_or_insert_with(|| reason.to_owned());
    if cfg!(panic = "abort") {
        speak_last_words(&ledger, End::Skipped);
    }
    true
}

/// Counts a panic in another process among those beside the trial of the calling thread, which answers for it.
#[cfg(feature = "bench")]
pub(crate) fn note_panic_elsewhere(note: &panic::PanicNote, place: &str) {
    if let Some((ledger, _)) = whose() {
        let location = Some(note.location.clone()).filter(|location| !location.is_empty());
        let (message, thread) = (note.message.clone(), Some(place.to_owned()));
        ledger.note_stray(Panicked { message, location, thread });
    }
}

/// Remembers what the trial of the calling thread measured.
#[cfg(feature = "bench")]
pub(crate) fn note_measured(measured: Measured) {
    if let Some((ledger, _)) = whose() {
        ledger.notes().measured = Some(Box::new(measured));
    }
}

/// The ledger that answers for the calling thread, and whether what happens now is the trial's own function.
fn whose() -> Option<(Arc<Ledger>, bool)> {
    // A panic in a thread-local's destructor may come after ours is gone.
    let posted = POST.try_with(|post| {
        let post = post.try_borrow().ok()?;
        let post = post.as_ref()?;
        let own = matches!(post.place, Place::Own(caller) if try_id() == caller);
        Some((Arc::clone(&post.ledger), own))
    });
    posted.ok().flatten().or_else(|| {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        alone.as_ref().map(|ledger| (Arc::clone(ledger), false))
    })
}

/// The ledger of the trial of the calling thread.
#[cfg(feature = "bench")]
pub(super) fn current() -> Option<Arc<Ledger>> {
    whose().map(|(ledger, _)| ledger)
}

/// Listens to the crate's panic hook, once a process.
fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        panic::observe(|panic| {
            let panicked = Panicked::of(panic);
            match whose() {
                Some((ledger, true)) => ledger.note_own(panicked),
                // Somebody catches these, or says that they are meant.
                _ if panic.caught_by_actor => {}
                // A fixture's set-up and teardown may panic, and say so; a task beside them may not.
                _ if panic.expected => drop(fixture::note_panic(panic)),
                Some((ledger, false)) => ledger.note_stray(panicked),
                None if fixture::note_panic(panic) => {}
                None => {
                    if let Some(callback) = UNKNOWN.get() {
                        callback(&panicked);
                    }
                }
            }
        });
        panic::observe_last(|panic| {
            if let Some((ledger, own)) = whose() {
                speak_last_words(&ledger, End::of_fatal(panic, own));
            }
        });
    });
    // A trial before this one may have thrown it away.
    panic::put_back();
}

/// This process dies of the panic at hand: tells the verdict while there is someone to tell it.
fn speak_last_words(ledger: &Ledger, end: End) {
    if let Some(last_words) = ledger.settings.last_words {
        last_words(ledger.entry, &attempt(ledger, Over::so(end)));
    }
}

impl Panicked {
    fn of(panic: &Panic) -> Panicked {
        let location = Some(panic.note.location.clone()).filter(|location| !location.is_empty());
        Panicked { message: panic.note.message.clone(), location, thread: panic.thread.clone() }
    }
}
