//! What a suite or a program mostly needs: `use rehearsal::prelude::*;`.
//!
//! The attribute `test` is not in here, because a glob import would make every `#[test]` ambiguous: write
//! `#[rehearsal::test]`.

#[cfg(feature = "harness")]
pub use crate::skip;
