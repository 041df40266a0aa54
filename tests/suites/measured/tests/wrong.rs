//! Benchmarks that go wrong, each in its way.

use std::hint::black_box;
use std::time::Duration;

use rehearsal::bench::Bencher;

#[rehearsal::bench]
fn panics(b: &mut Bencher) {
    b.iter(|| black_box(1));
    panic!("the bench itself failed");
}

#[rehearsal::bench]
fn panics_inside(b: &mut Bencher) {
    b.iter(|| assert!(black_box(false), "one iteration failed"));
}

#[rehearsal::bench(timeout = "2s")]
fn hangs(b: &mut Bencher) {
    b.iter(|| std::thread::sleep(Duration::from_secs(3600)));
}

#[rehearsal::bench]
fn returns_at_once(_: &mut Bencher) {}

#[rehearsal::bench]
fn takes_no_time(b: &mut Bencher) {
    b.iter_custom(|_| Duration::ZERO);
}

#[rehearsal::bench]
fn grows(b: &mut Bencher) {
    let mut kept = Vec::new();
    b.iter(|| {
        loop {
            kept.push(black_box(vec![1_u8; 1 << 20]));
        }
    });
}

#[rehearsal::bench]
fn exits(_: &mut Bencher) {
    std::process::exit(0);
}

#[rehearsal::bench]
fn goes_well(b: &mut Bencher) {
    b.iter(|| black_box(1));
}

#[rehearsal::test]
fn a_test() {}

rehearsal::main!();
