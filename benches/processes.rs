//! What an actor in a process of its own costs: a message there and back, many on their way, and its start.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rehearsal::actor::Answer;
use rehearsal::bench::{Bencher, Counting, runtime};

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

/// A message.
type Small = [u8; 32];

/// Answers that may be on their way: within the bound of a mailbox as it comes.
const UNDER_WAY: usize = 1_000;

/// Gives back what it is given.
#[derive(Default)]
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
}

async fn mirror() -> MirrorProxy {
    let mirror = Mirror::spawn().process().await.expect("it starts");
    mirror.show([0; 32]).await.expect("an answer");
    mirror
}

/// One ask at a time.
#[rehearsal::bench(measurement_time = "1s", warm_up_time = "300ms", sample_size = 20)]
fn ask(b: &mut Bencher<'_>) {
    b.to_async(runtime()).iter_custom(async |count| {
        let mirror = mirror().await;
        let begun = Instant::now();
        for _ in 0..count {
            assert_eq!(mirror.show([7; 32]).await.expect("an answer"), [7; 32]);
        }
        begun.elapsed()
    });
}

/// As many asks on their way as the mailbox holds.
#[rehearsal::bench(measurement_time = "1s", warm_up_time = "300ms", sample_size = 20)]
fn pipelined(b: &mut Bencher<'_>) {
    b.to_async(runtime()).iter_custom(async |count| {
        let mirror = mirror().await;
        pipeline(&mirror, count).await
    });
}

async fn pipeline(mirror: &MirrorProxy, count: u64) -> Duration {
    let begun = Instant::now();
    let mut waiting: VecDeque<Answer<Mirror, Small>> = VecDeque::with_capacity(UNDER_WAY);
    for _ in 0..count {
        if waiting.len() == UNDER_WAY {
            let answer = waiting.pop_front().expect("one");
            assert_eq!(answer.await.expect("an answer"), [7; 32]);
        }
        waiting.push_back(mirror.show([7; 32]).send().expect("room"));
    }
    for answer in waiting {
        assert_eq!(answer.await.expect("an answer"), [7; 32]);
    }
    begun.elapsed()
}

/// From nothing to the first answer, and to the end of its process.
#[rehearsal::bench(measurement_time = "2s", warm_up_time = "300ms", sample_size = 10)]
fn spawn(b: &mut Bencher<'_>) {
    b.to_async(runtime()).iter(async || {
        let mirror = mirror().await;
        mirror.stop().await.expect("it stops");
    });
}

rehearsal::main!();
