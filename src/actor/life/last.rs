//! The last of a life: `#[exit]`, and the drop of the actor's state.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::actor::behavior::Actor;
use crate::actor::current::Inside;
use crate::actor::exit::{Exit, Reason};
use crate::actor::node::AnyActor;
use crate::actor::panic;

/// Gives an actor the last word and drops its state.
pub(super) fn dropped<A: Actor>(
    mut actor: Option<A>,
    seated: &mut Option<Arc<dyn AnyActor>>,
    exit: Exit,
) -> Exit {
    if let Some(actor) = seated {
        // Before the producers of its streams go with the state, which could not say why.
        actor.node().end_streams(&exit);
    }
    let _inside = Inside::enter(seated);
    let exit = match actor.as_mut().map(|actor| catch_unwind(AssertUnwindSafe(|| actor.exit(&exit)))) {
        Some(Err(payload)) => spoilt(exit, "in its #[exit]", &*payload),
        _ => exit,
    };
    match catch_unwind(AssertUnwindSafe(|| drop(actor))) {
        Ok(()) => exit,
        Err(payload) => spoilt(exit, "while its state was dropped", &*payload),
    }
}

/// The end of an actor that panicked after it: that is how it ended, unless it had ended badly before.
fn spoilt(exit: Exit, when: &'static str, payload: &(dyn Any + Send)) -> Exit {
    let note = panic::caught(payload);
    if exit.is_orderly() {
        Exit::because(Reason::Panicked(note), when)
    } else {
        exit.and(format_args!("and it panicked {when}, {note}"))
    }
}
