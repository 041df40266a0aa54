//! Suites under cargo-nextest: the same verdicts.

use std::collections::BTreeMap;
use std::process::Command;

use crate::build::{cargo, executable, target_dir};
use crate::launch::Launch;
use crate::text::verdict_of_each;

/// Runs a package's target under cargo-nextest; `None` where that is not installed.
pub(crate) fn nextest(package: &str, target: &str, filter: &str) -> Option<(Option<i32>, String)> {
    let installed = Command::new("cargo-nextest").args(["nextest", "--version"]).output();
    if !installed.is_ok_and(|output| output.status.success()) {
        println!("skipped: cargo-nextest is not installed");
        return None;
    }
    // Built by the same cargo command as for the other tests: nothing is left for this one to do but to run.
    executable(package, target);
    let mut command = cargo();
    command.args(["nextest", "run", "--offline", "--no-fail-fast", "--color=never", "--status-level=all"]);
    command.args(["--final-status-level=none", "--success-output=never", "--user-config-file=none"]);
    command.args(["--package", package, "--test", target, "-E", filter, "--target-dir"]).arg(target_dir());
    let output = command.output().expect("cargo nextest");
    Some((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// `        PASS [   0.012s] (1/9) package::target name::of::test`, or FAIL, SIGABRT, SKIP, LEAK …
pub(crate) fn statuses(text: &str, package: &str, target: &str) -> BTreeMap<String, String> {
    let binary = format!(" {package}::{target} ");
    let of_line = |line: &str| {
        let (head, name) = line.split_once(&binary)?;
        let status = head.split_whitespace().next()?;
        Some((name.trim().to_string(), status.to_string()))
    };
    text.lines().filter_map(of_line).collect()
}

#[test]
fn the_same_verdicts() {
    let Some((code, text)) = nextest("basic", "basic", "all()") else { return };
    assert_eq!(code, Some(100), "nextest's code for failed tests\n{text}");
    let theirs = statuses(&text, "basic", "basic");
    let run = Launch::new(executable("basic", "basic")).run();
    for (name, verdict) in verdict_of_each(&run.stdout) {
        let expected = match verdict.as_str() {
            "ok" => "PASS",
            "FAILED" => "FAIL",
            _ => "SKIP",
        };
        let status = theirs.get(&name).unwrap_or_else(|| panic!("no status of {name}\n{text}"));
        assert_eq!(status, expected, "{name}\n{text}");
    }
}

/// An early exit is a failure there too, with any code.
#[test]
fn an_early_exit_is_red() {
    let filter = "test(crash::exits_with) | test(crash::exits_from)";
    let Some((code, text)) = nextest("faults", "faults", filter) else { return };
    assert_eq!(code, Some(100), "{text}");
    let theirs = statuses(&text, "faults", "faults");
    for (name, status) in theirs.iter().filter(|(_, status)| *status != "SKIP") {
        let expected = if name.ends_with("::fault") { "FAIL" } else { "PASS" };
        assert_eq!(status, expected, "{name}\n{text}");
    }
    for name in ["exits_with_zero", "exits_with_three", "exits_from_another_thread"] {
        assert!(theirs.contains_key(&format!("crash::{name}::fault")), "{text}");
    }
}

/// Cases and trials made at run time, each found again by its name in a process of its own.
#[test]
fn every_name_of_a_generated_trial() {
    let Some((code, text)) = nextest("generated", "generated", "all()") else { return };
    assert_eq!(code, Some(100), "{text}");
    let theirs = statuses(&text, "generated", "generated");
    let run = Launch::new(executable("generated", "generated")).run();
    for (name, verdict) in verdict_of_each(&run.stdout) {
        let expected = match verdict.as_str() {
            // Its name is another in each process: one that was listed is never made again.
            _ if name.starts_with("bad::changes::") => continue,
            "ok" => "PASS",
            "ignored, not today" => "SKIP",
            // It skips itself as it runs, of which nextest knows nothing.
            "ignored, not here" => "PASS",
            _ if name == "kinds::all::aborts" => "SIGABRT",
            _ => "FAIL",
        };
        let status = theirs.get(&name).unwrap_or_else(|| panic!("no status of {name}\n{text}"));
        assert_eq!(status, expected, "{name}\n{text}");
    }
    let changed = theirs.iter().find(|(name, _)| name.starts_with("bad::changes::"));
    assert_eq!(changed.map(|(_, status)| status.as_str()), Some("FAIL"), "{text}");
}

/// A crash keeps its signal, for nextest to name.
#[test]
fn crashes_and_panics_in_tasks() {
    let filter = "test(crash::aborts) | test(crash::segfaults) | test(task::)";
    let Some((code, text)) = nextest("faults", "faults", filter) else { return };
    assert_eq!(code, Some(100), "{text}");
    let theirs = statuses(&text, "faults", "faults");
    assert_eq!(theirs["crash::aborts::fault"], "SIGABRT", "{text}");
    assert_eq!(theirs["crash::segfaults::fault"], "SIGSEGV", "{text}");
    assert_eq!(theirs["task::panics_in_a_task::fault"], "FAIL", "{text}");
    assert_eq!(theirs["task::may_panic_in_a_task::harmless"], "PASS", "{text}");
}

/// As nextest starts a trial: in this very process, and with a red exit code for `exit(0)`.
#[test]
fn a_single_trial_runs_in_the_process_that_was_started() {
    let launch = |name: &str| {
        let launch = Launch::new(executable("faults", "faults")).args(["--exact", name, "--nocapture"]);
        launch.env("NEXTEST", "1")
    };
    let run = launch("place::wherever").run();
    run.ends_with(0).says(&format!("wherever: process {}", run.pid));
    let run = launch("crash::exits_with_zero::fault").run();
    assert_ne!(run.status.code(), Some(0), "{run}");
    assert!(run.status.code().is_some(), "an exit code, no signal\n{run}");
}
