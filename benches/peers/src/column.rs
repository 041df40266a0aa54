//! The columns of the table: one loop each, the same for every contender.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::memory;
use crate::peer::{Flavor, Peer};

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Tell {
        senders: u64,
    },
    Ask,
    Askers,
    Ring,
    Spawn,
    /// Live bytes an actor that has been started and has had no message.
    Bytes,
    /// Live bytes an actor that has answered once.
    BytesAsked,
    Allocations,
}

/// Tasks that ask at the same time.
const ASKERS: u64 = 1_000;

/// Actors the token goes round.
const RING: usize = 100;

impl Column {
    pub const ALL: [Column; 9] = [
        Column::Tell { senders: 1 },
        Column::Tell { senders: 8 },
        Column::Ask,
        Column::Askers,
        Column::Ring,
        Column::Spawn,
        Column::Bytes,
        Column::BytesAsked,
        Column::Allocations,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Column::Tell { senders: 1 } => "tell 1->1",
            Column::Tell { .. } => "tell 8->1",
            Column::Ask => "ask, sequential",
            Column::Askers => "ask, 1,000 askers",
            Column::Ring => "ring hop",
            Column::Spawn => "spawn + first ask",
            Column::Bytes => "bytes an actor",
            Column::BytesAsked => "bytes, once asked",
            Column::Allocations => "allocations an ask",
        }
    }

    /// Whether it is a time; memory is the same in every round and on every runtime, and measured once.
    pub fn is_timed(self) -> bool {
        !matches!(self, Column::Bytes | Column::BytesAsked | Column::Allocations)
    }

    /// Operations that make a sample: 5 to 20 ms of most contenders.
    pub fn operations(self) -> u64 {
        match self {
            Column::Tell { .. } => 80_000,
            Column::Ask => 20_000,
            Column::Askers => 50 * ASKERS,
            Column::Ring => 40_000,
            Column::Spawn => 4_000,
            Column::Bytes | Column::BytesAsked => 5_000,
            Column::Allocations => 1_000,
        }
    }
}

/// One sample: nanoseconds, bytes or allocations an operation, of about `count` operations on a runtime of their own.
pub fn sample<P: Peer>(column: Column, flavor: Flavor, count: u64) -> f64 {
    let each = (count / ASKERS).max(1);
    let timed = |took: Duration, count: u64| took.as_nanos() as f64 / count as f64;
    match column {
        Column::Tell { senders: 1 } => timed(P::run(flavor, tell::<P>(count)), count),
        Column::Tell { senders } => {
            let each = count.div_ceil(senders);
            timed(P::run(flavor, tell_from::<P>(senders, each)), senders * each)
        }
        Column::Ask => timed(P::run(flavor, ask::<P>(count)), count),
        Column::Askers => timed(P::run(flavor, askers::<P>(each)), each * ASKERS),
        Column::Ring => timed(P::run(flavor, ring::<P>(count)), count),
        Column::Spawn => timed(P::run(flavor, spawn::<P>(count)), count),
        Column::Bytes => P::run(flavor, bytes::<P>(count, false)),
        Column::BytesAsked => P::run(flavor, bytes::<P>(count, true)),
        Column::Allocations => P::run(flavor, allocations::<P>(count)),
    }
}

/// One that has been asked often enough that nothing in it is new.
async fn warm<P: Peer>() -> P::Handle {
    let actor = P::spawn().await;
    for _ in 0..1_000 {
        P::ask(&actor, 0).await;
    }
    actor
}

async fn tell<P: Peer>(messages: u64) -> Duration {
    let actor = warm::<P>().await;
    let begun = Instant::now();
    for _ in 0..messages {
        P::tell(&actor, 1).await;
    }
    all_arrive::<P>(&actor, messages).await;
    begun.elapsed()
}

/// Comes back when the sum is that. One ask is enough where order is kept; with xtra's bounded mailbox an ask was seen
/// to overtake tells of its own sender.
async fn all_arrive<P: Peer>(actor: &P::Handle, messages: u64) {
    let mut sum = P::ask(actor, 0).await;
    for _ in 0..1_000 {
        if sum == messages {
            return;
        }
        sum = P::ask(actor, 0).await;
    }
    panic!("{}: {sum} of {messages} messages arrived", P::NAME);
}

async fn tell_from<P: Peer>(senders: u64, each: u64) -> Duration {
    let actor = warm::<P>().await;
    let begun = Instant::now();
    together::<P, _>(senders, || {
        let actor = actor.clone();
        async move {
            for _ in 0..each {
                P::tell(&actor, 1).await;
            }
        }
    })
    .await;
    all_arrive::<P>(&actor, senders * each).await;
    begun.elapsed()
}

async fn ask<P: Peer>(count: u64) -> Duration {
    let actor = warm::<P>().await;
    let begun = Instant::now();
    for _ in 0..count {
        P::ask(&actor, 1).await;
    }
    begun.elapsed()
}

async fn askers<P: Peer>(each: u64) -> Duration {
    let actor = warm::<P>().await;
    let begun = Instant::now();
    together::<P, _>(ASKERS, || {
        let actor = actor.clone();
        async move {
            for _ in 0..each {
                P::ask(&actor, 1).await;
            }
        }
    })
    .await;
    let took = begun.elapsed();
    assert_eq!(P::ask(&actor, 0).await, ASKERS * each, "{}", P::NAME);
    took
}

async fn together<P: Peer, F>(count: u64, work: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|_| P::beside(work())).collect();
    for task in tasks {
        task.await;
    }
}

async fn ring<P: Peer>(hops: u64) -> Duration {
    let done = Arc::new(Notify::new());
    let mut actors = Vec::new();
    for _ in 0..RING {
        actors.push(P::spawn().await);
    }
    for (at, actor) in actors.iter().enumerate() {
        P::link(actor, actors[(at + 1) % RING].clone(), done.clone()).await;
    }
    P::pass(&actors[0], 10 * RING as u64).await;
    done.notified().await;
    let begun = Instant::now();
    P::pass(&actors[0], hops).await;
    done.notified().await;
    let took = begun.elapsed();
    actors.into_iter().for_each(P::release);
    took
}

async fn spawn<P: Peer>(count: u64) -> Duration {
    P::release(warm::<P>().await);
    let begun = Instant::now();
    for _ in 0..count {
        let actor = P::spawn().await;
        P::ask(&actor, 1).await;
        P::release(actor);
    }
    begun.elapsed()
}

/// Gives others their turn so many times: with one thread, to 61 tasks each time.
async fn give_way(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

async fn bytes<P: Peer>(count: u64, asked: bool) -> f64 {
    P::release(warm::<P>().await);
    // What an earlier sample left behind, and is taken away bit by bit as others come, is none of this one's.
    for _ in 0..count {
        P::release(P::spawn().await);
        // It ends before the next one comes.
        give_way(5).await;
    }
    let mut actors = Vec::with_capacity(count as usize);
    memory::count(true);
    let before = memory::live_bytes();
    for _ in 0..count {
        let actor = P::spawn().await;
        if asked {
            P::ask(&actor, 1).await;
        }
        actors.push(actor);
    }
    // Each is polled once at least, and waits for its next message.
    give_way(100).await;
    let live = memory::live_bytes() - before;
    memory::count(false);
    actors.into_iter().for_each(P::release);
    live as f64 / count as f64
}

async fn allocations<P: Peer>(count: u64) -> f64 {
    let actor = warm::<P>().await;
    memory::count(true);
    let before = memory::allocations();
    for _ in 0..count {
        P::ask(&actor, 1).await;
    }
    let made = memory::allocations() - before;
    memory::count(false);
    made as f64 / count as f64
}
