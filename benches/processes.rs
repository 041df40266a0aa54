//! What an actor in a process of its own costs: a message there and back, many on their way, a large one, and its start.
//!
//! Beside bare sockets the same is measured by `benches/peers`.

#[path = "../tests/actor/bytes.rs"]
#[expect(unreachable_pub, reason = "a library has this file too")]
mod bytes;
#[path = "actors/mirror.rs"]
#[expect(unreachable_pub, reason = "a library has this file too")]
mod mirror;

use rehearsal::bench::{Bencher, Counting, runtime};

use mirror::MirrorProxy;

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

/// Bytes of a large message.
const LARGE: usize = 1 << 20;

/// One that has answered.
async fn warm() -> MirrorProxy {
    let mirror = mirror::start().await;
    mirror::ask(&mirror, 1).await;
    mirror
}

/// One ask at a time.
#[rehearsal::bench(measurement_time = "1s", warm_up_time = "300ms", sample_size = 20)]
fn ask(b: &mut Bencher<'_>) {
    b.to_async(runtime()).iter_custom(async |count| mirror::ask(&warm().await, count).await);
}

/// As many asks on their way as the mailbox holds.
#[rehearsal::bench(measurement_time = "1s", warm_up_time = "300ms", sample_size = 20)]
fn pipelined(b: &mut Bencher<'_>) {
    b.to_async(runtime()).iter_custom(async |count| mirror::pipelined(&warm().await, count).await);
}

/// A mebibyte, there and back.
#[rehearsal::bench(
    throughput = Throughput::Bytes(2 * LARGE as u64),
    measurement_time = "1s",
    warm_up_time = "300ms",
    sample_size = 20
)]
fn large(b: &mut Bencher<'_>) {
    b.to_async(runtime()).iter_custom(async |count| {
        let mirror = warm().await;
        let mut took = std::time::Duration::ZERO;
        for _ in 0..count {
            took += mirror::large(&mirror, LARGE).await;
        }
        took
    });
}

/// From nothing to the first answer, and to the end of its process.
#[rehearsal::bench(measurement_time = "2s", warm_up_time = "300ms", sample_size = 10)]
fn spawn(b: &mut Bencher<'_>) {
    b.to_async(runtime()).iter(async || warm().await.stop().await.expect("it stops"));
}

rehearsal::main!();
