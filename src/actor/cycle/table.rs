//! Who waits for whom: a table that its writers and readers share without a lock.
//!
//! A place belongs to whoever put its key into it. Readers see a place as it was at one moment or not at all: the time
//! it was claimed is written last, is unique, and is looked at before and after the rest.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Places of each level; the next is used where an owner finds no place in those before it.
const LEVELS: [usize; 3] = [1 << 10, 1 << 14, 1 << 18];

/// Places of a level that an owner may have.
const WINDOW: usize = 8;

/// Every wait that is going on.
pub(super) struct Table {
    levels: [OnceLock<Box<[Place]>>; LEVELS.len()],
    clock: AtomicU64,
}

#[derive(Default)]
struct Place {
    owner: AtomicUsize,
    target: AtomicUsize,
    polled: AtomicU64,
    /// When it was claimed; 0 while it is nobody's, or is being written.
    since: AtomicU64,
}

/// One wait: `owner` for `target`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) owner: usize,
    pub(super) target: usize,
    /// When it began to be waited for. The owner has been inside of one command since.
    pub(super) since: u64,
    /// A time at which it had not ended.
    pub(super) polled: u64,
}

/// A place that is taken.
pub(super) struct Claim {
    place: &'static Place,
    owner: usize,
    target: usize,
    since: u64,
}

impl Table {
    pub(super) const fn new() -> Table {
        Table { levels: [const { OnceLock::new() }; LEVELS.len()], clock: AtomicU64::new(0) }
    }

    /// What its clock says: how many waits have begun.
    pub(super) fn now(&self) -> u64 {
        self.clock.load(Ordering::SeqCst)
    }

    /// Notes a wait that had not ended at the time `polled`; `None` where there is no place for it.
    pub(super) fn claim(&'static self, owner: usize, target: usize, polled: u64) -> Option<Claim> {
        for (level, places) in LEVELS.iter().zip(&self.levels) {
            let places = places.get_or_init(|| (0..*level).map(|_| Place::default()).collect());
            for place in window(places, owner) {
                if place.owner.compare_exchange(0, owner, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                    let since = self.clock.fetch_add(1, Ordering::SeqCst) + 1;
                    place.target.store(target, Ordering::SeqCst);
                    place.polled.store(polled, Ordering::SeqCst);
                    place.since.store(since, Ordering::SeqCst);
                    return Some(Claim { place, owner, target, since });
                }
            }
        }
        None
    }

    /// The waits of one owner.
    pub(super) fn waits_of(&self, owner: usize) -> impl Iterator<Item = Edge> {
        self.places_of(owner).filter_map(move |place| place.read(owner))
    }

    /// Forgets all waits of one owner.
    pub(super) fn clear(&self, owner: usize) {
        for place in self.places_of(owner) {
            let since = place.since.load(Ordering::SeqCst);
            if place.owner.load(Ordering::SeqCst) == owner {
                place.release(since);
            }
        }
    }

    fn places_of(&self, owner: usize) -> impl Iterator<Item = &Place> {
        let levels = self.levels.iter().map_while(OnceLock::get);
        levels.flat_map(move |places| window(places, owner))
    }
}

/// The places of a level that an owner may have.
fn window(places: &[Place], owner: usize) -> impl Iterator<Item = &Place> {
    // Keys are addresses: what tells them apart is spread over all bits first.
    let spread = owner.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as usize);
    let first = spread >> (usize::BITS - places.len().trailing_zeros());
    (first..first + WINDOW).map(move |at| &places[at & (places.len() - 1)])
}

impl Place {
    fn read(&self, owner: usize) -> Option<Edge> {
        if self.owner.load(Ordering::SeqCst) != owner {
            return None;
        }
        let since = self.since.load(Ordering::SeqCst);
        let edge = Edge {
            owner,
            target: self.target.load(Ordering::SeqCst),
            since,
            polled: self.polled.load(Ordering::SeqCst),
        };
        let is_whole = since != 0
            && self.owner.load(Ordering::SeqCst) == owner
            && self.since.load(Ordering::SeqCst) == since;
        is_whole.then_some(edge)
    }

    /// Gives it back, where it still is what was claimed at that time.
    fn release(&self, since: u64) {
        if since != 0 && self.since.compare_exchange(since, 0, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            self.owner.store(0, Ordering::SeqCst);
        }
    }
}

impl Claim {
    /// The wait as it was noted last.
    pub(super) fn edge(&self) -> Edge {
        let polled = self.place.polled.load(Ordering::SeqCst);
        Edge { owner: self.owner, target: self.target, since: self.since, polled }
    }

    /// Notes that it had not ended at the time `polled`; `false` where it is not noted any more.
    pub(super) fn renew(&self, polled: u64) -> bool {
        let is_mine = self.place.since.load(Ordering::SeqCst) == self.since;
        if is_mine {
            self.place.polled.store(polled, Ordering::SeqCst);
        }
        is_mine
    }

    /// Notes that it has ended.
    pub(super) fn release(self) {
        self.place.release(self.since);
    }
}
