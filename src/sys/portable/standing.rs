//! What a system keeps for a process as a whole: nothing that is known here.

/// What is looked at.
#[derive(Debug)]
pub struct Standing(());

impl Standing {
    /// What there is now.
    pub fn now() -> Standing {
        Standing(())
    }

    /// Nothing.
    pub fn change(&mut self) -> Vec<String> {
        Vec::new()
    }
}
