//! Tests of the reporters: one scripted run through each of them, compared with files in `golden/`; and what
//! they do when writing goes wrong.
//!
//! `UPDATE_GOLDEN=1` writes the files anew.

mod golden;
mod script;
mod stream;

pub(super) use golden::golden;
pub(super) use script::{options, play};
