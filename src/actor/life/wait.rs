//! A wait inside an actor: for an async command, `#[start]`, `#[periodic]` or `#[stopping]`.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll, ready};

use crate::actor::behavior::Actor;
use crate::actor::current::LastWords;
use crate::actor::cycle;
use crate::actor::exit::Reason;
use crate::actor::node::{AnyActor, Shared};
use crate::actor::span::Handled;

/// How a wait inside the actor ended.
pub(super) enum Attended<T> {
    Done(T),
    /// It was cut short by a kill, or by a stop where that may.
    Cut(Reason),
}

impl<T> Attended<T> {
    /// Why it was cut short, if it was.
    pub(super) fn cut(self) -> Option<Reason> {
        match self {
            Attended::Done(_) => None,
            Attended::Cut(reason) => Some(reason),
        }
    }
}

/// A wait inside the actor, made before what is waited for and so dropped after it.
pub(super) struct Wait<'a, A: Actor> {
    shared: &'a Shared<A>,
    stoppable: bool,
    /// Whether an ask of the work has been noted among those that wait for others.
    claims: bool,
    /// What the work is done in.
    span: Handled,
    /// Dropped after the work, with which goes what it was to answer.
    last_words: Option<LastWords>,
}

impl<'a, A: Actor> Wait<'a, A> {
    pub(super) fn of(shared: &'a Shared<A>, stoppable: bool) -> Wait<'a, A> {
        Wait { shared, stoppable, claims: false, span: Handled::default(), last_words: None }
    }

    /// For a message that is handled in this span.
    pub(super) fn in_span(shared: &'a Shared<A>, span: Handled) -> Wait<'a, A> {
        Wait { shared, stoppable: false, claims: false, span, last_words: None }
    }

    /// Waits for `work` while the control lane goes on being answered.
    pub(super) fn attend<'w, F: Future + ?Sized>(&'w mut self, work: Pin<&'w mut F>) -> Attend<'w, 'a, A, F> {
        Attend { wait: self, work }
    }
}

impl<A: Actor> Drop for Wait<'_, A> {
    fn drop(&mut self) {
        if self.claims {
            cycle::forget(&self.shared.node);
        }
    }
}

/// Made by [`Wait::attend`]. Not an `async fn`: that would keep what it is given twice, which every idle actor would pay for.
pub(super) struct Attend<'w, 'a, A: Actor, F: ?Sized> {
    wait: &'w mut Wait<'a, A>,
    work: Pin<&'w mut F>,
}

impl<A: Actor, F: Future + ?Sized> Future for Attend<'_, '_, A, F> {
    type Output = Attended<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let Attend { wait, work } = &mut *self;
        let Wait { shared, claims, span, .. } = &mut **wait;
        let work = || span.within(|| work.as_mut().poll(cx));
        if let Poll::Ready(output) = cycle::poll_command(&shared.node, claims, work) {
            return Poll::Ready(Attended::Done(output));
        }
        let reason = ready!(wait.shared.poll_between(wait.stoppable, cx));
        wait.last_words = wait.shared.node.last_words(&reason);
        Poll::Ready(Attended::Cut(reason))
    }
}
