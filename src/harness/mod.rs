//! Floor 3: the test harness, the first application on the actor layer.
//!
//! Owns the one way data goes: `registry -> plan -> schedule -> worker -> outcome -> reporter`.
//!
//! Never: lets a reporter feed back into the run, or a failing trial become an `Err`.
//!
//! Read next: [`registry`] for what a registered trial is, then [`arbiter`] for the actor that drives it all.

pub mod again;
pub mod alone;
pub mod arbiter;
pub mod audit;
#[cfg(feature = "bench")]
pub mod bench;
pub mod bisect;
pub mod cli;
pub mod dispatch;
pub mod event;
pub mod fixture;
pub mod fork;
pub mod generated;
pub(crate) mod hang;
pub mod history;
#[cfg(feature = "bench")]
pub mod load;
pub mod outcome;
pub mod plan;
pub mod registry;
pub mod reporter;
pub mod run;
pub mod schedule;
pub mod select;
#[cfg(feature = "server")]
pub mod server;
pub mod skip;
pub mod suite;
pub mod target;
pub mod trial;
pub mod worker;
