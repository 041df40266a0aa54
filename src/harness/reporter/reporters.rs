//! The trait of all reporters, and the fan-out of events to those that a run was asked for.

use std::path::PathBuf;

use crate::harness::again::Again;
use crate::harness::cli::{Format, Options};
use crate::harness::event::Event;
use crate::harness::history::known::Known;
use crate::harness::target::{Suite, Target};

use super::github::Github;
use super::json::Json;
use super::junit::Junit;
use super::lines::Lines;
use super::logfile::{self, Logfile};
use super::notice::Notice;
use super::paint::Paint;
use super::progress::Progress;
use super::screen::Screen;
use super::sink::Sink;
use super::written::reporter::Written;

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
    /// A report that was asked for and cannot be written.
    Report {
        /// The flag that asked for it.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something between `{` and `}` in a report's path that means nothing there.
    Placeholder {
        /// The flag.
        flag: &'static str,
        /// The path that was asked for.
        path: PathBuf,
        /// What stands there.
        placeholder: String,
        /// What was probably meant.
        suggestion: Option<&'static str>,
    },
    /// Two reports that are to go to the same file.
    SamePlace {
        /// The one's flag.
        first: &'static str,
        /// The other's.
        second: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A report that this build does not have.
    Feature {
        /// The flag.
        flag: &'static str,
        /// The feature that brings it.
        feature: &'static str,
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
            ReporterError::Report { flag, path, source } => {
                write!(f, "cannot write the report of {flag} to {}: {source}", path.display())
            }
            ReporterError::Placeholder { flag, path, placeholder, suggestion } => {
                let path = path.display();
                write!(
                    f,
                    "the path of {flag}, {path}, has {{{placeholder}}} in it, which means nothing there"
                )?;
                match suggestion {
                    Some(meant) => write!(f, "; did you mean {{{meant}}}?"),
                    None => write!(f, "; {{package}} and {{binary}} do"),
                }
            }
            ReporterError::SamePlace { first, second, path } => {
                write!(
                    f,
                    "{first} and {second} are both to go to {}: each needs a file of its own",
                    path.display()
                )
            }
            ReporterError::Feature { flag, feature } => write!(
                f,
                "{flag} needs the feature `{feature}` of rehearsal, which this suite was built without: in its Cargo.toml, \
                 rehearsal = {{ version = \"{}\", features = [\"{feature}\"] }}",
                env!("CARGO_PKG_VERSION")
            ),
            ReporterError::Write(what) => write!(f, "{what}"),
        }
    }
}

impl std::error::Error for ReporterError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ReporterError::Logfile { source, .. } | ReporterError::Report { source, .. } => Some(source),
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
    /// A log file that cannot be opened, a report that cannot be written.
    pub fn for_run(options: &Options, target: Option<&Target>) -> Result<Reporters, ReporterError> {
        let paint = Paint::chosen(options.color);
        let progress = Progress::wanted(options).then(|| Progress::on(Screen::of_stdout(), paint));
        let screen = progress.as_ref().map(Progress::screen);
        let out = Sink::stdout().above(screen);
        let again = || {
            // Where even that is unknown a shell says so, and the rest of the line is still of use.
            let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("this-suite"));
            Again::new(target, options, &program)
        };
        let mut all: Vec<Box<dyn Reporter + Send>> = vec![match options.format {
            Format::Pretty => Box::new(Lines::pretty(out, paint, options, Some(again()))),
            Format::Terse => Box::new(Lines::terse(out, paint, options, Some(again()))),
            Format::Json => Box::new(Json::new(out, options)),
            Format::Junit => Box::new(Junit::new(out, options)),
        }];
        all.push(Box::new(Notice::new(Sink::stderr().above(screen))));
        if let Some(log) = logfile::open(options)? {
            all.push(Box::new(Logfile::new(log)));
        }
        let history = || Known::of(&options.history, target, false).history;
        let suite = || target.map_or_else(Suite::unknown, Target::suite);
        if let Some(written) = Written::wanted(&options.reports, suite, again, history)? {
            all.push(Box::new(written));
        }
        if let Some(actions) = options.reports.github.clone() {
            let (out, token) = match options.format {
                // In one stream, because nobody knows how Actions orders two.
                Format::Pretty | Format::Terse => (Sink::stdout(), Some(Github::token())),
                Format::Json | Format::Junit => (Sink::stderr(), None),
            };
            all.push(Box::new(Github::new(out, token, actions, target, again())));
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
