//! What is left to see of a worker that is gone, or does not answer: its page, its capture file, how it ended; and what is
//! left of a run in the arbiter's own process.

use crate::actor::{Exit, Reason};
use crate::harness::dispatch::Current;
use crate::harness::outcome::{Death, Outcome, Output, Verdict};
use crate::harness::run::Run;
use crate::harness::worker::lane::left_behind;
use crate::sys::capture::Capture;
use crate::sys::page::Page;
use crate::sys::process::{self, Blow};

/// The processes that this one has for children when a run begins: whoever started the run may go on with them.
#[derive(Debug, Default)]
pub(super) struct Before(Vec<u32>);

impl Before {
    pub(super) fn now() -> Before {
        Before(process::strays().into_iter().map(|child| child.pid).collect())
    }

    /// Kills the children that have come since, which the fixtures of the run and the tests of its threads have left, and
    /// says which they were. One that they left in turn is not among them.
    pub(super) fn clear(&self) -> Option<String> {
        let come: Vec<_> =
            process::strays().into_iter().filter(|child| !self.0.contains(&child.pid)).collect();
        let names: Vec<String> = come.iter().filter_map(|child| process::name_of(child.pid)).collect();
        // One that has ended by itself meanwhile is what is wanted anyway.
        come.iter().for_each(|child| drop(process::hit(child.pid, Blow::Kill)));
        (!come.is_empty()).then(|| {
            format!(
                "a fixture of the scope `run`, or a test with isolation `thread`, {}; end it in a teardown",
                left_behind(come.len(), &names)
            )
        })
    }
}

/// What a worker runs, as its page tells.
pub(super) fn current_of(page: &Page) -> Option<Current> {
    page.load().map(|moment| Current { position: moment.trial as usize, started_ns: moment.started_ns })
}

/// What the trial of a worker had written.
pub(super) fn read_back(capture: &Capture, limit: u64) -> Output {
    match capture.read(limit) {
        Ok((bytes, dropped)) => Output { bytes, dropped },
        Err(error) => {
            Output { bytes: format!("(its output could not be read: {error})").into_bytes(), dropped: 0 }
        }
    }
}

/// That a benchmark's process ended because it asked for more memory than it may hold, where its last words are so.
pub(super) fn over_memory(death: Option<Death>, output: &Output, most: u64) -> Option<String> {
    const LAST_WORDS: &[u8] = b"memory allocation of ";
    let said = output.bytes.windows(LAST_WORDS.len()).any(|window| window == LAST_WORDS);
    let is_so = most > 0 && said && matches!(death, Some(Death::Signaled { .. }));
    is_so.then(|| {
        format!(
            "it asked for more memory than the {} MiB that the process of a benchmark may hold; `memory = \"8GiB\"` in its \
             attribute allows it more, `--worker-memory 8GiB` all of them",
            most >> 20
        )
    })
}

/// Says the same of one that its server, which lives on, has told of.
pub(super) fn explain(outcome: &mut Outcome, most: u64) {
    if let Verdict::Crashed { death, message } = &mut outcome.verdict
        && message.is_empty()
        && let Some(why) = over_memory(Some(*death), &outcome.output, most)
    {
        *message = why;
    }
}

/// How many bytes the process that runs this trial may hold, 0 where there is no limit: what a benchmark says of itself goes
/// before what is said of all.
pub(super) fn memory_most(run: &Run, trial: Option<usize>) -> u64 {
    #[cfg(feature = "bench")]
    if !run.measuring.arguments.is_empty()
        && let Some(seat) = trial.and_then(|trial| run.seats.get(trial))
        && let Some(own) = crate::harness::bench::spec::memory_of(seat.address)
    {
        return own;
    }
    let _ = trial;
    run.measuring.memory_most
}

/// What the actor layer knows of an end, in the harness's words.
pub(super) fn death_of(exit: &Exit) -> (Option<Death>, String) {
    match &exit.reason {
        Reason::Stopped | Reason::Returned => (None, String::new()),
        Reason::Killed { signal: Some(signal) } => {
            (Some(Death::Signaled { signal: *signal }), exit.detail.to_string())
        }
        Reason::Exited { code } => (Some(Death::Exited { code: *code }), exit.detail.to_string()),
        _ => (Some(Death::Unreachable), exit.to_string()),
    }
}
