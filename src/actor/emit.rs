//! What the output of the actor macros names; no promise of stability.

pub use super::address::Address;
pub use super::behavior::{Actor, ProcessActor, Wire};
#[cfg(feature = "json")]
pub use super::by_name::{
    Answering, Arguments, OpenNamed, Permission, Signature, WrongArguments, read_open, read_open_result,
};
pub use super::call::Call;
pub use super::context::{Any, Context};
pub use super::crossing::{Inbound, Outbound};
pub use super::envelope::Envelope;
pub use super::executor::{JobCall, JobError, ticket};
pub use super::exit::Exit;
pub use super::fallible::TryCall;
pub use super::info::Info;
pub use super::lookup::{Crosses, Lookup, Passage, Stays, Way};
pub use super::open::OpenCommand;
pub use super::pace::Pace;
pub use super::params::Params;
pub use super::reply::Reply;
pub use super::spawn::Spawn;
#[cfg(feature = "stream")]
pub use super::stream::{Streamed, StreamedApart, StreamedWire, Streaming};
#[cfg(feature = "json")]
pub use crate::__link_named as link_named;
pub use crate::sys::wire::WireError;

/// The error for a command number that the actor does not have.
pub fn unknown_command(command: u32) -> WireError {
    WireError::Io {
        doing: "looking up the command of a message",
        source: std::io::Error::other(format!("this actor has no command number {command}")),
    }
}

/// An error of `#[start]`, `#[periodic]` or `#[stopping]` as text, with what caused it where its `{:#}` tells.
pub fn told(error: impl std::fmt::Display) -> String {
    format!("{error:#}")
}
