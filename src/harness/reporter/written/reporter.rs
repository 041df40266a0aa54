//! The reporter that keeps an account of the run and writes what was asked for when it is over.

use std::path::Path;

use super::account::Account;
use super::place::Place;
use crate::app::notice::say;
use crate::harness::again::Again;
use crate::harness::cli::Reports;
use crate::harness::event::Event;
use crate::harness::history::record::History;
use crate::harness::reporter::{Reporter, ReporterError};
use crate::harness::target::Suite;

/// Makes a report of an account.
type Write = fn(&Account) -> String;

/// One kind of report.
struct Kind {
    flag: &'static str,
    /// The feature that brings it.
    feature: &'static str,
    /// `None` in a build without that feature.
    write: Option<Write>,
    /// What stands before and behind the suite's name in its head.
    marks: (&'static str, &'static str),
}

#[cfg(feature = "junit")]
const JUNIT: Option<Write> = Some(super::junit::write);
#[cfg(not(feature = "junit"))]
const JUNIT: Option<Write> = None;
#[cfg(feature = "report")]
const HTML: Option<Write> = Some(super::html::page::write);
#[cfg(not(feature = "report"))]
const HTML: Option<Write> = None;
#[cfg(feature = "report")]
const TRACE: Option<Write> = Some(super::trace::write);
#[cfg(not(feature = "report"))]
const TRACE: Option<Write> = None;

/// Keeps the account of a run, and writes its reports.
pub struct Written {
    account: Account,
    reports: Vec<(Place, Write, (&'static str, &'static str))>,
    trouble: Option<String>,
}

impl Written {
    /// For the reports that are wanted of a run of this suite; `None` where none is. Their places are made sure of here,
    /// before anything runs.
    ///
    /// # Errors
    /// A place that cannot be written to, or a report that this build does not have.
    pub fn wanted(
        reports: &Reports,
        suite: impl FnOnce() -> Suite,
        again: impl FnOnce() -> Again,
        history: impl FnOnce() -> History,
    ) -> Result<Option<Written>, ReporterError> {
        let wanted = [
            (
                &reports.junit,
                Kind {
                    flag: "--junit",
                    feature: "junit",
                    write: JUNIT,
                    marks: ("<testsuites name=\"", "\""),
                },
            ),
            (
                &reports.html,
                Kind {
                    flag: "--report",
                    feature: "report",
                    write: HTML,
                    marks: ("<meta name=\"suite\" content=\"", "\""),
                },
            ),
            (
                &reports.trace,
                Kind { flag: "--trace", feature: "report", write: TRACE, marks: ("\"suite\":\"", "\"") },
            ),
        ];
        if wanted.iter().all(|(path, _)| path.is_none()) {
            return Ok(None);
        }
        let mut written =
            Written { account: Account::new(suite(), again()), reports: Vec::new(), trouble: None };
        if reports.html.is_some() {
            written.account.history = history();
        }
        for (path, kind) in wanted {
            if let Some(path) = path {
                written.add(path, &kind)?;
            }
        }
        Ok(Some(written))
    }

    fn add(&mut self, path: &Path, kind: &Kind) -> Result<(), ReporterError> {
        let (flag, feature) = (kind.flag, kind.feature);
        let write = kind.write.ok_or(ReporterError::Feature { flag, feature })?;
        let place = Place::new(flag, path, &self.account.suite)?;
        if let Some((other, ..)) = self.reports.iter().find(|(other, ..)| other.path == place.path) {
            return Err(ReporterError::SamePlace { first: other.flag, second: flag, path: place.path });
        }
        place.prepare()?;
        self.reports.push((place, write, kind.marks));
        Ok(())
    }

    /// Writes all of them. One that cannot be written keeps no other from being.
    fn write(&mut self) {
        let mut troubles = Vec::new();
        let own = &self.account.suite.id;
        for (place, write, (before, after)) in &self.reports {
            if let Some(other) = place.holds(before, after).filter(|other| other != own) {
                say(format_args!(
                    "warning: {} of {own} takes the place of that of {other} in {}; with {{package}} and {{binary}} \
                     in the path each has its own",
                    place.flag,
                    place.path.display()
                ));
            }
            if let Err(error) = place.put(write(&self.account).as_bytes()) {
                troubles.push(error.to_string());
            }
        }
        if !troubles.is_empty() {
            self.trouble = Some(troubles.join("\nerror: "));
        }
    }
}

impl Reporter for Written {
    fn event(&mut self, event: &Event<'_>) {
        self.account.note(event);
        if let Event::RunFinished { .. } = event {
            self.write();
        }
    }

    fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }
}
