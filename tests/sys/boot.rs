//! Who becomes a worker and who does not, and what a process sheds at its start.

use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use rehearsal::sys::boot::WorkerBoot;
use rehearsal::sys::process::{ExitStatus, SpawnOptions, spawn_self};

use crate::Named;
use crate::child::open_to_programs;
use crate::scenario::{Part, after_shell, check, command, finish, hear, run, say, worker};

pub(crate) const TESTS: &[Named] = &[
    ("boot::a_mark_alone_makes_no_worker", a_mark_alone),
    ("boot::a_mark_and_a_strange_socket_make_no_worker", a_strange_socket),
    ("boot::a_grandchild_never_becomes_a_worker", || drop(check("grandchild"))),
    ("boot::without_it_there_are_no_processes", || drop(check("without boot not bootstrapped"))),
    ("boot::a_binary_that_was_replaced_still_starts_itself", replaced),
    ("boot::inherited_files_stop_here_but_for_the_jobserver", inherited),
    ("boot::an_ignored_child_signal_loses_no_exit_status", ignored_child_signal),
];

pub(crate) const SCENARIOS: &[Named] = &[
    ("role", || println!("arbiter, mark left: {}", std::env::var("REHEARSAL_WORKER").is_ok())),
    ("grandchild", grandchild),
    ("not bootstrapped", not_bootstrapped),
    ("exit code 3", || assert_eq!(run(worker("exit 3").wait()), ExitStatus::Exited(3))),
    ("replaced", || {
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut Vec::new()).expect("read");
        assert_eq!(run(worker("exit 3").wait()), ExitStatus::Exited(3));
    }),
    ("open to programs", || println!("{:?}", open_to_programs())),
];

pub(crate) const PARTS: &[Part] = &[("start a marked program", start_marked)];

const ARBITER: &str = "arbiter, mark left: false\n";

fn a_mark_alone() {
    let me = std::process::id();
    for mark in
        [format!("{me}:0123456789abcdef"), format!("{me}:"), "0:0".into(), "nonsense".into(), String::new()]
    {
        for name in ["REHEARSAL_WORKER", "REHEARSAL_GUARDIAN"] {
            let mut command = command("role");
            command.env(name, &mark);
            assert_eq!(finish(command), ARBITER, "{name}={mark}");
        }
    }
}

fn a_strange_socket() {
    let (ours, theirs) = UnixStream::pair().expect("a socketpair");
    std::io::Write::write_all(&mut &ours, b"GET / HTTP/1.1\r\n\r\n").expect("written");
    for name in ["REHEARSAL_WORKER", "REHEARSAL_GUARDIAN"] {
        let mut command = command("role");
        let stdin = theirs.try_clone().expect("a duplicate");
        command.env(name, format!("{}:1", std::process::id())).stdin(OwnedFd::from(stdin));
        assert_eq!(finish(command), ARBITER, "{name}");
    }
}

fn grandchild() {
    run(async {
        let child = worker("start a marked program");
        let said: String = hear(&child).await;
        assert_eq!(said, ARBITER);
        assert_eq!(child.wait().await, ExitStatus::Exited(0));
    });
}

fn start_marked(boot: WorkerBoot) {
    let mut command = command("role");
    command.env("REHEARSAL_WORKER", format!("{}:{:016x}", std::process::id(), 5));
    // Even with this worker's own socket as its standard input.
    command.stdin(OwnedFd::from(boot.socket.try_clone().expect("a duplicate")));
    say(&boot, &finish(command));
}

fn not_bootstrapped() {
    let error =
        spawn_self(SpawnOptions { title: "c1".into(), ..SpawnOptions::default() }).expect_err("refused");
    let text = error.to_string();
    assert!(text.contains("`c1`") && text.contains("#[rehearsal::program]"), "{text}");
}

fn replaced() {
    // Where there was room for this program there is room for its copy, and programs can be run.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rehearsal-sys-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let binary = folder.join("program");
    let _ = std::fs::remove_file(&binary);
    std::fs::copy("/proc/self/exe", &binary).expect("a copy");
    // The copy waits for the end of its standard input; by then its file is another program.
    let mut started = Command::new(&binary);
    started.envs(command("replaced").get_envs().filter_map(|(name, value)| Some((name, value?))));
    started.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut started = started.spawn().expect("starts");
    let other = folder.join("other");
    let _ = std::fs::remove_file(&other);
    symlink("/bin/false", &other).expect("a link");
    std::fs::rename(&other, &binary).expect("replaced");
    drop(started.stdin.take());
    let output = started.wait_with_output().expect("ended");
    std::fs::remove_dir_all(&folder).expect("removed");
    assert!(output.status.success(), "{output:?}");
}

fn inherited() {
    let plain = finish(after_shell("exec 7</dev/null 8</dev/null 9</dev/null", "open to programs"));
    assert_eq!(plain, "[0, 1, 2]\n");
    let mut with_jobserver = after_shell("exec 7</dev/null 8</dev/null 9</dev/null", "open to programs");
    with_jobserver.env("MAKEFLAGS", "-j --jobserver-fds=7,9 --jobserver-auth=7,9");
    assert_eq!(finish(with_jobserver), "[0, 1, 2, 7, 9]\n");
}

fn ignored_child_signal() {
    finish(after_shell("trap '' CHLD", "exit code 3"));
}
