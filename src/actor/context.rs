//! What a command can reach of the actor it runs in.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use super::address::Address;
use super::behavior::Actor;
use super::crossing::Up;
use super::error::Gone;
use super::executor::{Executor, Job, JobError};
use super::info::{ActorName, Placement};
use super::node::{AnyActor, Shared};
use super::pace;
use super::reply::Reply;
use super::uplink::Uplink;
use crate::sys::process::OwnedFd;

/// What a parent has done with each event of an actor.
pub(crate) type Callback<E> = Box<dyn FnMut(E) + Send>;

/// What a command, `#[start]`, `#[periodic]` or `#[stopping]` can reach of its actor: `cx: &mut Context<Self>`.
///
/// A free `#[rehearsal::command]` does not know which actor it runs in and takes `cx: &mut Context`; every context
/// derefs to that.
pub struct Context<A: Kind = Any>(A::Body);

/// The kind of context that does not know its actor's type.
#[derive(Debug)]
pub enum Any {}

/// What a [`Context`] can be of: an actor, or [`Any`].
pub trait Kind: sealed::Sealed {
    #[doc(hidden)]
    type Body;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Any {}
    impl<A: super::Actor> Sealed for A {}
}

impl Kind for Any {
    type Body = Base;
}

impl<A: Actor> Kind for A {
    type Body = Own<A>;
}

#[doc(hidden)]
pub struct Base {
    actor: Arc<dyn AnyActor>,
    stop: bool,
    /// Whether somebody wants to know when the command in progress has returned.
    looked_at: bool,
    /// In a box: almost none has any.
    passed: Option<Box<Passed>>,
}

/// The files that were passed to an actor's process.
struct Passed(Vec<OwnedFd>);

#[doc(hidden)]
pub struct Own<A: Actor> {
    any: Context<Any>,
    outlet: Outlet<A::Event>,
}

impl<A: Actor> Context<A> {
    pub(crate) fn new(shared: Arc<Shared<A>>, outlet: Outlet<A::Event>, passed: Vec<OwnedFd>) -> Context<A> {
        let passed = (!passed.is_empty()).then(|| Box::new(Passed(passed)));
        Context(Own { any: Context(Base { actor: shared, stop: false, looked_at: false, passed }), outlet })
    }

    /// A proxy of this actor. A call on it that is awaited inside one of its commands ends at once in
    /// [`Cause::Cycle`](super::Cause::Cycle): the actor would wait for itself. [`tell`](super::Call::tell) is the way.
    pub fn proxy(&self) -> A::Proxy {
        A::Proxy::from(Address::new(self.shared()))
    }

    /// The actor's own shared state: unlike a proxy it does not keep the actor alive.
    pub(crate) fn shared(&self) -> Arc<Shared<A>> {
        let actor: Arc<dyn std::any::Any + Send + Sync> = self.actor().clone();
        actor.downcast().expect("a context of an actor is made from that actor")
    }

    /// The way events go to this actor's parent; cloned freely, used from any thread.
    pub fn outlet(&self) -> Outlet<A::Event> {
        self.0.outlet.clone()
    }
}

impl Context<Any> {
    /// What the actor is called.
    pub fn name(&self) -> &ActorName {
        &self.0.actor.node().name
    }

    /// A number no other actor spawned by the same process has.
    pub fn id(&self) -> u64 {
        self.name().id
    }

    /// Where the actor runs.
    pub fn placement(&self) -> Placement {
        self.0.actor.node().placement
    }

    /// Threads for the actor's CPU-bound work. They are made when they are first needed.
    pub fn executor(&self) -> Executor {
        Executor(self.0.actor.node().beside().pool(&self.0.actor).clone())
    }

    /// Answers a call with the result of a job; what the macro writes for a command that returns one.
    #[doc(hidden)]
    pub fn hand_over<T>(&self, ticket: u64, job: Job<T>, reply: Reply<Result<T, JobError>>) {
        job.hand_over(ticket, reply);
    }

    /// The command has returned, and its answer is not sent yet; what the macro writes between the two.
    #[doc(hidden)]
    #[inline]
    pub fn returned(&mut self) {
        if std::mem::take(&mut self.0.looked_at) {
            pace::returned();
        }
    }

    /// Whether somebody wants to know when the command in progress has returned, and does not know it yet.
    pub(super) fn looked_at(&mut self) -> &mut bool {
        &mut self.0.looked_at
    }

    /// Ends the actor after the present command, or after `#[start]` without one: `#[stopping]` runs, then it has
    /// returned.
    pub fn stop(&mut self) {
        self.0.stop = true;
    }

    /// Takes the files that were passed to this actor's process, in the order they were given; empty when they have
    /// been taken, and for an actor that is not in a process of its own.
    pub fn passed(&mut self) -> Vec<OwnedFd> {
        self.0.passed.take().map(|passed| passed.0).unwrap_or_default()
    }

    pub(crate) fn actor(&self) -> &Arc<dyn AnyActor> {
        &self.0.actor
    }

    pub(crate) fn wants_stop(&self) -> bool {
        self.0.stop
    }
}

impl<A: Actor> Deref for Context<A> {
    type Target = Context<Any>;

    fn deref(&self) -> &Context<Any> {
        &self.0.any
    }
}

impl<A: Actor> DerefMut for Context<A> {
    fn deref_mut(&mut self) -> &mut Context<Any> {
        &mut self.0.any
    }
}

impl std::fmt::Debug for Context<Any> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Context({})", self.name())
    }
}

impl<A: Actor> std::fmt::Debug for Context<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

/// The way an actor's events go to its parent: to the closure given to [`Spawn::on_event`](super::Spawn::on_event).
// `None` where the parent has no `on_event`; one word, because every actor keeps one.
pub struct Outlet<E>(Option<Arc<Way<E>>>);

enum Way<E> {
    Local(Mutex<Callback<E>>),
    Remote(Arc<Uplink>, fn(&Uplink, E) -> Result<(), String>),
}

impl<E: Send + 'static> Outlet<E> {
    pub(crate) fn local(callback: Option<Callback<E>>) -> Outlet<E> {
        Outlet(callback.map(|callback| Arc::new(Way::Local(Mutex::new(callback)))))
    }

    /// Sends an event; from any thread, in order, without waiting for a runtime.
    ///
    /// When this returns, the parent's closure has run (task and thread actors; on the calling thread, so it must not
    /// send on the same outlet), or the event is with the operating system (process actors): it arrives even if this
    /// process dies with its next instruction.
    ///
    /// # Errors
    /// Where nobody listens any more, or ever did, and where the event cannot cross.
    pub fn send(&self, event: E) -> Result<(), Gone> {
        match self.0.as_deref() {
            None => Err(Gone("the actor was spawned without .on_event(..)".to_owned())),
            Some(Way::Local(callback)) => {
                // A closure that panicked once is asked again: its panic was the sender's, who knows of it.
                let mut callback = callback.lock().unwrap_or_else(PoisonError::into_inner);
                callback(event);
                Ok(())
            }
            Some(Way::Remote(link, say)) => say(link, event).map_err(Gone),
        }
    }
}

impl<E: serde_core::Serialize + Send + 'static> Outlet<E> {
    pub(crate) fn remote(link: &Arc<Uplink>, listens: bool) -> Outlet<E> {
        let way = || Way::Remote(link.clone(), |link, event| link.say_with(&Up::Event, &event));
        Outlet(listens.then(|| Arc::new(way())))
    }
}

impl<E> Clone for Outlet<E> {
    fn clone(&self) -> Outlet<E> {
        Outlet(self.0.clone())
    }
}

impl<E> std::fmt::Debug for Outlet<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0.as_deref() {
            None => "Outlet(nowhere)",
            Some(Way::Local(_)) => "Outlet(local)",
            Some(Way::Remote(..)) => "Outlet(remote)",
        })
    }
}
