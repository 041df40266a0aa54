//! The actor whose costs are measured, by `benches/actors.rs` alone and by `benches/peers` beside those of others.

use std::sync::Arc;

use tokio::sync::Notify;

/// Counts, and hands a token on.
pub struct Counter {
    sum: u64,
    next: Option<(CounterProxy, Arc<Notify>)>,
}

#[rehearsal::actor]
impl Counter {
    /// One that has counted nothing.
    #[start]
    pub fn new() -> Self {
        Counter { sum: 0, next: None }
    }

    /// Adds, and gives the sum.
    #[command]
    pub fn add(&mut self, by: u64) -> u64 {
        self.sum += by;
        self.sum
    }

    /// Says who comes next, and who waits for the end.
    #[command]
    pub fn join(&mut self, next: CounterProxy, done: Arc<Notify>) {
        self.next = Some((next, done));
    }

    /// Hands the token on.
    #[command]
    pub fn pass(&mut self, hops: u64) {
        let (next, done) = self.next.as_ref().expect("linked");
        match hops {
            0 => done.notify_one(),
            _ => next.pass(hops - 1).tell().expect("room"),
        }
    }
}
