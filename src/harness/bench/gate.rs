//! What comes before benchmarks are measured: a look at the machine, and a comparison in place of a plain measurement.

use std::process::ExitCode;

use super::busy::{Readings, describe};
use super::compare::conduct::{Comparing, Subject};
use crate::app::notice::say;
use crate::harness::cli::{Format, Options, WhenBusy};
use crate::harness::registry::{Body, Isolation, Registry};
use crate::harness::run::Run;
use crate::harness::suite::RED;
use crate::harness::target::Target;

/// Looks at the machine, and compares where that is asked for. `None` where the run is to go on as it is.
pub fn pass(registry: &Registry, options: &Options, run: &Run, target: Option<&Target>) -> Option<ExitCode> {
    let measured = || {
        let both = run.seats.iter().zip(&run.planned);
        both.filter(|(_, planned)| planned.item.isolation == Isolation::Own).map(|(seat, _)| seat)
    };
    // What is measured for a comparison is looked after by that.
    if options.round || measured().next().is_none() {
        return None;
    }
    if !is_quiet_enough(options.when_busy) {
        return Some(ExitCode::from(RED));
    }
    let compare = options.compare.as_ref()?;
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
    let within = options.timeout;
    Some(Comparing { compare, benches, target, within, as_json: options.format == Format::Json }.run())
}

fn is_quiet_enough(when_busy: WhenBusy) -> bool {
    if when_busy == WhenBusy::Ignore {
        return true;
    }
    // Where the system does not tell nothing is known against it.
    let signs = Readings::take().map(|readings| readings.signs()).unwrap_or_default();
    if signs.is_empty() {
        return true;
    }
    match when_busy {
        WhenBusy::Refuse => {
            say(format_args!(
                "error: the machine is busy: {}; nothing is measured. Wait, or say --when-busy=ignore",
                describe(&signs)
            ));
            false
        }
        _ => {
            say(format_args!(
                "warning: the machine is busy: {}; what is measured now is partly that. --when-busy=refuse would stop here",
                describe(&signs)
            ));
            true
        }
    }
}
