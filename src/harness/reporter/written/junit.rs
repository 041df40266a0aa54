//! `--junit PATH`: a JUnit document as tools of continuous integration read it, through quick-junit.
//!
//! `--format junit` is another thing: libtest's own document, exactly, on stdout.

use std::time::Duration;

use chrono::{DateTime, Utc};
use quick_junit::{FlakyOrRerun, NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};

use super::account::{Account, Told};
use crate::harness::outcome::{Output, Ran, Verdict};
use crate::harness::reporter::escape::only_xml;
use crate::harness::reporter::words;

/// The document: one suite, a case a trial, named and classed as cargo-nextest does it.
pub fn write(account: &Account) -> String {
    let id = only_xml(&account.suite.id);
    let mut suite = TestSuite::new(&id);
    suite.set_timestamp(DateTime::<Utc>::from(account.began)).set_time(account.elapsed);
    suite.add_property(("workers", account.workers.to_string().as_str()));
    if let Some(seed) = account.shuffle_seed {
        suite.add_property(("shuffle-seed", seed.to_string().as_str()));
    }
    let said: Vec<&str> = account.messages.iter().map(|message| message.text.as_str()).collect();
    if !said.is_empty() {
        suite.set_system_err(only_xml(&said.join("\n")));
    }
    for told in &account.trials {
        suite.add_test_case(case(account, told, &id));
    }
    let mut report = Report::new(&id);
    report.set_timestamp(DateTime::<Utc>::from(account.began)).set_time(account.elapsed);
    report.add_test_suite(suite);
    let mut document = report.to_string().expect("memory takes all, and every time is in range");
    if !document.ends_with('\n') {
        document.push('\n');
    }
    document
}

fn case(account: &Account, told: &Told, class: &str) -> TestCase {
    let outcome = &told.outcome;
    let mut case = TestCase::new(only_xml(&told.name), status(account, told));
    case.set_classname(class).set_time(Duration::from_nanos(outcome.duration_ns));
    if let Some(ran) = &outcome.ran {
        case.set_timestamp(began(account, ran));
        case.add_property(("worker", ran.worker.to_string().as_str()));
    }
    case.extra.insert("file".into(), only_xml(&told.file).into());
    case.extra.insert("line".into(), told.line.to_string().into());
    if let Verdict::ExpectedFailure { reason } = &outcome.verdict {
        case.add_property(("expected-failure", only_xml(reason).as_str()));
    }
    for note in words::notes(outcome) {
        case.add_property(("note", only_xml(&note).as_str()));
    }
    if let Some(output) = text_of(&outcome.output) {
        case.set_system_out(output);
    }
    case
}

fn status(account: &Account, told: &Told) -> TestCaseStatus {
    let outcome = &told.outcome;
    let mut status = match &outcome.verdict {
        Verdict::Ignored { reason } => {
            let mut status = TestCaseStatus::skipped();
            if !reason.is_empty() {
                status.set_message(only_xml(reason));
            }
            return status;
        }
        Verdict::Cancelled { reason } => {
            let mut status = TestCaseStatus::skipped();
            status.set_type("cancelled").set_message(only_xml(reason));
            return status;
        }
        verdict if verdict.is_pass() => TestCaseStatus::success(),
        verdict => {
            let message = verdict_text(verdict, &outcome.output);
            let mut status = TestCaseStatus::non_success(kind(verdict));
            status.set_type(type_name(verdict)).set_message(first_line(&message));
            status.set_description(format!(
                "{message}\nagain: {}",
                only_xml(&account.again.command(&told.name))
            ));
            status
        }
    };
    if let Verdict::Flaky { .. } = outcome.verdict {
        status.set_rerun_kind(FlakyOrRerun::Flaky);
    }
    // What was expected to fail has failed, and is no flaw of a case that counts as passed.
    if !matches!(outcome.verdict, Verdict::ExpectedFailure { .. }) {
        for attempt in &outcome.attempts {
            let message = verdict_text(&attempt.verdict, &attempt.output);
            let mut rerun = TestRerun::new(kind(&attempt.verdict));
            rerun.set_type(type_name(&attempt.verdict)).set_message(first_line(&message));
            rerun.set_description(message).set_time(Duration::from_nanos(attempt.duration_ns));
            if let Some(ran) = &attempt.ran {
                rerun.set_timestamp(began(account, ran));
            }
            if let Some(output) = text_of(&attempt.output) {
                rerun.set_system_out(output);
            }
            status.add_rerun(rerun);
        }
    }
    status
}

fn began(account: &Account, ran: &Ran) -> DateTime<Utc> {
    DateTime::<Utc>::from(account.began + account.since_start(ran))
}

fn text_of(output: &Output) -> Option<String> {
    (!output.bytes.is_empty()).then(|| only_xml(&String::from_utf8_lossy(&output.bytes)))
}

fn verdict_text(verdict: &Verdict, output: &Output) -> String {
    only_xml(&words::whole_message(verdict, output))
}

fn first_line(text: &str) -> String {
    // `panicked at src/lib.rs:3:5:` alone is no news; what follows is.
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    match lines.next() {
        Some(second) if first.ends_with(':') => format!("{first} {second}"),
        _ => first.to_owned(),
    }
}

/// A failure is what a trial found, an error what befell it.
fn kind(verdict: &Verdict) -> NonSuccessKind {
    match verdict {
        Verdict::TimedOut { .. } | Verdict::Crashed { .. } | Verdict::NotRun { .. } => NonSuccessKind::Error,
        _ => NonSuccessKind::Failure,
    }
}

fn type_name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Leaked { .. } => "leak",
        Verdict::TimedOut { .. } => "timeout",
        Verdict::Crashed { .. } => "crash",
        Verdict::NotRun { .. } => "not run",
        Verdict::Flaky { .. } => "flaky",
        Verdict::UnexpectedPass { .. } => "unexpected pass",
        Verdict::Failed { message } if message.contains("panicked at") => "panic",
        _ => "failure",
    }
}
