//! Trials that pass now and then. What they count is in files, so that it outlives the process of an attempt.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

mod bad;
mod known;
mod order;
mod shaky;
mod stress;

/// The directory of this run.
fn directory() -> PathBuf {
    Path::new(&std::env::var_os("BLACKBOX_DIR").expect("the directory of the run")).to_owned()
}

/// Counts this call under a name, beside those of all other processes: the first one is 1. Each is a byte that is
/// appended, so no two get one number unless they come at once.
fn nth(name: &str) -> u64 {
    let path = directory().join(format!("count-{name}"));
    let mut file = OpenOptions::new().append(true).create(true).open(&path).expect("a file to count in");
    file.write_all(b"x").expect("room for a byte");
    file.metadata().expect("its length").len()
}

/// Notes that this process runs the trial, and says which process that is.
fn note_process(name: &str) {
    let path = directory().join(format!("processes-{name}"));
    let mut file = OpenOptions::new().append(true).create(true).open(path).expect("a file to note it in");
    writeln!(file, "{}", std::process::id()).expect("room for a line");
}

/// The processes that were noted under this name so far.
fn processes(name: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(directory().join(format!("processes-{name}"))).unwrap_or_default();
    // A line that is being written is none yet.
    text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(str::to_owned).collect()
}

/// Writes to an address where nothing is.
fn segfault() {
    let nowhere = std::hint::black_box(64_usize) as *mut u32;
    // SAFETY: none, and that is what is wanted.
    unsafe { nowhere.write_volatile(1) };
}

rehearsal::main!();
