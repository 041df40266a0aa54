//! Who of a group is chosen.

use std::hash::Hash;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::error::GroupError;
use super::members::{Group, Members, Seat};
use super::ring::{self, Ring};
use crate::actor::behavior::Actor;
use crate::actor::state::State;

/// A member that was chosen: a proxy, which counts as under way through the group for as long as it is held. In
/// `group.least_loaded()?.add(5).await?` that is until the answer has come.
pub struct Member<A: Actor>(Arc<Seat<A>>);

impl<A: Actor> Group<A> {
    /// The member whose turn it is, one after the other. One that is being started again, or was told to end, is left out
    /// as long as others run.
    ///
    /// # Errors
    /// Where the group has no member.
    pub fn round_robin(&self) -> Result<Member<A>, GroupError> {
        self.chosen(|members| {
            let at = members.next(Seat::is_running).or_else(|| members.next(|_| true))?;
            members.turn = at + 1;
            Some(at)
        })
    }

    /// The member with the least to do: the larger of how many messages wait in its mailbox (and its process, where it
    /// has one) and how many [`Member`]s of it are held. Of several that have as little it is the one whose turn it is.
    /// Looks at every member.
    ///
    /// # Errors
    /// Where the group has no member.
    pub fn least_loaded(&self) -> Result<Member<A>, GroupError> {
        self.chosen(|members| {
            let count = members.seats.len();
            let turns = (0..count).map(|step| (members.turn + step) % count);
            // Those that run come before those that do not, whatever waits for them.
            let at = turns.min_by_key(|at| {
                let seat = &members.seats[*at];
                (!seat.is_running(), seat.load())
            })?;
            members.turn = at + 1;
            Some(at)
        })
    }

    /// The member that a key belongs to, by consistent hashing: the same one as long as it is in the group, also while
    /// it is being started again. When a member leaves, its keys are shared out and no others move; one that joins under
    /// the same name gets the same keys. Unnamed actors are told apart by their number.
    ///
    /// # Errors
    /// Where the group has no member.
    pub fn by_key(&self, key: &(impl Hash + ?Sized)) -> Result<Member<A>, GroupError> {
        self.chosen(|Members { seats, ring, .. }| {
            let ring =
                ring.get_or_insert_with(|| Ring::of(seats.iter().map(|seat| (seat.seed, seat.proxy.id()))));
            let owner = ring.owner(ring::hash_of(key))?;
            seats.iter().position(|seat| seat.proxy.id() == owner)
        })
    }

    /// The member at the place that is chosen; where that one has ended, it has left, and another is chosen.
    fn chosen(&self, choose: impl Fn(&mut Members<A>) -> Option<usize>) -> Result<Member<A>, GroupError> {
        loop {
            let mut members = self.0.members();
            let Some(at) = choose(&mut members) else { return Err(self.0.empty(&members)) };
            let seat = &members.seats[at];
            if !seat.proxy.state().is_over() {
                return Ok(Member::of(seat));
            }
            // Its end is known, and the group is among those that are told of it: it may be the last.
            let ended = seat.proxy.id();
            drop(members);
            self.0.leave(ended);
        }
    }

    /// The member whose turn it is of those that run, if any does.
    pub(crate) fn next_running(&self) -> Option<A::Proxy> {
        let mut members = self.0.members();
        let at = members.next(Seat::is_running)?;
        members.turn = at + 1;
        Some(members.seats[at].proxy.clone())
    }
}

impl<A: Actor> Members<A> {
    /// The first from whose turn it is that will do.
    fn next(&self, will_do: impl Fn(&Seat<A>) -> bool) -> Option<usize> {
        let count = self.seats.len();
        (0..count).map(|step| (self.turn + step) % count).find(|at| will_do(&self.seats[*at]))
    }
}

impl<A: Actor> Seat<A> {
    /// Whether what it is sent now is handled, as far as is known.
    fn is_running(&self) -> bool {
        self.proxy.state() == State::Run && !self.proxy.shared.mailbox.is_told_to_end()
    }

    fn load(&self) -> usize {
        let shared = &self.proxy.shared;
        let waiting = shared.mailbox.info().waiting + shared.node.waiting_there();
        waiting.max(self.held.load(Ordering::Relaxed))
    }
}

impl<A: Actor> Member<A> {
    fn of(seat: &Arc<Seat<A>>) -> Member<A> {
        seat.held.fetch_add(1, Ordering::Relaxed);
        Member(seat.clone())
    }
}

impl<A: Actor> Drop for Member<A> {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<A: Actor> Deref for Member<A> {
    type Target = A::Proxy;

    fn deref(&self) -> &A::Proxy {
        &self.0.proxy
    }
}

impl<A: Actor> std::fmt::Debug for Member<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Member({})", self.0.proxy.name())
    }
}
