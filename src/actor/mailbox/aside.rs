//! Messages that are put in while somebody else sees to it that the receiver is polled.

use super::{IDLE, Mailbox, Refused, wake};
use crate::sys::primitive::Ordering;

impl<M, C> Mailbox<M, C> {
    /// As [`push`](Mailbox::push), and does not wake the receiver where it is parked and nothing came since; whether that is so. It is for
    /// the caller then to see that it is polled, or [woken](Mailbox::rouse); who puts in another message wakes it too.
    pub(crate) fn push_aside(&self, message: &mut Option<M>) -> Result<bool, Refused<()>> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(Refused::Closed(()));
        }
        if self.is_full(&queue) {
            return Err(Refused::Full(()));
        }
        if self.sign.load(Ordering::Relaxed) != IDLE {
            let waker = self.put(&mut queue, message);
            drop(queue);
            wake(waker);
            return Ok(false);
        }
        self.add(&mut queue, message);
        self.disturb();
        Ok(true)
    }

    /// Wakes the receiver for messages that were [put aside](Mailbox::push_aside), if they are still there and nobody has.
    pub(crate) fn rouse(&self) {
        let mut queue = self.lock();
        if queue.for_messages && !queue.messages.is_empty() {
            let waker = queue.receiver.take();
            drop(queue);
            wake(waker);
        }
    }

    /// Whether there is something for the receiver, which has none left in its own buffer.
    #[cold]
    pub(crate) fn has_more(&self) -> bool {
        !self.is_idle() && (self.is_urgent() || !self.lock().messages.is_empty())
    }
}
