//! Suites that other crates write tests for, or keep files beside.

use std::collections::BTreeMap;

use crate::build::{executable, workspace};
use crate::launch::{Finished, Launch};
use crate::nextest::{nextest, statuses};
use crate::text::{output_of, verdict_of_each};

const LEVELS: [&str; 3] = ["process", "fork", "thread"];

fn launch(args: &[&str]) -> Launch {
    let launch = Launch::new(executable("interop", "interop")).args(args.iter().copied());
    let alone = launch.directory().join("alone");
    // It would ask cargo otherwise; and no new file is to appear among the sources.
    let launch = launch.env("INSTA_WORKSPACE_ROOT", &workspace().to_string_lossy()).env("INSTA_UPDATE", "no");
    launch.env("ALONE", &alone.to_string_lossy())
}

fn run(args: &[&str]) -> Finished {
    launch(args).run()
}

const RSTEST: [(&str, &str); 6] = [
    ("with_rstest::adds::case_1_two", "ok"),
    ("with_rstest::adds::case_2_three", "FAILED"),
    ("with_rstest::every::a_1_1::b_1___x__", "ok"),
    ("with_rstest::every::a_1_1::b_2___yz__", "ok"),
    ("with_rstest::every::a_2_2::b_1___x__", "ok"),
    ("with_rstest::every::a_2_2::b_2___yz__", "ok"),
];

/// The same in every level; what is meant to fail does, and nothing else.
#[test]
fn verdicts_are_the_same_in_every_level() {
    let failing = ["with_insta::changed", "with_proptest::does_not_hold", "with_rstest::adds::case_2_three"];
    for level in LEVELS {
        let run = run(&["--test-threads=4", "--isolation", level]);
        run.ends_with(101);
        let verdicts = verdict_of_each(&run.stdout);
        assert_eq!(verdicts.len(), 6 + 5 + 8 + 2 + 7, "{run}");
        for (name, verdict) in verdicts {
            let expected = if failing.contains(&name.as_str()) { "FAILED" } else { "ok" };
            assert_eq!(verdict, expected, "{level} {name}\n{run}");
        }
    }
}

/// The cases that rstest makes are trials like others.
#[test]
fn each_case_of_rstest_can_be_asked_for() {
    for (name, verdict) in RSTEST {
        let run = run(&["--exact", name]);
        run.ends_with(if verdict == "ok" { 0 } else { 101 });
        let expected = BTreeMap::from([(name.to_owned(), verdict.to_owned())]);
        assert_eq!(verdict_of_each(&run.stdout), expected, "{run}");
    }
    let Some((code, text)) = nextest("interop", "interop", "test(with_rstest::)") else { return };
    assert_eq!(code, Some(100), "{text}");
    let theirs = statuses(&text, "interop", "interop");
    for (name, verdict) in RSTEST {
        let expected = if verdict == "ok" { "PASS" } else { "FAIL" };
        assert_eq!(theirs.get(name).map(String::as_str), Some(expected), "{name}\n{text}");
    }
}

/// A snapshot is found by whatever worker compares it, and one that differs is told with both.
#[test]
fn snapshots_are_compared_by_whatever_worker() {
    for level in LEVELS {
        let run = run(&["with_insta", "--test-threads=8", "--isolation", level]);
        run.ends_with(101);
        let failed: Vec<_> =
            verdict_of_each(&run.stdout).into_iter().filter(|(_, verdict)| verdict != "ok").collect();
        assert_eq!(failed, [("with_insta::changed".to_owned(), "FAILED".to_owned())], "{level}\n{run}");
        if level != "thread" {
            let told = output_of(&run.stdout, "with_insta::changed").expect("what differs");
            assert!(told.contains("old") && told.contains("new"), "{told}");
        }
    }
}

/// What failed once is kept by the worker that saw it, and tried first by whatever worker comes next.
#[test]
fn proptest_keeps_what_failed_from_run_to_run() {
    let tried = |file: &str| {
        let run = launch(&["with_proptest"]).env("PERSISTED", file).run();
        run.ends_with(101);
        let output =
            output_of(&run.stdout, "with_proptest::does_not_hold").expect("what was tried").to_owned();
        assert!(output.contains("minimal failing input: n = 10"), "{run}");
        output.lines().find_map(|line| line.strip_prefix("tried ")).expect("a number").to_owned()
    };
    let place = std::env::temp_dir().join(format!("rehearsal-persisted-{}", std::process::id()));
    let file = place.to_string_lossy().into_owned();
    let first = tried(&file);
    let kept = std::fs::read_to_string(&place).expect("what failed is kept");
    assert!(kept.contains("shrinks to n = 10"), "{kept}");
    assert_eq!(tried(&file), first, "the same number of a million, tried first");
    let again = std::fs::read_to_string(&place).expect("it is still there");
    std::fs::remove_file(&place).expect("it can go");
    assert_eq!(again, kept);
}

/// A lock of one process would not hold: the key is a group across all workers.
#[test]
fn serial_tests_are_alone_across_workers() {
    for level in LEVELS {
        run(&["with_serial_test", "--test-threads=8", "--isolation", level]).ends_with(0);
    }
}
