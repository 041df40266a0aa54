//! A topic, and what its publisher learns.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::queue::{Put, Queue, Slow};
use super::subscriber::Receiver;

/// Items that wait for a subscriber unless it said otherwise.
pub(super) const DEFAULT_BOUND: usize = 1024;

/// Publish/subscribe for one type of item: what is published reaches everybody who has subscribed by then.
///
/// A topic is shared by being cloned; it ends with its last clone, and its subscribers learn that. Everybody has a
/// bounded queue of their own: publishing never waits, and who is slow loses items by the rule it chose ([`Slow`]) and is
/// told how many ([`Item::missed`](super::Item::missed)). A subscriber that ends or is dropped leaves by itself.
///
/// Subscribers are actors in any placement ([`subscribe`](Topic::subscribe)), or whoever has a
/// [`Receiver`]. The topic itself is of this process: an actor in another one publishes by asking an actor here to.
///
/// ```
/// # use rehearsal::prelude::*;
/// use rehearsal::actor::Topic;
/// # pub struct Counter { n: i64 }
/// # #[rehearsal::actor] impl Counter {
/// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
/// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
/// # }
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let prices = Topic::<i64>::new();
/// let counter = Counter::spawn(0).process().await?;
/// let subscription = prices.subscribe(&counter, |counter, price| counter.add(price.value));
/// let mut receiver = prices.receiver();
///
/// let published = prices.publish(42);
/// assert_eq!((published.subscribers, published.missed), (2, 0));
/// let price = receiver.next().await.expect("the topic is still there");
/// assert_eq!((price.value, price.missed), (42, 0));
/// while counter.add(0).await? < 42 {}
///
/// drop((subscription, receiver));
/// assert_eq!(prices.publish(43).subscribers, 0);
/// # Ok(()) }
/// ```
pub struct Topic<T>(Arc<Shared<T>>);

struct Shared<T> {
    /// One publication at a time, so that all subscribers see the same order.
    queues: Mutex<Vec<Arc<Queue<T>>>>,
    published: AtomicU64,
}

/// What became of one publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Published {
    /// How many it was for.
    pub subscribers: usize,
    /// How many of them lost an item by it, this one or an older one, because they are slow.
    pub missed: usize,
}

impl<T: Clone + Send + 'static> Topic<T> {
    /// A topic without subscribers.
    pub fn new() -> Topic<T> {
        Topic(Arc::new(Shared { queues: Mutex::default(), published: AtomicU64::new(0) }))
    }

    /// Puts an item into the queue of every subscriber, and tells how many there are. Never waits, from any thread.
    pub fn publish(&self, item: T) -> Published {
        let mut told = Published { subscribers: 0, missed: 0 };
        // Let go of when the topic is not locked any more.
        let mut dropped = Vec::new();
        self.0.published.fetch_add(1, Ordering::Relaxed);
        self.0.queues().retain(|queue| {
            let put = queue.put(item.clone(), &mut dropped);
            told.subscribers += usize::from(put != Put::Over);
            told.missed += usize::from(put == Put::Lost);
            put != Put::Over
        });
        told
    }

    /// Subscribes; at most 1024 items wait, and the oldest is lost where it would be more.
    pub fn receiver(&self) -> Receiver<T> {
        self.receiver_up_to(DEFAULT_BOUND, Slow::default())
    }

    /// Subscribes; at most `bound` items wait, at least one, and `slow` says what is lost where it would be more.
    pub fn receiver_up_to(&self, bound: usize, slow: Slow) -> Receiver<T> {
        Receiver(self.add(bound, slow))
    }

    /// How many subscribers it has.
    pub fn subscribers(&self) -> usize {
        let mut queues = self.0.queues();
        queues.retain(|queue| !queue.is_over());
        queues.len()
    }

    /// How many items were ever published.
    pub fn published(&self) -> u64 {
        self.0.published.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, bound: usize, slow: Slow) -> Arc<Queue<T>> {
        let queue = Arc::new(Queue::new(bound, slow));
        let mut queues = self.0.queues();
        // Who subscribes again and again to a topic that nobody publishes to leaves nothing behind.
        queues.retain(|queue| !queue.is_over());
        queues.push(queue.clone());
        queue
    }
}

impl<T> Shared<T> {
    fn queues(&self) -> MutexGuard<'_, Vec<Arc<Queue<T>>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        self.queues().iter().for_each(|queue| queue.end());
    }
}

impl<T: Clone + Send + 'static> Default for Topic<T> {
    fn default() -> Topic<T> {
        Topic::new()
    }
}

impl<T> Clone for Topic<T> {
    fn clone(&self) -> Topic<T> {
        Topic(self.0.clone())
    }
}

impl<T> std::fmt::Debug for Topic<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Topic({} queues)", self.0.queues().len())
    }
}
