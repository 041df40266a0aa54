//! What `rehearsal.toml` says of single trials: its overrides, each with an expression that says of which.

use std::time::Duration;

use super::expression::{Expression, Subject};
use super::parse::Fault;
use crate::app::{Override, SettingsError, Value};

/// The overrides, the strongest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules(Vec<Rule>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    about: Expression,
    /// Names of settings and their values.
    sets: Vec<(&'static str, Value)>,
    /// Why its trials are expected to fail, for as long as the process lives, as what attributes say does.
    xfail: Option<&'static str>,
}

/// What holds for one trial.
#[derive(Debug, Default)]
pub struct Ruling<'a>(Vec<&'a Rule>);

impl Rules {
    /// Reads their expressions.
    ///
    /// # Errors
    /// A filter that is no expression.
    pub fn read(overrides: &[Override]) -> Result<Rules, SettingsError> {
        let rule = |given: &Override| {
            let about = Expression::parse(&given.filter).map_err(|Fault { at, problem }| {
                SettingsError::Malformed {
                    from: Box::new(given.from.clone()),
                    text: given.filter.clone(),
                    at,
                    problem,
                }
            })?;
            let sets: Vec<_> = given.values.iter().map(|(name, value, _)| (*name, value.clone())).collect();
            let xfail = sets.iter().find_map(|(name, value)| match value {
                Value::Text(reason) if *name == "xfail" => Some(&*reason.clone().leak()),
                _ => None,
            });
            Ok(Rule { about, sets, xfail })
        };
        overrides.iter().map(rule).collect::<Result<_, _>>().map(Rules)
    }

    /// What holds for this trial.
    pub fn of(&self, trial: &Subject<'_>) -> Ruling<'_> {
        Ruling(self.0.iter().filter(|rule| rule.about.holds(trial)).collect())
    }

    /// All groups that they put trials into.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|rule| &rule.sets).filter_map(|(name, value)| match value {
            Value::Text(group) if *name == "group" => Some(group.as_str()),
            _ => None,
        })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Ruling<'a> {
    /// What the strongest override that sets this sets it to.
    pub fn value(&self, setting: &str) -> Option<&'a Value> {
        let set =
            |rule: &&'a Rule| rule.sets.iter().find(|(name, _)| *name == setting).map(|(_, value)| value);
        self.0.iter().find_map(set)
    }

    /// A limit; `Some(None)` where it is to be none.
    pub fn limit(&self, setting: &str) -> Option<Option<Duration>> {
        match self.value(setting)? {
            Value::Limit(limit) => Some(*limit),
            _ => None,
        }
    }

    /// One of some words.
    pub fn word(&self, setting: &str) -> Option<&'static str> {
        match self.value(setting)? {
            Value::Word(word) => Some(*word),
            _ => None,
        }
    }

    /// Pauses between tries.
    pub fn pauses(&self, setting: &str) -> Option<(Duration, Option<Duration>)> {
        match self.value(setting)? {
            Value::Pauses(first, most) => Some((*first, *most)),
            _ => None,
        }
    }

    /// A text.
    pub fn text(&self, setting: &str) -> Option<&'a str> {
        match self.value(setting)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Why it is expected to fail.
    pub fn xfail(&self) -> Option<&'static str> {
        self.0.iter().find_map(|rule| rule.xfail)
    }

    /// A whole number.
    pub fn count(&self, setting: &str) -> Option<u64> {
        match self.value(setting)? {
            Value::Count(count) => Some(*count),
            _ => None,
        }
    }

    /// On or off.
    pub fn switch(&self, setting: &str) -> Option<bool> {
        match self.value(setting)? {
            Value::Switch(on) => Some(*on),
            _ => None,
        }
    }
}
