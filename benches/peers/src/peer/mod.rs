//! The contenders: one counting actor each, written as its framework's own documentation says.
//!
//! `contract` is what all of them can do; the columns (`../column.rs`) know nothing else.
//!
//! Read next: `contract`, then `rehearsal`, then any other.

mod actix;
mod contract;
#[path = "../../../actors/counter.rs"]
mod counter;
mod kameo;
mod ractor;
mod rehearsal;
mod tokio;
mod xtra;

pub use actix::Actix;
pub use contract::{Flavor, Peer};
pub use kameo::Kameo;
pub use ractor::Ractor;
pub use rehearsal::Rehearsal;
pub use tokio::{Bounded, Unbounded};
pub use xtra::Xtra;
