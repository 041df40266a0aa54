//! What ends a load benchmark before its figures are whole.

use std::fmt;

use crate::actor::panic::PanicNote;

/// A level that could not be measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelError {
    /// Its clients.
    pub clients: u32,
    /// What happened.
    pub trouble: Trouble,
}

impl std::error::Error for LevelError {}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the level of {} could not be measured: {}", counted(u64::from(self.clients)), self.trouble)
    }
}

/// `1 client`, `2 clients`.
pub fn counted(clients: u64) -> String {
    format!("{clients} client{}", if clients == 1 { "" } else { "s" })
}

/// What can happen to a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// What `setup` names returned an error, or did not end.
    SetUp(String),
    /// A client could not be started.
    NotStarted {
        /// Which, from 0.
        client: usize,
        /// Why.
        why: String,
    },
    /// What `client` names returned an error, or did not end.
    Refused {
        /// Which client, from 0.
        client: usize,
        /// Why.
        why: String,
    },
    /// An operation panicked.
    Panicked {
        /// Which client, from 0.
        client: usize,
        /// Message and place.
        note: PanicNote,
    },
    /// No operation has ended for a long time.
    Stuck {
        /// How many clients were still in one.
        clients: usize,
        /// For how long nothing had happened, milliseconds.
        silent_ms: u64,
        /// Operations that had ended before.
        ended: u64,
    },
    /// Not one operation succeeded.
    AllFailed {
        /// How many were tried.
        tried: u64,
        /// The most frequent error.
        kind: String,
        /// How many of them were of that kind.
        count: u64,
    },
    /// No operation was even started.
    Nothing,
    /// It took more memory than it may.
    Memory {
        /// At its beginning, bytes.
        before_bytes: u64,
        /// When it was stopped.
        bytes: u64,
        /// How much more it might take.
        limit_bytes: u64,
        /// Whether that limit was asked for.
        asked: bool,
    },
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::SetUp(why) => write!(f, "its `setup` failed: {why}"),
            Trouble::NotStarted { client, why } => write!(f, "client {client} could not be started: {why}"),
            Trouble::Refused { client, why } => write!(f, "the `client` function of client {client} failed: {why}"),
            Trouble::Panicked { client, note } => write!(f, "an operation of client {client} panicked {note}"),
            Trouble::Stuck { clients, silent_ms, ended } => {
                let plural = if *clients == 1 { " was" } else { "s were" };
                write!(
                    f,
                    "no operation has ended for {:.1} s, {clients} client{plural} in one, and {ended} had ended before: a \
                     deadlock, or an operation that takes longer; for the latter say `stuck = \"1m\"`",
                    *silent_ms as f64 / 1e3
                )
            }
            Trouble::AllFailed { tried, kind, count } => {
                write!(f, "all of its {tried} operations failed; {count} of them with: {kind}")
            }
            Trouble::Nothing => f.write_str(
                "no operation was started in the time that is measured; the machine stood still, or `duration` is too short \
                 for the rate",
            ),
            Trouble::Memory { before_bytes, bytes, limit_bytes, asked } => {
                let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
                let limit = if *asked { "as `memory` says" } else { "half of what the machine had left" };
                write!(
                    f,
                    "it took {:.1} MiB when {:.1} MiB were held at its beginning, and may take {:.1} MiB more ({limit}): look \
                     for what operations leave behind, or say `memory = \"..\"`",
                    mib(*bytes),
                    mib(*before_bytes),
                    mib(*limit_bytes)
                )
            }
        }
    }
}
