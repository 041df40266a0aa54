//! How many instructions a thread has executed: what a processor counts, and a machine's other work does not change.

pub use super::platform::instructions::Instructions;
