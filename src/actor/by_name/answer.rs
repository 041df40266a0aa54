//! The way home of an answer that is wanted as a self-describing value.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_core::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::actor::error::{Cause, Part};
use crate::actor::fallible::Fallible;
use crate::actor::panic;
use crate::actor::reply::{RemoteReply, Reply};

/// What a command that was called by name ends in: its answer, or its own error.
pub(crate) type Outcome = Result<Value, Value>;

/// The caller's end. It ends without a value where the actor dropped the message.
pub(crate) type Awaited = oneshot::Receiver<Result<Outcome, Cause>>;

/// Where the answer of a call by name goes.
#[derive(Debug)]
pub struct Answering(oneshot::Sender<Result<Outcome, Cause>>);

impl Answering {
    pub(crate) fn pair() -> (Answering, Awaited) {
        let (sender, receiver) = oneshot::channel();
        (Answering(sender), receiver)
    }

    /// The place for an answer of this type.
    pub fn reply<T: Serialize + Send + 'static>(self) -> Reply<T> {
        Reply::remote(Box::new(AsValue { sender: self.0, write: |answer: T| value_of(&answer).map(Ok) }))
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
        Reply::remote(Box::new(AsValue { sender: self.0, write }))
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
