//! Nobody to compare programs with.

/// Nothing is known.
pub(in crate::sys) fn identity() -> Option<[u64; 5]> {
    None
}
