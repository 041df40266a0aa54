//! Benchmarks: what `#[rehearsal::bench]` registers, run by Criterion in a worker process that is there for it alone.
//!
//! Owns, a file each: what is registered ([`spec`]) and what Criterion calls it ([`id`]); running it ([`attempt`]) with
//! the runtime that `to_async` is given ([`runtime`](mod@runtime)); where Criterion's files are ([`directory`]), what stands in them
//! ([`files`]), the baselines among them ([`baseline`]) and the machine that measured them ([`machine`]); and what is told
//! of it ([`tell`], with [`unit`](mod@unit) for numbers as people read them). Then [`gate`], what comes before; `compare`, two states of the code side by side;
//! [`busy`], what else the machine does at this moment; `tally`, what an iteration costs beside time, with [`Counting`], an
//! allocator that counts.
//!
//! Never: measures. Times and statistics are Criterion's; what is read off its files is what it wrote.
//!
//! A benchmark is a trial like others, of the kind [`Kind::Bench`](super::registry::Kind::Bench). Where it is measured it has the isolation
//! [`Isolation::Own`](super::registry::Isolation::Own) and nothing runs beside it; its process, the fork of a server that is
//! there for it alone (`harness/fork`), is given Criterion's arguments, which is how whoever runs there knows that it is
//! measured ([`is_measured`]). What was measured goes home
//! as a [`Measured`](super::outcome::Measured), before the outcome. Anything else that measures goes the same road: an
//! entry of that kind, [`is_measured`], and [`measured`].
//!
//! Read next: [`attempt`].

pub mod attempt;
pub mod baseline;
pub mod busy;
pub mod compare;
pub mod directory;
pub mod error;
pub mod files;
pub mod gate;
pub mod id;
pub mod machine;
pub mod runtime;
pub mod spec;
pub mod tally;
pub mod tell;
#[cfg(test)]
mod tests;
pub mod unit;

pub use crate::sys::allocation::{Allocated, Counting, allocated};
pub use attempt::{is_measured, measured};
pub use criterion::{BatchSize, Bencher, Throughput};
pub use runtime::{Runtime, runtime};
pub use spec::Bench;
