//! Copies of a process that go on by themselves, and what becomes of what they leave.

use std::process::{Command, exit};
use std::time::{Duration, Instant};

use rehearsal::sys::boot::{WorkerBoot, is_bootstrapped};
use rehearsal::sys::fork::{
    Bell, Ear, ForkError, Forked, Keeper, Letter, Side, Tie, Wish, join_within, wait,
};
use rehearsal::sys::process::{ExitStatus, leaves_children};

use crate::Named;
use crate::scenario::{self, PATIENCE, Part, check, run, say, start, worker};

pub(crate) const TESTS: &[Named] = &[
    ("fork::is_a_process_of_its_own_that_leaves_a_letter", || drop(check("forks"))),
    ("fork::of_a_process_with_threads_is_refused", || drop(check("threads"))),
    ("fork::leaves_nothing_behind", || drop(check("leftovers"))),
    ("fork::that_lets_go_is_seen", || drop(check("ties"))),
    ("fork::that_is_asked_to_end_hears_it_or_its_own_end", || drop(check("bonds"))),
    ("fork::has_what_it_writes_for_itself_and_has_it_cheaply", || drop(check("copies"))),
    ("fork::has_a_keeper_that_is_apart_before_it_runs", || drop(check("keepers"))),
    ("fork::and_its_children_die_with_the_arbiter", || {
        let mut running = start("fork family");
        assert_eq!(running.line(), "ready");
        running.kill();
        running.all_gone();
    }),
];

pub(crate) const SCENARIOS: &[Named] = &[
    ("forks", || plays("fork")),
    ("threads", || plays("fork with threads")),
    ("leftovers", || plays("fork that leaves things")),
    ("ties", || plays("fork that lets go")),
    ("bonds", || plays("fork that is asked")),
    ("copies", || plays("fork that writes")),
    ("keepers", || plays("fork that has a keeper")),
    ("fork family", || {
        let child = worker("fork that stays");
        run(scenario::hear::<u32>(&child));
        println!("ready");
        scenario::wait_for_ever()
    }),
];

pub(crate) const PARTS: &[Part] = &[
    ("fork", fork),
    ("fork with threads", with_threads),
    ("fork that leaves things", leave),
    ("fork that lets go", let_go),
    ("fork that is asked", be_asked),
    ("fork that writes", write),
    ("fork that has a keeper", be_kept),
    ("fork that stays", stay),
];

fn plays(part: &str) {
    assert_eq!(run(worker(part).wait()), ExitStatus::Exited(0));
}

/// Forks; in the fork `then` runs, and what it returns is the exit code.
fn forked(keeper: &Keeper, then: impl FnOnce() -> i32) -> Forked {
    match keeper.fork().expect("forks") {
        Side::Child(_) => exit(then()),
        Side::Parent(forked) => forked,
    }
}

/// Waits for the end of a fork.
fn end_of(ear: &Ear, forked: &Forked) -> ExitStatus {
    loop {
        if let Some(status) = forked.try_reap() {
            return status;
        }
        wait(ear, Some(forked), PATIENCE).expect("waits");
    }
}

fn fork(boot: WorkerBoot) {
    let ear = Ear::new(boot.socket);
    let (keeper, letter) = (Keeper::start().expect("a keeper"), Letter::new().expect("a letter"));
    assert_eq!(leaves_children(), None, "the keeper is nobody's leftover");
    for text in ["a long one", "short"] {
        let child = forked(&keeper, || {
            assert!(is_bootstrapped(), "it may start processes");
            letter.write(format!("{text} of {}", std::process::id()).as_bytes()).expect("written");
            7
        });
        assert_eq!(end_of(&ear, &child), ExitStatus::Exited(7));
        assert_eq!(letter.take().expect("read"), format!("{text} of {}", child.pid()).as_bytes());
        assert_eq!(keeper.clear(PATIENCE), [""; 0]);
    }
    assert_eq!(letter.take().expect("read"), b"", "once");
    for (hard, signal) in [(false, 15), (true, 9)] {
        let child = forked(&keeper, || scenario::wait_for_ever());
        child.end(hard);
        assert_eq!(end_of(&ear, &child), ExitStatus::Signaled(signal));
    }
}

/// Whoever kills the group of this process must not kill the keeper with it, however late the system lets that one run.
#[cfg(target_os = "linux")]
fn be_kept(_: WorkerBoot) {
    for _ in 0..20 {
        let _keeper = Keeper::start().expect("a keeper");
        let children = std::fs::read_to_string("/proc/thread-self/children").expect("the system tells");
        let pid = children.split_ascii_whitespace().last().expect("the newest is the keeper");
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
        // Behind the name, which may have spaces: state, parent, group.
        let group = stat.rsplit(')').next().and_then(|rest| rest.split_ascii_whitespace().nth(2));
        assert_eq!(group, Some(pid), "{stat}");
    }
}

#[cfg(not(target_os = "linux"))]
fn be_kept(_: WorkerBoot) {}

fn with_threads(_: WorkerBoot) {
    let keeper = Keeper::start().expect("a keeper");
    let thread = std::thread::spawn(std::thread::park);
    for refused in [keeper.fork().map(drop), Keeper::start().map(drop)] {
        let error = refused.expect_err("there is a second thread");
        assert!(matches!(error, ForkError::Threads { count: 2 }), "{error}");
    }
    thread.thread().unpark();
    thread.join().expect("ended");
}

fn leave(boot: WorkerBoot) {
    let ear = Ear::new(boot.socket);
    let keeper = Keeper::start().expect("a keeper");
    let child = forked(&keeper, || {
        // Its own child, an orphan, and one in a session of its own.
        drop(scenario::sleeper());
        let line = "sleep 1000 >/dev/null 2>&1 & setsid sleep 1000 >/dev/null 2>&1 & sleep 0";
        Command::new("sh").args(["-c", line]).status().expect("a shell");
        0
    });
    assert_eq!(end_of(&ear, &child), ExitStatus::Exited(0));
    let names = keeper.clear(PATIENCE);
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(leaves_children(), None);
}

fn let_go(boot: WorkerBoot) {
    let ear = Ear::new(boot.socket);
    let keeper = Keeper::start().expect("a keeper");
    let child = forked(&keeper, || {
        use std::os::unix::process::CommandExt;
        panic!("{}", Command::new("sleep").arg("1000").exec());
    });
    while child.tie() == Tie::Whole {
        wait(&ear, Some(&child), Duration::from_millis(5)).expect("waits");
    }
    assert_eq!((child.tie(), child.try_reap()), (Tie::Cut, None), "it is another program now");
    child.end(true);
    assert_eq!(end_of(&ear, &child), ExitStatus::Signaled(9));
}

fn be_asked(boot: WorkerBoot) {
    let (ear, keeper) = (Ear::new(boot.socket), Keeper::start().expect("a keeper"));
    let letter = Letter::new().expect("a letter");
    for asked in [true, false] {
        let child = match keeper.fork().expect("forks") {
            Side::Child(bond) => {
                let (bell, rope) = Bell::hang().expect("a bell");
                let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
                let thread = std::thread::spawn(move || {
                    let _rope = rope;
                    if asked {
                        let _ = may_go_on.recv();
                    }
                });
                let moment = Duration::from_millis(10);
                let thread = if asked { join_within(thread, moment).expect("it waits") } else { thread };
                while let Some(wish) = bond.wait(&bell) {
                    match wish {
                        Wish::Tell => letter.write(b"is well").expect("writes"),
                        Wish::End => bond.end_group(),
                    }
                }
                drop(go_on);
                exit(if join_within(thread, PATIENCE).is_none() { 3 } else { 4 })
            }
            Side::Parent(forked) => forked,
        };
        if asked {
            assert!(child.ask_for(Wish::Tell));
            let begun = Instant::now();
            while letter.read().expect("reads") != b"is well" {
                assert!(begun.elapsed() < PATIENCE, "it tells nothing");
                std::thread::sleep(Duration::from_millis(1));
            }
            assert_eq!(letter.take().expect("reads"), b"is well", "it was not taken before");
            assert_eq!(letter.take().expect("reads"), b"");
            assert!(child.ask_for(Wish::End));
        }
        // It may be at its end by now.
        assert_ne!(child.tie(), Tie::Soiled, "it says nothing there itself");
        let expected = if asked { ExitStatus::Signaled(15) } else { ExitStatus::Exited(3) };
        assert_eq!(end_of(&ear, &child), expected);
        assert!(!child.ask_for(Wish::End), "there is nobody");
    }
}

fn stay(boot: WorkerBoot) {
    let keeper = Keeper::start().expect("a keeper");
    match keeper.fork().expect("forks") {
        Side::Child(_) => {
            let sleeper = scenario::sleeper().id();
            say(&boot, &sleeper);
            scenario::wait_for_ever()
        }
        Side::Parent(_) => scenario::wait_for_ever(),
    }
}

/// Each fork writes to memory that all of them have, and finds it as the process has it that made it, which writes too.
/// From some fork on the system copies that memory ahead, where it can.
#[cfg(target_os = "linux")]
fn write(boot: WorkerBoot) {
    const PAGES: usize = 40;
    const PAGE: usize = 4096;
    const FORKS: u8 = 40;

    let ear = Ear::new(boot.socket);
    let keeper = Keeper::start().expect("a keeper");
    let mut memory = vec![0_u8; PAGES * PAGE];
    let mut faults = Vec::new();
    for round in 1..=FORKS {
        let before = faults_of_children();
        match keeper.fork().expect("forks") {
            Side::Child(bond) => {
                assert!(!has_ring(), "what the other process has for this is not the fork's");
                for at in (0..memory.len()).step_by(PAGE) {
                    assert_eq!(
                        memory[at],
                        (round - 1) * u8::from(at < PAGE),
                        "in the fork, page {}",
                        at / PAGE
                    );
                    memory[at] = 255;
                }
                bond.part();
                exit(0)
            }
            Side::Parent(forked) => {
                memory[0] = round;
                assert_eq!(end_of(&ear, &forked), ExitStatus::Exited(0));
                assert_eq!(keeper.clear(PATIENCE), [""; 0]);
            }
        }
        assert_eq!((memory[0], memory[PAGE]), (round, 0), "here, after fork {round}");
        faults.push(faults_of_children() - before);
    }
    // Where the system has no `io_uring`, or forbids it, they are copied as they are written.
    if has_ring() {
        let (first, last) = (faults[1], faults[faults.len() - 1]);
        assert!(last + PAGES as u64 / 2 < first, "page faults of each fork: {faults:?}");
    }
    exit(0)
}

#[cfg(not(target_os = "linux"))]
fn write(_: WorkerBoot) {
    exit(0)
}

/// Whether this process has an `io_uring`.
#[cfg(target_os = "linux")]
fn has_ring() -> bool {
    let open = std::fs::read_dir("/proc/self/fd").expect("the system lists what is open");
    let links = open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    links.into_iter().any(|link| link.to_string_lossy().contains("io_uring"))
}

/// Page faults without reading from a disk of all children that were waited for.
#[cfg(target_os = "linux")]
fn faults_of_children() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("the system tells");
    // The eleventh field; the second, a name between parentheses, may contain anything.
    let fields = &stat[stat.rfind(')').expect("a name") + 1..];
    fields.split_ascii_whitespace().nth(8).expect("a field").parse().expect("a number")
}
