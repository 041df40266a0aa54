//! Actors in processes of their own, beside a bare socket between two processes.
//!
//! `bare` is what one would write without any of this: a tokio `UnixStream`, length-delimited frames of postcard, and
//! this program started again for the other end. `ours` is a process actor, the one of `benches/processes.rs`. `columns` measures both, in turn.

pub mod bare;
#[path = "../../../../tests/actor/bytes.rs"]
mod bytes;
mod columns;
#[path = "../../../actors/mirror.rs"]
mod ours;

pub use columns::print;
