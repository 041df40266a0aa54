//! What a trial costs under this harness, beside libtest, cargo-nextest and bare forks in the same run.
//!
//! `cargo bench --bench harness` generates the same trivial async tests for each harness, builds them in the dev
//! profile, runs them interleaved and prints medians and ratios. It is a report, not a test: nothing here is red.
//!
//! Arguments: `run` (1,000 tests under each harness, and as many bare forks), `scale` (the cost a test at 1,000 and at
//! 100,000 tests), `fixture` (set-ups by scope, and forks beside a large fixture; `copies` is the second alone),
//! `makespan` (trials of very different length, by what they must take), `waiting` (trials that only wait) and `build`
//! (packages, and a clean dev build beside libtest-mimic's); all but `scale` where none is given.

#[path = "harness/build.rs"]
mod build;
#[path = "harness/fixture.rs"]
mod fixture;
#[path = "harness/floor.rs"]
mod floor;
#[path = "harness/spread.rs"]
mod spread;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 9;
const WORKERS: &str = "2";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` starts benchmarks too, and nobody there asked for minutes of measuring.
        println!("harness: runs under `cargo bench` only");
        return;
    }
    let wanted: Vec<String> = arguments.into_iter().filter(|argument| argument != "--bench").collect();
    let asked = |what: &str| wanted.iter().any(|arg| arg == what);
    if wanted.is_empty() || asked("run") {
        run(1_000);
    }
    if asked("scale") {
        scale();
    }
    if wanted.is_empty() || asked("fixture") {
        fixture::report();
    } else if asked("copies") {
        fixture::copies();
    }
    if wanted.is_empty() || asked("makespan") {
        spread::makespan();
    }
    if wanted.is_empty() || asked("waiting") {
        spread::waiting();
    }
    if wanted.is_empty() || asked("build") {
        build::report();
    }
}

/// A generated crate, and where its test binary is once it was built.
struct Suite {
    folder: PathBuf,
    binary: PathBuf,
}

fn home() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("harness-bench")
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a generated file has a folder"))
        .expect("the target directory is writable");
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return; // Cargo would build it again for its new time stamp.
    }
    fs::write(path, text).expect("the target directory is writable");
}

fn suite(name: &str, manifest: &str, source: &str) -> Suite {
    let folder = home().join(name);
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[lib]\npath = \"lib.rs\"\n\
         test = false\ndoctest = false\n{manifest}"
    );
    write(&folder.join("Cargo.toml"), &manifest);
    write(&folder.join("lib.rs"), "");
    write(&folder.join("suite.rs"), source);
    let binary = build_suite(&folder, &[]);
    Suite { folder, binary }
}

/// The same suite in the release profile.
fn released(suite: &Suite) -> Suite {
    Suite { folder: suite.folder.clone(), binary: build_suite(&suite.folder, &["--release"]) }
}

fn build_suite(folder: &Path, profile: &[&str]) -> PathBuf {
    let output = cargo(folder)
        .args(["test", "--no-run", "--test", "suite", "--message-format", "json-render-diagnostics"])
        .args(profile)
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{} does not build", folder.display());
    let messages = String::from_utf8(output.stdout).expect("cargo speaks UTF-8");
    let marker = "\"executable\":\"";
    messages
        .lines()
        .filter(|line| line.contains("\"name\":\"suite\""))
        .filter_map(|line| line.split_once(marker))
        .filter_map(|(_, rest)| rest.split_once('"'))
        .map(|(path, _)| PathBuf::from(path))
        .next_back()
        .expect("cargo names the test binary")
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(folder).env("CARGO_TARGET_DIR", home().join("target")).env_remove("RUSTFLAGS");
    cargo
}

fn rehearsal_suite(name: &str, source: &str) -> Suite {
    rehearsal_suite_with(name, "", source)
}

/// The same with more in its manifest.
fn rehearsal_suite_with(name: &str, more: &str, source: &str) -> Suite {
    let root = env!("CARGO_MANIFEST_DIR");
    let manifest = format!(
        "[dev-dependencies]\nrehearsal = {{ path = {root:?} }}\n\
         [[test]]\nname = \"suite\"\npath = \"suite.rs\"\nharness = false\n{more}"
    );
    suite(name, &manifest, source)
}

/// What a suite with very many short tests may say in its manifest: the harness optimised, all else as it was.
const OPTIMISED: &str = "[profile.dev.package]\nrehearsal.opt-level = 1\n";

/// The same runtime on both sides: what `#[tokio::test]` builds depends on tokio's features, and these are those that
/// Rehearsal asks for. (With `rt` alone its runtime would have neither timers nor sockets.)
fn libtest_suite(name: &str, source: &str) -> Suite {
    let manifest = "[dev-dependencies]\ntokio = { version = \"1\", features = [\"rt-multi-thread\", \"net\", \"time\", \
                    \"sync\", \"signal\", \"test-util\", \"macros\"] }\n\
                    [[test]]\nname = \"suite\"\npath = \"suite.rs\"\n";
    suite(name, manifest, source)
}

fn tests(count: usize, attribute: &str) -> String {
    let mut source = String::new();
    for index in 0..count {
        writeln!(source, "#[{attribute}]\nasync fn t{index:06}() {{ println!(\"line of {index}\"); }}")
            .expect("to a string");
    }
    source
}

/// Wall time of one run of a command whose output goes to a pipe, as cargo's users in CI have it.
fn time(mut command: Command) -> Duration {
    let begun = Instant::now();
    let output = command.stdin(Stdio::null()).output().expect("the suite starts");
    let took = begun.elapsed();
    assert!(
        output.status.success(),
        "{command:?} is red:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    took
}

/// Runs all of them in turn, so that a noisy moment meets each; medians.
fn interleaved(rounds: usize, contenders: &[(&str, &dyn Fn() -> Command)]) -> Vec<Duration> {
    in_rounds(rounds, contenders).into_iter().map(median).collect()
}

/// The same, a time a round.
fn in_rounds(rounds: usize, contenders: &[(&str, &dyn Fn() -> Command)]) -> Vec<Vec<Duration>> {
    let mut times = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for (index, (_, command)) in contenders.iter().enumerate() {
            times[index].push(time(command()));
        }
    }
    times
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn direct(suite: &Suite, arguments: &[&str]) -> Command {
    let mut command = Command::new(&suite.binary);
    command.current_dir(&suite.folder).args(["--test-threads", WORKERS]).args(arguments);
    command.env_remove("NEXTEST").env_remove("CI");
    command
}

/// Rounds that cargo-nextest is in: a run of it takes as long as fifty of libtest.
const NEXTEST_ROUNDS: usize = 3;

fn run(count: usize) {
    let source = format!("{}rehearsal::main!();\n", tests(count, "rehearsal::test"));
    let ours = rehearsal_suite("ours", &source);
    let optimised = rehearsal_suite_with("ours-optimised", OPTIMISED, &source);
    let theirs = libtest_suite("theirs", &tests(count, "tokio::test"));
    let process = || direct(&ours, &[]);
    let thread = || direct(&ours, &["--isolation", "thread"]);
    let fork = || direct(&ours, &["--isolation", "fork"]);
    let process_optimised = || direct(&optimised, &[]);
    let fork_optimised = || direct(&optimised, &["--isolation", "fork"]);
    let (ours_released, _) = (released(&ours), released(&theirs));
    let bare = floor::program(count);
    let fork_released = || direct(&ours_released, &["--isolation", "fork"]);
    let bare_forks = || direct(&bare, &[]);
    let libtest = || direct(&theirs, &[]);
    let contenders: [(&str, &dyn Fn() -> Command); 8] = [
        ("libtest, `#[tokio::test]`", &libtest),
        ("rehearsal, process", &process),
        ("rehearsal, thread", &thread),
        ("rehearsal, fork", &fork),
        ("rehearsal, fork, release profile", &fork_released),
        ("no harness: bare forks with a thread each, release profile", &bare_forks),
        ("rehearsal, process, `rehearsal.opt-level = 1`", &process_optimised),
        ("rehearsal, fork, `rehearsal.opt-level = 1`", &fork_optimised),
    ];
    let nextest_debug = || nextest(&theirs, &[]);
    let nextest_released = || nextest(&theirs, &["--release"]);
    let rare: [(&str, &dyn Fn() -> Command); 2] =
        [("cargo-nextest", &nextest_debug), ("cargo-nextest, release profile", &nextest_released)];
    let rare: &[_] = if has_nextest() { &rare } else { &[] };
    let mut times = vec![Vec::new(); contenders.len() + rare.len()];
    for _ in 0..NEXTEST_ROUNDS {
        let often = in_rounds(ROUNDS / NEXTEST_ROUNDS, &contenders);
        let once = in_rounds(1, rare);
        times.iter_mut().zip(often.into_iter().chain(once)).for_each(|(all, more)| all.extend(more));
    }
    let medians: Vec<Duration> = times.into_iter().map(median).collect();
    println!(
        "\n{count} trivial async tests that print a line each, dev profile, {WORKERS} workers, medians of {ROUNDS} interleaved \
         runs, {NEXTEST_ROUNDS} of cargo-nextest"
    );
    println!("| harness | µs a test | against libtest |\n|---|---|---|");
    for ((name, _), took) in contenders.iter().chain(rare).zip(&medians) {
        let per_test_us = took.as_secs_f64() * 1e6 / count as f64;
        println!("| {name} | {per_test_us:.1} | {:.2} |", took.as_secs_f64() / medians[0].as_secs_f64());
    }
    let times = |long: Duration, short: Duration| long.as_secs_f64() / short.as_secs_f64();
    if let [_, _, _, _, fork_released, bare, ..] = medians[..] {
        println!(
            "a forked test takes {:.2} times as long as a bare fork with a thread on this machine, both of the release \
             profile",
            times(fork_released, bare)
        );
    }
    if let [_, process, _, fork, fork_released, _, _, _, nextest, nextest_released] = medians[..] {
        println!(
            "cargo-nextest takes {:.1} times as long as rehearsal with process isolation, {:.1} times as long as with \
             fork isolation, {:.1} times where both are of the release profile",
            times(nextest, process),
            times(nextest, fork),
            times(nextest_released, fork_released)
        );
    }
}

/// A run under cargo-nextest.
fn nextest(suite: &Suite, profile: &[&str]) -> Command {
    let mut command = cargo(&suite.folder);
    command.args(["nextest", "run", "--test", "suite", "--test-threads", WORKERS, "--no-fail-fast"]);
    command.args(profile);
    command
}

fn has_nextest() -> bool {
    let version = Command::new("cargo-nextest").arg("--version").output();
    let there = version.is_ok_and(|output| output.status.success());
    if !there {
        println!("cargo-nextest is not installed; its row is left out");
    }
    there
}

/// One body registered under many names, as the attribute would: what is measured is the harness, not the compiler,
/// which would take a quarter of an hour for 100,000 functions. The section is that of `src/sys/linked`, so this is for
/// Linux.
fn many(count: usize) -> String {
    let mut source = String::from(
        "use rehearsal::__private::{Body, Entry};\n\
         const BODY: Body = Body::Async(|with| with(std::pin::pin!(async { println!(\"a line\") })));\n\
         rehearsal::main!();\n",
    );
    let section = format!("rehearsal_trials_{}", env!("CARGO_PKG_VERSION").replace('.', "_"));
    for index in 0..count {
        let (module, name) = (index / 1_000, index % 1_000);
        writeln!(
            source,
            "#[used] #[unsafe(link_section = {section:?})] static E{index}: Entry = \
             Entry::new(\"suite::m{module:03}::t{name:03}\", \"suite.rs\", ({index}, 1), BODY);"
        )
        .expect("to a string");
    }
    source
}

fn scale() {
    let small = rehearsal_suite("small", &many(1_000));
    let large = rehearsal_suite("large", &many(100_000));
    println!("\ncost a test as the suite grows, dev profile, {WORKERS} workers");
    println!("| isolation | µs a test at 1,000 | at 100,000 | growth |\n|---|---|---|---|");
    for isolation in ["process", "thread"] {
        let few = || direct(&small, &["--isolation", isolation]);
        let lots = || direct(&large, &["--isolation", isolation]);
        let few_us = interleaved(ROUNDS, &[("few", &few)])[0].as_secs_f64() * 1e3;
        let lots_us = interleaved(3, &[("lots", &lots)])[0].as_secs_f64() * 10.0;
        println!("| {isolation} | {few_us:.1} | {lots_us:.1} | {:.2} |", lots_us / few_us);
    }
}
