//! Where an answer goes.

use std::task::{Context, Poll, ready};

use tokio::task::coop::poll_proceed;

use super::error::Cause;
use super::letter;
use crate::sys::deadline::Deadline;
use crate::sys::slot::{self, Promise, Settled, Wait};

/// Where the answer of one message goes: to a caller in this process, to one in another, or nowhere (a tell).
///
/// Dropped without an answer, a reply tells its caller why: the command panicked, the actor ended, or the
/// message was dropped.
pub struct Reply<T>(Route<T>);

/// A word for what is the case for almost every message, so that messages stay small.
enum Route<T> {
    Local(Option<Promise<T, Cause>>),
    Remote(Box<dyn RemoteReply<T>>),
}

/// A reply whose caller is in another process.
pub(crate) trait RemoteReply<T>: Send {
    fn send(self: Box<Self>, answer: T);
    fn fail(self: Box<Self>, cause: Cause);
}

/// The caller's end of a [`Reply`], with the deadline of its wait.
pub(crate) struct Waiting<T> {
    wait: Wait<T, Cause>,
    pub(crate) deadline: Deadline,
}

/// How a caller's wait ended.
pub(crate) enum Waited<T> {
    Answered(T),
    Failed(Box<Cause>),
    /// The message was dropped unanswered: the actor ends, and says how.
    Dropped,
    /// Time was up.
    Late,
}

impl<T> Waiting<T> {
    pub(crate) fn new(wait: Wait<T, Cause>, deadline: Deadline) -> Waiting<T> {
        Waiting { wait, deadline }
    }

    /// Whether it has ended, looked at or not.
    pub(crate) fn is_settled(&self) -> bool {
        self.wait.is_settled()
    }

    /// How it ended, if it has.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Waited<T>> {
        if self.wait.is_settled() && !self.deadline.has_begun() {
            // One answer after the other that is there at once: other tasks must have their turn.
            ready!(poll_proceed(cx)).made_progress();
        }
        let due = self.deadline.begin();
        match self.wait.poll(cx, due) {
            Poll::Ready(Settled::Answer(answer)) => Poll::Ready(Waited::Answered(answer)),
            Poll::Ready(Settled::Failure(cause)) => Poll::Ready(Waited::Failed(cause)),
            Poll::Ready(Settled::Dropped) => Poll::Ready(Waited::Dropped),
            Poll::Pending => self.deadline.poll(cx).map(|()| Waited::Late),
        }
    }
}

impl<T> Reply<T> {
    /// A reply nobody waits for.
    pub const fn nobody() -> Reply<T> {
        Reply(Route::Local(None))
    }

    pub(crate) fn pair(deadline: Deadline) -> (Reply<T>, Waiting<T>) {
        let mut reply = Reply::nobody();
        let wait = reply.await_here();
        (reply, Waiting::new(wait, deadline))
    }

    /// Has somebody wait for a reply that nobody waits for: gives what the caller waits on. Written where it lies in its
    /// message, because what has just been written is slow to be moved.
    pub(crate) fn await_here(&mut self) -> Wait<T, Cause> {
        let (promise, wait) = slot::pair();
        let nobody = std::mem::replace(&mut self.0, Route::Local(Some(promise)));
        debug_assert!(matches!(nobody, Route::Local(None)), "somebody else waits for it");
        std::mem::forget(nobody);
        wait
    }

    pub(crate) fn remote(remote: Box<dyn RemoteReply<T>>) -> Reply<T> {
        Reply(Route::Remote(remote))
    }

    /// Whether anybody waits for it.
    pub(crate) fn is_wanted(&self) -> bool {
        !matches!(self.0, Route::Local(None))
    }

    fn take(&mut self) -> Route<T> {
        std::mem::replace(&mut self.0, Route::Local(None))
    }

    /// Answers. Where the caller has given up the answer is dropped.
    pub fn send(self, answer: T) {
        // What is left of it needs no drop.
        match std::mem::ManuallyDrop::new(self).take() {
            Route::Local(None) => {}
            Route::Local(Some(promise)) => promise.send(answer),
            Route::Remote(remote) => remote.send(answer),
        }
    }

    /// Tells the caller why there is no answer.
    pub(crate) fn fail(mut self, cause: Cause) {
        self.fail_in_place(cause);
    }

    fn fail_in_place(&mut self, cause: Cause) {
        match self.take() {
            Route::Local(None) => {}
            Route::Local(Some(promise)) => promise.fail(cause),
            Route::Remote(remote) => remote.fail(cause),
        }
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        if self.is_wanted()
            && let Some(cause) = letter::cause_of_drop()
        {
            self.fail_in_place(cause);
        }
    }
}

impl<T> std::fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_wanted() { "Reply(wanted)" } else { "Reply(nobody)" })
    }
}
