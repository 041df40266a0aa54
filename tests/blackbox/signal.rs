//! A run that is ended from outside.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use crate::build::executable;
use crate::launch::{Launch, Running};
use crate::text::{summary, verdict_of_each};

/// Starts the trials that stay for good on two workers, and returns when both are at work.
pub(crate) fn two_at_work(args: &[&str]) -> Running {
    let launch =
        Launch::new(executable("faults", "faults")).args(["cancel::", "--ignored", "--test-threads=2"]);
    let launch = launch.args(args.iter().copied());
    let pipe = launch.directory().join("started");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    // Open at both ends, so that opening does not wait for a writer and reading does not end with the first of them.
    let pipe = File::options().read(true).write(true).open(&pipe).expect("the named pipe");
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok).take(2) {
            let _ = told.send(line);
        }
    });
    let running = launch.start();
    let mut names = [(); 2].map(|()| heard.recv_timeout(Duration::from_secs(60)).unwrap_or_default());
    names.sort();
    if names != ["b_stays", "c_stays"] {
        running.signal("KILL");
        panic!("{names:?} instead of two trials at work\n{}", running.finish());
    }
    // The two grandchildren.
    running.wait_for_others(2);
    running
}

/// Workers and what they started are gone, what ran is told, and the exit code is not 0.
#[test]
fn ctrl_c() {
    let running = two_at_work(&[]);
    running.signal_group("INT");
    let run = running.finish();
    run.ends_with(130);
    assert!(run.elapsed < Duration::from_secs(60), "{run}");
    let told = verdict_of_each(&run.stdout);
    assert_eq!(told["cancel::a_passes"], "ok", "{run}");
    for name in ["cancel::b_stays", "cancel::c_stays"] {
        assert!(told.get(name).is_none_or(|verdict| verdict.starts_with("FAILED")), "{name}\n{run}");
    }
    let summary = summary(&run.stdout);
    assert_eq!((summary.verdict.as_str(), summary.passed), ("FAILED", 1), "{run}");
}

/// To the arbiter alone, as `kill -INT` sends it.
#[test]
fn an_interrupt_of_the_arbiter_alone() {
    let running = two_at_work(&[]);
    running.signal("INT");
    running.finish().ends_with(130);
}

#[test]
fn terminate() {
    let running = two_at_work(&[]);
    running.signal("TERM");
    let run = running.finish();
    assert_ne!(run.status.code(), Some(0), "{run}");
    assert!(run.survivors.is_empty(), "left behind: {:?}\n{run}", run.survivors);
    assert_eq!(summary(&run.stdout).passed, 1);
}

/// A second one does not wait for the grace that a trial has.
#[test]
fn a_second_interrupt_kills_at_once() {
    let running = two_at_work(&["--grace=100s"]);
    running.signal("INT");
    running.signal("INT");
    let run = running.finish();
    run.ends_with(130);
    assert!(run.elapsed < Duration::from_secs(60), "{run}");
}

/// No worker outlives its arbiter, and no grandchild in a worker's process group does.
#[test]
fn a_killed_arbiter_leaves_nobody_behind() {
    let running = two_at_work(&[]);
    running.signal("KILL");
    let run = running.finish();
    assert_eq!(run.status.code(), None, "it was killed\n{run}");
    assert!(run.survivors.is_empty(), "left behind: {:?}", run.survivors);
}

/// With thread isolation there is nobody to kill, but a run to end.
#[test]
fn ctrl_c_with_thread_isolation() {
    let running = two_at_work(&["--isolation=thread"]);
    running.signal("INT");
    let run = running.finish();
    assert_eq!(run.status.code(), Some(130), "{run}");
    assert_eq!(verdict_of_each(&run.stdout)["cancel::a_passes"], "ok");
}
