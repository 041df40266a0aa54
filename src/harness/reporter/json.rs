//! libtest's JSON events, one a line.

use std::fmt::Write;
use std::time::Duration;

use crate::harness::cli::Options;
use crate::harness::event::{Event, TrialInfo};
use crate::harness::outcome::{Measured, Outcome, Verdict};

use super::escape::push_json;
use super::reporters::Reporter;
use super::sink::Sink;
use super::summary::Tally;
use super::words;

/// Writes an event a line.
#[derive(Debug)]
pub struct Json {
    out: Sink,
    report_time: bool,
    show_output: bool,
    tally: Tally,
    /// Trials that were told of as started and have no outcome yet: at most one a worker.
    started: Vec<String>,
    line: String,
}

impl Json {
    /// To this sink.
    pub fn new(out: Sink, options: &Options) -> Json {
        Json {
            out,
            report_time: options.report_time,
            show_output: options.show_output,
            tally: Tally::default(),
            started: Vec::new(),
            line: String::new(),
        }
    }

    fn run_started(&mut self, planned: usize, shuffle_seed: Option<u64>) {
        let _ = write!(self.line, r#"{{ "type": "suite", "event": "started", "test_count": {planned}"#);
        if let Some(seed) = shuffle_seed {
            let _ = write!(self.line, r#", "shuffle_seed": {seed}"#);
        }
        self.end_line();
    }

    fn started(&mut self, name: &str) {
        self.line.push_str(r#"{ "type": "test", "event": "started", "name": "#);
        push_json(&mut self.line, name);
        self.end_line();
    }

    /// A trial is told of as started when it is first seen running, and before its outcome at the latest.
    fn seen_running(&mut self, name: &str) {
        if !self.started.iter().any(|started| started == name) {
            self.started.push(name.to_owned());
            self.started(name);
        }
    }

    fn slow(&mut self, name: &str) {
        self.seen_running(name);
        self.line.push_str(r#"{ "type": "test", "event": "timeout", "name": "#);
        push_json(&mut self.line, name);
        self.end_line();
    }

    fn finished(&mut self, trial: &TrialInfo<'_>, outcome: &Outcome) {
        match self.started.iter().position(|started| started == trial.name) {
            Some(at) => drop(self.started.swap_remove(at)),
            None => self.started(trial.name),
        }
        self.tally.count(outcome);
        if let Some(measured) = outcome.measured.as_deref().filter(|_| outcome.verdict.is_pass()) {
            return self.measured(trial.name, measured);
        }
        self.line.push_str(r#"{ "type": "test", "name": "#);
        push_json(&mut self.line, trial.name);
        let event = match outcome.verdict {
            ref verdict if verdict.is_pass() => "ok",
            Verdict::Ignored { .. } => "ignored",
            _ => "failed",
        };
        let _ = write!(self.line, r#", "event": "{event}""#);
        self.push_details(outcome);
        self.end_line();
    }

    /// libtest's event of a benchmark, and ours behind it.
    fn measured(&mut self, name: &str, measured: &Measured) {
        self.line.push_str(r#"{ "type": "bench", "name": "#);
        push_json(&mut self.line, name);
        let [median, deviation] = [measured.typical_ps, measured.deviation_ps].map(|ps| ps as f64 / 1_000.0);
        let _ = write!(self.line, r#", "median": {median}, "deviation": {deviation}"#);
        if let Some(rate) = words::megabytes_per_second(measured) {
            let _ = write!(self.line, r#", "mib_per_second": {rate}"#);
        }
        let _ = write!(self.line, r#", "measured": {}"#, measured.json);
        self.end_line();
    }

    fn push_details(&mut self, outcome: &Outcome) {
        let red = outcome.verdict.is_red();
        if self.report_time && (red || outcome.verdict.is_pass()) {
            let seconds = Duration::from_nanos(outcome.duration_ns).as_secs_f64();
            let _ = write!(self.line, r#", "exec_time": {seconds}"#);
        }
        if (red || self.show_output) && !outcome.output.bytes.is_empty() {
            self.push_field("stdout", &String::from_utf8_lossy(&outcome.output.bytes));
        }
        if let Verdict::TimedOut { .. } = outcome.verdict {
            self.push_field("reason", "time limit exceeded");
        }
        let mut said = match &outcome.verdict {
            Verdict::Ignored { reason } => reason.clone(),
            // libtest has no word for what is flaky, or failed as expected: it is a plain `ok`.
            verdict if verdict.is_pass() => String::new(),
            _ => words::message(outcome),
        };
        for line in words::attempt_lines(outcome).take_while(|_| red) {
            let gap = if said.is_empty() { "" } else { "\n" };
            let _ = write!(said, "{gap}{line}");
        }
        let plain = red || outcome.attempts.is_empty();
        for note in words::notes(outcome).into_iter().take_while(|_| plain) {
            let gap = if said.is_empty() { "" } else { "\n" };
            let _ = write!(said, "{gap}note: {note}");
        }
        if !said.is_empty() {
            self.push_field("message", &said);
        }
    }

    fn push_field(&mut self, name: &str, value: &str) {
        let _ = write!(self.line, r#", "{name}": "#);
        push_json(&mut self.line, value);
    }

    fn run_finished(&mut self, elapsed: Duration, success: bool) {
        let Tally { passed, failed, ignored, measured, filtered_out, cancelled } = self.tally;
        let event = if success { "ok" } else { "failed" };
        // What was cancelled was told of as failed, an event a trial: the counts agree with the events.
        let failed = failed + cancelled;
        let _ = write!(
            self.line,
            r#"{{ "type": "suite", "event": "{event}", "passed": {passed}, "failed": {failed}, "ignored": {ignored}, "measured": {measured}, "filtered_out": {filtered_out}, "exec_time": {}"#,
            elapsed.as_secs_f64()
        );
        self.end_line();
    }

    fn end_line(&mut self) {
        self.line.push_str(" }\n");
        self.out.push(&self.line);
        self.line.clear();
    }
}

impl Reporter for Json {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { planned, filtered_out, shuffle_seed, .. } => {
                self.tally.filtered_out = *filtered_out;
                self.run_started(*planned, *shuffle_seed);
            }
            Event::Busy { running } => {
                for running in *running {
                    self.seen_running(running.trial.name);
                }
            }
            Event::Slow { trial, .. } => self.slow(trial.name),
            Event::Finished { trial, outcome } => self.finished(trial, outcome),
            Event::RunFinished { elapsed, success } => {
                self.run_finished(*elapsed, *success);
                self.out.flush();
            }
            Event::Warning { .. } | Event::RunError { .. } => {}
        }
        self.out.done();
    }

    fn flush(&mut self) {
        self.out.flush();
    }

    fn trouble(&self) -> Option<&str> {
        self.out.trouble()
    }
}
