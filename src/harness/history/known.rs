//! What a run begins with: the history of its binary, and the file that it goes back to.

use std::path::PathBuf;

use super::chronicle::Chronicle;
use super::keep;
use super::place::{self, Asked};
use super::record::History;
use crate::app::notice::say;
use crate::harness::target::Target;

/// The history of this binary and where it is kept.
#[derive(Debug, Default)]
pub struct Known {
    /// What is known.
    pub history: History,
    file: Option<PathBuf>,
}

impl Known {
    /// Reads what was asked for. Where it cannot be read a line on stderr says so, and nothing is known. A run `mends`:
    /// it sets aside what is no history; a listing leaves all as it is.
    pub fn of(asked: &Asked, target: Option<&Target>, mends: bool) -> Known {
        let program = std::env::current_exe().ok();
        let file = target.zip(program).and_then(|(target, program)| place::file(asked, &program, target));
        let read = file.as_ref().map(|file| keep::load(file, mends));
        let history = read.unwrap_or_else(|| Ok(History::default())).unwrap_or_else(|error| {
            say(format_args!("warning: {error}"));
            History::default()
        });
        Known { history, file }
    }

    /// What a run is to note, where that is kept. `names` are all of the suite's, in order, where they are known.
    pub fn chronicle(self, names: Option<&[(&str, u32)]>) -> Option<Chronicle> {
        let gone = names.map_or_else(Vec::new, |names| self.history.strangers(names));
        Some(Chronicle::new(self.file?, self.history, gone))
    }
}
