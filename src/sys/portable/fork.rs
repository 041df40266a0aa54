//! There is no fork here; the types say so, each by a private part that cannot exist.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};

use super::bell::Bell;
use super::process::StdSocket;
use crate::sys::fork::{ForkError, Side, Tie, Wish};
use crate::sys::process::ExitStatus;

/// What kills the group of a fork: there is none.
#[derive(Debug)]
pub struct Keeper {
    never: Infallible,
}

impl Keeper {
    /// Starts it.
    ///
    /// # Errors
    /// Always.
    pub fn start() -> Result<Keeper, ForkError> {
        Err(ForkError::System { source: io::ErrorKind::Unsupported.into() })
    }

    /// Forks.
    ///
    /// # Errors
    /// Never.
    pub fn fork(&self) -> Result<Side, ForkError> {
        match self.never {}
    }

    /// Kills what forks left behind.
    pub fn clear(&self, _: Duration) -> Vec<String> {
        match self.never {}
    }
}

/// A fork: there is none.
#[derive(Debug)]
pub struct Forked {
    never: Infallible,
}

impl Forked {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        match self.never {}
    }

    /// How it ended.
    pub fn try_reap(&self) -> Option<ExitStatus> {
        match self.never {}
    }

    /// What became of the socket.
    pub fn tie(&self) -> Tie {
        match self.never {}
    }

    /// Tells it to end.
    pub fn end(&self, _: bool) {
        match self.never {}
    }

    /// Asks it for something.
    pub fn ask_for(&self, _: Wish) -> bool {
        match self.never {}
    }
}

/// A fork's end of the socket that it has with who made it.
#[derive(Debug)]
pub struct Bond {
    never: Infallible,
}

impl Bond {
    /// Waits until this process is asked for something, or the bell rings.
    pub fn wait(&self, _: &Bell) -> Option<Wish> {
        match self.never {}
    }

    /// Says what the other process may like to know.
    pub fn part(&self) {
        match self.never {}
    }

    /// Ends this process and its group.
    pub fn end_group(&self) {
        match self.never {}
    }
}

/// Waits for the end of a thread, for as long as that takes.
pub fn join_within(thread: JoinHandle<()>, _: Duration) -> Option<JoinHandle<()>> {
    drop(thread.join());
    None
}

/// Nothing was kept anywhere.
pub fn roam() {}

/// Waits for a bell.
///
/// # Errors
/// Never.
pub fn wait_for_bell(ear: &Ear, _: &Bell, _: Duration) -> io::Result<()> {
    match ear.never {}
}

/// Waits for a fork.
///
/// # Errors
/// Never.
pub fn wait(ear: &Ear, _: Option<&Forked>, _: Duration) -> io::Result<()> {
    match ear.never {}
}

/// A socket that is read without a runtime: there is nobody to talk to.
#[derive(Debug)]
pub struct Ear {
    never: Infallible,
}

impl Ear {
    /// Reads from this socket.
    pub fn new(socket: StdSocket) -> Ear {
        socket.never()
    }
}

impl AsyncRead for Ear {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.never {}
    }
}

/// What a fork tells: there is none.
#[derive(Debug)]
pub struct Letter {
    never: Infallible,
}

impl Letter {
    /// An empty one.
    ///
    /// # Errors
    /// Always.
    pub fn new() -> io::Result<Letter> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Writes it.
    ///
    /// # Errors
    /// Never.
    pub fn write(&self, _: &[u8]) -> io::Result<()> {
        match self.never {}
    }

    /// Says that there is nothing more to come.
    pub fn close(&self) {
        match self.never {}
    }

    /// Whether its writer said so.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match self.never {}
    }

    /// What was written so far.
    ///
    /// # Errors
    /// Never.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        match self.never {}
    }

    /// What was written.
    ///
    /// # Errors
    /// Never.
    pub fn take(&self) -> io::Result<Vec<u8>> {
        match self.never {}
    }
}
