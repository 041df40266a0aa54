//! Probes: what arrives, one after the other, for a tester to look at.

use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::here::Here;
use super::missed::Missed;
use super::tray::{Found, Tray};
use crate::actor::envelope::Envelope;
use crate::actor::stand_in::{self, Heard, StandIn};
use crate::actor::{Actor, Exit, Reason};
use crate::sys::seam;

/// How long a probe waits unless told otherwise.
pub const DEFAULT_WAIT: Duration = Duration::from_secs(5);

/// Items that wait in a plain probe, and messages in the mailbox of a stand-in, unless told otherwise.
pub const DEFAULT_BOUND: usize = 1024;

/// Names of what was skipped that are kept.
const SKIPPED: usize = 64;

/// Takes what arrives, in order. Made by [`Probed::probe`] for the messages of an actor, by [`probe()`] for anything.
///
/// Each wait has a deadline: 5 s, or what [`patience`](Probe::patience) says.
pub struct Probe<T> {
    tray: Arc<Tray<T>>,
    limit: Duration,
}

/// The messages of an actor, one variant a command and of its name: the place for the answer, then the arguments.
///
/// ```
/// # use rehearsal::prelude::*;
/// # use rehearsal::testkit::{Asked, Probed};
/// # pub struct Counter { n: i64 }
/// # #[rehearsal::actor] impl Counter {
/// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
/// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
/// # }
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// type Message = Asked<Counter>;
/// let (counter, mut probe) = Counter::probe();
/// let answer = counter.add(5).send()?;
/// match probe.expect().await {
///     Message::add(reply, by) => reply.send(by * 2),
/// }
/// assert_eq!(answer.await?, 10);
/// # Ok(()) }
/// ```
pub type Asked<A> = <A as Actor>::Message;

/// Stand-ins for actors: `Counter::probe()`.
pub trait Probed: Actor {
    /// A proxy of an actor that is not there, and the probe at which its messages arrive. To code that holds the proxy
    /// nothing tells it from an actor: asks wait for an answer, a mailbox that nobody takes from fills up, it can be
    /// stopped and killed. `ping`, `info` and `echo` are answered for it; open commands are not.
    ///
    /// It has ended when its probe is dropped, and, as an actor has, when its last proxy is; what had arrived by
    /// then can still be taken from the probe.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    fn probe() -> (Self::Proxy, Probe<Self::Message>) {
        Self::probe_with_mailbox(DEFAULT_BOUND)
    }

    /// The same with a mailbox of this many messages, at least one: one that the tester does not take from is full then.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    fn probe_with_mailbox(capacity: usize) -> (Self::Proxy, Probe<Self::Message>) {
        let (address, stand_in) = StandIn::<Self>::new(capacity);
        let tray = Arc::new(Tray::new(|message| stand_in::name_of::<Self>(message).to_owned()));
        drop(seam::spawn(attend(stand_in, tray.clone())));
        (Self::Proxy::from(address), Probe { tray, limit: DEFAULT_WAIT })
    }
}

impl<A: Actor> Probed for A {}

/// What a stand-in does: a message is taken out of the mailbox when the tester wants one.
async fn attend<A: Actor>(mut stand_in: StandIn<A>, tray: Arc<Tray<A::Message>>) {
    let put = |message| {
        if let Envelope::Command(message) = message {
            // Bounded by the mailbox that it was in.
            let _ = tray.put(message, usize::MAX);
        }
    };
    let exit = loop {
        let heard = poll_fn(|cx| {
            let (wanted, wish) = tray.poll_wish(cx);
            match wish {
                Some(exit) => std::task::Poll::Ready(Err(exit)),
                None => stand_in.poll_heard(wanted, cx).map(Ok),
            }
        });
        match heard.await {
            Ok(Heard::Message(message)) => put(message),
            Ok(Heard::Over(reason)) => {
                stand_in.shut().into_iter().for_each(put);
                break Exit::new(reason);
            }
            Err(exit) => break exit,
        }
    };
    stand_in.end(exit.clone());
    tray.end(exit);
}

/// The sending end of a plain probe.
pub struct Sender<T>(Arc<Tray<T>>);

/// A probe for anything: hand the sender, or [`Sender::sink`], to what is to be watched.
///
/// ```
/// # #[rehearsal::program] async fn main() {
/// let (sender, mut probe) = rehearsal::testkit::probe();
/// let mut on_event = sender.sink();
/// on_event("started");
/// assert_eq!(probe.expect().await, "started");
/// # }
/// ```
pub fn probe<T: Debug + Send + 'static>() -> (Sender<T>, Probe<T>) {
    let tray = Arc::new(Tray::new(|item| format!("{item:?}")));
    (Sender(tray.clone()), Probe { tray, limit: DEFAULT_WAIT })
}

impl<T> Sender<T> {
    /// Has it arrive at the probe.
    ///
    /// # Errors
    /// Gives it back where 1024 wait to be taken already, or the probe was dropped.
    pub fn send(&self, item: T) -> Result<(), T> {
        self.0.put(item, DEFAULT_BOUND)
    }

    /// As a function, for callbacks. What finds no room is dropped.
    pub fn sink(&self) -> impl FnMut(T) + Send + 'static
    where
        T: Send + 'static,
    {
        let sender = self.clone();
        move |item| drop(sender.send(item))
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Sender<T> {
        Sender(self.0.clone())
    }
}

impl<T> Probe<T> {
    /// How long it waits from now on.
    pub fn patience(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Waits for the next.
    ///
    /// # Panics
    /// Where none comes in time; the message says what had arrived, and which line waited.
    #[track_caller]
    pub fn expect(&mut self) -> impl Future<Output = T> + use<'_, T> {
        let at = Location::caller();
        Here::new(async move { self.wait("a message", at, Some).await })
    }

    /// The same for who wants no panic.
    ///
    /// # Errors
    /// Where none comes in time.
    #[track_caller]
    pub fn try_expect(&mut self) -> impl Future<Output = Result<T, Missed>> + use<'_, T> {
        let at = Location::caller();
        async move { self.wait("a message", at, Some).await }
    }

    /// Skips what arrives until `pick` makes something of it. What is skipped is dropped: who asked that learns it as
    /// from an actor that ends.
    ///
    /// # Panics
    /// Where nothing comes in time of which `pick` makes something; the message says what did arrive.
    #[track_caller]
    pub fn fish<R>(&mut self, pick: impl FnMut(T) -> Option<R>) -> impl Future<Output = R> {
        let at = Location::caller();
        Here::new(async move { self.wait("a message that it fishes for", at, pick).await })
    }

    /// Waits for so long, in which nothing may arrive. The end of a stand-in is nothing.
    ///
    /// # Panics
    /// Where something does.
    #[track_caller]
    pub fn expect_none_within(&mut self, limit: Duration) -> impl Future<Output = ()> + use<'_, T> {
        let at = Location::caller();
        Here::new(async move {
            let found = seam::timeout(limit, poll_fn(|cx| self.tray.poll(cx))).await;
            self.tray.unwant();
            let Some(Found::Item(item)) = found else { return Ok(()) };
            let what = self.tray.describe(&item);
            Err(format!("the probe at {at} was to see nothing within {limit:?}, and `{what}` arrived"))
        })
    }

    /// Has the stand-in end as if the actor had ended so: its callers get what they would get then.
    pub async fn end(&mut self, exit: Exit) {
        self.tray.wish(exit);
        // What is left in the mailbox is not for the tester any more.
        while let Found::Item(_) = poll_fn(|cx| self.tray.poll(cx)).await {}
    }

    async fn wait<R>(
        &mut self,
        wanted: &'static str,
        at: &'static Location<'static>,
        mut pick: impl FnMut(T) -> Option<R>,
    ) -> Result<R, Missed> {
        let (before_count, before) = self.tray.taken();
        let mut skipped = Vec::new();
        let looking = async {
            loop {
                match poll_fn(|cx| self.tray.poll(cx)).await {
                    Found::Ended(exit) => break Err(exit),
                    Found::Item(item) => {
                        let name = self.tray.describe(&item);
                        match pick(item) {
                            Some(picked) => break Ok(picked),
                            None if skipped.len() < SKIPPED => skipped.push(name),
                            None => {}
                        }
                    }
                }
            }
        };
        let ended = match seam::timeout(self.limit, looking).await {
            Some(Ok(picked)) => return Ok(picked),
            Some(Err(exit)) => Some(exit),
            None => None,
        };
        self.tray.unwant();
        Err(Missed { wanted, limit: self.limit, at, skipped, before, before_count, ended })
    }
}

impl<T> Drop for Probe<T> {
    fn drop(&mut self) {
        self.tray.wish(Exit::because(Reason::Returned, "its probe was dropped"));
    }
}

impl<T> Debug for Probe<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Probe({} taken)", self.tray.taken().0)
    }
}

impl<T> Debug for Sender<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sender")
    }
}
