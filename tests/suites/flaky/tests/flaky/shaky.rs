//! Fails at first, and passes when it is tried again.

use crate::{note_process, nth};

#[rehearsal::test(retries = 2)]
fn settles_at_once() {
    note_process("settles");
    println!("this is attempt {}", nth("settles"));
    assert!(std::fs::read(crate::directory().join("count-settles")).expect("it").len() > 1, "not yet");
}

#[rehearsal::test(retries(count = 3, backoff = "100ms..400ms"))]
async fn settles_in_the_end() {
    assert!(nth("in-the-end") > 3, "not yet");
}

#[rehearsal::test(retries = 1)]
fn never_settles() {
    panic!("attempt {} fails too", nth("never"));
}

/// Does not ask for it: `--retries` may.
#[rehearsal::test]
fn has_no_retries_of_its_own() {
    assert!(nth("no-own") > 1, "not yet");
}

#[rehearsal::test(retries = 2)]
fn is_steady() {
    assert_eq!(nth("steady"), 1, "what passes is not run again");
}
