//! Trials whose lines are counted: which ran, and how often, is the same wherever they ran.

use std::hint::black_box;

fn sum(to: u64) -> u64 {
    let mut sum = 0;
    for n in 1..=to {
        sum += n;
    }
    sum
}

fn of_many(n: u64) -> u64 {
    if n.is_multiple_of(2) {
        return black_box(n / 2);
    }
    black_box(3 * n + 1)
}

fn only_before_the_end(n: u64) -> u64 {
    black_box(n) + 1
}

fn never(n: u64) -> u64 {
    black_box(n) + 2
}

#[rehearsal::test]
fn green_plain() {
    assert_eq!(sum(10), 55);
}

#[rehearsal::test]
async fn green_async() {
    assert_eq!(sum(100), 5050);
    if black_box(false) {
        never(1);
    }
}

#[rehearsal::test]
fn green_many(#[values(1, 2, 3, 4, 5, 6, 7)] n: u64) {
    assert!(of_many(n) > 0);
}

#[rehearsal::test]
fn green_on_a_thread() {
    assert_eq!(std::thread::spawn(|| sum(3)).join().expect("no panic"), 6);
}

#[rehearsal::test]
fn green_elsewhere() {
    std::env::set_current_dir("/").expect("a directory");
    assert_eq!(sum(4), 10);
}

#[rehearsal::test]
#[ignore = "it ends its process"]
fn red_1_before() {
    assert_eq!(only_before_the_end(1), 2);
}

#[rehearsal::test]
#[ignore = "it ends its process"]
fn red_2_aborts() {
    std::process::abort();
}

#[rehearsal::test]
#[ignore = "it ends its process"]
fn red_3_before() {
    assert_eq!(only_before_the_end(2), 3);
}

#[rehearsal::test(timeout = "300ms")]
#[ignore = "it ends its process"]
fn red_4_hangs() {
    std::thread::sleep(std::time::Duration::from_secs(600));
}

#[rehearsal::test]
#[ignore = "it ends its process"]
fn red_5_leaves() {
    only_before_the_end(3);
    std::process::exit(0);
}

rehearsal::main!();
