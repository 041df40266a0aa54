//! Who spawned whom: by their numbers, so that no actor is kept for it, and only of those that an actor spawned.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{current, roll};

/// A child and who spawned it. Those that are gone are swept out when the table has doubled.
struct Lineage {
    rows: Vec<(u64, u64)>,
    sweep_at: usize,
}

static LINEAGE: Mutex<Lineage> = Mutex::new(Lineage { rows: Vec::new(), sweep_at: 64 });

fn lineage() -> MutexGuard<'static, Lineage> {
    LINEAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes that this actor is spawned by the one that controls the thread, if one does.
pub(crate) fn enter(child: u64) {
    if let Some(parent) = current::id() {
        enter_as(child, parent);
    }
}

/// Notes whose child this actor is. The first to say so is believed.
pub(crate) fn enter_as(child: u64, parent: u64) {
    let is_due = {
        let lineage = lineage();
        lineage.rows.len() >= lineage.sweep_at
    };
    // Not under the lock: what is let go of there may be the last that is left of an actor.
    let alive = is_due.then(roll::numbers);
    let mut lineage = lineage();
    if let Some(alive) = alive {
        // Those that came meanwhile are behind the ones that were looked at.
        let newest = alive.last().copied().unwrap_or_default();
        lineage.rows.retain(|(child, _)| *child > newest || alive.binary_search(child).is_ok());
        lineage.sweep_at = (lineage.rows.len() * 2).max(64);
    }
    lineage.rows.push((child, parent));
}

/// Children and their parents, in the order of the children's numbers.
pub(crate) fn all() -> Vec<(u64, u64)> {
    let rows = lineage().rows.clone();
    // Pairs of numbers are what all here puts in order: each type that is sorted is twenty functions more to compile.
    let mut order: Vec<(u64, u64)> = (0..).zip(&rows).map(|(at, (child, _))| (*child, at)).collect();
    order.sort_unstable();
    order.dedup_by_key(|(child, _)| *child);
    order.into_iter().map(|(_, at)| rows[at as usize]).collect()
}
