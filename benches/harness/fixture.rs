//! What fixtures cost: made as often as their scope says, and copied by each fork.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Suite, direct, home, in_rounds, interleaved, rehearsal_suite, released};

const ROUNDS: usize = 7;
/// More where differences are taken, which are as noisy as both times together.
const COPY_ROUNDS: usize = 11;
/// How long the fixture takes to be made of which is counted how often that is.
const SET_UP_MS: u64 = 200;
/// How large the fixture is that is copied.
const LARGE_MIB: usize = 200;

/// Prints both tables.
pub(super) fn report() {
    set_ups();
    copies();
}

/// Tests that take the fixture, and in a module beside as many that take nothing.
fn source(fixture: &str, parameter: &str, count: usize) -> String {
    let mut source = format!("{fixture}\nrehearsal::main!();\n");
    for (module, parameter) in
        [("taking_a", parameter), ("taking_b", parameter), ("plain_a", ""), ("plain_b", "")]
    {
        writeln!(source, "mod {module} {{ #[allow(unused_imports)] use super::*;").expect("to a string");
        for index in 0..count {
            writeln!(source, "#[rehearsal::test]\nfn t{index:04}({parameter}) {{}}").expect("to a string");
        }
        source.push_str("}\n");
    }
    source
}

/// Wall time of a run beyond that of the same tests without the fixture.
fn set_ups() {
    const COUNT: usize = 20;
    println!("\na fixture that takes {SET_UP_MS} ms, {} tests, dev profile, medians of {ROUNDS}", 2 * COUNT);
    println!("| scope | isolation | workers | made | ms more than without it |\n|---|---|---|---|---|");
    for scope in ["worker", "fork", "run"] {
        // Each set-up leaves a line.
        let fixture = format!(
            "#[rehearsal::fixture(scope = {scope:?})]\nfn taken() -> u64 {{\n\
             use std::io::Write as _;\n\
             let path = std::env::var(\"BENCH_LOG\").unwrap();\n\
             let mut log = std::fs::File::options().append(true).create(true).open(path).unwrap();\n\
             log.write_all(b\"made\\n\").unwrap();\n\
             std::thread::sleep(std::time::Duration::from_millis({SET_UP_MS}));\n1 }}"
        );
        let suite = rehearsal_suite(&format!("fixture-{scope}"), &source(&fixture, "_taken: &u64", COUNT));
        for isolation in ["process", "thread", "fork"] {
            // A forked test is alone in its worker; the scope for it is `fork`.
            if (scope, isolation) == ("worker", "fork") {
                continue;
            }
            for workers in ["1", "2"] {
                row(&suite, scope, isolation, workers);
            }
        }
    }
}

fn log() -> PathBuf {
    home().join("fixture.log")
}

fn row(suite: &Suite, scope: &str, isolation: &str, workers: &str) {
    let run = |filter: &str| -> Command {
        let mut command = direct(suite, &[filter, "--isolation", isolation, "--test-threads", workers]);
        command.env("BENCH_LOG", log());
        command
    };
    let _ = fs::remove_file(log());
    let medians = interleaved(ROUNDS, &[("taking", &|| run("taking")), ("plain", &|| run("plain"))]);
    let made = fs::read_to_string(log()).map_or(0, |log| log.lines().count()) as f64 / ROUNDS as f64;
    let more = medians[0].as_secs_f64() - medians[1].as_secs_f64();
    println!("| `{scope}` | {isolation} | {workers} | {made:.1} | {:.0} |", more * 1e3);
}

/// What one more forked test costs, beside the same without the fixture: the difference between twice as many and as many.
pub(super) fn copies() {
    const COUNT: usize = 1_000;
    let kinds = [
        ("one piece", "vec![1; BYTES]", "u8"),
        ("small boxes", "(0..BYTES / 64).map(|_| Box::new([1_u8; 40])).collect()", "Box<[u8; 40]>"),
    ];
    println!(
        "\nforked tests beside a fixture of {LARGE_MIB} MiB, release profile, 2 workers, medians of {COPY_ROUNDS}"
    );
    println!(
        "| fixture | µs a test without it | with it | more | µs a test of {COUNT}, its set-up counted |\n|---|---|---|---|---|"
    );
    for (number, (kind, value, of)) in kinds.into_iter().enumerate() {
        let fixture = format!(
            "const BYTES: usize = {LARGE_MIB} << 20;\npub struct Large(pub Vec<{of}>);\n\
             #[rehearsal::fixture(scope = \"fork\")]\nfn large() -> Large {{ Large({value}) }}"
        );
        let parameter = "large: &Large";
        let source = source(&fixture, parameter, COUNT)
            .replace("(large: &Large) {}", "(large: &Large) { assert!(!large.0.is_empty()) }");
        let suite = released(&rehearsal_suite(&format!("large-{number}"), &source));
        let run = |filter: &'static str| direct(&suite, &[filter, "--isolation", "fork"]);
        let times = in_rounds(
            COPY_ROUNDS,
            &[
                ("plain", &|| run("plain_a::")),
                ("plain twice", &|| run("plain")),
                // In a virtual machine, memory that was free for a while is slow to come back from its host: this run
                // fetches it, and is not looked at.
                ("fetching", &|| run("taking_a::")),
                ("taking", &|| run("taking_a::")),
                ("taking twice", &|| run("taking")),
            ],
        );
        let us_a_test = |seconds: f64| seconds * 1e6 / COUNT as f64;
        // Of each round by itself: what a machine does to all runs of a round does not come between them then.
        let of_round = |of: &dyn Fn(&[f64]) -> f64| {
            let round =
                |round: usize| times.iter().map(|times| times[round].as_secs_f64()).collect::<Vec<_>>();
            let mut each: Vec<f64> = (0..COPY_ROUNDS).map(|at| us_a_test(of(&round(at)))).collect();
            each.sort_by(f64::total_cmp);
            each[COPY_ROUNDS / 2]
        };
        println!(
            "| {kind} | {:.0} | {:.0} | {:.0} | {:.0} |",
            of_round(&|round| round[1] - round[0]),
            of_round(&|round| round[4] - round[3]),
            of_round(&|round| round[4] - round[3] - (round[1] - round[0])),
            of_round(&|round| round[3])
        );
    }
}
