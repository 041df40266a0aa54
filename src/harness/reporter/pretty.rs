//! A line a trial, as libtest prints it.

use std::fmt::Write;
use std::time::Duration;

use crate::harness::cli::Options;
use crate::harness::event::{Event, TrialInfo};
use crate::harness::outcome::{Outcome, Verdict};

use super::paint::Paint;
use super::reporters::Reporter;
use super::sink::Sink;
use super::summary::Summary;
use super::words;

/// Writes `test NAME ... ok`, and the blocks at the end.
#[derive(Debug)]
pub struct Pretty {
    out: Sink,
    paint: Paint,
    report_time: bool,
    slow: Option<Duration>,
    summary: Summary,
}

impl Pretty {
    /// To this sink.
    pub fn new(out: Sink, paint: Paint, options: &Options) -> Pretty {
        Pretty {
            out,
            paint,
            report_time: options.report_time,
            slow: options.slow,
            summary: Summary::new(options.show_output),
        }
    }

    fn finished(&mut self, trial: &TrialInfo<'_>, outcome: &Outcome) {
        self.summary.add(trial, outcome);
        // No line of its own: after Ctrl-C there may be thousands. The summary has them.
        if matches!(outcome.verdict, Verdict::Cancelled { .. }) {
            return;
        }
        let (word, tone) = words::word(&outcome.verdict);
        let out = &mut self.out;
        for part in ["test ", trial.name, words::name_suffix(trial), " ... ", self.paint.begin(tone), word] {
            out.push(part);
        }
        out.push(&words::reason(&outcome.verdict));
        out.push(self.paint.end());
        if self.report_time && !matches!(outcome.verdict, Verdict::Ignored { .. }) {
            let _ = write!(out, " <{:.3}s>", Duration::from_nanos(outcome.duration_ns).as_secs_f64());
        }
        out.push("\n");
    }
}

/// `running 3 tests`, as both line formats begin.
pub(super) fn write_start(out: &mut Sink, planned: usize, shuffle_seed: Option<u64>) {
    let plural = if planned == 1 { "" } else { "s" };
    let _ = write!(out, "\nrunning {planned} test{plural}");
    if let Some(seed) = shuffle_seed {
        let _ = write!(out, " (shuffle seed: {seed})");
    }
    out.push("\n");
}

/// `test NAME has been running for over 60 seconds`, as both line formats have it.
pub(super) fn write_slow(out: &mut Sink, trial: &TrialInfo<'_>, slow: Option<Duration>, elapsed: Duration) {
    let over = words::seconds(slow.unwrap_or(elapsed));
    let _ = writeln!(out, "test {} has been running for over {over}", trial.name);
}

impl Reporter for Pretty {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { planned, filtered_out, shuffle_seed, .. } => {
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
