//! Why two states of the code could not be compared.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::sys::signal::Signal;

/// Why two states of the code could not be compared.
#[derive(Debug)]
#[non_exhaustive]
pub enum CompareError {
    /// Something other than cargo built this program, or it is no target that cargo builds without running it.
    NoTarget,
    /// The package is in no git repository, and there is no such baseline.
    NoRepository {
        /// What was asked for.
        asked: String,
        /// Where the package is.
        directory: PathBuf,
        /// What git says.
        said: String,
    },
    /// It is neither a revision nor a baseline.
    Unknown {
        /// What was asked for.
        asked: String,
        /// Baselines that there are.
        baselines: Vec<String>,
    },
    /// It is a revision and a baseline.
    Ambiguous {
        /// What was asked for.
        asked: String,
    },
    /// A program could not be run.
    Program {
        /// Its command line.
        command: String,
        /// What the system says, or that it took too long.
        source: io::Error,
    },
    /// A program failed.
    Failed {
        /// Its command line.
        command: String,
        /// The end of what it said.
        said: String,
    },
    /// The revision has no such package.
    NoPackage {
        /// The revision, as it was asked for.
        asked: String,
        /// Where the package is in the checkout today.
        directory: PathBuf,
    },
    /// The revision does not build.
    NotBuilt {
        /// The revision, as it was asked for.
        asked: String,
        /// The command that failed.
        command: String,
    },
    /// The revision's benchmarks are not Rehearsal's, or older than comparisons.
    NotOurs {
        /// The revision, as it was asked for.
        asked: String,
        /// What its program said.
        said: String,
    },
    /// No benchmark is on both sides.
    NothingInCommon {
        /// What was asked for.
        asked: String,
    },
    /// One side of a benchmark did not come to a time.
    NoTime {
        /// Which benchmark.
        bench: String,
        /// Which side.
        side: String,
        /// What was said.
        said: String,
    },
    /// A baseline cannot be read.
    BadBaseline {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Somebody wanted an end.
    Interrupted {
        /// By which signal.
        signal: Signal,
    },
    /// A file or a directory could not be made.
    Place {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Error for CompareError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            CompareError::Program { source, .. } | CompareError::Place { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for CompareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompareError::NoTarget => f.write_str(
                "--compare builds another revision with `cargo bench`, and this is no target of cargo's below benches/ or \
                 tests/",
            ),
            CompareError::NoRepository { asked, directory, said } => write!(
                f,
                "--compare {asked}: there is no baseline of this name, and {} is in no git repository: {said}",
                directory.display()
            ),
            CompareError::Unknown { asked, baselines } if baselines.is_empty() => write!(
                f,
                "--compare {asked}: git knows no such revision, and there are no baselines; `git log --oneline` shows \
                 revisions, and --save-baseline {asked} would save the times of this one (a clone of CI's may have no \
                 history: fetch-depth: 0)"
            ),
            CompareError::Unknown { asked, baselines } => write!(
                f,
                "--compare {asked}: git knows no such revision (a clone of CI's may have no history: fetch-depth: 0), and \
                 there are these baselines: {}",
                baselines.join(", ")
            ),
            CompareError::Ambiguous { asked } => write!(
                f,
                "--compare {asked}: that is a revision and a baseline; say rev:{asked} or baseline:{asked}"
            ),
            CompareError::Program { command, source } => write!(f, "`{command}` could not be run: {source}"),
            CompareError::Failed { command, said } => write!(f, "`{command}` failed:\n{said}"),
            CompareError::NoPackage { asked, directory } => write!(
                f,
                "{asked} has no {}: the package was elsewhere then, and there is nothing to compare with",
                directory.display()
            ),
            CompareError::NotBuilt { asked, command } => write!(
                f,
                "{asked} does not build, its errors are above; `{command}` was run in a checkout of it. Features that it \
                 needs go into --compare-build, as in --compare-build='--features x'"
            ),
            CompareError::NotOurs { asked, said } => write!(
                f,
                "the benchmarks of {asked} cannot be measured in turns: they are not Rehearsal's, or of a version without \
                 --compare. It said:\n{said}"
            ),
            CompareError::NothingInCommon { asked } => write!(
                f,
                "none of the benchmarks that were chosen is in {asked}: there is nothing to compare"
            ),
            CompareError::NoTime { bench, side, said } => {
                write!(f, "{bench} came to no time in {side}:\n{said}")
            }
            CompareError::BadBaseline { path, problem } => write!(
                f,
                "the baseline in {} cannot be used: {problem}; --save-baseline writes it anew",
                path.display()
            ),
            CompareError::Interrupted { signal } => {
                write!(f, "the comparison was ended by {}; nothing is left of its checkout", signal.name())
            }
            CompareError::Place { path, source } => {
                write!(f, "{} could not be made: {source}", path.display())
            }
        }
    }
}
