//! The process actor whose costs are measured, by `benches/processes.rs` alone and by `benches/peers` beside bare sockets.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rehearsal::actor::Answer;

use super::bytes::Bytes;

/// Bytes of a message.
pub const BYTES: usize = 32;

/// A message.
pub type Small = [u8; BYTES];

/// Answers that may be on their way: within the bound of a mailbox as it comes.
const UNDER_WAY: usize = 1_000;

/// Gives back what it is given.
pub struct Mirror;

#[rehearsal::actor]
impl Mirror {
    /// One with nothing in it.
    #[start]
    pub fn new() -> Self {
        Mirror
    }

    /// What it was shown.
    #[command]
    pub fn show(&mut self, it: Small) -> Small {
        it
    }

    /// The same with as much as one likes.
    #[command]
    pub fn show_bytes(&mut self, it: Bytes) -> Bytes {
        it
    }
}

/// One in a process of its own, that runs.
pub async fn start() -> MirrorProxy {
    Mirror::spawn().process().await.expect("it starts")
}

/// One ask at a time.
pub async fn ask(mirror: &MirrorProxy, count: u64) -> Duration {
    let begun = Instant::now();
    for _ in 0..count {
        assert_eq!(mirror.show([7; BYTES]).await.expect("an answer"), [7; BYTES]);
    }
    begun.elapsed()
}

/// As many asks on their way as the mailbox holds.
pub async fn pipelined(mirror: &MirrorProxy, count: u64) -> Duration {
    let begun = Instant::now();
    let mut waiting: VecDeque<Answer<Mirror, Small>> = VecDeque::with_capacity(UNDER_WAY);
    for _ in 0..count {
        if waiting.len() == UNDER_WAY {
            let answer = waiting.pop_front().expect("one");
            assert_eq!(answer.await.expect("an answer"), [7; BYTES]);
        }
        waiting.push_back(mirror.show([7; BYTES]).send().expect("room"));
    }
    for answer in waiting {
        assert_eq!(answer.await.expect("an answer"), [7; BYTES]);
    }
    begun.elapsed()
}

/// One ask with that many bytes, there and back.
pub async fn large(mirror: &MirrorProxy, bytes: usize) -> Duration {
    let begun = Instant::now();
    let back = mirror.show_bytes(Bytes(vec![7; bytes])).await.expect("an answer");
    assert!(back.0.len() == bytes);
    begun.elapsed()
}
