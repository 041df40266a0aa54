//! What all code of a process has in common: tests that run one behind the other in a worker process have that, and here
//! is none.

/// What is looked at.
#[derive(Debug)]
pub struct Surroundings(());

/// What has changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What to say of directory and environment.
    pub replaced: Vec<String>,
    /// The names of threads that have come.
    pub threads: Vec<String>,
}

impl Surroundings {
    /// What there is now.
    pub fn now() -> Surroundings {
        Surroundings(())
    }

    /// Nothing.
    pub fn change(&mut self) -> Change {
        Change::default()
    }
}
