//! Nothing is captured here.

use std::io::{self, Write};

use super::process::OwnedFd;

/// Output of a process, in memory: there is no process.
#[derive(Debug)]
pub struct Capture {
    never: std::convert::Infallible,
}

impl Capture {
    /// A new and empty one: not here.
    ///
    /// # Errors
    /// Always.
    pub fn new() -> io::Result<Capture> {
        Err(io::Error::new(io::ErrorKind::Unsupported, super::process::WHY))
    }

    /// The capture that this process's stdout goes to: never one of ours.
    ///
    /// # Errors
    /// Never.
    pub fn of_stdout() -> io::Result<Option<Capture>> {
        Ok(None)
    }

    /// A duplicate of the file.
    ///
    /// # Errors
    /// Never.
    pub fn fd(&self) -> io::Result<OwnedFd> {
        match self.never {}
    }

    /// Bytes written so far.
    ///
    /// # Errors
    /// Never.
    pub fn len(&self) -> io::Result<u64> {
        match self.never {}
    }

    /// Whether nothing was written.
    ///
    /// # Errors
    /// Never.
    pub fn is_empty(&self) -> io::Result<bool> {
        match self.never {}
    }

    /// Memory that what is kept takes up, bytes.
    ///
    /// # Errors
    /// Never.
    pub fn kept(&self) -> io::Result<u64> {
        match self.never {}
    }

    /// What was written, at most `limit` bytes of it, and how many bytes of the middle are missing.
    ///
    /// # Errors
    /// Never.
    pub fn read(&self, _limit: u64) -> io::Result<(Vec<u8>, u64)> {
        match self.never {}
    }

    /// Gives the memory of the middle back where more than `limit` bytes were written.
    ///
    /// # Errors
    /// Never.
    pub fn punch(&self, _limit: u64) -> io::Result<()> {
        match self.never {}
    }

    /// How many bytes were written, if stdout and stderr of this process still go here: there is no such file here.
    pub fn written(&self) -> Option<u64> {
        match self.never {}
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// Never.
    pub fn clear(&self) -> io::Result<()> {
        match self.never {}
    }
}

/// Stands for stdout having been sent to stderr, which is not done here.
#[derive(Debug)]
pub struct Aside(());

/// Leaves stdout where it is.
pub fn stdout_aside() -> Aside {
    Aside(())
}

/// Writes out what Rust's standard streams of this process still hold in buffers.
pub fn flush_all() {
    // There is nobody to tell: a stream that cannot be written to is what the trial itself made of it.
    let _ = io::stdout().flush();
    let _ = io::stderr().flush();
}
