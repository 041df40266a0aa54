//! The mailbox: a bounded queue of messages and, beside it, a control lane that messages cannot starve.
//!
//! The receiver swaps its empty buffer for the full one, so that a burst costs one lock, and reads a flag per message
//! to see whether the control lane has something. A sender wakes it only if it is parked, and not for a mere message
//! while it waits for an async command to go on.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::info::MailboxInfo;
use super::overflow::Overflow;

/// Questions (ping, info) that may wait on the control lane; stop and kill are flags and always have room.
pub(crate) const CONTROL_CAPACITY: usize = 1024;

/// Both lanes. `M` is an ordinary message, `C` one of the control lane.
pub(crate) struct Mailbox<M, C> {
    queue: Mutex<Queue<M, C>>,
    /// Whether the control lane, or a stop or kill, waits. Set under the lock, read without it.
    urgent: AtomicBool,
    capacity: usize,
    overflow: Overflow,
}

struct Queue<M, C> {
    messages: VecDeque<M>,
    control: VecDeque<C>,
    /// Messages the receiver still had in its buffer when it last held the lock.
    taken: usize,
    receiver: Option<Waker>,
    /// Whether the parked receiver wants to be woken for an ordinary message.
    for_messages: bool,
    /// Senders that wait for room, longest first.
    room: VecDeque<(u64, Waker)>,
    last_ticket: u64,
    high_water: usize,
    /// Messages that were dropped because there was no room for them.
    dropped: u64,
    stop: bool,
    kill: bool,
    /// Whether the receiver is to look around although it was not parked when it was told so.
    nudged: bool,
    closed: bool,
}

/// A message that was not taken.
#[derive(Debug, PartialEq)]
pub(crate) enum Refused<M> {
    /// No room.
    Full(M),
    /// The actor takes no more messages.
    Closed(M),
}

/// What became of a message that was pushed with the mailbox's policy.
pub(crate) enum Squeezed<M> {
    /// It is in.
    In,
    /// It is in, and this one out.
    Instead(M),
    /// It is the one that is out.
    Dropped(M),
    /// No policy helped.
    Refused(Refused<M>),
}

/// What the receiver does next.
pub(crate) enum Next<M, C> {
    Message(M),
    Control(C),
    Stop,
    Kill,
}

/// The receiver's own side: the buffer it took.
pub(crate) struct Inbox<M> {
    batch: VecDeque<M>,
}

impl<M> Default for Inbox<M> {
    fn default() -> Self {
        Inbox::new()
    }
}

impl<M> Inbox<M> {
    pub(crate) const fn new() -> Inbox<M> {
        Inbox { batch: VecDeque::new() }
    }

    /// Messages taken out of the mailbox and not handled.
    pub(crate) fn len(&self) -> usize {
        self.batch.len()
    }

    /// Takes them all, the one that has waited longest first.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = M> {
        self.batch.drain(..)
    }
}

impl<M, C> Mailbox<M, C> {
    /// A mailbox in which at most `capacity` messages wait, at least one.
    pub(crate) fn new(capacity: usize, overflow: Overflow) -> Mailbox<M, C> {
        let queue = Queue {
            messages: VecDeque::new(),
            control: VecDeque::new(),
            taken: 0,
            receiver: None,
            for_messages: false,
            room: VecDeque::new(),
            last_ticket: 0,
            high_water: 0,
            dropped: 0,
            stop: false,
            kill: false,
            nudged: false,
            closed: false,
        };
        let queue = Mutex::new(queue);
        Mailbox { queue, urgent: AtomicBool::new(false), capacity: capacity.max(1), overflow }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) fn overflow(&self) -> Overflow {
        self.overflow
    }

    pub(crate) fn info(&self) -> MailboxInfo {
        let queue = self.lock();
        MailboxInfo {
            waiting: queue.messages.len() + queue.taken,
            high_water: queue.high_water,
            capacity: self.capacity,
            dropped: queue.dropped,
        }
    }

    /// Messages that the receiver has not taken out.
    pub(crate) fn queued(&self) -> usize {
        self.lock().messages.len()
    }

    /// Puts a message in if there is room now.
    pub(crate) fn push(&self, message: M) -> Result<(), Refused<M>> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(Refused::Closed(message));
        }
        if queue.len() >= self.capacity {
            return Err(Refused::Full(message));
        }
        let waker = queue.push(message);
        drop(queue);
        wake(waker);
        Ok(())
    }

    /// Puts a message in, room or no room: one of those that an actor has coming by its own doing, so that their number
    /// is bounded by that. `false`, and the message dropped, where the mailbox is closed.
    pub(crate) fn push_anyway(&self, message: M) -> bool {
        let mut queue = self.lock();
        if queue.closed {
            return false;
        }
        let waker = queue.push(message);
        drop(queue);
        wake(waker);
        true
    }

    /// Makes room for what the receiver has handled of what it took, where it does not come for more.
    pub(crate) fn recount(&self, inbox: &Inbox<M>) {
        let mut queue = self.lock();
        queue.taken = inbox.len().min(self.capacity - 1);
        let free = self.capacity.saturating_sub(queue.len()).min(queue.room.len());
        let room: Vec<_> = queue.room.drain(..free).collect();
        drop(queue);
        room.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Puts a message in that found no room, as the policy says. What comes out is for the caller to drop: that runs
    /// code of others.
    pub(crate) fn squeeze(&self, message: M) -> Squeezed<M> {
        let mut queue = self.lock();
        if queue.closed {
            return Squeezed::Refused(Refused::Closed(message));
        }
        let mut oldest = None;
        if queue.len() >= self.capacity {
            match self.overflow {
                Overflow::Wait | Overflow::Fail => return Squeezed::Refused(Refused::Full(message)),
                Overflow::DropNewest => {
                    queue.dropped += 1;
                    return Squeezed::Dropped(message);
                }
                Overflow::DropOldest => {
                    oldest = queue.messages.pop_front();
                    queue.dropped += u64::from(oldest.is_some());
                }
            }
        }
        let waker = queue.push(message);
        drop(queue);
        wake(waker);
        oldest.map_or(Squeezed::In, Squeezed::Instead)
    }

    /// Puts `message` in as soon as there is room, and leaves `None`; an error, and the message left where it is,
    /// where the mailbox is closed, or is full and nobody is to wait.
    /// `ticket` is the place in the line of those who wait; give it back with [`Mailbox::leave_line`] when giving up.
    pub(crate) fn poll_push(
        &self,
        message: &mut Option<M>,
        ticket: &mut Option<u64>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Refused<()>>> {
        let mut queue = self.lock();
        if queue.closed {
            *ticket = None;
            return Poll::Ready(Err(Refused::Closed(())));
        }
        if queue.len() >= self.capacity {
            if !self.overflow.waits() {
                return Poll::Ready(Err(Refused::Full(())));
            }
            queue.wait_for_room(ticket, cx.waker());
            return Poll::Pending;
        }
        let own = ticket.take();
        queue.room.retain(|(waiting, _)| Some(*waiting) != own);
        let waker = message.take().and_then(|message| queue.push(message));
        drop(queue);
        wake(waker);
        Poll::Ready(Ok(()))
    }

    /// Gives up waiting for room. One that had been told of room passes that on to the next in line.
    pub(crate) fn leave_line(&self, ticket: u64) {
        let mut queue = self.lock();
        let before = queue.room.len();
        queue.room.retain(|(waiting, _)| *waiting != ticket);
        let next = if before == queue.room.len() { queue.room.pop_front() } else { None };
        drop(queue);
        wake(next.map(|(_, waker)| waker));
    }

    /// Puts a question on the control lane.
    pub(crate) fn push_control(&self, control: C) -> Result<(), Refused<C>> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(Refused::Closed(control));
        }
        if queue.control.len() >= CONTROL_CAPACITY {
            return Err(Refused::Full(control));
        }
        queue.control.push_back(control);
        self.wake_urgently(queue);
        Ok(())
    }

    /// Tells the receiver to stop after the command in progress.
    pub(crate) fn stop(&self) {
        let mut queue = self.lock();
        queue.stop = true;
        self.wake_urgently(queue);
    }

    /// Tells the receiver to end at the next point where it can.
    pub(crate) fn kill(&self) {
        let mut queue = self.lock();
        queue.kill = true;
        self.wake_urgently(queue);
    }

    /// Forgets a stop or kill that has not been heard.
    pub(crate) fn forget_signals(&self) {
        let mut queue = self.lock();
        (queue.stop, queue.kill) = (false, false);
        self.urgent.store(!queue.control.is_empty(), Ordering::Release);
    }

    fn wake_urgently(&self, mut queue: MutexGuard<'_, Queue<M, C>>) {
        self.urgent.store(true, Ordering::Release);
        let waker = queue.receiver.take();
        drop(queue);
        wake(waker);
    }

    /// Whether a stop or kill has come that the receiver has not heard.
    pub(crate) fn is_told_to_end(&self) -> bool {
        self.urgent.load(Ordering::Acquire) && {
            let queue = self.lock();
            queue.stop || queue.kill
        }
    }

    /// Wakes the receiver to look around, with nothing in the mailbox for it.
    pub(crate) fn nudge(&self) {
        let mut queue = self.lock();
        let waker = queue.receiver.take();
        // One that is not parked may be past what it is to look at.
        queue.nudged |= waker.is_none();
        drop(queue);
        wake(waker);
    }

    /// Takes no more messages; those that wait stay.
    pub(crate) fn shut(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        let room = std::mem::take(&mut queue.room);
        drop(queue);
        room.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Takes no more messages and gives back those that wait. The receiver is gone.
    pub(crate) fn close(&self) -> VecDeque<M> {
        self.shut();
        let mut queue = self.lock();
        let messages = std::mem::take(&mut queue.messages);
        let control = std::mem::take(&mut queue.control);
        queue.receiver = None;
        queue.taken = 0;
        drop(queue);
        drop(control);
        messages
    }

    /// What comes next: kill, stop, control lane, messages, in this order.
    pub(crate) fn poll_next(&self, inbox: &mut Inbox<M>, cx: &mut Context<'_>) -> Poll<Next<M, C>> {
        if self.urgent.load(Ordering::Acquire)
            && let Some(next) = self.take_urgent(&mut self.lock(), true)
        {
            return Poll::Ready(next);
        }
        if let Some(message) = inbox.batch.pop_front() {
            return Poll::Ready(Next::Message(message));
        }
        let mut queue = self.lock();
        if let Some(next) = self.take_urgent(&mut queue, true) {
            return Poll::Ready(next);
        }
        if self.overflow.reaches_the_oldest() {
            inbox.batch.extend(queue.messages.pop_front());
        } else {
            std::mem::swap(&mut queue.messages, &mut inbox.batch);
        }
        let Some(message) = inbox.batch.pop_front() else {
            queue.taken = 0;
            queue.park(cx.waker(), true);
            return Poll::Pending;
        };
        // One that came in past the bound must not keep those waiting for ever who keep to it.
        queue.taken = inbox.batch.len().min(self.capacity - 1);
        let free = self.capacity.saturating_sub(queue.taken).min(queue.room.len());
        let room: Vec<_> = queue.room.drain(..free).collect();
        drop(queue);
        room.into_iter().for_each(|(_, waker)| waker.wake());
        Poll::Ready(Next::Message(message))
    }

    /// What the control lane has for an actor that waits inside a command, or inside `#[start]` or `#[stopping]`:
    /// kill and questions; a stop too where `stoppable`, otherwise it stays for later.
    pub(crate) fn poll_control(&self, stoppable: bool, cx: &mut Context<'_>) -> Poll<Next<M, C>> {
        let mut queue = self.lock();
        match self.take_urgent(&mut queue, stoppable) {
            Some(next) => Poll::Ready(next),
            None => {
                queue.park(cx.waker(), false);
                Poll::Pending
            }
        }
    }

    fn take_urgent(&self, queue: &mut Queue<M, C>, stoppable: bool) -> Option<Next<M, C>> {
        let next = if queue.kill {
            // A kill stays: nothing comes after it.
            Some(Next::Kill)
        } else if stoppable && std::mem::take(&mut queue.stop) {
            Some(Next::Stop)
        } else {
            queue.control.pop_front().map(Next::Control)
        };
        let more = queue.kill || queue.stop || !queue.control.is_empty();
        self.urgent.store(more, Ordering::Release);
        next
    }

    fn lock(&self) -> MutexGuard<'_, Queue<M, C>> {
        // Nothing under this lock runs code of others but a waker's clone; a panic there leaves the queue whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M, C> Queue<M, C> {
    fn len(&self) -> usize {
        self.messages.len() + self.taken
    }

    fn push(&mut self, message: M) -> Option<Waker> {
        self.messages.push_back(message);
        self.high_water = self.high_water.max(self.len());
        if self.for_messages { self.receiver.take() } else { None }
    }

    fn park(&mut self, waker: &Waker, for_messages: bool) {
        if std::mem::take(&mut self.nudged) {
            waker.wake_by_ref();
        }
        self.for_messages = for_messages;
        match &mut self.receiver {
            Some(parked) => parked.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    fn wait_for_room(&mut self, ticket: &mut Option<u64>, waker: &Waker) {
        if let Some((_, parked)) = self.room.iter_mut().find(|(waiting, _)| Some(*waiting) == *ticket) {
            parked.clone_from(waker);
            return;
        }
        self.last_ticket += 1;
        *ticket = Some(self.last_ticket);
        self.room.push_back((self.last_ticket, waker.clone()));
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests;
