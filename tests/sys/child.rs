//! A worker process: what it is given, what it says, how it ends.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use rehearsal::sys::boot::{WorkerBoot, is_bootstrapped};
use rehearsal::sys::capture::{Capture, flush_all};
use rehearsal::sys::limit::thread_count;
use rehearsal::sys::page::Page;
use rehearsal::sys::process::{ExitStatus, Output, Socket, SpawnOptions, spawn_self, terminate_group};
use rehearsal::sys::seam::monotonic_ns;
use rehearsal::sys::wire::{BlockingSender, FrameReader, decode, encode};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;

use crate::Named;
use crate::scenario::{self, PATIENCE, Part, check, hear, part, run, say, worker};

pub(crate) const TESTS: &[Named] = &[
    ("child::answers_over_its_socket", || drop(check("answers"))),
    ("child::is_given_what_was_asked_for", || drop(check("given"))),
    ("child::gets_its_files_and_shares_its_page", || drop(check("passed"))),
    ("child::writes_200_mib_into_a_capture_in_bounds", || drop(check("floods"))),
    ("child::keeps_the_order_of_stdout_and_stderr_and_its_children", || drop(check("order"))),
    ("child::tells_how_it_ended", || drop(check("ends"))),
    ("child::takes_its_group_with_it", || drop(check("group"))),
    ("child::is_killed_also_when_it_is_stopped", || drop(check("stopped"))),
    ("child::is_killed_and_reaped_when_dropped", || drop(check("dropped"))),
    ("child::is_terminated_by_its_id_and_nothing_else_is", || drop(check("terminated"))),
    ("child::is_waited_for_on_one_runtime_after_another", || drop(check("waited for twice"))),
    ("child::that_dies_has_said_all_it_sent", || drop(check("last words"))),
];

pub(crate) const SCENARIOS: &[Named] = &[
    ("answers", answers),
    ("given", given),
    ("passed", passed),
    ("floods", floods),
    ("order", order),
    ("ends", ends),
    ("group", group),
    ("stopped", stopped),
    ("dropped", dropped),
    ("terminated", terminated),
    ("waited for twice", waited_for_twice),
    ("last words", last_words),
];

pub(crate) const PARTS: &[Part] = &[
    ("echo", echo),
    ("report", report),
    ("open what was passed", open_passed),
    ("flood", flood),
    ("write in turn", write_in_turn),
    ("abort", |_| std::process::abort()),
    ("exit 3", |_| std::process::exit(3)),
    ("return", drop),
    ("leave a sleeper", leave_a_sleeper),
    ("stop", stop),
    ("sit", |boot| {
        say(&boot, &());
        scenario::wait_for_ever()
    }),
    ("talk and die", talk_and_die),
];

fn answers() {
    run(async {
        let child = worker("echo");
        let (reader, mut writer) = child.socket().expect("its socket").into_split();
        let mut reader = FrameReader::new(reader);
        let written = tokio::spawn(async move {
            for number in 0..1000u32 {
                writer.write_all(&encode(&number).expect("encodes")).await.expect("written");
            }
            writer
        });
        for number in 0..1000u32 {
            let body = reader.next().await.expect("a frame").expect("not the end");
            assert_eq!(decode::<u32>(body).expect("decodes"), number);
        }
        assert!(child.try_wait().is_none(), "it runs");
        drop(written.await.expect("all written"));
        assert!(reader.next().await.expect("a clean end").is_none());
        assert_eq!(child.wait().await, ExitStatus::Exited(0));
        assert_eq!(child.wait().await, ExitStatus::Exited(0), "as often as asked");
        assert!(child.socket().is_err(), "it was taken");
        child.signal_group(15).expect("nothing to do");
    });
}

fn echo(boot: WorkerBoot) {
    let sender = BlockingSender::new(&boot.socket).expect("a sender");
    run(async {
        let mut reader = FrameReader::new(Socket::from_std(boot.socket).expect("on the runtime"));
        while let Some(body) = reader.next().await.expect("frames") {
            let number: u32 = decode(body).expect("decodes");
            sender.send(&encode(&number).expect("encodes"), PATIENCE).expect("sent");
        }
    });
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Report {
    argv0: String,
    name: String,
    marks: Vec<String>,
    stdin: Vec<u8>,
    leads_its_group: bool,
    variable: Option<String>,
    bootstrapped: bool,
    arbiter_pid: u32,
    threads: Option<usize>,
    descriptors_open_to_programs: Vec<i32>,
}

fn given() {
    let child = spawn_self(SpawnOptions {
        title: "a title longer than fifteen".into(),
        env: [part("report").env, vec![("SYS_TEST_VARIABLE".into(), "set".into())]].concat(),
        ..SpawnOptions::default()
    })
    .expect("a worker");
    let report: Report = run(hear(&child));
    let expected = Report {
        argv0: "a title longer than fifteen".into(),
        name: "a title longer ".into(),
        marks: Vec::new(),
        stdin: Vec::new(),
        leads_its_group: true,
        variable: Some("set".into()),
        bootstrapped: true,
        arbiter_pid: std::process::id(),
        threads: Some(1),
        descriptors_open_to_programs: vec![0, 1, 2],
    };
    assert_eq!(report, expected);
}

fn report(boot: WorkerBoot) {
    let mut stdin = Vec::new();
    std::io::stdin().read_to_end(&mut stdin).expect("reads /dev/null");
    let stat = std::fs::read_to_string("/proc/self/stat").expect("its state");
    let group = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(2)).expect("a field");
    let report = Report {
        argv0: std::env::args().next().expect("argv[0]"),
        name: std::fs::read_to_string("/proc/self/comm").expect("a name").trim_end_matches('\n').to_string(),
        // What people set for their suites is not ours, and stays.
        marks: ["REHEARSAL_WORKER", "REHEARSAL_GUARDIAN", "REHEARSAL_FORK"]
            .into_iter()
            .filter(|name| std::env::var_os(name).is_some())
            .map(str::to_owned)
            .collect(),
        stdin,
        leads_its_group: group == std::process::id().to_string(),
        variable: std::env::var("SYS_TEST_VARIABLE").ok(),
        bootstrapped: is_bootstrapped(),
        arbiter_pid: boot.arbiter_pid,
        threads: thread_count(),
        descriptors_open_to_programs: open_to_programs(),
    };
    say(&boot, &report);
}

/// What a program that is started now finds open.
pub(crate) fn open_to_programs() -> Vec<i32> {
    let output = std::process::Command::new("ls").args(["-l", "/proc/self/fd"]).output().expect("a listing");
    let listing = String::from_utf8(output.stdout).expect("text");
    // All but the directory that `ls` itself reads.
    let lines = listing.lines().filter(|line| !line.ends_with("/fd"));
    let mut open: Vec<i32> =
        lines.filter_map(|line| line.split_once(" -> ")?.0.rsplit(' ').next()?.parse().ok()).collect();
    open.sort_unstable();
    open
}

fn passed() {
    run(async {
        let page = Page::new().expect("a page");
        let capture = Capture::new().expect("a capture");
        let files =
            vec![page.fd().expect("a duplicate").expect("shared"), capture.fd().expect("a duplicate")];
        let child =
            spawn_self(SpawnOptions { pass: files, ..part("open what was passed") }).expect("a worker");
        assert_eq!(child.wait().await, ExitStatus::Exited(0));
        let moment = page.load().expect("it says what ran, after the death of who ran it");
        assert_eq!((moment.trial, moment.attempt), (41, 2));
        assert!(moment.started_ns < monotonic_ns(), "one clock for both");
        assert_eq!(capture.read(100).expect("read").0, b"written by another process");
        // As many as there can be, each its own.
        let files: Vec<OwnedFd> = (0..253).map(|_| capture.fd().expect("a duplicate")).collect();
        let child = spawn_self(SpawnOptions { pass: files, ..part("report") }).expect("a worker");
        let report: Report = hear(&child).await;
        assert_eq!(report.descriptors_open_to_programs, [0, 1, 2], "what was passed stays with the worker");
    });
}

fn open_passed(boot: WorkerBoot) {
    let [page, file] = <[OwnedFd; 2]>::try_from(boot.passed).expect("two files");
    assert!(page.as_raw_fd() > 2 && file.as_raw_fd() > 2);
    Page::from_fd(page).expect("a page").store(41, 2, monotonic_ns());
    File::from(file).write_all(b"written by another process").expect("written");
}

fn floods() {
    const LIMIT: u64 = 1 << 20;
    run(async {
        let capture = Capture::new().expect("a capture");
        let output = Output::File(capture.fd().expect("a duplicate"));
        let child = spawn_self(SpawnOptions { output, ..part("flood") }).expect("a worker");
        let status = loop {
            match tokio::time::timeout(Duration::from_millis(1), child.wait()).await {
                Ok(status) => break status,
                Err(_) => capture.punch(LIMIT).expect("punched"),
            }
        };
        assert_eq!(status, ExitStatus::Exited(0), "it never got an error");
        capture.punch(LIMIT).expect("punched");
        assert!(capture.kept().expect("asked") < 2 * LIMIT);
        let (bytes, dropped) = capture.read(LIMIT).expect("read");
        assert_eq!(bytes.len() as u64 + dropped, (200 << 20) + 8);
        assert!(bytes.starts_with(b"xxxx") && bytes.ends_with(b"xxxthe end\n"));
    });
}

fn flood(_: WorkerBoot) {
    let chunk = [b'x'; 1 << 20];
    let mut stdout = std::io::stdout();
    for _ in 0..200 {
        stdout.write_all(&chunk).expect("written");
    }
    println!("the end");
    flush_all();
}

fn order() {
    run(async {
        let capture = Capture::new().expect("a capture");
        let output = Output::File(capture.fd().expect("a duplicate"));
        let child = spawn_self(SpawnOptions { output, ..part("write in turn") }).expect("a worker");
        assert_eq!(child.wait().await, ExitStatus::Exited(0));
        let (bytes, dropped) = capture.read(1 << 20).expect("read");
        assert_eq!(String::from_utf8_lossy(&bytes), "out 0\nerr 0\nsh 0\nout 1\nerr 1\nsh 1\nunfinished");
        assert_eq!(dropped, 0);
    });
}

fn write_in_turn(_: WorkerBoot) {
    let capture = Capture::of_stdout().expect("asked").expect("stdout is a capture");
    assert!(capture.is_empty().expect("asked"));
    for turn in 0..2 {
        println!("out {turn}");
        eprintln!("err {turn}");
        scenario::shell(&format!("echo sh {turn}"));
    }
    print!("unfinished");
    flush_all();
    assert_eq!(capture.len().expect("asked"), 44);
}

fn ends() {
    run(async {
        for (name, expected) in [
            ("return", ExitStatus::Exited(0)),
            ("exit 3", ExitStatus::Exited(3)),
            ("abort", ExitStatus::Signaled(6)),
        ] {
            assert_eq!(worker(name).wait().await, expected, "{name}");
        }
        assert_eq!(ExitStatus::Signaled(6).to_string(), "signal 6, SIGABRT");
        let children: Vec<_> = (0..10).map(|_| worker("exit 3")).collect();
        for child in &children {
            assert_eq!(child.wait().await, ExitStatus::Exited(3));
        }
    });
}

fn group() {
    run(async {
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        let output = Output::File(writer.into());
        let child = spawn_self(SpawnOptions { output, ..part("leave a sleeper") }).expect("a worker");
        assert_eq!(child.wait().await, ExitStatus::Exited(0));
        // The sleeper holds the pipe: its end is the sleeper's.
        reader.read_to_end(&mut Vec::new()).expect("the end");
    });
}

fn leave_a_sleeper(_: WorkerBoot) {
    drop(scenario::sleeper());
}

fn stopped() {
    run(async {
        let child = worker("stop");
        hear::<()>(&child).await;
        let is_stopped = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.pid)).expect("its state");
            stat.contains(") T ")
        };
        while !is_stopped() {
            std::thread::yield_now();
        }
        child.signal_group(15).expect("sent");
        terminate_group(child.pid);
        assert_eq!(child.try_wait(), None, "a polite signal waits for it to go on");
        child.kill_group();
        assert_eq!(child.wait().await, ExitStatus::Signaled(9));
    });
}

fn stop(boot: WorkerBoot) {
    say(&boot, &());
    scenario::signal("STOP", std::process::id());
}

fn terminated() {
    run(async {
        let (child, other) = (worker("sit"), worker("sit"));
        for child in [&child, &other] {
            hear::<()>(child).await;
        }
        terminate_group(child.pid);
        assert_eq!(child.wait().await, ExitStatus::Signaled(15));
        // None of these is a child of ours that runs; some would be everybody.
        let not_ours = [0, 1, child.pid, std::process::id(), std::os::unix::process::parent_id(), u32::MAX];
        not_ours.into_iter().for_each(terminate_group);
        assert_eq!(other.try_wait(), None);
    });
}

/// Waiting moves from one runtime to another, the first of them gone.
fn waited_for_twice() {
    let child = worker("sit");
    let in_time = run(async { tokio::time::timeout(Duration::from_millis(10), child.wait()).await });
    assert!(in_time.is_err(), "it sits");
    let killed = std::thread::scope(|scope| {
        scope.spawn(|| child.kill_group());
        run(child.wait())
    });
    assert_eq!(killed, ExitStatus::Signaled(9));
}

fn dropped() {
    run(async {
        let child = worker("sit");
        hear::<()>(&child).await;
        let pid = child.pid;
        drop(child);
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "process {pid} is still there");
    });
}

fn last_words() {
    run(async {
        let child = worker("talk and die");
        let socket = child.socket().expect("its socket");
        // What it never reads makes the system reset the socket when it dies.
        socket.writable().await.expect("connected");
        socket.try_write(b"unread").expect("written");
        assert_eq!(child.wait().await, ExitStatus::Signaled(6));
        let mut reader = FrameReader::new(socket);
        for number in 0..100u32 {
            let body = reader.next().await.expect("a frame").expect("not the end");
            assert_eq!(decode::<u32>(body).expect("decodes"), number);
        }
        assert!(reader.next().await.expect("a clean end").is_none());
    });
}

fn talk_and_die(boot: WorkerBoot) {
    let sender = BlockingSender::new(&boot.socket).expect("a sender");
    for number in 0..100u32 {
        sender.send(&encode(&number).expect("encodes"), PATIENCE).expect("sent");
    }
    run(async {
        let socket = Socket::from_std(boot.socket).expect("on the runtime");
        socket.readable().await.expect("something to leave unread");
    });
    std::process::abort();
}
