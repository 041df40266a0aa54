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

/// `limit` of each `[group.NAME]`, then `GROUP=N` of each flag: what is said last counts.
pub(super) fn group_limits(settings: &Settings) -> Result<Vec<(String, usize)>, CliError> {
    let limit = |text: &String| {
        let (group, limit) = text.rsplit_once('=')?;
        let limit = limit.trim().parse().ok().filter(|limit| *limit > 0)?;
        Some((group.trim().to_owned(), limit))
    };
    let read = |text: &String| {
        limit(text).ok_or_else(|| CliError::BadValue {
            from: Box::new(settings.source("group-limit").cloned().unwrap_or(Source::Default)),
            given: text.clone(),
            problem: "not a group and its limit".into(),
            allowed: "GROUP=N with N from 1 up, as in db=3".into(),
        })
    };
    // The strongest one comes first there.
    let mut limits: Vec<(String, usize)> = Vec::new();
    for named in settings.named("limit-of-group") {
        if let Value::Count(limit) = named.value {
            limits.insert(0, (named.name.clone(), usize::try_from(limit).unwrap_or(usize::MAX)));
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
