//! Which reports of a run are wanted, and where they go.

use std::path::PathBuf;

use crate::app::{Environment, Settings};

/// What is written of a run beside what stdout shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reports {
    /// `--junit`.
    pub junit: Option<PathBuf>,
    /// `--report`: a page for a browser.
    pub html: Option<PathBuf>,
    /// `--trace`: the course of the run for Perfetto.
    pub trace: Option<PathBuf>,
}

impl Reports {
    /// Those that were asked for.
    pub fn of(settings: &Settings, environment: &Environment) -> Reports {
        if environment.get("NEXTEST").is_some_and(|value| value == "1") {
            // A process a trial: each would write a report of that one over the last one's.
            return Reports::default();
        }
        let path = |name| settings.path(name).map(PathBuf::from);
        Reports { junit: path("junit"), html: path("report"), trace: path("trace") }
    }
}
