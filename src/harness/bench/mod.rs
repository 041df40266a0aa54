//! Measuring: what code costs, how sure a difference is, and whether the machine is quiet enough for it.
//!
//! - `compare`: two states of the code, side by side;
//! - `busy`: what else the machine does at this moment;
//! - [`Counting`]: an allocator that counts.
//!
//! Read next: `compare/mod.rs`.

pub mod busy;
pub mod compare;

pub use crate::sys::allocation::{Allocated, Counting, allocated};
