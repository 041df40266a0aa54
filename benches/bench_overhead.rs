//! What it costs a measurement that it is made in a worker: the same Criterion benchmark through the harness and bare, one
//! after the other, over and over.
//!
//! `cargo bench --features bench --bench bench_overhead -- figure` prints the ratio of each pair, A B and then B A, and
//! the middle of all. Without `figure` it is a suite of one benchmark like any other.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use rehearsal::bench::Bencher;

/// How often each side is run, unless `REHEARSAL_FIGURE_PAIRS` says so.
const PAIRS: usize = 11;

const SAMPLES: usize = 50;
const WARM_UP_MS: u64 = 300;
const MEASUREMENT_MS: u64 = 1_000;

/// About a microsecond that depends on nothing but the processor.
#[rehearsal::bench(sample_size = 50, warm_up_time = "300ms", measurement_time = "1s")]
fn arithmetic(b: &mut Bencher<'_>) {
    b.iter(|| (0..black_box(1_000_u64)).fold(1, |sum, n| black_box(sum ^ n.wrapping_mul(0x9E37_79B9))));
}

mod suite {
    rehearsal::main!();

    pub(super) fn run() -> std::process::ExitCode {
        main()
    }
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("bare") => bare(),
        Some("figure") => figure(),
        _ => return suite::run(),
    }
    ExitCode::SUCCESS
}

/// The benchmark in Criterion alone, as a program without a harness has it.
fn bare() {
    let home = std::env::var_os("CRITERION_HOME").expect("a directory for the files");
    let mut criterion = criterion::Criterion::default()
        .output_directory(Path::new(&home))
        .without_plots()
        // The medians do not depend on it.
        .nresamples(2_000)
        .sample_size(SAMPLES)
        .warm_up_time(Duration::from_millis(WARM_UP_MS))
        .measurement_time(Duration::from_millis(MEASUREMENT_MS));
    criterion.bench_function("arithmetic", arithmetic);
}

fn figure() {
    let pairs =
        std::env::var("REHEARSAL_FIGURE_PAIRS").ok().and_then(|pairs| pairs.parse().ok()).unwrap_or(PAIRS);
    let home = std::env::temp_dir().join(format!("rehearsal-overhead-{}", std::process::id()));
    let mut ratios = Vec::new();
    println!("{:>4}  {:>12}  {:>12}  {:>7}", "pair", "worker", "bare", "ratio");
    for pair in 0..pairs {
        let sides = [&["--bench", "--noplot", "--nresamples=2000", "--exact", "arithmetic"][..], &["bare"]];
        let mut medians = [0.0; 2];
        // Who comes second finds the machine as the first has left it.
        for side in if pair % 2 == 0 { [0, 1] } else { [1, 0] } {
            medians[side] = median_of(&home.join(side.to_string()), sides[side]);
        }
        let ratio = medians[0] / medians[1];
        println!("{pair:>4}  {:>9.2} ns  {:>9.2} ns  {ratio:>7.4}", medians[0], medians[1]);
        ratios.push(ratio);
    }
    let _ = std::fs::remove_dir_all(&home);
    ratios.sort_by(f64::total_cmp);
    let quarter = |at: usize| ratios[(ratios.len() - 1) * at / 4];
    println!(
        "worker / bare: {:.4} [{:.4} .. {:.4}], the middle half of {pairs} pairs",
        quarter(2),
        quarter(1),
        quarter(3)
    );
}

/// Runs this program so, and reads the median off what Criterion has written, nanoseconds.
fn median_of(home: &Path, arguments: &[&str]) -> f64 {
    let program = std::env::current_exe().expect("the path of this program");
    let mut command = Command::new(program);
    command.args(arguments).env("CRITERION_HOME", home).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().expect("this program starts again");
    assert!(status.success(), "{arguments:?} ended with {status}");
    let text =
        std::fs::read_to_string(home.join("arithmetic/new/estimates.json")).expect("Criterion's estimates");
    let estimates: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    estimates["median"]["point_estimate"].as_f64().expect("a median")
}
