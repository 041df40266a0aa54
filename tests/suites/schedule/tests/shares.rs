//! Trials that share what there is only so much of, and write down when they ran.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Takes a moment and writes down when it began and ended, and what it is: a line in one piece.
fn take_a_moment(what: &str) {
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_nanos();
    let begun = now();
    std::thread::sleep(Duration::from_millis(40));
    let directory = std::env::var("BLACKBOX_DIR").expect("a directory");
    let path = Path::new(&directory).join("moments");
    let mut file = File::options().create(true).append(true).open(path).expect("a file");
    file.write_all(format!("{what} {begun} {}\n", now()).as_bytes()).expect("written");
}

#[rehearsal::test(group = "db")]
fn of_a_group(#[values(1, 2, 3, 4, 5, 6)] _n: u32) {
    take_a_moment("group");
}

#[rehearsal::test(weight = 2)]
fn heavy(#[values(1, 2, 3)] _n: u32) {
    take_a_moment("heavy");
}

#[rehearsal::test(weight = 100)]
fn too_heavy() {
    take_a_moment("whole");
}

#[rehearsal::test]
fn light(#[values(1, 2, 3, 4, 5, 6, 7, 8)] _n: u32) {
    take_a_moment("light");
}

#[rehearsal::test(exclusive)]
fn alone(#[values(1, 2)] _n: u32) {
    take_a_moment("alone");
}

rehearsal::main!();
