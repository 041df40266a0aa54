//! The actors the tests are about, and small things said often.

use std::time::Duration;

pub use crate::bytes::Bytes;
use rehearsal::prelude::*;
use serde::{Deserialize, Serialize};

/// What a test returns.
pub type Tested = Result<(), Box<dyn std::error::Error>>;

/// Where an actor can be.
pub const PLACEMENTS: [Placement; 3] = [Placement::Task, Placement::Thread, Placement::Process];

/// Counts, fails and misbehaves on request.
pub struct Counter {
    n: i64,
}

/// A command's own error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{from} is too little")]
pub struct TooLittle {
    /// What there was.
    pub from: i64,
}

#[rehearsal::actor]
impl Counter {
    #[start]
    pub fn new(n: i64) -> Counter {
        Counter { n }
    }

    /// Adds, and gives the sum.
    #[command]
    pub fn add(&mut self, by: i64) -> i64 {
        self.n += by;
        self.n
    }

    /// Takes away what is there.
    #[command]
    pub async fn take(&mut self, n: i64) -> Result<i64, TooLittle> {
        tokio::task::yield_now().await;
        if n > self.n {
            return Err(TooLittle { from: self.n });
        }
        self.n -= n;
        Ok(self.n)
    }

    #[command]
    pub fn fail(&mut self, why: String) -> i64 {
        panic!("told to fail: {why}")
    }

    #[command]
    pub async fn fail_later(&mut self) {
        tokio::task::yield_now().await;
        std::panic::panic_any(7_u8);
    }

    /// Waits for something that never comes; the loop goes on.
    #[command]
    pub async fn wait(&mut self) {
        std::future::pending::<()>().await;
    }

    /// Holds the thread.
    #[command]
    pub fn compute(&mut self, for_ms: u64) -> i64 {
        let until = std::time::Instant::now() + Duration::from_millis(for_ms);
        while std::time::Instant::now() < until {
            std::hint::black_box(self.n);
        }
        self.n
    }

    /// Leaves through the back door.
    #[command]
    pub fn leave(&mut self, code: i32) {
        std::process::exit(code)
    }

    #[command]
    pub fn abort(&mut self) {
        std::process::abort()
    }

    #[command]
    pub fn finish(&mut self, cx: &mut Context<Self>) -> i64 {
        cx.stop();
        self.n
    }

    #[command]
    pub fn size_of(&self, bytes: Bytes) -> usize {
        bytes.0.len()
    }

    #[command]
    pub fn bytes(&self, len: usize) -> Bytes {
        Bytes(vec![7; len])
    }

    #[command]
    pub fn who(&self, cx: &mut Context<Self>) -> (u64, Option<u64>, u32) {
        (cx.id(), rehearsal::get_actor().map(|actor| actor.id()), std::process::id())
    }
}

/// A counter there.
pub async fn counter(place: Placement) -> Result<CounterProxy, SpawnError> {
    put(Counter::spawn(0), place).await
}

/// Places it.
pub fn put<A: rehearsal::actor::ProcessActor>(spawn: Spawn<A>, place: Placement) -> Spawn<A> {
    match place {
        Placement::Thread => spawn.thread(),
        Placement::Process => spawn.process(),
        _ => spawn,
    }
}
