//! What the harness itself costs: this program runs trivial trials of its own, as a suite with nothing else to do.
//!
//! Beside libtest and cargo-nextest the same is measured by `benches/harness.rs`.

use std::process::Command;
use std::time::Instant;

use rehearsal::Trial;
use rehearsal::bench::Bencher;

/// How many trials make a run.
const TRIALS: u64 = 500;

#[rehearsal::generate]
fn trivial() -> Vec<Trial> {
    (0..TRIALS).map(|number| Trial::new(format!("t{number:03}"), || ())).collect()
}

/// An iteration is a run of all of them, from its start to its summary.
#[rehearsal::bench(
    args = ["process", "thread"],
    throughput = Throughput::Elements(TRIALS),
    measurement_time = "3s",
    warm_up_time = "500ms",
    sample_size = 10
)]
fn run(b: &mut Bencher<'_>, isolation: &str) {
    let program = std::env::current_exe().expect("this program has a file");
    let run = || {
        let mut command = Command::new(&program);
        command.args(["trivial::", "--test-threads=2", "--history=none", "--format=terse"]);
        let output = command.args(["--isolation", isolation]).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains(&format!("{TRIALS} passed")), "{said}");
    };
    b.iter_custom(|count| {
        let begun = Instant::now();
        (0..count).for_each(|_| run());
        begun.elapsed()
    });
}

rehearsal::main!();
