//! The pool of slots: a stack a thread, what is too much for one thread in a common one, and never given back to the
//! system, so that a slot can be referred to for ever.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::slot::Slot;

/// Slots made at once, and moved between a thread's stack and the common one at once.
const CHUNK: usize = 64;

/// As many a thread keeps to itself.
const KEPT: usize = 2 * CHUNK;

struct Chunk {
    slots: [Slot; CHUNK],
    next: Option<&'static Chunk>,
}

struct Common {
    free: Vec<&'static Slot>,
    /// All there are.
    chunks: Option<&'static Chunk>,
}

static COMMON: Mutex<Common> = Mutex::new(Common { free: Vec::new(), chunks: None });

fn common() -> MutexGuard<'static, Common> {
    COMMON.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread's own stack, which goes to the common one with it.
struct Own(Vec<&'static Slot>);

impl Drop for Own {
    fn drop(&mut self) {
        common().free.append(&mut self.0);
    }
}

thread_local! {
    static OWN: RefCell<Own> = const { RefCell::new(Own(Vec::new())) };
}

/// A slot that nobody refers to.
pub(super) fn take() -> &'static Slot {
    let own = OWN.try_with(|own| {
        let free = &mut own.borrow_mut().0;
        free.pop().unwrap_or_else(|| refill(free))
    });
    // Where the thread ends and its locals are gone.
    own.unwrap_or_else(|_| pop(&mut common()))
}

/// Takes a slot back.
pub(super) fn give(slot: &'static Slot) {
    let kept = OWN.try_with(|own| {
        let free = &mut own.borrow_mut().0;
        if free.len() >= KEPT {
            let rest = free.len() - CHUNK;
            common().free.extend(free.drain(rest..));
        }
        free.push(slot);
    });
    if kept.is_err() {
        common().free.push(slot);
    }
}

/// A slot, and some more for `free`.
#[cold]
fn refill(free: &mut Vec<&'static Slot>) -> &'static Slot {
    let mut common = common();
    let slot = pop(&mut common);
    let rest = common.free.len().saturating_sub(CHUNK - 1);
    free.reserve(KEPT);
    free.extend(common.free.drain(rest..));
    slot
}

fn pop(common: &mut Common) -> &'static Slot {
    if let Some(slot) = common.free.pop() {
        return slot;
    }
    let slots = std::array::from_fn(|_| Slot::new());
    let chunk: &'static Chunk = Box::leak(Box::new(Chunk { slots, next: common.chunks }));
    common.chunks = Some(chunk);
    let (first, others) = chunk.slots.split_first().expect("a chunk is of several");
    common.free.extend(others);
    first
}

/// Every slot there is, in use or not.
pub(super) fn all() -> impl Iterator<Item = &'static Slot> {
    let mut chunk = common().chunks;
    std::iter::from_fn(move || {
        let at = chunk?;
        chunk = at.next;
        Some(&at.slots)
    })
    .flatten()
}
