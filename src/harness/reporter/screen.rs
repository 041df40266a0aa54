//! The part of a terminal that the live display is drawn on: the lines below all that has been said.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sys::terminal::{Size, size};

use super::sink::Memory;

/// Columns to leave free at the right margin. A terminal echoes `^C` behind the cursor; were that at the margin, the echo
/// would begin a line that nobody clears.
const ECHO: u16 = 4;

/// What a terminal is taken for that does not tell its size.
const UNTOLD: Size = Size { rows: 24, columns: 80 };

/// A drawing that is replaced by the next one, and goes out of the way of what is written above it. A redraw is one
/// write, so that nobody sees half of it. Clones draw on the same terminal.
#[derive(Debug, Clone)]
pub struct Screen {
    drawing: Arc<Mutex<Drawing>>,
    size: fn() -> Option<Size>,
}

#[derive(Debug)]
struct Drawing {
    to: To,
    /// What is to be seen, without a line end behind it.
    text: String,
    /// Whether it can be seen now.
    shown: bool,
    /// Whether anything is drawn at all.
    open: bool,
}

#[derive(Debug)]
enum To {
    Stdout,
    Memory(Memory),
}

impl Screen {
    /// The terminal that stdout is.
    pub fn of_stdout() -> Screen {
        Screen::new(To::Stdout, size)
    }

    /// Memory, taken for a terminal of 24 lines of 80 columns, and a handle to read it.
    pub fn memory() -> (Screen, Memory) {
        let memory = Memory::default();
        (Screen::new(To::Memory(memory.clone()), || None), memory)
    }

    fn new(to: To, size: fn() -> Option<Size>) -> Screen {
        let drawing = Drawing { to, text: String::new(), shown: false, open: true };
        Screen { drawing: Arc::new(Mutex::new(drawing)), size }
    }

    /// Lines and columns that a drawing may have, right now: it may be resized at any time.
    pub fn room(&self) -> Size {
        let Size { rows, columns } = (self.size)().unwrap_or(UNTOLD);
        // The last line stays for the cursor.
        Size { rows: rows.saturating_sub(1).max(1), columns: columns.saturating_sub(ECHO).max(1) }
    }

    /// Draws this, which has to fit into [`Screen::room`], in place of what was drawn before.
    pub fn draw(&self, text: String) {
        let mut drawing = self.drawing();
        if drawing.open {
            let erase = drawing.erase();
            let shown = format!("{erase}{text}");
            drawing.text = text;
            drawing.shown = true;
            drawing.write(&shown);
        }
    }

    /// Runs what writes to the same terminal, in whole lines, and has the drawing below that.
    pub fn above<T>(&self, write: impl FnOnce() -> T) -> T {
        let mut drawing = self.drawing();
        let erase = drawing.erase();
        drawing.write(&erase);
        let written = write();
        if drawing.shown {
            let text = std::mem::take(&mut drawing.text);
            drawing.write(&text);
            drawing.text = text;
        }
        written
    }

    /// Takes the drawing away for good.
    pub fn close(&self) {
        let mut drawing = self.drawing();
        let erase = drawing.erase();
        drawing.write(&erase);
        (drawing.open, drawing.shown) = (false, false);
    }

    fn drawing(&self) -> MutexGuard<'_, Drawing> {
        self.drawing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drawing {
    /// What takes away that which can be seen: to its first column, to its first line, and all from there on.
    fn erase(&self) -> String {
        match self.text.matches('\n').count() {
            _ if !self.shown => String::new(),
            0 => "\r\x1b[J".to_owned(),
            above => format!("\r\x1b[{above}A\x1b[J"),
        }
    }

    fn write(&self, text: &str) {
        if text.is_empty() {
            return;
        }
        match &self.to {
            // A terminal that is gone shows nothing to anybody.
            To::Stdout => {
                let mut out = io::stdout().lock();
                let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            }
            To::Memory(memory) => memory.push(text.as_bytes()),
        }
    }
}
