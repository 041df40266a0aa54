//! The mailbox: a bounded queue of messages and, beside it, a control lane that messages cannot starve.
//!
//! The receiver swaps its empty buffer for the full one, so that a burst costs one lock, and reads a flag per message
//! to see whether the control lane has something. A sender wakes it only if it is parked, and not for a mere message
//! while it waits for an async command to go on.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};

use super::info::MailboxInfo;
use super::overflow::Overflow;
use crate::sys::primitive::{AtomicBool, AtomicUsize, Mutex, MutexGuard, Ordering};

/// Questions (ping, info) that may wait on the control lane; stop and kill are flags and always have room.
pub(crate) const CONTROL_CAPACITY: usize = 1024;

/// Both lanes. `M` is an ordinary message, `C` one of the control lane.
pub(crate) struct Mailbox<M, C> {
    queue: Mutex<Queue<M, C>>,
    /// Whether the control lane, or a stop or kill, waits. Set under the lock, read without it.
    urgent: AtomicBool,
    /// Messages in the receiver's buffer. It alone writes this: at most what it was told under the lock, and less from
    /// message to message.
    taken: AtomicUsize,
    capacity: usize,
    overflow: Overflow,
}

struct Queue<M, C> {
    messages: VecDeque<M>,
    /// Messages the receiver's buffer held when it last had the lock: more than are left in it now. As long as these
    /// leave room nobody reads what the receiver writes a message, which costs a trip between two cores.
    taken_then: usize,
    receiver: Option<Waker>,
    /// Made when first needed: most mailboxes never have any of it.
    rare: Option<Box<Rare<C>>>,
    high_water: usize,
    /// Whether the parked receiver wants to be woken for an ordinary message.
    for_messages: bool,
    stop: bool,
    kill: bool,
    /// Whether the receiver is to look around although it was not parked when it was told so.
    nudged: bool,
    closed: bool,
}

struct Rare<C> {
    control: VecDeque<C>,
    /// Senders that wait for room, longest first.
    room: VecDeque<(u64, Waker)>,
    last_ticket: u64,
    /// Messages that were dropped because there was no room for them.
    dropped: u64,
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
    /// Whether several messages came at once the last time.
    burst: bool,
}

impl<M> Default for Inbox<M> {
    fn default() -> Self {
        Inbox::new()
    }
}

impl<M> Inbox<M> {
    pub(crate) const fn new() -> Inbox<M> {
        Inbox { batch: VecDeque::new(), burst: false }
    }

    /// Messages taken out of the mailbox and not handled.
    pub(crate) fn len(&self) -> usize {
        self.batch.len()
    }

    /// Whether a burst has just been handled to its end. It is worth letting others have a turn then: more of it gathers
    /// meanwhile, where taking it message by message would be a fight for the lock with those who send.
    pub(crate) fn ends_a_burst(&mut self) -> bool {
        self.batch.is_empty() && std::mem::take(&mut self.burst)
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
            taken_then: 0,
            receiver: None,
            rare: None,
            high_water: 0,
            for_messages: false,
            stop: false,
            kill: false,
            nudged: false,
            closed: false,
        };
        let (urgent, taken) = (AtomicBool::new(false), AtomicUsize::new(0));
        Mailbox { queue: Mutex::new(queue), urgent, taken, capacity: capacity.max(1), overflow }
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
            waiting: self.waiting(&queue),
            high_water: queue.high_water,
            capacity: self.capacity,
            dropped: queue.rare.as_ref().map_or(0, |rare| rare.dropped),
        }
    }

    fn waiting(&self, queue: &Queue<M, C>) -> usize {
        queue.messages.len() + self.taken.load(Ordering::Relaxed)
    }

    fn is_full(&self, queue: &Queue<M, C>) -> bool {
        queue.messages.len() + queue.taken_then >= self.capacity && self.waiting(queue) >= self.capacity
    }

    /// Puts a message in, under the lock; who is to be woken for it.
    fn put(&self, queue: &mut Queue<M, C>, message: M) -> Option<Waker> {
        if queue.messages.capacity() == 0 {
            // For one that never has more than an ask at a time; a burst soon makes room for itself.
            queue.messages.reserve_exact(2);
        }
        queue.messages.push_back(message);
        if queue.messages.len() + queue.taken_then > queue.high_water {
            queue.high_water = queue.high_water.max(self.waiting(queue));
        }
        if queue.for_messages { queue.receiver.take() } else { None }
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
        if self.is_full(&queue) {
            return Err(Refused::Full(message));
        }
        let waker = self.put(&mut queue, message);
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
                    oldest = queue.messages.pop_front();
                    queue.rare().dropped += u64::from(oldest.is_some());
                }
            }
        }
        let waker = self.put(&mut queue, message);
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
        let waker = message.take().and_then(|message| self.put(&mut queue, message));
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

    /// Forgets a stop or kill that has not been heard.
    pub(crate) fn forget_signals(&self) {
        let mut queue = self.lock();
        (queue.stop, queue.kill) = (false, false);
        self.urgent.store(queue.has_questions(), Ordering::Release);
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
        let room = queue.rare.as_mut().map(|rare| std::mem::take(&mut rare.room)).unwrap_or_default();
        drop(queue);
        room.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Takes no more messages and gives back those that wait. The receiver is gone.
    pub(crate) fn close(&self) -> VecDeque<M> {
        self.shut();
        let mut queue = self.lock();
        let messages = std::mem::take(&mut queue.messages);
        let control = queue.rare.as_mut().map(|rare| std::mem::take(&mut rare.control));
        let receiver = queue.receiver.take();
        self.taken.store(0, Ordering::Relaxed);
        drop(queue);
        drop((control, receiver));
        messages
    }

    /// What comes next: kill, stop, control lane, messages, in this order.
    pub(crate) fn poll_next(&self, inbox: &mut Inbox<M>, cx: &mut Context<'_>) -> Poll<Next<M, C>> {
        if !self.urgent.load(Ordering::Acquire)
            && let Some(message) = inbox.batch.pop_front()
        {
            self.taken.store(inbox.batch.len(), Ordering::Relaxed);
            return Poll::Ready(Next::Message(message));
        }
        self.poll_more(inbox, cx)
    }

    fn poll_more(&self, inbox: &mut Inbox<M>, cx: &mut Context<'_>) -> Poll<Next<M, C>> {
        let mut queue = self.lock();
        if let Some(next) = self.take_urgent(&mut queue, true) {
            return Poll::Ready(next);
        }
        if inbox.batch.is_empty() && queue.messages.len() > 1 && !self.overflow.reaches_the_oldest() {
            std::mem::swap(&mut queue.messages, &mut inbox.batch);
            inbox.burst = true;
        }
        // One alone is taken out where it is: many actors never have two, and need no second buffer.
        let next = inbox.batch.pop_front().or_else(|| queue.messages.pop_front());
        self.taken.store(inbox.batch.len(), Ordering::Relaxed);
        queue.taken_then = inbox.batch.len();
        if next.is_none() {
            queue.park(cx.waker(), true);
        }
        // Also where nothing came: what came in past the bound may have kept those in line from being told of room.
        if queue.rare.as_ref().is_some_and(|rare| !rare.room.is_empty()) {
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
                queue.park(cx.waker(), false);
                Poll::Pending
            }
        }
    }

    fn take_urgent(&self, queue: &mut Queue<M, C>, stoppable: bool) -> Option<Next<M, C>> {
        // Written under the lock only.
        if !self.urgent.load(Ordering::Relaxed) {
            return None;
        }
        let next = if queue.kill {
            // A kill stays: nothing comes after it.
            Some(Next::Kill)
        } else if stoppable && std::mem::take(&mut queue.stop) {
            Some(Next::Stop)
        } else {
            queue.rare.as_mut().and_then(|rare| rare.control.pop_front()).map(Next::Control)
        };
        let more = queue.kill || queue.stop || queue.has_questions();
        self.urgent.store(more, Ordering::Release);
        next
    }

    fn lock(&self) -> MutexGuard<'_, Queue<M, C>> {
        // Nothing under this lock runs code of others but a waker's clone; a panic there leaves the queue whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M, C> Queue<M, C> {
    fn rare(&mut self) -> &mut Rare<C> {
        self.rare.get_or_insert_with(|| {
            let (control, room) = (VecDeque::new(), VecDeque::new());
            Box::new(Rare { control, room, last_ticket: 0, dropped: 0 })
        })
    }

    fn has_questions(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| !rare.control.is_empty())
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
        let rare = self.rare();
        if let Some((_, parked)) = rare.room.iter_mut().find(|(waiting, _)| Some(*waiting) == *ticket) {
            parked.clone_from(waker);
            return;
        }
        rare.last_ticket += 1;
        *ticket = Some(rare.last_ticket);
        rare.room.push_back((rare.last_ticket, waker.clone()));
    }
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
