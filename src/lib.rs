//! Rehearsal: an async test harness built on actors, and the actor framework beneath it.

extern crate self as rehearsal;

#[cfg(feature = "harness")]
pub mod harness;
pub mod sys;
