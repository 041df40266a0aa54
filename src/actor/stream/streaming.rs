//! The type of a stream: what a command answers with, and what its caller reads.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::task::coop::poll_proceed;

use super::channel::{Channel, Home};
use super::drive::{self, Driver};
use super::error::{StreamEnd, StreamError};
use super::producer::Producer;
use crate::actor::{context, realm};
use crate::sys::deadline::Deadline;
use crate::sys::seam;

/// Items that may wait in a stream unless it says otherwise with [`Streaming::ahead`].
const AHEAD: usize = 16;

/// A stream of values: what a command answers with, and what its caller reads, one item after the other.
///
/// A command makes one [of a stream](Streaming::of), which is then polled where the actor runs, or takes both ends of
/// [a channel](Streaming::channel) and sends the items itself, in this command, in later ones, or from a task. It may
/// answer with `Streaming<T>` or with `Result<Streaming<T>, E>`.
///
/// The caller gets each item in an `Ok`, and `None` behind the last one where the stream is complete. Otherwise the last
/// one is a [`StreamError`], which says what was in the way: the actor ended or was killed, what made the items
/// panicked, the producer was dropped, nothing came for too long. Items sent before come before it.
///
/// The producer is at most so many items ahead of the consumer as [`ahead`](Streaming::ahead) says, in every placement.
/// Dropping the stream ends the producer. A stream does not keep its actor alive: hold a proxy as long as you read.
///
/// ```
/// use rehearsal::prelude::*;
///
/// pub struct Counter {
///     n: u32,
/// }
///
/// #[rehearsal::actor]
/// impl Counter {
///     #[start]
///     pub fn new(n: u32) -> Self {
///         Counter { n }
///     }
///
///     /// Counts on from here.
///     #[command]
///     pub fn ticks(&self, count: u32) -> Streaming<u32> {
///         Streaming::of(futures_util::stream::iter(self.n..self.n + count))
///     }
///
///     /// The same, item by item.
///     #[command]
///     pub fn tocks(&self, count: u32) -> Streaming<u32> {
///         let (mut producer, streaming) = Streaming::channel(4);
///         let first = self.n;
///         tokio::spawn(async move {
///             for tick in first..first + count {
///                 producer.send(tick).await?; // waits while four are not taken
///             }
///             producer.finish();
///             Ok::<_, rehearsal::actor::NotSent>(())
///         });
///         streaming
///     }
/// }
///
/// #[rehearsal::program]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     for counter in [Counter::spawn(7), Counter::spawn(7).thread(), Counter::spawn(7).process()] {
///         let counter = counter.await?;
///         let mut ticks = counter.ticks(1000).await?;
///         assert_eq!(ticks.next().await.transpose()?, Some(7));
///         drop(ticks); // its producer ends
///
///         let (mut tocks, mut sum) = (counter.tocks(3).await?, 0);
///         while let Some(tock) = tocks.next().await {
///             sum += tock?;
///         }
///         assert_eq!(sum, 7 + 8 + 9);
///     }
///     Ok(())
/// }
/// ```
#[must_use = "dropped, a stream is cancelled"]
pub struct Streaming<T> {
    channel: Arc<Channel<T>>,
    /// What makes the items, until an actor drives it.
    driver: Option<Driver>,
    stalled_after: Option<Duration>,
    /// Begun when an item is waited for.
    stall: Option<Deadline>,
    is_over: bool,
}

impl<T: Send + 'static> Streaming<T> {
    /// The items of `stream`, which is polled where the actor runs that answers with this; otherwise by who reads it.
    ///
    /// It is polled only while there is room for an item, and dropped as soon as it has ended or nobody reads it. A
    /// panic in it is the end of this stream and not of its actor.
    pub fn of(stream: impl Stream<Item = T> + Send + 'static) -> Streaming<T> {
        let channel = Channel::new(AHEAD);
        let driver = drive::drive(stream, Producer::new(channel.clone()));
        Streaming::driven(channel, Box::pin(driver))
    }

    /// The two ends of a stream whose items are sent by hand, of which at most `ahead`, at least one, wait to be taken.
    pub fn channel(ahead: usize) -> (Producer<T>, Streaming<T>) {
        let channel = Channel::new(ahead);
        (Producer::new(channel.clone()), Streaming::reading(channel))
    }

    /// The consumer's end of a channel.
    pub(super) fn reading(channel: Arc<Channel<T>>) -> Streaming<T> {
        Streaming { channel, driver: None, stalled_after: None, stall: None, is_over: false }
    }

    fn driven(channel: Arc<Channel<T>>, driver: Driver) -> Streaming<T> {
        let mut streaming = Streaming::reading(channel);
        streaming.driver = Some(driver);
        streaming
    }

    /// How many items may be made ahead of those that were taken: 16 unless said, at least one. For the side that
    /// makes the stream, before it answers with it.
    ///
    /// Between two processes half a mebibyte is enough in any case: of larger items fewer are on their way.
    pub fn ahead(self, items: usize) -> Streaming<T> {
        self.channel.set_bound(items);
        self
    }

    /// Breaks the stream off where there was no room for an item for so long, because its consumer takes none. Without
    /// it the producer waits for as long as the consumer holds the stream. For the side that makes the stream.
    pub fn unread_after(self, limit: Duration) -> Streaming<T> {
        self.channel.set_unread_after(limit);
        self
    }

    /// Breaks the stream off where no item came for so long while one was waited for. Without it the consumer waits for
    /// as long as the producer lives. For the side that reads the stream.
    pub fn stalled_after(mut self, limit: Duration) -> Streaming<T> {
        (self.stalled_after, self.stall) = (Some(limit), None);
        self
    }

    /// The next item, an error where the stream broke off, `None` behind the last. Nothing is lost when it is dropped
    /// before it has come.
    pub async fn next(&mut self) -> Option<Result<T, StreamError>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    pub(super) fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, StreamError>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let turn = ready!(poll_proceed(cx));
        if let Some(driver) = &mut self.driver
            && driver.as_mut().poll(cx).is_ready()
        {
            self.driver = None;
        }
        let next = match self.channel.poll_take(cx) {
            Poll::Ready(next) => next,
            Poll::Pending => {
                let Some(after) = self.stalled_after else { return Poll::Pending };
                ready!(self.stall.get_or_insert_with(|| Deadline::exact(after)).poll(cx));
                self.give_up();
                Some(Err(StreamEnd::Stalled { after }))
            }
        };
        turn.made_progress();
        self.stall = None;
        self.is_over = !matches!(next, Some(Ok(_)));
        Poll::Ready(next.map(|item| item.map_err(|why| self.broken_off(why))))
    }

    /// What its consumer is told, who learns by this how the actor ended, where it has.
    fn broken_off(&self, why: StreamEnd) -> StreamError {
        let error = StreamError::new(self.channel.of_whom(), why);
        if let (Some(actor), Some(_)) = (error.actor(), error.exit()) {
            realm::told(actor.id);
        }
        error
    }

    fn give_up(&mut self) {
        self.driver = None;
        self.channel.cancel();
    }

    /// Makes it a stream of this actor, which drives it from now on.
    pub(super) fn begun(
        mut self,
        cx: &context::Context<context::Any>,
        command: &'static str,
    ) -> Streaming<T> {
        if self.channel.home().is_some() {
            // It came from another actor and is handed on: its items go through this one, and end with it too.
            let channel = Channel::new(AHEAD);
            let driver = drive::relay(self, Producer::new(channel.clone()));
            self = Streaming::driven(channel, Box::pin(driver));
        }
        let actor = cx.actor().clone();
        let channel: Arc<dyn super::channel::AnyChannel> = self.channel.clone();
        let number = actor.node().beside().streams().enter(Arc::downgrade(&channel));
        self.channel.set_home(Home { actor, command, number });
        if let Some(driver) = self.driver.take() {
            drop(seam::spawn(driver));
        }
        self
    }

    pub(super) fn into_channel(self) -> Arc<Channel<T>> {
        self.channel.clone()
    }
}

impl<T> Streaming<T> {
    pub(super) fn leave(&self) -> (u64, u64) {
        self.channel.leave()
    }
}

impl<T: Send + 'static> Stream for Streaming<T> {
    type Item = Result<T, StreamError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(cx)
    }
}

impl<T> Drop for Streaming<T> {
    fn drop(&mut self) {
        self.channel.cancel();
    }
}

impl<T> std::fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Streaming({:?})", self.channel)
    }
}
