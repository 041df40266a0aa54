//! What an actor says to look after others: children, watches, links.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};

use super::again::Recipe;
use super::family::Family;
use super::policy::Child;
use super::restart::{Restart, Strategy};
use super::watch::End;
use super::{link, watch};
use crate::actor::address::Address;
use crate::actor::behavior::Actor;
use crate::actor::context::{Any, Context};
use crate::actor::error::SpawnError;
use crate::actor::node::AnyActor;
use crate::actor::spawn::Spawn;

/// A child on its way: await it for its proxy. Made by [`Context::supervise`].
#[must_use = "a child that is not awaited is never placed"]
pub struct Supervising<P> {
    pub(crate) child: Child,
    coming: Pin<Box<dyn Future<Output = Result<P, SpawnError>> + Send>>,
}

impl<P> Future for Supervising<P> {
    type Output = Result<P, SpawnError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        self.coming.as_mut().poll(cx)
    }
}

impl<P> std::fmt::Debug for Supervising<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Supervising")
    }
}

impl Context<Any> {
    /// Spawns an actor as a child of this one, of whatever type and wherever placed.
    ///
    /// A child that fails is started again, behind the same proxy and with the same arguments, by the rule that
    /// [`supervision`](Context::supervision) has set: otherwise it alone, at most 5 times within 10 s. With one restart
    /// more than that this actor ends, and its reason, [`GaveUp`](crate::actor::Reason::GaveUp), names the child and
    /// how that ended the last time. A child that was told to stop, or returned, is a child no more. One whose first
    /// start fails has never been one: the error is the answer here.
    ///
    /// However this actor ends, its children end before it, the one started last first: they are stopped, or killed
    /// where this actor was, or where they take longer than 30 s. They do so too when this actor is itself started
    /// again. The children of a process actor are killed with it. A child does not end for want of a proxy.
    ///
    /// ```
    /// # use rehearsal::prelude::*;
    /// # pub struct Store; pub struct Front { store: StoreProxy }
    /// # #[rehearsal::actor] impl Store {
    /// #     #[start] pub fn new() -> Store { Store }
    /// #     #[command] pub fn get(&self, key: u32) -> u32 { if key == 13 { panic!("no such key") } key * 2 }
    /// # }
    /// # #[rehearsal::actor] impl Front {
    /// #     #[start] pub fn new(store: StoreProxy) -> Front { Front { store } }
    /// #     #[command] pub async fn ask(&self, key: u32) -> Option<u32> { self.store.get(key).await.ok() }
    /// # }
    /// pub struct Shop { front: FrontProxy }
    ///
    /// #[rehearsal::actor]
    /// impl Shop {
    ///     #[start]
    ///     pub async fn new(cx: &mut Context<Self>) -> Result<Shop, SpawnError> {
    ///         let store = cx.supervise(Store::spawn().name("store")).await?;
    ///         let front = cx.supervise(Front::spawn(store).thread()).await?;
    ///         Ok(Shop { front })
    ///     }
    ///
    ///     #[command]
    ///     pub fn front(&self) -> FrontProxy { self.front.clone() }
    /// }
    ///
    /// #[rehearsal::program]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let shop = Shop::spawn().await?;
    ///     let front = shop.front().await?;
    ///     assert_eq!(front.ask(13).await?, None); // the store panicked
    ///     assert_eq!(front.ask(21).await?, Some(42)); // and is there again
    ///     shop.stop().await?;
    ///     assert!(front.exit().is_some());
    ///     Ok(())
    /// }
    /// ```
    pub fn supervise<C: Actor>(&mut self, spawn: Spawn<C>) -> Supervising<C::Proxy>
    where
        C::Args: Clone,
    {
        let args = spawn.args().clone();
        self.supervise_by(spawn, Box::new(move || args.clone()))
    }

    /// The same, with arguments that are made anew for each life.
    pub(crate) fn supervise_by<C: Actor>(
        &mut self,
        spawn: Spawn<C>,
        recipe: Recipe<C>,
    ) -> Supervising<C::Proxy> {
        let family = self.family();
        let (child, fate) = family.reserve();
        let spawn = spawn.supervised(recipe, fate);
        let coming = Box::pin(async move {
            let proxy = spawn.await?;
            family.keep(child, Box::new(proxy.clone()));
            Ok(proxy)
        });
        Supervising { child, coming }
    }

    /// Sets which children are started again when one fails, and how often.
    ///
    /// ```
    /// # use rehearsal::prelude::*;
    /// # use rehearsal::actor::{Restart, Strategy};
    /// # use std::time::Duration;
    /// # pub struct Part { n: u32 }
    /// # #[rehearsal::actor] impl Part {
    /// #     #[start] pub fn new() -> Part { Part { n: 0 } }
    /// #     #[command] pub fn count(&mut self) -> u32 { self.n += 1; self.n }
    /// #     #[command] pub fn fail(&mut self) { panic!("on purpose") }
    /// # }
    /// pub struct Whole { parts: Vec<PartProxy> }
    ///
    /// #[rehearsal::actor]
    /// impl Whole {
    ///     #[start]
    ///     pub async fn new(cx: &mut Context<Self>) -> Result<Whole, SpawnError> {
    ///         cx.supervision(Strategy::AllForOne, Restart::on_failure().within(3, Duration::from_secs(60)));
    ///         let parts = vec![cx.supervise(Part::spawn()).await?, cx.supervise(Part::spawn()).await?];
    ///         Ok(Whole { parts })
    ///     }
    ///
    ///     #[command]
    ///     pub fn parts(&self) -> Vec<PartProxy> { self.parts.clone() }
    /// }
    ///
    /// #[rehearsal::program]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let whole = Whole::spawn().await?;
    ///     let parts = whole.parts().await?;
    ///     assert_eq!(parts[0].count().await?, 1);
    ///     assert!(parts[1].fail().await.is_err());
    ///     while parts[1].info().await?.restarts == 0 {}
    ///     assert_eq!(parts[0].count().await?, 1); // it began again too
    ///     Ok(())
    /// }
    /// ```
    pub fn supervision(&mut self, strategy: Strategy, plan: Restart) {
        self.family().set(strategy, plan);
    }

    pub(crate) fn family(&self) -> Arc<Family> {
        let actor = self.actor();
        actor.node().family(|| Family::of(actor))
    }
}

impl<A: Actor> Context<A> {
    /// Does something with the end of another actor, when it comes: in turn with this actor's messages, with its state.
    /// The end and its reason are always told, also of an actor that has ended already. An actor that is started again
    /// has not ended. Nothing is told any more once this actor has ended, or been started again itself.
    ///
    /// ```
    /// # use rehearsal::prelude::*;
    /// # use std::time::Duration;
    /// # pub struct Job;
    /// # #[rehearsal::actor] impl Job {
    /// #     #[start] pub fn new() -> Job { Job }
    /// #     #[command] pub fn print(&mut self) { panic!("out of paper") }
    /// # }
    /// #[derive(Default)]
    /// pub struct Office { ends: Vec<String> }
    ///
    /// #[rehearsal::actor]
    /// impl Office {
    ///     #[start]
    ///     pub fn new() -> Office { Office::default() }
    ///
    ///     #[command]
    ///     pub fn follow(&mut self, job: JobProxy, cx: &mut Context<Self>) {
    ///         cx.watch(&job, |office, end, _cx| office.ends.push(end.exit.to_string()));
    ///     }
    ///
    ///     #[command]
    ///     pub fn ends(&self) -> Vec<String> { self.ends.clone() }
    /// }
    ///
    /// #[rehearsal::program]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let (office, job) = (Office::spawn().await?, Job::spawn().await?);
    ///     office.follow(job.clone()).await?;
    ///     let _ = job.print().await;
    ///     while office.ends().await?.is_empty() {}
    ///     assert!(office.ends().await?[0].contains("out of paper"));
    ///     Ok(())
    /// }
    /// ```
    pub fn watch<B: Actor>(
        &self,
        other: &Address<B>,
        then: impl FnOnce(&mut A, End, &mut Context<A>) + Send + 'static,
    ) {
        watch::watch(self.shared(), other.shared.clone(), then);
    }

    /// Links this actor and another, as [`Address::link`] does.
    pub fn link<B: Actor>(&self, other: &Address<B>) {
        link::join(self.actor(), &other.any(), false);
    }
}

impl<A: Actor> Address<A> {
    /// Links two actors: when one of them fails, which is to end in any other way than stopped or returned, the other is
    /// ended too, as if by a kill: at once where it is a process, otherwise at the next point where it waits. Its reason is
    /// [`Linked`](crate::actor::Reason::Linked) and names who ended first, and how. Where one has failed already
    /// the other is ended now.
    ///
    /// An orderly end does not take the other along; see [`link_always`](Address::link_always). An actor that is
    /// started again has not ended, and the end of the other is a failure that it may be started again after. The rule is
    /// that of Erlang's links.
    ///
    /// ```
    /// # use rehearsal::prelude::*;
    /// # pub struct Half;
    /// # #[rehearsal::actor] impl Half {
    /// #     #[start] pub fn new() -> Half { Half }
    /// #     #[command] pub fn fail(&mut self) { panic!("on purpose") }
    /// # }
    /// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (here, there) = (Half::spawn().name("here").await?, Half::spawn().thread().await?);
    /// here.link(&there);
    /// let _ = here.fail().await;
    /// let exit = there.ended().await;
    /// assert!(exit.to_string().starts_with("`here`, which it was linked to, had ended: it panicked"));
    /// # Ok(()) }
    /// ```
    pub fn link<B: Actor>(&self, other: &Address<B>) {
        link::join(&self.any(), &other.any(), false);
    }

    /// As [`link`](Address::link), and an orderly end of one takes the other along too.
    pub fn link_always<B: Actor>(&self, other: &Address<B>) {
        link::join(&self.any(), &other.any(), true);
    }

    /// Takes every link between the two out again.
    pub fn unlink<B: Actor>(&self, other: &Address<B>) {
        link::part(&*self.shared, &*other.shared);
    }

    pub(crate) fn any(&self) -> Arc<dyn AnyActor> {
        self.shared.clone()
    }
}
