//! What comes at the end of a run: counts, and the blocks of trials whose output is shown.

use std::fmt::Write;
use std::time::Duration;

use crate::harness::again::Again;
use crate::harness::event::TrialInfo;
use crate::harness::outcome::{Outcome, Output, Verdict};
use crate::harness::registry::order_by_name;

use super::paint::{Paint, Tone};
use super::sink::Sink;
use super::words;

/// Trials that were cancelled and are named before it is left at a number.
const CANCELLED_NAMED: usize = 20;

/// How many trials ended in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Passed.
    pub passed: usize,
    /// Ran, or was meant to, and went wrong.
    pub failed: usize,
    /// By attribute or by `skip!`.
    pub ignored: usize,
    /// Benchmarks with a measurement.
    pub measured: usize,
    /// Left out by filters.
    pub filtered_out: usize,
    /// Planned, but the run was ended before they were through.
    pub cancelled: usize,
}

impl Tally {
    /// Counts one outcome.
    pub fn count(&mut self, outcome: &Outcome) {
        *match &outcome.verdict {
            verdict if verdict.is_pass() && outcome.measured.is_some() => &mut self.measured,
            verdict if verdict.is_pass() => &mut self.passed,
            Verdict::Ignored { .. } => &mut self.ignored,
            Verdict::Cancelled { .. } => &mut self.cancelled,
            _ => &mut self.failed,
        } += 1;
    }
}

/// Collects what is shown at the end, and writes it as libtest does.
///
/// Holds the output of failed trials (each bounded by the output limit) until the end, and of passed ones only
/// where `show_output` asks for it.
#[derive(Debug)]
pub struct Summary {
    tally: Tally,
    show_output: bool,
    failures: Blocks,
    successes: Blocks,
    flaky: Blocks,
    /// How a trial that failed is run again, where that is to be told.
    again: Option<Again>,
    shuffle_seed: Option<u64>,
    cancelled: Vec<(String, String)>,
    /// Of those, what wrote something or was seen hanging while the run was ended.
    cut_short: Blocks,
    noted: Vec<(String, String)>,
}

/// Blocks of output in the order of events, and the names of all trials of that kind.
#[derive(Debug, Default)]
struct Blocks {
    text: Vec<u8>,
    names: Vec<String>,
}

impl Summary {
    /// An empty one.
    pub fn new(show_output: bool, again: Option<Again>) -> Summary {
        Summary {
            tally: Tally::default(),
            show_output,
            again,
            shuffle_seed: None,
            failures: Blocks::default(),
            successes: Blocks::default(),
            flaky: Blocks::default(),
            cancelled: Vec::new(),
            cut_short: Blocks::default(),
            noted: Vec::new(),
        }
    }

    /// The filters left out so many, and the order is that of this seed.
    pub fn begin(&mut self, filtered_out: usize, shuffle_seed: Option<u64>) {
        self.tally.filtered_out = filtered_out;
        self.shuffle_seed = shuffle_seed;
    }

    /// The counts so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Takes in the outcome of one trial.
    pub fn add(&mut self, trial: &TrialInfo<'_>, outcome: &Outcome) {
        self.tally.count(outcome);
        match &outcome.verdict {
            Verdict::Cancelled { reason } => {
                if self.cancelled.len() < CANCELLED_NAMED {
                    self.cancelled.push((trial.name.to_owned(), reason.clone()));
                }
                if !outcome.output.bytes.is_empty() {
                    let facts = self.facts(trial, outcome);
                    self.cut_short.add(trial, outcome, &facts);
                }
            }
            Verdict::Flaky { red: false, .. } => {
                let facts = self.facts(trial, outcome);
                self.flaky.add(trial, outcome, &facts);
            }
            verdict if verdict.is_red() => {
                let facts = self.facts(trial, outcome);
                self.failures.add(trial, outcome, &facts);
            }
            verdict => {
                if self.show_output && verdict.is_pass() {
                    self.successes.add(trial, outcome, "");
                } else {
                    let notes = outcome.notes.iter().map(|note| (trial.name.to_owned(), note.clone()));
                    self.noted.extend(notes);
                }
            }
        }
    }

    /// Writes all of it, down to the line `test result: …`.
    pub fn write(&mut self, out: &mut Sink, paint: Paint, elapsed: Duration, success: bool) {
        if self.show_output {
            self.successes.write(out, "successes");
        }
        if !self.flaky.names.is_empty() {
            self.flaky.write(out, "flaky");
        }
        if !self.failures.names.is_empty() {
            self.failures.write(out, "failures");
        }
        self.write_cancelled(out);
        self.write_notes(out);
        let (word, tone) = if success { ("ok", Tone::Good) } else { ("FAILED", Tone::Bad) };
        let Tally { passed, failed, ignored, measured, filtered_out, .. } = self.tally;
        let _ = write!(
            out,
            "\ntest result: {}{word}{}. {passed} passed; {failed} failed; {ignored} ignored; {measured} \
             measured; {filtered_out} filtered out; finished in {:.2}s\n\n",
            paint.begin(tone),
            paint.end(),
            elapsed.as_secs_f64()
        );
    }

    /// Where a trial that failed stands, where it ran, and how it is run again: what a block has below libtest's part.
    fn facts(&self, trial: &TrialInfo<'_>, outcome: &Outcome) -> String {
        let Some(again) = &self.again else { return String::new() };
        let mut facts = format!("   --> {}:{}", trial.file, trial.line);
        if let Some(ran) = outcome.ran {
            let _ = write!(facts, ", worker {}", ran.worker);
        }
        if let Some(seed) = self.shuffle_seed {
            let _ = write!(facts, ", shuffle seed {seed}");
        }
        let _ = write!(facts, "\n    = again: {}\n\n", again.command(trial.name));
        facts
    }

    fn write_cancelled(&self, out: &mut Sink) {
        if self.cancelled.is_empty() {
            return;
        }
        if !self.cut_short.text.is_empty() {
            out.push("\ncancelled:\n\n");
            out.push_lossy(&self.cut_short.text);
        }
        out.push("\ncancelled:\n");
        for (name, reason) in &self.cancelled {
            let _ = writeln!(out, "    {name} ({reason})");
        }
        if self.tally.cancelled > self.cancelled.len() {
            let _ = writeln!(out, "    and {} more", self.tally.cancelled - self.cancelled.len());
        }
    }

    fn write_notes(&self, out: &mut Sink) {
        if self.noted.is_empty() {
            return;
        }
        out.push("\nnotes:\n");
        for (name, note) in &self.noted {
            let _ = writeln!(out, "    {name}: {note}");
        }
    }
}

impl Blocks {
    /// Adds a block, which ends with these facts.
    fn add(&mut self, trial: &TrialInfo<'_>, outcome: &Outcome, facts: &str) {
        self.names.push(trial.name.to_owned());
        for attempt in &outcome.attempts {
            let title = match outcome.repeated {
                Some(_) => format!("{}#{} stdout", trial.name, attempt.number),
                None => format!("{} attempt {} stdout", trial.name, attempt.number),
            };
            self.push(&title, &attempt.verdict, &attempt.output, &attempt.notes, "");
            if !self.text.ends_with(b"\n\n") {
                self.text.push(b'\n');
            }
        }
        self.push(
            &format!("{} stdout", trial.name),
            &outcome.verdict,
            &outcome.output,
            &outcome.notes,
            facts,
        );
    }

    fn push(&mut self, title: &str, verdict: &Verdict, output: &Output, notes: &[String], facts: &str) {
        let mut block = output.bytes.clone();
        let message = words::message_of(verdict, output);
        let notes = words::notes_of(notes, output);
        for note in notes.into_iter().chain((!message.is_empty()).then_some(message)) {
            if !block.is_empty() && !block.ends_with(b"\n") {
                block.push(b'\n');
            }
            block.extend_from_slice(b"note: ");
            block.extend_from_slice(note.as_bytes());
        }
        // libtest does not end a message of its own with a line end, and readers compare; ours may.
        if !block.is_empty() && !matches!(verdict, Verdict::Failed { .. }) && !block.ends_with(b"\n") {
            block.push(b'\n');
        }
        if block.is_empty() && facts.is_empty() {
            return;
        }
        self.text.extend_from_slice(format!("---- {title} ----\n").as_bytes());
        if !block.is_empty() {
            self.text.append(&mut block);
            self.text.push(b'\n');
        }
        self.text.extend_from_slice(facts.as_bytes());
    }

    fn write(&mut self, out: &mut Sink, heading: &str) {
        let _ = writeln!(out, "\n{heading}:");
        if !self.text.is_empty() {
            out.push("\n");
            out.push_lossy(&self.text);
        }
        let mut names: Vec<(&str, u32)> = self.names.iter().map(String::as_str).zip(0..).collect();
        order_by_name(&mut names);
        let _ = writeln!(out, "\n{heading}:");
        for (name, _) in names {
            let _ = writeln!(out, "    {name}");
        }
    }
}
