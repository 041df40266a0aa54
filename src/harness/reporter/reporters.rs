//! The trait of all reporters, and the fan-out of events to those that a run was asked for.

use std::path::PathBuf;

use crate::harness::again::Again;
use crate::harness::cli::{Format, Options};
use crate::harness::event::Event;
use crate::harness::target::Target;

use super::json::Json;
use super::junit::Junit;
use super::lines::Lines;
use super::logfile::{self, Logfile};
use super::notice::Notice;
use super::paint::Paint;
use super::progress::Progress;
use super::screen::Screen;
use super::sink::Sink;

/// Something that is told what happens in a run.
pub trait Reporter {
    /// One thing happened.
    fn event(&mut self, event: &Event<'_>);

    /// Nothing happens right now: what is buffered should be shown.
    fn flush(&mut self) {}

    /// What went wrong with telling; a reader that has gone away is not worth telling.
    fn trouble(&self) -> Option<&str> {
        None
    }
}

/// A reporter that cannot begin.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReporterError {
    /// The file of `--logfile`.
    Logfile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What was to be told could not be.
    Write(String),
}

impl std::fmt::Display for ReporterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReporterError::Logfile { path, source } => {
                write!(f, "cannot write to the file of --logfile, {}: {source}", path.display())
            }
            ReporterError::Write(what) => write!(f, "{what}"),
        }
    }
}

impl std::error::Error for ReporterError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ReporterError::Logfile { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// All reporters of a run.
pub struct Reporters {
    all: Vec<Box<dyn Reporter + Send>>,
}

impl Reporters {
    /// Those that `options` ask for, writing to stdout and stderr of this program, the suite of this target.
    ///
    /// A live display is drawn where stdout is a terminal, results are lines, trials do not write between them,
    /// and nobody said no.
    ///
    /// # Errors
    /// A log file that cannot be opened.
    pub fn for_run(options: &Options, target: Option<&Target>) -> Result<Reporters, ReporterError> {
        let paint = Paint::chosen(options.color);
        let progress = Progress::wanted(options).then(|| Progress::on(Screen::of_stdout(), paint));
        let screen = progress.as_ref().map(Progress::screen);
        let out = Sink::stdout().above(screen);
        let again = || {
            // Where even that is unknown a shell says so, and the rest of the line is still of use.
            let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("this-suite"));
            Some(Again::new(target, options, &program))
        };
        let mut all: Vec<Box<dyn Reporter + Send>> = vec![match options.format {
            Format::Pretty => Box::new(Lines::pretty(out, paint, options, again())),
            Format::Terse => Box::new(Lines::terse(out, paint, options, again())),
            Format::Json => Box::new(Json::new(out, options)),
            Format::Junit => Box::new(Junit::new(out, options)),
        }];
        all.push(Box::new(Notice::new(Sink::stderr().above(screen))));
        if let Some(log) = logfile::open(options)? {
            all.push(Box::new(Logfile::new(log)));
        }
        if let Some(progress) = progress {
            // First of all: its drawing has to be gone before the others write their last lines.
            all.insert(0, Box::new(progress));
        }
        Ok(Reporters { all })
    }

    /// These reporters, in this order.
    pub fn of(all: Vec<Box<dyn Reporter + Send>>) -> Reporters {
        Reporters { all }
    }
}

impl Reporter for Reporters {
    fn event(&mut self, event: &Event<'_>) {
        // What goes to stderr must not overtake what has been said on stdout.
        if matches!(event, Event::Warning { .. } | Event::RunError { .. }) {
            self.flush();
        }
        for reporter in &mut self.all {
            reporter.event(event);
        }
        if let Event::RunFinished { .. } = event {
            self.flush();
        }
    }

    fn flush(&mut self) {
        for reporter in &mut self.all {
            reporter.flush();
        }
    }

    fn trouble(&self) -> Option<&str> {
        self.all.iter().find_map(|reporter| reporter.trouble())
    }
}

impl std::fmt::Debug for Reporters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reporters").field("count", &self.all.len()).finish()
    }
}
