//! The README's program.

include!(concat!(env!("OUT_DIR"), "/program.rs"));
