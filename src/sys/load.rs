//! What the processors of the machine do, and what of it is done by whom.

pub use super::platform::load::{available_bytes, machine, tree_ns};

/// What all processors of the machine together have done since it was started, in ticks of its clock, and what they are
/// at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Machine {
    /// How many there are.
    pub processors: u64,
    /// How many threads want one at this moment, those that have one included.
    pub running: u64,
    /// While they had nothing to do.
    pub idle: u64,
    /// Altogether.
    pub all: u64,
}

impl Machine {
    /// How much of one processor was idle since `before`, thousandths, all together. `None` where no time has passed.
    pub fn idle_permille(&self, before: &Machine) -> Option<u64> {
        let all = self.all.checked_sub(before.all).filter(|all| *all > 0)?;
        Some(self.idle.saturating_sub(before.idle) * 1_000 * self.processors / all)
    }
}
