//! This binary again, as a child process: how to ask for one, what can go wrong, how it ended.
//!
//! [`spawn_self`] starts it on one thread that lives as long as this process (on Linux a child is told to die when
//! the *thread* that started it ends), in a process group of its own, holding one end of a socketpair. A [`Child`]
//! owns the whole group: when the child is gone, or the `Child` is dropped, what it had started in that group is
//! killed too. Should this process itself be killed, a guardian process does the same for all groups.
//! What calls `setsid` or leaves its group is out of reach.

use std::ffi::OsString;
use std::fmt;
use std::io;

use super::limit::LimitKind;

pub(crate) use super::platform::lookout::Lookout;
pub use super::platform::process::{
    Child, OwnedFd, ReadEnd, Socket, StdSocket, UNSUPPORTED, WriteEnd, children, end_own_group,
    guardian_failure, hit, is_gone, leaves_children, name_of, reap_finished, settle_children, spawn_self,
    strays, terminate_group,
};

#[cfg(feature = "bench")]
pub(crate) use super::platform::process::image;
#[cfg(any(feature = "server", feature = "bench"))]
pub use super::platform::process::spawn_program;

/// The most files that [`SpawnOptions::pass`] can carry: what the kernel takes in one message.
pub const MAX_PASSED: usize = 253;

/// What happens to a process from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// SIGSTOP: it does nothing until it is continued.
    Stop,
    /// SIGCONT.
    Continue,
    /// SIGKILL.
    Kill,
}

/// Where a child's stdout and stderr go.
#[derive(Debug, Default)]
pub enum Output {
    /// To where this process's go.
    #[default]
    Inherit,
    /// Nowhere.
    Null,
    /// Both to this one file, so that their order is kept.
    File(OwnedFd),
}

/// The name of the program: that of its file. Titles of processes begin with it.
pub fn program_name() -> String {
    let own = std::env::current_exe().unwrap_or_default();
    own.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// How to start a child.
#[derive(Debug, Default)]
pub struct SpawnOptions {
    /// What process listings call it (its `argv[0]`, and its main thread's name where the system has such). Where a
    /// system's names are too short for it, the program's name and the dash behind it are left out.
    pub title: String,
    /// Where its stdout and stderr go.
    pub output: Output,
    /// Files to give it, found in [`WorkerBoot::passed`](super::boot::WorkerBoot::passed); at most [`MAX_PASSED`].
    pub pass: Vec<OwnedFd>,
    /// Its arguments, for what reads a command line of its own.
    pub args: Vec<OsString>,
    /// Environment variables to set beside those it inherits.
    pub env: Vec<(OsString, OsString)>,
}

impl SpawnOptions {
    /// The same options once more, with files of their own that refer to the same.
    ///
    /// # Errors
    /// Where the system has no more files to give.
    pub fn try_clone(&self) -> Result<SpawnOptions, ProcessError> {
        let failed = |source| ProcessError::Spawn {
            title: self.title.clone(),
            doing: "duplicating a file that it is given",
            source,
        };
        let output = match &self.output {
            Output::Inherit => Output::Inherit,
            Output::Null => Output::Null,
            Output::File(file) => Output::File(file.try_clone().map_err(failed)?),
        };
        let pass = self.pass.iter().map(|file| file.try_clone().map_err(failed));
        let pass = pass.collect::<Result<_, _>>()?;
        Ok(SpawnOptions {
            title: self.title.clone(),
            output,
            pass,
            args: self.args.clone(),
            env: self.env.clone(),
        })
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitStatus {
    /// It exited by itself with this code.
    Exited(i32),
    /// This signal killed it.
    Signaled(i32),
    /// It is gone, but someone else in this process waited for it first and has its status
    /// (a `waitpid(-1)` somewhere, for one).
    Lost,
}

impl ExitStatus {
    /// Exit code 0.
    pub fn success(self) -> bool {
        self == ExitStatus::Exited(0)
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ExitStatus::Exited(code) => write!(f, "exit code {code}"),
            ExitStatus::Signaled(signal) => {
                write!(f, "signal {signal}, {}", super::signal::signal_name(signal))
            }
            ExitStatus::Lost => {
                f.write_str("gone, its exit status was taken by another wait in this process")
            }
        }
    }
}

/// A child of this process, as [`children`] finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChildProcess {
    /// Its process id.
    pub pid: u32,
    /// It has ended; only its exit status is still there.
    pub finished: bool,
}

/// Why a child could not be started or dealt with.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProcessError {
    /// There are no worker processes on this platform.
    Unsupported {
        /// Why.
        why: &'static str,
    },
    /// `main` never called [`boot::enter`](super::boot::enter).
    NotBootstrapped {
        /// What was to be started.
        title: String,
    },
    /// The system's limits do not allow it.
    Limit {
        /// What was to be started.
        title: String,
        /// Which limit, what it is, and what to do about it.
        limit: LimitKind,
        /// What the system says.
        source: io::Error,
    },
    /// More files to pass than one message can carry.
    TooManyFiles {
        /// What was to be started.
        title: String,
        /// How many there were.
        count: usize,
    },
    /// The system failed otherwise.
    Spawn {
        /// What was to be started.
        title: String,
        /// At which step.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// Something about a running child failed.
    Child {
        /// Which.
        pid: u32,
        /// What was being done.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl std::fmt::Display for ProcessError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ProcessError::Unsupported { why } => write!(
                f,
                "processes cannot be placed here: {why}; use thread placement (`--isolation thread` for a suite)"
            ),
            ProcessError::NotBootstrapped { title } => write!(
                f,
                "cannot start process `{title}`: this binary's `main` does not go through Rehearsal, so a copy of it would \
         run the whole program again; put `#[rehearsal::program]` on `main` (in a suite: `rehearsal::main!()`)"
            ),
            ProcessError::Limit { title, limit, source } => {
                write!(f, "cannot start process `{title}`: {limit} ({source})")
            }
            ProcessError::TooManyFiles { title, count } => write!(
                f,
                "cannot start process `{title}`: {count} files to pass, at most {MAX_PASSED} can be"
            ),
            ProcessError::Spawn { title, doing, source } => {
                write!(f, "cannot start process `{title}`: {doing} failed: {source}")
            }
            ProcessError::Child { pid, doing, source } => {
                write!(f, "process {pid}: {doing} failed: {source}")
            }
        }
    }
}

impl std::error::Error for ProcessError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ProcessError::Limit { source, .. } => Some(source),
            ProcessError::Spawn { source, .. } => Some(source),
            ProcessError::Child { source, .. } => Some(source),
            _ => None,
        }
    }
}
