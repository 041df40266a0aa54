//! A call by name: who is meant, what may be called, and the answer.

use std::future::{Future, IntoFuture};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_core::Serialize;
use serde_json::Value;

use super::answer::{Answering, Awaited, value_of};
use super::arguments::{Arguments, WrongArguments};
use super::error::SendError;
use super::open;
use super::signature::{Permission, Post, Posting, Signature};
use super::target::Target;
use super::{built_in, overseer};
use crate::actor::call::DEFAULT_DEADLINE;
use crate::actor::envelope::BuiltIn;
use crate::actor::error::{Cause, Error};
use crate::actor::handle::ActorRef;
use crate::actor::node::AnyActor;
use crate::actor::panic;
use crate::sys::seam;

/// Calls a command by name and gives its answer as a value: what shells and protocols do.
///
/// The target is an actor's name, an [`ActorRef`], an address, or the arbiter (`"arbiter"`). The arguments come by name
/// in an object, `json!({"by": 5})`, or by position in an array, `[5]`; `()` is none. The commands of an actor can be
/// called by name if it says so, `#[rehearsal::actor(named)]`; what they take and return needs serde then. Every
/// actor answers `ping`, `echo`, `info` and `stop` by name, and the open commands that say who may call them,
/// `#[rehearsal::command(public)]`. A permission is checked against the caller's, which is [`Permission::Public`] unless
/// told otherwise with [`with`](NamedCall::with). A call that is dropped before its answer has come cancels the job its
/// command has returned, if it is one that does.
///
/// An actor is looked for among those that this process has spawned. One that is spawned by a process actor is that
/// one's own affair.
///
/// ```
/// use rehearsal::prelude::*;
/// use rehearsal::{json, send};
///
/// pub struct Counter { n: i64 }
///
/// #[rehearsal::actor(named)]
/// impl Counter {
///     #[start]
///     pub fn new(n: i64) -> Counter { Counter { n } }
///
///     #[command]
///     pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
///
///     #[command(authenticated)]
///     pub fn reset(&mut self) { self.n = 0; }
/// }
///
/// #[rehearsal::program]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     use rehearsal::actor::Permission;
///     let _counter = Counter::spawn(1).name("c1").process().await?;
///     assert_eq!(send("c1", "add", json!({"by": 5})).await?, 6);
///     assert_eq!(send("c1", "add", [5]).await?, 11);
///     assert_eq!(send("c1", "ping", ()).await?, "pong");
///
///     let error = send("c1", "reset", ()).await.unwrap_err();
///     assert!(error.to_string().contains("needs the permission `authenticated`"), "{error}");
///     send("c1", "reset", ()).with(Permission::Authenticated).await?;
///
///     let error = send("c1", "add", json!({"buy": 5})).await.unwrap_err();
///     assert!(error.to_string().contains("the argument `buy`"), "{error}");
///     assert!(error.to_string().contains("it takes add(by: i64)"), "{error}");
///     let error = send("c1", "ad", [5]).await.unwrap_err();
///     assert!(error.to_string().contains("did you mean `add`?"), "{error}");
///     Ok(())
/// }
/// ```
pub fn send(target: impl Into<Target>, command: impl Into<String>, arguments: impl Serialize) -> NamedCall {
    NamedCall {
        target: target.into(),
        command: command.into(),
        arguments: value_of(&arguments),
        permission: Permission::Public,
        limit: DEFAULT_DEADLINE,
    }
}

/// A call by name that has not been made: await it for the answer. Made by [`send`](send()).
#[must_use = "a call does nothing until it is awaited"]
#[derive(Debug, Clone)]
pub struct NamedCall {
    target: Target,
    command: String,
    arguments: Result<Value, String>,
    permission: Permission,
    limit: Duration,
}

impl NamedCall {
    /// Who calls, as far as that is proved: nobody in particular unless told otherwise.
    pub fn with(mut self, permission: Permission) -> NamedCall {
        self.permission = permission;
        self
    }

    /// How long to wait for the answer, 30 s unless told otherwise.
    pub fn timeout(mut self, limit: Duration) -> NamedCall {
        self.limit = limit;
        self
    }

    async fn make(self) -> Result<Value, SendError> {
        let NamedCall { target, command, arguments, permission, limit } = self;
        match target.find()? {
            None => overseer::call(&command, arguments, permission).await,
            Some(actor) => Called { actor, permission, limit }.call(&command, arguments).await,
        }
    }
}

impl IntoFuture for NamedCall {
    type Output = Result<Value, SendError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.make())
    }
}

/// An actor that is called, by whom and for how long.
struct Called {
    actor: ActorRef,
    permission: Permission,
    limit: Duration,
}

impl Called {
    async fn call(self, command: &str, came: Result<Value, String>) -> Result<Value, SendError> {
        let any = &self.actor.0;
        let own = any.signatures();
        if let Some(allowed) = any.node().allowed()
            && !allowed.iter().any(|name| name == command)
        {
            let allowed = allowed.to_vec();
            return Err(SendError::NotAllowed { actor: self.name(), command: command.to_owned(), allowed });
        }
        if let Some(signature) = built_in::SIGNATURES.iter().find(|built_in| built_in.name == command) {
            let arguments = self.admit(signature, came)?;
            return built_in::call(&self.actor, signature, arguments, self.limit).await;
        }
        if let Some(signature) = own.into_iter().flatten().find(|own| own.name == command) {
            let arguments = self.admit(signature, came)?;
            let (answering, awaited) = Answering::pair();
            let post = Post::Command { signature, arguments, answering };
            return self.post(signature, post, awaited).await;
        }
        if let Some(open) = open::find(command)? {
            let arguments = self.admit(open.signature, came)?;
            let (answering, awaited) = Answering::pair();
            let call = guarded(|| (open.read)(arguments, answering));
            let call = call.map_err(|wrong| self.wrong(open.signature, wrong))?;
            let built_in = BuiltIn::Open(call);
            return self
                .post(open.signature, Post::BuiltIn { name: open.signature.name, built_in }, awaited)
                .await;
        }
        let unnamed = own.is_none() && any.commands().contains(&command);
        Err(SendError::unknown_command(self.actor.name().to_string(), command, own, unnamed))
    }

    fn name(&self) -> String {
        self.actor.name().to_string()
    }

    /// Lets a caller in that may call it, with arguments that fit.
    fn admit(
        &self,
        signature: &'static Signature,
        came: Result<Value, String>,
    ) -> Result<Arguments, SendError> {
        admit(signature, came, self.permission, || self.name())
    }

    fn wrong(&self, signature: &'static Signature, wrong: WrongArguments) -> SendError {
        SendError::Arguments { target: self.name(), signature, wrong }
    }

    /// Puts the message into the mailbox and waits for its answer, within the limit altogether.
    async fn post(
        &self,
        signature: &'static Signature,
        post: Post,
        awaited: Awaited,
    ) -> Result<Value, SendError> {
        let any: Arc<dyn AnyActor> = self.actor.0.clone();
        let posting = guarded(|| any.post(post, self.limit)).map_err(|wrong| self.wrong(signature, wrong))?;
        let mut claim = Claim { actor: &self.actor, ticket: awaited.ticket() };
        let answered = seam::timeout(self.limit, self.answer(signature.name, posting, awaited)).await;
        claim.settle(&answered);
        match answered {
            Some(Ok(Ok(answer))) => Ok(answer),
            Some(Ok(Err(error))) => {
                Err(SendError::Command { target: self.name(), command: signature.name, error })
            }
            Some(Err(error)) => Err(SendError::Call(error)),
            None => {
                let cause = Cause::Timeout { after: self.limit, state: self.actor.state() };
                Err(SendError::Call(self.error(signature.name, cause)))
            }
        }
    }

    async fn answer(
        &self,
        command: &'static str,
        posting: Posting,
        awaited: Awaited,
    ) -> Result<super::answer::Outcome, Error> {
        posting.await?;
        match awaited.answer.await {
            Ok(answered) => answered.map_err(|cause| self.error(command, cause)),
            // The message was dropped unanswered: the actor ends, and says how.
            Err(_) => Err(self.error(command, Cause::Dead(self.actor.ended().await))),
        }
    }

    fn error(&self, command: &'static str, cause: Cause) -> Error {
        Error::new(self.actor.name().clone(), command, cause)
    }
}

/// What a caller has on the job that its command returns, if it does. Dropped before it is settled, the job is cancelled.
struct Claim<'a> {
    actor: &'a ActorRef,
    ticket: Option<u64>,
}

impl Claim<'_> {
    fn settle(&mut self, answered: &Option<Result<super::answer::Outcome, Error>>) {
        // Time being up settles nothing: the job is still at it.
        if answered.as_ref().is_some_and(|answered| !matches!(answered, Err(error) if error.is_timeout())) {
            self.ticket = None;
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            // An actor that has ended has no jobs.
            let _ = self.actor.0.ask_control(Box::new(BuiltIn::GiveUp(ticket)));
        }
    }
}

/// Checks who calls, then what came.
pub(super) fn admit(
    signature: &'static Signature,
    came: Result<Value, String>,
    has: Permission,
    target: impl Fn() -> String,
) -> Result<Arguments, SendError> {
    if has < signature.permission {
        let (command, needs) = (signature.name, signature.permission);
        return Err(SendError::NotPermitted { target: target(), command, needs, has });
    }
    let sorted = came
        .map_err(|why| WrongArguments { argument: None, why })
        .and_then(|came| Arguments::sort(signature, came));
    sorted.map_err(|wrong| SendError::Arguments { target: target(), signature, wrong })
}

/// Runs code that reads arguments; one that panics is an error like others.
pub(super) fn guarded<T>(reading: impl FnOnce() -> Result<T, WrongArguments>) -> Result<T, WrongArguments> {
    catch_unwind(AssertUnwindSafe(reading)).unwrap_or_else(|payload| {
        let why = format!("reading them panicked {}", panic::caught(&*payload));
        Err(WrongArguments { argument: None, why })
    })
}
