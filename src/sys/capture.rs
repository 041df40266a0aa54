//! stdout and stderr by memory file: what was written survives the writer, costs no reader, and never fills up a pipe.
//!
//! A [`Capture`] is made by the arbiter and given to a worker as both its stdout and stderr: one open file in append
//! mode, so the order of writes is kept, whoever makes them (Rust, C, child processes). [`Capture::punch`] keeps its
//! size in bounds by dropping the middle while the writer writes on: a writer never gets an error for writing much.

pub use super::platform::capture::{Aside, Capture, flush_all, stdout_aside};
