//! What a suite or a program mostly needs: `use rehearsal::prelude::*;`.
//!
//! The attribute `test` is not in here, because a glob import would make every `#[rehearsal::test]` ambiguous: write
//! `#[rehearsal::test]`.

#[cfg(feature = "stream")]
pub use crate::actor::Streaming;
pub use crate::actor::{
    Actor, Address, Call, Context, Error, Exit, Failed, Outlet, Placement, Reason, Spawn, SpawnError, State,
    TryCall,
};
#[cfg(feature = "harness")]
pub use crate::skip;
