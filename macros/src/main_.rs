//! `#[rehearsal::main]` for programs.
