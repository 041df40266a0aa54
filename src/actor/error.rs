//! What goes wrong with a call or a spawn, as the caller sees it.

use std::time::Duration;

use super::exit::Exit;
use super::info::ActorName;
use super::overflow::Overflow;
use super::panic::PanicNote;
use super::state::State;
use crate::sys::process::ProcessError;
use crate::sys::wire::wired;

/// A call that got no answer: which actor, which command, and why.
///
/// One pointer wide, so that results of calls stay small.
#[derive(Clone)]
pub struct Error(Box<Unanswered>);

#[derive(Clone)]
struct Unanswered {
    actor: ActorName,
    command: &'static str,
    cause: Cause,
}

/// Why a call got no answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Cause {
    /// The mailbox has no room and the call was one that does not wait for it.
    Full {
        /// The most messages that may wait.
        capacity: usize,
    },
    /// The mailbox was full, and the actor's policy was to drop this message, unread.
    Dropped {
        /// The most messages that may wait.
        capacity: usize,
        /// What the policy is.
        overflow: Overflow,
    },
    /// The answer could never come: the call was made inside of an actor, and the one that was asked waits, itself or
    /// over others, for that very actor. A message that was sent already is still carried out.
    Cycle {
        /// The actors along the cycle, each waiting for the next; the last is the first again.
        path: Vec<ActorName>,
    },
    /// No answer came in time. The command may still be carried out.
    Timeout {
        /// How long was waited.
        after: Duration,
        /// Where the actor was in its life when time was up.
        state: State,
    },
    /// The actor has ended, before the call or while it was pending.
    Dead(Exit),
    /// The command panicked; the actor ended with it.
    Panicked(PanicNote),
    /// The message or its answer could not cross to or from the actor's process; the actor lives.
    Crossing {
        /// `arguments` or `answer`.
        part: Part,
        /// What the wire says.
        why: String,
    },
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cause::Full { capacity } => write!(
                f,
                "its mailbox is full ({capacity} messages); await the call or use .deliver() to wait for room, or give the actor a larger .mailbox(..)"
            ),
            Cause::Dropped { capacity, overflow } => write!(
                f,
                "it was dropped unread: the mailbox was full ({capacity} messages) and its policy is to {overflow}; ask again, or give the actor a larger .mailbox(..) or another .overflow(..)"
            ),
            Cause::Cycle { path } => {
                let names: Vec<String> = path.iter().map(ActorName::name).collect();
                write!(
                    f,
                    "it would wait for itself: {}, each inside of a command; answer first and ask from a task that the command spawns, or .tell() or .send() and handle the outcome in a later command",
                    names.join(" -> ")
                )
            }
            Cause::Timeout { after, state } => write!(
                f,
                "no answer within {after:?} (the actor is in state `{state}`); raise it with .timeout(..) if the command may take longer"
            ),
            Cause::Dead(exit) => write!(f, "the actor is gone: {exit}"),
            Cause::Panicked(note) => write!(f, "the command panicked {note}"),
            Cause::Crossing { part, why } => {
                write!(f, "the {part} could not cross to the other process: {why}")
            }
        }
    }
}

impl std::error::Error for Cause {}

/// Which half of a call could not cross.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// What the command was to be given.
    Arguments,
    /// What the command gave back; it has been carried out.
    Answer,
}

wired! { enum Part { Arguments, Answer } }

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

    /// The actors that wait for each other, where that is why there is no answer.
    ///
    /// ```
    /// # use rehearsal::prelude::*;
    /// pub struct Friend;
    ///
    /// #[rehearsal::actor]
    /// impl Friend {
    ///     #[start]
    ///     pub fn new() -> Friend { Friend }
    ///
    ///     /// Asks another to ask this one back, which cannot answer while it waits.
    ///     #[command]
    ///     pub async fn invite(&self, other: FriendProxy, cx: &mut Context<Self>) -> String {
    ///         match other.accept(cx.proxy()).await {
    ///             Ok(told) => told,
    ///             Err(error) => names(&error),
    ///         }
    ///     }
    ///
    ///     #[command]
    ///     pub async fn accept(&self, host: FriendProxy) -> String {
    ///         match host.hello().await {
    ///             Ok(()) => "hello".to_owned(),
    ///             Err(error) => names(&error),
    ///         }
    ///     }
    ///
    ///     #[command]
    ///     pub fn hello(&self) {}
    /// }
    ///
    /// fn names(error: &Error) -> String {
    ///     let path = error.cycle().expect("no other error is expected");
    ///     path.iter().map(|actor| actor.name()).collect::<Vec<_>>().join(" -> ")
    /// }
    ///
    /// #[rehearsal::program]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let (ann, bob) = (Friend::spawn().name("ann").await?, Friend::spawn().name("bob").await?);
    ///     let told = ann.invite(bob.clone()).await?;
    ///     // One of the two breaks it, at once.
    ///     assert!(["ann -> bob -> ann", "bob -> ann -> bob"].contains(&told.as_str()), "{told}");
    ///     Ok(())
    /// }
    /// ```
    pub fn cycle(&self) -> Option<&[ActorName]> {
        match &self.0.cause {
            Cause::Cycle { path } => Some(path),
            _ => None,
        }
    }

    /// Whether the message was dropped because the mailbox was full.
    pub fn is_dropped(&self) -> bool {
        matches!(self.0.cause, Cause::Dropped { .. })
    }

    /// Whether the actor has ended: died before the call, while it was pending, or in it.
    pub fn is_dead(&self) -> bool {
        matches!(self.0.cause, Cause::Dead(_) | Cause::Panicked(_))
    }
}

impl std::error::Error for Error {}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Unanswered { actor, command, cause } = &*self.0;
        write!(f, "`{command}` of {actor}: {cause}")
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
#[derive(Debug)]
#[non_exhaustive]
pub enum SpawnError {
    /// Its `#[start]` function returned an error.
    Start {
        /// The actor.
        actor: ActorName,
        /// The error, with what caused it.
        message: String,
    },
    /// It ended before it was ready: it panicked, was killed or stopped, or its process died before the handshake.
    Died {
        /// The actor.
        actor: ActorName,
        /// How it ended.
        exit: Exit,
    },
    /// It was not ready in time, and was killed.
    Timeout {
        /// The actor.
        actor: ActorName,
        /// How long was waited.
        after: Duration,
    },
    /// Another actor of its realm, which lives, has its name.
    NameTaken {
        /// The actor that was to be spawned.
        actor: ActorName,
        /// The actor that has the name.
        holder: ActorName,
    },
    /// Spawned with settings that cannot be where it is placed.
    Unfit {
        /// The actor.
        actor: ActorName,
        /// Which, why not, and what to do instead.
        why: String,
    },
    /// Placed as a task where no runtime runs.
    NoRuntime {
        /// The actor.
        actor: ActorName,
    },
    /// Placed in a process by a program that would not recognise itself as the worker.
    NoBootstrap {
        /// The actor.
        actor: ActorName,
    },
    /// The worker process refused the handshake.
    Refused {
        /// The actor.
        actor: ActorName,
        /// What does not fit.
        why: String,
    },
    /// Its start arguments could not cross to its process.
    Crossing {
        /// The actor.
        actor: ActorName,
        /// What the wire says.
        why: String,
    },
    /// The system gave no process.
    Process {
        /// The actor.
        actor: ActorName,
        /// What went wrong.
        source: ProcessError,
    },
    /// The system gave no thread, or no event loop for it.
    Thread {
        /// The actor.
        actor: ActorName,
        /// What the system says.
        source: std::io::Error,
    },
}

impl std::fmt::Display for SpawnError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SpawnError::Start { actor, message } => write!(f, "{actor} did not start: {message}"),
            SpawnError::Died { actor, exit } => write!(f, "{actor} ended before it was ready: {exit}"),
            SpawnError::Timeout { actor, after } => write!(
                f,
                "{actor} was not ready within {after:?} and was killed; raise it with .timeout(..) if its start may take longer"
            ),
            SpawnError::NameTaken { actor, holder } => write!(
                f,
                "{actor} was not spawned: its name is taken by number {} ({}), which has not ended; await that one's end first, or give this one another name",
                holder.id, holder.kind
            ),
            SpawnError::Unfit { actor, why } => {
                write!(f, "{actor} cannot be spawned with its settings: {why}")
            }
            SpawnError::NoRuntime { actor } => write!(
                f,
                "{actor} cannot be placed as a task: no tokio runtime runs on this thread; spawn it from one, or place it with .thread()"
            ),
            SpawnError::NoBootstrap { actor } => write!(
                f,
                "{actor} cannot be placed in a process: this program has not called the bootstrap that makes it a worker when it is started again; put #[rehearsal::program] on its main function, or rehearsal::main!() into a test target with `harness = false`"
            ),
            SpawnError::Refused { actor, why } => {
                write!(f, "{actor}: its process refused the handshake: {why}")
            }
            SpawnError::Crossing { actor, why } => {
                write!(f, "{actor}: its start arguments could not cross to its process: {why}")
            }
            SpawnError::Process { actor, source } => write!(f, "{actor} got no process: {source}"),
            SpawnError::Thread { actor, source } => write!(f, "{actor} got no thread: {source}"),
        }
    }
}

impl std::error::Error for SpawnError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SpawnError::Process { source, .. } => Some(source),
            SpawnError::Thread { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Nobody listens: the actor's parent is gone, has no `on_event`, or cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone(pub String);

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the event reached nobody: {}", self.0)
    }
}

impl std::error::Error for Gone {}
