//! Fixtures: that they are taken away, whatever ends their tests, and what is said where that goes wrong.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::build::executable;
use crate::fixture::{FORK, ISOLATIONS, behind, log_of, run};
use crate::launch::{Finished, Launch};
use crate::text::verdict_of_each;

/// The run is red, and the fixture is named.
#[test]
fn a_teardown_that_fails_makes_the_run_red() {
    for isolation in ISOLATIONS {
        for (scope, hows) in [("worker", 3), ("fork", 3), ("run", 3), ("test", 3)] {
            let words =
                [("errs", "still mounted"), ("panics", "on the way out"), ("hangs", "did not end within ")];
            for (how, words) in &words[..hows] {
                let module = format!("teardown::{how}_in_{scope}");
                let (run, _) = run(&[&format!("{module}::passes"), "--exact", "--grace=30s"], isolation);
                run.ends_with(101);
                let said = format!("{}{}", run.stdout, run.stderr);
                let named = format!("the teardown of the fixture {module}::torn (");
                assert!(
                    said.split(&named).nth(1).is_some_and(|rest| rest.contains(words)),
                    "{module}\n{run}"
                );
                let verdict = if scope == "test" { "FAILED" } else { "ok" };
                assert_eq!(verdict_of_each(&run.stdout)[&format!("{module}::passes")], verdict, "{run}");
            }
        }
    }
}

/// Fixtures of every scope go when their test is over its time.
#[test]
fn a_test_that_is_timed_out_leaves_nothing() {
    for isolation in [ISOLATIONS[0], FORK] {
        let (run, log) = run(&["stopped::at_its_time", "--grace=30s"], isolation);
        run.ends_with(101);
        assert!(run.stdout.contains("FAILED (timed out after 2s)"), "{run}");
        let ends: Vec<&str> =
            behind(&log, "down ").iter().map(|line| line.split(' ').next().unwrap_or(line)).collect();
        assert_eq!(ends, ["own", "wide", "copied", "all"], "{isolation}\n{run}");
    }
}

/// Runs one test until it says that it stays, then presses Ctrl-C: what it came to, and what was torn down in which order.
fn ended_by_the_user(test: &str, grace: &str, isolation: &str) -> (Finished, Vec<String>) {
    let launch = Launch::new(executable("fixtures", "fixtures"));
    let launch = launch.args([test, "--exact", "--ignored", &format!("--grace={grace}"), isolation]);
    let path = log_of(&launch);
    let launch = launch.env("FIXTURE_LOG", &path.to_string_lossy());
    let pipe = path.clone();
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    // Open at both ends, so that neither opening nor reading waits for a writer to come or to go.
    let mut pipe = File::options().read(true).write(true).open(&pipe).expect("the named pipe");
    let reader = BufReader::new(pipe.try_clone().expect("its other end"));
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || reader.lines().map_while(Result::ok).try_for_each(|line| told.send(line)));
    let next = || heard.recv_timeout(Duration::from_secs(60)).expect("a line of the log");
    let running = launch.start();
    while next() != "staying" {}
    running.signal_group("INT");
    let begun = Instant::now();
    let run = running.finish();
    // It comes down when it is told to, and nobody waits for what is over.
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}\n{isolation}\n{run}", begun.elapsed());
    writeln!(pipe, "over").expect("a last line");
    let lines = std::iter::from_fn(|| Some(next()).filter(|line| line != "over"));
    let ends: Vec<String> = lines
        .filter_map(|line| {
            line.strip_prefix("down ").map(|end| end.split(' ').next().unwrap_or(end).to_owned())
        })
        .collect();
    std::fs::remove_file(path).expect("the named pipe");
    (run, ends)
}

/// And when the user ends the run.
#[test]
fn ctrl_c_leaves_nothing() {
    for isolation in ISOLATIONS {
        let (run, ends) = ended_by_the_user("stopped::by_the_user", "100s", isolation);
        run.ends_with(130);
        assert_eq!(ends, ["own", "wide", "copied", "all"], "{isolation}\n{run}");
    }
}

/// A set-up that does not end is told once, and takes neither the time nor the blame of those that are there.
#[test]
fn ctrl_c_within_a_set_up_that_hangs_leaves_nothing() {
    for isolation in ISOLATIONS {
        let (run, ends) = ended_by_the_user("stopped::while_one_is_made", "4s", isolation);
        run.ends_with(130);
        assert_eq!(ends, ["wide", "copied", "all"], "{isolation}\n{run}");
        let told = run.stderr.matches("the set-up of the fixture stopped::stuck (").count();
        assert_eq!(told, 1, "{isolation}\n{run}");
        assert!(!run.stderr.contains("the teardown of"), "{isolation}\n{run}");
    }
}

/// A panic beside a set-up or a teardown is no test's, so the run is red, and says whose it is.
#[test]
fn a_task_of_a_fixture_that_panics_makes_the_run_red() {
    for isolation in ISOLATIONS {
        for of in
            ["set_up_in_worker", "set_up_in_fork", "set_up_in_run", "teardown_in_worker", "teardown_in_run"]
        {
            let test = format!("strays::{of}::passes");
            let (run, _) = run(&[&test, "--exact"], isolation);
            run.ends_with(101);
            run.complains(&format!("a task of the fixture strays::{of}::kept ("));
            run.complains("nobody looks");
            assert_eq!(verdict_of_each(&run.stdout)[&test], "ok", "{isolation}\n{run}");
            let (run, _) = self::run(&[&test, "--exact", "--task-panic=allow"], isolation);
            run.ends_with(0);
        }
    }
}

/// Nothing outlives the run, whoever started it: that none of its processes is left is looked at behind each launch.
#[test]
fn a_process_that_nobody_took_down_ends_with_the_run_and_is_told() {
    for isolation in ISOLATIONS {
        for (test, count) in
            [("of_the_run", "a child process"), ("of_a_thread", "a child process"), ("", "2 child processes")]
        {
            let (run, log) =
                run(&[&format!("beside::children::{test}"), "--ignored", "--test-threads=1"], isolation);
            run.ends_with(0);
            run.complains(&format!("left {count} behind, which "));
            run.complains("killed: sleep");
            assert_eq!(
                behind(&log, "left ").len(),
                if test.is_empty() { 2 } else { 1 },
                "{isolation}\n{run}"
            );
        }
    }
}
