//! Programs that fixtures start: how often, with which end, and that none is left behind.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use crate::build::executable;
use crate::launch::{Finished, Launch, Running};
use crate::text::{output_of, verdict_of_each};

const LEVELS: [&str; 3] = ["process", "fork", "thread"];

fn launch(args: &[&str]) -> Launch {
    Launch::new(executable("servers", "servers")).args(args.iter().copied())
}

/// Runs it, and says how often a program was started.
fn run(args: &[&str]) -> (Finished, usize) {
    let launch = launch(args);
    let log = launch.directory().with_extension("log");
    let run = launch.env("SERVER_LOG", &log.to_string_lossy()).run();
    let started = std::fs::read_to_string(&log).unwrap_or_default().lines().count();
    let _ = std::fs::remove_file(log);
    assert!(run.survivors.is_empty(), "left behind: {:?}\n{run}", run.survivors);
    (run, started)
}

/// Once a run, once a worker, once a test; what the run's own one has started goes with it.
#[test]
fn a_server_is_started_once_in_its_scope_and_is_gone_with_it() {
    for level in LEVELS {
        let isolation = format!("--isolation={level}");
        let (all, started) = run(&["run::", "--test-threads=2", &isolation]);
        all.ends_with(0);
        assert_eq!(started, 1, "{level}\n{all}");

        // A forked test is alone in its worker.
        let (all, started) = run(&["worker::", "--test-threads=2", &isolation]);
        all.ends_with(0);
        assert!(if level == "fork" { started == 6 } else { started <= 2 }, "{level} {started}\n{all}");
        assert!(!all.stdout.contains("left behind"), "it is no leftover of a test\n{all}");

        let (all, started) = run(&["test::", &isolation]);
        all.ends_with(0);
        assert_eq!(started, 2, "{level}\n{all}");
    }
}

/// As cargo-nextest starts a single test: the fixture is the test's own process's.
#[test]
fn a_single_test_has_its_own() {
    let (all, started) = run(&["--exact", "run::a"]);
    all.ends_with(0);
    assert_eq!(started, 1, "{all}");
    let run = launch(&["--exact", "run::a", "--nocapture"]).env("NEXTEST", "1").run();
    run.ends_with(0);
    assert!(run.survivors.is_empty(), "left behind: {:?}\n{run}", run.survivors);
}

#[test]
fn one_that_is_not_installed_skips_or_fails_as_it_was_said() {
    let (all, _) = run(&["skipped::"]);
    all.ends_with(0);
    for name in ["skipped::a", "skipped::b"] {
        assert_eq!(verdict_of_each(&all.stdout)[name], "ignored, `no-such-server` is not installed", "{all}");
    }
    let (all, _) = run(&["missing::"]);
    all.ends_with(101);
    for name in ["missing::a", "missing::b"] {
        let told = output_of(&all.stdout, name).expect("a reason");
        assert!(told.contains("there is no program `no-such-server` on the PATH"), "{all}");
    }
}

/// It fails the tests that need it with its own words; one that did not end as told makes the run red.
#[test]
fn one_that_goes_wrong_is_told_with_its_words() {
    let (all, started) = run(&["early::"]);
    all.ends_with(101);
    assert_eq!(started, 3, "each time on another port\n{all}");
    let told = output_of(&all.stdout, "early::a").expect("a reason");
    assert!(told.contains("3 times and ended before it was ready: exit code 101"), "{all}");
    assert!(told.contains("panicked at"), "{all}");

    for (filter, why) in [
        ("mortal::", "ended by itself: signal 6, SIGABRT"),
        ("deaf::", "was told to end (SIGTERM), did not within 5s, and was killed"),
    ] {
        let (all, _) = run(&[filter]);
        all.ends_with(101);
        assert_eq!(verdict_of_each(&all.stdout)[&format!("{filter}a")], "ok", "{all}");
        assert!(format!("{}{}", all.stdout, all.stderr).contains(why), "{why}\n{all}");
    }
}

/// Starts the test that stays, and returns when it has its server.
fn at_work(level: &str) -> Running {
    let launch = launch(&["stays::", "--ignored", "--grace=30s", "--isolation", level]);
    let pipe = launch.directory().join("started");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    // Open at both ends, so that opening waits for nobody.
    let reader = File::options().read(true).write(true).open(&pipe).expect("the named pipe");
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let _ = BufReader::new(reader).read_line(&mut line);
        let _ = told.send(line);
    });
    // One that is killed cannot take its server's directory away: that goes with the run's own.
    let temporary = launch.directory().to_string_lossy().into_owned();
    let running = launch.env("STARTED", &pipe.to_string_lossy()).env("TMPDIR", &temporary).start();
    if heard.recv_timeout(Duration::from_secs(60)).is_err() {
        running.signal("KILL");
        panic!("no test is at work\n{}", running.finish());
    }
    running
}

#[test]
fn ctrl_c_takes_it_down() {
    for level in LEVELS {
        let running = at_work(level);
        running.signal("INT");
        let run = running.finish();
        assert_eq!(run.status.code(), Some(130), "{level}\n{run}");
        assert!(run.survivors.is_empty(), "{level} left behind: {:?}\n{run}", run.survivors);
    }
}

/// The guardian takes the server, and what that has started.
#[test]
fn a_killed_arbiter_leaves_no_server_behind() {
    for level in LEVELS {
        let running = at_work(level);
        running.signal("KILL");
        let run = running.finish();
        assert_eq!(run.status.code(), None, "it was killed\n{run}");
        assert!(run.survivors.is_empty(), "{level} left behind: {:?}\n{run}", run.survivors);
    }
}
