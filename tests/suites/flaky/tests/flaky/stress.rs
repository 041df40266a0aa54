//! Trials that are worth running again and again.

use std::time::{Duration, Instant};

use crate::{note_process, nth, processes};

#[rehearsal::test]
fn every_seventh_fails() {
    let count = nth("seventh");
    println!("this is run {count}");
    assert!(!count.is_multiple_of(7), "a seventh one");
}

/// Passes only if another process runs it at the same time, however late that one comes.
#[rehearsal::test]
fn meets_another() {
    note_process("meeting");
    let deadline = Instant::now() + Duration::from_secs(30);
    while processes("meeting").len() < 2 {
        assert!(Instant::now() < deadline, "nobody else came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[rehearsal::test]
fn passes() {
    nth("passes");
}

#[rehearsal::test]
fn segfaults_in_the_fifth_run() {
    if nth("fifth") == 5 {
        crate::segfault();
    }
}
