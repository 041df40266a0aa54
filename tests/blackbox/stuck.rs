//! Thread isolation: what cannot be killed is named.

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::verdict_of_each;

fn on_threads(args: &[&str]) -> Finished {
    let launch = Launch::new(executable("faults", "faults")).args(["--isolation=thread", "--grace=200ms"]);
    launch.args(args.iter().copied()).run()
}

/// The thread is named as stuck and replaced, the run goes on, ends long before that thread does, and is red.
#[test]
fn a_stuck_thread_is_named_and_replaced() {
    for name in [
        "hang::busy::",
        "hang::sleeps::",
        "hang::sleeps_in_async::",
        "hang::busy_later::",
        "hang::deadlocks::",
    ] {
        for workers in ["--test-threads=1", "--test-threads=2"] {
            let run = on_threads(&[name, workers]);
            run.ends_with(101);
            let told = verdict_of_each(&run.stdout);
            assert_eq!(told.len(), 3, "{run}");
            assert!(told[&format!("{name}fault")].starts_with("FAILED (timed out after 1s"), "{run}");
            assert_eq!(
                (&*told[&format!("{name}a_before")], &*told[&format!("{name}z_after")]),
                ("ok", "ok"),
                "{run}"
            );
            let said = format!("{}{}", run.stdout, run.stderr);
            let named = said.lines().any(|line| line.contains("stuck"));
            assert!(named && said.contains(&format!("{name}fault")), "named as stuck\n{run}");
        }
    }
}

/// A future that only waits can be dropped: it is timed out, and nothing is stuck.
#[test]
fn a_future_that_waits_is_timed_out() {
    let run = on_threads(&["hang::waits_for_nothing::"]);
    run.ends_with(101);
    let told = verdict_of_each(&run.stdout);
    assert!(told["hang::waits_for_nothing::fault"].starts_with("FAILED (timed out after 1s"), "{run}");
    assert_eq!(told["hang::waits_for_nothing::z_after"], "ok");
}

/// Late, but by itself: too long is too long.
#[test]
fn a_trial_that_returns_after_its_time_is_red() {
    let run = on_threads(&["hang::sleeps_past_its_time"]);
    run.ends_with(101);
    let told = verdict_of_each(&run.stdout);
    assert!(
        told["hang::sleeps_past_its_time_and_returns::fault"].starts_with("FAILED (timed out after 500ms"),
        "{run}"
    );
}

#[test]
fn panics_are_told_apart_on_threads() {
    let run = on_threads(&[
        "crash::panics::",
        "crash::panics_later::",
        "crash::panics_with_a_number::",
        "task::panics_in_a_task",
        "task::may_panic_in_a_task",
    ]);
    run.ends_with(101);
    for (name, verdict) in verdict_of_each(&run.stdout) {
        let expected = if name.ends_with("::fault") { "FAILED" } else { "ok" };
        assert_eq!(verdict, expected, "{name}\n{run}");
    }
}

/// Whose thread it was cannot be known where trials share a process: the panic makes the run red, and is told with its
/// place.
#[test]
fn a_panic_on_a_thread_of_nobody_makes_the_run_red() {
    let run = on_threads(&["task::panics_in_a_thread", "--test-threads=2"]);
    run.ends_with(101);
    let told = verdict_of_each(&run.stdout);
    let by_trial = told["task::panics_in_a_thread::fault"].starts_with("FAILED");
    assert!(
        by_trial || (run.stderr.contains("task.rs:") && run.stderr.contains("--task-panic=allow")),
        "{run}"
    );
}

/// Where the whole run allows it, it is nothing.
#[test]
fn a_panic_on_a_thread_of_nobody_can_be_allowed() {
    on_threads(&["task::panics_in_a_thread", "--task-panic=allow"]).ends_with(0);
}

/// The run has a time of its own: what runs by then is named, what waits is told as not run, nobody is left behind.
#[test]
fn a_run_over_its_time_is_ended_and_says_what_ran() {
    for isolation in ["process", "fork", "thread"] {
        // The trial hangs for a second from when it has begun, which on a busy machine takes a while.
        let mut runs = (1..=20).map(|times| {
            let launch = Launch::new(executable("faults", "faults"));
            let limits = [format!("--run-timeout={}ms", 600 * times), "--grace=200ms".to_owned()];
            let launch = launch.args(limits.iter().map(String::as_str));
            launch.args(["hang::sleeps::", "--test-threads=1", "--isolation", isolation]).run()
        });
        let running = "--run-timeout allows no more; still running: hang::sleeps::fault";
        let run = runs.find(|run| run.stderr.contains(running));
        let run = run.unwrap_or_else(|| panic!("{isolation}: no run was ended while it hung"));
        run.ends_with(101);
        let told = verdict_of_each(&run.stdout);
        assert_eq!(told["hang::sleeps::a_before"], "ok", "{run}");
        assert!(
            run.stdout.contains("hang::sleeps::z_after") && !told.contains_key("hang::sleeps::z_after"),
            "{run}"
        );
    }
    let refused = Launch::new(executable("faults", "faults")).args(["--run-timeout=soon"]).run();
    refused.ends_with(101).complains("--run-timeout");
}
