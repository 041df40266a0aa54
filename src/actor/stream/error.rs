//! How a stream ends that does not end well, as its consumer sees it, and as its producer does.

use std::time::Duration;

use crate::actor::exit::Exit;
use crate::actor::info::ActorName;
use crate::actor::panic::PanicNote;
use crate::sys::wire::wired;

/// A stream that broke off: whose it was, and why. It is the last that the stream gives.
///
/// A stream that gives none of these was complete.
#[derive(Debug, Clone)]
pub struct StreamError(Box<BrokenOff>);

#[derive(Debug, Clone)]
struct BrokenOff {
    of: Option<(ActorName, &'static str)>,
    why: StreamEnd,
}

/// Why a stream broke off.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum StreamEnd {
    /// The actor it came from has ended, or one of its lives has.
    Dead(Exit),
    /// What made its items panicked.
    Panicked(PanicNote),
    /// Its producer was dropped without [`finish`](super::Producer::finish).
    LetGo,
    /// Its producer ended it so: [`fail`](super::Producer::fail).
    Failed(String),
    /// No item came for longer than [`stalled_after`](super::Streaming::stalled_after) allows.
    Stalled {
        /// How long was waited.
        after: Duration,
    },
    /// Its producer had items for it and no room for them for longer than
    /// [`unread_after`](super::Streaming::unread_after) allows.
    Unread {
        /// How long was waited.
        after: Duration,
    },
    /// An item could not cross from the actor's process.
    Crossing(String),
}

wired! {
    enum StreamEnd {
        Dead(exit), Panicked(note), LetGo, Failed(message), Stalled { after }, Unread { after }, Crossing(why)
    }
}

impl std::fmt::Display for StreamEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StreamEnd::Dead(exit) => write!(f, "the actor is gone: {exit}"),
            StreamEnd::Panicked(note) => write!(f, "what made its items panicked {note}"),
            StreamEnd::LetGo => f.write_str(
                "its producer was dropped before it was finished; call finish() on it where the stream is complete",
            ),
            StreamEnd::Failed(message) => f.write_str(message),
            StreamEnd::Stalled { after } => write!(
                f,
                "no item came within {after:?}; raise it with .stalled_after(..) if there may be longer pauses"
            ),
            StreamEnd::Unread { after } => write!(
                f,
                "its consumer made no room within {after:?}; read it faster, or raise it with .unread_after(..)"
            ),
            StreamEnd::Crossing(why) => write!(f, "an item could not cross to the other process: {why}"),
        }
    }
}

impl StreamError {
    pub(super) fn new(of: Option<(ActorName, &'static str)>, why: StreamEnd) -> StreamError {
        StreamError(Box::new(BrokenOff { of, why }))
    }

    /// The actor it came from; none where no actor had answered with it.
    pub fn actor(&self) -> Option<&ActorName> {
        self.0.of.as_ref().map(|(actor, _)| actor)
    }

    /// The command that answered with it; none where none had.
    pub fn command(&self) -> Option<&'static str> {
        self.0.of.as_ref().map(|(_, command)| *command)
    }

    /// Why it broke off.
    pub fn why(&self) -> &StreamEnd {
        &self.0.why
    }

    /// How the actor ended, where that is why.
    pub fn exit(&self) -> Option<&Exit> {
        match &self.0.why {
            StreamEnd::Dead(exit) => Some(exit),
            _ => None,
        }
    }
}

impl std::fmt::Display for StreamError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.of {
            Some((actor, command)) => write!(f, "the stream of `{command}` of {actor} broke off: ")?,
            None => f.write_str("the stream broke off: ")?,
        }
        self.0.why.fmt(f)
    }
}

impl std::error::Error for StreamError {}

/// An item that a [`Producer`](super::Producer) could not send: the stream is over, and why. The item is dropped.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum NotSent {
    /// The consumer has dropped the stream.
    Cancelled,
    /// The stream broke off.
    Broken(StreamEnd),
}

impl std::fmt::Display for NotSent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotSent::Cancelled => f.write_str("the item was not sent: nobody reads the stream any more"),
            NotSent::Broken(why) => write!(f, "the item was not sent, the stream broke off: {why}"),
        }
    }
}

impl std::error::Error for NotSent {}
