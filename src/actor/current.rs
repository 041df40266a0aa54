//! Which actor controls the current thread.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::exit::Exit;
use super::node::AnyActor;
use super::params::Params;

thread_local! {
    /// Never dropped, so that reading it asks nobody whether it is there: no thread ends with an actor in control of it.
    static CURRENT: ManuallyDrop<RefCell<Option<Arc<dyn AnyActor>>>> =
        const { ManuallyDrop::new(RefCell::new(None)) };
    static LAST_WORDS: RefCell<Option<Exit>> = const { RefCell::new(None) };
}

/// While this lives, replies that are dropped on this thread tell their callers that a life of the actor ended so. Only
/// for an actor that may be started again: the callers of one that has ended for good learn how from the actor itself.
pub(crate) struct LastWords(());

impl LastWords {
    pub(crate) fn say(exit: Exit) -> LastWords {
        LAST_WORDS.set(Some(exit));
        LastWords(())
    }
}

impl Drop for LastWords {
    fn drop(&mut self) {
        let _ = LAST_WORDS.try_with(RefCell::take);
    }
}

/// How the life ended that is being dropped on this thread.
pub(crate) fn last_words() -> Option<Exit> {
    LAST_WORDS.try_with(|exit| exit.borrow().clone()).ok().flatten()
}

/// While this lives the actor is the one that controls the thread. The reference is moved in and out again, so that
/// entering costs no atomic operation.
pub(crate) struct Inside<'a> {
    seat: &'a mut Option<Arc<dyn AnyActor>>,
    outer: Option<Arc<dyn AnyActor>>,
}

impl<'a> Inside<'a> {
    pub(crate) fn enter(seat: &'a mut Option<Arc<dyn AnyActor>>) -> Inside<'a> {
        let outer = CURRENT.with(|current| current.replace(seat.take()));
        Inside { seat, outer }
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let outer = self.outer.take();
        *self.seat = CURRENT.with(|current| current.replace(outer));
    }
}

/// Whether an actor controls the current thread.
pub(crate) fn is_inside() -> bool {
    CURRENT.try_with(|current| current.try_borrow().is_ok_and(|actor| actor.is_some())).unwrap_or(false)
}

/// The number of the actor that controls the current thread, if one does.
pub(crate) fn id() -> Option<u64> {
    let id = |actor: &ManuallyDrop<RefCell<Option<Arc<dyn AnyActor>>>>| {
        actor.try_borrow().ok()?.as_ref().map(|own| own.node().name.id)
    };
    CURRENT.try_with(id).ok().flatten()
}

/// The `#[on_params]` function of the actor that controls the current thread, if both are there.
pub(crate) fn on_params() -> Option<fn(&mut Params)> {
    CURRENT.try_with(|current| current.borrow().as_ref().and_then(|actor| actor.on_params())).ok().flatten()
}

pub(crate) fn current() -> Option<Arc<dyn AnyActor>> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}
