//! What all code of a process has in common and one test can change for the next: working directory, environment, threads.

pub use super::platform::surroundings::{Change, Surroundings};
