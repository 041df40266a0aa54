//! No process can be made here; the types say so, each by a private part that cannot exist. That it is private keeps
//! the compiler from calling the code above unreachable, which it is.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::lookout::Lookout;
use crate::sys::process::{ChildProcess, ExitStatus, ProcessError, SpawnOptions};

/// An open file of the system: there is nobody to pass one to.
#[derive(Debug)]
pub struct OwnedFd {
    never: Infallible,
}

impl OwnedFd {
    pub(super) fn never(&self) -> ! {
        match self.never {}
    }

    /// A duplicate.
    ///
    /// # Errors
    /// Never.
    pub fn try_clone(&self) -> io::Result<OwnedFd> {
        match self.never {}
    }
}

/// A socket before a runtime takes it: there is nobody to talk to.
#[derive(Debug)]
pub struct StdSocket {
    never: Infallible,
}

impl StdSocket {
    pub(super) fn never(&self) -> ! {
        match self.never {}
    }

    /// A duplicate.
    ///
    /// # Errors
    /// Never.
    pub fn try_clone(&self) -> io::Result<StdSocket> {
        match self.never {}
    }
}

/// A socket on a runtime: there is nobody to talk to.
#[derive(Debug)]
pub struct Socket {
    never: Infallible,
}

impl Socket {
    /// Gives the socket to the current runtime.
    ///
    /// # Errors
    /// Never.
    pub fn from_std(socket: StdSocket) -> io::Result<Socket> {
        match socket.never {}
    }

    pub(crate) fn looking_out(self, _: Arc<Lookout>) -> Socket {
        match self.never {}
    }
}

/// The end of a socket that is read.
pub type ReadEnd = Socket;
/// The end of a socket that is written to.
pub type WriteEnd = Socket;

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.never {}
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        match self.never {}
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.never {}
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.never {}
    }
}

/// A child process: there is none.
#[derive(Debug)]
pub struct Child {
    /// Its process id.
    pub pid: u32,
    never: Infallible,
}

impl Child {
    /// Our end of the child's socket.
    ///
    /// # Errors
    /// Never.
    pub fn socket(&self) -> Result<Socket, ProcessError> {
        match self.never {}
    }

    /// Both ends of it.
    ///
    /// # Errors
    /// Never.
    pub fn ends(&self) -> Result<(ReadEnd, WriteEnd), ProcessError> {
        match self.never {}
    }

    /// Sends a signal to the child and all that is in its group.
    ///
    /// # Errors
    /// Never.
    pub fn signal_group(&self, _signal: i32) -> Result<(), ProcessError> {
        match self.never {}
    }

    /// Kills the child and all that is in its group.
    pub fn kill_group(&self) {
        match self.never {}
    }

    /// Waits until the child has ended.
    pub async fn wait(&self) -> ExitStatus {
        match self.never {}
    }

    /// How the child ended, if it has.
    pub fn try_wait(&self) -> Option<ExitStatus> {
        match self.never {}
    }
}

/// Starts this binary again as a worker: not here.
///
/// # Errors
/// Always [`ProcessError::Unsupported`].
pub fn spawn_self(_options: SpawnOptions) -> Result<Child, ProcessError> {
    Err(ProcessError::Unsupported { why: WHY })
}

/// Starts another program: not here.
///
/// # Errors
/// Always [`ProcessError::Unsupported`].
#[cfg(any(feature = "server", feature = "bench"))]
pub fn spawn_program(_title: String, _command: std::process::Command) -> Result<Child, ProcessError> {
    Err(ProcessError::Unsupported { why: WHY })
}

/// What is executed to run this program once more.
///
/// # Errors
/// What the system says where it does not tell which file that is.
#[cfg(feature = "bench")]
pub(crate) fn image() -> io::Result<std::path::PathBuf> {
    std::env::current_exe()
}

/// Sends SIGTERM to a child's process group: there is none here.
pub fn terminate_group(_pid: u32) {}

/// Does nothing: nobody starts this process as a worker.
pub fn end_own_group(_hard: bool) {}

/// Sends a signal to one process: not here.
///
/// # Errors
/// Always.
pub fn hit(_pid: u32, _blow: crate::sys::process::Blow) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Why no process can be started from here.
pub const UNSUPPORTED: Option<&str> = Some(WHY);

/// Why there are no processes here.
pub(super) const WHY: &str = if cfg!(unix) {
    "this build was made with `--cfg rehearsal_portable`, which leaves worker processes out"
} else {
    "worker processes need Unix (socketpairs, process groups)"
};

/// How many children of this process are running: none that we know of.
pub fn leaves_children() -> Option<usize> {
    None
}

/// Waits until no child of this process runs any more: none does.
pub fn settle_children(_within: std::time::Duration) -> Option<usize> {
    None
}

/// The children of this process that nobody waits for: none that we know of.
pub fn strays() -> Vec<ChildProcess> {
    Vec::new()
}

/// The children of this process: none that we know of.
pub fn children() -> Vec<ChildProcess> {
    Vec::new()
}

/// Whether there is no process of this number any more: nobody tells here.
pub fn is_gone(_: u32) -> bool {
    false
}

/// What listings call a process: nobody that we know of.
pub fn name_of(_: u32) -> Option<String> {
    None
}

/// Takes the exit status of every child that has ended: none that we know of.
pub fn reap_finished() -> usize {
    0
}

/// Why there is no guardian, where there should be one: none is needed.
pub fn guardian_failure() -> Option<String> {
    None
}
