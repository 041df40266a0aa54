//! What a monitor's pool of workers is to be like.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::behavior::Actor;
use super::monitor::Monitor;
use super::spawn::Spawn;
use super::supervise::sizing::Sizing;
use super::supervise::{Restart, Strategy};

/// Says how the worker of each number is spawned.
pub(crate) type Make<A> = Box<dyn FnMut(usize) -> Spawn<A> + Send>;

/// What a [`Monitor`] is started with: how its workers are spawned, how many there are, and what is done when one ends.
///
/// ```
/// # use rehearsal::prelude::*;
/// # use rehearsal::actor::{Pool, Restart, Strategy};
/// # use std::time::Duration;
/// # pub struct Scribe;
/// # #[rehearsal::actor] impl Scribe {
/// #     #[start] pub fn new() -> Scribe { Scribe }
/// #     #[command] pub fn write(&self, text: String) -> usize { text.len() }
/// # }
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = Pool::new(|number| Scribe::spawn().name(format!("scribe-{number}")).thread())
///     .workers(2..=8)
///     .grow_at(16)
///     .shrink_after(Duration::from_secs(60))
///     .restart(Restart::always().within(20, Duration::from_secs(60)))
///     .spawn()
///     .await?;
/// let scribe = pool.next().await?.expect("two of them run");
/// assert_eq!(scribe.write("hello".to_owned()).await?, 5);
/// # Ok(()) }
/// ```
pub struct Pool<A: Actor> {
    pub(super) make: Arc<Mutex<Make<A>>>,
    pub(super) sizing: Sizing,
    pub(super) look_every: Duration,
    pub(super) strategy: Strategy,
    pub(super) restart: Restart,
}

impl<A: Actor> Pool<A> {
    /// One worker; `make` says how the worker of each number, from 0, is spawned, at first and each time it is started
    /// again.
    pub fn new(make: impl FnMut(usize) -> Spawn<A> + Send + 'static) -> Pool<A> {
        let sizing = Sizing { least: 1, most: 1, grow_at: 8, shrink_after: Duration::from_secs(30) };
        Pool {
            make: Arc::new(Mutex::new(Box::new(make))),
            sizing,
            look_every: Duration::from_millis(250),
            strategy: Strategy::OneForOne,
            restart: Restart::always().endlessly(),
        }
    }

    /// The fewest and the most workers; it begins with the fewest. A range that is empty has its lower end only.
    pub fn workers(mut self, count: RangeInclusive<usize>) -> Self {
        (self.sizing.least, self.sizing.most) = (*count.start(), *count.end().max(count.start()));
        self
    }

    /// It grows by one worker where a look finds this many messages waiting for each worker, on average; 8 unless told
    /// otherwise. Messages in hand are not waiting.
    pub fn grow_at(mut self, waiting: usize) -> Self {
        self.sizing.grow_at = waiting;
        self
    }

    /// It shrinks by one worker, the one of the highest number, where no look has found a message waiting for so long;
    /// 30 s unless told otherwise.
    pub fn shrink_after(mut self, idle: Duration) -> Self {
        self.sizing.shrink_after = idle;
        self
    }

    /// How often it looks; every 250 ms unless told otherwise, and never where the number of workers is fixed.
    pub fn look_every(mut self, every: Duration) -> Self {
        self.look_every = every.max(Duration::from_millis(1));
        self
    }

    /// Which workers are started again when one fails; that one alone unless told otherwise.
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// When workers are started again, and how often: always and endlessly unless told otherwise. With one restart more
    /// than it allows the monitor ends, and its reason, [`GaveUp`](super::Reason::GaveUp), names the last end.
    pub fn restart(mut self, plan: Restart) -> Self {
        self.restart = plan;
        self
    }

    /// The monitor of this pool.
    pub fn spawn(self) -> Spawn<Monitor<A>> {
        Spawn::new(self)
    }
}

impl<A: Actor> std::fmt::Debug for Pool<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Sizing { least, most, .. } = self.sizing;
        write!(f, "Pool({least}..={most} {})", A::KIND)
    }
}
