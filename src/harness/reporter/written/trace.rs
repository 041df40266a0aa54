//! `--trace PATH`: who ran what when, in the format that Perfetto (<https://ui.perfetto.dev>) and Chrome's tracing read.
//!
//! A track a worker, and on it an event an attempt.

use std::fmt::Write;
use std::time::Duration;

use super::account::{Account, Told};
use crate::harness::outcome::{Ran, Verdict};
use crate::harness::reporter::escape::push_json;
use crate::harness::reporter::words;

/// The document. Trials that did not run are not in it.
pub fn write(account: &Account) -> String {
    let mut out = String::from("{\"displayTimeUnit\":\"ms\",\"otherData\":{\"suite\":");
    push_json(&mut out, &account.suite.id);
    let (workers, trials) = (account.workers, account.trials.len());
    let _ = writeln!(out, ",\"workers\":{workers},\"trials\":{trials}}},\"traceEvents\":[");
    out.push_str("{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":");
    push_json(&mut out, &account.suite.id);
    out.push_str("}}");
    for worker in 0..account.workers {
        let track = track(worker);
        let _ = write!(
            out,
            ",\n{{\"ph\":\"M\",\"pid\":1,\"tid\":{track},\"name\":\"thread_name\",\"args\":{{\"name\":\"worker \
             {worker}\"}}}},\n{{\"ph\":\"M\",\"pid\":1,\"tid\":{track},\"name\":\"thread_sort_index\",\"args\":\
             {{\"sort_index\":{worker}}}}}"
        );
    }
    for told in &account.trials {
        push_trial(&mut out, account, told);
    }
    out.push_str("\n]}\n");
    out
}

/// One attempt on a worker's track.
struct Stretch<'a> {
    name: &'a str,
    ran: &'a Ran,
    duration_ns: u64,
    outcome: &'static str,
    detail: &'a str,
}

fn push_trial(out: &mut String, account: &Account, told: &Told) {
    let outcome = &told.outcome;
    let what = if outcome.repeated.is_some() { "repetition" } else { "attempt" };
    for attempt in &outcome.attempts {
        if let Some(ran) = &attempt.ran {
            let (duration_ns, outcome) = (attempt.duration_ns, word(&attempt.verdict));
            let name = format!("{} ({what} {})", told.name, attempt.number);
            let detail = words::brief(attempt);
            push(out, account, told, &Stretch { name: &name, ran, duration_ns, outcome, detail: &detail });
        }
    }
    if let Some(ran) = &outcome.ran {
        let reason = words::reason(&outcome.verdict);
        let detail = reason.trim_start_matches([',', ' ']);
        let (duration_ns, outcome) = (outcome.duration_ns, word(&outcome.verdict));
        push(out, account, told, &Stretch { name: &told.name, ran, duration_ns, outcome, detail });
    }
}

fn push(out: &mut String, account: &Account, told: &Told, stretch: &Stretch<'_>) {
    let Stretch { name, ran, duration_ns, outcome, detail } = *stretch;
    out.push_str(",\n{\"ph\":\"X\",\"pid\":1,\"cat\":\"trial\",\"name\":");
    push_json(out, name);
    let (from, length) = (micros(account.since_start(ran)), micros(Duration::from_nanos(duration_ns)));
    let _ = write!(out, ",\"tid\":{},\"ts\":{from:.3},\"dur\":{length:.3}", track(ran.worker));
    if outcome != "passed" {
        // A name of Chrome's palette; Perfetto colours by name.
        let _ = write!(out, ",\"cname\":\"{}\"", if outcome == "failed" { "terrible" } else { "bad" });
    }
    let _ = write!(out, ",\"args\":{{\"outcome\":\"{outcome}\",\"line\":{},\"file\":", told.line);
    push_json(out, &told.file);
    if !detail.is_empty() {
        out.push_str(",\"detail\":");
        push_json(out, detail);
    }
    out.push_str("}}");
}

/// The number of a worker's track: that of a thread, of which 0 is the system's own.
fn track(worker: usize) -> usize {
    worker + 1
}

fn micros(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e3
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Flaky { red: false, .. } => "flaky",
        Verdict::Ignored { .. } => "ignored",
        verdict if verdict.is_pass() => "passed",
        _ => "failed",
    }
}
