//! What goes wrong with a call or a spawn, as the caller sees it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::exit::Exit;
use super::info::ActorName;
use super::panic::PanicNote;
use super::state::State;
use crate::sys::process::ProcessError;

/// A call that got no answer: which actor, which command, and why.
///
/// One pointer wide, so that results of calls stay small.
#[derive(Clone, thiserror::Error)]
#[error("`{}` of {}: {}", .0.command, .0.actor, .0.cause)]
pub struct Error(Box<Unanswered>);

#[derive(Clone)]
struct Unanswered {
    actor: ActorName,
    command: &'static str,
    cause: Cause,
}

/// Why a call got no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The mailbox has no room and the call was one that does not wait for it.
    #[error(
        "its mailbox is full ({capacity} messages); await the call or use .deliver() to wait for room, or give the actor a larger .mailbox(..)"
    )]
    Full {
        /// The most messages that may wait.
        capacity: usize,
    },
    /// No answer came in time. The command may still be carried out.
    #[error(
        "no answer within {after:?} (the actor is in state `{state}`); raise it with .timeout(..) if the command may take longer"
    )]
    Timeout {
        /// How long was waited.
        after: Duration,
        /// Where the actor was in its life when time was up.
        state: State,
    },
    /// The actor has ended, before the call or while it was pending.
    #[error("the actor is gone: {0}")]
    Dead(Exit),
    /// The command panicked; the actor ended with it.
    #[error("the command panicked {0}")]
    Panicked(PanicNote),
    /// The message or its answer could not cross to or from the actor's process; the actor lives.
    #[error("the {part} could not cross to the other process: {why}")]
    Crossing {
        /// `arguments` or `answer`.
        part: Part,
        /// What the wire says.
        why: String,
    },
}

/// Which half of a call could not cross.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Part {
    /// What the command was to be given.
    Arguments,
    /// What the command gave back; it has been carried out.
    Answer,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Part::Arguments => "arguments",
            Part::Answer => "answer",
        })
    }
}

impl Error {
    pub(crate) fn new(actor: ActorName, command: &'static str, cause: Cause) -> Error {
        Error(Box::new(Unanswered { actor, command, cause }))
    }

    /// The actor that was called.
    pub fn actor(&self) -> &ActorName {
        &self.0.actor
    }

    /// The command that was called.
    pub fn command(&self) -> &'static str {
        self.0.command
    }

    /// Why there is no answer.
    pub fn cause(&self) -> &Cause {
        &self.0.cause
    }

    /// How the actor ended, where that is why there is no answer.
    pub fn exit(&self) -> Option<&Exit> {
        match &self.0.cause {
            Cause::Dead(exit) => Some(exit),
            _ => None,
        }
    }

    /// Whether time was up.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.cause, Cause::Timeout { .. })
    }

    /// Whether the mailbox was full.
    pub fn is_full(&self) -> bool {
        matches!(self.0.cause, Cause::Full { .. })
    }

    /// Whether the actor has ended: died before the call, while it was pending, or in it.
    pub fn is_dead(&self) -> bool {
        matches!(self.0.cause, Cause::Dead(_) | Cause::Panicked(_))
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Error({self})")
    }
}

/// What a call ends in whose command returns a `Result`: the command's own error, or no answer at all.
#[derive(Debug, Clone)]
pub enum Failed<E> {
    /// The command was carried out and returned this error.
    Command(E),
    /// The call got no answer.
    Call(Error),
}

impl<E> Failed<E> {
    /// The command's own error, if it is that.
    pub fn command(self) -> Option<E> {
        match self {
            Failed::Command(error) => Some(error),
            Failed::Call(_) => None,
        }
    }

    /// The call's error, if it is that.
    pub fn call(&self) -> Option<&Error> {
        match self {
            Failed::Command(_) => None,
            Failed::Call(error) => Some(error),
        }
    }
}

impl<E: std::fmt::Display> std::fmt::Display for Failed<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failed::Command(error) => error.fmt(f),
            Failed::Call(error) => error.fmt(f),
        }
    }
}

impl<E: std::fmt::Debug + std::fmt::Display> std::error::Error for Failed<E> {}

impl<E> From<Error> for Failed<E> {
    fn from(error: Error) -> Failed<E> {
        Failed::Call(error)
    }
}

/// An actor that did not come to life.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// Its `#[start]` function returned an error.
    #[error("{actor} did not start: {message}")]
    Start {
        /// The actor.
        actor: ActorName,
        /// The error, with what caused it.
        message: String,
    },
    /// It ended before it was ready: it panicked, was killed or stopped, or its process died before the handshake.
    #[error("{actor} ended before it was ready: {exit}")]
    Died {
        /// The actor.
        actor: ActorName,
        /// How it ended.
        exit: Exit,
    },
    /// It was not ready in time, and was killed.
    #[error(
        "{actor} was not ready within {after:?} and was killed; raise it with .timeout(..) if its start may take longer"
    )]
    Timeout {
        /// The actor.
        actor: ActorName,
        /// How long was waited.
        after: Duration,
    },
    /// Placed as a task where no runtime runs.
    #[error(
        "{actor} cannot be placed as a task: no tokio runtime runs on this thread; spawn it from one, or place it with .thread()"
    )]
    NoRuntime {
        /// The actor.
        actor: ActorName,
    },
    /// Placed in a process by a program that would not recognise itself as the worker.
    #[error(
        "{actor} cannot be placed in a process: this program has not called the bootstrap that makes it a worker when it is started again; put #[rehearsal::program] on its main function, or rehearsal::main!() into a test target with `harness = false`"
    )]
    NoBootstrap {
        /// The actor.
        actor: ActorName,
    },
    /// The worker process refused the handshake.
    #[error("{actor}: its process refused the handshake: {why}")]
    Refused {
        /// The actor.
        actor: ActorName,
        /// What does not fit.
        why: String,
    },
    /// Its start arguments could not cross to its process.
    #[error("{actor}: its start arguments could not cross to its process: {why}")]
    Crossing {
        /// The actor.
        actor: ActorName,
        /// What the wire says.
        why: String,
    },
    /// The system gave no process.
    #[error("{actor} got no process: {source}")]
    Process {
        /// The actor.
        actor: ActorName,
        /// What went wrong.
        source: ProcessError,
    },
    /// The system gave no thread, or no event loop for it.
    #[error("{actor} got no thread: {source}")]
    Thread {
        /// The actor.
        actor: ActorName,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Nobody listens: the actor's parent is gone, has no `on_event`, or cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the event reached nobody: {0}")]
pub struct Gone(pub String);
