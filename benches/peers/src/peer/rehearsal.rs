//! Rehearsal, as it comes: mailboxes bounded at their default, deadlines on, panics caught, control lane open.

use std::sync::Arc;

use tokio::sync::Notify;

use super::Peer;

/// This project.
pub struct Rehearsal;

/// Counts.
pub struct Counter {
    sum: u64,
    next: Option<(CounterProxy, Arc<Notify>)>,
}

#[rehearsal::actor]
impl Counter {
    #[start]
    pub fn new() -> Self {
        Counter { sum: 0, next: None }
    }

    #[command]
    pub fn add(&mut self, by: u64) -> u64 {
        self.sum += by;
        self.sum
    }

    #[command]
    pub fn join(&mut self, next: CounterProxy, done: Arc<Notify>) {
        self.next = Some((next, done));
    }

    #[command]
    pub fn pass(&mut self, hops: u64) {
        let (next, done) = self.next.as_ref().expect("linked");
        match hops {
            0 => done.notify_one(),
            _ => next.pass(hops - 1).tell().expect("room"),
        }
    }
}

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
