//! The deprecated `--logfile`: `ok NAME`, `failed NAME`, `ignored NAME`, a line a trial.

use std::fmt::Write;
use std::fs::File;

use crate::harness::cli::Options;
use crate::harness::event::Event;
use crate::harness::outcome::Verdict;

use super::reporters::{Reporter, ReporterError};
use super::sink::Sink;
use super::words;

/// The file of `--logfile`, made anew, where that was given.
///
/// # Errors
/// [`ReporterError::Logfile`] where it cannot be opened.
pub fn open(options: &Options) -> Result<Option<Sink>, ReporterError> {
    let Some(path) = &options.logfile else { return Ok(None) };
    let file = File::create(path).map_err(|source| ReporterError::Logfile { path: path.clone(), source })?;
    Ok(Some(Sink::writer("the file of --logfile", file)))
}

/// Writes a line a trial to a file.
#[derive(Debug)]
pub struct Logfile {
    out: Sink,
}

impl Logfile {
    /// To this sink.
    pub fn new(out: Sink) -> Logfile {
        Logfile { out }
    }
}

impl Reporter for Logfile {
    fn event(&mut self, event: &Event<'_>) {
        let Event::Finished { trial, outcome } = event else { return };
        let said = match &outcome.verdict {
            Verdict::Ignored { reason } => reason.clone(),
            verdict if verdict.is_pass() => String::new(),
            _ => words::message(outcome),
        };
        let word = match &outcome.verdict {
            verdict if verdict.is_pass() => "ok",
            Verdict::Ignored { .. } => "ignored",
            _ => "failed",
        };
        let gap = if said.is_empty() { "" } else { ": " };
        let _ = writeln!(self.out, "{word}{gap}{said} {}", trial.name);
        self.out.done();
    }

    fn flush(&mut self) {
        self.out.flush();
    }

    fn trouble(&self) -> Option<&str> {
        self.out.trouble()
    }
}
