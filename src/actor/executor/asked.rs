//! Calls of commands that return a job: one that is given up cancels it.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::job::JobError;
use crate::actor::address::Address;
use crate::actor::behavior::Actor;
use crate::actor::call::{Answer, Asking, Call, Plug};
use crate::actor::deliver::Delivering;
use crate::actor::envelope::BuiltIn;
use crate::actor::error::{Error, Failed};
use crate::actor::node::Shared;

/// A number for one call of a command that returns a job; no other process on this machine gives it now.
pub fn ticket() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let own = LAST.fetch_add(1, Ordering::Relaxed) & u64::from(u32::MAX);
    u64::from(std::process::id()) << 32 | own
}

/// A [`Call`] of a command that returns a [`Job`](super::Job): the job's result is the answer, and dropping the call
/// before it has come cancels the job.
#[must_use = "a call does nothing until it is awaited, told, sent or delivered"]
pub struct JobCall<'p, A: Actor, T> {
    call: Call<'p, A, Result<T, JobError>>,
    shared: &'p Arc<Shared<A>>,
    ticket: u64,
}

impl<'p, A: Actor, T> JobCall<'p, A, T> {
    /// What the macro writes into the method of a proxy whose command returns a job.
    pub fn new(
        address: &'p Address<A>,
        command: &'static str,
        ticket: u64,
        message: A::Message,
        plug: Plug<A, Result<T, JobError>>,
    ) -> JobCall<'p, A, T> {
        JobCall { call: Call::new(address, command, message, plug), shared: &address.shared, ticket }
    }

    /// As [`Call::timeout`]; a job that takes longer is cancelled.
    pub fn timeout(self, limit: Duration) -> Self {
        JobCall { call: self.call.timeout(limit), ..self }
    }

    /// As [`Call::tell`]: the job is run for what it does, and nobody cancels it but the actor's end.
    ///
    /// # Errors
    /// Where the mailbox is full or the actor has ended.
    pub fn tell(self) -> Result<(), Error> {
        self.call.tell()
    }

    /// As [`Call::send`]; dropping the answer before it has come cancels the job.
    ///
    /// # Errors
    /// Where the mailbox is full or the actor has ended.
    pub fn send(self) -> Result<JobAnswer<A, T>, Error> {
        let claim = Claim { shared: self.shared.clone(), ticket: self.ticket, is_settled: false };
        Ok(JobAnswer { answer: self.call.send()?, claim })
    }

    /// As [`Call::deliver`]: like a tell.
    ///
    /// # Errors
    /// Where no room came in time or the actor has ended.
    pub fn deliver(self) -> Delivering<'p, A> {
        self.call.deliver()
    }
}

impl<'p, A: Actor, T: Send + 'static> IntoFuture for JobCall<'p, A, T> {
    type Output = Result<T, Failed<JobError>>;
    type IntoFuture = JobAsking<'p, A, T>;

    fn into_future(self) -> JobAsking<'p, A, T> {
        let claim = Claim { shared: self.shared.clone(), ticket: self.ticket, is_settled: false };
        JobAsking { asking: self.call.into_future(), claim }
    }
}

impl<A: Actor, T> std::fmt::Debug for JobCall<'_, A, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.call.fmt(f)
    }
}

/// What a caller has on a job. Dropped before it is settled, the job is cancelled.
struct Claim<A: Actor> {
    shared: Arc<Shared<A>>,
    ticket: u64,
    is_settled: bool,
}

impl<A: Actor> Claim<A> {
    fn settle<T>(&mut self, answered: Result<Result<T, JobError>, Error>) -> Result<T, Failed<JobError>> {
        // Time being up settles nothing: the job is still at it.
        self.is_settled = !matches!(&answered, Err(error) if error.is_timeout());
        answered?.map_err(Failed::Command)
    }
}

impl<A: Actor> Drop for Claim<A> {
    fn drop(&mut self) {
        if !self.is_settled {
            // An actor that has ended has no jobs.
            let _ = self.shared.mailbox.push_control(Box::new(BuiltIn::GiveUp(self.ticket)));
        }
    }
}

/// As [`Asking`], of a command that returns a job.
#[must_use = "futures do nothing unless awaited"]
pub struct JobAsking<'p, A: Actor, T> {
    asking: Asking<'p, A, Result<T, JobError>>,
    claim: Claim<A>,
}

impl<A: Actor, T> Future for JobAsking<'_, A, T> {
    type Output = Result<T, Failed<JobError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answered = ready!(Pin::new(&mut self.asking).poll(cx));
        Poll::Ready(self.claim.settle(answered))
    }
}

/// As [`Answer`], of a command that returns a job.
#[must_use = "await it for the answer; dropped, it cancels the job"]
pub struct JobAnswer<A: Actor, T> {
    answer: Answer<A, Result<T, JobError>>,
    claim: Claim<A>,
}

impl<A: Actor, T> Future for JobAnswer<A, T> {
    type Output = Result<T, Failed<JobError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answered = ready!(Pin::new(&mut self.answer).poll(cx));
        Poll::Ready(self.claim.settle(answered))
    }
}
