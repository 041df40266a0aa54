//! What can go wrong with a server.

use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::app::quantity::format_duration;
use crate::sys::process::{ExitStatus, ProcessError};

/// Why a server could not be started, or did not end as it was told to.
///
/// `Debug` says the same as `Display`, because that is how a fixture's error is told.
#[non_exhaustive]
pub enum ServerError {
    /// There is no such program.
    NotInstalled {
        /// What was asked for.
        program: String,
    },
    /// The system did not start it.
    Start {
        /// What the system says.
        source: ProcessError,
    },
    /// Its directory could not be made.
    Directory {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No port could be had.
    Port {
        /// What the system says.
        source: io::Error,
    },
    /// It ended before it was ready, each time it was tried.
    EndedEarly {
        /// What was started.
        program: String,
        /// How it ended the last time.
        status: ExitStatus,
        /// How often it was tried, each time on another port.
        tries: u32,
        /// The end of what it wrote.
        output: String,
    },
    /// It was not ready in time.
    NotReady {
        /// What was started.
        program: String,
        /// Where it should listen.
        address: SocketAddr,
        /// What was waited for.
        waited_for: String,
        /// For how long.
        within: Duration,
        /// The end of what it wrote.
        output: String,
    },
    /// It was to be stopped, and had ended by itself, or crashed as it ended.
    Gone {
        /// What was started.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote.
        output: String,
    },
    /// It did not end when it was told to, and was killed.
    Killed {
        /// What was started.
        program: String,
        /// How long it had.
        within: Duration,
        /// The end of what it wrote.
        output: String,
    },
}

impl Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerError::NotInstalled { program } => write!(
                f,
                "there is no program `{program}` on the PATH: install it, or say `.or_skip()` to skip the tests that need it"
            ),
            ServerError::Start { source } => Display::fmt(source, f),
            ServerError::Directory { path, source } => write!(
                f,
                "cannot make the directory {} for a server: {source}; TMPDIR says where such are made",
                path.display()
            ),
            ServerError::Port { source } => write!(f, "cannot find a free port on 127.0.0.1: {source}"),
            ServerError::EndedEarly { program, status, tries, output } => {
                let times = if *tries == 1 { "once".to_owned() } else { format!("{tries} times") };
                write!(f, "`{program}` was started {times} and ended before it was ready: {status}")?;
                told(f, output)
            }
            ServerError::NotReady { program, address, waited_for, within, output } => {
                let within = format_duration(*within);
                write!(
                    f,
                    "`{program}` was not ready within {within}: {waited_for} was waited for, it should listen on {address}; \
                     `.within(..)` gives it more time, `.ready_when_it_says(..)` another sign"
                )?;
                told(f, output)
            }
            ServerError::Gone { program, status, output } => {
                write!(f, "`{program}` ended by itself: {status}")?;
                told(f, output)
            }
            ServerError::Killed { program, within, output } => {
                let within = format_duration(*within);
                write!(f, "`{program}` was told to end (SIGTERM), did not within {within}, and was killed")?;
                told(f, output)
            }
        }
    }
}

fn told(f: &mut fmt::Formatter<'_>, output: &str) -> fmt::Result {
    if output.is_empty() {
        f.write_str("; it wrote nothing")
    } else {
        write!(f, "; it wrote at last:\n{}", output.trim_end())
    }
}

impl Debug for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl Error for ServerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ServerError::Start { source } => Some(source),
            ServerError::Directory { source, .. } | ServerError::Port { source } => Some(source),
            _ => None,
        }
    }
}
