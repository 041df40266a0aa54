//! What is said of failures, and what is written of a run: the commands that run a trial again, and report files.

use std::process::Command;

use crate::build::{cargo, executable, target_dir};
use crate::launch::{Finished, Launch};
use crate::text::{output_of, verdict_of_each};

fn basic(args: &[&str]) -> Launch {
    Launch::new(executable("basic", "basic")).args(args.iter().copied())
}

/// The command that a trial's failure block gives for running it again.
#[track_caller]
fn again_of(run: &Finished, name: &str) -> String {
    let shown = output_of(&run.stdout, name).unwrap_or_else(|| panic!("no block of {name}\n{run}"));
    let line = shown.lines().find_map(|line| line.strip_prefix("    = again: "));
    line.unwrap_or_else(|| panic!("no command in {shown}")).to_string()
}

/// Where it stands, on which worker it ran and in which order; libtest's part is above that.
#[test]
fn a_failure_says_where_it_stands_and_where_it_ran() {
    let run = basic(&["red::asserts", "--shuffle-seed=7", "--workers=1"]).run();
    let shown = output_of(&run.stdout, "red::asserts").expect("its block");
    let facts = shown.lines().find_map(|line| line.strip_prefix("   --> ")).expect("its facts");
    let (place, rest) = facts.split_once(", ").expect("more than a place");
    let (file, line) = place.rsplit_once(':').expect("a line");
    assert!(file.ends_with("basic/tests/cases.rs"), "{facts}");
    let source = std::fs::read_to_string("tests/suites/basic/tests/cases.rs").expect("the source");
    let number: usize = line.parse().expect("a number");
    assert!(source.lines().nth(number - 1).is_some_and(|line| line.contains("fn asserts()")), "{facts}");
    assert_eq!(rest, "worker 0, shuffle seed 7");
    assert!(shown.contains("assertion `left == right` failed"), "{shown}");
}

/// A program that was run by hand: the command is typed into a shell as it stands.
#[test]
fn a_shell_runs_the_failed_trial_again() {
    let run = Launch::new(executable("faults", "faults"))
        .args(["crash::aborts", "--isolation", "fork"])
        .env("REHEARSAL_GRACE", "100 ms")
        .run();
    let command = again_of(&run, "crash::aborts::fault");
    assert!(command.starts_with("REHEARSAL_GRACE='100 ms' /"), "{command}");
    assert!(command.ends_with(" --isolation=fork --exact crash::aborts::fault"), "{command}");
    let again = Launch::new("/bin/sh".into()).args(["-c", &format!("exec env {command}")]).run();
    again.ends_with(101);
    let expected = [("crash::aborts::fault".to_string(), "FAILED (signal 6, SIGABRT)".to_string())];
    assert_eq!(verdict_of_each(&again.stdout), expected.into(), "that trial and no other");
}

/// The same under cargo, whose command finds the target by itself.
#[test]
fn cargo_runs_the_failed_trial_again() {
    let run = basic(&["red"]).env("CARGO", "cargo").run();
    let command = again_of(&run, "red::asserts");
    assert_eq!(command, "cargo test -p basic --test basic -- --exact red::asserts");
    let mut again = Command::new("sh");
    // The directory and the environment that the suites are built in.
    let built = cargo();
    again.current_dir(built.get_current_dir().expect("a directory"));
    for (name, value) in built.get_envs() {
        match value {
            Some(value) => again.env(name, value),
            None => again.env_remove(name),
        };
    }
    again.args(["-c", &command]).env("CARGO_TARGET_DIR", target_dir()).env("CARGO_NET_OFFLINE", "true");
    let output = again.output().expect("a shell");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(101), "{stdout}\n{said}");
    let expected = [("red::asserts".to_string(), "FAILED".to_string())];
    assert_eq!(verdict_of_each(&stdout), expected.into(), "that trial and no other\n{said}");
}
