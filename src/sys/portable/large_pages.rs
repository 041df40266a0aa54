//! Memory in pages that a fork copies few entries for: there is no fork here.

/// Gathers nothing.
pub fn gather() {}
