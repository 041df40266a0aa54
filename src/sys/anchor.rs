//! Naming a function to another process that runs the same program: by its distance from an anchor.
//!
//! The program may lie elsewhere in the other process's memory, but the distance between two of its functions is the
//! same. [`program`] tells whether it is the same program; compare it before anything is looked up.
#![allow(unsafe_code)]

use std::any::Any;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A function that can be named so. What it is given it knows by downcasting.
pub type Entry = fn(&mut dyn Any);

/// Everything is measured from here. It says something of its own, so that no linker folds it with another function.
#[inline(never)]
fn anchor(slot: &mut dyn Any) {
    if let Some(text) = slot.downcast_mut::<&'static str>() {
        *text = "the anchor that functions are measured from";
    }
}

fn address_of(entry: Entry) -> i64 {
    entry as usize as i64
}

/// The distance of `entry` from the anchor, bytes.
pub fn offset_of(entry: Entry) -> i64 {
    address_of(entry).wrapping_sub(address_of(anchor))
}

/// The function at that distance from the anchor.
///
/// Not for other crates: the caller answers for `offset` having come from [`offset_of`] in a process whose [`program`] was the same as this
/// one's: it is taken from the socket that only the parent process holds, after that was compared.
pub(crate) fn entry_at(offset: i64) -> Entry {
    let address = address_of(anchor).wrapping_add(offset) as usize;
    // SAFETY: by the contract above the address is that of a function of this type in this very program.
    unsafe { std::mem::transmute::<usize, Entry>(address) }
}

/// What identifies the program this process runs: the file behind it, not its path, so that a file replaced since is
/// told apart. 0 where the system does not tell.
pub fn program() -> u64 {
    let mut hasher = DefaultHasher::new();
    match super::platform::program::identity() {
        Some(identity) => identity.hash(&mut hasher),
        None => return 0,
    }
    hasher.finish().max(1)
}
