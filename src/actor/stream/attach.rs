//! A stream whose items are messages of an actor.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::task::JoinHandle;
use tokio::task::coop::poll_proceed;

use crate::actor::address::Address;
use crate::actor::behavior::Actor;
use crate::actor::call::Call;
use crate::actor::context;
use crate::actor::deliver::Delivering;
use crate::actor::error::Error;
use crate::actor::exit::Exit;
use crate::actor::letter;
use crate::actor::node::{Ended, Shared};
use crate::actor::panic::PanicNote;
use crate::sys::seam;

/// A stream that is attached to an actor: [`Address::attach`]. Await it for how it ended.
///
/// Dropped, the stream is dropped too and no more is sent; [`detach`](Attached::detach) lets it go on by itself.
#[must_use = "dropped, the stream is dropped too: keep it, await it, or let it go on with detach()"]
#[derive(Debug)]
pub struct Attached(Option<JoinHandle<Detached>>);

/// How a stream that was attached to an actor ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Detached {
    /// The stream has ended, and each of its items is in the mailbox.
    StreamEnded {
        /// How many there were.
        items: u64,
    },
    /// The actor has ended. An item that was in hand is dropped.
    ActorEnded(Exit),
    /// An item found no room within its call's [`timeout`](Call::timeout), or could not be sent otherwise; it and what
    /// would have come behind it are dropped.
    Refused(Error),
    /// The stream panicked, or what makes a message of its items; the actor has no part in it.
    Panicked(PanicNote),
    /// The runtime that it was attached from was shut down.
    Unreachable,
}

impl std::fmt::Display for Detached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Detached::StreamEnded { items } => write!(f, "the stream ended after {items} items"),
            Detached::ActorEnded(exit) => write!(f, "its actor is gone: {exit}"),
            Detached::Refused(error) => write!(f, "an item was not taken: {error}"),
            Detached::Panicked(note) => write!(f, "the stream panicked {note}"),
            Detached::Unreachable => f.write_str("the runtime it was attached from was shut down"),
        }
    }
}

impl Attached {
    /// Drops the stream. What has been sent is in the mailbox and stays there.
    pub fn cancel(self) {}

    /// Lets it go on by itself until the stream or the actor ends.
    pub fn detach(mut self) {
        self.0 = None;
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.0.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Future for Attached {
    type Output = Detached;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Detached> {
        let Some(task) = &mut self.0 else { return Poll::Ready(Detached::Unreachable) };
        Pin::new(task).poll(cx).map(|ended| ended.unwrap_or(Detached::Unreachable))
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl<A: Actor> Address<A> {
    /// Makes each item of `stream` a message of the actor: the call that `send` gives for it, delivered without wanting
    /// its answer.
    ///
    /// The stream is asked for the next item when the one before it is in the mailbox: a full one makes it wait, up to
    /// the call's [`timeout`](Call::timeout). The actor is not kept alive by it, and a next life of the same actor is
    /// sent the items that come then.
    ///
    /// ```
    /// # use rehearsal::prelude::*;
    /// # use rehearsal::actor::Detached;
    /// # pub struct Counter { n: i64 }
    /// # #[rehearsal::actor] impl Counter {
    /// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
    /// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
    /// # }
    /// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let counter = Counter::spawn(0).mailbox(8).process().await?;
    /// let numbers = futures_util::stream::iter(1..=1000);
    /// let detached = counter.attach(numbers, |counter, number| counter.add(number)).await;
    /// assert!(matches!(detached, Detached::StreamEnded { items: 1000 }), "{detached}");
    /// assert_eq!(counter.add(0).await?, 500_500);
    /// # Ok(()) }
    /// ```
    ///
    /// For a command that returns a `Result` write `counter.take(number).whole()`.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn attach<S, F, R>(&self, stream: S, send: F) -> Attached
    where
        S: Stream<Item: Send> + Send + 'static,
        F: for<'p> FnMut(&'p A::Proxy, S::Item) -> Call<'p, A, R> + Send + 'static,
        R: 'static,
    {
        Attached(Some(seam::spawn(feed(self.shared.clone(), stream, send))))
    }
}

impl<A: Actor> context::Context<A> {
    /// Attaches a stream to this actor from inside of it, as [`Address::attach`] does from outside.
    ///
    /// ```
    /// # use rehearsal::prelude::*;
    /// pub struct Sum(u64);
    ///
    /// #[rehearsal::actor]
    /// impl Sum {
    ///     #[start]
    ///     pub fn new(cx: &mut Context<Self>) -> Sum {
    ///         cx.attach(futures_util::stream::iter(1..=100), |sum, number| sum.add(number)).detach();
    ///         Sum(0)
    ///     }
    ///
    ///     #[command]
    ///     pub fn add(&mut self, by: u64) -> u64 {
    ///         self.0 += by;
    ///         self.0
    ///     }
    /// }
    ///
    /// #[rehearsal::program]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let sum = Sum::spawn().process().await?;
    ///     while sum.add(0).await? < 5050 {}
    ///     Ok(())
    /// }
    /// ```
    pub fn attach<S, F, R>(&self, stream: S, send: F) -> Attached
    where
        S: Stream<Item: Send> + Send + 'static,
        F: for<'p> FnMut(&'p A::Proxy, S::Item) -> Call<'p, A, R> + Send + 'static,
        R: 'static,
    {
        Attached(Some(seam::spawn(feed(self.shared(), stream, send))))
    }
}

/// Sends each item until the stream or the actor ends.
async fn feed<A, S, F, R>(shared: Arc<Shared<A>>, stream: S, mut send: F) -> Detached
where
    A: Actor,
    S: Stream,
    F: for<'p> FnMut(&'p A::Proxy, S::Item) -> Call<'p, A, R>,
{
    let mut stream = Box::pin(stream);
    let mut ended = Ended::new(shared.clone());
    let mut items = 0;
    let detached = loop {
        let item = match poll_fn(|cx| poll_item(stream.as_mut(), &mut ended, cx)).await {
            Ok(Some(item)) => item,
            Ok(None) => break Detached::StreamEnded { items },
            Err(detached) => break detached,
        };
        if shared.is_abandoned() {
            // A proxy made for the item would keep it alive.
            break Detached::ActorEnded(ended.await);
        }
        let called = letter::attempted(|| {
            let proxy = A::Proxy::from(Address::new(shared.clone()));
            // The proxy is gone before room is waited for.
            send(&proxy, item).into_parts()
        });
        let delivered = match called {
            Ok((to, command, envelope, limit)) => Delivering::new(&to, command, envelope, limit).await,
            Err(note) => break Detached::Panicked(note),
        };
        match delivered {
            Ok(()) => items += 1,
            Err(error) if error.is_dead() => break Detached::ActorEnded(ended.await),
            Err(error) => break Detached::Refused(error),
        }
    };
    letter::shielded(|| drop(stream));
    detached
}

fn poll_item<S: Stream>(
    stream: Pin<&mut S>,
    ended: &mut Ended,
    cx: &mut Context<'_>,
) -> Poll<Result<Option<S::Item>, Detached>> {
    // A stream that always has an item lets others have their turn.
    let turn = ready!(poll_proceed(cx));
    if let Poll::Ready(exit) = Pin::new(ended).poll(cx) {
        return Poll::Ready(Err(Detached::ActorEnded(exit)));
    }
    let item = match letter::attempted(|| stream.poll_next(cx)) {
        Err(note) => return Poll::Ready(Err(Detached::Panicked(note))),
        Ok(item) => ready!(item),
    };
    turn.made_progress();
    Poll::Ready(Ok(item))
}
