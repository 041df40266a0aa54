//! Nothing to send to.

use std::io;
use std::time::Duration;

use super::process::StdSocket;
use crate::sys::wire::WireError;

/// Puts whole frames on a socket, from any thread: there is no socket.
#[derive(Debug, Clone)]
pub struct BlockingSender {
    never: std::convert::Infallible,
}

impl BlockingSender {
    /// A sender over a duplicate of this socket.
    ///
    /// # Errors
    /// Never.
    pub fn new(socket: &StdSocket) -> io::Result<BlockingSender> {
        socket.never()
    }

    /// Writes the whole of `frame`.
    ///
    /// # Errors
    /// Never.
    pub fn send(&self, _frame: &[u8], _within: Duration) -> Result<(), WireError> {
        match self.never {}
    }
}
