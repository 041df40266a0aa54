//! What the machine itself takes for what a forked test takes at least: a bare program that forks, starts a thread in the
//! fork, runs nothing on it, and reaps the fork, as often as there are tests and in as many processes as there are workers.
//! It takes no orders, tells nothing, captures nothing and looks after nobody, so no harness that forks can be quicker.

use super::{Suite, WORKERS, released, suite};

/// It has no dependency: the three functions of C's library are in every program.
const SOURCE: &str = r#"
use std::ffi::c_int;
use std::thread::Builder;

unsafe extern "C" {
    fn fork() -> c_int;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
}

fn forked(inside: impl FnOnce()) -> c_int {
    match unsafe { fork() } {
        0 => {
            inside();
            std::process::exit(0)
        }
        pid => pid,
    }
}

fn reap(pid: c_int) {
    let mut status = -1;
    assert!(pid > 0 && unsafe { waitpid(pid, &mut status, 0) } == pid && status == 0);
}

fn thread() {
    Builder::new().name("t".to_owned()).spawn(|| ()).expect("a thread").join().expect("no panic");
}

fn main() {
    let share = || (0..COUNT / WORKERS).for_each(|_| reap(forked(thread)));
    let workers: Vec<c_int> = (0..WORKERS).map(|_| forked(share)).collect();
    workers.into_iter().for_each(reap);
}
"#;

/// The program, in the release profile. It takes no arguments, and none are refused.
pub(super) fn program(count: usize) -> Suite {
    let source = format!("const COUNT: usize = {count};\nconst WORKERS: usize = {WORKERS};\n{SOURCE}");
    let manifest = "[[test]]\nname = \"suite\"\npath = \"suite.rs\"\nharness = false\n";
    released(&suite("floor", manifest, &source))
}
