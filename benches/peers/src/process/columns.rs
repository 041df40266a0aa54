//! What is measured between processes.

use std::future::Future;
use std::time::{Duration, Instant};

use super::{bare, ours};
use crate::peer::{Flavor, Peer, Unbounded};
use crate::table::{Effort, median, number};

/// Bytes of a message.
pub const BYTES: usize = 32;

/// A message.
pub type Small = [u8; BYTES];

/// Process actors that live at once.
const MANY: usize = 64;

/// What each row's samples are, in nanoseconds an operation.
struct Row {
    name: &'static str,
    sample: fn(Flavor, u64) -> f64,
    /// Operations that make a sample.
    count: u64,
    /// Rows whose ratio to another row of the same run is wanted name it.
    against: Option<usize>,
}

const ROWS: [Row; 7] = [
    Row { name: "bare ping-pong, 32 bytes", sample: bare_ping_pong, count: 2_000, against: None },
    Row { name: "ask, sequential", sample: ask, count: 2_000, against: Some(0) },
    Row { name: "bare, pipelined", sample: bare_pipelined, count: 100_000, against: None },
    Row { name: "ask, pipelined", sample: pipelined, count: 100_000, against: Some(2) },
    Row { name: "64 MiB there and back", sample: large, count: 1, against: None },
    Row { name: "spawn to first answer", sample: spawn, count: 10, against: None },
    Row { name: "spawn to first answer, 64 at once", sample: spawn_many, count: 1, against: None },
];

/// Measures and prints all rows, or those whose names contain one of the words.
pub fn print(effort: Effort, quick: bool, words: &[String]) {
    let begun = Instant::now();
    let flavors = [Flavor::CurrentThread, Flavor::MultiThread];
    let is_wanted = |row: &Row| words.is_empty() || words.iter().any(|word| row.name.contains(word.as_str()));
    let mut samples = vec![vec![Vec::new(); ROWS.len()]; flavors.len()];
    for round in 0..effort.rounds {
        eprintln!(
            "measuring processes, round {} of {} ({:.0?} so far)",
            round + 1,
            effort.rounds,
            begun.elapsed()
        );
        for (flavor, samples) in flavors.iter().zip(&mut samples) {
            for (row, samples) in ROWS.iter().zip(samples).filter(|(row, _)| is_wanted(row)) {
                let count = if quick { row.count.min(100) } else { row.count };
                samples.push((row.sample)(*flavor, count));
            }
        }
    }
    let medians: Vec<Vec<f64>> =
        samples.into_iter().map(|flavor| flavor.into_iter().map(median).collect()).collect();
    println!("\nbetween two processes, medians of {} interleaved rounds\n", effort.rounds);
    println!("| ns | current_thread | multi_thread(2) |\n|---|---|---|");
    for (at, row) in ROWS.iter().enumerate().filter(|(_, row)| is_wanted(row)) {
        let cell = |medians: &Vec<f64>| match row.against {
            None => number(medians[at]),
            Some(base) => format!("{} ({:.2} of bare)", number(medians[at]), medians[at] / medians[base]),
        };
        println!("| {} | {} |", row.name, medians.iter().map(cell).collect::<Vec<_>>().join(" | "));
    }
    println!("\n{:.0?} in all.", begun.elapsed());
}

/// Nanoseconds an operation of what `work` measures, as a task of such a runtime.
fn each<F>(flavor: Flavor, count: u64, work: F) -> f64
where
    F: Future<Output = Duration> + Send + 'static,
{
    Unbounded::run(flavor, work).as_nanos() as f64 / count as f64
}

fn bare_ping_pong(flavor: Flavor, count: u64) -> f64 {
    each(flavor, count, async move {
        let (_echo, mut wire) = bare::start();
        bare::ping_pong(&mut wire, count / 10 + 1).await;
        bare::ping_pong(&mut wire, count).await
    })
}

fn ask(flavor: Flavor, count: u64) -> f64 {
    each(flavor, count, async move {
        let mirror = ours::start().await;
        ours::ask(&mirror, count / 10 + 1).await;
        ours::ask(&mirror, count).await
    })
}

fn bare_pipelined(flavor: Flavor, count: u64) -> f64 {
    each(flavor, count, async move {
        let (_echo, mut wire) = bare::start();
        bare::ping_pong(&mut wire, 100).await;
        bare::pipelined(wire, count).await
    })
}

fn pipelined(flavor: Flavor, count: u64) -> f64 {
    each(flavor, count, async move {
        let mirror = ours::start().await;
        ours::ask(&mirror, 100).await;
        ours::pipelined(&mirror, count).await
    })
}

fn large(flavor: Flavor, count: u64) -> f64 {
    each(flavor, count, async move { ours::large(&ours::start().await, 64 << 20).await })
}

fn spawn(flavor: Flavor, count: u64) -> f64 {
    each(flavor, count, async move {
        // The first one also starts the thread that starts the others, and the guardian.
        ours::ask(&ours::start().await, 1).await;
        let mut took = Duration::ZERO;
        for _ in 0..count {
            let begun = Instant::now();
            let mirror = ours::start().await;
            ours::ask(&mirror, 1).await;
            took += begun.elapsed();
            mirror.stop().await.expect("it stops");
        }
        took
    })
}

fn spawn_many(flavor: Flavor, _: u64) -> f64 {
    each(flavor, MANY as u64, async {
        let begun = Instant::now();
        let starting: Vec<_> = (0..MANY).map(|_| tokio::spawn(ours::start())).collect();
        let mut mirrors = Vec::new();
        for mirror in starting {
            mirrors.push(mirror.await.expect("no panic"));
        }
        for mirror in &mirrors {
            ours::ask(mirror, 1).await;
        }
        begun.elapsed()
    })
}
