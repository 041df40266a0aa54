//! One attempt of one trial, run on the thread that asks for it.
//!
//! Owns: calling a registered body with the runtime it asked for (`attempt`, `runtime`), knowing which panic belongs to
//! which trial (`ledger`), what its actors were at (`sight`), whether they did what it said they would (`pledge`) and what it left behind (`leak`,
//! `tasks`), and turning what was seen into a verdict (`judge`),
//! heeding what the settings file says of it (`ruled`).
//!
//! Never: isolates, captures, times out or retries; that is the worker's business. Never decides anything about a run.
//!
//! Read next: [`run_here`], then `judge` for why a trial is red.

mod attempt;
mod dump;
mod judge;
mod leak;
mod ledger;
mod pledge;
mod ruled;
mod runtime;
mod sight;
mod tasks;
#[cfg(test)]
mod tests;

pub use attempt::{Attempt, TrialSettings, run_here, run_with};
pub(crate) use ledger::note_skip;
pub use ledger::{Panicked, on_unknown_panic};
#[cfg(feature = "bench")]
pub(crate) use ledger::{note_measured, note_panic_elsewhere};
pub use ruled::Ruled;
pub use runtime::Spare;
#[cfg(feature = "bench")]
pub(crate) use runtime::{TrialRuntime, runtime_here};
pub use sight::{append_actors, inside, inside_of};
