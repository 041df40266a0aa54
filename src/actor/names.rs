//! The names of the actors that live here: within one realm each is taken once.
//!
//! An actor without a name is in no book of these.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::info::ActorName;
use super::node::AnyActor;
use super::roll;

/// Whether this process was started for an actor of another one.
static IS_APART: AtomicBool = AtomicBool::new(false);

/// Names are spread over so many shelves, each with a lock of its own.
const SHELVES: usize = 128;

static NAMES: [Mutex<Vec<Entry>>; SHELVES] = [const { Mutex::new(Vec::new()) }; SHELVES];

/// A name that is taken, or was by an actor that is gone: that is swept out when the shelf gets the next name.
struct Entry {
    hash: u64,
    realm: u64,
    actor: Weak<dyn AnyActor>,
}

fn hash_of(realm: u64, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (realm, name).hash(&mut hasher);
    hasher.finish()
}

fn shelf(hash: u64) -> MutexGuard<'static, Vec<Entry>> {
    NAMES[hash as usize % SHELVES].lock().unwrap_or_else(PoisonError::into_inner)
}

/// Those of the shelf that may have the name. They are let go of outside of the lock: each may be the last reference.
fn candidates(shelf: &[Entry], hash: u64, realm: u64) -> Vec<Arc<dyn AnyActor>> {
    let alike = shelf.iter().filter(|entry| entry.hash == hash && entry.realm == realm);
    alike.filter_map(|entry| entry.actor.upgrade()).collect()
}

fn holder<'a>(candidates: &'a [Arc<dyn AnyActor>], name: &str) -> Option<&'a Arc<dyn AnyActor>> {
    let has_it = |actor: &&Arc<dyn AnyActor>| actor.node().name.name.as_deref() == Some(name);
    // One whose last proxy is gone is on its way out, and nobody can wait for that who wants the name.
    let has_left = |actor: &Arc<dyn AnyActor>| actor.is_abandoned() || actor.node().exit().is_some();
    candidates.iter().filter(has_it).find(|actor| !has_left(actor))
}

/// Where the actor is that a process was started for. Who asks from outside finds it where it was spawned.
pub(crate) const HOST: u64 = u64::MAX;

/// This process was started for this actor.
pub(crate) fn take_for_host(actor: &Arc<dyn AnyActor>) {
    IS_APART.store(true, Ordering::Relaxed);
    // The first name of this process: nobody can have it.
    let _ = take(actor, HOST);
}

/// Whether this process was started for an actor of another one.
#[cfg(not(feature = "reach"))]
pub(crate) fn is_apart() -> bool {
    IS_APART.load(Ordering::Relaxed)
}

/// Takes the name of an actor that has one, in this realm.
///
/// # Errors
/// Where another has it, which is given back.
pub(crate) fn take(actor: &Arc<dyn AnyActor>, realm: u64) -> Result<(), ActorName> {
    let Some(name) = actor.node().name.name.as_deref() else { return Ok(()) };
    let hash = hash_of(realm, name);
    let mut shelf = shelf(hash);
    let candidates = candidates(&shelf, hash, realm);
    let taken = holder(&candidates, name).map(|holder| holder.node().name.clone());
    if taken.is_none() {
        shelf.retain(|entry| entry.actor.strong_count() > 0);
        shelf.push(Entry { hash, realm, actor: Arc::downgrade(actor) });
    }
    drop(shelf);
    taken.map_or(Ok(()), Err)
}

/// The actor of this name in a realm. One without a name is found by the one made of its type and number, which is its
/// own in all the process.
pub(crate) fn find(realm: u64, name: &str) -> Option<Arc<dyn AnyActor>> {
    let hash = hash_of(realm, name);
    let candidates = candidates(&shelf(hash), hash, realm);
    if let Some(actor) = holder(&candidates, name) {
        return Some(actor.clone());
    }
    let number = name.rsplit_once('-').and_then(|(_, number)| number.parse::<u64>().ok());
    let by_number = |actor: &Arc<dyn AnyActor>| {
        let own = &actor.node().name;
        own.name.is_none() && Some(own.id) == number && own.name() == name
    };
    number.and_then(|_| roll::alive().into_iter().find(by_number))
}

/// The names that are taken in a realm.
pub(crate) fn taken_in(realm: u64) -> Vec<String> {
    let mut names = Vec::new();
    for shelf in &NAMES {
        let living: Vec<_> = {
            let shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
            shelf
                .iter()
                .filter(|entry| entry.realm == realm)
                .filter_map(|entry| entry.actor.upgrade())
                .collect()
        };
        let living = living.iter().filter(|actor| !actor.node().state.get().is_over());
        names.extend(living.map(|actor| actor.node().name.name()));
    }
    names
}
