//! How long is waited before a trial is tried again.

use crate::app::quantity::parse_duration;
use crate::app::{Settings, Source};

use super::CliError;

/// `100ms`, or `100ms..2s` for pauses that double up to the second one.
pub(super) fn retry_backoff(settings: &Settings) -> Result<(u64, u64), CliError> {
    let Some(text) = settings.text("retry-backoff") else { return Ok((0, 0)) };
    let read = |text: &str| parse_duration(text).and_then(|pause| u64::try_from(pause.as_millis()).ok());
    let pauses = match text.split_once("..") {
        None => read(text).map(|pause_ms| (pause_ms, 0)),
        Some((first, most)) => read(first).zip(read(most)).filter(|(first, most)| first <= most),
    };
    pauses.ok_or_else(|| CliError::BadValue {
        from: Box::new(settings.source("retry-backoff").cloned().unwrap_or(Source::Default)),
        given: text.to_owned(),
        problem: "not a pause".into(),
        allowed: "a duration, as in 100ms, or one that doubles up to another, as in 100ms..2s".into(),
    })
}
