//! What is said of a trial by those who know: its fork, by letter, and the server, of how that ended.

use crate::harness::outcome::{Death, Output, Verdict};
use crate::harness::worker::message::{Order, Report};
use crate::sys::process::ExitStatus;
use crate::sys::{seam, wire};

/// The reports of a letter, in order.
///
/// # Errors
/// Where it is something else.
pub(super) fn read(mut letter: &[u8]) -> Result<Vec<Report>, String> {
    let mut reports = Vec::new();
    while !letter.is_empty() {
        let begun = || "it breaks off".to_owned();
        let (len, rest) = letter.split_first_chunk::<{ wire::PREFIX }>().ok_or_else(begun)?;
        let (report, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize).ok_or_else(begun)?;
        reports.push(wire::decode(report).map_err(|error| error.to_string())?);
        letter = rest;
    }
    Ok(reports)
}

/// The report of a trial, held to what its process came to: what waits for the end of that is the trial's, and so is an
/// exit before its own, of which it `is_whole`. One that was told to end, because its time was up that began at `over_ns`,
/// took as long as the arbiter has seen it take: its own clock began when it had been forked.
pub(super) fn held_to(
    report: Report,
    order: Order,
    status: ExitStatus,
    is_whole: bool,
    over_ns: Option<u64>,
) -> Report {
    let mut report = report.in_full();
    if let Report::Finished { position, verdict, duration_ns, .. } = &mut report {
        *position = order.position;
        if let Some(started_ns) = over_ns {
            *duration_ns = seam::monotonic_ns().saturating_sub(started_ns);
        }
        let is_sound = status.success() && is_whole;
        if !is_sound && !verdict.is_red() {
            let message = "its function had returned; this came as its process ended".to_owned();
            *verdict = Verdict::Crashed { death: death(status), message };
        }
    }
    report.in_short()
}

pub(super) fn death(status: ExitStatus) -> Death {
    match status {
        ExitStatus::Exited(code) => Death::Exited { code },
        ExitStatus::Signaled(signal) => Death::Signaled { signal },
        ExitStatus::Lost => Death::Unreachable,
    }
}

/// The report of a trial that makes none itself: it has ended now, and began at `started_ns`, which is 0 where it did not.
pub(super) fn finished(
    order: Order,
    verdict: Verdict,
    started_ns: u64,
    output: Output,
    notes: Vec<String>,
) -> Report {
    let duration_ns = if started_ns == 0 { 0 } else { seam::monotonic_ns().saturating_sub(started_ns) };
    Report::Finished { position: order.position, verdict, started_ns, duration_ns, output, notes }
}
