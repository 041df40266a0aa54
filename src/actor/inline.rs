//! An ask that is handled where it is asked, by the task that asks.
//!
//! To wake the actor's task and be woken by it is most of what an ask takes. So where the actor is a task of the same
//! runtime and waits for messages, and its command has been quick so far ([`Pace`]), who asks polls the actor's loop itself,
//! with the message in its hand. The loop handles that message then, and before it those that came before if all of
//! them are as quick. Everything else is left to the actor's task: a message of another kind, for which the mailbox is where
//! this one goes too; what came meanwhile, which has woken it; and what follows from the message, where that is its end.

use std::sync::Arc;

use super::behavior::Actor;
use super::cycle;
use super::envelope::Envelope;
use super::mailbox::Refused;
use super::node::Shared;
use super::pace::Pace;
use crate::sys::{home, relay, standstill};

/// How many of those who came before are handled at most.
pub(super) const AHEAD: u32 = 32;

/// How quick what it asks for has been, where that may be handled by who asks.
#[inline]
pub(super) fn pace_of<A: Actor>(envelope: &Envelope<A::Message>) -> Option<&'static Pace> {
    match envelope {
        Envelope::Command(message) => A::pace_of(message).filter(|pace| pace.is_quick()),
        _ => None,
    }
}

/// Puts what is asked into the mailbox, or has it handled at once.
pub(super) fn post<A: Actor>(
    shared: &Shared<A>,
    envelope: &mut Option<Envelope<A::Message>>,
) -> Result<(), Refused<()>> {
    // Where time is paused who goes first is not to hang on how quick a command was by the system's clock.
    let pace = envelope.as_ref().and_then(pace_of::<A>).filter(|_| standstill::clock_moves());
    if let Some(pace) = pace
        && let Some(mut visit) = shared.helm.visit(home::of_this_task)
    {
        // What it asks for is not asked by the command, if there is one, that asks here.
        cycle::apart(|| visit.hand(envelope));
        if visit.was_long() {
            pace.was_long();
        }
    }
    match envelope {
        Some(_) => shared.mailbox.push(envelope),
        None => Ok(()),
    }
}

/// Puts what is told into the mailbox, by the handler that runs on this thread. Where the one that is told waits for
/// messages, and what it is told has been quick so far, it is polled on this thread when that handler has returned.
#[inline(never)]
pub(super) fn pass<A: Actor>(
    shared: &Arc<Shared<A>>,
    envelope: &mut Option<Envelope<A::Message>>,
) -> Result<(), Refused<()>> {
    let passes = relay::admits(shared.helm.home())
        && envelope.as_ref().and_then(pace_of::<A>).is_some()
        && standstill::clock_moves();
    if !passes {
        return shared.mailbox.push(envelope);
    }
    if shared.mailbox.push_aside(envelope)? {
        relay::put(shared.clone());
    }
    Ok(())
}
