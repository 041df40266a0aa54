//! Supervision: what is done when an actor ends, and who learns of it.
//!
//! Owns, from the decision outwards:
//! - `restart` and `policy` decide and do nothing: an end in, actions out, the time and the random bits given to them,
//!   so that they are tested with tables; `sizing` is the same for the number of a pool's workers;
//! - `again` is what an actor's loop asks when one of its lives is over; `family` carries out what the policy says for
//!   the children of one supervisor, one step at a time (`numbered` is how both keep them);
//! - `watch` and `link` tell an actor of another's end, or end it too; `recycle` and `heartbeat` are when a worker has
//!   served long enough, and when it has been silent for too long.
//!
//! Never: reads a clock or draws a random number in a decision; looks at a message.
//!
//! Read next: `policy`, then `again`, then `../life.rs` where it is asked.

pub(crate) mod again;
pub(crate) mod family;
mod heartbeat;
pub(crate) mod link;
mod numbered;
pub(crate) mod policy;
mod recycle;
pub(crate) mod restart;
pub(crate) mod sizing;
mod supervisor;
pub(crate) mod watch;

pub use heartbeat::Heartbeat;
pub use recycle::Recycle;
pub(crate) use restart::OnRestart;
pub use restart::{Restart, Restarted, Strategy};
pub use supervisor::Supervising;
pub use watch::{AnyWork, End};
