//! The runner that gives ordinary tests a second try in `.ci/run`: `.ci/again`.

use std::path::Path;

use crate::build::executable;
use crate::launch::Launch;

/// Trials of a binary, through the runner.
fn again(binary: &Path, args: &[&str]) -> Launch {
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/again");
    Launch::new(runner).args([binary.to_str().expect("text")]).args(args.iter().copied())
}

/// All ordinary tests but these. No others are taken along when what failed runs again.
fn ordinary_but(skipped: &[&str]) -> Launch {
    let skips: Vec<&str> = skipped.iter().flat_map(|name| ["--skip", name]).collect();
    again(&executable("flaky", "ordinary"), &skips)
}

#[test]
fn what_fails_once_is_flaky_and_green() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("flaky-{}", std::process::id()));
    let launch = ordinary_but(&["always", "dies", "leaves"]).env("CI_FLAKY", place.to_str().expect("text"));
    let run = launch.env("CARGO_TARGET_A_MACHINE_RUNNER", "what started this").run();
    run.ends_with(0).says("test result: FAILED. 2 passed; 3 failed;").says("test result: ok. 3 passed;");
    let noted = std::fs::read_to_string(&place).expect("what was flaky");
    let _ = std::fs::remove_file(&place);
    let names = ["once", "once_more", "says_too_much"];
    assert_eq!(noted.lines().collect::<Vec<_>>(), names.map(|name| format!("ordinary {name}")), "{run}");
    for name in names {
        run.says(&format!("ci: FLAKY: ordinary {name}\n"));
    }
}

#[test]
fn what_fails_twice_is_red() {
    let run = ordinary_but(&["dies", "leaves"]).run();
    run.ends_with(101).says("test result: FAILED. 2 passed; 4 failed;");
    run.says("test result: FAILED. 3 passed; 1 failed;");
    assert!(!run.stdout.contains("FLAKY"), "{run}");
}

/// As cargo passes them on: what was asked for exactly is asked for once.
#[test]
fn one_that_is_asked_for_by_name_runs_again_too() {
    let ordinary = executable("flaky", "ordinary");
    let run = again(&ordinary, &["--exact", "once", "--nocapture"]).run();
    run.ends_with(0).says("ci: FLAKY: ordinary once\n");
    assert!(!run.stdout.contains("FLAKY: ordinary once_more"), "{run}");
}

#[test]
fn a_binary_that_dies_is_red_at_once() {
    let ordinary = executable("flaky", "ordinary");
    for (name, code) in [("dies", 134), ("leaves", 101)] {
        let run = again(&ordinary, &["once", name, "--test-threads=1"]).run();
        run.ends_with(code).says("no list of what failed");
        assert!(!run.stdout.contains("FLAKY") && !run.stdout.contains("once more"), "{run}");
    }
}

/// A suite of ours retries by itself: it runs once, and says what was flaky.
#[test]
fn a_suite_that_retries_its_trials_is_not_run_again() {
    let suite = executable("flaky", "flaky");
    let run = again(&suite, &["shaky::settles_at_once", "shaky::is_steady"]).run();
    run.ends_with(0).says("ci: FLAKY: flaky shaky::settles_at_once\n");
    assert_eq!(run.stdout.matches("ci: FLAKY").count(), 1, "{run}");
    let run = again(&suite, &["shaky::never_settles"]).run();
    run.ends_with(101);
    assert_eq!(run.stdout.matches("test result: ").count(), 1, "{run}");
}

/// For the comparison of levels, which need not run it once more.
#[test]
fn what_a_green_suite_said_is_kept() {
    let launch = again(&executable("basic", "basic"), &["green"]);
    let books = launch.directory().with_extension("books");
    std::fs::create_dir_all(&books).expect("a directory");
    let run = launch.env("CI_BOOKS", books.to_str().expect("text")).run();
    let kept = std::fs::read_to_string(books.join("basic"));
    let _ = std::fs::remove_dir_all(&books);
    run.ends_with(0);
    assert_eq!(kept.expect("what it said"), run.stdout);
}
