//! The one panic hook: it notes each panic's message and place, because the payload that is caught has no place.
//!
//! The hook is put in front of the previous one, which still prints. Three ask it things: the actor layer, so that a
//! caller learns where a command panicked; the harness, which [observes](observe) every panic of the process; and
//! code that provokes panics on purpose and marks them as [expected](expected()).

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once, PoisonError, RwLock};
use std::thread::{LocalKey, ThreadId};

use super::{current, letter};
use crate::sys::wire::wired;

/// A panic's message and place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PanicNote {
    /// The message; a payload that is no string is described.
    pub message: String,
    /// `file:line:column`; empty where the hook was not asked (another hook was installed over it).
    pub location: String,
}

wired! { struct PanicNote { message, location } }

impl std::fmt::Display for PanicNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.location.is_empty() {
            write!(f, "at {}: ", self.location)?;
        }
        f.write_str(&self.message)
    }
}

/// A panic as an observer is told of it, on the panicking thread, before it unwinds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Panic {
    /// Name of the thread, where it has one.
    pub thread: Option<String>,
    /// The thread.
    pub thread_id: ThreadId,
    /// Whether it happened in a tokio task.
    pub in_task: bool,
    /// Whether an actor's loop is around it, which catches it and tells the callers, or `answered_for`.
    pub caught_by_actor: bool,
    /// Whether it happened inside [`expected`].
    pub expected: bool,
    /// Whether its payload is a string, and so its message is the payload's own.
    pub is_text: bool,
    /// Message and place.
    pub note: PanicNote,
}

type Observer = Arc<dyn Fn(&Panic) + Send + Sync>;

/// The number of the hook that is asked: the one that was made last, or none where it is gone.
static ASKED: AtomicU64 = AtomicU64::new(NONE);
const NONE: u64 = 0;

static OBSERVERS: RwLock<Vec<Observer>> = RwLock::new(Vec::new());
static LAST_OBSERVERS: RwLock<Vec<Observer>> = RwLock::new(Vec::new());

thread_local! {
    static LAST: RefCell<Option<PanicNote>> = const { RefCell::new(None) };
    static EXPECTED: Cell<usize> = const { Cell::new(0) };
    static ANSWERED_FOR: Cell<usize> = const { Cell::new(0) };
}

/// Whether the hook was ever asked for.
static INSTALLED: Once = Once::new();

/// Puts the hook in place, once a process. Spawning an actor does it too. Where other code replaces it later, another one is
/// put in front of what came in its place.
pub fn install() {
    INSTALLED.call_once(|| put_in_front_of(std::panic::take_hook()));
}

/// Puts a hook in place again if other code has thrown it away, and that could not be undone at once. Costs one look.
pub(crate) fn put_back() {
    if INSTALLED.is_completed() && ASKED.load(Ordering::SeqCst) == NONE && !std::thread::panicking() {
        put_in_front_of(std::panic::take_hook());
    }
}

/// What a hook has of itself. Who replaces the hook throws this away, and what it was meant to see would go unseen from then
/// on: so another one is put in front of the new one, which still prints or does not, as it likes.
struct Place(u64);

impl Place {
    fn is_asked(&self) -> bool {
        ASKED.load(Ordering::SeqCst) == self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // One that was put back by whoever took it may lie below a newer one.
        if ASKED.compare_exchange(self.0, NONE, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            put_back();
        }
    }
}

fn put_in_front_of(previous: Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>) {
    static NUMBERS: AtomicU64 = AtomicU64::new(NONE + 1);
    let place = Place(NUMBERS.fetch_add(1, Ordering::SeqCst));
    ASKED.store(place.0, Ordering::SeqCst);
    std::panic::set_hook(Box::new(move |info| {
        if !place.is_asked() {
            return previous(info);
        }
        let expected = EXPECTED.try_with(Cell::get).unwrap_or(0) > 0;
        let panic = note(info, expected);
        tell(&OBSERVERS, &panic);
        if !expected {
            previous(info);
        }
        if cfg!(panic = "abort") {
            tell(&LAST_OBSERVERS, &panic);
        }
    }));
}

/// Calls `observer` for every panic of this process from now on, on the panicking thread.
///
/// An observer must not panic: that aborts the process.
pub fn observe(observer: impl Fn(&Panic) + Send + Sync + 'static) {
    install();
    OBSERVERS.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(observer));
}

/// Calls `observer` where a panic is about to end this process, after the panic was printed; never where panics unwind.
pub fn observe_last(observer: impl Fn(&Panic) + Send + Sync + 'static) {
    install();
    LAST_OBSERVERS.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(observer));
}

/// Runs `f`; a panic on this thread while it runs is marked as expected: observers see the mark, nothing is printed.
/// The panic is not caught here.
pub fn expected<R>(f: impl FnOnce() -> R) -> R {
    install();
    within(&EXPECTED, f)
}

/// Runs `f`; a panic on this thread while it runs is printed, and observers see that somebody answers for it, as an actor's
/// loop does: the caller catches it and tells of it.
#[cfg(feature = "bench")]
pub(crate) fn answered_for<R>(f: impl FnOnce() -> R) -> R {
    within(&ANSWERED_FOR, f)
}

/// Runs `f`, with one more on this thread of what is counted there.
fn within<R>(depth: &'static LocalKey<Cell<usize>>, f: impl FnOnce() -> R) -> R {
    struct Leave(&'static LocalKey<Cell<usize>>);
    impl Drop for Leave {
        fn drop(&mut self) {
            self.0.with(|depth| depth.set(depth.get() - 1));
        }
    }
    depth.with(|depth| depth.set(depth.get() + 1));
    let _leave = Leave(depth);
    f()
}

/// What the hook noted of the panic that is unwinding, or was just caught, on this thread.
pub fn last() -> Option<PanicNote> {
    LAST.try_with(|last| last.borrow().clone()).ok().flatten()
}

/// The note of a panic that was caught: what the hook noted, or what the payload tells where the hook was not asked.
pub fn caught(payload: &(dyn Any + Send)) -> PanicNote {
    let message = payload_message(payload);
    match LAST.try_with(RefCell::take).ok().flatten() {
        Some(note) if message.is_none_or(|message| message == note.message) => note,
        // `resume_unwind` calls no hook: the note is of an earlier panic.
        _ => PanicNote { message: message.unwrap_or(OPAQUE).to_owned(), location: String::new() },
    }
}

/// What stands for the message of a payload that is no string.
pub(crate) const OPAQUE: &str = "(a payload that is no string)";

/// The text of a payload that is a string.
pub(crate) fn payload_message(payload: &(dyn Any + Send)) -> Option<&str> {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

fn note(info: &PanicHookInfo<'_>, expected: bool) -> Panic {
    let message = payload_message(info.payload());
    let note = PanicNote {
        message: message.unwrap_or(OPAQUE).to_owned(),
        location: info.location().map(ToString::to_string).unwrap_or_default(),
    };
    // A panic that is raised while `LAST` is borrowed, or while the thread's locals go, keeps no note.
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Some(note.clone());
        }
    });
    let thread = std::thread::current();
    Panic {
        thread: thread.name().map(str::to_owned),
        thread_id: thread.id(),
        in_task: tokio::task::try_id().is_some(),
        caught_by_actor: current::is_inside()
            || letter::is_burying()
            || ANSWERED_FOR.try_with(Cell::get).unwrap_or(0) > 0,
        expected,
        is_text: message.is_some(),
        note,
    }
}

fn tell(observers: &RwLock<Vec<Observer>>, panic: &Panic) {
    // Not held while they run: one may start an actor, which installs the hook.
    let observers = match observers.try_read() {
        Ok(observers) => observers.clone(),
        Err(_) => return,
    };
    for observer in &observers {
        observer(panic);
    }
}
