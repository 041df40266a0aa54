//! What is left to see of a worker that is gone, or does not answer: its page, its capture file, how it ended.

use crate::actor::{Exit, Reason};
use crate::harness::dispatch::Current;
use crate::harness::outcome::{Death, Output};
use crate::sys::capture::Capture;
use crate::sys::page::Page;

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
