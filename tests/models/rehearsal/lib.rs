//! `#[rehearsal::test]` as the plain attribute.

pub use core::prelude::v1::test;
