//! Colours for verdicts, where they are wanted.

use std::io::IsTerminal;

use crate::harness::cli::ColorChoice;

/// Puts words into colour, or leaves them as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

/// What a colour means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Green.
    Good,
    /// Red.
    Bad,
    /// Yellow.
    Mild,
}

impl Paint {
    /// As chosen; `Auto` means where stdout is a terminal.
    pub fn chosen(choice: ColorChoice) -> Paint {
        let on = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => std::io::stdout().is_terminal(),
        };
        Paint { on }
    }

    /// No colours.
    pub const PLAIN: Paint = Paint { on: false };

    /// What to write before a word.
    pub fn begin(self, tone: Tone) -> &'static str {
        match tone {
            _ if !self.on => "",
            Tone::Good => "\x1b[32m",
            Tone::Bad => "\x1b[31m",
            Tone::Mild => "\x1b[33m",
        }
    }

    /// What to write behind a word.
    pub fn end(self) -> &'static str {
        if self.on { "\x1b[0m" } else { "" }
    }
}
