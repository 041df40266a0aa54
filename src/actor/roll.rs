//! The roll: which actors of this process are alive.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::node::AnyActor;

struct Roll {
    actors: Vec<Weak<dyn AnyActor>>,
    /// Where it is looked next for one that is gone.
    at: usize,
}

static ROLL: Mutex<Roll> = Mutex::new(Roll { actors: Vec::new(), at: 0 });

fn roll() -> MutexGuard<'static, Roll> {
    ROLL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Roll {
    /// Looks at one more of them, and takes it out if it is gone.
    fn look(&mut self) -> Option<Weak<dyn AnyActor>> {
        let at = if self.at < self.actors.len() { self.at } else { 0 };
        self.at = at + 1;
        if self.actors.get(at)?.strong_count() > 0 {
            return None;
        }
        self.at = at;
        Some(self.actors.swap_remove(at))
    }
}

/// Two are looked at for each that comes: so there is never a sweep of all, at most as many are kept that are gone as
/// are alive, and where few live at a time the memory of one that is gone is soon the next one's.
pub(crate) fn enter(actor: &Arc<dyn AnyActor>) {
    let mut roll = roll();
    let gone = [roll.look(), roll.look()];
    roll.actors.push(Arc::downgrade(actor));
    drop(roll);
    drop(gone);
}

/// Those that anybody still refers to, in the order they were spawned.
pub(crate) fn all() -> Vec<Arc<dyn AnyActor>> {
    let mut actors: Vec<_> = roll().actors.iter().map(Weak::upgrade).collect();
    let numbers = (0..).zip(&actors).filter_map(|(at, actor)| Some((actor.as_ref()?.node().name.id, at)));
    let mut order: Vec<(u64, u64)> = numbers.collect();
    order.sort_unstable();
    order.into_iter().filter_map(|(_, at)| actors[at as usize].take()).collect()
}

/// The numbers of those that anybody still refers to, in order.
pub(crate) fn numbers() -> Vec<u64> {
    all().iter().map(|actor| actor.node().name.id).collect()
}

/// Those that have not ended, in the order they were spawned.
pub(crate) fn alive() -> Vec<Arc<dyn AnyActor>> {
    all().into_iter().filter(|actor| !actor.node().state.get().is_over()).collect()
}
