//! Floor 1 with real faults: actors that panic, are killed, stop answering, in each placement where it applies.
//!
//! `cast` has the actors; the rest are tests by subject.

// Actors are public as they would be in a library.
#![allow(unreachable_pub)]

mod ask;
#[cfg(feature = "stream")]
mod attach;
#[cfg(feature = "json")]
mod by_name;
mod bytes;
mod cancel;
mod cast;
mod clumsy;
#[cfg(feature = "json")]
mod config;
mod crowd;
mod cycle;
mod death;
mod event;
mod executor;
mod family;
mod fault;
mod group;
mod heartbeat;
mod hook;
mod inject;
mod inline;
mod inline_around;
mod later;
mod letter;
mod link;
mod lone;
mod name;
mod open;
mod overflow;
mod place;
mod pool;
mod probe;
mod process;
mod races;
#[cfg(feature = "reach")]
mod reach;
mod recycle;
mod relay;
mod restart;
mod shape;
mod sight;
#[cfg(feature = "stream")]
mod source;
mod start;
mod stop;
#[cfg(feature = "stream")]
mod stream;
#[cfg(feature = "stream")]
mod stream_end;
mod supervise;
mod title;
mod topic;
#[cfg(feature = "tracing")]
mod tracing;
#[cfg(feature = "system")]
mod usage;
#[cfg(feature = "json")]
mod visible;
mod wait;
mod watch;

rehearsal::main!();
