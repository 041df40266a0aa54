//! Which trials are meant: filter expressions, and what they are asked of.
//!
//! Owns: the expression and what it says of a trial ([`expression`]), its grammar and what is said where a text does
//! not keep to it ([`parse`]), regular expressions where the feature `regex` is on ([`pattern`]),
//! the part of a suite that belongs to one machine of several ([`shard`]), and what
//! the settings file says of single trials ([`rule`]).
//!
//! Never: reads a clock, a file or a setting. An expression is a value, and so is what is wrong with one.
//!
//! Read next: [`expression`], then [`super::plan`], which asks it.

pub mod expression;
pub mod parse;
pub mod pattern;
pub mod rule;
pub mod shard;

pub use expression::{Expression, Predicate, Subject, Text};
pub use parse::Fault;
pub use pattern::Pattern;

#[cfg(test)]
mod tests;
