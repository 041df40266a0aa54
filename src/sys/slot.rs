//! Where one answer crosses from one task to another: a slot from a pool, which is never freed and so costs no
//! allocation.
//!
//! A slot has two ends, a [`Promise`] and a [`Wait`], and goes back to the pool when both have let go of it: one that
//! gives up waiting leaves the slot to the promise, so no answer can reach an ask that it was not meant for. Its state
//! says whose the waker and the value are:
//!
//! | state | the waker | the value | who moves on from it |
//! |---|---|---|---|
//! | `EMPTY` | the waiting end's | nobody's | the waiting end, or the promise that claims it |
//! | `WAITING` | whose claims it | nobody's | either end, or the clock that wakes whose time is up |
//! | `BUSY` | who claimed it | who claimed it | who claimed it, within a few instructions |
//! | `FULL`, `FAILED`, `DROPPED` | the waiting end's | the waiting end's | the waiting end |
//! | `LEFT` | the promise's | nobody's | the promise |

#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::task::{Context, Poll, Waker};

use super::pool;
use super::primitive::{AtomicU8, AtomicU64, Cell, Ordering, pause};

const EMPTY: u8 = 0;
const WAITING: u8 = 1;
const BUSY: u8 = 2;
const FULL: u8 = 3;
const FAILED: u8 = 4;
const DROPPED: u8 = 5;
const LEFT: u8 = 6;

/// Values up to this size lie in the slot, larger ones in a box.
type Room = [MaybeUninit<u64>; 4];

/// One slot: a cache line, so that those who wait for different answers do not disturb one another.
#[repr(align(64))]
pub(super) struct Slot {
    state: AtomicU8,
    /// The tick at which the clock wakes who waits; 0 for never.
    due: AtomicU64,
    waker: Cell<Option<Waker>>,
    value: Cell<Room>,
}

// SAFETY: `waker` and `value` are touched only by whom `state` gives them to, see the table above; a value is put in and
// taken out by a `Promise` and a `Wait` that can be on different threads only if the value's type is `Send`.
unsafe impl Sync for Slot {}

/// The end that answers, once.
pub(crate) struct Promise<T, E> {
    slot: &'static Slot,
    kind: PhantomData<(T, E)>,
}

/// The end that waits. Dropping it is safe at any moment.
pub(crate) struct Wait<T, E> {
    /// None once the answer was taken.
    slot: Option<&'static Slot>,
    kind: PhantomData<(T, E)>,
}

/// How a wait ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Settled<T, E> {
    /// With the answer.
    Answer(T),
    /// With why there is none.
    Failure(Box<E>),
    /// The promise was dropped.
    Dropped,
}

/// A promise, and who waits for it.
pub(crate) fn pair<T, E>() -> (Promise<T, E>, Wait<T, E>) {
    let slot = pool::take();
    (Promise { slot, kind: PhantomData }, Wait { slot: Some(slot), kind: PhantomData })
}

impl Slot {
    pub(super) fn new() -> Slot {
        Slot {
            state: AtomicU8::new(EMPTY),
            due: AtomicU64::new(0),
            waker: Cell::new(None),
            value: Cell::new([MaybeUninit::uninit(); 4]),
        }
    }

    /// Wakes who waits if its time is up at tick `now`. Tells whether somebody waits whose time will be up.
    pub(super) fn wake_overdue(&self, now: u64) -> bool {
        // One total order with the store of `WAITING` and what tells whether the clock runs: see `deadline`.
        if self.state.load(Ordering::SeqCst) != WAITING {
            return false;
        }
        let due = self.due.load(Ordering::Relaxed);
        if due == 0 {
            return false;
        }
        if due <= now && self.exchange(WAITING, BUSY).is_ok() {
            let waker = self.take_waker();
            self.state.store(EMPTY, Ordering::Release);
            wake(waker);
        }
        true
    }

    /// Claims the slot for an answer; `None` if nobody waits for it any more and the slot is the promise's own.
    fn claim(&self) -> Option<Option<Waker>> {
        // Mostly somebody waits, on another core as like as not: to look first would fetch the slot from there twice.
        let (mut state, mut round) = (WAITING, 0);
        loop {
            match self.exchange(state, BUSY) {
                // In state `EMPTY` the waker is still the waiting end's.
                Ok(_) => return Some(if state == WAITING { self.take_waker() } else { None }),
                Err(LEFT) => return None,
                Err(BUSY) => {
                    pause(round);
                    round += 1;
                }
                Err(other) => state = other,
            }
        }
    }

    /// Hands over what the claim was for. From here on the slot may be somebody else's.
    #[inline]
    fn settle(&self, state: u8, waker: Option<Waker>) {
        self.state.store(state, Ordering::Release);
        wake(waker);
    }

    /// The state once it is settled. Until then `waker` is woken when it is, or at tick `due`.
    fn poll_settled(&self, waker: &Waker, due: u64) -> Poll<u8> {
        let mut round = 0;
        loop {
            match self.state.load(Ordering::Acquire) {
                EMPTY => {
                    self.waker.with_mut(|place| {
                        // SAFETY: in this state the waker is the waiting end's, and this is it.
                        match unsafe { &mut *place } {
                            Some(own) => own.clone_from(waker),
                            none => *none = Some(waker.clone()),
                        }
                    });
                    self.due.store(due, Ordering::Relaxed);
                    let stored =
                        self.state.compare_exchange(EMPTY, WAITING, Ordering::SeqCst, Ordering::Relaxed);
                    if stored.is_ok() {
                        return Poll::Pending;
                    }
                }
                // Takes the waker back, to see whether it is still the right one.
                WAITING => drop(self.exchange(WAITING, EMPTY)),
                BUSY => {
                    pause(round);
                    round += 1;
                }
                settled => {
                    drop(self.take_waker());
                    return Poll::Ready(settled);
                }
            }
        }
    }

    /// Stops waiting: the settled state, or `LEFT` where the slot is now the promise's.
    fn leave(&self) -> u8 {
        let mut round = 0;
        loop {
            match self.state.load(Ordering::Acquire) {
                EMPTY => {
                    drop(self.take_waker());
                    if self.exchange(EMPTY, LEFT).is_ok() {
                        return LEFT;
                    }
                }
                WAITING => drop(self.exchange(WAITING, EMPTY)),
                BUSY => {
                    pause(round);
                    round += 1;
                }
                settled => {
                    drop(self.take_waker());
                    return settled;
                }
            }
        }
    }

    #[inline]
    fn is_settled(&self) -> bool {
        matches!(self.state.load(Ordering::Relaxed), FULL | FAILED | DROPPED)
    }

    fn exchange(&self, from: u8, to: u8) -> Result<u8, u8> {
        self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
    }

    /// Whoever calls this is whose the waker is.
    fn take_waker(&self) -> Option<Waker> {
        // SAFETY: every call stands where the state says so.
        self.waker.with_mut(|place| unsafe { (*place).take() })
    }

    /// Whoever calls this has claimed the slot, and `V` fits.
    fn write<V>(&self, value: V) {
        assert!(fits::<V>(), "what does not fit is in a box");
        // SAFETY: the claim makes the room this thread's, and the size and alignment were looked at.
        self.value.with_mut(|room| unsafe { room.cast::<V>().write(value) });
    }

    /// # Safety
    /// The slot is settled with a `V` that was not read yet, and the caller is the waiting end.
    unsafe fn read<V>(&self) -> V {
        assert!(fits::<V>(), "what does not fit is in a box");
        // SAFETY: the caller's.
        self.value.with_mut(|room| unsafe { room.cast::<V>().read() })
    }

    /// Gives the slot back. Nobody else refers to it.
    fn recycle(&'static self) {
        self.due.store(0, Ordering::Relaxed);
        self.state.store(EMPTY, Ordering::Release);
        pool::give(self);
    }
}

const fn fits<V>() -> bool {
    size_of::<V>() <= size_of::<Room>() && align_of::<V>() <= align_of::<Room>()
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<T, E> Promise<T, E> {
    /// Answers; where nobody waits any more the answer is dropped.
    pub(crate) fn send(self, answer: T) {
        if const { fits::<T>() } {
            self.put(answer, FULL);
        } else {
            // Before the claim: others wait for the few instructions between that and the end of it.
            self.put(Box::new(answer), FULL);
        }
    }

    /// Tells why there is no answer.
    pub(crate) fn fail(self, failure: E) {
        self.put(Box::new(failure), FAILED);
    }

    fn put<V>(self, value: V, state: u8) {
        let slot = ManuallyDrop::new(self).slot;
        if let Some(waker) = slot.claim() {
            slot.write(value);
            slot.settle(state, waker);
        } else {
            slot.recycle();
            drop(value);
        }
    }
}

impl<T, E> Drop for Promise<T, E> {
    fn drop(&mut self) {
        match self.slot.claim() {
            Some(waker) => self.slot.settle(DROPPED, waker),
            None => self.slot.recycle(),
        }
    }
}

impl<T, E> Wait<T, E> {
    /// The slot itself, for the clock of a model.
    #[cfg(loom)]
    pub(crate) fn slot_of_model(&self) -> &'static Slot {
        self.slot.expect("it waits")
    }

    /// Whether the answer, or why there is none, is there.
    pub(crate) fn is_settled(&self) -> bool {
        self.slot.is_some_and(Slot::is_settled)
    }

    /// How the wait ended, if it has. Until then the task is woken when it does, or at tick `due` of the clock of
    /// [`deadline`](super::deadline), 0 for never.
    ///
    /// # Panics
    /// When polled again after it was ready.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, due: u64) -> Poll<Settled<T, E>> {
        let slot = self.slot.expect("a wait is not polled after its end");
        slot.poll_settled(cx.waker(), due).map(|state| {
            self.slot = None;
            // SAFETY: the slot has just said what it holds, and nothing of it was read.
            unsafe { take(slot, state) }
        })
    }
}

/// Takes out what is there, and gives the slot back.
///
/// # Safety
/// The slot is in this settled state, was made for these types, nothing was read, and the caller is its waiting end.
unsafe fn take<T, E>(slot: &'static Slot, state: u8) -> Settled<T, E> {
    // SAFETY: the state says which of the values was written; a value that does not fit was written in a box.
    let settled = unsafe {
        match state {
            FULL if const { fits::<T>() } => Settled::Answer(slot.read::<T>()),
            FULL => Settled::Answer(*slot.read::<Box<T>>()),
            FAILED => Settled::Failure(slot.read::<Box<E>>()),
            _ => Settled::Dropped,
        }
    };
    slot.recycle();
    settled
}

impl<T, E> Drop for Wait<T, E> {
    fn drop(&mut self) {
        let Some(slot) = self.slot else { return };
        match slot.leave() {
            LEFT => {}
            // SAFETY: as in `poll`; this is the end of the waiting end.
            settled => drop(unsafe { take::<T, E>(slot, settled) }),
        }
    }
}

// The path is told, because the models compile this file from another place.
#[cfg(all(test, feature = "harness", not(loom)))]
#[path = "slot/tests.rs"]
mod tests;
