//! Warnings and errors of the run as a whole: a line each on stderr, whatever the format on stdout.

use std::fmt::Write;

use crate::harness::event::Event;

use super::reporters::Reporter;
use super::sink::Sink;

/// Writes `warning: …` and `error: …`.
#[derive(Debug)]
pub struct Notice {
    out: Sink,
}

impl Notice {
    /// To this sink.
    pub fn new(out: Sink) -> Notice {
        Notice { out }
    }
}

impl Reporter for Notice {
    fn event(&mut self, event: &Event<'_>) {
        let _ = match event {
            Event::Warning { message } => writeln!(self.out, "warning: {message}"),
            Event::RunError { message } => writeln!(self.out, "error: {message}"),
            _ => return,
        };
        self.out.flush();
    }
}
