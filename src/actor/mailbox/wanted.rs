//! The receiver as one sees it who takes only some messages, and nothing of the control lane.

use std::task::Waker;

use super::{Inbox, Mailbox, URGENT, count};
use crate::sys::primitive::Ordering;

/// What comes next, for one who takes some messages only.
pub(crate) enum Wanted<M> {
    Message(M),
    /// Nothing is there, and the receiver is parked.
    Nothing,
    /// Something else comes first.
    Other,
}

impl<M, C> Mailbox<M, C> {
    /// The next message, where that is `wanted` and nothing comes before it. One who takes it otherwise has been woken, or
    /// is by the caller. With `park` the receiver is parked as the last one is taken.
    pub(crate) fn take_wanted(
        &self,
        inbox: &mut Inbox<M>,
        waker: &Waker,
        park: bool,
        wanted: impl FnOnce(&M) -> bool,
    ) -> Wanted<M> {
        let mut queue = self.lock();
        if self.sign.load(Ordering::Relaxed) & URGENT != 0 || queue.closed {
            return Wanted::Other;
        }
        let Some(first) = inbox.batch.first().or_else(|| queue.messages.first()) else {
            self.park(&mut queue, waker, true);
            return Wanted::Nothing;
        };
        if !wanted(first) {
            return Wanted::Other;
        }
        let next = inbox.batch.pop().or_else(|| queue.messages.pop());
        self.taken.store(inbox.batch.len(), Ordering::Relaxed);
        queue.taken_then = count(inbox.batch.len());
        queue.see(next.as_ref());
        if park && inbox.batch.is_empty() && queue.messages.is_empty() {
            self.park(&mut queue, waker, true);
        }
        if queue.rare.as_ref().is_some_and(|rare| !rare.room.is_empty()) {
            self.make_room(queue);
        }
        next.map_or(Wanted::Other, Wanted::Message)
    }
}
