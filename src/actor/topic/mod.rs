//! Topics: what is published to one reaches everybody who subscribed, each through a queue of its own.
//!
//! Owns: [`Topic`], publishing and its counts (`publisher`); `queue`, the bounded queue of one subscriber and what it
//! does when it is full; [`Receiver`], and an actor as a subscriber (`subscriber`).
//!
//! Never: waits for a subscriber. One that is slow loses items by its own rule, and is told how many.
//!
//! Read next: `publisher`, then `queue`.

mod publisher;
mod queue;
mod subscriber;

pub use publisher::{Published, Topic};
pub use queue::{Item, Slow};
pub use subscriber::{Receiver, Subscription};
