//! Rehearsal: an async test harness built on actors, and the actor framework beneath it.

// The macros name `::rehearsal`, inside this crate too.
#[allow(unused_extern_crates)]
extern crate self as rehearsal;

#[doc(hidden)]
pub mod __private;
pub mod actor;
#[cfg(feature = "harness")]
pub mod app;
#[cfg(feature = "harness")]
pub mod harness;
pub mod prelude;
pub mod sys;

#[cfg(feature = "harness")]
pub use rehearsal_macros::test;
pub use rehearsal_macros::{actor, command, program};

#[doc(inline)]
pub use actor::{arbiter, get_actor};

#[cfg(all(test, feature = "harness"))]
rehearsal::main!();
