//! Benchmarks that go well, and tests beside them.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rehearsal::bench::{BatchSize, Bencher};

/// Work that takes a while and that no compiler does ahead.
fn work(rounds: u64) -> u64 {
    (0..black_box(rounds)).fold(1, |sum, n| black_box(sum ^ n.wrapping_mul(0x9E37_79B9)))
}

#[rehearsal::bench]
fn plain(b: &mut Bencher) {
    b.iter(|| work(200));
}

#[rehearsal::bench(
    group = "sizes",
    args = [10, 100],
    throughput = Throughput::Bytes(8 * rounds),
    sample_size = 12,
    warm_up_time = "20ms",
    measurement_time = "60ms"
)]
fn sized(b: &mut Bencher, rounds: u64) {
    b.iter_batched(|| rounds, work, BatchSize::SmallInput);
}

#[rehearsal::bench(flavor = "multi_thread", worker_threads = 2)]
fn asynchronous(b: &mut Bencher) {
    b.to_async(rehearsal::bench::runtime())
        .iter(|| async { tokio::spawn(async { work(10) }).await.expect("the task ends") });
}

/// What the environment says, so that two runs of one program differ.
#[rehearsal::bench]
fn as_told(b: &mut Bencher) {
    let rounds = std::env::var("BLACKBOX_ROUNDS").map_or(1_000, |rounds| rounds.parse().expect("a number"));
    b.iter(|| work(rounds));
}

#[rehearsal::bench]
fn prints(b: &mut Bencher) {
    b.iter(|| {
        println!("from inside");
        work(1_000)
    });
}

static RUNS: AtomicU32 = AtomicU32::new(0);

mod process {
    use super::*;

    /// Shows in its output which process it ran in and who was there before.
    #[rehearsal::bench(args = ["first", "second"])]
    fn alone(b: &mut Bencher, name: &str) {
        if RUNS.fetch_add(1, Ordering::SeqCst) == 0 {
            println!("{name} begins in process {}", std::process::id());
        }
        b.iter(|| work(100));
    }

    #[rehearsal::test]
    fn test_beside() {
        RUNS.fetch_add(1_000, Ordering::SeqCst);
    }
}

#[rehearsal::bench]
#[ignore = "too slow"]
fn ignored(b: &mut Bencher) {
    b.iter(|| std::thread::sleep(Duration::from_millis(1)));
}

#[rehearsal::test]
fn a_test() {}

rehearsal::main!();
