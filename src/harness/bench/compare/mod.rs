//! Two states of the code, measured side by side: which one is slower, by how much, and how sure that is.
//!
//! - `ratio`: from pairs of times to an interval, pure;
//! - `noise`: the same against the same;
//! - `turns`: who is measured when, and what comes of it; `words`: what is said of that;
//! - `conduct`: all of it, from what was asked for to an exit code; `round`: one measurement in a process of its own;
//! - `revision`: another state of the sources, checked out and built, in a `place` of its own; `program`: what is run for that,
//!   `interrupt`: its end from outside;
//! - `error`: why there is no comparison.
//!
//! Never: calls something a regression that chance explains.

pub mod conduct;
pub mod error;
mod interrupt;
pub mod noise;
mod place;
pub mod program;
pub mod ratio;
pub mod revision;
pub mod round;
pub mod turns;
pub mod words;
