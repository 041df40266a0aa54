//! A pool of one slot an ask: whether it comes back, and only once, is what the model wants to know.

use std::cell::Cell;

use crate::slot::Slot;

thread_local! {
    static GIVEN: Cell<usize> = const { Cell::new(0) };
}

pub(crate) fn take() -> &'static Slot {
    Box::leak(Box::new(Slot::new()))
}

pub(crate) fn give(_slot: &'static Slot) {
    // All of a model's threads are run by one thread of the system.
    GIVEN.with(|given| given.set(given.get() + 1));
}

/// How many came back since it was last asked.
pub(crate) fn given() -> usize {
    GIVEN.with(|given| given.replace(0))
}
