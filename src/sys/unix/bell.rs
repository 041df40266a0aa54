//! A descriptor that tells a thread which waits for others too that another thread is done.

use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::process::{StdSocket, wait_readable};

/// What is waited for.
#[derive(Debug)]
pub struct Bell(StdSocket);

/// Rings when it is dropped.
#[derive(Debug)]
pub struct Rope(StdSocket);

impl Drop for Rope {
    fn drop(&mut self) {
        // A fork of this process may have the descriptor too: closing it is not enough. One byte always fits.
        let _ = self.0.write(&[1]);
    }
}

impl Bell {
    /// A bell, and what it hangs on.
    ///
    /// # Errors
    /// Where this process may not open more files.
    pub fn hang() -> io::Result<(Bell, Rope)> {
        let (ours, theirs) = StdSocket::pair()?;
        Ok((Bell(ours), Rope(theirs)))
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Whether it has rung.
    pub fn has_rung(&self) -> bool {
        // Where it cannot be waited for nobody will ring it.
        wait_readable(&[self.descriptor()], Some(Duration::ZERO)).unwrap_or(true)
    }
}
