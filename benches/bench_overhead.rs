//! What it costs a measurement that it is made in a worker: the same Criterion benchmark through the harness and bare, one
//! after the other, over and over.
//!
//! `cargo bench --features bench --bench bench_overhead -- figure` prints the ratio of the two for each benchmark here, with
//! the interval it is in, and the same for bare against bare, which says what this machine can show at all, and for Criterion
//! that is as bare but *apart*, on a thread of its own beside the main one: a process with one thread alone is quicker at
//! whatever the system or libc does without locks then, which is why a worker measures with one. Words behind
//! `figure` choose benchmarks, a number says how many pairs. Without `figure` it is a suite like any other.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use criterion::Criterion;
use criterion::async_executor::AsyncExecutor;
use rehearsal::bench::Bencher;
use tokio::sync::Notify;

/// How often each side is run.
const PAIRS: usize = 40;

const SAMPLES: usize = 20;
const WARM_UP_MS: u64 = 100;
const MEASUREMENT_MS: u64 = 200;

/// As both sides call them.
const NAMES: [&str; 4] = ["integers", "memory", "texts", "wakes"];

/// About thirty nanoseconds that depend on nothing but the processor: each step waits for the one before it, and all
/// of them stay in registers. A sum that goes through memory at each step was 2.2 ns long in one sample and 4.0 in the next
/// of the same process, with and without a worker: processors guess where the next load finds its value.
#[rehearsal::bench(sample_size = 20, warm_up_time = "100ms", measurement_time = "200ms")]
fn integers(b: &mut Bencher<'_>) {
    b.iter(|| (0..black_box(64_u64)).fold(1, |sum: u64, n| (sum ^ n).wrapping_mul(0x9E37_79B9_7F4A_7C15)));
}

/// A word of each line of a mebibyte, one after the other in an order that no processor guesses.
#[rehearsal::bench(sample_size = 20, warm_up_time = "100ms", measurement_time = "200ms")]
fn memory(b: &mut Bencher<'_>) {
    const LINES: usize = (1 << 20) / 64;
    let mut lines = vec![[0_usize; 8]; LINES];
    // One circle through all of them: odd steps of a power of two.
    let next = |at: usize| (at.wrapping_mul(5) + 12_345) % LINES;
    (0..LINES).for_each(|at| lines[at][0] = next(at));
    b.iter(|| (0..LINES).fold(0, |at, _| lines[at][0]));
}

/// Sixteen texts, each with memory of its own, and a list of them.
#[rehearsal::bench(sample_size = 20, warm_up_time = "100ms", measurement_time = "200ms")]
fn texts(b: &mut Bencher<'_>) {
    b.iter(|| (0..black_box(16_u32)).map(|n| n.to_string()).collect::<Vec<_>>());
}

/// A task is woken, and wakes who waits for it.
#[rehearsal::bench(sample_size = 20, warm_up_time = "100ms", measurement_time = "200ms")]
fn wakes(b: &mut Bencher<'_>) {
    wakes_on(b, &Runtime::Lent(rehearsal::bench::runtime()));
}

/// One type for both sides, so that both run the very same code: of two copies that the compiler makes of it, one for each
/// type, either may be a few percent quicker by chance.
enum Runtime {
    Lent(rehearsal::bench::Runtime),
    Own(tokio::runtime::Runtime),
}

impl AsyncExecutor for &Runtime {
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        match self {
            Runtime::Lent(runtime) => runtime.block_on(future),
            Runtime::Own(runtime) => runtime.block_on(future),
        }
    }
}

fn wakes_on(b: &mut Bencher<'_>, runtime: &Runtime) {
    let (there, back) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (asked, answered) = (Arc::clone(&there), Arc::clone(&back));
    runtime.block_on(async {
        tokio::spawn(async move {
            loop {
                asked.notified().await;
                answered.notify_one();
            }
        });
    });
    b.to_async(runtime).iter(|| async {
        there.notify_one();
        back.notified().await;
    });
}

mod suite {
    rehearsal::main!();

    pub(super) fn run() -> std::process::ExitCode {
        main()
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.split_first() {
        Some((word, rest)) if word == "bare" => bare(&rest[0]),
        Some((word, rest)) if word == "apart" => {
            let name = rest[0].clone();
            std::thread::spawn(move || bare(&name)).join().expect("it does not panic");
        }
        Some((word, rest)) if word == "figure" => figure(rest),
        _ => return suite::run(),
    }
    ExitCode::SUCCESS
}

/// The benchmark in Criterion alone, as a program without a harness has it.
fn bare(name: &str) {
    let home = std::env::var_os("CRITERION_HOME").expect("a directory for the files");
    let mut criterion = Criterion::default()
        .output_directory(Path::new(&home))
        .without_plots()
        // The medians do not depend on it.
        .nresamples(1_000)
        .sample_size(SAMPLES)
        .warm_up_time(Duration::from_millis(WARM_UP_MS))
        .measurement_time(Duration::from_millis(MEASUREMENT_MS));
    match name {
        "integers" => criterion.bench_function(name, integers),
        "memory" => criterion.bench_function(name, memory),
        "texts" => criterion.bench_function(name, texts),
        _ => criterion.bench_function(name, |b| {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            wakes_on(b, &Runtime::Own(builder.enable_all().build().expect("a runtime")));
        }),
    };
}

fn figure(words: &[String]) {
    let pairs = words.iter().find_map(|word| word.parse().ok()).unwrap_or(PAIRS);
    let chosen: Vec<&String> = words.iter().filter(|word| word.parse::<usize>().is_err()).collect();
    let is_wanted = |name: &&str| chosen.is_empty() || chosen.iter().any(|word| word == name);
    let home = std::env::temp_dir().join(format!("rehearsal-overhead-{}", std::process::id()));
    for name in NAMES.into_iter().filter(is_wanted) {
        let through = ["--bench", "--noplot", "--nresamples=1000", "--when-busy=ignore", "--exact", name];
        let (mut worker, mut bare, mut again, mut apart) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for pair in 0..pairs {
            let take = |times: &mut Vec<f64>, arguments: &[&str]| {
                times.push(median_of(&home, name, arguments));
            };
            // Who comes second finds the machine as the first has left it, so they take turns in that.
            if pair % 2 == 0 {
                take(&mut apart, &["apart", name]);
                take(&mut worker, &through[..]);
                take(&mut bare, &["bare", name]);
                take(&mut again, &["bare", name]);
            } else {
                take(&mut again, &["bare", name]);
                take(&mut bare, &["bare", name]);
                take(&mut worker, &through[..]);
                take(&mut apart, &["apart", name]);
            }
        }
        println!("{name}: {:.2} ns, bare; {pairs} pairs", median(bare.clone()));
        println!("    worker to bare   ratio {}", ratio(&worker, &bare));
        println!("    worker to apart  ratio {}", ratio(&worker, &apart));
        println!("    apart to bare    ratio {}", ratio(&apart, &bare));
        println!("    bare to bare     ratio {}", ratio(&again, &bare));
    }
    let _ = std::fs::remove_dir_all(&home);
}

/// The median of the ratios of these pairs, and where it is with 95 % confidence: between the medians of as many pairs,
/// drawn from these by chance again and again.
fn ratio(times: &[f64], to: &[f64]) -> String {
    const DRAWS: usize = 4_000;
    let ratios: Vec<f64> = times.iter().zip(to).map(|(time, to)| time / to).collect();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ratios[(state % ratios.len() as u64) as usize]
    };
    let mut medians: Vec<f64> =
        (0..DRAWS).map(|_| median((0..ratios.len()).map(|_| draw()).collect())).collect();
    medians.sort_by(f64::total_cmp);
    let (low, high) = (medians[DRAWS / 40], medians[DRAWS - 1 - DRAWS / 40]);
    format!("{:.3} ({low:.3} .. {high:.3})", median(ratios.clone()))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() % 2 {
        0 => (values[half - 1] + values[half]) / 2.0,
        _ => values[half],
    }
}

/// Runs this program so, and reads the median off what Criterion has written, nanoseconds.
fn median_of(home: &Path, name: &str, arguments: &[&str]) -> f64 {
    let program = std::env::current_exe().expect("the path of this program");
    let mut command = Command::new(program);
    command.args(arguments).env("CRITERION_HOME", home).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().expect("this program starts again");
    assert!(status.success(), "{arguments:?} ended with {status}");
    let place = home.join(name).join("new/estimates.json");
    let text = std::fs::read_to_string(place).expect("Criterion's estimates");
    let estimates: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    estimates["median"]["point_estimate"].as_f64().expect("a median")
}
