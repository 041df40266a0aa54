//! An actor that has no task of its own yet: a plain one that has started and has heard of nothing since.
//!
//! To make a task for it, and to switch to that and back, is most of what an actor costs that is asked once and dropped. So
//! it begins at rest, its loop where who asks finds it (see `inline`), parked with a waker that calls for a task. The first
//! wish that no visitor can fulfil does: a message that was put into the mailbox, a stop, a question. Only where that is its
//! last proxy's end, which it comes to in one poll, the runtime's hearth gives it that poll.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::behavior::Actor;
use super::node::Shared;
use super::roll;
use crate::sys::hearth;
use crate::sys::helm::{Course, Home, Lone, Steered};
use crate::sys::relay::{self, Told};

/// Begins the loop of an actor that has started, at home on the runtime of this thread; given back where that goes, or
/// where somebody has sent to it already.
pub(super) fn begin<A: Actor>(shared: &Arc<Shared<A>>, course: Course, home: Home) -> Option<Course> {
    let call = Waker::from(shared.clone());
    if !hearth::light(home, forsake) || !shared.mailbox.begin_parked(&call) {
        return Some(course);
    }
    shared.helm.begin_alone(course, home, call);
    if !hearth::is_lit(home) {
        leave(&**shared, home);
    }
    None
}

/// A runtime goes: all that are at home there and have no task end with it.
#[cold]
fn forsake(home: Home) {
    roll::all().iter().for_each(|actor| actor.forsake(home));
}

/// Leaves the loop of one that is alone at home there.
pub(super) fn leave<A: Actor>(shared: &Shared<A>, home: Home) {
    if shared.helm.home() == Some(home) && shared.helm.calls_owner() {
        hearth::leave(shared);
    }
}

fn call_owner<A: Actor>(shared: Arc<Shared<A>>) {
    let Some(home) = shared.helm.home() else { return };
    let waits = A::HAS_STOPPING || shared.node.jobs().is_some() || shared.node.has_family();
    let end = shared.is_abandoned() && !waits;
    hearth::call_owner(home, shared, end);
}

impl<A: Actor> Wake for Shared<A> {
    fn wake(self: Arc<Self>) {
        if self.helm.calls_owner() {
            call_owner(self);
        }
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.helm.calls_owner() {
            call_owner(self.clone());
        }
    }
}

impl<A: Actor> Steered for Shared<A> {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        relay::turn(|| self.helm.poll(cx))
    }

    fn leave(&self) {
        self.helm.leave();
    }
}

impl<A: Actor> Told for Shared<A> {
    fn call_on(&self) -> bool {
        let was_long = self.helm.call_on().is_some_and(|mut visit| {
            visit.look_in();
            visit.was_long()
        });
        // Somebody else is at it, or there is more than is done on a visit.
        if !self.mailbox.is_idle() {
            self.mailbox.rouse();
        }
        was_long
    }

    fn rouse(&self) {
        self.mailbox.rouse();
    }
}

impl<A: Actor> Lone for Shared<A> {
    fn conclude(&self) -> bool {
        self.helm.conclude()
    }
}
