//! The system is not asked what its processors do.

use crate::sys::load::{Machine, Pressure};

/// What the processors have done: unknown.
pub fn machine() -> Option<Machine> {
    None
}

/// How much was waited for processors: unknown.
pub fn pressure() -> Option<Pressure> {
    None
}

/// How long a process ran on processors: unknown.
pub fn tree_ns(_pid: u32) -> Option<u64> {
    None
}

/// How much memory could be had: unknown.
pub fn available_bytes() -> Option<u64> {
    None
}
