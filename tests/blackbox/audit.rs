//! `--audit`: tests that a custom harness loses in silence.

use crate::build::executable;
use crate::launch::Launch;

/// The plain `#[test]` that compiled away is named with its place.
#[test]
fn a_lost_test_is_found() {
    let lost = || Launch::new(executable("lost", "lost"));
    lost().run().ends_with(0).says("1 passed");
    let run = lost().args(["--audit"]).run();
    run.ends_with(101);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(
        said.contains("compiled_away") && (said.contains("lost.rs:7") || said.contains("lost.rs:8")),
        "{run}"
    );
    assert!(!said.contains("nobody runs this"), "{run}");
}

/// Where libtest runs a suite it knows none of its tests, and green would say that they had passed.
#[test]
fn a_suite_that_libtest_runs_is_red_and_says_what_is_missing() {
    let run = Launch::new(executable("lost", "unharnessed")).run();
    run.ends_with(101).says("test harness_false_is_missing_in_cargo_toml ... FAILED");
    run.says(
        "the tests of `unharnessed` were to be run by Rehearsal, and libtest runs instead, which knows none of them; put this \
         into Cargo.toml:\n\n[[test]]\nname = \"unharnessed\"\nharness = false\n",
    );
    run.says("0 passed; 1 failed");
}

/// Comments and strings are no tests.
#[test]
fn nothing_is_found_where_nothing_is_lost() {
    Launch::new(executable("lost", "kept")).args(["--audit"]).run().ends_with(0);
    Launch::new(executable("basic", "lib basic")).args(["--audit"]).run().ends_with(0);
}

/// A variable does the same, because `cargo test -- --audit` reaches libtest binaries too.
#[test]
fn the_variable_does_the_same() {
    Launch::new(executable("lost", "lost")).env("REHEARSAL_AUDIT", "true").run().ends_with(101);
}
