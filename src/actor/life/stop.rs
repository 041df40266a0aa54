//! The end of a life in good order: what is waited for.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};

use super::wait::{Attended, Wait};
use super::{Desk, Served};
use crate::actor::behavior::Actor;
use crate::actor::executor::{GRACE, Pool};
use crate::actor::exit::{Exit, Reason};
use crate::actor::node::{Finisher, Shared};
use crate::actor::state::State;
use crate::sys::seam;

/// Begins the end that was come to: where no other life may follow, nothing more comes in. Gives back how the life ended
/// or, where that is waited for, what is.
pub(super) fn leave<A: Actor>(
    desk: &mut Desk<A>,
    served: Served,
) -> Result<Exit, Pin<Box<impl Future<Output = Exit> + Send>>> {
    let end = match served {
        Served::Over(exit) => return Ok(exit),
        Served::Ending(end) => end,
    };
    let Finisher { shared, inbox } = &mut desk.held;
    let node = &shared.node;
    let waits = A::HAS_STOPPING || node.jobs().is_some() || node.has_family();
    if !node.may_go_on(&end) {
        node.state.set(State::Stopping);
        if waits {
            shared.mailbox.shut();
        } else {
            shared.mailbox.close(inbox);
        }
    }
    // In a box for the reason that what follows a life is in one.
    if waits { Err(Box::pin(stop(desk, end))) } else { Ok(end) }
}

/// The end of a life in good order.
async fn stop<A: Actor>(desk: &mut Desk<A>, end: Exit) -> Exit {
    let (shared, actor, cx) = desk.hands();
    let node = &shared.node;
    if let Some(jobs) = node.jobs() {
        jobs.cancel_all();
    }
    if let Some(family) = node.take_family()
        && family.end(shared, false).await
    {
        return node.told(Reason::Killed { signal: None }, "while its children were stopping");
    }
    let mut wait = Wait::of(shared, false);
    let end = match wait.attend(pin!(actor.stopping(cx))).await {
        Attended::Done(Ok(())) => end,
        Attended::Done(Err(message)) => {
            Exit::because(Reason::Failed, format!("its #[stopping] returned an error: {message}"))
        }
        Attended::Cut(reason) => return node.told(reason, "while it was stopping"),
    };
    match node.jobs() {
        Some(jobs) => leave_jobs(shared, jobs, end).await,
        None => end,
    }
}

/// Waits for the jobs that were cancelled, but not for ever: one that does not heed it is named and left behind.
async fn leave_jobs<A: Actor>(shared: &Shared<A>, jobs: &Pool, end: Exit) -> Exit {
    let quiet = poll_fn(|cx| jobs.poll_quiet(cx));
    let mut wait = Wait::of(shared, false);
    if let Attended::Cut(reason) = wait.attend(pin!(seam::timeout(GRACE, quiet))).await {
        return shared.node.told(reason, "while its jobs were leaving off");
    }
    jobs.give_up_all().into_iter().fold(end, |end, id| {
        end.and(format_args!("its job {id} was cancelled and has not left off within {GRACE:?}"))
    })
}
