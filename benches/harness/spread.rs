//! How well trials are spread over workers: how much longer than it must a run take whose trials are of very different
//! length, and what a suite costs that only waits.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::{Suite, cargo, has_nextest, home, libtest_suite, median, rehearsal_suite, suite, time};

const TRIALS: usize = 500;
const WORKERS: usize = 4;
const ROUNDS: usize = 3;

/// Trials of log-normal length, as those of grown suites are: most are short, a few take a hundred times as long.
pub(super) fn makespan() {
    let mut source = String::new();
    for (index, took_us) in lengths().into_iter().enumerate() {
        writeln!(
            source,
            "#[rehearsal::test]\nfn t{index:03}() {{ std::thread::sleep(std::time::Duration::from_micros({took_us})) }}"
        )
        .expect("to a string");
    }
    let suite = rehearsal_suite("uneven", &format!("{source}rehearsal::main!();\n"));
    let kept = home().join("uneven-history");
    println!(
        "\n{TRIALS} trials of log-normal length over {WORKERS} workers: the run, by what it must take at least, which is the \
         longest trial or a worker's share of all; medians of {ROUNDS}"
    );
    println!("| order | seconds | at least | ratio |\n|---|---|---|---|");
    for (title, order) in [("by name", "plan"), ("with history", "longest")] {
        // What is not known before the first run is known before the others.
        let _ = std::fs::remove_dir_all(&kept);
        time(uneven(&suite, &kept, order));
        let mut rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| round(uneven(&suite, &kept, order))).collect();
        rounds.sort_by(|left, right| (left.0 / left.1).total_cmp(&(right.0 / right.1)));
        let (took, least) = rounds[ROUNDS / 2];
        println!("| {title} | {took:.2} | {least:.2} | {:.3} |", took / least);
    }
}

fn uneven(suite: &Suite, kept: &PathBuf, order: &str) -> Command {
    let mut command = Command::new(&suite.binary);
    command.current_dir(&suite.folder).args(["--format", "json", "--report-time", "--order", order]);
    command.args(["--workers", &WORKERS.to_string(), "--history"]).arg(kept);
    command.env_remove("NEXTEST").env_remove("CI");
    command
}

/// What a run took, and what it had to take by what its trials took in it; seconds.
fn round(mut command: Command) -> (f64, f64) {
    let begun = std::time::Instant::now();
    let output = command.output().expect("the suite starts");
    let took = begun.elapsed().as_secs_f64();
    assert!(output.status.success(), "{command:?} is red");
    let text = String::from_utf8(output.stdout).expect("JSON");
    let of_trial = |line: &str| {
        let rest = line.split_once("\"exec_time\": ").filter(|_| line.contains("\"type\": \"test\""))?.1;
        rest.split(|c: char| c != '.' && !c.is_ascii_digit()).next()?.parse::<f64>().ok()
    };
    let each: Vec<f64> = text.lines().filter_map(of_trial).collect();
    assert_eq!(each.len(), TRIALS, "a time a trial");
    let longest = each.iter().copied().fold(0.0, f64::max);
    (took, longest.max(each.iter().sum::<f64>() / WORKERS as f64))
}

/// Microseconds, always the same ones: 15 ms in the middle, 44 ms on average, the longest about a second.
fn lengths() -> Vec<u64> {
    let mut state = 42_u64;
    let mut uniform = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((word ^ (word >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    // Box and Muller's way from two even numbers to a normal one.
    let mut normal =
        || (-2.0 * (1.0 - uniform()).ln()).sqrt() * (2.0 * std::f64::consts::PI * uniform()).cos();
    (0..TRIALS).map(|_| (15_000.0 * (1.4 * normal()).exp()) as u64).collect()
}

/// A thousand trials that wait: no processor has anything to do, and nobody has to say how many workers that makes.
pub(super) fn waiting() {
    let tests = |attribute: &str, sleep: &str| {
        let mut source = String::new();
        for index in 0..1_000 {
            writeln!(
                source,
                "#[{attribute}]\nasync fn t{index:03}() {{ {sleep}(std::time::Duration::from_millis(100)).await }}"
            )
            .expect("to a string");
        }
        source
    };
    let rehearsed = tests("rehearsal::test", "tokio::time::sleep");
    let root = env!("CARGO_MANIFEST_DIR");
    let manifest = format!(
        "[dev-dependencies]\nrehearsal = {{ path = {root:?} }}\ntokio = {{ version = \"1\", features = [\"time\"] }}\n\
         [[test]]\nname = \"suite\"\npath = \"suite.rs\"\nharness = false\n"
    );
    let ours = suite("patient", &manifest, &format!("{rehearsed}rehearsal::main!();\n"));
    let theirs = libtest_suite("patient-theirs", &tests("tokio::test", "tokio::time::sleep"));
    let run = |workers: &[&str]| {
        let mut command = Command::new(&ours.binary);
        command.current_dir(&ours.folder).args(workers).env_remove("NEXTEST").env_remove("CI");
        time(command)
    };
    println!("\n1,000 trials that each wait for 100 ms\n| run | seconds |\n|---|---|");
    let auto = median((0..ROUNDS).map(|_| run(&["--workers", "auto"])).collect());
    println!("| rehearsal, `--workers auto` | {:.2} |", auto.as_secs_f64());
    println!("| rehearsal, as many workers as processors | {:.2} |", run(&[]).as_secs_f64());
    if !has_nextest() {
        return;
    }
    let mut command = cargo(&theirs.folder);
    command.args(["nextest", "run", "--test", "suite"]);
    let nextest: Duration = time(command);
    println!("| cargo-nextest, as it is | {:.2} |", nextest.as_secs_f64());
    println!("cargo-nextest takes {:.1} times as long", nextest.as_secs_f64() / auto.as_secs_f64());
}
