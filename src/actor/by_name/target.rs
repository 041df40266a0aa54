//! Whom a call by name is for.

use super::error::SendError;
use crate::actor::address::Address;
use crate::actor::arbiter::Arbiter;
use crate::actor::behavior::Actor;
use crate::actor::handle::ActorRef;
use crate::actor::names;
use crate::actor::near::nearest;
use crate::actor::realm::Realm;
use crate::actor::roll;

/// The name by which the arbiter is called.
const ARBITER: &str = "arbiter";

/// Whom a call by name is for: an actor by its name or by a reference, or the arbiter (`"arbiter"`).
#[derive(Debug, Clone)]
pub struct Target(pub(super) Whom);

#[derive(Debug, Clone)]
pub(super) enum Whom {
    Name(String),
    Actor(ActorRef),
    Arbiter,
}

impl Target {
    /// The actor, or none for the arbiter: the one of this name that belongs here, else the one of all the process that
    /// was spawned first.
    pub(super) fn find(self) -> Result<Option<ActorRef>, SendError> {
        let name = match self.0 {
            Whom::Arbiter => return Ok(None),
            Whom::Actor(actor) => return Ok(Some(actor)),
            Whom::Name(name) => name,
        };
        if let Some(actor) = names::find(Realm::current().id(), &name) {
            return Ok(Some(ActorRef(actor)));
        }
        let alive = roll::alive();
        if let Some(actor) = alive.iter().find(|actor| actor.node().name.is(&name)) {
            return Ok(Some(ActorRef(actor.clone())));
        }
        let names: Vec<String> = alive.iter().map(|actor| actor.node().name.name()).collect();
        let near = nearest(&name, names.iter().map(String::as_str)).map(str::to_owned);
        Err(SendError::NoSuchActor { name, near, alive: names.len() })
    }
}

impl From<&str> for Target {
    fn from(name: &str) -> Target {
        Target(if name == ARBITER { Whom::Arbiter } else { Whom::Name(name.to_owned()) })
    }
}

impl From<String> for Target {
    fn from(name: String) -> Target {
        Target::from(name.as_str())
    }
}

impl From<&String> for Target {
    fn from(name: &String) -> Target {
        Target::from(name.as_str())
    }
}

impl From<ActorRef> for Target {
    fn from(actor: ActorRef) -> Target {
        Target(Whom::Actor(actor))
    }
}

impl From<&ActorRef> for Target {
    fn from(actor: &ActorRef) -> Target {
        Target(Whom::Actor(actor.clone()))
    }
}

impl<A: Actor> From<&Address<A>> for Target {
    fn from(actor: &Address<A>) -> Target {
        Target(Whom::Actor(ActorRef(actor.shared.clone())))
    }
}

impl From<Arbiter> for Target {
    fn from(_: Arbiter) -> Target {
        Target(Whom::Arbiter)
    }
}
