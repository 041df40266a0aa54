//! Signals as events, and their names.

pub use super::platform::signal::{Signals, signal_name};

/// A request from outside to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// `SIGINT`: Ctrl-C.
    Interrupt,
    /// `SIGTERM`: a supervisor asks to end.
    Terminate,
    /// `SIGQUIT`: Ctrl-\.
    Quit,
    /// `SIGHUP`: the terminal is gone.
    Hangup,
}

impl Signal {
    /// `SIGINT` and so on.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
            Signal::Quit => "SIGQUIT",
            Signal::Hangup => "SIGHUP",
        }
    }

    /// The exit code of a program that this ends, as shells have it: 128 and the signal's number.
    pub fn exit_code(self) -> u8 {
        match self {
            Signal::Hangup => 128 + 1,
            Signal::Interrupt => 128 + 2,
            Signal::Quit => 128 + 3,
            Signal::Terminate => 128 + 15,
        }
    }
}
