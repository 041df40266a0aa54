//! What a trial can do to the process that it is in, so that what comes of it, or of its neighbours, is told wrongly or not
//! at all.
//!
//! Each between two trials that do nothing wrong and must stay green.

#[macro_use]
#[path = "../innocents.rs"]
mod innocents;

mod copies;
mod ends;
mod hooks;
mod signals;
mod standing;
mod wires;

rehearsal::main!();
