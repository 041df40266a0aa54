//! What earlier runs of this binary have left to know: how long a trial takes, whether it failed, what ran before it.
//!
//! Owns: what is kept of a trial ([`record`]), the text it is kept as ([`text`]), where it is kept and how two runs write
//! it at once ([`place`], [`keep`]), what a run begins with ([`known`]) and gathers on its way ([`chronicle`]).
//!
//! Never: makes a run red. What cannot be read or written is told in one line, and the run does without.
//!
//! Read next: [`record::History`], which is pure.

pub mod chronicle;
pub mod error;
pub mod keep;
pub mod known;
pub mod place;
pub mod record;
pub mod text;

#[cfg(test)]
mod tests;
