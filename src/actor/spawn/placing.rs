//! An actor on its way into its place: what awaiting a [`Spawn`] is.

use std::future::Future;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use tokio::task::coop::poll_proceed;

use super::builder::Spawn;
use super::ready::Started;
use crate::actor::address::Address;
use crate::actor::behavior::Actor;
use crate::actor::cycle::{Asker, Hold};
use crate::actor::error::SpawnError;
use crate::actor::info::Placement;
use crate::actor::node::Ended;
use crate::actor::realm;
use crate::sys::deadline::Deadline;

/// An actor that is being placed; made by awaiting a [`Spawn`]. Dropped before it is done, it kills the actor.
#[must_use = "futures do nothing unless awaited"]
pub struct Placing<A: Actor>(Step<A>);

enum Step<A: Actor> {
    Asked(Spawn<A>),
    Coming(Coming<A>),
    /// It ends without having said how its start went.
    Ending(Starting<A>, Ended),
    Done,
}

/// One that has its place.
pub(super) enum Placed<A: Actor> {
    /// It has started.
    Up(Address<A>),
    /// It ends, and has yet to say how.
    Fell(Starting<A>),
    Coming(Coming<A>),
}

/// One that has yet to say how its start went.
pub(super) struct Coming<A: Actor> {
    starting: Starting<A>,
    is_ready: Started,
    deadline: Deadline,
    /// Notes who waits for it, where that is an actor.
    hold: Hold,
}

impl<A: Actor> Placed<A> {
    pub(super) fn coming(starting: Starting<A>, is_ready: Option<Started>, limit: Duration) -> Placed<A> {
        let is_ready = is_ready.expect("it does not start at once");
        Placed::Coming(Coming { starting, is_ready, deadline: Deadline::new(limit), hold: Hold::default() })
    }
}

impl<A: Actor> Placing<A> {
    pub(super) fn of(spawn: Spawn<A>) -> Placing<A> {
        Placing(Step::Asked(spawn))
    }
}

impl<A: Actor> Spawn<A> {
    /// Whether its `#[start]` runs while it is being placed.
    pub(super) fn starts_at_once(&self) -> bool {
        A::IS_PLAIN && self.placement() == Placement::Task
    }
}

// Nothing in it is ever pinned.
impl<A: Actor> Unpin for Placing<A> {}

impl<A: Actor> Future for Placing<A> {
    type Output = Result<A::Proxy, SpawnError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        let step = &mut self.0;
        loop {
            match step {
                Step::Asked(spawn) => {
                    if spawn.starts_at_once() {
                        // One after the other that starts at once: other tasks must have their turn.
                        ready!(poll_proceed(cx)).made_progress();
                    }
                    let Step::Asked(spawn) = std::mem::replace(step, Step::Done) else { unreachable!() };
                    match spawn.place()? {
                        Placed::Up(address) => return Poll::Ready(Ok(A::Proxy::from(address))),
                        Placed::Fell(starting) => {
                            let ended = starting.address().ended();
                            *step = Step::Ending(starting, ended);
                        }
                        Placed::Coming(coming) => *step = Step::Coming(coming),
                    }
                }
                Step::Coming(coming) => {
                    let waiting = Asker::here();
                    let Poll::Ready(outcome) = coming.is_ready.poll_within(&mut coming.deadline, cx) else {
                        if let Some(waiting) = waiting {
                            coming.hold.pend(waiting, &coming.starting.address().shared.node, cx);
                        }
                        return Poll::Pending;
                    };
                    let after = coming.deadline.limit();
                    let Step::Coming(Coming { mut starting, .. }) = std::mem::replace(step, Step::Done)
                    else {
                        unreachable!()
                    };
                    return Poll::Ready(match outcome {
                        Some(Some(Ok(()))) => Ok(A::Proxy::from(starting.take())),
                        Some(Some(Err(error))) => Err(starting.told(error)),
                        Some(None) => {
                            let ended = starting.address().ended();
                            *step = Step::Ending(starting, ended);
                            continue;
                        }
                        None => Err(SpawnError::Timeout { actor: starting.address().name().clone(), after }),
                    });
                }
                Step::Ending(starting, ended) => {
                    let exit = ready!(Pin::new(ended).poll(cx));
                    let actor = starting.address().name().clone();
                    *step = Step::Done;
                    return Poll::Ready(Err(SpawnError::Died { exit, actor }));
                }
                Step::Done => panic!("the future of a spawn was polled after it was done"),
            }
        }
    }
}

impl<A: Actor> std::fmt::Debug for Placing<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Placing({})", A::KIND)
    }
}

/// An actor that has been placed and is not ready. Dropped before it is, it is killed: nobody would own it.
pub(super) struct Starting<A: Actor>(Option<Address<A>>);

impl<A: Actor> Starting<A> {
    pub(super) fn of(address: Address<A>) -> Starting<A> {
        Starting(Some(address))
    }

    pub(super) fn address(&self) -> &Address<A> {
        self.0.as_ref().expect("it is taken out only once, at the end")
    }

    /// Its spawner learns from this error that it has failed.
    pub(super) fn told(&self, error: SpawnError) -> SpawnError {
        realm::told(self.address().shared.node.name.id);
        error
    }

    pub(super) fn take(&mut self) -> Address<A> {
        self.0.take().expect("it is taken out only once")
    }
}

impl<A: Actor> Drop for Starting<A> {
    fn drop(&mut self) {
        if let Some(address) = &self.0 {
            // For good: nobody would own its next life either.
            address.shared.node.wish_for_the_end();
            address.kill();
        }
    }
}
