//! What every proxy is made of: a counted reference to an actor, and the commands that every actor answers.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::behavior::Actor;
use super::call::{Call, DEFAULT_DEADLINE};
use super::envelope::{BuiltIn, Envelope};
use super::error::Error;
use super::exit::Exit;
use super::info::{ActorName, Info};
use super::node::{AnyActor, Ended, Shared};
use super::open::{self, OpenCommand};
use super::reply::Reply;
use super::state::State;
use crate::sys::seam;

/// A counted reference to an actor. Proxies deref to it, so every proxy has these methods.
///
/// When the last one is dropped the actor answers what is in its mailbox and then ends by itself.
pub struct Address<A: Actor> {
    pub(crate) shared: Arc<Shared<A>>,
}

impl<A: Actor> Address<A> {
    /// The first reference to an actor that nobody knows yet.
    pub(crate) fn first(shared: Arc<Shared<A>>) -> Address<A> {
        shared.begin_proxies();
        Address { shared }
    }

    pub(crate) fn new(shared: Arc<Shared<A>>) -> Address<A> {
        shared.add_proxy();
        Address { shared }
    }

    /// What the actor is called.
    pub fn name(&self) -> &ActorName {
        &self.shared.node.name
    }

    /// A number no other actor spawned by this process has.
    pub fn id(&self) -> u64 {
        self.shared.node.name.id
    }

    /// The process it runs in; this one unless it is a process actor.
    pub fn pid(&self) -> u32 {
        self.shared.node.process_id()
    }

    /// Where it is in its life, as far as this process knows.
    pub fn state(&self) -> State {
        self.shared.node.state.get()
    }

    /// Whether both refer to the same actor.
    pub fn is_same(&self, other: &Address<A>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Asks whether it is there. Answered past all messages that wait, also while an async command waits for something.
    pub fn ping(&self) -> Call<'_, A, ()> {
        self.built_in("ping", BuiltIn::Ping(Reply::nobody()), |envelope| match envelope {
            Envelope::BuiltIn(built_in) => match &mut **built_in {
                BuiltIn::Ping(place) => Some(place),
                _ => None,
            },
            _ => None,
        })
    }

    /// Asks it about itself. Answered past all messages that wait.
    pub fn info(&self) -> Call<'_, A, Info> {
        self.built_in("info", BuiltIn::Info(Reply::nobody()), |envelope| match envelope {
            Envelope::BuiltIn(built_in) => match &mut **built_in {
                BuiltIn::Info(place) => Some(place),
                _ => None,
            },
            _ => None,
        })
    }

    /// Gets the text back, in order with the other messages.
    pub fn echo(&self, text: impl Into<String>) -> Call<'_, A, String> {
        self.built_in("echo", BuiltIn::Echo(text.into(), Reply::nobody()), |envelope| match envelope {
            Envelope::BuiltIn(built_in) => match &mut **built_in {
                BuiltIn::Echo(_, place) => Some(place),
                _ => None,
            },
            _ => None,
        })
    }

    /// Has it carry out an open command: a free function under `#[rehearsal::command]`.
    ///
    /// ```
    /// use rehearsal::prelude::*;
    ///
    /// #[rehearsal::command]
    /// pub fn sum(values: Vec<i64>) -> i64 {
    ///     values.iter().sum()
    /// }
    ///
    /// pub struct Idle;
    ///
    /// #[rehearsal::actor]
    /// impl Idle {
    ///     #[start]
    ///     pub fn new() -> Idle { Idle }
    /// }
    ///
    /// #[rehearsal::program]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let idle = Idle::spawn().await?;
    ///     assert_eq!(idle.run(sum(vec![1, 2, 3])).await?, 6);
    ///     Ok(())
    /// }
    /// ```
    pub fn run<C: OpenCommand>(&self, command: C) -> Call<'_, A, C::Output> {
        self.built_in(C::NAME, BuiltIn::Open(open::ticket(command)), |envelope| match envelope {
            Envelope::BuiltIn(built_in) => match &mut **built_in {
                BuiltIn::Open(call) => open::place::<C>(&mut **call),
                _ => None,
            },
            _ => None,
        })
    }

    fn built_in<R>(
        &self,
        name: &'static str,
        built_in: BuiltIn,
        plug: super::call::Plug<A, R>,
    ) -> Call<'_, A, R> {
        Call::of(self, name, Envelope::BuiltIn(Box::new(built_in)), plug)
    }

    /// Tells it to stop: the command in progress ends, `#[stopping]` runs, what waits in the mailbox is not answered
    /// (calls that are pending on it resolve to an error). Await it for how the actor ended.
    pub fn stop(&self) -> Stop<'_, A> {
        Stop { address: self, limit: DEFAULT_DEADLINE }
    }

    /// Ends it without `#[stopping]`: a process at once, by signal to its process group; a task or thread at the next
    /// point where it waits (a command that never waits cannot be interrupted).
    pub fn kill(&self) {
        self.shared.mailbox.kill();
    }

    /// Resolves when it has ended, to how. Every event that it sent has been given to `on_event` before.
    pub fn ended(&self) -> Ended {
        Ended::new(self.shared.clone())
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        self.shared.node.learn_exit()
    }
}

impl<A: Actor> Clone for Address<A> {
    fn clone(&self) -> Address<A> {
        Address::new(self.shared.clone())
    }
}

impl<A: Actor> Drop for Address<A> {
    fn drop(&mut self) {
        self.shared.drop_proxy();
    }
}

impl<A: Actor> std::fmt::Debug for Address<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.shared.node.name, self.state())
    }
}

/// Telling an actor to stop. Await it for how the actor ended, or [`tell`](Stop::tell) and go on.
#[must_use = "nothing is stopped until this is awaited or told"]
#[derive(Debug)]
pub struct Stop<'p, A: Actor> {
    address: &'p Address<A>,
    limit: Duration,
}

impl<A: Actor> Stop<'_, A> {
    /// How long to wait for the end; the actor is told to stop in any case.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Tells it and does not wait. An actor that has ended is not told.
    pub fn tell(self) {
        self.address.shared.stop();
    }
}

impl<'p, A: Actor> IntoFuture for Stop<'p, A> {
    type Output = Result<Exit, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'p>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let shared = &self.address.shared;
            shared.stop();
            match seam::timeout(self.limit, self.address.ended()).await {
                Some(exit) => Ok(exit),
                None => Err(shared.late("stop", self.limit)),
            }
        })
    }
}
