//! What keeps a benchmark from having a result.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why there is no result, and what to do about it.
#[derive(Debug)]
pub enum BenchError {
    /// The baseline it is to be compared with, or to be loaded from, is not there.
    NoBaseline {
        /// Its name.
        name: String,
        /// Where it would be.
        place: PathBuf,
        /// The baselines that are there.
        there: Vec<String>,
    },
    /// The baseline is there and cannot be read.
    CorruptBaseline {
        /// Its name.
        name: String,
        /// The file.
        place: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Criterion ran it and has written no estimates: a sample took no time.
    NoTime {
        /// Criterion's name of it.
        id: String,
    },
    /// Criterion could write nothing there.
    Unwritable {
        /// The directory of the benchmark.
        place: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What Criterion has written cannot be read.
    Unreadable {
        /// The file.
        place: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Two benchmarks would write the same files.
    SameDirectory {
        /// The names of their trials.
        names: [String; 2],
        /// Criterion's names of the two.
        ids: [String; 2],
        /// The directory.
        directory: String,
    },
    /// Its process cannot be held to as much memory as it says.
    Memory {
        /// How much that is, bytes.
        most: u64,
        /// What the system says.
        source: io::Error,
    },
    /// Files of before could not be cleared away.
    Stale {
        /// The file.
        place: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl fmt::Display for BenchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BenchError::NoBaseline { name, place, there } => {
                let there = match there.as_slice() {
                    [] => "it has none".to_owned(),
                    there => format!("it has {}", there.join(", ")),
                };
                write!(
                    f,
                    "this benchmark has no baseline `{name}` ({} is not there; {there}): measure one first, with \
                     --save-baseline {name}, or say --baseline-lenient {name} to go on without",
                    place.display()
                )
            }
            BenchError::CorruptBaseline { name, place, why } => write!(
                f,
                "the baseline `{name}` of this benchmark is corrupt: {}: {why}; measure it again, with --save-baseline \
                 {name}",
                place.display()
            ),
            BenchError::NoTime { id } => write!(
                f,
                "the benchmark {id} has no result: at least one of its samples took no time at all; where it has \
                 `iter_custom`, that has to return the time that all iterations took together"
            ),
            BenchError::Unreadable { place, why } => {
                write!(f, "what Criterion has written cannot be read: {}: {why}", place.display())
            }
            BenchError::SameDirectory { names: [one, two], ids: [first, second], .. } if first == second => {
                write!(
                    f,
                    "the benchmarks {one} and {two} are both `{first}` to Criterion, and would write to one directory; \
                 rename one, or give it another `group`"
                )
            }
            BenchError::SameDirectory { names: [one, two], ids: [first, second], directory } => write!(
                f,
                "the benchmarks {one} (`{first}`) and {two} (`{second}`) would both write to the directory {directory}: \
                 Criterion cuts names at 64 bytes and has `_` for what no file can be called; rename one, or give it \
                 another `group`"
            ),
            BenchError::Unwritable { place, source } => write!(
                f,
                "Criterion's files cannot be written to {}: {source}; CRITERION_HOME names another place for them",
                place.display()
            ),
            BenchError::Memory { most, source } => {
                write!(f, "its process cannot be held to the {} MiB of `memory`: {source}", most >> 20)
            }
            BenchError::Stale { place, source } => {
                write!(f, "the results of before are in the way: {}: {source}", place.display())
            }
        }
    }
}

impl std::error::Error for BenchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BenchError::Stale { source, .. }
            | BenchError::Memory { source, .. }
            | BenchError::Unwritable { source, .. } => Some(source),
            _ => None,
        }
    }
}
