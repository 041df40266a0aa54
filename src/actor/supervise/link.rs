//! Links: actors that end together.
//!
//! A link is noted with both actors. The end of one is carried over in the same breath, before anything that waits for
//! that end is woken; an actor ends once, so links that form a ring carry an end round it once.

use std::sync::{Arc, Weak};

use crate::actor::exit::{Exit, Reason};
use crate::actor::info::ActorName;
use crate::actor::node::AnyActor;

/// One direction of a link.
pub(crate) struct Link {
    pub(crate) other: Weak<dyn AnyActor>,
    /// Whether an orderly end is carried over too.
    pub(crate) always: bool,
}

/// Links two actors; one that has ended already takes the other along at once, by the same rule.
pub(crate) fn join(one: &Arc<dyn AnyActor>, other: &Arc<dyn AnyActor>, always: bool) {
    if one.node().name.id == other.node().name.id {
        return;
    }
    for (from, to) in [(one, other), (other, one)] {
        let link = Link { other: Arc::downgrade(to), always };
        if let Some((link, exit)) = from.node().add_link(link) {
            link.carry(&from.node().name, &exit);
        }
    }
}

/// Takes a link between them out again.
pub(crate) fn part(one: &dyn AnyActor, other: &dyn AnyActor) {
    one.node().drop_link(other.node().name.id);
    other.node().drop_link(one.node().name.id);
}

impl Link {
    /// Whether it leads to the actor of this number, or to nobody any more.
    pub(crate) fn leads_to(&self, id: u64) -> bool {
        self.other.upgrade().is_none_or(|other| other.node().name.id == id)
    }

    /// The actor at this end has ended so.
    pub(crate) fn carry(&self, from: &ActorName, exit: &Exit) {
        let Some(other) = self.other.upgrade() else { return };
        if exit.is_orderly() && !self.always {
            return;
        }
        // The reason is that of the first who ended, however long the chain.
        let why = match &exit.reason {
            Reason::Linked { .. } => exit.clone(),
            _ => Exit::new(Reason::Linked { to: from.name(), exit: Box::new(exit.clone()) }),
        };
        other.end_because(why, true);
    }
}
