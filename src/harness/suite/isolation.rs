//! Where a trial runs: what was asked for, and what there is here.

use std::process::ExitCode;

use super::fail;
use crate::harness::cli::Options;
use crate::harness::plan::Fate;
use crate::harness::registry::{Entry, Isolation, Kind};
use crate::harness::select::rule::Ruling;
use crate::sys::process;

/// The isolation of trials that do not say: what was asked for, or the strongest there is.
pub(super) fn default_isolation(options: &Options) -> Result<Isolation, ExitCode> {
    match (options.isolation, process::UNSUPPORTED) {
        (Some(Isolation::Process), Some(why)) => Err(fail(&format!(
            "--isolation process was asked for, but worker processes do not exist here: {why}; use --isolation thread"
        ))),
        (Some(Isolation::Fork), Some(why)) => Err(fail(&format!(
            "--isolation fork was asked for, but this process cannot be forked here: {why}; use --isolation process where \
             that exists, or --isolation thread"
        ))),
        (Some(asked), _) => Ok(asked),
        (None, None) => Ok(Isolation::Process),
        (None, Some(_)) => Ok(Isolation::Thread),
    }
}

/// Why a trial cannot be run where it should be.
pub(super) enum NoPlace {
    /// It is a benchmark, and there are no processes for these.
    ForMeasuring(String),
    /// What was asked for does not exist here, and the run is not to begin.
    AsAsked(String),
}

/// Where this one does.
pub(super) fn isolation_of(
    entry: &'static Entry,
    fate: Fate,
    ruling: &Ruling<'_>,
    default: Isolation,
) -> Result<Isolation, NoPlace> {
    let ruled = ruling.word("isolation").and_then(Isolation::named);
    let isolation = ruled.or(entry.options.isolation).unwrap_or(default);
    if entry.options.kind == Kind::Bench {
        return match (process::UNSUPPORTED, fate, isolation) {
            (Some(why), ..) => Err(NoPlace::ForMeasuring(format!(
                "benchmarks need worker processes, and there are none here: {why}"
            ))),
            (None, Fate::Measure, _) => Ok(Isolation::Own),
            // Criterion reads the arguments of its process: those of a worker are its own.
            (None, _, Isolation::Thread) => Ok(Isolation::Process),
            (None, _, isolation) => Ok(isolation),
        };
    }
    let missing = match isolation {
        Isolation::Process => Some("\"process\", but worker processes do not exist here"),
        Isolation::Fork => {
            Some("\"fork\", but there is no fork here (nor are there the workers of \"process\")")
        }
        Isolation::Thread | Isolation::Own => None,
    };
    if let (Some(missing), Some(why)) = (missing, process::UNSUPPORTED) {
        return Err(NoPlace::AsAsked(format!(
            "{} ({}:{}) asks for isolation {missing}: {why}",
            entry.name(),
            entry.file,
            entry.line
        )));
    }
    if isolation == Isolation::Thread && cfg!(panic = "abort") {
        return Err(NoPlace::AsAsked(format!(
            "{} would run with isolation \"thread\", but this suite is built with `panic = \"abort\"`: its first panic \
             would end the whole run; use isolation \"process\", which tells every verdict, or `panic = \"unwind\"`",
            entry.name()
        )));
    }
    Ok(isolation)
}
