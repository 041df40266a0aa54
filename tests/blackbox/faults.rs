//! Everything bad that a trial can do, in one run: each trial has one outcome, the right one, and the rest goes on.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::{output_of, summary, verdict_of_each};

/// Filters for what the one run is made of.
const MODULES: [&str; 7] = ["crash::", "hang::", "leak::", "leave::", "output::", "task::", "wire::"];

/// A trial, and what stands on its line after ` ... `. Where it ends in `…`, only the beginning is looked at.
const EXPECTED: [(&str, &str); 51] = [
    ("crash::panics::fault", "FAILED"),
    ("crash::panics_later::fault", "FAILED"),
    ("crash::panics_with_a_number::fault", "FAILED"),
    ("crash::panics_with_a_bomb::fault", "FAILED…"),
    ("crash::panics_while_panicking::fault", "FAILED (signal 6, SIGABRT)"),
    ("crash::aborts::fault", "FAILED (signal 6, SIGABRT)"),
    ("crash::segfaults::fault", "FAILED (signal 11, SIGSEGV)"),
    ("crash::overflows_its_stack::fault", "FAILED (signal 6, SIGABRT)"),
    ("crash::overflows_its_stack_later::fault", "FAILED (signal 6, SIGABRT)"),
    ("crash::exits_with_zero::fault", "FAILED (exit code 0)"),
    ("crash::exits_with_three::fault", "FAILED (exit code 3)"),
    ("crash::exits_from_another_thread::fault", "FAILED (exit code 0)"),
    ("crash::leaves_without_a_word::fault", "FAILED (exit code 0)"),
    ("crash::kills_itself::fault", "FAILED (signal 9, SIGKILL)"),
    ("crash::is_killed_from_outside::fault", "FAILED (signal 9, SIGKILL)"),
    ("crash::is_told_to_terminate::fault", "FAILED (signal 15, SIGTERM)"),
    ("crash::panics_as_its_thread_ends::fault", "FAILED (signal 6, SIGABRT)"),
    ("crash::becomes_another_program::fault", "FAILED (exit code 0)"),
    ("crash::becomes_another_program_that_stays::fault", "FAILED (…"),
    ("hang::leaves_its_process_group::fault", "FAILED (timed out after 1s)"),
    ("output::closes_stdout::fault", "FAILED"),
    ("output::closes_stdout::n_fails_too", "FAILED"),
    ("crash::forks_and_returns_twice::harmless", "ok"),
    ("crash::survives_its_own_panic::harmless", "ok"),
    ("hang::busy::fault", "FAILED (timed out after 1s)"),
    ("hang::busy_later::fault", "FAILED (timed out after 1s)"),
    ("hang::sleeps::fault", "FAILED (timed out after 1s)"),
    ("hang::sleeps_in_async::fault", "FAILED (timed out after 1s)"),
    ("hang::sleeps_past_its_time_and_returns::fault", "FAILED (timed out after 500ms)"),
    ("hang::waits_for_nothing::fault", "FAILED (timed out after 1s)"),
    ("hang::waits_for_nothing_on_many_threads::fault", "FAILED (timed out after 1s)"),
    ("hang::deadlocks::fault", "FAILED (timed out after 1s)"),
    ("hang::stops_itself::fault", "FAILED (timed out after 1s)"),
    ("hang::ignores_sigterm::fault", "FAILED (timed out after 1s)"),
    ("leak::leaves_an_actor::fault", "FAILED (leaked 1 actor)"),
    ("leak::leaves_actors_everywhere::fault", "FAILED (leaked 2 actors and 1 task)"),
    ("leak::leaves_tasks::fault", "FAILED (leaked 2 tasks)"),
    ("leak::may_leave_them::harmless", "ok"),
    ("leak::lets_everything_go::harmless", "ok"),
    ("leave::blocking_task::b_leaves_it", "FAILED"),
    ("output::floods_and_fails::fault", "FAILED"),
    ("output::no_utf8::fault", "FAILED"),
    ("output::from_all_sides::fault", "FAILED"),
    ("task::panics_in_a_task::fault", "FAILED"),
    ("task::panics_in_a_task_elsewhere::fault", "FAILED"),
    ("task::panics_in_a_thread::fault", "FAILED"),
    ("task::may_panic_in_a_task::harmless", "ok"),
    ("wire::closes_everything_and_returns::fault", "FAILED (…"),
    ("wire::closes_everything_and_stays::fault", "FAILED (…"),
    ("wire::writes_garbage_and_returns::fault", "FAILED (…"),
    ("wire::writes_garbage_and_stays::fault", "FAILED (…"),
];

/// The run in worker processes, made once for all tests of this file.
fn the_run() -> &'static Finished {
    static RUN: OnceLock<Finished> = OnceLock::new();
    RUN.get_or_init(|| run_in("process"))
}

/// The same run once in worker processes and once in forks: what a trial deserves does not depend on that.
fn both_runs() -> [&'static Finished; 2] {
    static RUN: OnceLock<Finished> = OnceLock::new();
    [the_run(), RUN.get_or_init(|| run_in("fork"))]
}

fn run_in(isolation: &str) -> Finished {
    let launch = Launch::new(executable("faults", "faults")).args(MODULES);
    launch.args(["--grace", "500ms", "--test-threads", "2", "--isolation", isolation]).run()
}

/// Everything that is planned, by the suite's own list, without what is ignored.
fn planned() -> Vec<String> {
    let list = |more: &[&str]| -> Vec<String> {
        let launch =
            Launch::new(executable("faults", "faults")).args(MODULES).args(["--list", "--format", "terse"]);
        let listed = launch.args(more.iter().copied()).run();
        listed.ends_with(0);
        listed
            .stdout
            .lines()
            .map(|line| line.strip_suffix(": test").expect("NAME: test").to_string())
            .collect()
    };
    let ignored = list(&["--ignored"]);
    list(&[]).into_iter().filter(|name| !ignored.contains(name)).collect()
}

#[test]
fn each_planned_trial_has_exactly_one_outcome() {
    for run in both_runs() {
        run.ends_with(101);
        let told: Vec<String> = verdict_of_each(&run.stdout)
            .into_iter()
            .filter(|(_, v)| !v.starts_with("ignored"))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(told, planned(), "{run}");
    }
}

#[test]
fn each_gets_the_verdict_it_deserves() {
    both_runs().into_iter().for_each(deserves);
}

#[track_caller]
fn deserves(run: &Finished) {
    let told = verdict_of_each(&run.stdout);
    let mut wrong = Vec::new();
    for (name, expected) in EXPECTED {
        let Some(verdict) = told.get(name) else {
            wrong.push(format!("{name}: no line at all"));
            continue;
        };
        let right = match expected.strip_suffix('…') {
            Some(beginning) => verdict.starts_with(beginning),
            None => verdict == expected,
        };
        if !right {
            wrong.push(format!("{name}: {verdict:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{run}", wrong.join("\n"));
}

/// No fault is put on somebody else's account.
#[test]
fn innocent_trials_stay_green() {
    for run in both_runs() {
        let told = verdict_of_each(&run.stdout);
        let innocent = |name: &str| {
            name.ends_with("::a_before") || name.ends_with("::z_after") || name.ends_with("::harmless")
        };
        let harmed: BTreeMap<_, _> =
            told.iter().filter(|(name, verdict)| innocent(name) && *verdict != "ok").collect();
        assert!(harmed.is_empty(), "{harmed:#?}\n{run}");
    }
}

#[test]
fn the_closing_line_counts_what_the_lines_say() {
    let run = the_run();
    let told = verdict_of_each(&run.stdout);
    let count = |beginning: &str| told.values().filter(|verdict| verdict.starts_with(beginning)).count();
    let summary = summary(&run.stdout);
    assert_eq!(summary.verdict, "FAILED");
    assert_eq!(
        (summary.passed, summary.failed, summary.ignored),
        (count("ok"), count("FAILED"), count("ignored"))
    );
    assert_eq!(summary.passed + summary.failed + summary.ignored, told.len());
    run.says(&format!("running {} tests\n", told.len()));
}

/// Each red trial is named in the list at the end, and has a section above it that says why.
#[test]
fn each_failure_is_told_at_the_end() {
    let run = the_run();
    let list = run.stdout.rsplit("\nfailures:\n").next().expect("a list of names");
    for (name, verdict) in verdict_of_each(&run.stdout) {
        assert_eq!(
            list.contains(&format!("\n    {name}\n")) || list.starts_with(&format!("    {name}\n")),
            verdict.starts_with("FAILED"),
            "{name}"
        );
    }
}

/// A hang is ended at its limit, not at the end of its sleep.
#[test]
fn the_run_takes_no_longer_than_its_timeouts() {
    for run in both_runs() {
        assert!(run.elapsed < Duration::from_secs(250), "{:?}", run.elapsed);
    }
}

/// Stable Rust cannot tell a joined panic from an abandoned one: the failure says that and names the switch.
#[test]
fn a_panic_beside_the_trial_names_the_switch() {
    for name in ["task::panics_in_a_task::fault", "task::panics_in_a_thread::fault"] {
        let shown = output_of(&the_run().stdout, name)
            .unwrap_or_else(|| panic!("no section of {name}\n{}", the_run()));
        assert!(shown.contains("task_panic = \"allow\""), "{name}: {shown}");
    }
}

/// The switch, given to the whole run.
#[test]
fn panics_in_tasks_can_be_allowed_for_a_run() {
    let allowed = |launch: Launch| launch.run();
    let launch = || Launch::new(executable("faults", "faults")).args(["task::panics_in_a_task::"]);
    allowed(launch().args(["--task-panic=allow"])).ends_with(0);
    allowed(launch().env("REHEARSAL_TASK_PANIC", "allow")).ends_with(0);
    allowed(launch()).ends_with(101);
}

/// What was left is named, with the line that spawned it, and the switch is.
#[test]
fn a_leak_names_what_was_left_and_where_it_was_spawned() {
    let name = "leak::leaves_an_actor::fault";
    let shown =
        output_of(&the_run().stdout, name).unwrap_or_else(|| panic!("no section of {name}\n{}", the_run()));
    assert!(
        shown.contains("actor `forgotten` (Idle), spawned at faults/tests/faults/leak.rs:12:"),
        "{shown}"
    );
    assert!(shown.contains("leaks = \"allow\"") && shown.contains("--leaks=allow"), "{shown}");
}

/// The switch, given to the whole run; and in one process, where trials run side by side, each answers for its own.
#[test]
fn leaks_can_be_allowed_for_a_run() {
    let launch = || Launch::new(executable("faults", "faults")).args(["leak::"]);
    launch().args(["--leaks=allow"]).run().ends_with(0);
    launch().env("REHEARSAL_LEAKS", "allow").run().ends_with(0);
    let run = launch().args(["--isolation=thread", "--test-threads=4"]).run();
    run.ends_with(101);
    let told = verdict_of_each(&run.stdout);
    for (name, expected) in EXPECTED.iter().filter(|(name, _)| name.starts_with("leak::")) {
        assert_eq!(told.get(*name).map(String::as_str), Some(*expected), "{name}\n{run}");
    }
}

/// A grandchild that keeps stdout open delays nothing, is told of, and is gone in the end.
#[test]
fn what_a_trial_leaves_behind_is_told_and_removed() {
    let launch = Launch::new(executable("faults", "faults")).args(["leave::grandchild_with_our_stdout"]);
    let run = launch.run();
    run.ends_with(0);
    assert!(run.elapsed < Duration::from_secs(60), "{run}");
    let told = run
        .stdout
        .lines()
        .chain(run.stderr.lines())
        .any(|line| line.contains("child") && (line.contains("left") || line.contains("leaves")));
    assert!(told, "no word of the child left behind\n{run}");
}

/// A late writer is not taken for the trial that runs by then.
#[test]
fn a_late_writer_does_not_write_into_the_next_trials_output() {
    let launch =
        Launch::new(executable("faults", "faults")).args(["leave::writer", "--ignored", "--test-threads=1"]);
    let run = launch.run();
    run.ends_with(101);
    let told = verdict_of_each(&run.stdout);
    assert_eq!(told["leave::writer::a_starts_it"], "ok", "{run}");
    assert_eq!(told["leave::writer::b_fails_meanwhile"], "FAILED", "{run}");
    assert_eq!(told["leave::writer::c_after"], "ok", "{run}");
    let shown = output_of(&run.stdout, "leave::writer::b_fails_meanwhile").expect("its output");
    assert!(shown.contains("belongs to b") && shown.contains("so that its output is shown"), "{shown}");
    assert!(!shown.contains("LATE") && !shown.contains("belongs to a"), "{shown}");
}

/// Crash upon crash, with quick trials in between: each is put on its own account, whoever else waited in the mailbox.
#[test]
fn the_blame_is_the_right_trials() {
    let counts = ["--test-threads=1", "--test-threads=2", "--test-threads=5"];
    for (workers, isolation) in counts.iter().flat_map(|count| [(*count, "process"), (*count, "fork")]) {
        let launch = Launch::new(executable("faults", "faults"));
        let run = launch.args(["blame::", workers, "--isolation", isolation]).run();
        run.ends_with(101);
        let told = verdict_of_each(&run.stdout);
        assert_eq!(told.len(), 80, "{run}");
        for (name, verdict) in told {
            let expected = match name.rsplit("::").next() {
                Some("b_aborts") => "FAILED (signal 6, SIGABRT)",
                Some("d_exits") => "FAILED (exit code 0)",
                _ => "ok",
            };
            assert_eq!(verdict, expected, "{name} with {workers}, {isolation}\n{run}");
        }
    }
}

/// A trial that forks, and whose child comes back from its function: the copy of the worker runs nothing of what waits in
/// the mailbox, which holds several after so many quick trials.
#[test]
fn a_forked_copy_of_a_worker_runs_nothing() {
    for isolation in ["process", "thread", "fork"] {
        let launch = Launch::new(executable("faults", "faults"));
        let quick =
            ["_passes", "a_before", "crash::forks_and_returns_twice::", "--skip=hang", "--skip=output"];
        let run =
            launch.args(quick).args(["--test-threads=1", "--no-capture", "--isolation", isolation]).run();
        run.ends_with(0);
        assert_eq!(run.stdout.matches("forks_and_returns_twice: n_runs_once").count(), 1, "{run}");
    }
}

/// One worker, so that each fault falls on the place of the one before.
#[test]
fn one_worker_survives_all_crashes() {
    let launch = Launch::new(executable("faults", "faults")).args(["crash::", "--test-threads=1"]);
    let run = launch.run();
    run.ends_with(101);
    let told = verdict_of_each(&run.stdout);
    for (name, expected) in EXPECTED.iter().filter(|(name, _)| name.starts_with("crash::")) {
        assert!(told[*name].starts_with(expected.trim_end_matches('…')), "{name}: {}", told[*name]);
    }
    assert!(
        told.iter().filter(|(name, _)| name.ends_with("::z_after")).all(|(_, verdict)| verdict == "ok"),
        "{run}"
    );
}
