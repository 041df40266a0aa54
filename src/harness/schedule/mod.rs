//! Who runs which trial, and when: a pure state machine without a clock, a thread or I/O.
//!
//! Owns: what the schedule has to know of a trial ([`item`]), in which order trials are handed out ([`order`]), who may
//! have which one now ([`state`], with [`group`] for what there is only so much of and [`room`] for how many trials run at
//! once), how many workers there should be ([`growth`]).
//!
//! Never: reads a clock, does I/O, is async, knows what a worker is beyond its number.
//!
//! Read next: [`state::Schedule`].

pub mod group;
pub mod growth;
pub mod item;
pub mod order;
pub mod room;
pub mod state;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;

pub use item::{Arrangement, Item};
pub use state::{DEPTH, Position, SHORT_NS, Schedule};
