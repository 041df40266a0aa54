//! Who is in a group: joining, leaving, and what happens when a member ends.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Wake, Waker};

use super::error::GroupError;
use super::ring::{self, Ring};
use crate::actor::address::Address;
use crate::actor::behavior::Actor;
use crate::actor::info::ActorName;
use crate::actor::node::Ended;

/// Members of a group unless it was made with a bound of its own.
const DEFAULT_MOST: usize = 1024;

/// Proxies of one type under one name: join, leave, and choose one, or speak to all.
///
/// A group is shared by being cloned; it keeps its members alive as any proxy does, and a member that ends leaves by
/// itself. How one is chosen:
///
/// | | who |
/// |---|---|
/// | [`round_robin`](Group::round_robin) | one after the other; those being started again are left out while others run |
/// | [`least_loaded`](Group::least_loaded) | the one with the least waiting in its mailbox or under way through the group |
/// | [`by_key`](Group::by_key) | for one key always the same, by consistent hashing of its name |
/// | [`ask_all`](Group::ask_all), [`tell_all`](Group::tell_all) | all of them, each with a result of its own |
///
/// Each member can be a task, a thread, a process, or one found by a [look-up](super::super::Lookup). A
/// [`Pool`](super::super::Pool) is a group too, whose members a monitor keeps:
/// [`MonitorProxy::group`](super::super::MonitorProxy::group).
///
/// ```
/// # use rehearsal::prelude::*;
/// use rehearsal::actor::Group;
/// # pub struct Counter { n: i64 }
/// # #[rehearsal::actor] impl Counter {
/// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
/// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
/// # }
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let counters = Group::<Counter>::new("counters");
/// counters.join(&Counter::spawn(10).name("a").await?)?;
/// counters.join(&Counter::spawn(20).name("b").process().await?)?;
///
/// assert_eq!(counters.round_robin()?.add(1).await?, 11);
/// assert_eq!(counters.round_robin()?.add(1).await?, 21);
/// let own = counters.by_key("user-7")?.name().clone();
/// assert_eq!(counters.by_key("user-7")?.name(), &own);
///
/// counters.tell_all(|counter| counter.add(1).tell());
/// let sums: Vec<i64> =
///     counters.ask_all(|counter| counter.add(0).send()).await.into_iter().flat_map(|(_, sum)| sum).collect();
/// assert_eq!(sums, [12, 22]);
///
/// counters.members()[0].stop().await?;
/// assert_eq!(counters.len(), 1, "a member that has ended has left");
/// # Ok(()) }
/// ```
pub struct Group<A: Actor>(pub(super) Arc<Shared<A>>);

/// What the clones of a group share.
pub(super) struct Shared<A: Actor> {
    name: String,
    most: usize,
    members: Mutex<Members<A>>,
}

pub(super) struct Members<A: Actor> {
    /// In the order they joined.
    pub(super) seats: Vec<Arc<Seat<A>>>,
    /// Where the next round begins.
    pub(super) turn: usize,
    /// Made when it is first asked, kept up from then on.
    pub(super) ring: Option<Ring>,
    left: u64,
    last: Option<ActorName>,
}

/// The place of one member.
pub(super) struct Seat<A: Actor> {
    pub(super) proxy: A::Proxy,
    /// How often it was chosen and is still held.
    pub(super) held: AtomicUsize,
    /// Decides where on the ring it is.
    pub(super) seed: u64,
    /// Waits for its end, and gives up waiting where it leaves before.
    _watch: Ended,
}

impl<A: Actor> Group<A> {
    /// A group with no members, of which it may have 1024. Its name is for errors alone.
    pub fn new(name: impl Into<String>) -> Group<A> {
        Group::up_to(name, DEFAULT_MOST)
    }

    /// A group that may have so many members.
    pub fn up_to(name: impl Into<String>, most: usize) -> Group<A> {
        let members = Members { seats: Vec::new(), turn: 0, ring: None, left: 0, last: None };
        Group(Arc::new(Shared { name: name.into(), most, members: Mutex::new(members) }))
    }

    /// Takes a member in; one that is in stays where it is. It leaves by itself when it ends, for good: one that is
    /// started again stays.
    ///
    /// # Errors
    /// Where the group is full, or the actor has ended.
    pub fn join<P: Deref<Target = Address<A>>>(&self, member: &P) -> Result<(), GroupError> {
        self.seat(member)
    }

    fn seat(&self, member: &Address<A>) -> Result<(), GroupError> {
        let actor = member.name();
        let mut watch = Ended::aside(member.shared.clone());
        let leaver = Arc::new(Leaver { group: Arc::downgrade(&self.0), member: member.id() });
        let has_ended = || GroupError::Ended { group: self.0.name.clone(), actor: actor.clone() };
        // Its end wakes the leaver, in the same breath: no task waits for it.
        if Pin::new(&mut watch).poll(&mut Context::from_waker(&Waker::from(leaver))).is_ready() {
            return Err(has_ended());
        }
        let mut members = self.0.members();
        if members.seats.iter().any(|seat| seat.proxy.id() == member.id()) {
            return Ok(());
        }
        if members.seats.len() >= self.0.most {
            let (group, actor, most) = (self.0.name.clone(), actor.clone(), self.0.most);
            return Err(GroupError::Full { group, actor, most });
        }
        let mut seed = ring::hash_of(&actor.name());
        while members.seats.iter().any(|seat| seat.seed == seed) {
            seed = seed.wrapping_add(1);
        }
        let proxy = A::Proxy::from(member.clone());
        members.seats.push(Arc::new(Seat { proxy, held: AtomicUsize::new(0), seed, _watch: watch }));
        if let Some(ring) = &mut members.ring {
            ring.insert(seed, member.id());
        }
        drop(members);
        // Its end may have come before it had a place to be taken from.
        if member.exit().is_some() {
            self.0.leave(member.id());
            return Err(has_ended());
        }
        Ok(())
    }

    /// Lets a member go; `false` where it was none. Who has chosen it before still has it.
    pub fn leave<P: Deref<Target = Address<A>>>(&self, member: &P) -> bool {
        self.0.leave(member.id())
    }

    /// The members, in the order they joined.
    pub fn members(&self) -> Vec<A::Proxy> {
        self.0.members().seats.iter().map(|seat| seat.proxy.clone()).collect()
    }

    /// How many members it has.
    pub fn len(&self) -> usize {
        self.0.members().seats.len()
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

impl<A: Actor> Shared<A> {
    pub(super) fn members(&self) -> MutexGuard<'_, Members<A>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nobody can be chosen.
    pub(super) fn empty(&self, members: &Members<A>) -> GroupError {
        GroupError::Empty { group: self.name.clone(), left: members.left, last: members.last.clone() }
    }

    pub(super) fn leave(&self, id: u64) -> bool {
        let mut members = self.members();
        let Some(at) = members.seats.iter().position(|seat| seat.proxy.id() == id) else { return false };
        let seat = members.seats.remove(at);
        if at < members.turn {
            members.turn -= 1;
        }
        if let Some(ring) = &mut members.ring {
            ring.remove(id);
        }
        members.left += 1;
        members.last = Some(seat.proxy.name().clone());
        drop(members);
        // It may have been the last proxy: what that sets off must not find the group locked.
        drop(seat);
        true
    }
}

/// Takes a member out that has ended: woken by its end.
struct Leaver<A: Actor> {
    group: Weak<Shared<A>>,
    member: u64,
}

impl<A: Actor> Wake for Leaver<A> {
    fn wake(self: Arc<Self>) {
        if let Some(group) = self.group.upgrade() {
            group.leave(self.member);
        }
    }
}

impl<A: Actor> Clone for Group<A> {
    fn clone(&self) -> Group<A> {
        Group(self.0.clone())
    }
}

impl<A: Actor> std::fmt::Debug for Group<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Group({}: {} of {})", self.0.name, self.len(), A::KIND)
    }
}
