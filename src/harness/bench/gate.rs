//! What comes before benchmarks are measured: a look at the machine, and a comparison in place of a plain measurement.

use std::process::ExitCode;

use super::busy::{Readings, describe};
use super::compare::conduct::{Comparing, Subject};
use super::compare::round::handed_on;
use crate::app::notice::say;
use crate::harness::cli::{Format, Options, WhenBusy};
use crate::harness::registry::{Body, Isolation, Registry};
use crate::harness::run::Run;
use crate::harness::suite::RED;
use crate::harness::target::Target;

/// Looks at the machine, and compares where that is asked for. `None` where the run is to go on as it is.
pub fn pass(
    registry: &Registry,
    options: &Options,
    run: &mut Run,
    target: Option<&Target>,
) -> Option<ExitCode> {
    let measured = || {
        let both = run.seats.iter().zip(&run.planned);
        both.filter(|(_, planned)| planned.item.isolation == Isolation::Own).map(|(seat, _)| seat)
    };
    // What is measured for a comparison is looked after by that.
    if options.round || measured().next().is_none() {
        return None;
    }
    let Ok(signs) = look(options.when_busy) else { return Some(ExitCode::from(RED)) };
    let Some(compare) = options.compare.as_ref() else {
        run.measuring.environment.extend(signs.map(|signs| (SEEN.into(), signs.into())));
        return None;
    };
    let mut benches = Vec::new();
    for seat in measured() {
        match registry.get(seat.address.0).map(|entry| entry.body) {
            Some(Body::Other(body)) if body.bench().is_some() => {
                let directory = body.bench().map(|bench| bench.id().directory()).unwrap_or_default();
                benches.push(Subject { name: seat.info.name.to_owned(), directory });
            }
            _ => say(format_args!(
                "note: {} is a load: its levels are not compared, its page has them all",
                seat.info.name
            )),
        }
    }
    let (within, times) = (options.timeout, handed_on(&options.of_criterion));
    let as_json = options.format == Format::Json;
    Some(Comparing { compare, benches, target, times, within, as_json }.run())
}

/// What tells a worker that the machine was busy when the run began, and with what.
const SEEN: &str = "REHEARSAL_BUSY";

/// What the machine was busy with when the run began whose worker this is, if it was.
pub fn seen() -> Option<String> {
    std::env::var(SEEN).ok()
}

/// The machine is busy, and that is not wanted.
struct Refused;

/// What the machine is busy with, where that is to be known.
fn look(when_busy: WhenBusy) -> Result<Option<String>, Refused> {
    if when_busy == WhenBusy::Ignore {
        return Ok(None);
    }
    // Where the system does not tell nothing is known against it.
    let signs = Readings::take().map(|readings| readings.signs()).unwrap_or_default();
    if signs.is_empty() {
        return Ok(None);
    }
    let signs = describe(&signs);
    match when_busy {
        WhenBusy::Refuse => {
            say(format_args!(
                "error: the machine is busy: {signs}; nothing is measured. Wait, or say --when-busy=ignore"
            ));
            Err(Refused)
        }
        _ => {
            say(format_args!(
                "warning: the machine is busy: {signs}; what is measured now is partly that. --when-busy=refuse would stop \
                 here"
            ));
            Ok(Some(signs))
        }
    }
}
