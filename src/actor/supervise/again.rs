//! What an actor's loop asks when one of its lives is over: whether there is another, and from which arguments.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::recycle::Recycle;
use super::restart::{Lives, OnRestart, Recent, Restart, Restarted};
use crate::actor::behavior::Actor;
use crate::actor::context::Outlet;
use crate::actor::exit::{Exit, Reason};
use crate::actor::node::{AnyActor, Node};
use crate::actor::panic;
use crate::actor::span;
use crate::actor::spawn::Ready;
use crate::actor::state::State;
use crate::sys::seam::{self, Instant};

/// What is wished of an actor's loop beside its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Wish {
    None,
    /// Its supervisor wants it to begin again.
    Renew,
    /// It has served long enough and is to be replaced.
    Recycle,
    /// It is to end for good.
    Stop,
}

impl Wish {
    pub(crate) fn of(number: u8) -> Wish {
        [Wish::None, Wish::Renew, Wish::Recycle, Wish::Stop][usize::from(number)]
    }
}

/// What is to become of an actor whose life has ended.
pub(crate) enum Verdict {
    /// It begins again; whoever decided that learns here how it went.
    Again(Ready),
    /// It has ended, so.
    Over(Exit),
}

pub(crate) type Deciding = Pin<Box<dyn Future<Output = Verdict> + Send>>;

/// Who decides what becomes of an actor. Dropped when the actor has ended for good.
pub(crate) trait Fate: Send {
    /// The actor exists now; none of its lives has begun.
    fn placed(&mut self, actor: &Arc<dyn AnyActor>);
    /// A life ended so.
    fn decide(&mut self, exit: Exit) -> Deciding;
}

/// Makes the start arguments of a life.
pub(crate) type Recipe<A> = Box<dyn FnMut() -> <A as Actor>::Args + Send>;

/// What an actor has that may have more than one life.
pub(crate) struct Again<A: Actor> {
    pub(crate) recipe: Recipe<A>,
    pub(crate) fates: Fates,
    /// The way of its events, the same for all lives; a process has its own.
    pub(crate) outlet: Option<Outlet<A::Event>>,
}

impl<A: Actor> Again<A> {
    /// The arguments of another life, and who learns how its start goes; or how the actor has ended.
    pub(crate) async fn next(
        &mut self,
        actor: &dyn AnyActor,
        mut exit: Exit,
    ) -> Result<(A::Args, Ready), Exit> {
        loop {
            let ready = self.fates.decide(actor, exit).await?;
            match catch_unwind(AssertUnwindSafe(&mut self.recipe)) {
                Ok(args) => return Ok((args, ready)),
                Err(payload) => exit = Fates::no_recipe(&*payload),
            }
        }
    }
}

/// The half of [`Again`] that does not depend on the actor's type.
pub(crate) struct Fates {
    /// Asked one after the other, until one says that it begins again.
    pub(crate) deciders: Vec<Box<dyn Fate>>,
    pub(crate) on_restart: Option<OnRestart>,
    /// How long a start may take.
    pub(crate) limit: Duration,
    pub(crate) recycle: Option<Recycle>,
    overdue: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// Whether its first start went well. One that did not is not tried again: the spawn is an error.
    has_run: bool,
}

impl Fates {
    pub(crate) fn new(deciders: Vec<Box<dyn Fate>>, on_restart: Option<OnRestart>, limit: Duration) -> Fates {
        Fates { deciders, on_restart, limit, recycle: None, overdue: None, has_run: false }
    }

    /// How many messages the life that begins now handles.
    pub(crate) fn messages(&self) -> u64 {
        self.recycle.and_then(|recycle| recycle.messages(seam::random_u64())).unwrap_or(u64::MAX)
    }

    async fn decide(&mut self, actor: &dyn AnyActor, exit: Exit) -> Result<Ready, Exit> {
        let node = actor.node();
        // Whatever was said to the life that is over; what is said from now on is about the next.
        let killed = actor.forget_signals();
        let doom = node.take_doom();
        node.count_life();
        let wish = node.take_wish();
        self.has_run |= node.state.get() >= State::Run;
        if wish == Wish::Stop || !self.has_run {
            return Err(exit);
        }
        node.state.renew();
        self.overdue = Some(Box::pin(seam::sleep(self.limit)));
        let mut exit = exit;
        if wish == Wish::Recycle && exit.is_orderly() {
            // Who ends it while it is being replaced means the actor, not the life that was over anyway.
            let kill = || Exit::because(Reason::Killed { signal: None }, "while it was being replaced");
            match doom.or_else(|| killed.then(kill)) {
                None => return Ok(Ready::to_nobody()),
                Some(end) => exit = end,
            }
        }
        let first = exit.clone();
        // Its supervisor, which is asked last, is the only one to say when that begins which it wished for.
        let asked_before = if wish == Wish::Renew { self.deciders.len().saturating_sub(1) } else { 0 };
        for fate in self.deciders.iter_mut().skip(asked_before) {
            let mut deciding = fate.decide(exit.clone());
            if wish == Wish::Renew {
                // It stops those that have not asked. What came of that after it was looked at was for the life that is over.
                forget_signals(actor);
                // What it wishes now, it wishes of the life that it has allowed meanwhile.
                if actor.node().take_wish() == Wish::Renew {
                    actor.renew();
                }
            }
            match poll_fn(|cx| poll_decision(&mut deciding, actor, cx)).await {
                Ok(Verdict::Again(ready)) => {
                    self.overdue = Some(Box::pin(seam::sleep(self.limit)));
                    if wish != Wish::Renew {
                        self.tell(node, first);
                    }
                    return Ok(ready);
                }
                Ok(Verdict::Over(so)) => exit = so,
                // Its supervisor wants it to begin again, with others: that is for the supervisor to say.
                Err(Reason::Stopped) if node.take_wish() == Wish::Renew => {}
                Err(reason) => {
                    let why = format!("before it was started again; its last life: {first}");
                    return Err(node.told(reason, why));
                }
            }
        }
        Err(exit)
    }

    fn tell(&self, node: &Node, exit: Exit) {
        let restarts = node.count_restart(exit.clone());
        span::restarted(node, restarts, &exit);
        if let Some(on_restart) = &self.on_restart {
            on_restart(&Restarted { actor: node.name.clone(), exit, restarts });
        }
    }

    fn no_recipe(payload: &(dyn Any + Send)) -> Exit {
        let note = panic::caught(payload);
        Exit::because(Reason::Panicked(note), "where the start arguments of its next life were made")
    }

    /// Resolves to how a later life ended that has not started in time.
    pub(crate) fn poll_overdue(&mut self, node: &Node, cx: &mut Context<'_>) -> Poll<Exit> {
        if node.state.get() > State::Starting {
            self.overdue = None;
        }
        let Some(overdue) = &mut self.overdue else { return Poll::Pending };
        std::task::ready!(overdue.as_mut().poll(cx));
        self.overdue = None;
        let why = format!("it was started again and not ready within {:?}", self.limit);
        Poll::Ready(Exit::because(Reason::Failed, why))
    }
}

fn poll_decision(
    deciding: &mut Deciding,
    actor: &dyn AnyActor,
    cx: &mut Context<'_>,
) -> Poll<Result<Verdict, Reason>> {
    if let Poll::Ready(verdict) = deciding.as_mut().poll(cx) {
        return Poll::Ready(Ok(verdict));
    }
    let said = actor.poll_between(true, cx);
    // Its supervisor may have decided meanwhile, and wish already that the life it allowed ends for another.
    if said == Poll::Ready(Reason::Stopped)
        && actor.node().wish() == Wish::Renew
        && let Poll::Ready(verdict) = deciding.as_mut().poll(cx)
    {
        if actor.node().take_wish() == Wish::Renew {
            actor.renew();
        } else {
            actor.stop();
        }
        return Poll::Ready(Ok(verdict));
    }
    said.map(Err)
}

/// Takes back what was said to a life that is over already, for another to begin. What anybody else said at the same time
/// is said again.
pub(super) fn forget_signals(actor: &dyn AnyActor) {
    if actor.forget_signals() {
        actor.kill();
    }
    if actor.node().wish() == Wish::Stop {
        actor.stop();
    }
}

/// An actor's own rule: [`Spawn::restart`](crate::actor::Spawn::restart).
pub(crate) struct OwnRule {
    plan: Restart,
    recent: Recent,
    lives: Lives,
    epoch: Option<Instant>,
}

impl OwnRule {
    pub(crate) fn new(plan: Restart) -> OwnRule {
        OwnRule { plan, recent: Recent::default(), lives: Lives::default(), epoch: None }
    }
}

impl Fate for OwnRule {
    fn placed(&mut self, _actor: &Arc<dyn AnyActor>) {
        self.epoch = Some(seam::now());
    }

    fn decide(&mut self, exit: Exit) -> Deciding {
        let now = seam::now().saturating_duration_since(*self.epoch.get_or_insert_with(seam::now));
        if !self.plan.wants(&exit) {
            return Box::pin(std::future::ready(Verdict::Over(exit)));
        }
        if !self.recent.allows(&self.plan, now) {
            return Box::pin(std::future::ready(Verdict::Over(self.plan.given_up(exit))));
        }
        let pause = self.lives.pause(&self.plan, now, seam::random_u64());
        // A life begins when its pause is over; what its start takes is part of it.
        self.lives.begin(now + pause);
        Box::pin(async move {
            if !pause.is_zero() {
                seam::sleep(pause).await;
            }
            Verdict::Again(Ready::to_nobody())
        })
    }
}
