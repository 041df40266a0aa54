//! A `#[start]` that waits for nothing, run by whoever spawns the actor: a task of its own would be switched to and back
//! for it, often on another thread.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Seat;
use crate::actor::behavior::Actor;
use crate::actor::current::Inside;
use crate::actor::cycle;
use crate::actor::error::SpawnError;
use crate::actor::exit::{Exit, Reason};
use crate::actor::panic;
use crate::actor::state::State;

/// How a start went that was run at once.
pub(crate) enum Begun {
    Up,
    /// It returned an error, which is what the spawn is.
    Failed(SpawnError),
    /// It panicked. The loop tells how the actor ended.
    Fell,
}

impl<A: Actor> Seat<A> {
    /// Whether one that has started waits for messages and for nothing else.
    pub(crate) fn is_at_rest(&self) -> bool {
        A::PERIODS.is_empty() && self.again.is_none() && !self.cx.wants_stop()
    }

    /// Runs it here and now, with the actor in control of the thread. The loop goes on from there, from a failure as if
    /// it had met it itself.
    pub(crate) fn start_now(&mut self) -> Begun {
        let Seat { shared, seated, args, actor, cx, .. } = self;
        let node = &shared.node;
        node.begin();
        node.state.set(State::Starting);
        let args = args.take().expect("a life begins with its arguments");
        let mut claims = false;
        let started = {
            let _inside = Inside::enter(seated);
            let start = || cycle::poll_command(node, &mut claims, || A::start_now(args, cx));
            catch_unwind(AssertUnwindSafe(start))
        };
        if claims {
            cycle::forget(node);
        }
        match started {
            Ok(Ok(made)) => {
                *actor = Some(made);
                node.state.set(State::Run);
                Begun::Up
            }
            Ok(Err(message)) => {
                node.doom(failed(&message));
                Begun::Failed(SpawnError::Start { actor: node.name.clone(), message })
            }
            Err(payload) => {
                node.doom(Exit::new(Reason::Panicked(panic::caught(&*payload))));
                Begun::Fell
            }
        }
    }
}

/// The end of an actor whose `#[start]` returned this error.
pub(super) fn failed(message: &str) -> Exit {
    Exit::because(Reason::Failed, format!("its #[start] returned an error: {message}"))
}
