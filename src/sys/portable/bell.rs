//! What a forked process's threads wait for; there is none here.

use std::convert::Infallible;
use std::io;

/// What is waited for.
#[derive(Debug)]
pub struct Bell {
    pub(super) never: Infallible,
}

/// Rings when it is dropped.
#[derive(Debug)]
pub struct Rope {
    _never: Infallible,
}

impl Bell {
    /// A bell, and what it hangs on.
    ///
    /// # Errors
    /// Always.
    pub fn hang() -> io::Result<(Bell, Rope)> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Whether it has rung.
    pub fn has_rung(&self) -> bool {
        match self.never {}
    }
}
