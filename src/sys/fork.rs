//! A copy of this process that goes on by itself: who may fork, what a fork is to the process that made it, and what
//! becomes of the processes it leaves behind.
//!
//! Only a process with one thread may: in a copy of one with more, the other threads are gone with their locks held.
//! Each fork leads a process group of its own and dies with the process that made it. What it leaves behind comes to
//! that process, whatever group or session it went to, and is killed there; should that process be killed itself, a
//! [`Keeper`] kills the group.

use std::fmt;
use std::io;

pub use super::platform::bell::{Bell, Rope};
pub use super::platform::belongings::{Belongings, threads_beyond};
pub use super::platform::fork::{Bond, Ear, Forked, Keeper, Letter, join_within, roam, wait, wait_for_bell};
pub use super::platform::large_pages::gather as gather_memory;

/// Set in the environment of a process that is to fork, and taken out of it before `main` sees it: see
/// [`WorkerBoot::forks`](super::boot::WorkerBoot::forks).
pub const MARK: &str = "REHEARSAL_FORK";

/// Which of the two processes goes on here.
#[derive(Debug)]
pub enum Side {
    /// The one that forked.
    Parent(Forked),
    /// The fork, and its end of the socket by which it hangs together with the other one.
    Child(Bond),
}

/// What a fork is asked for by the process that made it, over the socket by which they hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To put its things in order, and to end.
    End = 1,
    /// To tell what it is at.
    Tell = 2,
}

/// What has become of the socket by which a fork hangs together with the process that made it. The fork says nothing
/// there: it shows whether the fork's code laid hands on descriptors that are not its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// As it should be.
    Whole,
    /// The fork has closed its end: it is ending, or has become another program, or closed everything there is.
    Cut,
    /// It has written to it.
    Soiled,
}

/// Why there is no fork.
#[derive(Debug)]
pub enum ForkError {
    /// There are other threads, which would be missing in the fork with their locks held.
    Threads {
        /// How many there are with the one that asked.
        count: usize,
    },
    /// The system refused; the text names the limit, where one is behind it.
    System {
        /// What it says.
        source: io::Error,
    },
}

impl fmt::Display for ForkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ForkError::Threads { count } => write!(
                f,
                "a process with {count} threads cannot be forked, for a fork has only one of them: something started \
                 threads before the first test (a constructor, a profiler, a sanitizer); use isolation `process`"
            ),
            ForkError::System { source } => write!(f, "fork failed: {source}"),
        }
    }
}

impl std::error::Error for ForkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ForkError::Threads { .. } => None,
            ForkError::System { source } => Some(source),
        }
    }
}
