//! What one trial changes for those that follow in its worker: it is told by its name, and they are not troubled.

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::{summary, verdict_of_each};

fn run(isolation: &str) -> Finished {
    let launch = Launch::new(executable("faults", "faults"));
    launch.args(["change::", "--ignored", "--test-threads=1", "--isolation", isolation]).run()
}

/// The lines of the notes at the end.
fn notes(run: &Finished) -> Vec<&str> {
    let notes = run.stdout.split("\nnotes:\n").nth(1).unwrap_or_else(|| panic!("no notes\n{run}"));
    let notes = notes.split("\n\n").next().unwrap_or_default();
    notes.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

#[test]
fn directory_environment_and_threads_are_told_by_the_trial_that_changed_them() {
    let run = run("process");
    run.ends_with(0);
    assert_eq!(summary(&run.stdout).passed, 8, "{run}");
    let notes = notes(&run);
    assert_eq!(notes.len(), 3, "{run}");
    for (note, (trial, text)) in notes.iter().zip([
        ("change::a_moves", " to /; the next test gets a new worker"),
        ("change::c_sets_a_variable", "environment variables: BLACKBOX_DIR, LEFT_BY_C; the next test gets"),
        ("change::e_leaves_a_thread", "left a thread running beside the next tests of its worker: stays"),
    ]) {
        assert!(note.contains(trial) && note.contains(text), "{note:?} is not {trial} with {text:?}\n{run}");
    }
}

/// A worker that keeps a fixture has threads of which nobody can tell whose they are; until it does, they are a test's.
#[test]
fn a_thread_is_told_of_until_there_are_fixtures_that_may_have_started_it() {
    let launch = Launch::new(executable("fixtures", "fixtures"));
    let run = launch
        .args(["beside::", "--skip=children", "--ignored", "--test-threads=1", "--isolation=process"])
        .run();
    run.ends_with(0);
    assert_eq!(summary(&run.stdout).passed, 3, "{run}");
    let notes = notes(&run);
    assert_eq!(notes.len(), 1, "{run}");
    let text = "beside::a_leaves_one_before_any_is_made: left a thread running beside the next tests of its worker: early";
    assert!(notes[0].contains(text), "{run}");
}

/// Mode mask, ignored signals and limits are looked at where a trial is red: it may be what made it so.
#[test]
#[cfg(target_os = "linux")]
fn what_the_system_keeps_for_a_process_is_told_where_a_trial_fails_for_it() {
    let launch = Launch::new(executable("faults", "truth"));
    let run = launch.args(["standing::", "--test-threads=1", "--isolation", "process"]).run();
    run.ends_with(101);
    let told = verdict_of_each(&run.stdout);
    let verdicts = ["a_changes_it", "b_fails", "c_is_in_another_worker"]
        .map(|name| &told[&format!("standing::{name}")][..]);
    assert_eq!(verdicts, ["ok", "FAILED", "ok"], "{run}");
    let changed = "note: it, or a test before it in its worker, changed ";
    let told: Vec<_> = run.stdout.lines().filter_map(|line| line.strip_prefix(changed)).collect();
    let ends = [" to 0277", "what signals do: SIGCHLD (17) is ignored", " to 1073741824"];
    assert_eq!(told.len(), ends.len(), "{run}");
    for (told, end) in told.into_iter().zip(ends) {
        assert!(told.ends_with(&format!("{end}; the next test gets a new worker")), "{told:?}\n{run}");
    }
}

/// Where each trial has a process there is nobody to trouble, and nothing to tell.
#[test]
fn a_fork_may_change_what_it_likes() {
    let run = run("fork");
    run.ends_with(0);
    assert_eq!(summary(&run.stdout).passed, 8, "{run}");
    assert!(!run.stdout.contains("\nnotes:\n"), "{run}");
}
