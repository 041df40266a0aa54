//! What is around an ask that is handled where it is asked: its runtime, the locks and the end of who asks, and what
//! follows for the actor.

use std::future::{IntoFuture, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use crate::cast::Tested;
use crate::inline::{Host, HostProxy, until_here};
use rehearsal::actor::panic;
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon};
use tokio::runtime::{self, Builder, Handle, Runtime};
use tokio::task::{self, Id};

pub struct Locker {
    lock: Arc<Mutex<u64>>,
}

#[rehearsal::actor]
impl Locker {
    #[start]
    pub fn new(lock: Arc<Mutex<u64>>) -> Locker {
        Locker { lock }
    }

    #[command]
    pub fn count(&mut self) -> u64 {
        let mut count = self.lock.lock().expect("no panic");
        *count += 1;
        *count
    }
}

/// Notes in which task it ends.
pub struct Leaver {
    places: Arc<Mutex<Vec<Option<Id>>>>,
}

#[rehearsal::actor]
impl Leaver {
    #[start]
    pub fn new(places: Arc<Mutex<Vec<Option<Id>>>>) -> Leaver {
        Leaver { places }
    }

    /// Stays, leaves or falls, and tells where.
    #[command]
    pub fn leave(&mut self, how: u8, cx: &mut Context<Self>) -> Option<Id> {
        match how {
            0 => {}
            1 => cx.stop(),
            _ => panic::expected(|| panic!("as it was told to")),
        }
        task::try_id()
    }

    #[stopping]
    fn note(&mut self) {
        self.places.lock().expect("no panic").push(task::try_id());
    }
}

impl Drop for Leaver {
    fn drop(&mut self) {
        self.note();
    }
}

/// Passes an ask on.
pub struct Relay {
    next: Option<RelayProxy>,
    last: HostProxy,
}

#[rehearsal::actor]
impl Relay {
    #[start]
    pub fn new(next: Option<RelayProxy>, last: HostProxy) -> Relay {
        Relay { next, last }
    }

    #[command]
    pub async fn pass(&mut self) -> Result<u64, String> {
        match &self.next {
            Some(next) => next.pass().timeout(LONG_WAIT).await.map_err(|error| error.to_string()),
            None => self.last.add(1).await.map_err(|error| error.to_string()),
        }
    }
}

/// How many pass an ask on from one to the next.
const CHAIN: u32 = 10_000;

/// What a command takes that holds a lock may be held by who asks, while it asks.
#[rehearsal::test]
async fn one_that_has_its_own_task_may_want_what_who_asks_holds() -> Tested {
    let _clean = clean();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let asks = runtime.spawn(async move {
        let lock = Arc::new(Mutex::new(0));
        let host = Locker::spawn(lock.clone()).own_task().await.map_err(|error| error.to_string())?;
        for asked in 1..=300 {
            let mut ask = pin!(host.count().into_future());
            let first = poll_fn(|cx| {
                let _held = lock.lock();
                Poll::Ready(ask.as_mut().poll(cx))
            });
            let answer = match first.await {
                Poll::Ready(answer) => answer,
                Poll::Pending => ask.await,
            };
            assert_eq!(answer.map_err(|error| error.to_string())?, asked);
        }
        // Before its runtime goes.
        host.stop().await.map_err(|error| error.to_string())?;
        Ok::<_, String>(())
    });
    soon("the asks", asks).await??;
    runtime.shutdown_background();
    Ok(())
}

/// Nothing of an actor's end is the business of who asked: neither `#[stopping]` nor the drop of its state.
#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_follows_is_done_by_its_own_task() -> Tested {
    let _clean = clean();
    for falls in [false, true] {
        let places = Arc::new(Mutex::new(Vec::new()));
        let host = Leaver::spawn(places.clone()).await?;
        let asked = host.clone();
        let asks = tokio::spawn(async move {
            while asked.leave(0).await.map_err(|error| error.to_string())? != task::try_id() {
                task::yield_now().await;
            }
            let _ = asked.leave(if falls { 2 } else { 1 }).await;
            Ok::<_, String>(task::id())
        });
        let asker = soon("the asks", asks).await??;
        ended(&host, LONG_WAIT).await;
        let places = places.lock().expect("no panic").clone();
        assert_eq!(places.len(), if falls { 1 } else { 2 });
        assert!(places.iter().all(|place| place.is_some_and(|place| place != asker)), "{places:?}");
    }
    Ok(())
}

/// Not one that was ended in the middle of an ask either.
#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_are_aborted_take_nothing_along() -> Tested {
    let _clean = clean().letters(0..=10_000);
    let host = Host::spawn().await?;
    soon("an ask that is handled here", tokio::spawn(until_here(host.clone()))).await??;
    for round in 0..200 {
        let asked = host.clone();
        let asks = tokio::spawn(async move { while asked.add(1).await.is_ok() {} });
        for _ in 0..round % 7 {
            task::yield_now().await;
        }
        asks.abort();
        assert!(soon("the end of who asks", asks).await.is_err_and(|error| error.is_cancelled()));
        host.add(1).await?;
    }
    Ok(())
}

/// Each waits for the next one in an async command, so that none of them has an end before the last.
#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_chain_of_asks_needs_no_deep_stack() -> Tested {
    let _clean = clean();
    let last = Host::spawn().await?;
    let mut first = Relay::spawn(None, last.clone()).await?;
    for _ in 0..CHAIN {
        first = Relay::spawn(Some(first), last.clone()).await?;
    }
    for round in 1..=3 {
        let asked = first.clone();
        let sum = soon("the end of the chain", tokio::spawn(async move { asked.pass().await }));
        assert_eq!(sum.await??, round);
    }
    Ok(())
}

async fn all_at(host: HostProxy, home: runtime::Id) -> Result<(), Error> {
    for _ in 0..300 {
        assert_eq!(host.runtime().await?, home);
    }
    Ok(())
}

#[rehearsal::test]
async fn who_asks_from_another_runtime_has_it_handled_in_the_actors_own() -> Tested {
    let _clean = clean();
    let (host, home) = (Host::spawn().await?, Handle::current().id());
    let runtime = Runtime::new()?;
    soon("the asks here", tokio::spawn(all_at(host.clone(), home))).await??;
    soon("the asks there", runtime.spawn(all_at(host, home))).await??;
    runtime.shutdown_background();
    Ok(())
}

/// A future that may be polled in the context of another runtime: what its task is of is not what it calls from.
async fn within<T>(other: Handle, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let _context = other.enter();
        future.as_mut().poll(cx)
    })
    .await
}

#[rehearsal::test]
async fn who_asks_in_the_context_of_another_runtime_does_too() -> Tested {
    let _clean = clean();
    let (host, home) = (Host::spawn().await?, Handle::current().id());
    let runtime = Runtime::new()?;
    let other = runtime.handle().clone();
    // Known to be quick, and its task known as one of this runtime.
    soon("the asks here", tokio::spawn(all_at(host.clone(), home))).await??;
    let there = tokio::spawn(async move {
        all_at(host.clone(), home).await?;
        within(other.clone(), all_at(host, home)).await?;
        let host =
            within(other.clone(), Host::spawn().into_future()).await.map_err(|error| error.to_string());
        Ok::<_, Error>((host, other.id()))
    });
    let (host, away) = soon("the asks there", there).await??;
    // Spawned in that context, it is of that runtime.
    let host = host?;
    soon("asks from here", tokio::spawn(all_at(host.clone(), away))).await??;
    soon("asks from its own", runtime.spawn(all_at(host.clone(), away))).await??;
    host.stop().await?;
    runtime.shutdown_background();
    Ok(())
}

/// Dropped with the runtime, while others go on asking.
#[rehearsal::test]
fn a_runtime_that_goes_takes_its_actors_along() -> Tested {
    let _clean = clean().letters(0..=10_000).failures(0..=1);
    for _ in 0..20 {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let host = runtime.block_on(async { Host::spawn().await })?;
        for _ in 0..4 {
            let host = host.clone();
            runtime.spawn(async move { while host.add(1).await.is_ok() {} });
        }
        runtime.block_on(async { tokio::time::timeout(LONG_WAIT, host.add(1)).await })??;
        runtime.shutdown_background();
        let outside = Builder::new_current_thread().enable_all().build()?;
        let exit = outside.block_on(async { tokio::time::timeout(LONG_WAIT, host.ended()).await })?;
        assert!(!matches!(exit.reason, Reason::Panicked(_)), "{exit}");
    }
    Ok(())
}
