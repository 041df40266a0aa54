//! What lies in a mailbox.

use super::behavior::Actor;
use super::error::Cause;
use super::info::Info;
use super::open::OpenCall;
use super::reply::Reply;
use super::span::Traced;
use super::supervise::AnyWork;

/// A message of the actor's own or one that every actor understands.
pub enum Envelope<M> {
    /// One of the actor's commands.
    Command(M),
    /// One that every actor understands.
    BuiltIn(Box<BuiltIn>),
    /// Either of them, and where it was called: only while somebody wants spans.
    Traced(Traced<M>),
}

/// A message that every actor understands.
pub enum BuiltIn {
    /// Are you there? Control lane.
    Ping(Reply<()>),
    /// The call of a job with this ticket was given up. Control lane.
    GiveUp(u64),
    /// Tell about yourself. Control lane.
    Info(Reply<Info>),
    /// Give this back, in order with the other messages.
    Echo(String, Reply<String>),
    /// Carry out an open command, in order with the other messages.
    Open(Box<dyn OpenCall>),
    /// Do this with the actor's state, in order with the other messages. Never leaves its process.
    Work(AnyWork),
}

impl<M> Envelope<M> {
    /// Whether it is for the control lane.
    pub(crate) fn is_question(&self) -> bool {
        matches!(self, Envelope::BuiltIn(question) if question.is_control())
    }

    /// The name of the command it is.
    pub(crate) fn command<A: Actor<Message = M>>(&self) -> &'static str {
        match self {
            Envelope::Command(message) => A::name_of(message),
            Envelope::BuiltIn(built_in) => built_in.name(),
            Envelope::Traced(traced) => traced.envelope().command::<A>(),
        }
    }
}

impl BuiltIn {
    /// The name of the command it is.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            BuiltIn::Ping(_) => "ping",
            BuiltIn::Info(_) => "info",
            BuiltIn::GiveUp(_) => "give up",
            BuiltIn::Echo(..) => "echo",
            BuiltIn::Open(call) => call.name(),
            BuiltIn::Work(_) => "work",
        }
    }

    /// Whether a command of this name goes past the messages.
    pub(crate) fn is_control_name(command: &str) -> bool {
        matches!(command, "ping" | "info")
    }

    /// Whether it goes past the messages.
    pub(crate) fn is_control(&self) -> bool {
        matches!(self, BuiltIn::Ping(_) | BuiltIn::Info(_) | BuiltIn::GiveUp(_))
    }

    /// Whether it asks about the actor, and nothing of it: while one process is replaced by another this one answers.
    pub(crate) fn is_about_it(&self) -> bool {
        matches!(self, BuiltIn::Ping(_) | BuiltIn::Info(_))
    }

    /// Tells who asked why there is no answer.
    pub(crate) fn refuse(self, cause: Cause) {
        match self {
            BuiltIn::Ping(reply) => reply.fail(cause),
            BuiltIn::Info(reply) => reply.fail(cause),
            BuiltIn::GiveUp(_) => {}
            BuiltIn::Echo(_, reply) => reply.fail(cause),
            // Its reply is inside, and says that the actor ended.
            BuiltIn::Open(call) => drop(call),
            // What only it itself had asked for.
            BuiltIn::Work(work) => drop(work),
        }
    }
}

impl std::fmt::Debug for BuiltIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            BuiltIn::Ping(_) => "Ping",
            BuiltIn::Info(_) => "Info",
            BuiltIn::GiveUp(_) => "GiveUp",
            BuiltIn::Echo(..) => "Echo",
            BuiltIn::Open(_) => "Open",
            BuiltIn::Work(_) => "Work",
        })
    }
}

impl<M> std::fmt::Debug for Envelope<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Envelope::Command(_) => f.write_str("Command"),
            Envelope::BuiltIn(built_in) => built_in.fmt(f),
            Envelope::Traced(traced) => traced.envelope().fmt(f),
        }
    }
}
