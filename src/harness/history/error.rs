//! What can go wrong with a history. None of it is a reason for a run to be red.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::text::{Unread, VERSION};

/// A history that could not be read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum HistoryError {
    /// The file is there and could not be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no history, or one of another version; it was set aside where that could be done.
    SetAside {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        unread: Unread,
        /// Where it is now, or why it still is where it was.
        aside: io::Result<PathBuf>,
    },
    /// The file could not be written.
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another run was writing it for too long.
    Busy {
        /// The file that both lock.
        lock: PathBuf,
    },
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HistoryError::Unreadable { path, source } => write!(
                f,
                "the history of earlier runs, {}, could not be read: {source}; this run does without. \
                 `--history DIR` keeps it elsewhere, `--history none` nowhere",
                path.display()
            ),
            HistoryError::SetAside { path, unread, aside } => {
                write!(f, "the history of earlier runs, {}, is ", path.display())?;
                match unread {
                    Unread::Version(found) => write!(f, "of version {found}, not {VERSION}")?,
                    Unread::Malformed { line, problem } => write!(f, "damaged (line {line}: {problem})")?,
                }
                match aside {
                    Ok(aside) => write!(f, "; it was set aside as {} and a new one begins", aside.display()),
                    Err(error) => write!(f, " and could not be set aside: {error}; remove it"),
                }
            }
            HistoryError::Unwritable { path, source } => write!(
                f,
                "what this run has learnt of its tests could not be kept in {}: {source}; the next run will not know it. \
                 `--history DIR` keeps it elsewhere, `--history none` nowhere",
                path.display()
            ),
            HistoryError::Busy { lock } => write!(
                f,
                "what this run has learnt of its tests was not kept: another run holds {}; the next run will not know it",
                lock.display()
            ),
        }
    }
}

impl std::error::Error for HistoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            HistoryError::Unreadable { source, .. } | HistoryError::Unwritable { source, .. } => Some(source),
            HistoryError::SetAside { .. } | HistoryError::Busy { .. } => None,
        }
    }
}
