//! The monitor: an actor that keeps a number of workers, actors of one kind, alive.
//!
//! Written by hand against [`Actor`], because it is generic over its workers and the macro's actors are not.

use std::sync::Arc;
use std::time::Duration;

use super::address::Address;
use super::behavior::Actor;
use super::call::{Call, Plug};
use super::context::Context;
use super::envelope::Envelope;
use super::error::SpawnError;
use super::exit::Exit;
use super::info::ActorName;
use super::node::Shared;
use super::reply::Reply;
use super::spawn::Spawn;
use crate::sys::seam::{self, Instant};

/// A worker that lived longer than this is replaced at once when it ends; one that did not is replaced after a pause.
const SETTLED: Duration = Duration::from_secs(1);

/// The first such pause. Each further one is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The longest pause before a worker is replaced.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long a worker may take to stop before it is killed, when its monitor stops.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// Keeps a number of workers alive: one that ends, however it ends, is replaced by a new one.
///
/// A worker that ends within its first second is replaced after a pause, 10 ms at first and doubled each time up to
/// 5 s, so that one that cannot live does not take the machine. When the monitor ends, its workers are stopped, the
/// last one first.
///
/// ```
/// # use rehearsal::prelude::*;
/// # use rehearsal::actor::Monitor;
/// # pub struct Counter { n: i64 }
/// # #[rehearsal::actor] impl Counter {
/// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
/// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
/// # }
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = Monitor::spawn(2, |index| Counter::spawn(0).name(format!("counter-{index}"))).await?;
/// let workers = pool.workers().await?;
/// assert_eq!(workers.len(), 2);
/// workers[0].kill();
/// workers[0].ended().await;
/// while pool.workers().await?.len() < 2 {
///     tokio::task::yield_now().await; // it is being replaced
/// }
/// # Ok(()) }
/// ```
pub struct Monitor<A: Actor> {
    make: Make<A>,
    slots: Vec<Slot<A>>,
    /// Where the next round begins.
    turn: usize,
}

type Make<A> = Box<dyn FnMut(usize) -> Spawn<A> + Send>;

/// The place of one worker.
struct Slot<A: Actor> {
    worker: Option<A::Proxy>,
    since: Instant,
    pause: Duration,
}

/// What a monitor is started with.
pub struct Pool<A: Actor> {
    workers: usize,
    make: Make<A>,
}

/// What a monitor tells its parent, through `Monitor::spawn(..).on_event(..)`.
#[derive(Debug)]
#[non_exhaustive]
pub enum MonitorEvent {
    /// A worker has ended and will be replaced.
    Ended {
        /// The worker.
        worker: ActorName,
        /// How it ended.
        exit: Exit,
    },
    /// A worker has replaced one that ended.
    Replaced {
        /// The new worker.
        worker: ActorName,
    },
    /// A replacement did not come to life; another will be tried.
    NotReplaced {
        /// Why.
        error: SpawnError,
    },
}

/// What a monitor is told; by its proxy, and by the tasks that watch its workers.
pub enum MonitorMessage<A: Actor> {
    /// Who is alive?
    Workers(Reply<Vec<A::Proxy>>),
    /// Whose turn is it?
    Next(Reply<Option<A::Proxy>>),
    /// The worker in this slot has ended.
    Ended {
        /// The slot.
        slot: usize,
        /// How it ended.
        exit: Exit,
    },
    /// A replacement for this slot lives, or does not.
    Made {
        /// The slot.
        slot: usize,
        /// The new worker.
        made: Result<A::Proxy, SpawnError>,
    },
}

impl<A: Actor> Monitor<A> {
    /// A monitor of so many workers; `make` says how the worker of each number is spawned, at first and each time it
    /// is replaced.
    pub fn spawn(workers: usize, make: impl FnMut(usize) -> Spawn<A> + Send + 'static) -> Spawn<Monitor<A>> {
        Spawn::new(Pool { workers, make: Box::new(make) })
    }

    fn watch(cx: &Context<Self>, slot: usize, worker: &Address<A>) {
        let (monitor, ended) = (cx.shared(), worker.ended());
        seam::spawn(async move {
            let exit = ended.await;
            report(&monitor, MonitorMessage::Ended { slot, exit }).await;
        });
    }

    fn replace(&mut self, slot: usize, cx: &Context<Self>) {
        let place = &mut self.slots[slot];
        place.worker = None;
        let settled = seam::now().saturating_duration_since(place.since) >= SETTLED;
        let pause = if settled { Duration::ZERO } else { place.pause };
        place.pause = if settled { FIRST_PAUSE } else { (place.pause * 2).min(LONGEST_PAUSE) };
        let (monitor, spawn) = (cx.shared(), (self.make)(slot));
        seam::spawn(async move {
            if !pause.is_zero() {
                seam::sleep(pause).await;
            }
            let made = spawn.await;
            report(&monitor, MonitorMessage::Made { slot, made }).await;
        });
    }

    fn made(&mut self, slot: usize, made: Result<A::Proxy, SpawnError>, cx: &Context<Self>) {
        self.slots[slot].since = seam::now();
        match made {
            Ok(worker) => {
                Self::watch(cx, slot, &worker);
                tell(cx, MonitorEvent::Replaced { worker: worker.name().clone() });
                self.slots[slot].worker = Some(worker);
            }
            Err(error) => {
                tell(cx, MonitorEvent::NotReplaced { error });
                self.replace(slot, cx);
            }
        }
    }

    fn next(&mut self) -> Option<A::Proxy> {
        let count = self.slots.len();
        let found = (0..count)
            .map(|step| (self.turn + step) % count)
            .find_map(|slot| self.slots[slot].worker.clone().map(|worker| (slot, worker)));
        found.map(|(slot, worker)| {
            self.turn = slot + 1;
            worker
        })
    }
}

/// Tells the monitor, unless it has ended. The mailbox it waits for room in is not kept open by it.
async fn report<A: Actor>(monitor: &Arc<Shared<Monitor<A>>>, message: MonitorMessage<A>) {
    let mut envelope = Some(Envelope::Command(message));
    let mut ticket = None;
    // A monitor that has ended replaces nobody: its worker, if this is one, goes with the message.
    let _ = std::future::poll_fn(|cx| monitor.mailbox.poll_push(&mut envelope, &mut ticket, cx)).await;
}

/// Nobody may be listening; the workers are looked after all the same.
fn tell<A: Actor>(cx: &Context<Monitor<A>>, event: MonitorEvent) {
    let _ = cx.outlet().send(event);
}

impl<A: Actor> Actor for Monitor<A> {
    type Message = MonitorMessage<A>;
    type Args = Pool<A>;
    type Event = MonitorEvent;
    type Proxy = MonitorProxy<A>;

    const KIND: &'static str = "Monitor";
    const COMMANDS: &'static [&'static str] = &["workers", "next"];
    const TABLE: u64 = 0;
    const PERIODS: &'static [Duration] = &[];

    async fn start(args: Pool<A>, cx: &mut Context<Self>) -> Result<Self, String> {
        let Pool { workers, make } = args;
        let mut monitor = Monitor { make, slots: Vec::new(), turn: 0 };
        for slot in 0..workers {
            let worker = (monitor.make)(slot).await.map_err(|error| error.to_string())?;
            Self::watch(cx, slot, &worker);
            monitor.slots.push(Slot { worker: Some(worker), since: seam::now(), pause: FIRST_PAUSE });
        }
        Ok(monitor)
    }

    fn name_of(message: &Self::Message) -> &'static str {
        match message {
            MonitorMessage::Workers(_) => "workers",
            MonitorMessage::Next(_) => "next",
            MonitorMessage::Ended { .. } => "ended",
            MonitorMessage::Made { .. } => "made",
        }
    }

    fn dispatch_now(&mut self, message: Self::Message, cx: &mut Context<Self>) -> Option<Self::Message> {
        match message {
            MonitorMessage::Workers(reply) => {
                reply.send(self.slots.iter().filter_map(|slot| slot.worker.clone()).collect());
            }
            MonitorMessage::Next(reply) => reply.send(self.next()),
            MonitorMessage::Ended { slot, exit } => {
                if let Some(worker) = &self.slots[slot].worker {
                    tell(cx, MonitorEvent::Ended { worker: worker.name().clone(), exit });
                }
                self.replace(slot, cx);
            }
            MonitorMessage::Made { slot, made } => self.made(slot, made, cx),
        }
        None
    }

    async fn dispatch(&mut self, _message: Self::Message, _cx: &mut Context<Self>) {
        unreachable!("all that a monitor is told is answered by dispatch_now")
    }

    async fn tick(&mut self, _period: usize, _cx: &mut Context<Self>) -> Result<(), String> {
        Ok(())
    }

    async fn stopping(&mut self, _cx: &mut Context<Self>) -> Result<(), String> {
        for worker in self.slots.iter_mut().rev().filter_map(|slot| slot.worker.take()) {
            if worker.stop().timeout(STOP_GRACE).await.is_err() {
                worker.kill();
            }
        }
        Ok(())
    }
}

/// A counted reference to a [`Monitor`].
pub struct MonitorProxy<A: Actor>(Address<Monitor<A>>);

impl<A: Actor> MonitorProxy<A> {
    /// The workers that are alive now, in the order of their numbers. One that is being replaced is missing.
    pub fn workers(&self) -> Call<'_, Monitor<A>, Vec<A::Proxy>> {
        let plug: Plug<Monitor<A>, _> = |envelope, reply| {
            if let Envelope::Command(MonitorMessage::Workers(place)) = envelope {
                *place = reply;
            }
        };
        Call::new(&self.0, "workers", MonitorMessage::Workers(Reply::nobody()), plug)
    }

    /// The worker whose turn it is, one after another; `None` while all are being replaced.
    pub fn next(&self) -> Call<'_, Monitor<A>, Option<A::Proxy>> {
        let plug: Plug<Monitor<A>, _> = |envelope, reply| {
            if let Envelope::Command(MonitorMessage::Next(place)) = envelope {
                *place = reply;
            }
        };
        Call::new(&self.0, "next", MonitorMessage::Next(Reply::nobody()), plug)
    }
}

impl<A: Actor> Clone for MonitorProxy<A> {
    fn clone(&self) -> Self {
        MonitorProxy(self.0.clone())
    }
}

impl<A: Actor> From<Address<Monitor<A>>> for MonitorProxy<A> {
    fn from(address: Address<Monitor<A>>) -> Self {
        MonitorProxy(address)
    }
}

impl<A: Actor> std::ops::Deref for MonitorProxy<A> {
    type Target = Address<Monitor<A>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<A: Actor> std::fmt::Debug for MonitorProxy<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
