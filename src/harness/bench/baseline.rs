//! The baseline that a benchmark is compared with, looked at before it is run: what is wrong with it is said at once, and
//! not after a minute of measuring.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::error::BenchError;
use super::files::Results;

/// What the command line says of baselines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The one that results are compared with.
    pub against: String,
    /// What is measured takes its place.
    pub is_saved: bool,
    /// It may be missing.
    pub may_lack: bool,
    /// The one whose samples are taken in place of new ones.
    pub loaded: Option<String>,
}

impl Asked {
    /// Reads the arguments that a worker is given.
    pub fn of(arguments: impl Iterator<Item = OsString>) -> Asked {
        let mut asked = Asked { against: "base".to_owned(), is_saved: true, may_lack: true, loaded: None };
        let mut arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
        while let Some(argument) = arguments.next() {
            let saves = match argument.as_str() {
                "--save-baseline" => (true, true),
                "--baseline" => (false, false),
                "--baseline-lenient" => (false, true),
                "--load-baseline" => {
                    asked.loaded = arguments.next();
                    continue;
                }
                _ => continue,
            };
            if let Some(name) = arguments.next() {
                (asked.against, (asked.is_saved, asked.may_lack)) = (name, saves);
            }
        }
        // What is loaded is there already.
        asked.is_saved &= asked.loaded.is_none();
        asked
    }

    /// Looks whether the baselines are there and can be read, below a benchmark's own directory. Gives back what there is
    /// to say of one that will be replaced.
    ///
    /// # Errors
    /// Where one that is needed is missing or corrupt.
    pub fn check(&self, directory: &Path) -> Result<Option<String>, BenchError> {
        if let Some(loaded) = &self.loaded {
            needed(directory, loaded)?;
        }
        let place = directory.join(&self.against);
        if !self.may_lack {
            needed(directory, &self.against)?;
        } else if place.exists()
            && let Err(error) = Results::read(&place)
        {
            return match self.is_saved {
                true => Ok(Some(format!("the baseline `{}` was not compared with: {error}", self.against))),
                false => Err(corrupt(&self.against, error)),
            };
        }
        Ok(None)
    }
}

fn needed(directory: &Path, name: &str) -> Result<(), BenchError> {
    let place = directory.join(name);
    if !place.is_dir() {
        return Err(BenchError::NoBaseline { name: name.to_owned(), place, there: there(directory) });
    }
    Results::read(&place).map(|_| ()).map_err(|error| corrupt(name, error))
}

fn corrupt(name: &str, error: BenchError) -> BenchError {
    match error {
        BenchError::Unreadable { place, why } => {
            BenchError::CorruptBaseline { name: name.to_owned(), place, why }
        }
        other => other,
    }
}

/// The baselines of a benchmark.
pub(super) fn there(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.filter(|entry| entry.path().join("sample.json").is_file());
    let mut names: Vec<String> =
        names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name != "new");
    names.sort_unstable();
    names
}
