//! Clients that are processes: a troupe is some of the clients of a level in a process of their own.
//!
//! Owns: what crosses between the two ends ([`message`]); the process itself, an actor ([`actor`]), and on a thread beside
//! it the clients ([`stand`]); all troupes of a level as the process that measures sees them ([`company`]).
//!
//! Never: adds up what was seen, or judges it: a troupe's tally goes home as one message, and from there on clients that are
//! processes are clients like others.
//!
//! Read next: [`company`].

pub mod actor;
pub mod company;
pub mod message;
pub mod stand;
