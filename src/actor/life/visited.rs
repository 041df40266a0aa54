//! The loop as it is polled by one who asks, see [`inline`], or on the thread of one that told it something, see [`relay`].

use std::task::{Poll, Waker};

use super::{Step, Turn, handle};
use crate::actor::behavior::Actor;
use crate::actor::context::Context;
use crate::actor::envelope::Envelope;
use crate::actor::inline;
use crate::actor::mailbox::{Inbox, Wanted};
use crate::actor::node::Shared;
use crate::sys::relay;

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
    let called_on = shared.helm.is_called_on();
    let (mut ahead, mut passed) = (0, false);
    while !shared.mailbox.is_idle() {
        if std::mem::take(&mut passed) {
            relay::flush();
        }
        let is_quick = |envelope: &_| ahead < inline::AHEAD && inline::pace_of::<A>(envelope).is_some();
        let message = match shared.mailbox.take_wanted(inbox, waker, called_on, is_quick) {
            Wanted::Message(Envelope::Command(message)) => message,
            Wanted::Nothing => break,
            _ => {
                shared.mailbox.see_handed(None);
                shared.helm.rests(true);
                return Poll::Pending;
            }
        };
        ahead += 1;
        let passes = called_on && shared.mailbox.is_idle();
        if passes {
            relay::open(shared.helm.home());
        }
        let step = handle(shared, message, turn, actor, cx);
        passed = passes && relay::close();
        if let Some(step) = step {
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
