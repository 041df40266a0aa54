//! What people read of a run, as libtest prints it: a line a trial, or under `--quiet` a character a trial.

use std::fmt::Write;
use std::time::Duration;

use crate::harness::again::Again;
use crate::harness::cli::Options;
use crate::harness::event::{Event, TrialInfo};
use crate::harness::outcome::{Outcome, Verdict};

use super::paint::Paint;
use super::reporters::Reporter;
use super::sink::Sink;
use super::summary::Summary;
use super::words;

/// Characters in a row before ` 87/231` ends it, as libtest has them.
const ROW: usize = 87;

/// Writes `test NAME ... ok` or a dot, and the blocks at the end.
#[derive(Debug)]
pub struct Lines {
    out: Sink,
    paint: Paint,
    summary: Summary,
    form: Form,
}

/// What a trial that has ended looks like.
#[derive(Debug)]
enum Form {
    /// `test NAME ... ok`, with the time it took where that is wanted.
    Pretty { report_time: bool },
    /// A dot for each trial that passed, `i` for an ignored one, a line for a failed one.
    Terse(Row),
}

impl Lines {
    /// A line a trial, to this sink; failures end with how they are run again, where that is given.
    pub fn pretty(out: Sink, paint: Paint, options: &Options, again: Option<Again>) -> Lines {
        Lines::new(out, paint, options, again, Form::Pretty { report_time: options.report_time })
    }

    /// A character a trial, to this sink; failures end as with [`Lines::pretty`].
    pub fn terse(out: Sink, paint: Paint, options: &Options, again: Option<Again>) -> Lines {
        Lines::new(out, paint, options, again, Form::Terse(Row::default()))
    }

    fn new(out: Sink, paint: Paint, options: &Options, again: Option<Again>, form: Form) -> Lines {
        Lines { out, paint, summary: Summary::new(options.show_output, again), form }
    }

    fn started(&mut self, running: usize, shuffle_seed: Option<u64>) {
        if let Form::Terse(row) = &mut self.form {
            row.planned = running;
        }
        let plural = if running == 1 { "" } else { "s" };
        let _ = write!(self.out, "\nrunning {running} test{plural}");
        if let Some(seed) = shuffle_seed {
            let _ = write!(self.out, " (shuffle seed: {seed})");
        }
        self.out.push("\n");
    }

    fn finished(&mut self, trial: &TrialInfo<'_>, outcome: &Outcome) {
        self.summary.add(trial, outcome);
        // No line of its own: after Ctrl-C there may be thousands. The summary has them.
        if matches!(outcome.verdict, Verdict::Cancelled { .. }) {
            return;
        }
        match &mut self.form {
            Form::Pretty { report_time } => {
                write_line(&mut self.out, self.paint, trial, outcome, *report_time)
            }
            Form::Terse(row) => row.mark(&mut self.out, self.paint, trial, outcome),
        }
    }
}

fn write_line(out: &mut Sink, paint: Paint, trial: &TrialInfo<'_>, outcome: &Outcome, report_time: bool) {
    let (word, tone) = words::word(&outcome.verdict);
    for part in ["test ", trial.name, words::name_suffix(trial), " ... "] {
        out.push(part);
    }
    if let Some(measured) = outcome.measured.as_deref().filter(|_| outcome.verdict.is_pass()) {
        let _ = writeln!(out, "{}", words::measured(measured));
        for line in &measured.lines {
            let _ = writeln!(out, "    {line}");
        }
        return;
    }
    for part in [paint.begin(tone), word] {
        out.push(part);
    }
    out.push(&words::reason(&outcome.verdict));
    if outcome.repeated.is_some() {
        out.push(&words::repeated(outcome));
    }
    out.push(paint.end());
    if report_time && !matches!(outcome.verdict, Verdict::Ignored { .. }) {
        let _ = write!(out, " <{:.3}s>", Duration::from_nanos(outcome.duration_ns).as_secs_f64());
    }
    out.push("\n");
}

/// The row of characters that is being written.
#[derive(Debug, Default)]
struct Row {
    planned: usize,
    told: usize,
    column: usize,
}

impl Row {
    fn mark(&mut self, out: &mut Sink, paint: Paint, trial: &TrialInfo<'_>, outcome: &Outcome) {
        let (word, tone) = words::word(&outcome.verdict);
        let (begin, end) = (paint.begin(tone), paint.end());
        let mark = match &outcome.verdict {
            verdict if verdict.is_pass() => ".",
            Verdict::Ignored { .. } => "i",
            _ => {
                if self.column > 0 {
                    self.end(out);
                }
                let (reason, of_all) = (words::reason(&outcome.verdict), words::repeated(outcome));
                let _ = writeln!(out, "{} --- {begin}{word}{reason}{of_all}{end}", trial.name);
                self.told += 1;
                return;
            }
        };
        for part in [begin, mark, end] {
            out.push(part);
        }
        self.column += 1;
        self.told += 1;
        if self.column == ROW {
            self.end(out);
        }
    }

    fn end(&mut self, out: &mut Sink) {
        let _ = writeln!(out, " {}/{}", self.told, self.planned);
        self.column = 0;
    }
}

impl Reporter for Lines {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { planned, filtered_out, shuffle_seed, .. } => {
                self.summary.begin(*filtered_out, *shuffle_seed);
                self.started(*planned, *shuffle_seed);
            }
            Event::Slow { trial, mark, .. } => {
                let over = words::seconds(*mark);
                let _ = writeln!(self.out, "test {} has been running for over {over}", trial.name);
            }
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
