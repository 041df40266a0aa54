//! The first call in `main`: what is this process?
//!
//! A worker is this same binary, executed again with a mark in its environment and one end of a socketpair as its
//! standard input. [`enter`] takes the mark out of the environment before anything else can see it, and believes it
//! only if the process that made the socket is the one the mark names, is this process's parent, and has put the
//! mark's nonce on the socket: so a program that a trial starts never becomes a worker, even with the mark put back.
//!
//! A process that came through here is bootstrapped: only such a one may place actors in processes, because a binary
//! that never asks what it is would start over from the top of its `main`, and again in each of its children.

use std::sync::atomic::{AtomicU32, Ordering};

use super::process::{OwnedFd, StdSocket};

/// Process id of the process that came through `enter`; 0 before.
static BOOTSTRAPPED: AtomicU32 = AtomicU32::new(0);

/// What this process is, with what it was given.
#[derive(Debug)]
pub enum Role {
    /// Started by a person or a tool: it runs the program.
    Arbiter,
    /// Started by an arbiter: it serves what comes over its socket.
    Worker(WorkerBoot),
}

/// What [`enter`] found.
#[derive(Debug)]
pub struct Boot {
    /// What this process is.
    pub role: Role,
    /// How many threads ran before `main` did anything: more than 1 where constructors (sanitizers, profilers)
    /// started some; `None` where the system does not tell.
    pub threads: Option<usize>,
}

/// What a worker process was given.
#[derive(Debug)]
pub struct WorkerBoot {
    /// Its end of the socketpair, non-blocking and close-on-exec.
    pub socket: StdSocket,
    /// The files of [`SpawnOptions::pass`](super::process::SpawnOptions::pass), in that order, close-on-exec.
    pub passed: Vec<OwnedFd>,
    /// Process id of the arbiter.
    pub arbiter_pid: u32,
    /// Whether it was started with [`fork::MARK`](super::fork::MARK): it is to serve on its one thread.
    pub forks: bool,
}

/// Finds out what this process is. Call it first thing in `main`, before any thread is started and before anything
/// reads the environment or standard input.
///
/// In every process: files that were inherited close when another program is executed (cargo's jobserver is spared).
/// In a worker besides: standard input is `/dev/null`, it dies with its arbiter, and orphans of what it starts become
/// its own children. In a guardian, the process that outlives an arbiter to clean up behind it, this never returns.
///
/// A second call finds an arbiter; the mark is gone by then.
pub fn enter() -> Boot {
    let boot = super::platform::boot::enter();
    BOOTSTRAPPED.store(std::process::id(), Ordering::Release);
    boot
}

/// This process is a fork of one that came through [`enter`] and had never started a process: it may.
#[cfg(all(unix, not(rehearsal_portable)))]
pub(super) fn adopt() {
    BOOTSTRAPPED.store(std::process::id(), Ordering::Release);
}

/// Whether this process came through [`enter`]. A fork of one that did has not: the thread that starts processes is not
/// in it.
pub fn is_bootstrapped() -> bool {
    BOOTSTRAPPED.load(Ordering::Acquire) == std::process::id()
}
