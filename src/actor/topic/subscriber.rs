//! Who gets what is published: whoever holds a receiver, or an actor.

use std::future::{Future, poll_fn};
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::task::JoinHandle;

use super::publisher::{DEFAULT_BOUND, Topic};
use super::queue::{Item, Queue, Slow};
use crate::actor::address::Address;
use crate::actor::behavior::Actor;
use crate::actor::call::Call;
use crate::actor::deliver::Delivering;
use crate::actor::letter::{self, Undelivered};
use crate::actor::node::{Ended, Shared};
use crate::sys::seam;

/// A subscription to a [`Topic`], to be taken from. It ends when it is dropped.
#[derive(Debug)]
pub struct Receiver<T>(pub(super) Arc<Queue<T>>);

impl<T> Receiver<T> {
    /// Waits for the next item; `None` when the topic's last clone is gone and all was taken.
    pub async fn next(&mut self) -> Option<Item<T>> {
        poll_fn(|cx| self.0.poll_next(cx)).await
    }

    /// The next item, if one waits.
    pub fn try_next(&mut self) -> Option<Item<T>> {
        self.0.try_next()
    }

    /// How many items it has lost, ever.
    pub fn missed(&self) -> u64 {
        self.0.missed()
    }

    /// How many items wait.
    pub fn waiting(&self) -> usize {
        self.0.waiting()
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// The subscription of an actor. Dropped, it ends; [`detach`](Subscription::detach) lets it go on by itself. In either
/// case it ends with the actor or the topic, whichever comes first, and keeps neither alive.
#[must_use = "dropped, it ends: keep it, or let it go on with detach()"]
pub struct Subscription(Option<(JoinHandle<()>, Arc<dyn Leave>)>);

/// A queue whose items are of whatever type.
trait Leave: Send + Sync {
    fn leave(&self);
}

impl<T: Send> Leave for Queue<T> {
    fn leave(&self) {
        Queue::leave(self);
    }
}

impl Subscription {
    /// Ends it. What waits in its queue is not sent.
    pub fn cancel(self) {}

    /// Lets it go on by itself for as long as the actor and the topic live.
    pub fn detach(mut self) {
        self.0 = None;
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.0.as_ref().is_none_or(|(task, _)| task.is_finished())
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some((task, queue)) = &self.0 {
            // Nothing more is put in from now on, whenever the task comes to its end.
            queue.leave();
            task.abort();
        }
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Subscription(over: {})", self.is_over())
    }
}

impl<T: Clone + Send + 'static> Topic<T> {
    /// Has an actor told of each item, by the command that `call` makes of it. At most 1024 items wait beside those
    /// in its mailbox, and the oldest is lost where it would be more.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn subscribe<A, P, R, F>(&self, actor: &P, call: F) -> Subscription
    where
        A: Actor,
        P: Deref<Target = Address<A>>,
        R: Send + 'static,
        F: for<'p> Fn(&'p A::Proxy, Item<T>) -> Call<'p, A, R> + Send + 'static,
    {
        self.subscribe_up_to(DEFAULT_BOUND, Slow::default(), actor, call)
    }

    /// The same; at most `bound` items wait, at least one, and `slow` says what is lost where it would be more.
    ///
    /// An item leaves the queue when the actor's mailbox has room for its message, however long that takes: the bound is
    /// the queue's. Where the mailbox's [`Overflow`](crate::actor::Overflow) is to drop, what it drops is counted there.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn subscribe_up_to<A, P, R, F>(&self, bound: usize, slow: Slow, actor: &P, call: F) -> Subscription
    where
        A: Actor,
        P: Deref<Target = Address<A>>,
        R: Send + 'static,
        F: for<'p> Fn(&'p A::Proxy, Item<T>) -> Call<'p, A, R> + Send + 'static,
    {
        let queue = self.add(bound, slow);
        let task = seam::spawn(pass_on(Receiver(queue.clone()), actor.shared.clone(), call));
        Subscription(Some((task, queue)))
    }
}

/// Sends what comes until the actor or the topic has ended.
async fn pass_on<T, A, R, F>(mut receiver: Receiver<T>, shared: Arc<Shared<A>>, call: F)
where
    A: Actor,
    F: for<'p> Fn(&'p A::Proxy, Item<T>) -> Call<'p, A, R>,
{
    let mut ended = Ended::aside(shared.clone());
    loop {
        let next = async {
            let mut next = pin!(receiver.next());
            poll_fn(|cx| match pin!(&mut ended).poll(cx) {
                Poll::Ready(_) => Poll::Ready(None),
                Poll::Pending => next.as_mut().poll(cx),
            })
            .await
        };
        let Some(item) = next.await else { return };
        // Its last proxy is gone: it ends when it has handled what it has, and this would hold it up.
        if shared.is_abandoned() {
            return;
        }
        let (command, envelope, limit) = {
            let proxy = A::Proxy::from(Address::new(shared.clone()));
            let (_, command, envelope, limit) = call(&proxy, item).into_parts();
            (command, envelope, limit)
        };
        match Delivering::new(&shared, command, envelope, limit).await {
            Err(error) if error.is_dead() => return,
            // No room came as long as the call was to wait for it.
            Err(_) => letter::post(&shared.node, command, Undelivered::NoRoom),
            Ok(()) => {}
        }
    }
}
