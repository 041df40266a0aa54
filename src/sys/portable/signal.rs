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

/// `SIGSEGV` for 11 and so on, for those that have the same number on every system that has signals.
pub fn signal_name(signal: i32) -> &'static str {
    match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        _ => "unknown signal",
    }
}
