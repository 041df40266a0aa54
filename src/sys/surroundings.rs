//! What all code of a process has in common and one test can change for the next: working directory, environment, threads.

pub use super::platform::standing::Standing;
pub use super::platform::surroundings::Surroundings;

/// What has changed between two looks.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What to say of directory and environment; the process is not what it was.
    pub replaced: Vec<String>,
    /// The names of threads that have come and stay.
    pub threads: Vec<String>,
}
