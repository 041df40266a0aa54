//! A character a trial, as libtest prints it under `--quiet`.

use std::fmt::Write;
use std::time::Duration;

use crate::harness::cli::Options;
use crate::harness::event::{Event, TrialInfo};
use crate::harness::outcome::{Outcome, Verdict};

use super::paint::Paint;
use super::pretty::{write_slow, write_start};
use super::reporters::Reporter;
use super::sink::Sink;
use super::summary::Summary;
use super::words;

/// Characters in a row before ` 87/231` ends it, as libtest has them.
const ROW: usize = 87;

/// Writes a dot for each trial that passed, `i` for an ignored one, a line for a failed one.
#[derive(Debug)]
pub struct Terse {
    out: Sink,
    paint: Paint,
    slow: Option<Duration>,
    summary: Summary,
    planned: usize,
    told: usize,
    column: usize,
}

impl Terse {
    /// To this sink.
    pub fn new(out: Sink, paint: Paint, options: &Options) -> Terse {
        Terse {
            out,
            paint,
            slow: options.slow,
            summary: Summary::new(options.show_output),
            planned: 0,
            told: 0,
            column: 0,
        }
    }

    fn finished(&mut self, trial: &TrialInfo<'_>, outcome: &Outcome) {
        self.summary.add(trial, outcome);
        match outcome.verdict {
            Verdict::Cancelled { .. } => return,
            Verdict::Passed => self.mark(".", outcome),
            Verdict::Ignored { .. } => self.mark("i", outcome),
            _ => self.failed(trial, outcome),
        }
        self.told += 1;
        if self.column == ROW {
            self.end_row();
        }
    }

    fn mark(&mut self, mark: &str, outcome: &Outcome) {
        let (_, tone) = words::word(&outcome.verdict);
        for part in [self.paint.begin(tone), mark, self.paint.end()] {
            self.out.push(part);
        }
        self.column += 1;
    }

    fn failed(&mut self, trial: &TrialInfo<'_>, outcome: &Outcome) {
        if self.column > 0 {
            self.end_row();
        }
        let (word, tone) = words::word(&outcome.verdict);
        let reason = words::reason(&outcome.verdict);
        let (begin, end) = (self.paint.begin(tone), self.paint.end());
        let _ = writeln!(self.out, "{} --- {begin}{word}{reason}{end}", trial.name);
    }

    fn end_row(&mut self) {
        let _ = writeln!(self.out, " {}/{}", self.told, self.planned);
        self.column = 0;
    }
}

impl Reporter for Terse {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { planned, filtered_out, shuffle_seed, .. } => {
                self.planned = *planned;
                self.summary.filtered_out(*filtered_out);
                write_start(&mut self.out, *planned, *shuffle_seed);
            }
            Event::Slow { trial, elapsed } => write_slow(&mut self.out, trial, self.slow, *elapsed),
            Event::Finished { trial, outcome } => self.finished(trial, outcome),
            Event::RunFinished { elapsed, success } => {
                self.summary.write(&mut self.out, self.paint, *elapsed, *success);
                self.out.flush();
            }
            Event::Busy { .. } | Event::Warning { .. } | Event::RunError { .. } => {}
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
