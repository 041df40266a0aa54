//! A suite without trials.

rehearsal::main!();
