//! What trials leave behind in a worker.

use std::process::Command;
use std::time::{Duration, Instant};

use rehearsal::sys::boot::WorkerBoot;
use rehearsal::sys::process::{
    ChildProcess, ExitStatus, children, leaves_children, reap_finished, settle_children,
};

use crate::Named;
use crate::scenario::{self, PATIENCE, Part, check, run, worker};

pub(crate) const TESTS: &[Named] = &[
    ("offspring::of_a_worker_is_counted_adopted_and_reaped", || drop(check("offspring"))),
    ("offspring::a_guardian_is_not_a_leftover", || drop(check("nested"))),
];

pub(crate) const SCENARIOS: &[Named] = &[
    ("offspring", || assert_eq!(run(worker("leave things behind").wait()), ExitStatus::Exited(0))),
    ("nested", || assert_eq!(run(worker("nest").wait()), ExitStatus::Exited(0))),
];

pub(crate) const PARTS: &[Part] = &[("leave things behind", leave), ("nest", nest)];

fn leave(_: WorkerBoot) {
    assert_eq!(leaves_children(), None);
    let mut own = scenario::sleeper();
    assert_eq!(leaves_children(), Some(1));
    // A shell that ends at once leaves its own child to us.
    let line = "sleep 1000 >/dev/null 2>&1 & echo $!";
    let orphan = Command::new("sh").args(["-c", line]).output().expect("a shell").stdout;
    let orphan: u32 = String::from_utf8(orphan).expect("text").trim().parse().expect("a number");
    assert_eq!(leaves_children(), Some(2));
    assert!(children().iter().any(|child| child.pid == orphan && !child.finished), "{:?}", children());
    let started = Instant::now();
    assert_eq!(settle_children(Duration::from_millis(30)), Some(2), "they sleep on");
    assert!(started.elapsed() >= Duration::from_millis(30));
    own.kill().expect("killed");
    own.wait().expect("ended");
    assert_eq!(leaves_children(), Some(1));
    scenario::signal("KILL", orphan);
    assert_eq!(settle_children(PATIENCE), None, "{:?}", children());
    assert_eq!(children(), [], "adopted, ended, and nobody else's to wait for");
    never_waited_for();
}

/// A program whose end nobody waits for, which is how most tests start one in passing.
fn never_waited_for() {
    let pid = Command::new("true").spawn().expect("starts").id();
    while leaves_children().is_some() {
        std::thread::yield_now();
    }
    assert_eq!(children(), [ChildProcess { pid, finished: true }]);
    assert_eq!(reap_finished(), 1);
    assert_eq!((reap_finished(), children()), (0, Vec::new()));
}

fn nest(_: WorkerBoot) {
    for _ in 0..3 {
        let child = worker("sit");
        run(scenario::hear::<()>(&child));
        assert_eq!(leaves_children(), Some(1), "{:?}", children());
        child.kill_group();
        run(child.wait());
        assert_eq!(leaves_children(), None, "{:?}", children());
        assert_eq!(reap_finished(), 0);
    }
}
