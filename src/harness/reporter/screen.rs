//! The terminal that the live display is drawn on.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use indicatif::TermLike;

use crate::sys::terminal::{Size, size};

/// Columns to leave free at the right margin. A terminal echoes `^C` behind the cursor; were that at the margin, the echo
/// would begin a line that nobody clears.
const ECHO: u16 = 4;

/// Stdout as a terminal. A redraw is one write, and ends behind the last character that can be seen: the drawing fills
/// every line with blanks up to the margin, and for the last one that would be too far.
#[derive(Debug)]
pub struct Screen {
    drawn: Mutex<Vec<u8>>,
    first: Size,
}

impl Screen {
    /// `None` where stdout is no terminal, or one that does not tell its size.
    pub fn of_stdout() -> Option<Screen> {
        size().map(|first| Screen { drawn: Mutex::default(), first })
    }

    /// Columns that a line may have, right now.
    pub fn columns() -> usize {
        size().map_or(1, |size| usize::from(size.columns.saturating_sub(ECHO).max(1)))
    }

    fn size(&self) -> Size {
        // It may have been resized; one that is going away keeps the size it had.
        size().unwrap_or(self.first)
    }

    fn push(&self, text: &str) -> io::Result<()> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn step(&self, count: usize, direction: char) -> io::Result<()> {
        if count == 0 { Ok(()) } else { self.push(&format!("\x1b[{count}{direction}")) }
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        self.size().columns
    }

    fn height(&self) -> u16 {
        self.size().rows
    }

    fn move_cursor_up(&self, count: usize) -> io::Result<()> {
        self.step(count, 'A')
    }

    fn move_cursor_down(&self, count: usize) -> io::Result<()> {
        self.step(count, 'B')
    }

    fn move_cursor_right(&self, count: usize) -> io::Result<()> {
        self.step(count, 'C')
    }

    fn move_cursor_left(&self, count: usize) -> io::Result<()> {
        self.step(count, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.push(text)?;
        self.push("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.push(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.push("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = io::stdout().lock();
        let seen = drawn.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
        let written = out.write_all(&drawn[..seen]).and_then(|()| out.flush());
        drawn.clear();
        written
    }
}
