//! What few actors have, kept beside their node and made when it is first wanted.

use std::collections::BTreeMap;
#[cfg(feature = "json")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Beside an actor's node: nothing of it is on the way of a message.
#[derive(Default)]
pub(crate) struct Beside {
    /// What `#[on_info]` added when it last ran.
    entries: Mutex<BTreeMap<String, String>>,
    /// What the actor may be asked by name.
    #[cfg(feature = "json")]
    allowed: OnceLock<Vec<String>>,
    /// Messages that are with the process of a process actor and, as far as is known here, wait there.
    waiting_there: AtomicUsize,
}

impl Beside {
    pub(crate) fn set_waiting_there(&self, messages: usize) {
        self.waiting_there.store(messages, Ordering::Relaxed);
    }

    pub(crate) fn waiting_there(&self) -> usize {
        self.waiting_there.load(Ordering::Relaxed)
    }

    /// Keeps what `#[on_info]` added, for questions that come while the actor itself cannot be asked.
    pub(crate) fn keep_entries(&self, entries: &BTreeMap<String, String>) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone_from(entries);
    }

    /// Says, once, what the actor may be asked by name.
    #[cfg(feature = "json")]
    pub(crate) fn allow(&self, names: Vec<String>) {
        let _ = self.allowed.set(names);
    }

    #[cfg(feature = "json")]
    pub(crate) fn allowed(&self) -> Option<&[String]> {
        self.allowed.get().map(Vec::as_slice)
    }

    pub(crate) fn entries(&self) -> BTreeMap<String, String> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
