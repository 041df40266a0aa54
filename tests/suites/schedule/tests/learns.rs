//! What a history is kept of: trials that take their time, and that fail when they are told to.

use std::fs::File;
use std::io::Write;
use std::thread::sleep;
use std::time::Duration;

/// Tells the file `begun`, where there is a place for it, that a trial has begun.
fn begin(name: &str) {
    let Some(directory) = std::env::var_os("BLACKBOX_DIR") else { return };
    let path = std::path::Path::new(&directory).join("begun");
    let mut file = File::options().create(true).append(true).open(path).expect("a file");
    file.write_all(format!("{name}\n").as_bytes()).expect("written");
}

/// The trials named in this variable fail, one name behind the other.
fn fail_if_told(name: &str) {
    let told = std::env::var("LEARNS_FAIL").unwrap_or_default();
    assert!(!told.split(',').any(|told| told == name), "told to fail");
}

#[rehearsal::test]
fn a_short() {
    begin("a_short");
    fail_if_told("a_short");
}

#[rehearsal::test]
fn b_middling() {
    begin("b_middling");
    sleep(Duration::from_millis(30));
    fail_if_told("b_middling");
}

#[rehearsal::test]
fn c_long() {
    begin("c_long");
    sleep(Duration::from_millis(200));
    fail_if_told("c_long");
}

#[rehearsal::test]
fn d_short() {
    begin("d_short");
    fail_if_told("d_short");
}

rehearsal::main!();
