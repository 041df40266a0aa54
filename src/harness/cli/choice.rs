//! Which trials were asked for by what they are, rather than by name.

use crate::app::{Settings, Source};
use crate::harness::history::place::Asked;
use crate::harness::select::shard::{By, SHARD_FORM, Shard};
use crate::harness::select::{Expression, Fault};

use super::CliError;

/// What a trial has to be, beside having a name that matches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// One of these is so of it, where there are any.
    pub expressions: Vec<Expression>,
    /// It failed when it ran last.
    pub failed: bool,
    /// It belongs to this part of the suite.
    pub shard: Option<Shard>,
}

impl Choice {
    /// Reads it from resolved settings, with what is asked of the history.
    ///
    /// # Errors
    /// A text that is no expression or no shard, and a question to a history that is not to be there.
    pub fn of(settings: &Settings, history: &Asked) -> Result<Choice, CliError> {
        let choice = Choice {
            expressions: expressions(settings)?,
            failed: settings.switch("failed"),
            shard: shard(settings)?,
        };
        match (*history == Asked::Nowhere).then(|| choice.asks_history()).flatten() {
            Some(first) => Err(CliError::Conflict { first, second: "--history none" }),
            None => Ok(choice),
        }
    }

    /// Which part of it asks what earlier runs have left to know, if one does.
    pub fn asks_history(&self) -> Option<&'static str> {
        match self.shard {
            _ if self.failed => Some("--failed"),
            Some(Shard { by: By::Duration, .. }) => Some("--shard-by duration"),
            _ => self.expressions.iter().any(Expression::asks_history).then_some("failed()"),
        }
    }

    /// Whether it may leave out everything by mistake.
    pub fn selects(&self) -> bool {
        self.failed || !self.expressions.is_empty()
    }
}

fn expressions(settings: &Settings) -> Result<Vec<Expression>, CliError> {
    let read = |text: &String| {
        Expression::parse(text).map_err(|Fault { at, problem }| CliError::Malformed {
            from: Box::new(settings.source("filter-expr").cloned().unwrap_or(Source::Default)),
            text: text.clone(),
            at,
            problem,
        })
    };
    settings.list("filter-expr").iter().map(read).collect()
}

fn shard(settings: &Settings) -> Result<Option<Shard>, CliError> {
    let by = match settings.word("shard-by") {
        Some("duration") => By::Duration,
        _ => By::Hash,
    };
    let read = |text: &str| {
        Shard::read(text, by).map_err(|problem| CliError::BadValue {
            from: Box::new(settings.source("shard").cloned().unwrap_or(Source::Default)),
            given: text.to_owned(),
            problem,
            allowed: SHARD_FORM.to_owned(),
        })
    };
    settings.text("shard").map(read).transpose()
}
