//! Ctrl-C, the one request to end that every platform has.

use std::io;

use crate::sys::signal::Signal;

/// The requests to end that reach this process, as a stream. From the first call of [`Signals::next`] on, Ctrl-C no
/// longer ends the process by itself.
#[derive(Debug)]
pub struct Signals(());

impl Signals {
    /// Starts listening.
    ///
    /// # Errors
    /// Never.
    pub fn new() -> io::Result<Signals> {
        Ok(Signals(()))
    }

    /// The next one. Cancel-safe.
    pub async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            // It cannot be listened for: then it never comes this way, and ends the process as it always did.
            Err(_) => std::future::pending().await,
        }
    }
}

/// Signals have no common numbers beyond Unix.
pub fn signal_name(_signal: i32) -> &'static str {
    "unknown signal"
}
