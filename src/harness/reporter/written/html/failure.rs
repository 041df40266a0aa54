//! A trial on the page that failed, or passed only after it had.

use std::fmt::Write;
use std::time::Duration;

use super::colour::{push_output, push_text};
use super::difference;
use crate::harness::outcome::{Output, Ran, Verdict};
use crate::harness::reporter::words;
use crate::harness::reporter::written::account::{Account, Told};

/// Failures that are open when the page is.
const OPEN: usize = 20;

/// Appends a trial that is worth a block, the one of this number.
pub fn push(out: &mut String, account: &Account, told: &Told, number: usize) {
    let outcome = &told.outcome;
    let open = if number < OPEN && outcome.verdict.is_red() { " open" } else { "" };
    let (class, word) = if outcome.verdict.is_red() { ("bad", "failed") } else { ("mild", "flaky") };
    let _ = write!(
        out,
        "<details class=\"failure {class}\" id=\"f{number}\"{open}><summary><b>{word}</b> <code>"
    );
    push_text(out, &told.name);
    out.push_str("</code> <i>");
    push_text(out, words::reason(&outcome.verdict).trim_start_matches([',', ' ']));
    push_text(out, &words::repeated(outcome));
    let _ = write!(out, "</i><time>{}</time></summary>\n<p class=\"facts\">", span(outcome.duration_ns));
    push_text(out, &format!("{}:{}", told.file, told.line));
    push_ran(out, account, outcome.ran.as_ref());
    if let Some(seed) = account.shuffle_seed {
        let _ = write!(out, " · shuffle seed {seed}");
    }
    out.push_str("</p>\n<p class=\"again\"><code>");
    push_text(out, &account.again.command(&told.name));
    out.push_str("</code></p>\n");
    for attempt in &outcome.attempts {
        let what = if outcome.repeated.is_some() { "repetition" } else { "attempt" };
        let _ = write!(out, "<details class=\"attempt\"><summary>{what} {}: ", attempt.number);
        push_text(out, &words::brief(attempt));
        let _ = write!(out, " <time>{}</time></summary><p class=\"facts\">", span(attempt.duration_ns));
        out.push_str(if attempt.fresh { "in a new worker" } else { "in a worker that had run others" });
        push_ran(out, account, attempt.ran.as_ref());
        out.push_str("</p>\n");
        push_story(out, &attempt.verdict, &attempt.output, &attempt.notes);
        out.push_str("</details>\n");
    }
    push_story(out, &outcome.verdict, &outcome.output, &outcome.notes);
    out.push_str("</details>\n");
}

fn push_ran(out: &mut String, account: &Account, ran: Option<&Ran>) {
    if let Some(ran) = ran {
        let since = account.since_start(ran).as_nanos() as u64;
        let _ = write!(out, " · worker {} · began after {}", ran.worker, span(since));
    }
}

/// What was said of an attempt, how two values differ, and what it wrote.
fn push_story(out: &mut String, verdict: &Verdict, output: &Output, notes: &[String]) {
    let message = words::whole_message(verdict, output);
    out.push_str("<pre class=\"message\">");
    push_text(out, &message);
    out.push_str("</pre>\n");
    if let Some((left, right)) = difference::sides(&message)
        && let Some(lines) = difference::lines(left, right)
    {
        push_difference(out, &lines);
    }
    for note in words::notes_of(notes, output) {
        out.push_str("<p class=\"note\">");
        push_text(out, &note);
        out.push_str("</p>\n");
    }
    if !output.bytes.is_empty() {
        out.push_str("<h4>Output</h4><pre class=\"output\">");
        push_output(out, &output.bytes);
        out.push_str("</pre>\n");
    }
}

fn push_difference(out: &mut String, lines: &[difference::Line]) {
    out.push_str("<h4>Difference <small><del>left</del> <ins>right</ins></small></h4><div class=\"diff\">");
    for line in lines {
        let (class, sign) = match line.sign {
            '-' => ("del", "−"),
            '+' => ("ins", "+"),
            '~' => ("gap", "⋯"),
            _ => ("both", " "),
        };
        let _ = write!(out, "<div class=\"{class}\"><span>{sign}</span>");
        for (differs, text) in &line.parts {
            out.push_str(if *differs { "<b>" } else { "" });
            push_text(out, text);
            out.push_str(if *differs { "</b>" } else { "" });
        }
        out.push_str("</div>");
    }
    out.push_str("</div>\n");
}

/// How long, with as many digits as are of interest.
pub fn span(nanos: u64) -> String {
    let seconds = Duration::from_nanos(nanos).as_secs_f64();
    match seconds {
        _ if seconds >= 100.0 => format!("{seconds:.0} s"),
        _ if seconds >= 1.0 => format!("{seconds:.2} s"),
        _ if seconds >= 0.001 => format!("{:.1} ms", seconds * 1e3),
        _ => format!("{:.0} µs", seconds * 1e6),
    }
}
