//! What the actors of a trial were at when it failed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::ledger::{self, Ledger};
use crate::harness::outcome::Output;

/// Actors that are drawn at most.
pub(super) const MOST: usize = 40;

/// The trials that run side by side in this process now.
static RUNNING: Mutex<Vec<Weak<Ledger>>> = Mutex::new(Vec::new());

fn running() -> MutexGuard<'static, Vec<Weak<Ledger>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes that a trial runs which has not got this process to itself.
pub(super) fn begin(ledger: &Arc<Ledger>) {
    let mut running = running();
    running.retain(|other| other.strong_count() > 0);
    running.push(Arc::downgrade(ledger));
}

/// What is seen of a trial that runs in this process from inside of that, its thread hanging or not: the tree of its
/// actors, `None` where it has none or they are not wanted, and what its tasks wait for, empty where tokio does not tell.
pub fn inside_of(trial: &str) -> (Option<String>, String) {
    let mut ledgers: Vec<_> = running().iter().filter_map(Weak::upgrade).collect();
    ledgers.extend(ledger::alone());
    told(ledgers.iter().rev().find(|ledger| ledger.entry().name() == trial))
}

/// The same of the trial that has this process to itself.
pub fn inside() -> (Option<String>, String) {
    told(ledger::alone().as_ref())
}

fn told(ledger: Option<&Arc<Ledger>>) -> (Option<String>, String) {
    ledger.map_or_else(Default::default, |ledger| (ledger.drawn(), ledger.dump().take()))
}

/// Puts the tree of a trial's actors behind what the trial wrote.
pub fn append_actors(output: &mut Output, actors: &str) {
    let begins_a_line = output.bytes.last().is_none_or(|last| *last == b'\n');
    let text =
        format!("{}actors of this test as it failed:{actors}\n", if begins_a_line { "" } else { "\n" });
    output.bytes.extend_from_slice(text.as_bytes());
}
