//! Limits of the system that are reached, and descriptors that must not be lost on the way.

use std::fs::File;
use std::process::Command;

use rehearsal::sys::capture::Capture;
use rehearsal::sys::limit::{LimitKind, open_files, thread_count, tracer_pid};
use rehearsal::sys::page::Page;
use rehearsal::sys::process::{ExitStatus, ProcessError, SpawnOptions, spawn_self};

use crate::Named;
use crate::scenario::{after_shell, check, finish, part, run, worker};

pub(crate) const TESTS: &[Named] = &[
    ("limit::too_many_open_files_is_told_with_the_way_out", few_files),
    ("limit::too_many_processes_is_told_with_the_way_out", few_processes),
    ("limit::too_many_files_to_pass_is_told", || drop(check("many passed"))),
    ("limit::no_descriptor_is_lost", || drop(check("descriptors"))),
    ("limit::an_environment_too_large_is_told", || drop(check("large environment"))),
    ("limit::threads_are_counted", || drop(check("threads"))),
    ("limit::nobody_traces_us", || assert_eq!(tracer_pid(), None)),
];

pub(crate) const SCENARIOS: &[Named] = &[
    ("threads", threads),
    ("few files", without_files),
    ("few processes", without_processes),
    ("many passed", many_passed),
    ("descriptors", descriptors),
    ("large environment", large_environment),
];

fn few_files() {
    finish(after_shell("ulimit -n 40", "few files"));
}

fn without_files() {
    assert_eq!(open_files(), Some(40));
    // The spawner and the guardian are there before it gets tight, as they are in a run that has begun: the second
    // child is started when the guardian has been, behind the first.
    for _ in 0..2 {
        assert_eq!(run(worker("return").wait()), ExitStatus::Exited(0));
    }
    let mut files = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
    }
    for error in [Capture::new().map(drop), Page::new().map(drop)].map(|made| made.expect_err("no file left"))
    {
        assert!(error.to_string().contains("(limit 40)"), "{error}");
    }
    // One more at a time, so that every step of starting a process is the one that fails.
    let mut failures = 0;
    let child = loop {
        match spawn_self(part("exit 3")) {
            Ok(child) => break child,
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains("cannot start process `worker exit 3`"), "{text}");
                assert!(text.contains("(limit 40)") && text.contains("ulimit -n"), "{text}");
                assert!(
                    matches!(error, ProcessError::Limit { limit: LimitKind::OpenFiles(Some(40)), .. }),
                    "{error:?}"
                );
                failures += 1;
                files.pop().expect("it fails for another reason");
            }
        }
    };
    assert!(failures >= 2, "{failures}");
    drop(files);
    assert_eq!(run(child.wait()), ExitStatus::Exited(3));
}

/// The limit does not hold for root, so root becomes somebody else for this.
fn few_processes() {
    let root = std::fs::read_to_string("/proc/self/status").expect("a status").contains("\nUid:\t0\t");
    let tools = ["setpriv", "prlimit"].map(|tool| Command::new(tool).arg("--version").output());
    if tools.iter().any(Result::is_err) {
        println!("skipped: without setpriv and prlimit no limit of processes can be set");
        return;
    }
    let nobody = if root { "setpriv --reuid=54321 --regid=54321 --clear-groups" } else { "" };
    // Somebody who runs nothing else may run three threads; anybody else runs more than these already.
    finish(after_shell(&format!("exec prlimit --nproc=3 {nobody} \"$0\""), "few processes"));
}

fn without_processes() {
    let mut children = Vec::new();
    let error = loop {
        match spawn_self(part("sit")) {
            Ok(child) => children.push(child),
            Err(error) => break error,
        }
        assert!(children.len() < 4, "the limit was never reached");
    };
    let text = error.to_string();
    assert!(text.contains("cannot start process `worker sit`") && text.contains("ulimit -u"), "{text}");
    assert!(matches!(error, ProcessError::Limit { limit: LimitKind::Processes(Some(_)), .. }), "{error:?}");
}

fn threads() {
    assert_eq!(thread_count(), Some(1));
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let waiting = std::thread::spawn(move || wait.recv());
    assert_eq!(thread_count(), Some(2));
    drop(go);
    waiting.join().expect("joined").expect_err("nobody sent");
    // The kernel may count a thread that was joined for a moment longer.
    while thread_count() != Some(1) {
        std::thread::yield_now();
    }
}

fn many_passed() {
    let files = (0..254).map(|_| File::open("/dev/null").expect("opens").into()).collect();
    let error = spawn_self(SpawnOptions { pass: files, ..part("return") }).expect_err("too many");
    assert_eq!(
        error.to_string(),
        "cannot start process `worker return`: 254 files to pass, at most 253 can be"
    );
}

fn descriptors() {
    let count = || std::fs::read_dir("/proc/self/fd").expect("descriptors").count();
    run(async {
        worker("return").wait().await;
        // The guardian's socket is there once a second child has been started behind it.
        worker("return").wait().await;
        let before = count();
        for _ in 0..50 {
            let file = File::open("/dev/null").expect("opens");
            let child =
                spawn_self(SpawnOptions { pass: vec![file.into()], ..part("exit 3") }).expect("a worker");
            let _socket = child.socket().expect("its socket");
            assert_eq!(child.wait().await, ExitStatus::Exited(3));
        }
        assert_eq!(count(), before);
    });
}

fn large_environment() {
    let mut options = part("return");
    options.env.push(("SYS_TEST_LARGE".into(), "x".repeat(4 << 20).into()));
    let error = spawn_self(options).expect_err("too large");
    assert!(error.to_string().contains("environment is too large"), "{error}");
}
