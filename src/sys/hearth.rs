//! Where the futures are at home that have no task of their own: one for each runtime, made with the first of them.
//!
//! A task is the dearest thing that is made for an actor, and one that is asked and dropped needs none. Two things only a
//! task can do: it is where a runtime says that it goes, and where a future is polled to its end that nobody else may end.
//! One task does both for all of a runtime. Everything else that wakes such a future gets it a task, which then is its owner.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;

use super::helm::{Home, Lone, Owner, Steered};
#[cfg(feature = "harness")]
use super::home;
use super::seam;

/// As many may wait here for their end; more have tasks, and so other threads.
const WAITING: usize = 256;

/// As many are ended before other tasks have their turn.
const TURN: usize = 64;

/// One runtime's.
pub(crate) struct Hearth {
    home: Home,
    /// The runtime has gone, or is about to.
    is_out: AtomicBool,
    book: Mutex<Book>,
    /// Leaves all futures that are at home here and have no owner.
    forsake: fn(Home),
}

struct Book {
    /// None once it is out.
    runtime: Option<Handle>,
    ending: VecDeque<Arc<dyn Lone>>,
    /// The task's, while it waits.
    waker: Option<Waker>,
}

/// All that are lit.
static HEARTHS: Mutex<Vec<Arc<Hearth>>> = Mutex::new(Vec::new());

thread_local! {
    /// The one that was asked for last on this thread.
    static LAST: RefCell<Option<Arc<Hearth>>> = const { RefCell::new(None) };
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has the runtime of this number, whose context this thread is in, have a hearth. `false` where it goes already. What
/// is at home there is to be [left](Steered::leave) by `forsake` when it goes.
pub(crate) fn light(home: Home, forsake: fn(Home)) -> bool {
    with(home, |hearth| hearth.is_lit()).unwrap_or_else(|| kindle(home, forsake))
}

#[cold]
fn kindle(home: Home, forsake: fn(Home)) -> bool {
    let hearth = {
        let mut hearths = locked(&HEARTHS);
        if hearths.iter().any(|hearth| hearth.home == home) {
            return true;
        }
        let book = Book { runtime: Some(Handle::current()), ending: VecDeque::new(), waker: None };
        let hearth =
            Arc::new(Hearth { home, is_out: AtomicBool::new(false), book: Mutex::new(book), forsake });
        hearths.push(hearth.clone());
        hearth
    };
    seam::spawn_owner(Owner(hearth.clone()));
    hearth.is_lit()
}

/// Whether the runtime of this number has a hearth that is not out.
pub(crate) fn is_lit(home: Home) -> bool {
    with(home, |hearth| hearth.is_lit()).unwrap_or(false)
}

/// How many tasks of a runtime are hearths.
#[cfg(feature = "harness")]
pub(crate) fn tasks_of(runtime: &Handle) -> usize {
    home::of(runtime).map_or(0, |home| usize::from(is_lit(home)))
}

/// Something has come up for a future that is at home here and had no owner: it gets one. Where that is its `end`, which
/// as a rule takes one poll, the hearth polls it.
pub(crate) fn call_owner(home: Home, of: Arc<dyn Lone>, end: bool) {
    let mut of = Some(of);
    with(home, |hearth| of.take().map(|of| hearth.call_owner(of, end)));
    // Its runtime has gone.
    if let Some(of) = of {
        of.leave();
    }
}

/// Asks the hearth of this runtime, if it has one.
fn with<T>(home: Home, ask: impl FnOnce(&Arc<Hearth>) -> T) -> Option<T> {
    let is_last = |last: &RefCell<Option<Arc<Hearth>>>| {
        last.try_borrow().is_ok_and(|last| last.as_ref().is_some_and(|hearth| hearth.home == home))
    };
    if LAST.try_with(is_last).unwrap_or(false) {
        return LAST.with_borrow(|last| last.as_ref().map(ask));
    }
    let hearth = locked(&HEARTHS).iter().find(|hearth| hearth.home == home)?.clone();
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Some(hearth.clone());
        }
    });
    Some(ask(&hearth))
}

impl Hearth {
    fn is_lit(&self) -> bool {
        !self.is_out.load(Ordering::SeqCst)
    }

    fn call_owner(&self, of: Arc<dyn Lone>, end: bool) {
        let mut book = locked(&self.book);
        if end && book.runtime.is_some() && book.ending.len() < WAITING {
            book.ending.push_back(of);
            let waker = book.waker.take();
            drop(book);
            if let Some(waker) = waker {
                waker.wake();
            }
            return;
        }
        let runtime = book.runtime.clone();
        drop(book);
        match runtime {
            Some(runtime) => seam::spawn_owner_on(&runtime, Owner(of)),
            None => of.leave(),
        }
    }

    /// The next one that is to be ended, unless there is none: then the task is woken when there is.
    fn next(&self, cx: &Context<'_>) -> Option<Arc<dyn Lone>> {
        let mut book = locked(&self.book);
        let next = book.ending.pop_front();
        if next.is_none() {
            book.waker = Some(cx.waker().clone());
        }
        next
    }
}

impl Steered for Hearth {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..TURN {
            let Some(next) = self.next(cx) else { return Poll::Pending };
            // A panic there is that one's, as it is in a task of its own.
            let concluded = catch_unwind(AssertUnwindSafe(|| match next.conclude() {
                true => drop(next),
                false => self.call_owner(next, false),
            }));
            drop(concluded);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// The runtime goes.
    fn leave(&self) {
        // Who begins alone from now on sees this, or is seen below.
        self.is_out.store(true, Ordering::SeqCst);
        locked(&HEARTHS).retain(|hearth| hearth.home != self.home);
        let (ending, waker) = {
            let mut book = locked(&self.book);
            drop(book.runtime.take());
            (std::mem::take(&mut book.ending), book.waker.take())
        };
        drop(waker);
        ending.iter().for_each(|one| leave(&**one));
        (self.forsake)(self.home);
    }
}

/// Leaves it; a panic there is that one's.
pub(crate) fn leave(one: &(impl Steered + ?Sized)) {
    drop(catch_unwind(AssertUnwindSafe(|| one.leave())));
}
