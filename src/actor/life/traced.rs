//! A message that is handled in a span.

use super::{Step, Turn};
use crate::actor::behavior::Actor;
use crate::actor::context::Context;
use crate::actor::envelope::Envelope;
use crate::actor::node::Shared;
use crate::actor::span::Traced;

/// Answers a command that is a plain function in a span of its own; the step where more is to be done, with the span
/// noted for it.
#[cold]
pub(super) fn begin<A: Actor>(
    shared: &Shared<A>,
    traced: Traced<A::Message>,
    turn: &mut Turn,
    actor: &mut A,
    cx: &mut Context<A>,
) -> Option<Step<A>> {
    shared.node.count_message();
    let (envelope, span) = traced.open::<A>(&shared.node);
    let step = match envelope {
        Envelope::Command(message) => span.within(|| actor.dispatch_now(message, cx)).map(Step::Command),
        Envelope::BuiltIn(built_in) => Some(Step::BuiltIn(built_in)),
        Envelope::Traced(_) => unreachable!("a message is called in one place"),
    };
    if step.is_some() {
        turn.span = span;
        return step;
    }
    (cx.wants_stop() || shared.node.handled() >= turn.last).then_some(Step::Enough)
}
