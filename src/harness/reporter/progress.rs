//! The live display on a terminal: an overall bar, and a line for each busy worker below it.
//!
//! It owns no thread and no clock of its own: it is redrawn by events, and the arbiter sends one about ten times
//! a second while trials run. Results scroll above it, which is the business of [`super::sink::Sink`].

use std::borrow::Cow;
use std::fmt::Write;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use crate::app::quantity::format_duration;
use crate::harness::cli::{Format, Options};
use crate::harness::event::{Event, Running};
use crate::harness::registry::Isolation;
use crate::sys::process;

use super::paint::{Paint, Tone};
use super::reporters::Reporter;
use super::screen::Screen;

/// Lines for busy workers at most; the rest is told as a number.
const LINES: usize = 16;

/// The display of a run.
#[derive(Debug)]
pub struct Progress {
    screen: Screen,
    paint: Paint,
    begun: Instant,
    planned: usize,
    finished: usize,
    failed: usize,
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

    /// One that is drawn there.
    pub fn on(screen: Screen, paint: Paint) -> Progress {
        Progress { screen, paint, begun: Instant::now(), planned: 0, finished: 0, failed: 0 }
    }

    /// What text has to be put above.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    fn busy(&mut self, running: &[Running<'_>]) {
        let room = self.screen.room();
        let (rows, columns) = (usize::from(room.rows), usize::from(room.columns));
        // The bar's line is one, and the one that tells how many more there are another.
        let told = running.len().min(LINES).min(rows.saturating_sub(2));
        let mut lines = self.bar(columns);
        for running in &running[..told] {
            lines.push('\n');
            lines.push_str(&describe(running, self.paint, columns));
        }
        if running.len() > told && rows > 1 {
            let _ = write!(lines, "\n  and {} more", running.len() - told);
        }
        self.screen.draw(lines);
    }

    /// `███░░░ 12/40, 1 failed  3s, 7s left`, as wide as there is room.
    fn bar(&self, columns: usize) -> String {
        let mut told = format!(" {}/{}", self.finished, self.planned);
        if self.failed > 0 {
            let _ = write!(told, ", {} failed", self.failed);
        }
        let elapsed = self.begun.elapsed();
        let _ = write!(told, "  {}", in_seconds(elapsed));
        // Once there is something to go by.
        if (1..self.planned).contains(&self.finished) {
            let left = elapsed.mul_f64((self.planned - self.finished) as f64 / self.finished as f64);
            let _ = write!(told, ", {} left", in_seconds(left));
        }
        let wide = columns.saturating_sub(told.chars().count());
        let done = (wide * self.finished).checked_div(self.planned).unwrap_or(0).min(wide);
        let (done, rest) = ("█".repeat(done), "░".repeat(wide - done));
        match self.paint {
            Paint::PLAIN => format!("{done}{rest}{told}"),
            _ => format!("\x1b[36m{done}\x1b[0m\x1b[2m{rest}\x1b[0m{told}"),
        }
    }
}

/// Whole seconds, as a person would write them.
fn in_seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0 => "0s".to_owned(),
        seconds => format_duration(Duration::from_secs(seconds)),
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
    if name.chars().map(columns_of).sum::<usize>() <= room {
        return Cow::Borrowed(name);
    }
    let (mut left, mut from) = (room.saturating_sub(1), name.len());
    for (at, c) in name.char_indices().rev() {
        let Some(rest) = left.checked_sub(columns_of(c)) else { break };
        (left, from) = (rest, at);
    }
    Cow::Owned(format!("…{}", &name[from..]))
}

/// Columns that a character takes up at most: letters of the scripts that are written wide, and pictures, stand beyond
/// all of those that are not.
fn columns_of(c: char) -> usize {
    if c < '\u{1100}' { 1 } else { 2 }
}

impl Reporter for Progress {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { planned, .. } => {
                (self.planned, self.begun) = (*planned, Instant::now());
                self.busy(&[]);
            }
            Event::Busy { running } => self.busy(running),
            // Seen with the next look at who is busy.
            Event::Finished { outcome, .. } => {
                self.finished += 1;
                self.failed += usize::from(outcome.verdict.is_red());
            }
            // Nothing is drawn from here on, and what others write goes straight to the terminal.
            Event::RunFinished { .. } => self.screen.close(),
            Event::Slow { .. } | Event::Warning { .. } | Event::RunError { .. } => {}
        }
    }
}
