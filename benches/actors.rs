//! What the actor layer costs, an operation at a time, on one thread and on two.
//!
//!     cargo bench --bench actors -- --compare HEAD~1
//!
//! Beside other frameworks the same is measured by `benches/peers`.

#[path = "actors/counter.rs"]
#[expect(unreachable_pub, reason = "a library has this file too")]
mod counter;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rehearsal::bench::{Bencher, Counting};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use counter::{Counter, CounterProxy};

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

/// Tasks that ask at the same time.
const ASKERS: u64 = 1_000;

/// Actors that a token goes round.
const RING: usize = 100;

fn runtime(threads: usize) -> Runtime {
    let mut builder = if threads == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.worker_threads(threads).enable_all().build().expect("a runtime")
}

/// Has `work` do so many operations and say how long they took, as a task of a runtime with so many threads: the future
/// that is given to `block_on` itself is slow to wake.
fn timed<F>(b: &mut Bencher<'_>, threads: usize, work: impl Fn(u64) -> F)
where
    F: Future<Output = Duration> + Send + 'static,
{
    let runtime = runtime(threads);
    b.iter_custom(|count| runtime.block_on(async { tokio::spawn(work(count)).await.expect("no panic") }));
}

#[rehearsal::bench(args = [1, 2], measurement_time = "1s", warm_up_time = "300ms", sample_size = 20)]
fn tell(b: &mut Bencher<'_>, threads: usize) {
    timed(b, threads, |count| async move {
        let counter = Counter::spawn().await.expect("it starts");
        counter.add(0).await.expect("an answer");
        let begun = Instant::now();
        for _ in 0..count {
            counter.add(1).deliver().await.expect("it lives");
        }
        assert_eq!(counter.add(0).await.expect("an answer"), count);
        begun.elapsed()
    });
}

#[rehearsal::bench(args = [1, 2], measurement_time = "1s", warm_up_time = "300ms", sample_size = 20)]
fn ask(b: &mut Bencher<'_>, threads: usize) {
    timed(b, threads, |count| async move {
        let counter = Counter::spawn().await.expect("it starts");
        counter.add(0).await.expect("an answer");
        let begun = Instant::now();
        for _ in 0..count {
            counter.add(1).await.expect("an answer");
        }
        begun.elapsed()
    });
}

/// An iteration is an ask of each of a thousand tasks.
#[rehearsal::bench(
    args = [1, 2],
    throughput = Throughput::Elements(ASKERS),
    measurement_time = "1s",
    warm_up_time = "300ms",
    sample_size = 20
)]
fn askers(b: &mut Bencher<'_>, threads: usize) {
    timed(b, threads, |count| async move {
        let counter = Counter::spawn().await.expect("it starts");
        counter.add(0).await.expect("an answer");
        let begun = Instant::now();
        let ask = |counter: CounterProxy| async move {
            for _ in 0..count {
                counter.add(1).await.expect("an answer");
            }
        };
        let tasks: Vec<_> = (0..ASKERS).map(|_| tokio::spawn(ask(counter.clone()))).collect();
        for task in tasks {
            task.await.expect("no panic");
        }
        begun.elapsed()
    });
}

/// An iteration is one hop.
#[rehearsal::bench(args = [1, 2], measurement_time = "1s", warm_up_time = "300ms", sample_size = 20)]
fn ring(b: &mut Bencher<'_>, threads: usize) {
    timed(b, threads, |hops| async move {
        let done = Arc::new(Notify::new());
        let mut actors = Vec::with_capacity(RING);
        for _ in 0..RING {
            actors.push(Counter::spawn().await.expect("it starts"));
        }
        for (at, actor) in actors.iter().enumerate() {
            actor.join(actors[(at + 1) % RING].clone(), done.clone()).await.expect("an answer");
        }
        let begun = Instant::now();
        actors[0].pass(hops).tell().expect("room");
        done.notified().await;
        begun.elapsed()
    });
}

/// An actor that is started, asked once, and let go.
#[rehearsal::bench(args = [1, 2], measurement_time = "1s", warm_up_time = "300ms", sample_size = 20)]
fn spawn(b: &mut Bencher<'_>, threads: usize) {
    timed(b, threads, |count| async move {
        let begun = Instant::now();
        for _ in 0..count {
            let counter = Counter::spawn().await.expect("it starts");
            counter.add(1).await.expect("an answer");
        }
        begun.elapsed()
    });
}

rehearsal::main!();
