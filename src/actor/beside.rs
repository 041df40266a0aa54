//! What few actors have, kept beside their node and made when it is first wanted.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Beside an actor's node: nothing of it is on the way of a message.
#[derive(Default)]
pub(crate) struct Beside {
    /// What `#[on_info]` added when it last ran.
    entries: Mutex<BTreeMap<String, String>>,
}

impl Beside {
    /// Keeps what `#[on_info]` added, for questions that come while the actor itself cannot be asked.
    pub(crate) fn keep_entries(&self, entries: &BTreeMap<String, String>) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone_from(entries);
    }

    pub(crate) fn entries(&self) -> BTreeMap<String, String> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
