//! What is told of a trial that hangs, before it is ended.

use std::time::{Duration, Instant};

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::{output_of, verdict_of_each};

const ISOLATIONS: [&str; 3] = ["process", "fork", "thread"];

/// Runs with ever more time until what is seen is as it should be: on a busy machine a trial may need some to come to
/// where it hangs.
#[track_caller]
fn sooner_or_later(run: impl Fn(&str) -> Finished, check: impl Fn(&Finished) -> Result<(), String>) {
    let mut missed = String::new();
    for time in ["1s", "4s", "16s"] {
        let run = run(time);
        match check(&run) {
            Ok(()) => return,
            Err(what) => missed = format!("{what}\n{run}"),
        }
    }
    panic!("{missed}");
}

/// One trial of the suite at this level.
fn hangs(trial: &str, isolation: &str, time: &str) -> Finished {
    let launch = Launch::new(executable("hangs", "hangs")).args([trial, "--exact", "--grace=200ms"]);
    launch.args([format!("--timeout={time}").as_str(), "--isolation", isolation]).run()
}

/// What is told of the only trial of a run, which was over its time.
fn told(run: &Finished, trial: &str) -> Result<String, String> {
    run.ends_with(101);
    let verdict = &verdict_of_each(&run.stdout)[trial];
    assert!(verdict.starts_with("FAILED (timed out after "), "{run}");
    let output = output_of(&run.stdout, trial).ok_or("no output")?;
    let (_, told) = output.split_once("hangs in:\n").ok_or("no dump")?;
    Ok(told.to_owned())
}

fn contains(text: &str, expected: &[&str]) -> Result<(), String> {
    match expected.iter().find(|expected| !text.contains(**expected)) {
        Some(missing) => Err(format!("no {missing:?} in\n{text}")),
        None => Ok(()),
    }
}

/// Looks in what is told for the line of this thread and, behind that, for each of these.
fn thread_contains(told: &str, thread: &str, expected: &[&str]) -> Result<(), String> {
    let begin = told.find(&format!("  thread {thread}")).ok_or(format!("no thread {thread}"))?;
    let lines = told[begin..].split_inclusive('\n').enumerate();
    let of_thread = lines.take_while(|(at, line)| *at == 0 || line.starts_with("    "));
    let end = begin + of_thread.map(|(_, line)| line.len()).sum::<usize>();
    contains(&told[begin..end], expected)
}

/// Runs it at these levels, and finds all of these with one of its threads.
#[track_caller]
fn at_levels(isolations: &[&str], trial: &str, thread: &str, expected: &[&str]) {
    for isolation in isolations {
        sooner_or_later(
            |time| hangs(trial, isolation, time),
            |run| thread_contains(&told(run, trial)?, thread, expected),
        );
    }
}

#[test]
fn a_loop_is_told_by_its_function_and_the_line() {
    let expected = ["goes_round_and_round at ", "hangs/main.rs:", "    hangs::spins at "];
    at_levels(&ISOLATIONS, "spins", "spins (this test) runs", &expected);
}

#[test]
fn what_an_async_trial_blocks_in_is_told() {
    let expected = ["goes_round_and_round", "hangs/main.rs:"];
    at_levels(&ISOLATIONS, "spins_in_async", "spins_in_async (this test) runs", &expected);
}

#[test]
fn both_ends_of_a_deadlock_are_told() {
    let first = ["::join", "hangs::deadlocks at "];
    at_levels(&ISOLATIONS, "deadlocks", "deadlocks (this test) waits in futex", &first);
    let second = ["::lock", "hangs::wants_what_the_first_has at "];
    at_levels(&ISOLATIONS, "deadlocks", "the second waits in futex", &second);
}

/// Nothing of it is on a stack while it waits.
#[test]
fn a_future_that_waits_is_told_by_its_test() {
    // On a thread of the run's own process such a future is dropped, and does not hang.
    let expected = ["    (its future waits to be woken"];
    at_levels(&["process", "fork"], "pends", "pends (this test) waits in epoll_wait", &expected);
}

#[test]
fn a_blocking_call_of_c_is_told_with_its_descriptor() {
    let thread = "reads_a_silent_pipe (this test) waits in read of descriptor ";
    at_levels(
        &ISOLATIONS,
        "reads_a_silent_pipe",
        thread,
        &["(pipe:[", "    hangs::hears_nothing_from_its_pipe at "],
    );
}

/// Interrupted in `malloc`, as likely as not: to be asked does no harm.
#[test]
fn one_that_allocates_all_the_time_is_told() {
    let thread = "allocates_for_ever (this test)";
    at_levels(&ISOLATIONS, "allocates_for_ever", thread, &["    hangs::allocates_for_ever"]);
}

#[test]
fn a_deep_stack_is_told_from_its_inner_end() {
    let expected = ["goes_round_and_round", "hangs::recurses::goes_down", "more functions that called these"];
    at_levels(&ISOLATIONS, "recurses", "recurses (this test) runs", &expected);
}

#[test]
fn who_cannot_be_asked_is_told_with_the_reason() {
    let blocks = "blocks_every_signal (this test) waits in clock_nanosleep";
    at_levels(&ISOLATIONS, "blocks_every_signal", blocks, &["    (it blocks SIGURG"]);
    let stopped = "stops_its_process (this test) is stopped";
    at_levels(&["process", "fork"], "stops_its_process", stopped, &["    (it is stopped"]);
}

/// What the till of the suite's actors is at, without how long it was busy.
const TILL: [&str; 3] = ["till (Till): run, task, 1 handled", "; in `wait`; mailbox 2/16", ": `add`, `add`"];

/// The actors of a trial are told at every level, wherever its own thread is.
#[test]
fn actors_and_what_waits_for_them_are_told() {
    let deaf = ["    (it blocks SIGURG"];
    let read = ["    hangs::hears_nothing_from_its_pipe at "];
    for (trial, isolations, stack) in [
        // On a thread of the run's own process such a future is dropped, and does not hang.
        ("actors::wait", &ISOLATIONS[..2], &["    (its future waits to be woken"][..]),
        ("actors::spin", &ISOLATIONS[..], &["goes_round_and_round"][..]),
        ("actors::read_a_silent_pipe", &ISOLATIONS[..], &read[..]),
        ("actors::are_deaf", &ISOLATIONS[..], &deaf[..]),
        ("actors::ignore_sigterm", &ISOLATIONS[..2], &["sleep"][..]),
    ] {
        for isolation in isolations {
            sooner_or_later(
                |time| hangs(trial, isolation, time),
                |run| {
                    let told = told(run, trial)?;
                    thread_contains(&told, trial, stack)?;
                    let (_, actors) = told.split_once("\nactors of this test").ok_or("no actors")?;
                    contains(actors, &TILL)
                },
            );
        }
    }
}

/// A fork can be asked for its actors when its trial is over its time sooner than it listens.
#[test]
fn actors_are_told_of_a_trial_whose_time_is_short() {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let run = hangs("actors::spin", "fork", "5ms");
        let told = told(&run, "actors::spin").and_then(|told| contains(&told, &TILL));
        match told {
            Ok(()) => return,
            // It has not come so far as to have any.
            Err(_) if Instant::now() < deadline => {}
            Err(what) => panic!("{what}\n{run}"),
        }
    }
}

/// In a build without stacks names, states and system calls are told, and how to get more.
#[test]
fn without_the_feature_it_is_told_what_the_system_knows() {
    let trial = "hang::deadlocks::fault";
    for isolation in ISOLATIONS {
        let launch = || Launch::new(executable("faults", "faults")).args([trial, "--exact", "--grace=200ms"]);
        sooner_or_later(
            |_| launch().args(["--isolation", isolation]).run(),
            |run| {
                let thread = "thread hang::deadlocks::fault (this test) waits in futex";
                contains(&told(run, trial)?, &[thread, "feature `stacks`"])
            },
        );
    }
}

/// Under cargo-nextest the trial is alone in the process that was started.
#[test]
fn a_trial_alone_in_its_process_is_told_too() {
    let launch = || Launch::new(executable("hangs", "hangs")).env("NEXTEST", "1");
    sooner_or_later(
        |time| launch().args(["spins", "--exact", "--nocapture", &format!("--timeout={time}")]).run(),
        |run| contains(&told(run, "spins")?, &["goes_round_and_round"]),
    );
}

/// What the run's own time cuts short shows what it wrote and what it hangs in.
#[test]
fn a_run_over_its_time_shows_what_its_trials_hang_in() {
    for isolation in ISOLATIONS {
        let launch = || Launch::new(executable("hangs", "hangs")).args(["spins", "--exact"]);
        sooner_or_later(
            |time| launch().args([&*format!("--run-timeout={time}"), "--isolation", isolation]).run(),
            |run| {
                run.ends_with(101);
                contains(&run.stderr, &["still running: spins"])?;
                contains(&run.stdout, &["\ncancelled:\n    spins (the run's "])?;
                let output = output_of(&run.stdout, "spins").ok_or("no output")?;
                let wrote = if isolation == "thread" { "" } else { "said before the loop\n" };
                contains(output, &["goes_round_and_round", wrote])
            },
        );
        let launch = || Launch::new(executable("hangs", "hangs")).args(["actors::spin", "--exact"]);
        sooner_or_later(
            |time| launch().args([&*format!("--run-timeout={time}"), "--isolation", isolation]).run(),
            |run| contains(output_of(&run.stdout, "actors::spin").ok_or("no output")?, &TILL),
        );
    }
}
