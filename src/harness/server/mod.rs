//! Real servers as fixtures: a program from the `PATH`, started on a port of its own and gone with whoever started it.
//!
//! Owns, a file each:
//! - `starting`: what is asked for, and the way from there to a server that answers;
//! - `running`: a server as tests have it, and its end;
//! - `directory`: where it works and writes, removed with it;
//! - `port`: a port that nobody else is given meanwhile;
//! - `error`: why there is no server, or why its end was none.
//!
//! Never: knows a protocol. What a server speaks is its client's business.
//!
//! Read next: [`Server`].

mod directory;
mod error;
mod port;
mod running;
mod starting;
#[cfg(test)]
mod tests;

pub use error::ServerError;
pub use running::Server;
pub use starting::Starting;
