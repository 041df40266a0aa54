//! A call of a command that returns a `Result`: its own error and a failed call come as one.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::address::Address;
use super::behavior::Actor;
use super::call::{Answer, Asking, Call, Plug};
use super::deliver::Delivering;
use super::error::{Error, Failed};
use super::later::Later;

/// What a command returns that may fail by itself: a `Result`.
pub trait Fallible {
    /// Its success.
    type Success;
    /// Its error.
    type Failure;
    /// The same as a `Result`.
    fn into_result(self) -> Result<Self::Success, Self::Failure>;
}

impl<T, E> Fallible for Result<T, E> {
    type Success = T;
    type Failure = E;

    fn into_result(self) -> Result<T, E> {
        self
    }
}

fn flatten<R: Fallible>(outcome: Result<R, Error>) -> Result<R::Success, Failed<R::Failure>> {
    outcome?.into_result().map_err(Failed::Command)
}

/// A [`Call`] of a command that returns a `Result`: its own error and a failed call come as one, [`Failed`].
#[must_use = "a call does nothing until it is awaited, told, sent or delivered"]
pub struct TryCall<'p, A: Actor, R: Fallible>(Call<'p, A, R>);

impl<'p, A: Actor, R: Fallible> TryCall<'p, A, R> {
    /// What the macro writes into each method of a proxy whose command returns a `Result`.
    pub fn new(
        address: &'p Address<A>,
        command: &'static str,
        message: A::Message,
        plug: Plug<A, R>,
    ) -> TryCall<'p, A, R> {
        TryCall(Call::new(address, command, message, plug))
    }

    /// As [`Call::timeout`].
    pub fn timeout(self, limit: Duration) -> Self {
        TryCall(self.0.timeout(limit))
    }

    /// The same as a call whose answer is the whole `Result`.
    pub fn whole(self) -> Call<'p, A, R> {
        self.0
    }

    /// As [`Call::tell`]; the command's own error goes nowhere.
    ///
    /// # Errors
    /// Where the mailbox is full or the actor has ended.
    pub fn tell(self) -> Result<(), Error> {
        self.0.tell()
    }

    /// As [`Call::try_tell`].
    ///
    /// # Errors
    /// Where the mailbox is full or the actor has ended.
    pub fn try_tell(self) -> Result<(), Error> {
        self.0.try_tell()
    }

    /// As [`Call::send`].
    ///
    /// # Errors
    /// Where the mailbox is full or the actor has ended.
    pub fn send(self) -> Result<TryAnswer<A, R>, Error> {
        self.0.send().map(TryAnswer)
    }

    /// As [`Call::try_send`].
    ///
    /// # Errors
    /// Where the mailbox is full or the actor has ended.
    pub fn try_send(self) -> Result<TryAnswer<A, R>, Error> {
        self.0.try_send().map(TryAnswer)
    }

    /// As [`Call::after`]; the command's own error goes nowhere.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn after(self, delay: Duration) -> Later {
        self.0.after(delay)
    }

    /// As [`Call::deliver`].
    ///
    /// # Errors
    /// Where no room came in time or the actor has ended.
    pub fn deliver(self) -> Delivering<'p, A> {
        self.0.deliver()
    }
}

impl<'p, A: Actor, R: Fallible + Send + 'static> IntoFuture for TryCall<'p, A, R> {
    type Output = Result<R::Success, Failed<R::Failure>>;
    type IntoFuture = TryAsking<'p, A, R>;

    fn into_future(self) -> TryAsking<'p, A, R> {
        TryAsking(self.0.into_future())
    }
}

/// As [`Asking`], of a command that returns a `Result`.
#[must_use = "futures do nothing unless awaited"]
pub struct TryAsking<'p, A: Actor, R>(Asking<'p, A, R>);

impl<A: Actor, R: Fallible> Future for TryAsking<'_, A, R> {
    type Output = Result<R::Success, Failed<R::Failure>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(flatten)
    }
}

/// As [`Answer`], of a command that returns a `Result`.
#[must_use = "await it for the answer; tell() sends without wanting one"]
pub struct TryAnswer<A: Actor, R>(Answer<A, R>);

impl<A: Actor, R: Fallible> Future for TryAnswer<A, R> {
    type Output = Result<R::Success, Failed<R::Failure>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(flatten)
    }
}
