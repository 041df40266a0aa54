//! Rehearsal, as it comes: mailboxes bounded at their default, deadlines on, panics caught, control lane open.

use std::sync::Arc;

use tokio::sync::Notify;

use super::Peer;
use super::counter::{Counter, CounterProxy};

/// This project.
pub struct Rehearsal;

impl Peer for Rehearsal {
    const NAME: &'static str = "rehearsal";
    type Handle = CounterProxy;

    async fn spawn() -> CounterProxy {
        Counter::spawn().await.expect("it starts")
    }

    async fn tell(actor: &CounterProxy, by: u64) {
        actor.add(by).deliver().await.expect("it lives");
    }

    async fn ask(actor: &CounterProxy, by: u64) -> u64 {
        actor.add(by).await.expect("an answer")
    }

    async fn link(actor: &CounterProxy, next: CounterProxy, done: Arc<Notify>) {
        actor.join(next, done).await.expect("an answer");
    }

    async fn pass(actor: &CounterProxy, hops: u64) {
        actor.pass(hops).tell().expect("room");
    }
}
