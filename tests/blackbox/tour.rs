//! The first command of the README.

use crate::build::executable;
use crate::launch::Launch;
use crate::text::{summary, verdict_of_each};

/// The example, with the features that it has there.
fn tour() -> Launch {
    Launch::new(executable("tour", "tour"))
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
