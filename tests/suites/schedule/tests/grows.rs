//! A trial that keeps what it takes, and one behind it.

/// Holds 128 MiB for as long as the process lives, and stays long enough to be looked at.
#[rehearsal::test]
fn a_keeps_what_it_takes() {
    std::mem::forget(std::hint::black_box(vec![1_u8; 128 << 20]));
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    println!("in process {}", std::process::id());
}

#[rehearsal::test]
fn b_comes_after_it() {
    println!("in process {}", std::process::id());
}

rehearsal::main!();
