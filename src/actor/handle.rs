//! An actor whose type is not known: what one can know of it, ask it and do to it without its proxy.

use std::future::poll_fn;
use std::sync::Arc;

use super::call::DEFAULT_DEADLINE;
use super::current;
use super::envelope::BuiltIn;
use super::error::{Cause, Error};
use super::exit::{Exit, Reason};
use super::info::{ActorName, Info, Placement};
use super::mailbox::Refused;
use super::node::{AnyActor, Ended};
use super::reply::{Reply, Waited, Waiting};
use super::state::State;
use crate::sys::deadline::Deadline;
use crate::sys::seam;

/// A reference to an actor whose type is not known. It does not keep the actor alive.
#[derive(Clone)]
pub struct ActorRef(pub(crate) Arc<dyn AnyActor>);

/// The actor that controls the current thread, if one does: inside of a command, `#[start]`, `#[periodic]` or
/// `#[stopping]`, and in what they call.
pub fn get_actor() -> Option<ActorRef> {
    current::current().map(ActorRef)
}

impl ActorRef {
    /// What the actor is called.
    pub fn name(&self) -> &ActorName {
        &self.0.node().name
    }

    /// A number no other actor spawned by this process has.
    pub fn id(&self) -> u64 {
        self.name().id
    }

    /// Where it is in its life, as far as this process knows.
    pub fn state(&self) -> State {
        self.0.node().state.get()
    }

    /// Where it runs.
    pub fn placement(&self) -> Placement {
        self.0.node().placement
    }

    /// The process it runs in.
    pub fn pid(&self) -> u32 {
        self.0.node().process_id()
    }

    /// Asks whether it is there, as [`Address::ping`](super::Address::ping) does.
    ///
    /// # Errors
    /// Where it has ended, or does not answer within 30 s.
    pub async fn ping(&self) -> Result<(), Error> {
        let (reply, waiting) = Reply::pair(Deadline::new(DEFAULT_DEADLINE));
        self.ask("ping", BuiltIn::Ping(reply), waiting).await
    }

    /// Asks it about itself, as [`Address::info`](super::Address::info) does.
    ///
    /// # Errors
    /// Where it has ended, or does not answer within 30 s.
    pub async fn info(&self) -> Result<Info, Error> {
        let (reply, waiting) = Reply::pair(Deadline::new(DEFAULT_DEADLINE));
        self.ask("info", BuiltIn::Info(reply), waiting).await
    }

    /// Tells it to stop; [`ended`](ActorRef::ended) tells when it has.
    pub fn stop(&self) {
        self.0.stop();
    }

    /// Ends it without `#[stopping]`, as [`Address::kill`](super::Address::kill) does.
    pub fn kill(&self) {
        self.0.kill();
    }

    /// Resolves when it has ended, to how.
    pub fn ended(&self) -> Ended {
        Ended::new(self.0.clone())
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        self.0.node().learn_exit()
    }

    async fn ask<R>(
        &self,
        command: &'static str,
        question: BuiltIn,
        waiting: Waiting<R>,
    ) -> Result<R, Error> {
        let error = |cause| Error::new(self.name().clone(), command, cause);
        match self.0.ask_control(Box::new(question)) {
            Ok(()) => {}
            Err(Refused::Full(_)) => {
                return Err(error(Cause::Full { capacity: self.0.mailbox_info().capacity }));
            }
            Err(Refused::Closed(_)) => {
                let ending = || Exit::because(Reason::Stopped, "it was still ending when it was called");
                return Err(error(Cause::Dead(self.exit().unwrap_or_else(ending))));
            }
        }
        self.answer(command, waiting).await
    }

    /// The answer of a message that is in its mailbox.
    pub(crate) async fn answer<R>(&self, command: &'static str, mut waiting: Waiting<R>) -> Result<R, Error> {
        let error = |cause| Error::new(self.name().clone(), command, cause);
        let limit = waiting.deadline.limit();
        let late = || error(Cause::Timeout { after: limit, state: self.state() });
        match poll_fn(|cx| waiting.poll(cx)).await {
            Waited::Answered(answer) => Ok(answer),
            Waited::Failed(cause) => Err(error(*cause)),
            Waited::Dropped => Err(match seam::timeout(limit, self.ended()).await {
                Some(exit) => error(Cause::Dead(exit)),
                None => late(),
            }),
            Waited::Late => Err(late()),
        }
    }
}

impl std::fmt::Debug for ActorRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name(), self.state())
    }
}
