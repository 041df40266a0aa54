//! What a process has beside its memory: nobody asks where nothing can be forked.

use std::time::Duration;

/// The descriptors of this process at one moment.
#[derive(Debug)]
pub struct Belongings;

impl Belongings {
    /// None: the system does not tell.
    pub fn now() -> Belongings {
        Belongings
    }

    /// Nothing that is known of.
    pub fn since(_: &Belongings) -> Vec<String> {
        Vec::new()
    }
}

/// No threads that are known of.
pub fn threads_beyond(_: usize, _: Duration) -> Vec<String> {
    Vec::new()
}
