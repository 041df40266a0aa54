//! How a start went: told once by the actor's loop, or whoever stands for it, to whoever wants the actor started.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::task::coop::poll_proceed;

use crate::actor::error::SpawnError;
use crate::sys::deadline::Deadline;
use crate::sys::slot::{self, Promise, Settled, Wait};

/// Tells how a start went, once. Dropped where the actor ended before that: then its end tells.
pub(crate) struct Ready(Promise<(), SpawnError>);

/// Resolves to how a start went; `None` where the actor ended before that was known.
pub(crate) struct Started(Wait<(), SpawnError>);

/// The two ends of one start.
pub(crate) fn pair() -> (Ready, Started) {
    let (promise, wait) = slot::pair();
    (Ready(promise), Started(wait))
}

impl Ready {
    /// One that nobody listens to.
    pub(crate) fn to_nobody() -> Ready {
        pair().0
    }

    pub(crate) fn send(self, outcome: Result<(), SpawnError>) {
        match outcome {
            Ok(()) => self.0.send(()),
            Err(error) => self.0.fail(error),
        }
    }
}

impl Started {
    /// The same, or `None` for an answer where the time is up before.
    pub(super) fn poll_within(
        &mut self,
        deadline: &mut Deadline,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Option<Result<(), SpawnError>>>> {
        if self.0.is_settled() && !deadline.has_begun() {
            // One actor after the other that starts at once: other tasks must have their turn.
            ready!(poll_proceed(cx)).made_progress();
        }
        let due = deadline.begin();
        match self.poll_by(cx, due) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending => deadline.poll(cx).map(|()| None),
        }
    }

    fn poll_by(&mut self, cx: &mut Context<'_>, due: u64) -> Poll<Option<Result<(), SpawnError>>> {
        self.0.poll(cx, due).map(|settled| match settled {
            Settled::Answer(()) => Some(Ok(())),
            Settled::Failure(error) => Some(Err(*error)),
            Settled::Dropped => None,
        })
    }
}

impl Future for Started {
    type Output = Option<Result<(), SpawnError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_by(cx, 0)
    }
}
