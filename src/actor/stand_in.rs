//! Stand-ins: a mailbox with proxies and no actor behind it. Whoever holds the stand-in takes the messages out.

use std::panic::Location;
use std::task::{Context, Poll};

use super::address::Address;
use super::behavior::Actor;
use super::call::Call;
use super::envelope::{BuiltIn, Envelope};
use super::error::Error;
use super::exit::{Exit, Reason};
use super::info::{ActorName, Placement};
use super::life;
use super::mailbox::{Inbox, Next};
use super::node::{Finisher, Shared};
use super::overflow::Overflow;
use super::realm::Realm;
use super::spawn::next_id;
use super::state::State;

/// The receiving end of an actor's mailbox, without the actor. Dropped, it ends as one whose runtime went.
pub(crate) struct StandIn<A: Actor> {
    held: Finisher<A>,
}

/// What a stand-in hears.
pub(crate) enum Heard<A: Actor> {
    Message(Envelope<A::Message>),
    /// It was told to end, or its last proxy was dropped.
    Over(Reason),
}

/// A message, and the name of the command that it is.
pub(crate) fn name_of<A: Actor>(message: &A::Message) -> &'static str {
    A::name_of(message)
}

impl<A: Actor> StandIn<A> {
    /// One whose mailbox holds so many messages, and the first reference to it.
    #[track_caller]
    pub(crate) fn new(capacity: usize) -> (Address<A>, StandIn<A>) {
        let name = ActorName { kind: A::KIND, id: next_id(), name: None };
        let shared = Shared::<A>::new(name, Placement::Task, capacity.max(1), Overflow::Wait);
        shared.node.begin();
        shared.node.state.advance(State::Run);
        Realm::admit(&shared, Location::caller());
        let held = Finisher { shared: shared.clone(), inbox: Inbox::new() };
        (Address::new(shared), StandIn { held })
    }

    /// What comes next. Messages stay in the mailbox where none is wanted; questions of the control lane are answered.
    pub(crate) fn poll_heard(&mut self, wanted: bool, cx: &mut Context<'_>) -> Poll<Heard<A>> {
        let Finisher { shared, inbox } = &mut self.held;
        loop {
            let next = match wanted {
                true => shared.mailbox.poll_next(inbox, cx),
                false => shared.mailbox.poll_control(true, cx),
            };
            return Poll::Ready(match next.map(|next| opened(shared, next)) {
                Poll::Ready(Next::Message(Envelope::BuiltIn(built_in))) => {
                    shared.node.count_message();
                    match *built_in {
                        BuiltIn::Echo(text, reply) => reply.send(text),
                        other => return Poll::Ready(Heard::Message(Envelope::BuiltIn(Box::new(other)))),
                    }
                    continue;
                }
                Poll::Ready(Next::Message(message)) => {
                    shared.node.count_message();
                    Heard::Message(message)
                }
                Poll::Ready(Next::Control(question)) => {
                    life::answer(shared, *question);
                    continue;
                }
                Poll::Ready(Next::Stop) => Heard::Over(Reason::Stopped),
                Poll::Ready(Next::Kill) => Heard::Over(Reason::Killed { signal: None }),
                Poll::Pending if shared.is_abandoned() => Heard::Over(Reason::Returned),
                Poll::Pending => return Poll::Pending,
            });
        }
    }

    /// Takes no more messages, and gives those that wait.
    pub(crate) fn shut(&mut self) -> Vec<Envelope<A::Message>> {
        let Finisher { shared, inbox } = &mut self.held;
        shared.mailbox.close(inbox);
        inbox.drain().map(|message| unwrapped(shared, message)).collect()
    }

    /// Ends. What waits in the mailbox reaches nobody.
    pub(crate) fn end(mut self, exit: Exit) {
        let Finisher { shared, inbox } = &mut self.held;
        shared.finish(exit, inbox);
    }
}

fn opened<A: Actor, C>(
    shared: &Shared<A>,
    next: Next<Envelope<A::Message>, C>,
) -> Next<Envelope<A::Message>, C> {
    match next {
        Next::Message(message) => Next::Message(unwrapped(shared, message)),
        other => other,
    }
}

/// The message itself: where somebody wants spans it comes with where it was called, and has a span of no length here.
fn unwrapped<A: Actor>(shared: &Shared<A>, message: Envelope<A::Message>) -> Envelope<A::Message> {
    match message {
        Envelope::Traced(traced) => traced.open::<A>(&shared.node).0,
        message => message,
    }
}

/// Hands a message on to another actor of the type, answer and all.
pub(crate) async fn hand_on<A: Actor>(to: &Address<A>, message: Envelope<A::Message>) -> Result<(), Error> {
    let name = message.command::<A>();
    // The place for the answer is in the message already.
    Call::<A, ()>::of(to, name, message, |_| None).deliver().await
}
