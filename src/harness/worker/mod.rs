//! The worker actor: runs one trial at a time and sends every outcome home as a mailbox message.
//!
//! Owns: the worker's mailbox commands ([`actor`]), the lane of trial threads behind it ([`lane`]), and the messages
//! between worker and arbiter ([`message`]).
//!
//! Never: decides a verdict of the run, knows another worker, or writes to the terminal.
//!
//! Read next: [`lane`], where a trial runs; then `harness/arbiter.rs`, where its outcome arrives.

pub mod actor;
pub mod lane;
pub mod lender;
pub mod message;
