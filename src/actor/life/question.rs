//! Answers to what every actor is asked: questions of the control lane, and what comes in order with its messages.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};

use crate::actor::behavior::Actor;
use crate::actor::context::Context;
use crate::actor::envelope::BuiltIn;
use crate::actor::node::Shared;
use crate::actor::supervise::watch::Work;

/// What a built-in message has the actor do that may take a while, if anything.
pub(super) struct Lengthy<'a>(Option<Pin<Box<dyn Future<Output = ()> + Send + 'a>>>);

impl Future for Lengthy<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<()> {
        self.0.as_mut().map_or(Poll::Ready(()), |work| work.as_mut().poll(cx))
    }
}

/// Answers a question of the control lane.
pub(crate) fn answer<A: Actor>(shared: &Shared<A>, question: BuiltIn) {
    match question {
        BuiltIn::Ping(reply) => reply.send(()),
        BuiltIn::Info(reply) => reply.send(shared.info()),
        BuiltIn::GiveUp(ticket) => shared.node.beside().give_up_call(ticket),
        BuiltIn::Echo(..) | BuiltIn::Open(_) | BuiltIn::Work(_) => {
            unreachable!("{question:?} goes with the messages")
        }
    }
}

/// Answers a question of the control lane between two messages, when the actor itself can be asked.
pub(super) fn answer_between<A: Actor>(shared: &Shared<A>, question: BuiltIn, actor: &mut A) {
    match question {
        BuiltIn::Info(reply) if A::HAS_ON_INFO => {
            let mut info = shared.info();
            info.entries.clear();
            actor.on_info(&mut info);
            shared.node.beside().keep_entries(&info.entries);
            reply.send(info);
        }
        question => answer(shared, question),
    }
}

/// Answers a built-in message that came in order with the others, or gives back what is to be waited for.
pub(super) fn answer_in_order<'a, A: Actor>(
    shared: &Shared<A>,
    actor: &mut A,
    cx: &'a mut Context<A>,
    built_in: BuiltIn,
) -> Lengthy<'a> {
    match built_in {
        BuiltIn::Echo(text, reply) => reply.send(text),
        BuiltIn::Open(call) => return Lengthy(Some(call.run(cx))),
        BuiltIn::Work(work) => {
            if let Ok(work) = work.downcast::<Work<A>>() {
                work(actor, cx);
            }
        }
        question => answer(shared, question),
    }
    Lengthy(None)
}
