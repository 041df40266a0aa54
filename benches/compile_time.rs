//! How long a suite of many async tests takes to compile, against the same suite on `#[tokio::test]`.
//!
//! ```text
//! cargo bench --bench compile_time                       # 5,000 tests, 3 rounds
//! cargo bench --bench compile_time -- --tests 1000 --rounds 5
//! ```
//!
//! On a machine that does other things too, look at the processor time rather than at the clock's.
//!
//! Two packages are written below cargo's directory for such things, with the same functions but for the attribute's
//! path. Dependencies are built beforehand. Then each round builds one suite from nothing and the other from nothing,
//! in the dev profile and in turns, so that a busy machine is busy for both; what counts is the ratio of the medians.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// Tests in one module of a generated suite.
const TESTS_A_MODULE: usize = 100;

/// The ratio that the project holds itself to.
const TARGET_RATIO: f64 = 0.95;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` starts benchmarks too, and nobody there asked for minutes of compiling.
        println!("compile_time: runs under `cargo bench` only");
        return ExitCode::SUCCESS;
    }
    let (tests, rounds) = match (number(&arguments, "--tests", 5_000), number(&arguments, "--rounds", 3)) {
        (Ok(tests), Ok(rounds)) => (tests, rounds),
        (Err(error), _) | (_, Err(error)) => {
            eprintln!("error: {error}");
            return ExitCode::from(101);
        }
    };
    match compare(tests, rounds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(101)
        }
    }
}

fn number(arguments: &[String], name: &str, default: usize) -> Result<usize, String> {
    let Some(at) = arguments.iter().position(|argument| argument == name) else { return Ok(default) };
    let value = arguments.get(at + 1).and_then(|value| value.parse().ok()).filter(|value| *value > 0);
    value.ok_or_else(|| format!("{name} takes a number from 1 up"))
}

/// One of the two suites.
struct Suite {
    name: &'static str,
    attribute: &'static str,
    /// What its manifest says beside its name.
    dependencies: String,
    /// The end of its root file and of its manifest.
    main: &'static str,
    harness: &'static str,
    package: PathBuf,
    full: Vec<Cost>,
    touched: Vec<Cost>,
}

type Part = fn(&Cost) -> Duration;

/// What a build took.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    /// Processor time of cargo and all it started; zero where the system does not tell.
    processor: Duration,
}

fn compare(tests: usize, rounds: usize) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile_time");
    let suite = |name, attribute, dependencies, main, harness| Suite {
        name,
        attribute,
        dependencies,
        main,
        harness,
        package: place.join(name),
        full: Vec::new(),
        touched: Vec::new(),
    };
    let ours = format!(
        "rehearsal = {{ path = {root:?} }}\ntokio = {{ version = \"1\", default-features = false, features = [\"rt\"] }}"
    );
    let tokios = "tokio = { version = \"1\", features = [\"rt\", \"macros\"] }".to_owned();
    let mut suites = [
        suite("with_rehearsal", "rehearsal::test", ours, "rehearsal::main!();", "harness = false"),
        suite("with_tokio", "tokio::test", tokios, "", ""),
    ];
    for suite in &suites {
        suite.write(tests, 0)?;
        // Dependencies, and a first build that nobody counts.
        suite.build()?;
    }
    for round in 1..=rounds {
        for suite in &mut suites {
            suite.clean()?;
            let full = suite.build()?;
            suite.write(tests, round)?;
            let touched = suite.build()?;
            println!(
                "round {round}: {} {:.2?} (processor {:.2?}), after a change to one test {:.2?} (processor {:.2?})",
                suite.name, full.wall, full.processor, touched.wall, touched.processor
            );
            suite.full.push(full);
            suite.touched.push(touched);
        }
    }
    report(tests, rounds, &mut suites);
    Ok(())
}

fn report(tests: usize, rounds: usize, suites: &mut [Suite; 2]) {
    let [ours, tokios] = suites;
    println!("\n{tests} async tests, dev profile, median of {rounds}");
    println!("| build | `#[rehearsal::test]` | `#[tokio::test]` | ratio |\n|---|---|---|---|");
    let wall: Part = |cost| cost.wall;
    let processor: Part = |cost| cost.processor;
    let rows = [
        ("from nothing", &ours.full, &tokios.full, wall),
        ("the same, processor time", &ours.full, &tokios.full, processor),
        ("after a change to one test", &ours.touched, &tokios.touched, wall),
        ("the same, processor time", &ours.touched, &tokios.touched, processor),
    ];
    for (name, ours, tokios, part) in rows {
        let (ours, tokios) = (median(ours, part), median(tokios, part));
        println!("| {name} | {ours:.2} s | {tokios:.2} s | {:.2} |", ours / tokios);
    }
    println!("target: from nothing at most {TARGET_RATIO}");
}

fn median(costs: &[Cost], part: Part) -> f64 {
    let mut times: Vec<Duration> = costs.iter().map(part).collect();
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// Processor time of all ended children of this process, where there is a `/proc` to tell it.
fn processor_time_of_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in parentheses, may hold anything; behind it, fields 16 and 17 of proc(5) are what
    // children took, in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(16) + ticks(17)) * 10)
}

impl Suite {
    /// Writes the package; each `round` differs in the body of one test.
    fn write(&self, tests: usize, round: usize) -> Result<(), String> {
        let Suite { name, dependencies, harness, .. } = self;
        let manifest = format!(
            "[workspace]\n[package]\nname = \"{name}\"\nedition = \"2024\"\nautotests = false\n[dependencies]\n\
             {dependencies}\n[[test]]\nname = \"suite\"\n{harness}\n[lib]\n"
        );
        self.write_file("Cargo.toml", &manifest)?;
        self.write_file("src/lib.rs", "")?;
        let mut root = String::new();
        for module in 0..tests.div_ceil(TESTS_A_MODULE) {
            let _ = writeln!(root, "mod m{module};");
            let first = module * TESTS_A_MODULE;
            let text = self.module(first..tests.min(first + TESTS_A_MODULE), round);
            self.write_file(&format!("tests/m{module}/mod.rs"), &text)?;
        }
        let _ = writeln!(root, "{}", self.main);
        self.write_file("tests/suite.rs", &root)
    }

    fn module(&self, tests: std::ops::Range<usize>, round: usize) -> String {
        let mut text = String::new();
        for test in tests {
            let expected = if test == 0 { test + round } else { test };
            let _ = write!(
                text,
                "#[{}]\nasync fn t{test}() {{\n    tokio::task::yield_now().await;\n    \
                 assert_eq!({expected}, {expected});\n    println!(\"test {{}}\", {test});\n}}\n\n",
                self.attribute
            );
        }
        text
    }

    fn write_file(&self, path: &str, text: &str) -> Result<(), String> {
        let path = self.package.join(path);
        if fs::read_to_string(&path).is_ok_and(|there| there == text) {
            return Ok(());
        }
        let written =
            fs::create_dir_all(path.parent().unwrap_or(&path)).and_then(|()| fs::write(&path, text));
        written.map_err(|error| format!("{} cannot be written: {error}", path.display()))
    }

    fn clean(&self) -> Result<(), String> {
        self.cargo(&["clean", "--offline", "-p", self.name]).map(drop)
    }

    fn build(&self) -> Result<Cost, String> {
        self.cargo(&["test", "--offline", "--no-run", "--test", "suite"])
    }

    fn cargo(&self, arguments: &[&str]) -> Result<Cost, String> {
        // The very versions the project is locked to.
        let lock = self.package.join("Cargo.lock");
        if !lock.exists() {
            let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
            fs::copy(ours, &lock)
                .map_err(|error| format!("{} cannot be written: {error}", lock.display()))?;
        }
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        for name in
            ["CARGO_MAKEFLAGS", "MAKEFLAGS", "CARGO_TARGET_DIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"]
        {
            cargo.env_remove(name);
        }
        cargo.current_dir(&self.package).args(arguments).env("CARGO_TERM_COLOR", "never");
        let (started, spent) = (Instant::now(), processor_time_of_children());
        let output = cargo.output().map_err(|error| format!("cargo cannot be started: {error}"))?;
        let cost = Cost { wall: started.elapsed(), processor: processor_time_of_children() - spent };
        if output.status.success() {
            return Ok(cost);
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("cargo {} in {} failed:\n{said}", arguments.join(" "), self.package.display()))
    }
}
