//! What lies between a stream's two ends: the items that were sent and not taken, at most so many, wherever they are.
//!
//! Where both ends are in one process it is a queue. Where a process is between them there is half a channel in each:
//! the producer's writes an item at once and counts it as taken when its consumer says so, the consumer's keeps what
//! has come. So the bound is the same in every placement, and a producer is never further ahead than that.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::error::{NotSent, StreamEnd};
use super::registry::Number;
use super::word::{Order, Said};
use crate::actor::crossing::Up;
use crate::actor::info::ActorName;
use crate::actor::letter;
use crate::actor::node::AnyActor;
use crate::actor::uplink::Uplink;

/// Kibibytes of one stream's items that may be between two processes, whatever the bound: with items of 64 KiB, eight.
pub(super) const WINDOW_KIB: usize = 512;

/// More than the header of a frame ever takes, bytes.
const HEADER: usize = 64;

/// One stream.
pub(super) struct Channel<T>(Mutex<State<T>>);

struct State<T> {
    /// What waits here, and the KiB that each was on the wire.
    items: VecDeque<(T, usize)>,
    bound: usize,
    /// Items that were sent and, as far as is known here, not taken.
    ahead: usize,
    end: Option<End>,
    /// The consumer is gone.
    is_cancelled: bool,
    consumer: Option<Waker>,
    producer: Option<Waker>,
    home: Option<Home>,
    way: Way<T>,
    unread_after: Option<Duration>,
}

/// How a stream ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    Finished,
    Broke(StreamEnd),
}

/// The actor that a stream comes from.
#[derive(Clone)]
pub(super) struct Home {
    pub(super) actor: Arc<dyn AnyActor>,
    pub(super) command: &'static str,
    pub(super) number: Number,
}

/// Where the other end is.
enum Way<T> {
    Here,
    /// The consumer is in the parent process.
    Away(Away<T>),
    /// The producer is in the actor's process.
    Landed(Landed<T>),
}

struct Away<T> {
    /// None while the answer that takes the stream along is under way: items wait for it.
    to: Option<(Arc<Uplink>, Write<T>)>,
    /// KiB of each item that was written and not taken.
    sizes: VecDeque<usize>,
    kib: usize,
}

struct Landed<T> {
    read: Read<T>,
    /// Items taken, and their KiB, of which the producer has not been told.
    owed: usize,
    owed_kib: usize,
}

/// Makes the frame of an item.
pub(super) type Write<T> = fn(&Uplink, u64, &T) -> Result<Vec<u8>, String>;
/// Reads an item.
pub(super) type Read<T> = fn(&[u8]) -> Result<T, String>;

/// A channel whose items' type is not known.
pub(crate) trait AnyChannel: Send + Sync {
    /// The producer's process has said this.
    fn heard(&self, said: Said, item: &[u8]);
    /// The consumer's process has said this.
    fn ordered(&self, order: Order);
    /// Ends the stream so, unless it has ended.
    fn break_off(&self, why: StreamEnd);
}

impl<T> Channel<T> {
    /// A channel in which at most `bound` items wait, at least one.
    pub(super) fn new(bound: usize) -> Arc<Channel<T>> {
        Channel::of(bound, Way::Here, None)
    }

    /// The consumer's half of one whose producer is in another process.
    pub(super) fn landed(bound: usize, read: Read<T>) -> Arc<Channel<T>> {
        Channel::of(bound, Way::Landed(Landed { read, owed: 0, owed_kib: 0 }), None)
    }

    fn of(bound: usize, way: Way<T>, home: Option<Home>) -> Arc<Channel<T>> {
        Arc::new(Channel(Mutex::new(State {
            items: VecDeque::new(),
            bound: bound.max(1),
            ahead: 0,
            end: None,
            is_cancelled: false,
            consumer: None,
            producer: None,
            home,
            way,
            unread_after: None,
        })))
    }

    pub(super) fn set_bound(&self, bound: usize) {
        self.state().bound = bound.max(1);
    }

    pub(super) fn set_unread_after(&self, limit: Duration) {
        self.state().unread_after = Some(limit);
    }

    pub(super) fn unread_after(&self) -> Option<Duration> {
        self.state().unread_after
    }

    pub(super) fn set_home(&self, home: Home) {
        self.state().home = Some(home);
    }

    pub(super) fn home(&self) -> Option<Home> {
        self.state().home.clone()
    }

    /// The actor it comes from and the command that answered with it.
    pub(super) fn of_whom(&self) -> Option<(ActorName, &'static str)> {
        self.state().home.as_ref().map(|home| (home.actor.node().name.clone(), home.command))
    }

    /// Whether its producer may send an item now.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), NotSent>> {
        let mut state = self.state();
        if let Some(why) = state.closed() {
            return Poll::Ready(Err(why));
        }
        if state.has_room() {
            return Poll::Ready(Ok(()));
        }
        state.park_producer(cx.waker());
        Poll::Pending
    }

    /// Resolves when nothing more can be sent.
    pub(super) fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<NotSent> {
        let mut state = self.state();
        match state.closed() {
            Some(why) => Poll::Ready(why),
            None => {
                state.park_producer(cx.waker());
                Poll::Pending
            }
        }
    }

    /// Sends an item for which there is room.
    pub(super) fn put(&self, item: T) -> Result<(), NotSent> {
        let mut state = self.state();
        if let Some(why) = state.closed() {
            return Err(why);
        }
        state.ahead += 1;
        if let Way::Away(Away { to: Some((link, write)), .. }) = &state.way {
            let (link, write) = (link.clone(), *write);
            drop(state);
            return self.write(&link, write, &item);
        }
        state.items.push_back((item, 0));
        let consumer = state.consumer.take();
        drop(state);
        wake(consumer);
        Ok(())
    }

    /// Writes an item to the parent.
    fn write(&self, link: &Uplink, write: Write<T>, item: &T) -> Result<(), NotSent> {
        let number = self.state().home.as_ref().map_or(0, |home| home.number.number);
        match write(link, number, item) {
            Ok(frame) => {
                if let Way::Away(away) = &mut self.state().way {
                    let kib = frame.len() / 1024;
                    away.sizes.push_back(kib);
                    away.kib += kib;
                }
                // A parent that is gone reads nothing; whoever reads from it sees that it is.
                let _ = link.put(frame);
                Ok(())
            }
            Err(why) => {
                let why = StreamEnd::Crossing(why);
                self.end(End::Broke(why.clone()));
                Err(NotSent::Broken(why))
            }
        }
    }

    /// The consumer's end goes to the parent process with an answer; its number there, and the bound.
    pub(super) fn leave(&self) -> (u64, u64) {
        let mut state = self.state();
        state.way = Way::Away(Away { to: None, sizes: VecDeque::new(), kib: 0 });
        let number = state.home.as_ref().map_or(0, |home| home.number.number);
        (number, state.bound as u64)
    }

    /// That answer has been written: what waited for it follows.
    pub(super) fn set_out(&self, link: &Arc<Uplink>, write: Write<T>) {
        loop {
            let mut state = self.state();
            if let Some((item, _)) = state.items.pop_front() {
                drop(state);
                if self.write(link, write, &item).is_err() {
                    return;
                }
                continue;
            }
            if let Way::Away(away) = &mut state.way {
                away.to = Some((link.clone(), write));
            }
            let (end, home) = (state.end.clone(), state.home.clone());
            drop(state);
            if let Some(end) = end {
                say(link, home, end);
            }
            return;
        }
    }

    /// Ends the stream, unless it has ended.
    pub(super) fn end(&self, end: End) {
        let mut state = self.state();
        if state.is_over() {
            return;
        }
        state.end = Some(end.clone());
        let wakers = [state.consumer.take(), state.producer.take()];
        let home = state.home.clone();
        let link = match &state.way {
            Way::Away(Away { to: Some((link, _)), .. }) => Some(link.clone()),
            _ => None,
        };
        drop(state);
        wakers.into_iter().for_each(wake);
        match link {
            Some(link) => say(&link, home, end),
            None => forget(home),
        }
    }

    /// The next item, `None` behind the last of a stream that is complete.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<Result<T, StreamEnd>>> {
        let mut state = self.state();
        let Some((item, kib)) = state.items.pop_front() else {
            return match &state.end {
                Some(End::Finished) => Poll::Ready(None),
                Some(End::Broke(why)) => Poll::Ready(Some(Err(why.clone()))),
                None => {
                    match &mut state.consumer {
                        Some(parked) => parked.clone_from(cx.waker()),
                        none => *none = Some(cx.waker().clone()),
                    }
                    Poll::Pending
                }
            };
        };
        state.ahead = state.ahead.saturating_sub(1);
        let credit = state.owe(kib);
        let producer = state.producer.take();
        let home = if credit.is_some() { state.home.clone() } else { None };
        drop(state);
        wake(producer);
        if let (Some(items), Some(home)) = (credit, home) {
            order(&home, Order::Credit { items });
        }
        Poll::Ready(Some(Ok(item)))
    }

    /// The consumer is gone.
    pub(super) fn cancel(&self) {
        let mut state = self.state();
        if matches!(state.way, Way::Away(_)) {
            // It has not gone, it is in the parent process now.
            return;
        }
        let was_over = state.is_over();
        state.is_cancelled = true;
        let left = std::mem::take(&mut state.items);
        let (producer, home) = (state.producer.take(), state.home.clone());
        let is_landed = matches!(state.way, Way::Landed(_));
        drop(state);
        wake(producer);
        match home {
            Some(home) if is_landed && !was_over => order(&home, Order::Cancel),
            home => forget(home),
        }
        bury(left);
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Nothing under this lock runs code of others but a waker's clone.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn is_over(&self) -> bool {
        self.is_cancelled || self.end.is_some()
    }

    /// Why nothing more can be sent.
    fn closed(&self) -> Option<NotSent> {
        match &self.end {
            Some(End::Broke(why)) => Some(NotSent::Broken(why.clone())),
            Some(End::Finished) => Some(NotSent::Cancelled),
            None => self.is_cancelled.then_some(NotSent::Cancelled),
        }
    }

    fn has_room(&self) -> bool {
        let kib = if let Way::Away(away) = &self.way { away.kib } else { 0 };
        self.ahead < self.bound && kib < WINDOW_KIB
    }

    fn park_producer(&mut self, waker: &Waker) {
        match &mut self.producer {
            Some(parked) => parked.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    /// Counts an item as taken; how many the producer is to be told of now. Half of what may be under way is soon
    /// enough: the other half keeps it busy meanwhile.
    fn owe(&mut self, kib: usize) -> Option<u64> {
        let half = self.bound.div_ceil(2);
        let Way::Landed(landed) = &mut self.way else { return None };
        landed.owed += 1;
        landed.owed_kib += kib;
        let is_due = landed.owed >= half || landed.owed_kib >= WINDOW_KIB / 2;
        if !is_due || self.end.is_some() {
            return None;
        }
        landed.owed_kib = 0;
        Some(std::mem::take(&mut landed.owed) as u64)
    }
}

impl<T: Send> AnyChannel for Channel<T> {
    fn heard(&self, said: Said, item: &[u8]) {
        match said {
            Said::Finished => self.end(End::Finished),
            Said::Broke { why } => self.end(End::Broke(why)),
            Said::Item => {
                let Way::Landed(Landed { read, .. }) = self.state().way else { return };
                // Not under the lock: it runs code of others.
                match read(item) {
                    Ok(item_read) => {
                        let mut state = self.state();
                        if state.is_over() {
                            drop(state);
                            return letter::shielded(|| drop(item_read));
                        }
                        state.ahead += 1;
                        // No less than what the producer counts, which has the header too.
                        state.items.push_back((item_read, (item.len() + HEADER) / 1024));
                        let consumer = state.consumer.take();
                        drop(state);
                        wake(consumer);
                    }
                    Err(why) => {
                        let home = self.home();
                        self.end(End::Broke(StreamEnd::Crossing(why)));
                        if let Some(home) = home {
                            order(&home, Order::Cancel);
                        }
                    }
                }
            }
        }
    }

    fn ordered(&self, order: Order) {
        let mut state = self.state();
        let mut left = VecDeque::new();
        match order {
            Order::Credit { items } => {
                let items = usize::try_from(items).unwrap_or(usize::MAX).min(state.ahead);
                state.ahead -= items;
                if let Way::Away(away) = &mut state.way {
                    let taken = items.min(away.sizes.len());
                    let kib: usize = away.sizes.drain(..taken).sum();
                    away.kib -= kib;
                }
            }
            Order::Cancel => {
                state.is_cancelled = true;
                left = std::mem::take(&mut state.items);
            }
        }
        let producer = state.producer.take();
        let home = if state.is_cancelled { state.home.clone() } else { None };
        drop(state);
        wake(producer);
        forget(home);
        bury(left);
    }

    fn break_off(&self, why: StreamEnd) {
        self.end(End::Broke(why));
    }
}

/// Tells the parent how a stream ended.
fn say(link: &Uplink, home: Option<Home>, end: End) {
    if let Some(home) = &home {
        let said = match end {
            End::Finished => Said::Finished,
            End::Broke(why) => Said::Broke { why },
        };
        let _ = link.say_with(&Up::Stream { number: home.number.number }, &said);
    }
    forget(home);
}

/// Has the actor's process told this.
fn order(home: &Home, order: Order) {
    home.actor.node().beside().streams().order(home.number, order);
    home.actor.nudge();
}

fn forget(home: Option<Home>) {
    if let Some(home) = home {
        home.actor.node().beside().streams().forget(home.number);
    }
}

/// Drops items that nobody takes.
fn bury<T>(left: VecDeque<(T, usize)>) {
    if !left.is_empty() {
        letter::shielded(|| drop(left));
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
