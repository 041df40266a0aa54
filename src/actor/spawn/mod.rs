//! Placing an actor: as a task, a thread or a process.
//!
//! Owns: [`Spawn`], the builder that every actor's `spawn(..)` gives (`builder`), and the future it becomes (`placing`); the three placements
//! `task`, `thread`, `process`, which differ in who drains the mailbox; `ready`, how whoever spawned it learns that it started; `bridge`, what `process` sends and
//! reads; `worker`, the other end of it, and `bare`, the same for a process that keeps to one thread; `stand_in`, what `bridge` is for an actor that was looked up in another process.
//!
//! Never: touches a message. A proxy and its hot path are the same for all three.
//!
//! Read next: `builder`, then `../life.rs` for the loop that all three run.

#[cfg(feature = "harness")]
pub(crate) mod bare;
mod bridge;
mod builder;
mod placing;
mod process;
mod ready;
#[cfg(feature = "reach")]
pub(crate) mod stand_in;
mod task;
mod thread;
pub mod worker;

pub use builder::Spawn;
#[cfg(feature = "testkit")]
pub(crate) use builder::next_id;
pub use placing::Placing;
pub(crate) use ready::{Ready, pair as ready_pair};
