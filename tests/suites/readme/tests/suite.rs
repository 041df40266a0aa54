//! The README's tests.

include!(concat!(env!("OUT_DIR"), "/suite.rs"));

rehearsal::main!();
