//! What a trial that is over its time hangs in: the threads of its process, told for a person.
//!
//! Owns: which threads are looked at ([`look`]) and what is said of them (`text`), which is pure.
//!
//! Never: asks the trial or its worker for anything; neither may be able to answer.
//!
//! Read next: `text`, then `sys/stack.rs`, and `arbiter/look.rs`, which has it looked at.

mod look;
mod text;

pub(crate) use look::{Look, append};
