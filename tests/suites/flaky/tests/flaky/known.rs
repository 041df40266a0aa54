//! Failures that are expected.

use std::time::Duration;

#[rehearsal::test(xfail = "the list of bugs has it")]
fn fails() {
    panic!("as ever");
}

#[rehearsal::test(xfail = "the list of bugs has it", timeout = "500ms")]
async fn hangs() {
    tokio::time::sleep(Duration::from_secs(3600)).await;
}

#[rehearsal::test(xfail = "the list of bugs has it")]
fn is_mended() {}

#[rehearsal::test(xfail = "the list of bugs has it")]
fn segfaults() {
    crate::segfault();
}

#[rehearsal::test(xfail = "the list of bugs has it")]
fn skips() {
    rehearsal::skip!("not here");
}

#[rehearsal::test]
#[case::even(2)]
#[case::odd(3; xfail = "odd numbers are not done yet")]
fn halves(number: u32) {
    assert_eq!(number % 2, 0);
}
