//! The words for a verdict: one on the trial's line, a reason behind it, and a sentence for its block.

use std::borrow::Cow;
use std::time::Duration;

use crate::app::quantity::format_duration;
use crate::harness::event::TrialInfo;
use crate::harness::outcome::{Attempt, Death, Measured, Outcome, Output, Verdict};
use crate::harness::registry::ShouldPanic;
use crate::sys::signal::signal_name;

use super::paint::Tone;

/// `ok`, `FAILED` or `ignored`, and the colour of it.
pub fn word(verdict: &Verdict) -> (&'static str, Tone) {
    match verdict {
        Verdict::Flaky { red: false, .. } => ("ok", Tone::Mild),
        verdict if verdict.is_pass() => ("ok", Tone::Good),
        Verdict::Ignored { .. } => ("ignored", Tone::Mild),
        _ => ("FAILED", Tone::Bad),
    }
}

/// What stands behind the word, its separator included: ` (signal 11, SIGSEGV)`, `, no network here`, or
/// nothing.
pub fn reason(verdict: &Verdict) -> Cow<'static, str> {
    match verdict {
        Verdict::Ignored { reason } if !reason.is_empty() => Cow::Owned(format!(", {}", one_line(reason))),
        Verdict::Passed | Verdict::Failed { .. } | Verdict::Ignored { .. } => Cow::Borrowed(""),
        Verdict::Flaky { attempt, .. } => Cow::Owned(format!(" (flaky: passed on attempt {attempt})")),
        Verdict::ExpectedFailure { reason } => {
            Cow::Owned(format!(" (failed as expected: {})", one_line(reason)))
        }
        Verdict::UnexpectedPass { reason } => {
            Cow::Owned(format!(" (passed, and was expected to fail: {})", one_line(reason)))
        }
        Verdict::Leaked { actors, tasks, .. } => {
            Cow::Owned(format!(" (leaked {})", left_words(*actors, *tasks)))
        }
        Verdict::TimedOut { limit_ms, stuck } => {
            let stuck = if *stuck { ", stuck" } else { "" };
            Cow::Owned(format!(
                " (timed out after {}{stuck})",
                format_duration(Duration::from_millis(*limit_ms))
            ))
        }
        Verdict::Crashed { death, .. } => Cow::Owned(format!(" ({})", death_words(*death))),
        Verdict::NotRun { reason } => Cow::Owned(format!(" (not run: {})", one_line(reason))),
        Verdict::Cancelled { reason } => Cow::Owned(format!(" (cancelled: {})", one_line(reason))),
    }
}

/// `signal 11, SIGSEGV`, `exit code 3`, or that the worker could not be reached any more.
pub fn death_words(death: Death) -> String {
    match death {
        Death::Exited { code } => format!("exit code {code}"),
        Death::Signaled { signal } => format!("signal {signal}, {}", signal_name(signal)),
        Death::Unreachable => "worker unreachable".into(),
    }
}

/// `1 actor`, `2 tasks`, `1 actor and 2 tasks`.
fn left_words(actors: u64, tasks: u64) -> String {
    let counted = |count, word| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        more => Some(format!("{more} {word}s")),
    };
    [counted(actors, "actor"), counted(tasks, "task")].into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

/// What a person should read beside the trial's output; empty where the verdict says it all.
///
/// A message that the output already shows, as that of a panic, is not said twice.
pub fn message(outcome: &Outcome) -> String {
    message_of(&outcome.verdict, &outcome.output)
}

/// The same of any attempt.
pub fn message_of(verdict: &Verdict, output: &Output) -> String {
    let said = match verdict {
        Verdict::Passed | Verdict::Ignored { .. } => String::new(),
        Verdict::Failed { message } if is_shown(message, &output.bytes) => String::new(),
        Verdict::Failed { message } | Verdict::Leaked { message, .. } => message.clone(),
        Verdict::Flaky { attempt, red: false } => format!("flaky: it passed on attempt {attempt}"),
        Verdict::Flaky { attempt, red: true } => {
            format!("flaky: it passed on attempt {attempt}, and --flaky-result is fail")
        }
        Verdict::ExpectedFailure { reason } => format!("it failed, as was expected: {reason}"),
        Verdict::UnexpectedPass { reason } => format!(
            "it passed, and was expected to fail: {reason}; if it works now, remove its `xfail`, so that it is told \
             when it fails again"
        ),
        Verdict::TimedOut { limit_ms, stuck: false } => {
            format!("timed out after {}", format_duration(Duration::from_millis(*limit_ms)))
        }
        Verdict::TimedOut { limit_ms, stuck: true } => format!(
            "timed out after {}; its thread cannot be stopped and still runs",
            format_duration(Duration::from_millis(*limit_ms))
        ),
        Verdict::Crashed { death, message } => {
            let gone = match death {
                // Nobody else can make a process do that.
                Death::Exited { .. } => "it, or code that it called, ended the process it ran in",
                Death::Signaled { .. } | Death::Unreachable => "the process it ran in is gone",
            };
            let more = if message.is_empty() { "" } else { "; " };
            format!("{gone}: {}{more}{message}", death_words(*death))
        }
        Verdict::NotRun { reason } => format!("not run: {reason}"),
        Verdict::Cancelled { reason } => format!("cancelled: {reason}"),
    };
    said.trim_end().to_owned()
}

/// What an attempt that failed has to say, where its output stands elsewhere or nowhere; never empty.
pub fn whole_message(verdict: &Verdict, output: &Output) -> String {
    let said = match verdict {
        Verdict::Failed { message } => message.trim_end().to_owned(),
        verdict => message_of(verdict, output),
    };
    if !said.is_empty() {
        return said;
    }
    // A result that is an error has been printed, in these words.
    let text = String::from_utf8_lossy(&output.bytes);
    let error = text.lines().rev().find(|line| line.starts_with("Error: "));
    error.unwrap_or("failed").to_owned()
}

/// How an attempt failed, on one line: `panicked at ..`, `signal 11, SIGSEGV`.
pub fn brief(attempt: &Attempt) -> String {
    let said = match &attempt.verdict {
        Verdict::Failed { message } => one_line(message),
        verdict => one_line(&message_of(verdict, &attempt.output)),
    };
    if said.is_empty() { "failed".to_owned() } else { said }
}

/// The attempts beside the deciding one, a line each, for formats that have no word for them.
pub fn attempt_lines(outcome: &Outcome) -> impl Iterator<Item = String> {
    let of_all = outcome.repeated.is_some();
    outcome.attempts.iter().map(move |attempt| {
        let what = if of_all { "repetition" } else { "attempt" };
        format!("{what} {}: {}", attempt.number, brief(attempt))
    })
}

/// What came of repetitions, behind the verdict's word: ` (3 of 1000 repetitions failed; 0.8ms to 3ms)`.
pub fn repeated(outcome: &Outcome) -> String {
    let Some(repeated) = &outcome.repeated else { return String::new() };
    let plural = if repeated.ran == 1 { "" } else { "s" };
    let count = match repeated.failed {
        0 => format!("{} repetition{plural}", repeated.ran),
        failed => format!("{failed} of {} repetition{plural} failed", repeated.ran),
    };
    let [least, most] = [repeated.least_ns, repeated.most_ns]
        .map(|nanos| format_duration(Duration::from_micros(nanos.div_ceil(1_000))));
    format!(" ({count}, {least} to {most})")
}

/// Notes of an outcome, and what became of output beyond the limit.
pub fn notes(outcome: &Outcome) -> Vec<String> {
    notes_of(&outcome.notes, &outcome.output)
}

/// The same of any attempt.
pub fn notes_of(notes: &[String], output: &Output) -> Vec<String> {
    let mut notes = notes.to_vec();
    if output.dropped > 0 {
        notes.push(format!(
            "{} bytes were dropped from the middle of this output; --output-limit keeps more",
            output.dropped
        ));
    }
    notes
}

/// What a benchmark measured, as libtest has it: `bench:       1,234.56 ns/iter (+/- 7.89) = 12 MB/s`.
pub fn measured(measured: &Measured) -> String {
    let rate = match megabytes_per_second(measured) {
        Some(rate) => format!(" = {rate} MB/s"),
        None => String::new(),
    };
    let [typical, deviation] = [measured.typical_ps, measured.deviation_ps].map(nanoseconds);
    format!("bench: {typical:>14} ns/iter (+/- {deviation}){rate}")
}

/// Picoseconds as nanoseconds with two digits behind the point and commas before it.
fn nanoseconds(ps: u64) -> String {
    let hundredths = (ps + 5) / 10;
    let whole = (hundredths / 100).to_string();
    let mut grouped = String::with_capacity(whole.len() * 2);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{:02}", hundredths % 100)
}

/// How much a benchmark goes through in a second, where it says how many bytes an iteration does.
pub fn megabytes_per_second(measured: &Measured) -> Option<u64> {
    let bytes_per_second =
        u128::from(measured.bytes) * 1_000_000_000_000 / u128::from(measured.typical_ps.max(1));
    (measured.bytes > 0).then(|| u64::try_from(bytes_per_second / 1_000_000).unwrap_or(u64::MAX))
}

/// ` - should panic` for such a trial, as libtest has it behind the name.
pub fn name_suffix(trial: &TrialInfo<'_>) -> &'static str {
    match trial.should_panic {
        ShouldPanic::No => "",
        ShouldPanic::Yes | ShouldPanic::With(_) => " - should panic",
    }
}

/// How long, as libtest puts it: `60 seconds`.
pub fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format_duration(duration),
        1 => "1 second".into(),
        seconds => format!("{seconds} seconds"),
    }
}

fn is_shown(message: &str, output: &[u8]) -> bool {
    message.is_empty() || output.windows(message.len()).any(|window| window == message.as_bytes())
}

/// A verdict's line stays one line, whatever the reason holds.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}
