//! What the output of this crate's macros names, and nothing else does. No promise of stability: the macros of exactly
//! this version are its only callers.

#[cfg(feature = "bench")]
pub use crate::harness::bench;
#[cfg(feature = "harness")]
pub use crate::harness::fixture;
#[cfg(feature = "harness")]
pub use crate::harness::generated::trial::{generate, try_generate};
#[cfg(feature = "bench")]
pub use crate::harness::load::emit as load;
#[cfg(feature = "harness")]
pub use crate::harness::registry::{
    Body, Entry, Flavor, Isolation, Kind, Leaks, Options, Retries, ReturningAsync, ReturningSync,
    RuntimeSpec, ShouldPanic, TaskPanic, With, drive,
};
#[cfg(feature = "harness")]
pub use crate::harness::skip::skip;
#[cfg(feature = "harness")]
pub use crate::harness::suite::suite_main;
#[cfg(feature = "harness")]
pub use crate::harness::target::{Target, started_by_libtest};
#[cfg(feature = "harness")]
pub use crate::sys::linked;

pub use crate::actor::emit as actor;
pub use crate::actor::program::{ProgramRuntime, program, program_without_runtime};
