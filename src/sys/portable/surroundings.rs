//! What all code of a process has in common: tests that run one behind the other in a worker process have that, and here
//! is none.

use crate::sys::surroundings::Change;

/// What is looked at.
#[derive(Debug)]
pub struct Surroundings(());

impl Surroundings {
    /// What there is now.
    pub fn now() -> Surroundings {
        Surroundings(())
    }

    /// Nothing.
    pub fn change(&mut self, _told: bool) -> Change {
        Change::default()
    }
}
