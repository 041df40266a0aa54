//! Trials that are worth running again and again.

use crate::{note_process, nth};

#[rehearsal::test]
fn every_seventh_fails() {
    note_process("seventh");
    let count = nth("seventh");
    println!("this is run {count}");
    assert!(!count.is_multiple_of(7), "a seventh one");
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
