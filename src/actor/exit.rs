//! How an actor ended.

use std::borrow::Cow;

use super::panic::PanicNote;
use crate::sys::signal::signal_name;
use crate::sys::wire::wired;

/// How an actor ended; what [`ended`](super::Address::ended) resolves to and what errors of pending calls carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// What kind of end it was.
    pub reason: Reason,
    /// What more is known, in words; may be empty.
    pub detail: Cow<'static, str>,
}

wired! { struct Exit { reason, detail } }

/// What kind of end an actor had.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// It ended by itself: through [`Context::stop`](super::Context::stop), or because its last proxy was dropped.
    Returned,
    /// It was told to stop.
    Stopped,
    /// It panicked.
    Panicked(PanicNote),
    /// Its `#[periodic]` or `#[stopping]` function returned an error, or its next life could not be started; the detail
    /// says which.
    Failed,
    /// It was killed: a process by this signal; a task or thread by `kill()`, without one.
    Killed {
        /// Number of the signal.
        signal: Option<i32>,
    },
    /// Its process left through `exit()`, not through the actor's end.
    Exited {
        /// The exit code.
        code: i32,
    },
    /// Its process gave no sign of life for longer than it may, and was asked to stop for it, and killed where it did not.
    Silent {
        /// How long it had been silent, milliseconds.
        for_ms: u64,
    },
    /// An actor that it was linked to had ended ([`Address::link`](super::Address::link)).
    Linked {
        /// The name of the one that ended first.
        to: String,
        /// How that one ended.
        exit: Box<Exit>,
    },
    /// It gave up a child that would not stay alive: more restarts than its rule allows.
    GaveUp {
        /// The child's name.
        child: String,
        /// How the child ended the last time.
        exit: Box<Exit>,
    },
    /// It cannot be reached any more: its runtime was shut down, or its socket closed or carried garbage.
    Unreachable,
}

wired! {
    enum Reason {
        Returned, Stopped, Panicked(note), Failed, Killed { signal }, Exited { code }, Silent { for_ms },
        Linked { to, exit }, GaveUp { child, exit }, Unreachable
    }
}

const ABANDONED: &str = "its last proxy was dropped";

impl Exit {
    /// An end without further words.
    pub fn new(reason: Reason) -> Exit {
        Exit { reason, detail: Cow::Borrowed("") }
    }

    /// An end and what more is known of it.
    pub fn because(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Exit {
        Exit { reason, detail: detail.into() }
    }

    /// The end of one that nobody can send to any more.
    pub(crate) fn abandoned() -> Exit {
        Exit::because(Reason::Returned, ABANDONED)
    }

    /// Whether it is that, and nothing else is known of it.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.reason == Reason::Returned && self.detail == ABANDONED
    }

    /// The same end, with more known of it.
    pub(crate) fn and(mut self, more: impl std::fmt::Display) -> Exit {
        let separator = if self.detail.is_empty() { "" } else { "; " };
        self.detail = format!("{}{separator}{more}", self.detail).into();
        self
    }

    /// The same end, with how many messages nobody will handle: none of them is lost without a word.
    pub(crate) fn leaving(self, messages: usize) -> Exit {
        match messages {
            0 => self,
            1 => self.and("1 message was left in its mailbox"),
            more => self.and(format_args!("{more} messages were left in its mailbox")),
        }
    }

    /// Whether the actor ended in good order: returned or stopped.
    pub fn is_orderly(&self) -> bool {
        matches!(self.reason, Reason::Returned | Reason::Stopped)
    }
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.reason {
            Reason::Returned => f.write_str("it had ended by itself")?,
            Reason::Stopped => f.write_str("it was stopped")?,
            Reason::Panicked(note) => write!(f, "it panicked {note}")?,
            Reason::Failed => f.write_str("it failed")?,
            Reason::Killed { signal: None } => f.write_str("it was killed")?,
            Reason::Killed { signal: Some(signal) } => {
                write!(f, "its process was killed by signal {signal}, {}", signal_name(*signal))?;
            }
            Reason::Exited { code } => write!(f, "its process exited with code {code}")?,
            Reason::Silent { for_ms } => {
                write!(f, "its process gave no sign of life for {for_ms} ms")?;
            }
            Reason::Linked { to, exit } => write!(f, "`{to}`, which it was linked to, had ended: {exit}")?,
            Reason::GaveUp { child, exit } => {
                write!(
                    f,
                    "it gave up its child `{child}`, which would not stay alive; the last time, {exit}"
                )?;
            }
            Reason::Unreachable => f.write_str("it cannot be reached any more")?,
        }
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}
