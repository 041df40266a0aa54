//! Commands by name: what a shell, a protocol or a configuration file can say to an actor.
//!
//! Owns: [`send`](send()) and the [`NamedCall`] it makes, [`Target`], who may call what ([`Permission`]), the reading of
//! arguments ([`Arguments`]) and what is wrong with a call ([`SendError`]); what every actor and the arbiter answer by
//! name (`built_in`, `overseer`).
//!
//! Never: on the way of a typed call; knows where an actor is placed. A command by name is read into the actor's own
//! message in the process that calls, and goes the way of every other message from there.
//!
//! Read next: `call`, then `signature`, then `arguments`.

mod answer;
mod arguments;
mod built_in;
mod call;
mod error;
mod open;
mod overseer;
mod signature;
mod target;

pub use answer::Answering;
pub use arguments::{Arguments, WrongArguments};
pub use call::{NamedCall, send};
pub use error::SendError;
pub use open::{OpenNamed, read_open, read_open_result};
#[cfg_attr(not(feature = "harness"), allow(unused_imports))]
#[cfg(feature = "harness")]
pub(crate) use overseer::{Config, set_config};
pub use signature::{Permission, Signature};
pub(crate) use signature::{Post, Posting};
pub use target::Target;
