//! The settings that say how a run is spread over its workers.

use super::options::CliError;
use crate::app::{Settings, Source, Value};
use crate::harness::history::place::Asked;

/// How many workers a pool grows to, where nobody says how many there are to be.
const MOST: usize = 64;

/// How many workers there are at most, and with how many a pool begins that grows.
pub(super) fn workers(settings: &Settings) -> (usize, Option<usize>) {
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    match settings.count_or_word("workers") {
        None => (processors(), None),
        Some(Ok(count)) => (usize::try_from(count).unwrap_or(usize::MAX), None),
        Some(Err(_)) => (processors().max(MOST), Some(processors())),
    }
}

/// How many trials of a group run at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLimit {
    /// The group.
    pub group: String,
    /// How many.
    pub limit: usize,
    /// Who says so.
    pub from: Source,
}

/// `limit` of each `[group.NAME]`, then `GROUP=N` of each flag: what is said last counts.
pub(super) fn group_limits(settings: &Settings) -> Result<Vec<GroupLimit>, CliError> {
    let source = || settings.source("group-limit").cloned().unwrap_or(Source::Default);
    let limit = |text: &String| {
        let (group, limit) = text.rsplit_once('=')?;
        let limit = limit.trim().parse().ok().filter(|limit| *limit > 0)?;
        Some(GroupLimit { group: group.trim().to_owned(), limit, from: source() })
    };
    let read = |text: &String| {
        limit(text).ok_or_else(|| CliError::BadValue {
            from: Box::new(source()),
            given: text.clone(),
            problem: "not a group and its limit".into(),
            allowed: "GROUP=N with N from 1 up, as in db=3".into(),
        })
    };
    // The strongest one comes first there.
    let mut limits: Vec<GroupLimit> = Vec::new();
    for named in settings.named("limit-of-group") {
        if let Value::Count(limit) = named.value {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            limits.insert(0, GroupLimit { group: named.name.clone(), limit, from: named.from.clone() });
        }
    }
    for text in settings.list("group-limit") {
        limits.push(read(text)?);
    }
    Ok(limits)
}

/// Where the history is.
pub(super) fn history(settings: &Settings) -> Asked {
    match settings.path("history") {
        None => Asked::Beside,
        Some(word) if word.as_os_str() == "none" => Asked::Nowhere,
        Some(directory) => Asked::In(directory.to_owned()),
    }
}
