//! Streams: many values where a call has one, to an actor and from it, in every placement.
//!
//! Owns: [`Streaming`], what a command answers with and its caller reads (`streaming`); its two ends, of which one is a
//! [`Producer`] (`producer`) or a stream that is driven (`drive`), and what lies between them (`channel`); how it crosses
//! to another process (`crossing`), by its number (`registry`) and in words (`word`); [`Attached`], a stream whose items
//! are messages of an actor (`attach`); how each ends (`error`).
//!
//! Never: holds more items than a stream's bound says, wherever they are; lets one that was cut off look complete; keeps
//! an actor alive.
//!
//! Read next: `streaming`, then `channel`, then `crossing`.

mod attach;
mod channel;
mod crossing;
mod drive;
mod error;
mod producer;
mod registry;
mod streaming;
mod word;

pub use attach::{Attached, Detached};
pub use crossing::{Streamed, StreamedApart, StreamedWire};
pub(crate) use crossing::{heard_from_parent, heard_from_worker, write_orders};
pub use error::{NotSent, StreamEnd, StreamError};
pub use producer::Producer;
pub(crate) use registry::Streams;
pub use streaming::Streaming;
