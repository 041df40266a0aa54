//! Two states of the code, measured side by side: which one is slower, by how much, and how sure that is.
//!
//! - `ratio`: from pairs of times to an interval, pure;
//! - `noise`: the same against the same.
//!
//! Never: calls something a regression that chance explains.

pub mod noise;
pub mod ratio;
