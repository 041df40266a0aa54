//! The live display on a terminal: an overall bar, and a line for each busy worker below it.
//!
//! It owns no thread and no clock of its own: it is redrawn by events, and the arbiter sends one about ten times
//! a second while trials run. Results scroll above it, which is the business of [`super::sink::Sink`].

use std::borrow::Cow;
use std::fmt::Write;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::app::quantity::format_duration;
use crate::harness::cli::{Format, Options};
use crate::harness::event::{Event, Running};
use crate::harness::registry::Isolation;
use crate::sys::process;

use super::paint::{Paint, Tone};
use super::reporters::Reporter;
use super::screen::Screen;

/// Redraws a second at most.
const HERTZ: u8 = 20;
/// Columns a line may have where the terminal does not say how wide it is.
const NARROW: usize = 76;
/// Lines for busy workers at most; the rest is told as a number.
const LINES: usize = 16;

/// The display of a run: one bar, whose message is the lines below it, so that one redraw is all it takes.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    failed: usize,
    paint: Paint,
    /// Columns a line may have right now.
    width: fn() -> usize,
}

impl Progress {
    /// Whether a run with these options has a display. It has none where trials write to the terminal themselves, as
    /// they do without capture and on threads of this process: that would be written across it.
    pub fn wanted(options: &Options) -> bool {
        let on_threads = options.isolation == Some(Isolation::Thread) || process::UNSUPPORTED.is_some();
        options.progress
            && !options.no_capture
            && !on_threads
            && options.format == Format::Pretty
            && std::io::stdout().is_terminal()
    }

    /// On the terminal that stdout is.
    pub fn on_stdout(paint: Paint) -> Progress {
        match Screen::of_stdout() {
            Some(screen) => {
                let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen), HERTZ);
                Progress { width: Screen::columns, ..Progress::on(target, paint) }
            }
            None => Progress::on(ProgressDrawTarget::stdout_with_hz(HERTZ), paint),
        }
    }

    /// On any target.
    pub fn on(target: ProgressDrawTarget, paint: Paint) -> Progress {
        let shown = if paint == Paint::PLAIN { "{wide_bar}" } else { "{wide_bar:.cyan/dim}" };
        // Blanks at the end: see [`Screen`] for what has to stay free there.
        let template = format!("{shown} {{pos}}/{{len}}{{prefix}}  {{elapsed}}{{left}}    {{msg}}");
        let style = ProgressStyle::with_template(&template).expect("the template is well-formed");
        let bar =
            ProgressBar::with_draw_target(Some(0), target).with_style(style.with_key("left", write_left));
        Progress { bar, failed: 0, paint, width: || NARROW }
    }

    /// What text has to be put above.
    pub fn bar(&self) -> &ProgressBar {
        &self.bar
    }

    fn start(&mut self, planned: usize) {
        self.bar.set_length(planned as u64);
        self.bar.reset();
        self.bar.tick();
    }

    fn busy(&mut self, running: &[Running<'_>]) {
        let told = running.len().min(LINES);
        let width = (self.width)();
        let mut lines = String::new();
        for running in &running[..told] {
            lines.push('\n');
            lines.push_str(&describe(running, self.paint, width));
        }
        if running.len() > told {
            let _ = write!(lines, "\n  and {} more", running.len() - told);
        }
        self.bar.set_message(lines);
    }

    fn finish(&mut self) {
        self.bar.finish_and_clear();
        // Nothing is drawn from here on, and what others write goes straight to the terminal.
        self.bar.set_draw_target(ProgressDrawTarget::hidden());
    }
}

/// `  #0  1.2s  math::adds`, and a mark on one that is slow.
fn describe(running: &Running<'_>, paint: Paint, width: usize) -> String {
    let tenths = Duration::from_millis(running.elapsed.as_millis() as u64 / 100 * 100);
    let elapsed = if tenths.is_zero() { "0s".to_owned() } else { format_duration(tenths) };
    let mark = if running.slow { "  SLOW" } else { "" };
    let head = format!("  #{:<3} {elapsed:>7}  ", running.worker);
    let room = width.saturating_sub(head.len() + mark.len());
    let line = format!("{head}{}{mark}", cut(running.trial.name, room));
    if running.slow { format!("{}{line}{}", paint.begin(Tone::Mild), paint.end()) } else { line }
}

/// The end of a name that is too long: its function is told, its outer modules are not.
fn cut(name: &str, room: usize) -> Cow<'_, str> {
    let count = name.chars().count();
    if count <= room {
        return Cow::Borrowed(name);
    }
    let kept: String = name.chars().skip(count + 1 - room.max(1)).collect();
    Cow::Owned(format!("…{kept}"))
}

/// `, 12s left`, once there is something to go by.
fn write_left(state: &ProgressState, out: &mut dyn Write) {
    if (1..state.len().unwrap_or(0)).contains(&state.pos()) {
        let seconds = Duration::from_secs(state.eta().as_secs());
        let _ =
            write!(out, ", {} left", if seconds.is_zero() { "0s".into() } else { format_duration(seconds) });
    }
}

impl Reporter for Progress {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { planned, .. } => self.start(*planned),
            Event::Busy { running } => self.busy(running),
            Event::Finished { outcome, .. } => {
                if outcome.verdict.is_red() {
                    self.failed += 1;
                    self.bar.set_prefix(format!(", {} failed", self.failed));
                }
                self.bar.inc(1);
            }
            Event::RunFinished { .. } => self.finish(),
            Event::Slow { .. } | Event::Warning { .. } | Event::RunError { .. } => {}
        }
    }
}
