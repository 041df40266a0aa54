//! Leaving through `exit()` under the guard, and requests to end from outside.

use std::io::Read;
use std::process::Output;

use rehearsal::sys::exit::guard_exit;
use rehearsal::sys::process::StdSocket;
use rehearsal::sys::signal::{Signal, Signals, signal_name};
use rehearsal::sys::wire::BlockingSender;

use crate::Named;
use crate::scenario::{PATIENCE, check, command, run, signal};

pub(crate) const TESTS: &[Named] = &[
    ("leaving::under_the_guard_is_never_green", guarded),
    ("leaving::by_another_thread_is_caught_too", by_thread),
    ("leaving::after_the_guard_is_as_asked", after),
    ("leaving::of_a_child_program_is_its_own_affair", program),
    ("leaving::signals_come_as_events", || drop(check("signals"))),
    ("leaving::signals_interrupt_no_frame", || drop(check("interrupted"))),
    ("leaving::signals_have_names", names),
];

pub(crate) const SCENARIOS: &[Named] = &[
    ("exit 0 under guard", || {
        let _guard = guard_exit(86, "the trial `a::b` left");
        print!("unflushed");
        std::process::exit(0);
    }),
    ("exit 0 by thread", || {
        let _guard = guard_exit(86, "the trial `a::b` left");
        let _ = std::thread::spawn(|| std::process::exit(0)).join();
    }),
    ("exit 5 after guard", || {
        drop(guard_exit(86, "the trial `a::b` left"));
        std::process::exit(5);
    }),
    ("program under guard", || {
        let guard = guard_exit(86, "the trial `a::b` left");
        let status = std::process::Command::new("true").status().expect("starts");
        assert!(status.success());
        drop(guard);
    }),
    ("signals", signals),
    ("interrupted", interrupted),
];

fn play(name: &str) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command(name).output().expect("starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

fn guarded() {
    let expected = (Some(86), "unflushed".to_string(), "the trial `a::b` left\n".to_string());
    assert_eq!(play("exit 0 under guard"), expected);
}

fn by_thread() {
    assert_eq!(play("exit 0 by thread"), (Some(86), String::new(), "the trial `a::b` left\n".to_string()));
}

fn after() {
    assert_eq!(play("exit 5 after guard"), (Some(5), String::new(), String::new()));
}

fn program() {
    assert_eq!(play("program under guard"), (Some(0), String::new(), String::new()));
}

fn signals() {
    run(async {
        let mut signals = Signals::new().expect("listens");
        for expected in
            [Signal::Interrupt, Signal::Terminate, Signal::Quit, Signal::Hangup, Signal::Interrupt]
        {
            signal(&expected.name()["SIG".len()..], std::process::id());
            assert_eq!(signals.next().await, expected);
        }
    });
}

/// The main thread waits for a peer that does not read while signals, which go to the main thread, keep coming.
fn interrupted() {
    run(async {
        let _handled = Signals::new().expect("listens");
        let (ours, mut theirs) = StdSocket::pair().expect("a socketpair");
        ours.set_nonblocking(true).expect("set");
        let sender = BlockingSender::new(&ours).expect("a sender");
        let reader = std::thread::spawn(move || {
            for _ in 0..30 {
                signal("HUP", std::process::id());
            }
            let mut came = vec![0; 4 << 20];
            theirs.read_exact(&mut came).expect("all of it");
            came
        });
        let sent: Vec<u8> = (0..4 << 20).map(|at: usize| (at / 7) as u8).collect();
        sender.send(&sent, PATIENCE).expect("sent");
        assert!(reader.join().expect("read") == sent);
    });
}

fn names() {
    let names = [1, 6, 9, 11, 15, 31, 40, 0, 99].map(signal_name);
    let expected = ["SIGHUP", "SIGABRT", "SIGKILL", "SIGSEGV", "SIGTERM", "SIGSYS"];
    assert_eq!(names[..6], expected);
    assert_eq!(names[6..], ["real-time signal", "unknown signal", "unknown signal"]);
}
