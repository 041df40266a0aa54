//! Look-ups that go to other processes of the same program: up to the parent, down to children, from there on.
//!
//! Owns: `desk`, where each process is found and the thread that all of this runs on; `seek`, who asks whom for a name;
//! `lane`, the served half of a connection to an actor that was found (`spawn/stand_in.rs` is the other).
//!
//! Never: starts anything before a process actor is spawned; lets a slow or stopped process hold up an actor here: what
//! goes over a lane is written by the thread above, and bounded by the mailboxes of both ends.
//!
//! Read next: `seek`, then `desk`.

mod desk;
mod lane;
mod seek;

pub(crate) use desk::{door, enter};
pub(crate) use lane::Outbox;
pub(crate) use seek::{receive, search};
