//! Each bad thing sits between two trials that do nothing wrong and must stay green.
//!
//! The black-box tests know by heart which line each of these has to get.

#[macro_use]
#[path = "../innocents.rs"]
mod innocents;

mod actors;
mod blame;
mod cancel;
mod change;
mod crash;
mod forked;
mod gone;
mod hang;
mod leak;
mod leave;
mod output;
mod place;
mod task;
mod wire;

rehearsal::main!();
