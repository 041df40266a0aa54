//! The live display on a terminal: an overall bar, and a line for each busy worker below it.
//!
//! It owns no thread and no clock of its own: it is redrawn by events, and the arbiter sends one about ten times
//! a second while trials run. Results scroll above it, which is the business of [`super::sink::Sink`].

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::app::quantity::format_duration;
use crate::harness::cli::{Format, Options};
use crate::harness::event::{Event, Running};

use super::paint::{Paint, Tone};
use super::reporters::Reporter;

/// Redraws a second at most.
const HERTZ: u8 = 20;
/// Lines for busy workers at most; the rest is told as a number.
const LINES: usize = 16;

/// The bars of a run.
#[derive(Debug)]
pub struct Progress {
    bars: MultiProgress,
    overall: ProgressBar,
    lines: Vec<ProgressBar>,
    failed: usize,
    paint: Paint,
}

impl Progress {
    /// Whether a run with these options has a display.
    pub fn wanted(options: &Options) -> bool {
        options.progress
            && !options.no_capture
            && options.format == Format::Pretty
            && std::io::stdout().is_terminal()
    }

    /// On the terminal that stdout is.
    pub fn on_stdout(paint: Paint) -> Progress {
        Progress::on(ProgressDrawTarget::stdout_with_hz(HERTZ), paint)
    }

    /// On any target.
    pub fn on(target: ProgressDrawTarget, paint: Paint) -> Progress {
        let bars = MultiProgress::with_draw_target(target);
        Progress { overall: ProgressBar::hidden(), bars, lines: Vec::new(), failed: 0, paint }
    }

    /// What text has to be put above.
    pub fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    fn start(&mut self, planned: usize) {
        let bar = if self.paint == Paint::PLAIN { "{wide_bar}" } else { "{wide_bar:.cyan/dim}" };
        let style = style(&format!("{bar} {{pos}}/{{len}}{{msg}}  {{elapsed}}, {{eta}} left"));
        self.overall = self.bars.add(ProgressBar::new(planned as u64).with_style(style));
        self.overall.tick();
    }

    fn busy(&mut self, running: &[Running<'_>]) {
        let told = running.len().min(LINES);
        let lines = told + usize::from(running.len() > told);
        while self.lines.len() < lines {
            let line = self.bars.add(ProgressBar::new_spinner().with_style(style("{wide_msg}")));
            self.lines.push(line);
        }
        for line in self.lines.drain(lines..) {
            line.finish_and_clear();
            self.bars.remove(&line);
        }
        for (line, running) in self.lines.iter().zip(&running[..told]) {
            line.set_message(describe(running, self.paint));
        }
        if running.len() > told {
            self.lines[told].set_message(format!("  and {} more", running.len() - told));
        }
        self.overall.tick();
    }

    fn finish(&mut self) {
        for line in self.lines.drain(..) {
            line.finish_and_clear();
        }
        self.overall.finish_and_clear();
        // Nothing is drawn from here on, and what others write goes straight to the terminal.
        let _ = self.bars.clear();
        self.bars.set_draw_target(ProgressDrawTarget::hidden());
    }
}

/// `  #0  1.2s  math::adds`, and a mark on one that is slow.
fn describe(running: &Running<'_>, paint: Paint) -> String {
    let tenths = Duration::from_millis(running.elapsed.as_millis() as u64 / 100 * 100);
    let elapsed = if tenths.is_zero() { "0s".to_owned() } else { format_duration(tenths) };
    let line = format!("  #{:<3} {elapsed:>7}  {}", running.worker, running.trial.name);
    if running.slow { format!("{}{line}  SLOW{}", paint.begin(Tone::Mild), paint.end()) } else { line }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates in this file are well-formed")
}

impl Reporter for Progress {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { planned, .. } => self.start(*planned),
            Event::Busy { running } => self.busy(running),
            Event::Finished { outcome, .. } => {
                if outcome.verdict.is_red() {
                    self.failed += 1;
                    self.overall.set_message(format!(", {} failed", self.failed));
                }
                self.overall.inc(1);
            }
            Event::RunFinished { .. } => self.finish(),
            Event::Slow { .. } | Event::Warning { .. } | Event::RunError { .. } => {}
        }
    }
}
