//! The end of a stream that items are sent into by hand.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::channel::{Channel, End};
use super::error::{NotSent, StreamEnd};
#[cfg(doc)]
use super::streaming::Streaming;
use crate::actor::{letter, panic};
use crate::sys::deadline::Deadline;

/// Sends the items of a [`Streaming`]: made with it by [`Streaming::channel`].
///
/// A stream is complete when its producer says so with [`finish`](Producer::finish). A producer that is merely dropped,
/// because what held it panicked or ended, leaves its consumer an error: what was cut off never looks complete.
#[derive(Debug)]
pub struct Producer<T> {
    channel: Arc<Channel<T>>,
}

impl<T> Producer<T> {
    pub(super) fn new(channel: Arc<Channel<T>>) -> Producer<T> {
        Producer { channel }
    }

    /// Waits for room and sends an item. Dropped before there was room, nothing was sent.
    ///
    /// # Errors
    /// Where the stream is over: its consumer dropped it, the actor that answered with it has ended, it could not
    /// cross, or there was no room for longer than [`unread_after`](Streaming::unread_after) allows.
    pub async fn send(&mut self, item: T) -> Result<(), NotSent> {
        self.room().await?;
        self.channel.put(item)
    }

    /// Waits until there is room for an item.
    ///
    /// # Errors
    /// As [`send`](Producer::send).
    pub async fn room(&mut self) -> Result<(), NotSent> {
        let limit: Option<Duration> = self.channel.unread_after();
        let mut deadline: Option<Deadline> = None;
        let room = poll_fn(|cx| {
            if let Poll::Ready(room) = self.channel.poll_room(cx) {
                return Poll::Ready(Some(room));
            }
            let Some(limit) = limit else { return Poll::Pending };
            deadline.get_or_insert_with(|| Deadline::exact(limit)).poll(cx).map(|()| None)
        });
        match room.await {
            Some(room) => room,
            None => {
                let why = StreamEnd::Unread { after: limit.unwrap_or_default() };
                self.channel.end(End::Broke(why.clone()));
                Err(NotSent::Broken(why))
            }
        }
    }

    /// Resolves when nothing more can be sent, to why: what takes long to make can be left off then.
    pub fn closed(&mut self) -> impl Future<Output = NotSent> + Send + '_
    where
        T: Send,
    {
        poll_fn(|cx| self.channel.poll_closed(cx))
    }

    /// Says that this was all: behind the last item the consumer gets `None`.
    pub fn finish(self) {
        self.channel.end(End::Finished);
    }

    /// Ends the stream with an error: behind the last item the consumer gets [`StreamEnd::Failed`], with this text.
    pub fn fail(self, error: impl std::fmt::Display) {
        self.channel.end(End::Broke(StreamEnd::Failed(format!("{error:#}"))));
    }

    pub(super) fn channel(&self) -> &Arc<Channel<T>> {
        &self.channel
    }

    /// What made the items panicked.
    pub(super) fn panicked(&self, note: panic::PanicNote) {
        self.channel.end(End::Broke(StreamEnd::Panicked(note)));
    }
}

impl<T> Drop for Producer<T> {
    fn drop(&mut self) {
        let unwound_by = if std::thread::panicking() && !letter::is_burying() { panic::last() } else { None };
        let why = match unwound_by {
            Some(note) => StreamEnd::Panicked(note),
            // What it was dropped with is cut short: how the actor ends says more, and is about to be known.
            None if self.channel.home().is_some_and(|home| home.actor.is_ending()) => return,
            None => StreamEnd::LetGo,
        };
        // Without effect where it was finished.
        self.channel.end(End::Broke(why));
    }
}

impl<T> std::fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.of_whom() {
            Some((actor, command)) => write!(f, "`{command}` of {actor}"),
            None => f.write_str("of no actor"),
        }
    }
}
