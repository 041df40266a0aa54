//! libtest's JUnit document: one line, written when the run is over.

use std::fmt::Write;
use std::time::Duration;

use crate::harness::cli::Options;
use crate::harness::event::{Event, TrialInfo};
use crate::harness::outcome::{Outcome, Verdict};
use crate::harness::registry::Kind;

use super::escape::{push_xml_attribute, push_xml_cdata};
use super::reporters::Reporter;
use super::sink::Sink;
use super::summary::Tally;
use super::words;

/// Keeps a `testcase` a trial until the end, because the head of the document has the counts.
#[derive(Debug)]
pub struct Junit {
    out: Sink,
    show_output: bool,
    tally: Tally,
    cases: String,
}

impl Junit {
    /// To this sink.
    pub fn new(out: Sink, options: &Options) -> Junit {
        Junit { out, show_output: options.show_output, tally: Tally::default(), cases: String::new() }
    }

    /// Ignored trials are counted in the head and have no `testcase`, as libtest has it.
    fn finished(&mut self, trial: &TrialInfo<'_>, outcome: &Outcome) {
        self.tally.count(outcome);
        if let Verdict::Ignored { .. } = outcome.verdict {
            return;
        }
        let (class, name) = class_and_name(trial);
        self.cases.push_str("<testcase classname=\"");
        push_xml_attribute(&mut self.cases, &class);
        self.cases.push_str("\" name=\"");
        push_xml_attribute(&mut self.cases, name);
        let _ = write!(self.cases, "\" time=\"{}\"", Duration::from_nanos(outcome.duration_ns).as_secs_f64());
        let red = outcome.verdict.is_red();
        let output = (red || self.show_output) && !outcome.output.bytes.is_empty();
        if !red && !output {
            self.cases.push_str("/>");
            return;
        }
        self.cases.push('>');
        if red {
            self.push_failure(outcome);
        }
        if output {
            self.cases.push_str("<system-out>");
            push_xml_cdata(&mut self.cases, &String::from_utf8_lossy(&outcome.output.bytes));
            self.cases.push_str("</system-out>");
        }
        self.cases.push_str("</testcase>");
    }

    fn push_failure(&mut self, outcome: &Outcome) {
        let kind = match outcome.verdict {
            Verdict::Leaked { .. } => "leak",
            Verdict::TimedOut { .. } => "timeout",
            Verdict::Crashed { .. } => "crash",
            Verdict::NotRun { .. } => "not run",
            Verdict::Cancelled { .. } => "cancelled",
            Verdict::Flaky { .. } => "flaky",
            Verdict::UnexpectedPass { .. } => "unexpected pass",
            _ => "assert",
        };
        let message = words::message(outcome);
        self.cases.push_str("<failure ");
        if !message.is_empty() {
            self.cases.push_str("message=\"");
            push_xml_attribute(&mut self.cases, &message);
            self.cases.push_str("\" ");
        }
        let _ = write!(self.cases, "type=\"{kind}\"/>");
    }

    fn run_finished(&mut self) {
        let Tally { passed, failed, ignored, measured, cancelled, .. } = self.tally;
        let failures = failed + cancelled;
        let tests = passed + failures + ignored + measured;
        let _ = write!(
            self.out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><testsuites><testsuite name=\"test\" package=\"test\" \
             id=\"0\" errors=\"0\" failures=\"{failures}\" tests=\"{tests}\" skipped=\"{ignored}\" >"
        );
        self.out.push(&self.cases);
        self.out.push("<system-out/><system-err/></testsuite></testsuites>\n");
    }
}

/// In unit tests `a::b::c` is `c` of class `a::b`, and a name without a module is of class `crate`; integration tests
/// are all of class `integration`.
fn class_and_name<'a>(trial: &TrialInfo<'a>) -> (String, &'a str) {
    if trial.is_integration() {
        return ("integration".to_owned(), trial.name);
    }
    let (module, name) = trial.name.rsplit_once("::").unwrap_or(("crate", trial.name));
    match trial.kind {
        Kind::Test => (module.to_owned(), name),
        Kind::Bench => (format!("benchmark::{module}"), name),
    }
}

impl Reporter for Junit {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Finished { trial, outcome } => self.finished(trial, outcome),
            Event::RunFinished { .. } => {
                self.run_finished();
                self.out.flush();
            }
            _ => {}
        }
    }

    fn flush(&mut self) {
        self.out.flush();
    }

    fn trouble(&self) -> Option<&str> {
        self.out.trouble()
    }
}
