//! Where reporters write: buffered, and never the cause of a failed run when the reader has gone.
//!
//! A line a trial must not cost a system call a trial when nobody watches, and yet nothing may be lost when the
//! process is killed. So text is shown at once on a terminal; otherwise when the buffer is full, and whenever
//! the arbiter has nothing else to do and calls [`Sink::flush`].

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::screen::Screen;

/// Bytes to collect before writing when nobody watches.
const FULL: usize = 32 * 1024;
/// Redrawing the live display costs more than a short trial does; so often at most is text put above it.
const ABOVE_DISPLAY_EVERY: Duration = Duration::from_millis(50);

/// A buffered text stream to stdout, stderr, a file or memory.
#[derive(Debug)]
pub struct Sink {
    target: Target,
    buffer: Vec<u8>,
    eager: bool,
    display: Option<Display>,
    closed: bool,
    trouble: Option<String>,
}

enum Target {
    Stdout,
    Stderr,
    Writer { name: &'static str, writer: Box<dyn Write + Send> },
    Memory(Memory),
}

/// The live display that text has to be put above.
#[derive(Debug)]
struct Display {
    screen: Screen,
    shown: Option<Instant>,
}

/// What a [`Sink`] in memory has been given so far.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    /// The text so far, invalid UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    pub(super) fn push(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }
}

impl Sink {
    /// Standard output.
    pub fn stdout() -> Sink {
        Sink::to(Target::Stdout, io::stdout().is_terminal())
    }

    /// Standard error; each event's text is written at once.
    pub fn stderr() -> Sink {
        Sink::to(Target::Stderr, true)
    }

    /// Anything else that can be written to; errors call it `name`.
    pub fn writer(name: &'static str, writer: impl Write + Send + 'static) -> Sink {
        Sink::to(Target::Writer { name, writer: Box::new(writer) }, false)
    }

    /// Memory, and a handle to read it.
    pub fn memory() -> (Sink, Memory) {
        let memory = Memory::default();
        (Sink::to(Target::Memory(memory.clone()), false), memory)
    }

    fn to(target: Target, eager: bool) -> Sink {
        Sink { target, buffer: Vec::new(), eager, display: None, closed: false, trouble: None }
    }

    /// The same sink, its text scrolling above what is drawn there.
    pub fn above(mut self, screen: Option<&Screen>) -> Sink {
        self.display = screen.map(|screen| Display { screen: screen.clone(), shown: None });
        self
    }

    /// Appends text.
    pub fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    /// Appends text that may not be UTF-8; what is not becomes replacement characters.
    pub fn push_lossy(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            self.push(chunk.valid());
            if !chunk.invalid().is_empty() {
                self.push("\u{FFFD}");
            }
        }
    }

    fn push_bytes(&mut self, bytes: &[u8]) {
        if !self.closed {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The text of one event is complete: it is shown now where someone watches, or when there is enough of it.
    pub fn done(&mut self) {
        let due = match &self.display {
            Some(display) => display.shown.is_none_or(|shown| shown.elapsed() >= ABOVE_DISPLAY_EVERY),
            None => self.eager,
        };
        if due || self.buffer.len() >= FULL {
            self.flush();
        }
    }

    /// Writes what is buffered.
    ///
    /// A reader that has gone away (`| head`) closes the sink without a word. Any other failure closes it too
    /// and is told by [`Sink::trouble`].
    pub fn flush(&mut self) {
        if self.buffer.is_empty() {
            return;
        }
        let buffer = std::mem::take(&mut self.buffer);
        let target = &mut self.target;
        let written = match &mut self.display {
            Some(display) => {
                let written = display.screen.above(|| target.write(&buffer));
                display.shown = Some(Instant::now());
                written
            }
            None => target.write(&buffer),
        };
        if let Err(error) = written {
            self.closed = true;
            if error.kind() != ErrorKind::BrokenPipe {
                self.trouble = Some(format!("cannot write to {}: {error}", self.target.name()));
            }
        }
        self.buffer = buffer;
        self.buffer.clear();
        self.buffer.shrink_to(2 * FULL);
    }

    /// What went wrong with writing, other than a reader that has gone away.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }
}

impl std::fmt::Write for Sink {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.push(text);
        Ok(())
    }
}

impl Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Target::Stdout => write_all(&mut io::stdout().lock(), bytes),
            Target::Stderr => write_all(&mut io::stderr().lock(), bytes),
            Target::Writer { writer, .. } => write_all(writer, bytes),
            Target::Memory(memory) => {
                memory.push(bytes);
                Ok(())
            }
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Target::Stdout => "stdout",
            Target::Stderr => "stderr",
            Target::Writer { name, .. } => name,
            Target::Memory(_) => "memory",
        }
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

fn write_all(target: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    target.write_all(bytes)?;
    target.flush()
}
