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
    /// Annotations and the summary of a step, where GitHub Actions runs this or `--github always` asks for them.
    pub github: Option<Actions>,
}

/// What GitHub Actions tells a step of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actions {
    /// `GITHUB_STEP_SUMMARY`: where a step adds what it has to say in Markdown.
    pub summary: Option<PathBuf>,
    /// `GITHUB_WORKSPACE`: the checkout, below which annotated files are.
    pub workspace: Option<PathBuf>,
}

impl Reports {
    /// Those that were asked for.
    pub fn of(settings: &Settings, environment: &Environment) -> Reports {
        if environment.get("NEXTEST").is_some_and(|value| value == "1") {
            // A process a trial: each would write a report of that one over the last one's.
            return Reports::default();
        }
        let path = |name| settings.path(name).map(PathBuf::from);
        let by_actions = environment.get("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        let wanted = match settings.word("github") {
            Some("always") => true,
            Some("never") => false,
            _ => by_actions,
        };
        let variable = |name| environment.get(name).map(PathBuf::from);
        let actions =
            || Actions { summary: variable("GITHUB_STEP_SUMMARY"), workspace: variable("GITHUB_WORKSPACE") };
        Reports {
            junit: path("junit"),
            html: path("report"),
            trace: path("trace"),
            github: wanted.then(actions),
        }
    }
}
