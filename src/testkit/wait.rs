//! Waits of a test: each has a deadline, and says what it waited for.

use std::future::{Future, IntoFuture};
use std::panic::Location;
use std::time::Duration;

use super::here::Here;
use crate::actor::{Actor, Address, Info};
use crate::sys::seam;

/// How long [`soon`], [`eventually`] and [`until`] wait, and what to give to [`ended`](super::ended) where nothing else
/// is meant: long enough for a machine that is loaded, so that only what hangs fails by it.
pub const LONG_WAIT: Duration = Duration::from_secs(60);

/// Waits for a future, [a minute](LONG_WAIT) at most: in a test nothing may hang.
///
/// # Panics
/// Where it is not ready by then; the message says what did not come, and which line waited.
///
/// ```
/// # #[rehearsal::program] async fn main() {
/// let (sender, receiver) = tokio::sync::oneshot::channel();
/// tokio::spawn(async move { sender.send(7) });
/// assert_eq!(rehearsal::testkit::soon("the number", receiver).await, Ok(7));
/// # }
/// ```
#[track_caller]
pub fn soon<'a, F: IntoFuture>(what: &'a str, future: F) -> impl Future<Output = F::Output> + use<'a, F> {
    let at = Location::caller();
    let future = future.into_future();
    Here::new(async move {
        let came = seam::timeout(LONG_WAIT, future).await;
        came.ok_or_else(|| format!("{what} did not come within {LONG_WAIT:?} at {at}"))
    })
}

/// Waits until this holds, [a minute](LONG_WAIT) at most: for what can be looked at and tells nobody when it changes.
/// All other tasks have their turn between two looks; a clock that is paused stands still meanwhile.
///
/// # Panics
/// Where it does not hold by then; the message says what did not come, and which line waited.
///
/// ```
/// # use rehearsal::prelude::*;
/// # pub struct Idle;
/// # #[rehearsal::actor] impl Idle { #[start] pub fn new() -> Idle { Idle } }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let idle = Idle::spawn().await?;
/// idle.stop().tell();
/// rehearsal::testkit::eventually("its end", async || idle.state().is_over()).await;
/// # Ok(()) }) }
/// ```
/// As in any test; a task that is spawned and has to be `Send` cannot lend what it looks at to such a closure.
#[track_caller]
pub fn eventually<'a, C: AsyncFnMut() -> bool + 'a>(
    what: &'a str,
    mut holds: C,
) -> impl Future<Output = ()> + 'a {
    let at = Location::caller();
    Here::new(async move {
        let looking = async {
            while !holds().await {
                tokio::task::yield_now().await;
            }
        };
        let came = seam::timeout(LONG_WAIT, looking).await;
        came.ok_or_else(|| format!("{what} did not come within {LONG_WAIT:?} at {at}"))
    })
}

/// Waits until what the actor says of itself is as it is wanted, [a minute](LONG_WAIT) at most, and gives that. Between
/// two lives the next one is waited for.
///
/// # Panics
/// Where it is not so by then, or the actor ends for good; the message has what it said last, and which line waited.
///
/// ```
/// # use rehearsal::prelude::*;
/// # pub struct Counter { n: i64 }
/// # #[rehearsal::actor] impl Counter {
/// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
/// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
/// # }
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let counter = Counter::spawn(0).await?;
/// counter.add(1).tell()?;
/// // Somebody else is to send the second one.
/// # let other = counter.clone();
/// # tokio::spawn(async move { other.add(1).await });
/// let info = rehearsal::testkit::until(&counter, |info| info.messages_handled == 2).await;
/// assert_eq!(info.restarts, 0);
/// # Ok(()) }
/// ```
#[track_caller]
pub fn until<A: Actor, W: FnMut(&Info) -> bool>(
    actor: &Address<A>,
    mut wanted: W,
) -> impl Future<Output = Info> + use<'_, A, W> {
    let at = Location::caller();
    Here::new(async move {
        let mut last = None;
        let looking = async {
            loop {
                match actor.info().await {
                    Ok(info) if wanted(&info) => break Some(info),
                    Ok(info) => last = Some(info),
                    Err(_) if actor.state().is_over() => break None,
                    // What a process is asked in its last moment dies with it; another life may follow.
                    Err(_) => {}
                }
                tokio::task::yield_now().await;
            }
        };
        if let Some(Some(info)) = seam::timeout(LONG_WAIT, looking).await {
            return Ok(info);
        }
        let why = match actor.exit() {
            Some(exit) => format!("it will not come to that: {exit}"),
            None => format!("it had not come to that within {LONG_WAIT:?}"),
        };
        Err(match last {
            Some(Info { state, messages_handled, mailbox, restarts, .. }) => format!(
                "{} was waited for at {at}, and {why}; it said last: state `{state}`, {messages_handled} messages \
                 handled, {} waiting, {restarts} restarts",
                actor.name(),
                mailbox.waiting,
            ),
            None => format!("{} was waited for at {at}, and {why}; it said nothing", actor.name()),
        })
    })
}
