//! The command line of a test binary: libtest's own, and what Rehearsal adds to it.
//!
//! Owns: the settings table of the test application ([`table`]) and the typed [`Options`] read from it
//! ([`options`]), the parts of them that choose trials, say how these are spread
//! over workers, and where reports go apart ([`choice`], [`pool`], [`reports`]).
//!
//! Never: prints, exits, or asks the terminal anything; `Options` are plain data.
//!
//! Read next: [`options`], then [`super::plan`] for what they select.

pub mod choice;
pub mod compare;
mod measure;
pub mod options;
pub mod pool;
pub mod reports;
pub mod table;
pub mod time;

pub use choice::Choice;
pub use compare::{Compare, WhenBusy};
pub use options::{CliError, ColorChoice, Format, Ignored, Mode, NoTests, Options};
pub use reports::{Actions, Reports};
pub use time::TimeLimits;

#[cfg(test)]
mod tests;
