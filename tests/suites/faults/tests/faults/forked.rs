//! For fork isolation: each trial in a process that no other one has seen.

#[path = "../../../shared/early.rs"]
mod early;

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many trials this process has run.
static SEEN: AtomicU32 = AtomicU32::new(0);

/// Asks for it itself, so that the run's setting does not matter.
#[rehearsal::test(isolation = "fork")]
#[ignore = "for fork isolation"]
fn a_is_the_first_here() {
    assert_eq!(SEEN.fetch_add(1, Ordering::SeqCst), 0);
}

#[rehearsal::test(isolation = "fork")]
#[ignore = "for fork isolation"]
async fn b_is_the_first_here() {
    assert_eq!(SEEN.fetch_add(1, Ordering::SeqCst), 0);
    assert_eq!(std::thread::current().name(), Some("forked::b_is_the_first_here"));
    // SAFETY: asks who leads the group, which is this very process.
    assert_eq!(unsafe { libc::getpgid(0) }, std::process::id() as i32);
}

/// The server is what is killed; the trial dies of that, and nobody else does.
#[rehearsal::test(isolation = "fork", timeout = "20s")]
#[ignore = "for fork isolation"]
fn c_kills_its_server() {
    // SAFETY: a signal to the process that forked this one.
    unsafe { libc::kill(libc::getppid(), libc::SIGKILL) };
    std::thread::sleep(std::time::Duration::from_secs(3600));
}

#[rehearsal::test(isolation = "fork")]
#[ignore = "for fork isolation"]
fn d_runs_in_another_server() {}

/// What it starts goes to a session of its own, where no signal to a group comes.
#[rehearsal::test(isolation = "fork")]
#[ignore = "for fork isolation"]
#[allow(clippy::zombie_processes)]
fn e_leaves_a_session_and_aborts() {
    Command::new("setsid").args(["sleep", "3600"]).spawn().unwrap();
    // `setsid` becomes what it starts: then it is known by that name.
    while !names().contains(&"sleep".to_owned()) {
        std::thread::yield_now();
    }
    std::process::abort();
}

/// What the children of this process are called.
fn names() -> Vec<String> {
    let me = std::process::id().to_string();
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let stats = all.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    stats
        .filter_map(|stat| {
            let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
            (rest.split_whitespace().nth(1)? == me).then(|| name.to_owned())
        })
        .collect()
}

/// Its function is fine; what it leaves for the end of its process is not.
#[rehearsal::test(isolation = "fork")]
#[ignore = "for fork isolation"]
fn f_crashes_as_its_process_ends() {
    extern "C" fn crash() {
        std::process::abort();
    }
    // SAFETY: registers a function that lives as long as the program.
    unsafe { libc::atexit(crash) };
}
