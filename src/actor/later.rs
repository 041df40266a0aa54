//! Sending when it is time: once after a delay, or again and again.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::address::Address;
use super::behavior::Actor;
use super::call::Call;
use super::deliver::Delivering;
use super::error::Error;
use super::letter::{self, Undelivered};
use super::node::{Ended, Shared};
use crate::sys::seam::{self, Instant};

/// The shortest period: what is to happen more often is a loop.
const SHORTEST: Duration = Duration::from_millis(1);

/// A message that will be sent, or one that is sent again and again: what [`Call::after`] and [`Address::every`] give.
///
/// Dropped, it sends no more; [`detach`](Later::detach) lets it go on by itself. In either case it ends with the actor
/// it sends to, and does not keep that alive: an actor whose last proxy is dropped ends, and what was still to be sent
/// is not.
#[must_use = "dropped, it sends no more: keep it, or let it go on with detach()"]
#[derive(Debug)]
pub struct Later(Option<JoinHandle<()>>);

impl Later {
    fn run(sending: impl Future<Output = ()> + Send + 'static) -> Later {
        Later(Some(seam::spawn(sending)))
    }

    /// Sends no more. What has been sent is in the mailbox and stays there.
    pub fn cancel(self) {}

    /// Lets it go on by itself for as long as the actor lives.
    pub fn detach(mut self) {
        self.0 = None;
    }

    /// Whether nothing more will be sent: a delayed message is in the mailbox, or the actor has ended.
    pub fn is_over(&self) -> bool {
        self.0.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl<A: Actor, R> Call<'_, A, R> {
    /// Sends the message after this delay, and wants no answer.
    ///
    /// When it is time it waits for room as [`deliver`](Call::deliver) does, up to the call's
    /// [`timeout`](Call::timeout); a message for which none came is a [dead letter](super::dead_letters()).
    ///
    /// ```
    /// # use rehearsal::prelude::*;
    /// # use std::time::Duration;
    /// # pub struct Counter { n: i64 }
    /// # #[rehearsal::actor] impl Counter {
    /// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
    /// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
    /// # }
    /// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let counter = Counter::spawn(0).await?;
    /// let soon = counter.add(1).after(Duration::from_millis(5));
    /// let never = counter.add(100).after(Duration::from_millis(5));
    /// never.cancel();
    /// while !soon.is_over() {
    ///     counter.ping().await?;
    /// }
    /// assert_eq!(counter.add(0).await?, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn after(self, delay: Duration) -> Later {
        let due = due(seam::now(), delay);
        let (shared, command, envelope, limit) = self.into_parts();
        Later::run(async move {
            if has_come(&shared, due).await
                && let Err(error) = Delivering::new(&shared, command, envelope, limit).await
                && !error.is_dead()
            {
                letter::post(&shared.node, command, Undelivered::NoRoom);
            }
        })
    }
}

impl<A: Actor> Address<A> {
    /// Calls `send` with a proxy of the actor every so often, at least a millisecond apart and for the first time
    /// after one period, so that it sends something: each message is made anew.
    ///
    /// A period that passed while `send` was at work is made up for once. Where it finds no room that one is skipped,
    /// and is a [dead letter](super::dead_letters()); where the actor has ended there are no more.
    ///
    /// ```
    /// # use rehearsal::prelude::*;
    /// # use std::time::Duration;
    /// # pub struct Counter { n: i64 }
    /// # #[rehearsal::actor] impl Counter {
    /// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
    /// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
    /// # }
    /// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let counter = Counter::spawn(0).await?;
    /// let ticking = counter.every(Duration::from_millis(1), |counter| counter.add(1).tell());
    /// while counter.add(0).await? < 3 {}
    /// ticking.cancel();
    /// # Ok(()) }
    /// ```
    ///
    /// An actor can send to itself so, and to others in the same way: `cx.proxy().every(..)`.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn every<F>(&self, period: Duration, send: F) -> Later
    where
        F: FnMut(&A::Proxy) -> Result<(), Error> + Send + 'static,
    {
        let (shared, mut send, period) = (self.shared.clone(), send, period.max(SHORTEST));
        let mut next = due(seam::now(), period);
        Later::run(async move {
            while has_come(&shared, next).await && !shared.is_abandoned() {
                let sent = send(&A::Proxy::from(Address::new(shared.clone())));
                match sent {
                    Err(error) if error.is_dead() => return,
                    Err(error) => letter::post(&shared.node, error.command(), Undelivered::NoRoom),
                    Ok(()) => {}
                }
                let now = seam::now();
                let on_time = due(next, period);
                next = if on_time > now { on_time } else { due(now, period) };
            }
        })
    }
}

/// The time so much later; for ever is thirty years, as it is elsewhere.
fn due(from: Instant, delay: Duration) -> Instant {
    from.checked_add(delay).unwrap_or(from + Duration::from_secs(30 * 365 * 24 * 3600))
}

/// Waits for the time; `false` where the actor ended before.
async fn has_come<A: Actor>(shared: &Arc<Shared<A>>, due: Instant) -> bool {
    let mut ended = Ended::aside(shared.clone());
    let mut slept = pin!(seam::sleep_until(due));
    poll_fn(|cx| {
        if pin!(&mut ended).poll(cx).is_ready() {
            return Poll::Ready(false);
        }
        slept.as_mut().poll(cx).map(|()| true)
    })
    .await
}
