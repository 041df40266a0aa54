//! The first command of the README.

use std::path::{Path, PathBuf};

use crate::build::cargo;
use crate::launch::Launch;
use crate::text::{summary, verdict_of_each};

/// The example, built where cargo builds this test.
fn tour() -> Launch {
    let this = std::env::current_exe().expect("the path of this test");
    let profile = this.ancestors().nth(2).expect("target/PROFILE/deps/blackbox");
    let target: PathBuf = profile.parent().expect("target/PROFILE").into();
    let mut cargo = cargo();
    cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    cargo.args(["build", "--offline", "--quiet", "--example", "tour", "--target-dir"]).arg(target);
    let output = cargo.output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Launch::new(profile.join("examples/tour"))
}

#[test]
fn the_tour_is_green() {
    let run = tour().run();
    run.ends_with(0);
    assert!(summary(&run.stdout).passed > 0, "{run}");
}

/// A crash, a hang and an `exit(0)`, each told apart from the others.
#[test]
fn the_tour_shows_three_faults() {
    let run = tour().args(["--include-ignored"]).run();
    run.ends_with(101);
    let told = verdict_of_each(&run.stdout);
    let red: Vec<&str> =
        told.values().filter(|verdict| verdict.starts_with("FAILED")).map(String::as_str).collect();
    let expected = ["FAILED (signal 6, SIGABRT)", "FAILED (exit code 0)", "FAILED (timed out after 1s)"];
    assert_eq!(red, expected, "{run}");
}
