//! What one trial changes for the next in its process.

use std::time::Duration;

fn stay() {
    std::thread::sleep(Duration::from_secs(3600));
}

#[rehearsal::test]
#[ignore = "wants one worker"]
fn a_moves() {
    std::env::set_current_dir("/").unwrap();
}

#[rehearsal::test]
#[ignore = "wants one worker"]
fn b_finds_the_directory_as_it_was() {
    assert_eq!(
        std::env::current_dir().unwrap(),
        std::path::Path::new(&std::env::var("BLACKBOX_DIR").unwrap())
    );
}

#[rehearsal::test]
#[ignore = "wants one worker"]
fn c_sets_a_variable() {
    // SAFETY: no other thread of this process reads the environment meanwhile.
    unsafe { std::env::set_var("LEFT_BY_C", "1") };
    // SAFETY: as above.
    unsafe { std::env::remove_var("BLACKBOX_DIR") };
}

#[rehearsal::test]
#[ignore = "wants one worker"]
fn d_finds_the_variables_as_they_were() {
    assert!(std::env::var_os("LEFT_BY_C").is_none());
    assert!(std::env::var_os("BLACKBOX_DIR").is_some());
}

#[rehearsal::test]
#[ignore = "wants one worker"]
fn e_leaves_a_thread() {
    std::thread::Builder::new().name("stays".to_owned()).spawn(stay).unwrap();
}

/// A thread that was joined is no change, one that is left by the trial before is not this one's; and what was put back
/// is as it was.
#[rehearsal::test]
#[ignore = "wants one worker"]
fn f_cleans_up() {
    std::thread::spawn(|| ()).join().unwrap();
    let directory = std::env::current_dir().unwrap();
    std::env::set_current_dir("/").unwrap();
    std::env::set_current_dir(directory).unwrap();
    let value = std::env::var_os("BLACKBOX_DIR").unwrap();
    // SAFETY: no other thread of this process reads the environment meanwhile.
    unsafe { std::env::set_var("BLACKBOX_DIR", value) };
}

#[rehearsal::test(leaks = "allow")]
#[ignore = "wants one worker"]
fn g_may_leave_a_thread() {
    std::thread::Builder::new().name("allowed".to_owned()).spawn(stay).unwrap();
}

#[rehearsal::test]
#[ignore = "wants one worker"]
fn h_is_not_told_of_it() {
    std::thread::sleep(Duration::from_millis(1));
}
