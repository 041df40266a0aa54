//! Trials that are made at run time: `#[rehearsal::generate]` on a function that gives [`Trial`]s.
//!
//! Owns, a file each:
//! - `trial`: what such a function gives, a name and a body;
//! - `expand`: in the process that plans, each generator is run once, in time, and becomes entries like those of the
//!   linker's list, of which only the names are kept;
//! - `find`: where a trial runs, its generator is run again, once a process, and the trial is found by its name; a fork
//!   server does that for all its forks.
//!
//! Never: sends a body anywhere. A name is all that crosses, so what a generator makes has to be the same each time.

pub mod expand;
pub mod find;
pub mod trial;

pub use trial::Trial;

#[cfg(test)]
mod tests;
