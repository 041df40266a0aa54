//! The monitor: an actor that keeps a pool of workers, actors of one kind, alive, and as many of them as are needed.
//!
//! Written by hand against [`Actor`], because it is generic over its workers and the macro's actors are not. Who is
//! started again is decided where it is for all supervisors, in `supervise`; what is a monitor's own is how many workers
//! there are and whose turn it is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::address::Address;
use super::behavior::Actor;
use super::call::{Call, Plug};
use super::context::{Context, Outlet};
use super::envelope::Envelope;
use super::error::SpawnError;
use super::exit::Exit;
use super::group::Group;
use super::handle::ActorRef;
use super::info::ActorName;
use super::node::Shared;
use super::pool::{Make, Pool};
use super::reply::Reply;
use super::spawn::Spawn;
use super::state::State;
use super::supervise::family::Change;
use super::supervise::policy::Child;
use super::supervise::restart::Lives;
use super::supervise::sizing::{Looks, Resize};
use crate::sys::seam::{self, Instant};

/// Keeps a pool of workers alive: one that fails is started again, behind the same proxy, so that what waits in its
/// mailbox is handled by its next life; one that ended for good, because it was told to stop, is replaced by a new one.
///
/// A worker that ends within its first second is started again after a pause, 10 ms at first and doubled each time up to
/// 5 s, so that one that cannot live does not take the machine. When the monitor ends, its workers are stopped before
/// it, the last one first. More can be said of it through a [`Pool`].
///
/// ```
/// # use rehearsal::prelude::*;
/// # use rehearsal::actor::Monitor;
/// # pub struct Counter { n: i64 }
/// # #[rehearsal::actor] impl Counter {
/// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
/// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
/// #     #[command] pub fn fail(&mut self) { panic!("on purpose") }
/// # }
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = Monitor::spawn(2, |index| Counter::spawn(0).name(format!("counter-{index}"))).await?;
/// let workers = pool.workers().await?;
/// assert_eq!(workers.len(), 2);
/// assert!(workers[0].fail().await.is_err());
/// assert_eq!(workers[0].add(1).await?, 1); // its next life answers
/// # Ok(()) }
/// ```
pub struct Monitor<A: Actor> {
    pool: Pool<A>,
    /// In the order of their numbers.
    workers: Vec<Slot<A>>,
    /// The same workers, for whoever chooses one without asking the monitor.
    group: Group<A>,
    looks: Looks,
    epoch: Instant,
    /// Numbers of workers that are on their way.
    coming: Vec<usize>,
    /// Numbers of workers that the pool has no more and that have not ended: their names are still taken.
    leaving: Vec<(usize, ActorRef)>,
}

/// The place of one worker.
struct Slot<A: Actor> {
    number: usize,
    child: Child,
    worker: A::Proxy,
    lives: Lives,
}

/// What a monitor tells its parent, through `Monitor::spawn(..).on_event(..)`.
#[derive(Debug)]
#[non_exhaustive]
pub enum MonitorEvent {
    /// A worker has ended and will be started again, or replaced.
    Ended {
        /// The worker.
        worker: ActorName,
        /// How it ended.
        exit: Exit,
    },
    /// A worker lives that had ended, or one in its place.
    Replaced {
        /// The worker.
        worker: ActorName,
    },
    /// A worker did not come to life; that will be tried again.
    NotReplaced {
        /// Why.
        error: SpawnError,
    },
    /// The pool has a worker more, because too much was waiting for the others.
    Grown {
        /// The new worker.
        worker: ActorName,
    },
    /// The pool has a worker less, because nothing has been waiting for long. That worker handles what it was sent, and
    /// ends when nobody else holds a proxy of it.
    Shrunk {
        /// The worker.
        worker: ActorName,
    },
}

/// What a monitor is told; by its proxy, and by what looks after its workers.
pub enum MonitorMessage<A: Actor> {
    /// Who is alive?
    Workers(Reply<Vec<A::Proxy>>),
    /// Whose turn is it?
    Next(Reply<Option<A::Proxy>>),
    /// Where can one be chosen without asking?
    Group(Reply<Group<A>>),
    /// A worker has ended for good.
    Left {
        /// Which.
        child: u64,
    },
    /// A new worker lives, or does not.
    Made {
        /// Its number.
        number: usize,
        /// Which child it is.
        child: u64,
        /// The worker.
        made: Result<A::Proxy, SpawnError>,
    },
    /// A worker of this number is to be made.
    Make {
        /// Its number.
        number: usize,
    },
    /// It is time to see how much is waiting.
    Look,
}

impl<A: Actor> Monitor<A> {
    /// A monitor of so many workers; `make` says how the worker of each number is spawned, at first and each time it
    /// is started again. Its name, its place and its other settings are those of its first life; the arguments are new
    /// ones each time.
    pub fn spawn(workers: usize, make: impl FnMut(usize) -> Spawn<A> + Send + 'static) -> Spawn<Monitor<A>> {
        Pool::new(make).workers(workers..=workers).spawn()
    }

    /// A worker of this number on its way, and which child it will be.
    fn make(
        make: &Arc<Mutex<Make<A>>>,
        number: usize,
        cx: &mut Context<Self>,
    ) -> (Child, impl Future<Output = Result<A::Proxy, SpawnError>> + Send + 'static + use<A>) {
        let spawn = made_by(make, number);
        let make = make.clone();
        let coming = cx.supervise_by(spawn, Box::new(move || made_by(&make, number).into_args()));
        (coming.child, coming)
    }

    /// Has a worker made beside the monitor, which is told when it lives.
    fn fill(&mut self, number: usize, cx: &mut Context<Self>) {
        let (child, coming) = Self::make(&self.pool.make, number, cx);
        let monitor = cx.shared();
        seam::spawn(async move {
            let made = coming.await;
            report(&monitor, MonitorMessage::Made { number, child, made });
        });
    }

    fn made(
        &mut self,
        number: usize,
        child: Child,
        made: Result<A::Proxy, SpawnError>,
        cx: &mut Context<Self>,
    ) {
        match made {
            Ok(worker) => {
                let name = worker.name().clone();
                let grown = self.coming.contains(&number);
                self.coming.retain(|coming| *coming != number);
                let at = self.workers.partition_point(|slot| slot.number < number);
                let mut lives = Lives::default();
                lives.begin(self.now());
                // One that has ended meanwhile: that is told as any end is.
                let _ = self.group.join(&worker);
                self.workers.insert(at, Slot { number, child, worker, lives });
                let event = if grown {
                    MonitorEvent::Grown { worker: name }
                } else {
                    MonitorEvent::Replaced { worker: name }
                };
                tell(&cx.outlet(), event);
            }
            Err(error) => {
                tell(&cx.outlet(), MonitorEvent::NotReplaced { error });
                if self.coming.contains(&number) {
                    // One that was not there before is not missed: the next look decides.
                    self.coming.retain(|coming| *coming != number);
                    return;
                }
                let pause = Lives::default().pause(&self.pool.restart, self.now(), seam::random_u64());
                self.after(pause, MonitorMessage::Make { number }, cx);
            }
        }
    }

    fn after(&self, pause: Duration, message: MonitorMessage<A>, cx: &Context<Self>) {
        let monitor = cx.shared();
        seam::spawn(async move {
            seam::sleep(pause).await;
            report(&monitor, message);
        });
    }

    /// A worker has ended for good. One that the pool still has is replaced.
    fn left(&mut self, child: Child, cx: &mut Context<Self>) {
        let Some(at) = self.workers.iter().position(|slot| slot.child == child) else { return };
        let mut slot = self.workers.remove(at);
        let pause = slot.lives.pause(&self.pool.restart, self.now(), seam::random_u64());
        self.after(pause, MonitorMessage::Make { number: slot.number }, cx);
    }

    fn look(&mut self, cx: &mut Context<Self>) {
        let waiting = self.workers.iter().map(|slot| {
            let shared = &slot.worker.shared;
            shared.mailbox.info().waiting + shared.node.waiting_there()
        });
        let (now, waiting) = (self.now(), waiting.sum());
        match self.looks.look(&self.pool.sizing, self.workers.len() + self.coming.len(), waiting, now) {
            Resize::Stay => {}
            Resize::Grow => {
                self.leaving.retain(|(_, worker)| worker.exit().is_none());
                let taken = |number: &usize| {
                    self.coming.contains(number)
                        || self.workers.iter().any(|slot| slot.number == *number)
                        || self.leaving.iter().any(|(leaving, _)| leaving == number)
                };
                let number = (0..).find(|number| !taken(number)).unwrap_or_default();
                self.coming.push(number);
                self.fill(number, cx);
            }
            Resize::Shrink => {
                if let Some(slot) = self.workers.pop() {
                    cx.family().release(slot.child);
                    self.group.leave(&slot.worker);
                    self.leaving.push((slot.number, ActorRef(slot.worker.shared.clone())));
                    tell(&cx.outlet(), MonitorEvent::Shrunk { worker: slot.worker.name().clone() });
                }
            }
        }
    }

    fn now(&self) -> Duration {
        seam::now().saturating_duration_since(self.epoch)
    }
}

fn made_by<A: Actor>(make: &Mutex<Make<A>>, number: usize) -> Spawn<A> {
    // One that panicked once is asked again: its panic was told of.
    (make.lock().unwrap_or_else(PoisonError::into_inner))(number)
}

/// Tells the monitor, unless it has ended: then it replaces nobody, and its worker, if this is one, goes with the message.
fn report<A: Actor>(monitor: &Shared<Monitor<A>>, message: MonitorMessage<A>) {
    let _ = monitor.mailbox.push_anyway(&mut Some(Envelope::Command(message)));
}

/// Nobody may be listening; the workers are looked after all the same.
fn tell(outlet: &Outlet<MonitorEvent>, event: MonitorEvent) {
    let _ = outlet.send(event);
}

/// Has the monitor told of what becomes of its workers.
fn listen<A: Actor>(cx: &Context<Monitor<A>>) {
    let (monitor, outlet) = (cx.shared(), cx.outlet());
    cx.family().listen(move |change| match change {
        Change::Ended(worker, exit) => tell(&outlet, MonitorEvent::Ended { worker, exit }),
        Change::Restarted(worker) => tell(&outlet, MonitorEvent::Replaced { worker }),
        Change::NotRestarted(error) => tell(&outlet, MonitorEvent::NotReplaced { error }),
        Change::Left(child, worker, exit) => {
            tell(&outlet, MonitorEvent::Ended { worker, exit });
            report(&monitor, MonitorMessage::Left { child });
        }
    });
}

impl<A: Actor> Actor for Monitor<A> {
    type Message = MonitorMessage<A>;
    type Args = Pool<A>;
    type Event = MonitorEvent;
    type Proxy = MonitorProxy<A>;

    const KIND: &'static str = "Monitor";
    const COMMANDS: &'static [&'static str] = &["workers", "next", "group"];
    const TABLE: u64 = 0;
    const PERIODS: &'static [Duration] = &[];

    async fn start(pool: Pool<A>, cx: &mut Context<Self>) -> Result<Self, String> {
        cx.supervision(pool.strategy, pool.restart.clone());
        cx.actor().node().set_monitor();
        listen(cx);
        let epoch = seam::now();
        let group = Group::up_to(cx.name().name(), pool.sizing.most);
        let mut monitor = Monitor {
            pool,
            workers: Vec::new(),
            group,
            looks: Looks::default(),
            epoch,
            coming: Vec::new(),
            leaving: Vec::new(),
        };
        for number in 0..monitor.pool.sizing.least {
            let (child, coming) = Self::make(&monitor.pool.make, number, cx);
            let worker = coming.await.map_err(|error| error.to_string())?;
            let lives = Lives::default();
            let _ = monitor.group.join(&worker);
            monitor.workers.push(Slot { number, child, worker, lives });
        }
        if monitor.pool.sizing.least < monitor.pool.sizing.most {
            let (own, every) = (cx.shared(), monitor.pool.look_every);
            seam::spawn(async move {
                seam::sleep(every).await;
                // A monitor too busy to look has one look coming at most.
                while own.node.exit().is_none() {
                    if own.mailbox.queued() == 0 {
                        report(&own, MonitorMessage::Look);
                    }
                    seam::sleep(every).await;
                }
            });
        }
        Ok(monitor)
    }

    fn name_of(message: &Self::Message) -> &'static str {
        match message {
            MonitorMessage::Workers(_) => "workers",
            MonitorMessage::Next(_) => "next",
            MonitorMessage::Group(_) => "group",
            MonitorMessage::Left { .. } => "left",
            MonitorMessage::Made { .. } => "made",
            MonitorMessage::Make { .. } => "make",
            MonitorMessage::Look => "look",
        }
    }

    fn dispatch_now(&mut self, message: Self::Message, cx: &mut Context<Self>) -> Option<Self::Message> {
        match message {
            MonitorMessage::Workers(reply) => {
                let running = self.workers.iter().filter(|slot| slot.worker.state() == State::Run);
                reply.send(running.map(|slot| slot.worker.clone()).collect());
            }
            MonitorMessage::Next(reply) => reply.send(self.group.next_running()),
            MonitorMessage::Group(reply) => reply.send(self.group.clone()),
            MonitorMessage::Left { child } => self.left(child, cx),
            MonitorMessage::Made { number, child, made } => self.made(number, child, made, cx),
            MonitorMessage::Make { number } => self.fill(number, cx),
            MonitorMessage::Look => self.look(cx),
        }
        None
    }
}

/// A counted reference to a [`Monitor`].
pub struct MonitorProxy<A: Actor>(Address<Monitor<A>>);

impl<A: Actor> MonitorProxy<A> {
    /// The workers that are alive now, in the order of their numbers. One that is being started again is missing.
    pub fn workers(&self) -> Call<'_, Monitor<A>, Vec<A::Proxy>> {
        let plug: Plug<Monitor<A>, _> = |envelope| match envelope {
            Envelope::Command(MonitorMessage::Workers(place)) => Some(place),
            _ => None,
        };
        Call::new(&self.0, "workers", MonitorMessage::Workers(Reply::nobody()), plug)
    }

    /// The worker whose turn it is, one after another; `None` while all are being started again.
    pub fn next(&self) -> Call<'_, Monitor<A>, Option<A::Proxy>> {
        let plug: Plug<Monitor<A>, _> = |envelope| match envelope {
            Envelope::Command(MonitorMessage::Next(place)) => Some(place),
            _ => None,
        };
        Call::new(&self.0, "next", MonitorMessage::Next(Reply::nobody()), plug)
    }

    /// The workers as a [`Group`], which the monitor keeps: workers are chosen from it without asking the monitor, by
    /// turns, by what waits for them or by key, and all of them can be asked at once. One that is being started again
    /// stays in it; one that the pool has no more is not.
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
    /// let pool = Monitor::spawn(4, |number| Counter::spawn(0).name(format!("counter-{number}"))).await?;
    /// let counters = pool.group().await?;
    /// assert_eq!(counters.by_key("ann")?.add(1).await?, 1);
    /// assert_eq!(counters.by_key("ann")?.add(1).await?, 2);
    /// counters.least_loaded()?.add(1).tell()?;
    /// # Ok(()) }
    /// ```
    pub fn group(&self) -> Call<'_, Monitor<A>, Group<A>> {
        let plug: Plug<Monitor<A>, _> = |envelope| match envelope {
            Envelope::Command(MonitorMessage::Group(place)) => Some(place),
            _ => None,
        };
        Call::new(&self.0, "group", MonitorMessage::Group(Reply::nobody()), plug)
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
