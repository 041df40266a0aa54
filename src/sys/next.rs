//! A place where a thread puts one thing aside that it will come back to in a moment, and from where another takes it if
//! it does not come.
//!
//! | state | the thing is | who moves on from it |
//! |---|---|---|
//! | `EMPTY` | not there | its thread, which puts one in |
//! | `FULL` | whose moves on first | its thread, which takes it back; who finds it overdue |
//! | `BUSY` | who found it overdue | that one, within a few instructions |
//!
//! Above these two bits is a number, another for each thing. Its thread pays one exchange for a thing: to put it in is a
//! mere store, because nobody else does.

#![allow(unsafe_code)]

use super::primitive::{AtomicU64, Cell, Ordering};

const EMPTY: u64 = 0;
const FULL: u64 = 1;
const BUSY: u64 = 2;
const STATE: u64 = 3;
/// From a thing's number to the next one's.
const NEXT: u64 = 4;

/// The place. Who calls it its own is one thread at a time.
pub(crate) struct Next<T> {
    state: AtomicU64,
    thing: Cell<Option<T>>,
}

// SAFETY: `thing` is touched only by whom `state` gives it to, see the table above, and may be sent.
unsafe impl<T: Send> Sync for Next<T> {}

impl<T> Next<T> {
    /// With nothing in it.
    pub(crate) fn new() -> Next<T> {
        Next { state: AtomicU64::new(EMPTY), thing: Cell::new(None) }
    }

    /// Puts a thing in where there is none. For its own thread.
    #[inline]
    pub(crate) fn put(&self, thing: T) -> Result<(), T> {
        // Who took the one before out has done so.
        let state = self.state.load(Ordering::Acquire);
        if state & STATE != EMPTY {
            return Err(thing);
        }
        // SAFETY: in this state it is for its own thread alone to move on.
        self.thing.with_mut(|place| unsafe { *place = Some(thing) });
        self.state.store(state.wrapping_add(NEXT) | FULL, Ordering::Release);
        Ok(())
    }

    /// Takes it back, if it is still there. For its own thread.
    #[inline]
    pub(crate) fn take(&self) -> Option<T> {
        let state = self.state.load(Ordering::Relaxed);
        if state & STATE != FULL || self.exchange(state, state & !STATE | EMPTY).is_err() {
            return None;
        }
        // SAFETY: it was this one who moved on from where it was anybody's, and only its own thread, which is here, puts
        // another in.
        self.thing.with_mut(|place| unsafe { (*place).take() })
    }

    /// Which one is there or was last, and whether it is there.
    pub(crate) fn number(&self) -> (u64, bool) {
        let state = self.state.load(Ordering::Acquire);
        (state & !STATE, state & STATE != EMPTY)
    }

    /// Takes the one of this number out, if it is there. For anybody.
    pub(crate) fn take_overdue(&self, number: u64) -> Option<T> {
        self.exchange(number | FULL, number | BUSY).ok()?;
        // SAFETY: it was this one who moved on from where it was anybody's, and nobody moves on from here but this one.
        let thing = self.thing.with_mut(|place| unsafe { (*place).take() });
        self.state.store(number | EMPTY, Ordering::Release);
        thing
    }

    fn exchange(&self, from: u64, to: u64) -> Result<u64, u64> {
        self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)
    }
}

// The path is told, because the models compile this file from another place.
#[cfg(all(test, feature = "harness", not(loom)))]
#[path = "next/tests.rs"]
mod tests;
