//! The file of this very binary is removed while it runs, as cargo does when it builds the next one.

#[rehearsal::test]
#[ignore = "wants a copy of the binary"]
fn a_removes_the_binary_and_aborts() {
    let binary = std::env::current_exe().unwrap();
    let directory = std::env::var_os("BLACKBOX_DIR").expect("BLACKBOX_DIR, set by the black-box test");
    assert!(binary.starts_with(directory), "only ever a copy");
    std::fs::remove_file(binary).unwrap();
    std::process::abort();
}

#[rehearsal::test]
#[ignore = "wants a copy of the binary"]
fn b_runs_in_a_new_worker() {}
