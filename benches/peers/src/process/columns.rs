//! What is measured between processes.

use std::future::Future;
use std::time::{Duration, Instant};

use super::{bare, ours};
use crate::peer::{Flavor, Peer, Unbounded};
use crate::table::{Effort, median, number};

/// Process actors that live at once.
const MANY: usize = 64;

/// Alternating slices that a pair of rows is measured in: how the scheduler places two processes differs from one pair
/// to the next and by the hour, and both rows of a pair must have the same luck.
const SLICES: usize = 10;

/// What is measured together, in nanoseconds an operation: one row, or ours and the bare one it is compared with.
struct Rows {
    names: &'static [&'static str],
    sample: fn(Flavor, u64) -> Vec<Vec<f64>>,
    /// Operations that make a sample of each.
    count: u64,
}

const ROWS: [Rows; 6] = [
    Rows { names: &["bare ping-pong, 32 bytes", "ask, sequential"], sample: sequential, count: 2_000 },
    Rows {
        names: &["bare ping-pong, one core", "ask, sequential, one core"],
        sample: on_one_core,
        count: 2_000,
    },
    Rows { names: &["bare, pipelined", "ask, pipelined"], sample: pipelined, count: 100_000 },
    Rows { names: &["64 MiB there and back"], sample: large, count: 1 },
    Rows { names: &["spawn to first answer"], sample: spawn, count: 10 },
    Rows { names: &["spawn to first answer, 64 at once"], sample: spawn_many, count: 1 },
];

/// Measures and prints all rows, or those whose names contain one of the words.
pub fn print(effort: Effort, quick: bool, words: &[String]) {
    let begun = Instant::now();
    let flavors = [Flavor::CurrentThread, Flavor::MultiThread];
    let is_wanted = |rows: &Rows| {
        let names = || rows.names.iter();
        words.is_empty() || words.iter().any(|word| names().any(|name| name.contains(word.as_str())))
    };
    let mut samples = vec![[vec![Vec::new(); 2], vec![Vec::new(); 2]]; ROWS.len()];
    for round in 1..=effort.rounds {
        eprintln!("measuring processes, round {round} of {} ({:.0?} so far)", effort.rounds, begun.elapsed());
        for (rows, samples) in ROWS.iter().zip(&mut samples).filter(|(rows, _)| is_wanted(rows)) {
            let count = if quick { rows.count.min(100) } else { rows.count };
            for (flavor, samples) in flavors.iter().zip(samples) {
                for (all, new) in samples.iter_mut().zip((rows.sample)(*flavor, count)) {
                    all.extend(new);
                }
            }
        }
    }
    println!("\nns between two processes, medians of {} interleaved rounds\n", effort.rounds);
    println!("| | current_thread | multi_thread(2) |\n|---|---|---|");
    for (rows, samples) in ROWS.iter().zip(samples).filter(|(rows, _)| is_wanted(rows)) {
        let [current, multi] = samples.map(|flavor| flavor.into_iter().map(median).collect::<Vec<_>>());
        for (at, name) in rows.names.iter().enumerate() {
            println!("| {name} | {} | {} |", cell(&current, at), cell(&multi, at));
        }
    }
    println!("\n{:.0?} in all.", begun.elapsed());
}

fn cell(medians: &[f64], at: usize) -> String {
    match at {
        0 => number(medians[0]),
        _ => format!("{} ({:.2} of bare)", number(medians[at]), medians[at] / medians[0]),
    }
}

/// Runs `work`, which gives the times of so many operations each, as a task of such a runtime.
fn each<F>(flavor: Flavor, count: u64, work: F) -> Vec<Vec<f64>>
where
    F: Future<Output = Vec<Vec<Duration>>> + Send + 'static,
{
    let ns = |took: Duration| took.as_nanos() as f64 / count as f64;
    Unbounded::run(flavor, work).into_iter().map(|row| row.into_iter().map(ns).collect()).collect()
}

fn sequential(flavor: Flavor, count: u64) -> Vec<Vec<f64>> {
    let slice = (count / SLICES as u64).max(1);
    each(flavor, slice, async move {
        let (_echo, mut wire) = bare::start();
        let mirror = ours::start().await;
        let mut took = vec![Vec::new(), Vec::new()];
        bare::ping_pong(&mut wire, slice).await;
        ours::ask(&mirror, slice).await;
        for _ in 0..SLICES {
            took[0].push(bare::ping_pong(&mut wire, slice).await);
            took[1].push(ours::ask(&mirror, slice).await);
        }
        took
    })
}

/// All threads of this process, and whatever it starts, on the first core: nobody is woken from afar, and what is left
/// is the work. Without the `taskset` program it changes nothing.
struct OneCore;

impl OneCore {
    fn new() -> OneCore {
        affinity("0");
        OneCore
    }
}

impl Drop for OneCore {
    fn drop(&mut self) {
        let cores = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
        affinity(cores.trim());
    }
}

fn affinity(cores: &str) {
    let own = std::process::id().to_string();
    let mut command = std::process::Command::new("taskset");
    let set = command.args(["--all-tasks", "--cpu-list", "--pid", cores, &own]).output();
    if !set.is_ok_and(|output| output.status.success()) {
        eprintln!("no program `taskset`, or it may not: nothing was put on one core");
    }
}

fn on_one_core(flavor: Flavor, count: u64) -> Vec<Vec<f64>> {
    let _one_core = OneCore::new();
    sequential(flavor, count)
}

fn pipelined(flavor: Flavor, count: u64) -> Vec<Vec<f64>> {
    each(flavor, count, async move {
        let (_echo, mut wire) = bare::start();
        bare::ping_pong(&mut wire, 100).await;
        let bare = bare::pipelined(wire, count).await;
        let mirror = ours::start().await;
        ours::ask(&mirror, 100).await;
        vec![vec![bare], vec![ours::pipelined(&mirror, count).await]]
    })
}

fn large(flavor: Flavor, count: u64) -> Vec<Vec<f64>> {
    each(flavor, count, async move { vec![vec![ours::large(&ours::start().await, 64 << 20).await]] })
}

fn spawn(flavor: Flavor, count: u64) -> Vec<Vec<f64>> {
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
        vec![vec![took]]
    })
}

fn spawn_many(flavor: Flavor, _: u64) -> Vec<Vec<f64>> {
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
        vec![vec![begun.elapsed()]]
    })
}
