//! A message on its way into a mailbox that may have no room for it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::behavior::Actor;
#[cfg(doc)]
use super::call::Call;
use super::call::poll_post;
use super::cycle::Asker;
use super::envelope::Envelope;
use super::error::{Cause, Error};
use super::node::Shared;
use crate::sys::deadline::Deadline;

/// A message that waits for room: [`Call::deliver`]. Dropped before there was any, it was never sent.
#[must_use = "futures do nothing unless awaited"]
pub struct Delivering<'p, A: Actor> {
    shared: &'p Arc<Shared<A>>,
    command: &'static str,
    envelope: Option<Envelope<A::Message>>,
    /// Its place in the line of those who wait.
    ticket: Option<u64>,
    limit: Duration,
    /// Made when there is no room at once, which there mostly is.
    deadline: Option<Deadline>,
}

// Nothing in it is pinned in place.
impl<A: Actor> Unpin for Delivering<'_, A> {}

impl<'p, A: Actor> Delivering<'p, A> {
    pub(crate) fn new(
        shared: &'p Arc<Shared<A>>,
        command: &'static str,
        envelope: Envelope<A::Message>,
        limit: Duration,
    ) -> Delivering<'p, A> {
        Delivering { shared, command, envelope: Some(envelope), ticket: None, limit, deadline: None }
    }
}

impl<A: Actor> Future for Delivering<'_, A> {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Poll::Ready(posted) =
            poll_post(this.shared, this.command, &mut this.envelope, &mut this.ticket, cx)
        {
            return Poll::Ready(posted);
        }
        let limit = this.limit;
        if Asker::here().is_some_and(|asker| asker.is(&this.shared.node)) {
            // It waits for room that nobody makes before the command that waits here is over.
            let path = vec![this.shared.node.name.clone(); 2];
            return Poll::Ready(Err(Error::new(
                this.shared.node.name.clone(),
                this.command,
                Cause::Cycle { path },
            )));
        }
        ready!(this.deadline.get_or_insert_with(|| Deadline::exact(limit)).poll(cx));
        Poll::Ready(Err(this.shared.late(this.command, limit)))
    }
}

impl<A: Actor> Drop for Delivering<'_, A> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.shared.mailbox.leave_line(ticket);
        }
    }
}

impl<A: Actor> std::fmt::Debug for Delivering<'_, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Delivering({} of {})", self.command, self.shared.node.name)
    }
}
