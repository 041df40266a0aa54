//! The actor that both programs place in a process.

use rehearsal::prelude::*;

/// Counts.
#[derive(Debug)]
pub struct Counter {
    n: i64,
}

#[rehearsal::actor]
impl Counter {
    /// Starts at `n`.
    #[start]
    pub fn new(n: i64) -> Self {
        Counter { n }
    }

    /// Adds, and tells the sum and the process it was made in.
    #[command]
    pub fn add(&mut self, by: i64) -> (i64, u32) {
        self.n += by;
        (self.n, std::process::id())
    }
}
