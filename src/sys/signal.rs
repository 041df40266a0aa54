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
}
