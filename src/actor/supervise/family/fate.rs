//! A child's side of its family.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Event, Family, Phase};
use crate::actor::exit::Exit;
use crate::actor::lineage;
use crate::actor::node::AnyActor;
use crate::actor::supervise::again::{self, Deciding, Fate, Verdict, Wish};
use crate::actor::supervise::policy::Child;

/// What a supervised child asks.
pub(super) struct ChildsFate {
    pub(super) family: Arc<Family>,
    pub(super) child: Child,
}

impl Fate for ChildsFate {
    fn placed(&mut self, actor: &Arc<dyn AnyActor>) {
        actor.node().set_child();
        if let Some(supervisor) = self.family.supervisor.upgrade() {
            lineage::enter_as(actor.node().name.id, supervisor.node().name.id);
        }
        let mut books = self.family.books();
        if let Some(member) = books.members.get_mut(self.child) {
            member.actor = Some(actor.clone());
        }
        if books.phase != Phase::Open {
            // Its supervisor ends, or has ended.
            drop(books);
            actor.node().wish_for_the_end();
            actor.kill();
        }
    }

    fn decide(&mut self, exit: Exit) -> Deciding {
        let (ask, answer) = oneshot::channel();
        let actor = self.family.books().members.get_mut(self.child).and_then(|member| {
            member.asks = Some((ask, exit.clone()));
            member.actor.clone()
        });
        if let Some(actor) = actor {
            forget_renewal(&*actor);
        }
        self.family.push(Event::Ended(self.child));
        Box::pin(async move { answer.await.unwrap_or(Verdict::Over(exit)) })
    }
}

impl Drop for ChildsFate {
    fn drop(&mut self) {
        self.family.push(Event::Left(self.child));
    }
}

/// Takes back a wish to begin again that came when the life it was for was over already.
fn forget_renewal(actor: &dyn AnyActor) {
    if actor.node().take_wish() == Wish::Renew {
        again::forget_signals(actor);
    }
}
