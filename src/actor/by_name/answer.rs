//! The way home of an answer that is wanted as a self-describing value.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_core::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::actor::error::{Cause, Part};
use crate::actor::executor;
use crate::actor::fallible::Fallible;
use crate::actor::panic;
use crate::actor::reply::{RemoteReply, Reply};

/// What a command that was called by name ends in: its answer, or its own error.
pub(crate) type Outcome = Result<Value, Value>;

/// The caller's end.
pub(crate) struct Awaited {
    /// Ends without a value where the actor dropped the message.
    pub(crate) answer: oneshot::Receiver<Result<Outcome, Cause>>,
    ticket: Arc<AtomicU64>,
}

impl Awaited {
    /// By what the job is cancelled that the command returns, if it is one that does.
    pub(crate) fn ticket(&self) -> Option<u64> {
        Some(self.ticket.load(Ordering::Relaxed)).filter(|ticket| *ticket != NONE)
    }
}

/// No call of a job has this ticket.
const NONE: u64 = 0;

/// Where the answer of a call by name goes.
#[derive(Debug)]
pub struct Answering {
    sender: oneshot::Sender<Result<Outcome, Cause>>,
    ticket: Arc<AtomicU64>,
}

impl Answering {
    pub(crate) fn pair() -> (Answering, Awaited) {
        let (sender, answer) = oneshot::channel();
        let ticket = Arc::new(AtomicU64::new(NONE));
        (Answering { sender, ticket: ticket.clone() }, Awaited { answer, ticket })
    }

    /// A ticket for the call of a command that returns a job, which the caller learns too.
    pub fn ticket(&self) -> u64 {
        let ticket = executor::ticket();
        self.ticket.store(ticket, Ordering::Relaxed);
        ticket
    }

    /// The place for an answer of this type.
    pub fn reply<T: Serialize + Send + 'static>(self) -> Reply<T> {
        Reply::remote(Box::new(AsValue { sender: self.sender, write: |answer: T| value_of(&answer).map(Ok) }))
    }

    /// The place for the answer of a command that returns a `Result`, whose error is told apart.
    pub fn reply_of_result<R>(self) -> Reply<R>
    where
        R: Fallible<Success: Serialize, Failure: Serialize> + Send + 'static,
    {
        let write = |answer: R| match answer.into_result() {
            Ok(success) => value_of(&success).map(Ok),
            Err(failure) => value_of(&failure).map(Err),
        };
        Reply::remote(Box::new(AsValue { sender: self.sender, write }))
    }
}

/// A value as a self-describing one; a `Serialize` that panics is an error like others.
pub(crate) fn value_of<T: Serialize>(answer: &T) -> Result<Value, String> {
    match catch_unwind(AssertUnwindSafe(|| serde_json::to_value(answer))) {
        Ok(written) => written.map_err(|error| error.to_string()),
        Err(payload) => Err(format!("writing it panicked {}", panic::caught(&*payload))),
    }
}

struct AsValue<T> {
    sender: oneshot::Sender<Result<Outcome, Cause>>,
    write: fn(T) -> Result<Outcome, String>,
}

// A caller that has given up is told nothing.
impl<T: Send> RemoteReply<T> for AsValue<T> {
    fn send(self: Box<Self>, answer: T) {
        let written = (self.write)(answer).map_err(|why| Cause::Crossing { part: Part::Answer, why });
        let _ = self.sender.send(written);
    }

    fn fail(self: Box<Self>, cause: Cause) {
        let _ = self.sender.send(Err(cause));
    }
}
