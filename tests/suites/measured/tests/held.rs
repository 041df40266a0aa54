//! Benchmarks that show how much memory their process may hold, and one that wants more.

use std::hint::black_box;

use rehearsal::bench::Bencher;

/// Prints the limit, and is measured.
fn shown(b: &mut Bencher) {
    let limits = std::fs::read_to_string("/proc/self/limits").expect("limits");
    let line = limits.lines().find(|line| line.starts_with("Max data size")).expect("one of memory");
    println!("may hold {}", line.split_whitespace().nth(3).expect("a number"));
    b.iter(|| black_box(1));
}

#[rehearsal::bench]
fn as_all(b: &mut Bencher) {
    shown(b);
}

#[rehearsal::bench(memory = "5GiB")]
fn more(b: &mut Bencher) {
    shown(b);
}

#[rehearsal::bench(memory = "100MiB")]
fn grows_beyond_its_own(b: &mut Bencher) {
    let mut kept = Vec::new();
    b.iter(|| {
        loop {
            kept.push(black_box(vec![1_u8; 1 << 20]));
        }
    });
}

rehearsal::main!();
