//! What ends a load benchmark before its figures are whole.

use std::fmt;

use crate::actor::panic::PanicNote;
use crate::sys::wire::wired;

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
    /// A fixture that it takes could not be had.
    Fixture(String),
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
    /// What the set-up made did not get to the clients' processes.
    Crossing {
        /// Why.
        why: String,
    },
    /// A process of clients ended before its time.
    Gone {
        /// `client 3`, `clients 4 to 7`.
        whose: String,
        /// Whether it was that of more than one.
        several: bool,
        /// Its number.
        pid: u32,
        /// How.
        exit: String,
    },
    /// No operation has ended for a long time.
    Stuck {
        /// How many clients were still in one.
        clients: usize,
        /// For how long nothing had happened, milliseconds.
        silent_ms: u64,
        /// Operations that had ended before.
        ended: u64,
        /// The processes in which they were, of clients that are processes.
        processes: Vec<String>,
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
    /// No operation was even started in the time that counts.
    Nothing {
        /// How many were meant to be, in an open loop.
        intended: Option<u64>,
    },
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

wired! {
    enum Trouble {
        SetUp(why), Fixture(why), NotStarted { client, why }, Refused { client, why }, Panicked { client, note }, Crossing { why },
        Gone { whose, several, pid, exit }, Stuck { clients, silent_ms, ended, processes },
        AllFailed { tried, kind, count }, Nothing { intended }, Memory { before_bytes, bytes, limit_bytes, asked }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::SetUp(why) => write!(f, "its `setup` failed: {why}"),
            Trouble::Fixture(why) => f.write_str(why),
            Trouble::NotStarted { client, why } => write!(f, "client {client} could not be started: {why}"),
            Trouble::Refused { client, why } => write!(f, "the `client` function of client {client} failed: {why}"),
            Trouble::Panicked { client, note } => write!(f, "an operation of client {client} panicked {note}"),
            Trouble::Crossing { why } => {
                write!(f, "what `setup` made could not be sent to the clients' processes: {why}")
            }
            Trouble::Gone { whose, several, pid, exit } => {
                let are = if *several { "are" } else { "is" };
                write!(f, "{whose}, process {pid}, {are} gone: {exit}")
            }
            Trouble::Stuck { clients, silent_ms, ended, processes } => {
                let plural = if *clients == 1 { " was" } else { "s were" };
                let silent_s = *silent_ms as f64 / 1e3;
                write!(f, "no operation has ended for {silent_s:.1} s, {clients} client{plural} in one")?;
                if !processes.is_empty() {
                    write!(f, " ({})", processes.join(", "))?;
                }
                write!(
                    f,
                    ", and {ended} had ended before: a deadlock, or an operation that takes longer; for the latter say \
                     `stuck = \"1m\"`"
                )
            }
            Trouble::AllFailed { tried, kind, count } => {
                write!(f, "all of its {tried} operations failed; {count} of them with: {kind}")
            }
            Trouble::Nothing { intended: None } => {
                f.write_str("no operation was started in the time that is measured: the machine stood still")
            }
            Trouble::Nothing { intended: Some(0) } => f.write_str(
                "no operation was meant to start in the time that is measured: say a longer `duration`, or a higher `rate`",
            ),
            Trouble::Nothing { intended: Some(intended) } => write!(
                f,
                "none of the {intended} operations was started that were meant to be in the time that is measured: every \
                 client was in an earlier one throughout, or the machine stood still; say a longer `duration`, a lower \
                 `rate`, or more clients"
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
