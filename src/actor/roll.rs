//! The roll: which actors of this process are alive.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::node::AnyActor;

/// In the order they were spawned. Those that are gone are swept out when the roll has doubled.
struct Roll {
    actors: Vec<Weak<dyn AnyActor>>,
    sweep_at: usize,
}

static ROLL: Mutex<Roll> = Mutex::new(Roll { actors: Vec::new(), sweep_at: 64 });

fn roll() -> MutexGuard<'static, Roll> {
    ROLL.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn enter(actor: &Arc<dyn AnyActor>) {
    let mut roll = roll();
    if roll.actors.len() >= roll.sweep_at {
        roll.actors.retain(|actor| actor.strong_count() > 0);
        roll.sweep_at = (roll.actors.len() * 2).max(64);
    }
    roll.actors.push(Arc::downgrade(actor));
}

/// Those that anybody still refers to, in the order they were spawned.
pub(crate) fn all() -> Vec<Arc<dyn AnyActor>> {
    roll().actors.iter().filter_map(Weak::upgrade).collect()
}

/// The numbers of those that anybody still refers to.
pub(crate) fn numbers() -> Vec<u64> {
    all().iter().map(|actor| actor.node().name.id).collect()
}

/// Those that have not ended, in the order they were spawned.
pub(crate) fn alive() -> Vec<Arc<dyn AnyActor>> {
    all().into_iter().filter(|actor| !actor.node().state.get().is_over()).collect()
}
