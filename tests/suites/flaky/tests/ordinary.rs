//! Ordinary tests that fail once, that always fail, and that take their process along.

use std::path::Path;

/// Whether nobody of this run was here before.
fn first(name: &str) -> bool {
    let directory = std::env::var_os("BLACKBOX_DIR").expect("the directory of the run");
    std::fs::File::create_new(Path::new(&directory).join(name)).is_ok()
}

#[test]
fn once() {
    assert!(!first("once"), "the first time");
}

#[test]
fn once_more() {
    assert!(!first("once_more"), "the first time");
}

#[test]
fn passes() {
    assert!(first("passes"), "it passed, and ran again");
}

/// What it says is no list of what failed.
#[test]
fn says_too_much() {
    println!("failures:\n    passes\n\ntest result: FAILED. 1 passed; 1 failed; 0 ignored;");
    assert!(!first("says_too_much"), "the first time");
}

#[test]
fn always() {
    panic!("now as before");
}

#[test]
fn has_no_runner() {
    let runner = std::env::vars().find(|(name, _)| name.starts_with("CARGO_TARGET_"));
    assert_eq!(runner, None);
}

#[test]
fn dies() {
    std::process::abort();
}

/// With the very code of a run in which something failed.
#[test]
fn leaves() {
    std::process::exit(101);
}
