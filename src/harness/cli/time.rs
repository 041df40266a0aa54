//! `--ensure-time`: what a trial may take before it fails for that, from the variables that libtest has for it.

use std::time::Duration;

use crate::app::{Environment, Source};

use super::options::CliError;

/// The second numbers of `RUST_TEST_TIME_UNIT` and `RUST_TEST_TIME_INTEGRATION`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// For unit tests.
    pub unit: Duration,
    /// For trials in files below `tests/`.
    pub integration: Duration,
}

pub(super) fn time_limits(environment: &Environment) -> Result<TimeLimits, CliError> {
    Ok(TimeLimits {
        unit: critical_time(environment, "RUST_TEST_TIME_UNIT", 100)?,
        integration: critical_time(environment, "RUST_TEST_TIME_INTEGRATION", 1_000)?,
    })
}

/// libtest's `WARN,CRITICAL` in milliseconds; only the second one has an effect there and here.
fn critical_time(
    environment: &Environment,
    name: &'static str,
    default_ms: u64,
) -> Result<Duration, CliError> {
    let Some(text) = environment.get(name).map(|value| value.to_string_lossy()) else {
        return Ok(Duration::from_millis(default_ms));
    };
    let numbers = text.split_once(',').and_then(|(warn, critical)| {
        Some((warn.trim().parse::<u64>().ok()?, critical.trim().parse::<u64>().ok()?))
    });
    match numbers {
        Some((warn, critical)) if warn <= critical => Ok(Duration::from_millis(critical)),
        _ => Err(CliError::BadValue {
            from: Box::new(Source::Variable { name }),
            given: text.into_owned(),
            problem: "not a pair of limits".into(),
            allowed: "WARN,CRITICAL in milliseconds, the first not above the second, as in 500,2000".into(),
        }),
    }
}
