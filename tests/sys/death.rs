//! Whatever becomes of an arbiter, nothing of it lives on.

use std::time::{Duration, Instant};

use rehearsal::sys::boot::WorkerBoot;
use rehearsal::sys::process::{Child, ExitStatus, guardian_failure};

use crate::Named;
use crate::scenario::{self, Part, check, hear, run, say, signal, start, worker};

pub(crate) const TESTS: &[Named] = &[
    ("death::of_the_arbiter_by_sigkill_takes_workers_and_their_children", || killed("family")),
    ("death::of_the_arbiter_takes_processes_of_its_workers_too", || killed("generations")),
    ("death::of_the_arbiter_is_seen_by_a_guardian_that_was_replaced", || killed("second guardian")),
    ("death::of_the_arbiter_is_seen_by_a_guardian_that_was_signalled", || killed("signalled guardian")),
    ("death::of_the_arbiter_by_exit_takes_them_too", by_exit),
    ("death::of_the_arbiter_catches_workers_at_their_boot", || killed("young family")),
    ("death::a_guardian_that_hangs_holds_nobody_up", || drop(check("hanging guardian"))),
];

pub(crate) const SCENARIOS: &[Named] = &[
    ("family", || live(family())),
    ("generations", || {
        let child = worker("become a parent");
        run(hear::<()>(&child));
        live(vec![child]);
    }),
    ("second guardian", || {
        let children = family();
        let first = guardian();
        signal("KILL", first);
        guardian_but(first);
        assert_eq!(guardian_failure(), None);
        live(children);
    }),
    ("signalled guardian", || {
        let children = family();
        for name in ["INT", "TERM", "HUP", "QUIT"] {
            signal(name, guardian());
        }
        live(children);
    }),
    ("exits", || {
        let children = family();
        println!("ready");
        // Not dropped, as no value is when a process exits.
        std::mem::forget(children);
        std::process::exit(0);
    }),
    ("young family", || {
        let children: Vec<Child> = (0..5).map(|_| worker("busy")).collect();
        live(children);
    }),
    ("hanging guardian", hanging_guardian),
];

pub(crate) const PARTS: &[Part] = &[
    ("busy", |boot| {
        say(&boot, &scenario::sleeper().id());
        loop {
            std::hint::spin_loop();
        }
    }),
    ("stopped parent", |boot| {
        say(&boot, &scenario::sleeper().id());
        signal("STOP", std::process::id());
    }),
    ("deaf parent", |boot| {
        // A grandchild that no polite signal ends.
        let deaf =
            std::process::Command::new("sh").args(["-c", "trap '' INT TERM HUP; sleep 1000; :"]).spawn();
        say(&boot, &deaf.expect("starts").id());
        scenario::wait_for_ever()
    }),
    ("become a parent", become_a_parent),
];

/// Kills the scenario once it is ready, and waits for the end of all that it started: each holds its stdout.
fn killed(name: &str) {
    let mut running = start(name);
    assert_eq!(running.line(), "ready");
    running.kill();
    running.all_gone();
}

fn by_exit() {
    let mut running = start("exits");
    assert_eq!(running.line(), "ready");
    assert!(running.all_gone().success());
}

/// Workers with children of their own, in several states of mind.
fn family() -> Vec<Child> {
    let children: Vec<Child> = ["busy", "stopped parent", "deaf parent"].into_iter().map(worker).collect();
    run(async {
        for child in &children {
            let _grandchild: u32 = hear(child).await;
        }
    });
    children
}

fn live(children: Vec<Child>) -> ! {
    println!("ready");
    let _children = children;
    scenario::wait_for_ever()
}

fn become_a_parent(boot: WorkerBoot) {
    let children = family();
    say(&boot, &());
    let _children = children;
    scenario::wait_for_ever()
}

/// Process id of this process's guardian, once there is one: it is started behind the first child.
fn guardian() -> u32 {
    guardian_but(0)
}

/// The guardian, once it is another one than this.
fn guardian_but(former: u32) -> u32 {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(pid) = find_guardian()
            && pid != former
        {
            return pid;
        }
        assert!(Instant::now() < deadline, "no guardian: {:?}", guardian_failure());
        std::thread::yield_now();
    }
}

/// The child of this process that goes by a guardian's name, which it takes once it has shed what signals could do.
fn find_guardian() -> Option<u32> {
    let me = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").expect("processes");
    let mut pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.find(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let Some((name, rest)) = stat.split_once(") ") else { return false };
        let fields: Vec<&str> = rest.split(' ').collect();
        // State, parent, group.
        name.ends_with("(rehearsal-guard")
            && fields[0] != "Z"
            && fields[1] == me
            && fields[2] == pid.to_string()
    })
}

fn hanging_guardian() {
    let first_child = worker("sit");
    run(hear::<()>(&first_child));
    let hanging = guardian();
    signal("STOP", hanging);
    let started = Instant::now();
    // More news than its socket takes: two for each.
    for _ in 0..400 {
        assert_eq!(run(worker("return").wait()), ExitStatus::Exited(0));
    }
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert_ne!(guardian(), hanging, "it was replaced");
    assert!(!std::path::Path::new(&format!("/proc/{hanging}")).exists(), "and is gone");
}
