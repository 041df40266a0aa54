//! What fork isolation has that worker processes have not; verdicts that both have are looked at in `faults`.

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::signal::two_at_work;
use crate::text::{summary, verdict_of_each};

/// The trials of the module `forked` whose names contain one of these.
fn forked(names: &[&str]) -> Launch {
    let filters: Vec<String> = names.iter().map(|name| format!("forked::{name}")).collect();
    let launch = Launch::new(executable("faults", "faults")).args(filters.iter().map(String::as_str));
    launch.args(["--ignored", "--test-threads=1"])
}

fn verdict(run: &Finished, name: &str) -> String {
    let told = verdict_of_each(&run.stdout);
    told.get(&format!("forked::{name}")).unwrap_or_else(|| panic!("no line of {name}\n{run}")).clone()
}

/// Asked for by the trial, and by the run for trials that do not say.
#[test]
fn each_trial_has_a_process_that_no_other_has_seen() {
    for setting in ["process", "fork"] {
        let run = forked(&["a_", "b_"]).args(["--isolation", setting]).run();
        run.ends_with(0);
        assert_eq!(summary(&run.stdout).passed, 2, "{run}");
    }
}

/// The trial that killed it takes the blame, the next one runs in another server.
#[test]
fn the_death_of_a_server_is_the_running_trials() {
    let run = forked(&["a_", "c_", "d_"]).run();
    run.ends_with(101);
    assert_eq!(verdict(&run, "a_is_the_first_here"), "ok", "{run}");
    assert_eq!(verdict(&run, "c_kills_its_server"), "FAILED (signal 9, SIGKILL)", "{run}");
    assert_eq!(verdict(&run, "d_runs_in_another_server"), "ok", "{run}");
}

/// Also where it went to a session of its own, and where the trial could not tell of it any more.
#[test]
fn what_a_crash_leaves_behind_is_killed_and_named() {
    let run = forked(&["e_"]).run();
    run.ends_with(101);
    assert_eq!(verdict(&run, "e_leaves_a_session_and_aborts"), "FAILED (signal 6, SIGABRT)", "{run}");
    run.says("left a child process behind, which was killed: sleep");
}

#[test]
fn what_a_trial_leaves_behind_is_killed_and_named() {
    let launch = Launch::new(executable("faults", "faults")).args(["leave::grandchild_with_our_stdout"]);
    let run = launch.args(["--isolation=fork"]).run();
    run.ends_with(0);
    run.says("left a child process behind, which was killed: sleep");
}

/// What waits for the end of a process is the trial's too.
#[test]
fn a_crash_after_the_function_has_returned_is_no_pass() {
    let run = forked(&["f_"]).run();
    run.ends_with(101);
    assert_eq!(verdict(&run, "f_crashes_as_its_process_ends"), "FAILED (signal 6, SIGABRT)", "{run}");
}

#[test]
fn a_server_with_threads_does_not_fork_and_says_why() {
    let run = forked(&["a_", "b_"]).env("BLACKBOX_EARLY_THREAD", "1").run();
    run.ends_with(101);
    assert_eq!(summary(&run.stdout).failed, 2, "{run}");
    run.says("a process with 2 threads cannot be forked");
    run.says("use isolation `process`");
}

#[test]
fn ctrl_c() {
    let running = two_at_work(&["--isolation=fork"]);
    running.signal_group("INT");
    let run = running.finish();
    run.ends_with(130);
    assert_eq!(verdict_of_each(&run.stdout)["cancel::a_passes"], "ok", "{run}");
}

/// No fork outlives its arbiter, and nothing in a fork's process group does.
#[test]
fn a_killed_arbiter_leaves_nobody_behind() {
    let running = two_at_work(&["--isolation=fork"]);
    running.signal("KILL");
    let run = running.finish();
    assert_eq!(run.status.code(), None, "it was killed\n{run}");
    assert!(run.survivors.is_empty(), "left behind: {:?}", run.survivors);
}
