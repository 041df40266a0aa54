//! A suite whose manifest forgot `harness = false`.

// By this name libtest's attribute is hidden from whoever says `#[test]`.
use rehearsal::test;

#[test]
fn never_runs() {
    panic!("libtest does not know it");
}

rehearsal::main!();
