//! What can be seen of a mailbox from outside, without its receiver: counts, names of what waits, what is in hand.

use std::sync::TryLockError;

use super::{Mailbox, MailboxInfo, Queue};
use crate::sys::primitive::{MutexGuard, Ordering};

/// Kept of a mailbox whose actor is to be seen into also while it does not answer: its messages are taken out one by one
/// then, so that none waits where only the receiver sees it.
pub(super) struct Sight<M> {
    name: fn(&M) -> &'static str,
    /// The name of the message that was taken out last, until the receiver comes back for another.
    in_hand: Option<&'static str>,
}

/// What was seen.
pub(crate) struct Glimpse {
    pub(crate) info: MailboxInfo,
    /// Names of the messages that wait, the one that has waited longest first. Those that the receiver took in a burst
    /// are missing, unless the mailbox is in sight.
    pub(crate) waiting: Vec<&'static str>,
    /// What the receiver is busy with, where the mailbox is in sight.
    pub(crate) in_hand: Option<&'static str>,
}

/// How often the lock is tried for. It is held for moments only, but who looks may hold it himself: a panic is looked at
/// where it happens.
const TRIES: u32 = 256;

impl<M, C> Mailbox<M, C> {
    pub(crate) fn info(&self) -> MailboxInfo {
        self.info_of(&self.lock())
    }

    /// Keeps it in sight from now on.
    pub(crate) fn keep_in_sight(&self, name: fn(&M) -> &'static str) {
        self.lock().rare().sight = Some(Sight { name, in_hand: None });
        self.in_sight.store(true, Ordering::Relaxed);
    }

    /// Notes that the receiver has this in hand, or nothing any more, which did not come through the mailbox.
    #[inline]
    pub(crate) fn see_handed(&self, handed: Option<&M>) {
        if self.in_sight.load(Ordering::Relaxed) {
            self.lock().see(handed);
        }
    }

    /// Whether it is kept in sight.
    pub(crate) fn is_in_sight(&self) -> bool {
        self.lock().is_in_sight()
    }

    /// Looks into it, for the names of at most so many messages. `None` where somebody keeps the lock.
    pub(crate) fn glimpse(&self, most: usize, name: fn(&M) -> &'static str) -> Option<Glimpse> {
        let queue = self.lock_soon()?;
        let in_hand = queue.rare.as_ref().and_then(|rare| rare.sight.as_ref()?.in_hand);
        let waiting = queue.messages.iter().take(most).map(name).collect();
        Some(Glimpse { info: self.info_of(&queue), waiting, in_hand })
    }

    fn lock_soon(&self) -> Option<MutexGuard<'_, Queue<M, C>>> {
        for _ in 0..TRIES {
            match self.queue.try_lock() {
                Ok(queue) => return Some(queue),
                Err(TryLockError::Poisoned(queue)) => return Some(queue.into_inner()),
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
            }
        }
        None
    }

    pub(super) fn info_of(&self, queue: &Queue<M, C>) -> MailboxInfo {
        MailboxInfo {
            waiting: self.waiting(queue),
            high_water: queue.high_water as usize,
            capacity: self.capacity,
            dropped: queue.rare.as_ref().map_or(0, |rare| rare.dropped),
        }
    }
}

impl<M, C> Queue<M, C> {
    pub(super) fn is_in_sight(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.sight.is_some())
    }

    /// Notes what the receiver takes, where the mailbox is in sight.
    pub(super) fn see(&mut self, next: Option<&M>) {
        if let Some(rare) = &mut self.rare
            && let Some(sight) = &mut rare.sight
        {
            sight.in_hand = next.map(sight.name);
        }
    }
}
