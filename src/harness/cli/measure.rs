//! The settings that are Criterion's: looked at here, so that what is wrong with them is said once and not by each worker,
//! and handed on.

use std::ffi::OsString;

use super::options::CliError;
use super::table::{COMPARE, MEASURE};
use crate::app::{Form, Settings, Source};

/// Directories that Criterion has beside those of baselines.
const TAKEN: &[&str] = &["new", "change", "report", "profile"];

/// The arguments of Criterion's own command line that were asked for here.
pub(super) fn of_criterion(settings: &Settings) -> Result<Vec<OsString>, CliError> {
    check(settings)?;
    let mut arguments = Vec::new();
    for setting in MEASURE {
        let name = setting.name;
        let value = match setting.form {
            Form::Switch if settings.switch(name) => None,
            Form::Switch => continue,
            Form::Count { .. } => match settings.count(name) {
                Some(count) => Some(count.to_string()),
                None => continue,
            },
            _ => match settings.text(name) {
                Some(text) if name.ends_with("-time") => Some(seconds(settings, name, text)?),
                Some(text) => Some(baseline(settings, name, text)?),
                None => continue,
            },
        };
        arguments.push(format!("--{name}").into());
        arguments.extend(value.map(OsString::from));
    }
    Ok(arguments)
}

fn check(settings: &Settings) -> Result<(), CliError> {
    // A file and the environment speak to many programs, of which some have benchmarks; a command line to this one.
    if cfg!(not(feature = "bench")) {
        for setting in MEASURE.iter().chain(COMPARE) {
            if let Some(&Source::Flag { flag }) = settings.source(setting.name) {
                return Err(CliError::Feature { flag, feature: "bench" });
            }
        }
    }
    let exclude = [
        ("save-baseline", "baseline", "--save-baseline", "--baseline"),
        ("save-baseline", "baseline-lenient", "--save-baseline", "--baseline-lenient"),
        ("baseline", "baseline-lenient", "--baseline", "--baseline-lenient"),
        ("sample-size", "quick", "--sample-size", "--quick"),
    ];
    for (one, other, first, second) in exclude {
        if settings.is_given(one) && settings.is_given(other) {
            return Err(CliError::Conflict { first, second });
        }
    }
    if let (Some(loaded), None) = (settings.text("load-baseline"), settings.text("baseline")) {
        return Err(bad(
            settings,
            "load-baseline",
            loaded,
            "there is nothing to compare it with",
            "--load-baseline beside --baseline, which names the other one",
        ));
    }
    Ok(())
}

fn seconds(settings: &Settings, name: &'static str, text: &str) -> Result<String, CliError> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds.is_finite() && seconds < 1e6 => Ok(text.to_owned()),
        Ok(_) => Err(bad(settings, name, text, "nothing can be measured in that time", SECONDS)),
        Err(_) => Err(bad(settings, name, text, "not a number of seconds", SECONDS)),
    }
}

const SECONDS: &str = "seconds, more than 0, as in 0.5 or 10";

fn baseline(settings: &Settings, name: &'static str, text: &str) -> Result<String, CliError> {
    let allowed = "a name that a directory can have, as in main or before";
    if TAKEN.contains(&text) {
        return Err(bad(settings, name, text, "Criterion has a directory of this name for itself", allowed));
    }
    match text.is_empty()
        || text.starts_with('.')
        || text.starts_with('-')
        || text.contains(['/', '\\', '\0'])
    {
        true => Err(bad(settings, name, text, "not the name of a baseline", allowed)),
        false => Ok(text.to_owned()),
    }
}

fn bad(settings: &Settings, name: &str, given: &str, problem: &str, allowed: &str) -> CliError {
    CliError::BadValue {
        from: Box::new(settings.source(name).cloned().unwrap_or(Source::Default)),
        given: given.to_owned(),
        problem: problem.into(),
        allowed: allowed.into(),
    }
}
