//! The loop as it is polled by one who asks: see [`inline`].

use std::task::{Poll, Waker};

use super::{Step, Turn, handle};
use crate::actor::behavior::Actor;
use crate::actor::context::Context;
use crate::actor::envelope::Envelope;
use crate::actor::inline;
use crate::actor::mailbox::{Inbox, Wanted};
use crate::actor::node::Shared;

/// Answers what a visitor has in its hand, and what came before it: commands that are quick, and nothing else.
pub(super) fn poll_visited<A: Actor>(
    shared: &Shared<A>,
    inbox: &mut Inbox<Envelope<A::Message>>,
    turn: &Turn,
    actor: &mut A,
    cx: &mut Context<A>,
    waker: &Waker,
) -> Poll<Step<A>> {
    shared.helm.rests(false);
    let mut ahead = 0;
    while !shared.mailbox.is_idle() {
        let is_quick = |envelope: &_| ahead < inline::AHEAD && inline::pace_of::<A>(envelope).is_some();
        let message = match shared.mailbox.take_wanted(inbox, waker, is_quick) {
            Wanted::Message(Envelope::Command(message)) => message,
            Wanted::Nothing => break,
            _ => {
                shared.mailbox.see_handed(None);
                shared.helm.rests(true);
                return Poll::Pending;
            }
        };
        ahead += 1;
        if let Some(step) = handle(shared, message, turn, actor, cx) {
            return Poll::Ready(step);
        }
    }
    let handed = shared.helm.handed();
    shared.mailbox.see_handed(handed.as_ref());
    if let Some(Envelope::Command(message)) = handed
        && let Some(step) = handle(shared, message, turn, actor, cx)
    {
        return Poll::Ready(step);
    }
    shared.mailbox.see_handed(None);
    shared.helm.rests(true);
    Poll::Pending
}
