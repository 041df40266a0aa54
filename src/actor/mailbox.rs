//! The mailbox: a bounded queue of messages and, beside it, a control lane that messages cannot starve.
//!
//! The receiver swaps its empty buffer for the full one, so that a burst costs one lock, and reads a flag per message
//! to see whether the control lane has something. A sender wakes it only if it is parked, and not for a mere message
//! while it waits for an async command to go on.

use std::mem::take;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};

use super::info::MailboxInfo;
use super::overflow::Overflow;
use crate::sys::primitive::{AtomicBool, AtomicU8, AtomicUsize, Mutex, MutexGuard, Ordering};

/// Questions (ping, info) that may wait on the control lane; stop and kill are flags and always have room.
pub(crate) const CONTROL_CAPACITY: usize = 1024;

// The paths are told, because the models compile this file from another place.
#[path = "mailbox/aside.rs"]
mod aside;
#[path = "mailbox/inbox.rs"]
mod inbox;
#[path = "mailbox/lane.rs"]
mod lane;
#[path = "mailbox/queue.rs"]
mod queue;
#[path = "mailbox/sight.rs"]
mod sight;
#[path = "mailbox/wanted.rs"]
mod wanted;

pub(crate) use inbox::Inbox;
use inbox::Turn;
use queue::Queue;
#[cfg_attr(loom, allow(unused_imports))]
pub(crate) use sight::Glimpse;
pub(crate) use wanted::Wanted;

/// The control lane, or a stop or kill, waits.
const URGENT: u8 = 1;
/// Nothing came since the receiver was parked.
const IDLE: u8 = 2;

/// Both lanes. `M` is an ordinary message, `C` one of the control lane.
pub(crate) struct Mailbox<M, C> {
    queue: Mutex<Queue<M, C>>,
    /// Whether the control lane, or a stop or kill, waits, or nothing at all. Set under the lock, read without it.
    sign: AtomicU8,
    /// Whether it is kept in sight: once it is, for good.
    in_sight: AtomicBool,
    /// Messages in the receiver's buffer. It alone writes this: at most what it was told under the lock, and less from
    /// message to message.
    taken: AtomicUsize,
    capacity: usize,
    overflow: Overflow,
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

impl<M, C> Mailbox<M, C> {
    /// A mailbox in which at most `capacity` messages wait, at least one.
    pub(crate) fn new(capacity: usize, overflow: Overflow) -> Mailbox<M, C> {
        let (sign, in_sight, taken) = (AtomicU8::new(0), AtomicBool::new(false), AtomicUsize::new(0));
        Mailbox {
            queue: Mutex::new(Queue::new()),
            sign,
            in_sight,
            taken,
            capacity: capacity.max(1),
            overflow,
        }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) fn overflow(&self) -> Overflow {
        self.overflow
    }

    fn waiting(&self, queue: &Queue<M, C>) -> usize {
        queue.messages.len() + self.taken.load(Ordering::Relaxed)
    }

    fn is_full(&self, queue: &Queue<M, C>) -> bool {
        queue.messages.len() + queue.taken_then as usize >= self.capacity
            && self.waiting(queue) >= self.capacity
    }

    /// Takes a message in, under the lock; who is to be woken for it.
    #[inline]
    fn put(&self, queue: &mut Queue<M, C>, message: &mut Option<M>) -> Option<Waker> {
        self.add(queue, message);
        if !queue.for_messages {
            return None;
        }
        let waker = queue.receiver.take();
        if waker.is_some() {
            self.disturb();
        }
        waker
    }

    #[inline]
    fn add(&self, queue: &mut Queue<M, C>, message: &mut Option<M>) {
        queue.messages.push(message);
        if queue.messages.len() + queue.taken_then as usize > queue.high_water as usize {
            queue.high_water = queue.high_water.max(count(self.waiting(queue)));
        }
    }

    /// Notes that the receiver is no longer parked. Under the lock.
    fn disturb(&self) {
        self.sign.store(self.sign.load(Ordering::Relaxed) & !IDLE, Ordering::Release);
    }

    /// Parks the receiver. Under the lock.
    fn park(&self, queue: &mut Queue<M, C>, waker: &Waker, for_messages: bool) {
        queue.park(waker, for_messages);
        let idle = if for_messages { IDLE } else { 0 };
        self.sign.store(self.sign.load(Ordering::Relaxed) & URGENT | idle, Ordering::Release);
    }

    /// Parks a receiver that was never here, where nothing has come yet; whether that is so.
    pub(crate) fn begin_parked(&self, waker: &Waker) -> bool {
        let mut queue = self.lock();
        let is_new = self.sign.load(Ordering::Relaxed) == 0 && !queue.nudged && queue.messages.is_empty();
        if is_new {
            self.park(&mut queue, waker, true);
        }
        is_new
    }

    /// Messages that the receiver has not taken out.
    pub(crate) fn queued(&self) -> usize {
        self.lock().messages.len()
    }

    /// Puts a message in if there is room now, and leaves `None`; otherwise it stays where it is.
    ///
    /// It is moved once, and not before there is room for it: what has just been written is slow to be moved, and the
    /// lock waits for the writes anyway.
    pub(crate) fn push(&self, message: &mut Option<M>) -> Result<(), Refused<()>> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(Refused::Closed(()));
        }
        if self.is_full(&queue) {
            return Err(Refused::Full(()));
        }
        let waker = self.put(&mut queue, message);
        drop(queue);
        wake(waker);
        Ok(())
    }

    /// Whether the receiver is parked, and nothing came since.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.sign.load(Ordering::Acquire) == IDLE
    }

    /// Puts a message in, room or no room: one of those that an actor has coming by its own doing, so that their number
    /// is bounded by that. `false`, and the message left where it is, where the mailbox is closed.
    pub(crate) fn push_anyway(&self, message: &mut Option<M>) -> bool {
        let mut queue = self.lock();
        if queue.closed {
            return false;
        }
        let waker = self.put(&mut queue, message);
        drop(queue);
        wake(waker);
        true
    }

    /// Tells those in line of the room there is, where the receiver does not come for more.
    pub(crate) fn tell_of_room(&self) {
        let queue = self.lock();
        if queue.rare.as_ref().is_some_and(|rare| !rare.room.is_empty()) {
            self.make_room(queue);
        }
    }

    /// Puts a message in that found no room, as the policy says. What comes out is for the caller to drop: that runs
    /// code of others.
    pub(crate) fn squeeze(&self, message: M) -> Squeezed<M> {
        let mut queue = self.lock();
        if queue.closed {
            return Squeezed::Refused(Refused::Closed(message));
        }
        let mut oldest = None;
        if self.is_full(&queue) {
            match self.overflow {
                Overflow::Wait | Overflow::Fail => return Squeezed::Refused(Refused::Full(message)),
                Overflow::DropNewest => {
                    queue.rare().dropped += 1;
                    return Squeezed::Dropped(message);
                }
                Overflow::DropOldest => {
                    oldest = queue.messages.pop();
                    queue.rare().dropped += u64::from(oldest.is_some());
                }
            }
        }
        let waker = self.put(&mut queue, &mut Some(message));
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
        if self.is_full(&queue) {
            if !self.overflow.waits() {
                return Poll::Ready(Err(Refused::Full(())));
            }
            queue.wait_for_room(ticket, cx.waker());
            return Poll::Pending;
        }
        if let Some(own) = ticket.take() {
            queue.rare().room.retain(|(waiting, _)| *waiting != own);
        }
        let waker = self.put(&mut queue, message);
        drop(queue);
        wake(waker);
        Poll::Ready(Ok(()))
    }

    /// Gives up waiting for room. One that had been told of room passes that on to the next in line.
    pub(crate) fn leave_line(&self, ticket: u64) {
        let mut queue = self.lock();
        let room = &mut queue.rare().room;
        let before = room.len();
        room.retain(|(waiting, _)| *waiting != ticket);
        let next = if before == room.len() { room.pop_front() } else { None };
        drop(queue);
        wake(next.map(|(_, waker)| waker));
    }

    /// Puts a question on the control lane.
    pub(crate) fn push_control(&self, control: C) -> Result<(), Refused<C>> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(Refused::Closed(control));
        }
        let lane = &mut queue.rare().control;
        if lane.len() >= CONTROL_CAPACITY {
            return Err(Refused::Full(control));
        }
        lane.push_back(control);
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

    /// Forgets a stop or kill that has not been heard; whether there was a kill.
    pub(crate) fn forget_signals(&self) -> bool {
        let mut queue = self.lock();
        queue.stop = false;
        let killed = std::mem::take(&mut queue.kill);
        self.sign.store(if queue.has_questions() { URGENT } else { 0 }, Ordering::Release);
        killed
    }

    fn wake_urgently(&self, mut queue: MutexGuard<'_, Queue<M, C>>) {
        self.sign.store(URGENT, Ordering::Release);
        let waker = queue.receiver.take();
        drop(queue);
        wake(waker);
    }

    /// Whether a stop or kill has come that the receiver has not heard.
    pub(crate) fn is_told_to_end(&self) -> bool {
        self.is_urgent() && {
            let queue = self.lock();
            queue.stop || queue.kill
        }
    }

    /// Wakes the receiver to look around, with nothing in the mailbox for it.
    pub(crate) fn nudge(&self) {
        let mut queue = self.lock();
        let waker = queue.receiver.take();
        self.disturb();
        // One that is not parked may be past what it is to look at.
        queue.nudged |= waker.is_none();
        drop(queue);
        wake(waker);
    }

    /// Takes no more messages; those that wait stay.
    pub(crate) fn shut(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        self.disturb();
        let room = queue.rare.as_mut().map(|rare| take(&mut rare.room)).unwrap_or_default();
        drop(queue);
        room.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Takes no more messages, and leaves those that wait to the receiver, which will not be told of anything any more.
    pub(crate) fn close(&self, inbox: &mut Inbox<M>) {
        if std::mem::replace(&mut inbox.closed, true) {
            return;
        }
        let mut queue = self.lock();
        queue.closed = true;
        inbox.batch.append(&mut queue.messages);
        let rare = queue.rare.as_mut().map(|rare| (take(&mut rare.control), take(&mut rare.room)));
        let (control, room) = rare.unwrap_or_default();
        let receiver = queue.receiver.take();
        self.taken.store(0, Ordering::Relaxed);
        self.disturb();
        drop(queue);
        room.into_iter().for_each(|(_, waker)| waker.wake());
        drop((control, receiver));
    }

    /// What comes next: kill, stop, control lane, messages, in this order.
    ///
    /// Inline, so that a message of a burst is moved once, out of the buffer to where it is handled.
    #[inline(always)]
    pub(crate) fn poll_next(&self, inbox: &mut Inbox<M>, cx: &mut Context<'_>) -> Poll<Next<M, C>> {
        let sign = self.sign.load(Ordering::Acquire);
        if sign & URGENT == 0
            && let Some(message) = inbox.batch.pop()
        {
            self.taken.store(inbox.batch.len(), Ordering::Relaxed);
            return Poll::Ready(Next::Message(message));
        }
        if inbox.turn == Turn::OneAndParked && sign == IDLE {
            return Poll::Pending;
        }
        self.poll_more(inbox, cx)
    }

    #[inline(never)]
    fn poll_more(&self, inbox: &mut Inbox<M>, cx: &mut Context<'_>) -> Poll<Next<M, C>> {
        let mut queue = self.lock();
        if let Some(next) = self.take_urgent(&mut queue, true) {
            return Poll::Ready(next);
        }
        let in_sight = queue.is_in_sight();
        if in_sight {
            inbox.turn = Turn::Untold;
        }
        let one_by_one = self.overflow.reaches_the_oldest() || in_sight;
        if inbox.batch.is_empty() && queue.messages.len() > 1 && !one_by_one {
            std::mem::swap(&mut queue.messages, &mut inbox.batch);
            inbox.begin_burst();
        }
        // One alone is taken out where it is: many actors never have two, and need no second buffer.
        let next = inbox.batch.pop().or_else(|| queue.messages.pop());
        inbox.lone = inbox.batch.is_empty() && queue.messages.is_empty();
        self.taken.store(inbox.batch.len(), Ordering::Relaxed);
        queue.taken_then = count(inbox.batch.len());
        queue.see(next.as_ref());
        if inbox.is_last(next.is_some(), &queue.messages) {
            self.park(&mut queue, cx.waker(), true);
        }
        // Also where nothing came: what came in past the bound may have kept those in line from being told of room.
        if inbox.tells_now(queue.rare.as_ref().is_some_and(|rare| !rare.room.is_empty())) {
            self.make_room(queue);
        }
        next.map_or(Poll::Pending, |message| Poll::Ready(Next::Message(message)))
    }

    /// Wakes as many as there is room for.
    #[cold]
    fn make_room(&self, mut queue: MutexGuard<'_, Queue<M, C>>) {
        let free = self.capacity.saturating_sub(self.waiting(&queue));
        let room = &mut queue.rare().room;
        let free = free.min(room.len());
        let woken: Vec<_> = room.drain(..free).collect();
        drop(queue);
        woken.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// What the control lane has for an actor that waits inside a command, or inside `#[start]` or `#[stopping]`:
    /// kill and questions; a stop too where `stoppable`, otherwise it stays for later.
    pub(crate) fn poll_control(&self, stoppable: bool, cx: &mut Context<'_>) -> Poll<Next<M, C>> {
        let mut queue = self.lock();
        match self.take_urgent(&mut queue, stoppable) {
            Some(next) => Poll::Ready(next),
            None => {
                self.park(&mut queue, cx.waker(), false);
                Poll::Pending
            }
        }
    }

    fn take_urgent(&self, queue: &mut Queue<M, C>, stoppable: bool) -> Option<Next<M, C>> {
        // Written under the lock only.
        if self.sign.load(Ordering::Relaxed) & URGENT == 0 {
            return None;
        }
        let next = if queue.kill {
            // A kill stays: nothing comes after it.
            Some(Next::Kill)
        } else if stoppable && take(&mut queue.stop) {
            Some(Next::Stop)
        } else {
            queue.rare.as_mut().and_then(|rare| rare.control.pop_front()).map(Next::Control)
        };
        let more = queue.kill || queue.stop || queue.has_questions();
        self.sign.store(if more { URGENT } else { 0 }, Ordering::Release);
        next
    }

    fn is_urgent(&self) -> bool {
        self.sign.load(Ordering::Acquire) & URGENT != 0
    }

    fn lock(&self) -> MutexGuard<'_, Queue<M, C>> {
        // Nothing under this lock runs code of others but a waker's clone; a panic there leaves the queue whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number of messages as a queue keeps it: each actor has one, and none has so many messages.
fn count(messages: usize) -> u32 {
    u32::try_from(messages).unwrap_or(u32::MAX)
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

// The path is told, because the models compile this file from another place.
#[cfg(all(test, feature = "harness", not(loom)))]
#[path = "mailbox/tests.rs"]
mod tests;
