//! What is told of a trial that hangs, before it is ended.

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::{output_of, verdict_of_each};

const ISOLATIONS: [&str; 3] = ["process", "fork", "thread"];

fn hangs(args: &[&str]) -> Finished {
    let launch = Launch::new(executable("hangs", "hangs")).args(["--timeout=1s", "--grace=200ms"]);
    launch.args(args.iter().copied()).run()
}

/// What is told of the only trial of a run, which was over its time.
#[track_caller]
fn told(run: &Finished, trial: &str) -> String {
    run.ends_with(101);
    let verdict = &verdict_of_each(&run.stdout)[trial];
    assert!(verdict.starts_with("FAILED (timed out after 1s"), "{run}");
    let output = output_of(&run.stdout, trial).unwrap_or_else(|| panic!("no output of {trial}\n{run}"));
    let (_, told) = output.split_once("hangs in:\n").unwrap_or_else(|| panic!("no dump of {trial}\n{run}"));
    told.to_owned()
}

/// Runs it at every level, and looks in what is told for the line of a thread and, behind that, for each of these.
#[track_caller]
fn at_every_level(trial: &str, thread: &str, expected: &[&str]) {
    for isolation in ISOLATIONS {
        let run = hangs(&[trial, "--exact", "--isolation", isolation]);
        let told = told(&run, trial);
        let begin =
            told.find(&format!("  thread {thread}")).unwrap_or_else(|| panic!("no thread {thread}\n{run}"));
        let of_thread: String = told[begin..]
            .lines()
            .enumerate()
            .take_while(|(at, line)| *at == 0 || line.starts_with("    "))
            .map(|(_, line)| format!("{line}\n"))
            .collect();
        for expected in expected {
            assert!(of_thread.contains(expected), "{isolation}: no {expected:?} in\n{of_thread}of\n{run}");
        }
    }
}

#[test]
fn a_loop_is_told_by_its_function_and_the_line() {
    at_every_level(
        "spins",
        "spins (this test) runs",
        &["goes_round_and_round at ", "hangs/main.rs:", "    hangs::spins at "],
    );
}

#[test]
fn what_an_async_trial_blocks_in_is_told() {
    at_every_level(
        "spins_in_async",
        "spins_in_async (this test) runs",
        &["goes_round_and_round", "hangs/main.rs:"],
    );
}

#[test]
fn both_ends_of_a_deadlock_are_told() {
    at_every_level("deadlocks", "deadlocks (this test) waits in futex", &["::join", "hangs::deadlocks at "]);
    at_every_level(
        "deadlocks",
        "the second waits in futex",
        &["::lock", "hangs::wants_what_the_first_has at "],
    );
}

/// Nothing of it is on a stack while it waits.
#[test]
fn a_future_that_waits_is_told_by_its_test() {
    // On a thread of the run's own process such a future is dropped, and does not hang.
    for isolation in ["process", "fork"] {
        let run = hangs(&["pends", "--exact", "--isolation", isolation]);
        let told = told(&run, "pends");
        assert!(told.contains("thread pends (this test) waits in epoll_wait"), "{run}");
        assert!(told.contains("    (its future waits to be woken"), "{run}");
    }
}

#[test]
fn a_blocking_call_of_c_is_told_with_its_descriptor() {
    at_every_level(
        "reads_a_silent_pipe",
        "reads_a_silent_pipe (this test) waits in read of descriptor ",
        &["(pipe:[", "    hangs::hears_nothing_from_its_pipe at "],
    );
}

/// Interrupted in `malloc`, as likely as not: to be asked does no harm.
#[test]
fn one_that_allocates_all_the_time_is_told() {
    at_every_level(
        "allocates_for_ever",
        "allocates_for_ever (this test) runs",
        &["    hangs::allocates_for_ever"],
    );
}

#[test]
fn a_deep_stack_is_told_from_its_inner_end() {
    at_every_level(
        "recurses",
        "recurses (this test) runs",
        &["goes_round_and_round", "hangs::recurses::goes_down", "more functions that called these"],
    );
}

#[test]
fn who_cannot_be_asked_is_told_with_the_reason() {
    at_every_level(
        "blocks_every_signal",
        "blocks_every_signal (this test) waits in clock_nanosleep",
        &["(it blocks SIGURG"],
    );
    for isolation in ["process", "fork"] {
        let run = hangs(&["stops_its_process", "--exact", "--isolation", isolation]);
        let told = told(&run, "stops_its_process");
        assert!(
            told.contains("thread stops_its_process (this test) is stopped\n    (it is stopped"),
            "{run}"
        );
    }
}

/// In a build without stacks names, states and system calls are told, and how to get more.
#[test]
fn without_the_feature_it_is_told_what_the_system_knows() {
    for isolation in ISOLATIONS {
        let launch = Launch::new(executable("faults", "faults")).args([
            "--exact",
            "--grace=200ms",
            "--isolation",
            isolation,
        ]);
        let run = launch.args(["hang::deadlocks::fault"]).run();
        let told = told(&run, "hang::deadlocks::fault");
        assert!(told.contains("thread hang::deadlocks::fault (this test) waits in futex"), "{run}");
        assert!(told.contains("feature `stacks`"), "{run}");
    }
}

/// Under cargo-nextest the trial is alone in the process that was started.
#[test]
fn a_trial_alone_in_its_process_is_told_too() {
    let launch = Launch::new(executable("hangs", "hangs")).env("NEXTEST", "1");
    let run = launch.args(["spins", "--exact", "--nocapture", "--timeout=1s"]).run();
    assert!(told(&run, "spins").contains("goes_round_and_round"), "{run}");
}

/// What the run's own time cuts short shows what it wrote and what it hangs in.
#[test]
fn a_run_over_its_time_shows_what_its_trials_hang_in() {
    for isolation in ISOLATIONS {
        let launch = Launch::new(executable("hangs", "hangs"));
        // Long enough for it to have begun on a busy machine.
        let run = launch.args(["spins", "--exact", "--run-timeout=4s", "--isolation", isolation]).run();
        run.ends_with(101);
        run.complains("still running: spins");
        let output = output_of(&run.stdout, "spins").unwrap_or_else(|| panic!("no output\n{run}"));
        assert!(output.contains("goes_round_and_round"), "{run}");
        assert!(isolation == "thread" || output.starts_with("said before the loop\n"), "{run}");
        assert!(run.stdout.contains("\ncancelled:\n    spins (the run's 4s were over)\n"), "{run}");
    }
}
