//! What every actor answers by name.

use std::time::Duration;

use serde_json::Value;

use super::answer::value_of;
use super::arguments::{Arguments, WrongArguments};
use super::error::SendError;
use super::signature::{Permission, Post, Signature};
use crate::actor::envelope::BuiltIn;
use crate::actor::error::{Cause, Error};
use crate::actor::handle::ActorRef;
use crate::actor::reply::Reply;
use crate::sys::deadline::Deadline;
use crate::sys::seam;

/// What the arbiter answers as every actor does.
pub(super) const PING: Signature =
    Signature { name: "ping", number: 0, permission: Permission::Public, arguments: &[] };
pub(super) const INFO: Signature =
    Signature { name: "info", number: 1, permission: Permission::Public, arguments: &[] };
pub(super) const ECHO: Signature = Signature {
    name: "echo",
    number: 2,
    permission: Permission::Public,
    arguments: &[("value", "any value")],
};

/// The commands of every actor.
pub(super) const SIGNATURES: &[Signature] = &[
    PING,
    INFO,
    ECHO,
    Signature { name: "stop", number: 3, permission: Permission::Authenticated, arguments: &[] },
];

pub(super) async fn call(
    actor: &ActorRef,
    signature: &'static Signature,
    arguments: Arguments,
    limit: Duration,
) -> Result<Value, SendError> {
    let asking = ask(actor, signature, arguments);
    match seam::timeout(limit, asking).await {
        Some(answered) => answered,
        None => {
            let cause = Cause::Timeout { after: limit, state: actor.state() };
            Err(SendError::Call(Error::new(actor.name().clone(), signature.name, cause)))
        }
    }
}

async fn ask(
    actor: &ActorRef,
    signature: &'static Signature,
    arguments: Arguments,
) -> Result<Value, SendError> {
    match signature.name {
        "ping" => {
            actor.ping().await.map_err(SendError::Call)?;
            Ok("pong".into())
        }
        "info" => {
            let info = actor.info().await.map_err(SendError::Call)?;
            written(actor, signature, &info)
        }
        "stop" => {
            actor.stop();
            written(actor, signature, &actor.ended().await)
        }
        _ => echo(actor, signature, arguments).await,
    }
}

/// An answer of a type of this crate as a value.
fn written<T: serde_core::Serialize>(
    actor: &ActorRef,
    signature: &'static Signature,
    answer: &T,
) -> Result<Value, SendError> {
    value_of(answer).map_err(|why| {
        let cause = Cause::Crossing { part: crate::actor::error::Part::Answer, why };
        SendError::Call(Error::new(actor.name().clone(), signature.name, cause))
    })
}

/// The actor gives the value back, in order with its other messages.
async fn echo(
    actor: &ActorRef,
    signature: &'static Signature,
    arguments: Arguments,
) -> Result<Value, SendError> {
    let wrong = |wrong| SendError::Arguments { target: actor.name().to_string(), signature, wrong };
    let (value,): (Value,) = arguments.read().map_err(wrong)?;
    let (reply, waiting) = Reply::pair(Deadline::new(crate::actor::call::DEFAULT_DEADLINE));
    let post = Post::BuiltIn { name: "echo", built_in: BuiltIn::Echo(value.to_string(), reply) };
    let posting = actor.0.clone().post(post, crate::actor::call::DEFAULT_DEADLINE).map_err(wrong)?;
    posting.await.map_err(SendError::Call)?;
    let text = actor.answer("echo", waiting).await.map_err(SendError::Call)?;
    serde_json::from_str(&text)
        .map_err(|found| wrong(WrongArguments { argument: None, why: found.to_string() }))
}
