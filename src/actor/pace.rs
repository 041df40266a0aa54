//! How long a command has taken so far, by which it is told where it may be handled.
//!
//! A command that is a plain function, and has been over within [`QUICK_NS`] each time it was looked at, may be handled
//! by the task that asks for it: to wake the actor's own task and be woken by it takes longer. One that is not, or about
//! which nothing is known yet, is handled by the actor's task, so that who asks hears of its deadline, and of whatever else
//! it waits for, in time.
//!
//! What a tell takes is not counted: to wake somebody may take longer than all else of a command, and is over for certain.

use std::cell::Cell;
use std::sync::atomic::{AtomicU8, Ordering};

use super::context::{Any, Context};
use crate::sys::{relay, seam};

thread_local! {
    /// When the command that was looked at last on this thread returned.
    static RETURNED_NS: Cell<u64> = const { Cell::new(0) };
    /// How long its tells took.
    static TOLD_NS: Cell<u64> = const { Cell::new(0) };
}

/// What counts as quick.
const QUICK_NS: u64 = 5_000;
/// As often in a row it must have been quick.
const PROOF: u8 = 8;
/// The same, once it was not.
const RELAPSED: u8 = 16;
/// Each so manyth message of an actor may be looked at: to ask of each whether it is to be costs a tell a tenth.
pub(super) const MAY_LOOK_EVERY: u64 = 8;
/// Of a command that is quick each so manyth is.
const LOOK_EVERY: u64 = 128;

/// One command's, for all actors of its type in this process.
#[derive(Debug)]
pub struct Pace {
    /// How often in a row it must yet be seen to be quick.
    to_prove: AtomicU8,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace::new()
    }
}

impl Pace {
    /// Of a command that was never called.
    pub const fn new() -> Pace {
        Pace { to_prove: AtomicU8::new(PROOF) }
    }

    /// Whether it has always been quick lately.
    #[inline]
    pub(crate) fn is_quick(&self) -> bool {
        self.to_prove.load(Ordering::Relaxed) == 0
    }

    /// Begins to look at it, where it is handled as the actor's message of this number and is to be looked at.
    #[inline]
    pub(super) fn look(&'static self, number: u64, cx: &mut Context<Any>) -> Option<Look> {
        self.is_to_be_looked_at(number).then(|| Look::at(self, cx))
    }

    fn is_to_be_looked_at(&self, number: u64) -> bool {
        number.is_multiple_of(LOOK_EVERY) || !self.is_quick()
    }

    /// Notes how long it took. That others may do so at the same time makes no difference worth the price.
    fn note(&self, took_ns: u64) {
        let to_prove = match took_ns {
            0..=QUICK_NS => self.to_prove.load(Ordering::Relaxed).saturating_sub(1),
            _ => RELAPSED,
        };
        self.to_prove.store(to_prove, Ordering::Relaxed);
    }

    /// Notes that it took very long.
    #[cold]
    pub(crate) fn was_long(&self) {
        self.note(u64::MAX);
    }
}

/// A look at one message.
pub(super) struct Look {
    pace: &'static Pace,
    begun_ns: u64,
}

impl Look {
    #[cold]
    fn at(pace: &'static Pace, cx: &mut Context<Any>) -> Look {
        *cx.looked_at() = true;
        relay::watch(true);
        TOLD_NS.set(0);
        Look { pace, begun_ns: seam::monotonic_ns() }
    }

    /// It has been handled. What counts ends where the command returned: who is woken by its answer may take longer.
    #[cold]
    pub(super) fn done(self, cx: &mut Context<Any>) {
        relay::watch(false);
        if !std::mem::take(cx.looked_at()) {
            let took_ns = RETURNED_NS.get().saturating_sub(self.begun_ns);
            self.pace.note(took_ns.saturating_sub(TOLD_NS.get()));
        }
    }
}

/// Tells somebody something, where the command that runs on this thread may be looked at.
pub(super) fn telling<T>(tell: impl FnOnce() -> T) -> T {
    if !relay::is_watched() {
        return tell();
    }
    let begun_ns = seam::monotonic_ns();
    let told = tell();
    TOLD_NS.set(TOLD_NS.get() + seam::monotonic_ns().saturating_sub(begun_ns));
    told
}

/// The command that is looked at on this thread has returned.
#[cold]
pub(super) fn returned() {
    RETURNED_NS.set(seam::monotonic_ns());
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use super::{PROOF, Pace, QUICK_NS, RELAPSED};

    #[rehearsal::test]
    fn a_command_is_quick_when_it_was_so_often_enough_in_a_row_and_longer_after_it_was_not() {
        let pace = Pace::new();
        let quick = |times: u8| (0..times).for_each(|_| pace.note(QUICK_NS));
        quick(PROOF - 1);
        assert!(!pace.is_quick());
        quick(1);
        assert!(pace.is_quick());
        pace.note(QUICK_NS + 1);
        quick(1);
        pace.was_long();
        quick(RELAPSED - 1);
        assert!(!pace.is_quick());
        quick(1);
        assert!(pace.is_quick());
    }

    #[rehearsal::test]
    fn what_is_not_quick_is_looked_at_each_time_and_what_is_now_and_then() {
        static PACE: Pace = Pace::new();
        assert!((0..100).all(|number| PACE.is_to_be_looked_at(number)));
        (0..PROOF).for_each(|_| PACE.note(0));
        assert_eq!((0..1_280).filter(|number| PACE.is_to_be_looked_at(*number)).count(), 10);
    }
}
