//! Benchmarks that show what their process has: how much memory it may hold, and which threads.

#[path = "../../shared/early.rs"]
mod early;

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

/// Prints the threads of this process, the one that measures first, and is measured.
fn with_threads(runtime: rehearsal::bench::Runtime, b: &mut Bencher) {
    let name = |of: &str| std::fs::read_to_string(format!("{of}/comm")).expect("a name").trim().to_owned();
    let (own, all) = (name("/proc/thread-self"), std::fs::read_dir("/proc/self/task").expect("threads"));
    println!("measured by {own} of {} threads", all.count());
    b.to_async(runtime).iter(|| async { tokio::spawn(async {}).await });
}

/// It asks for a runtime too, which has no thread of its own.
#[rehearsal::bench]
fn alone(b: &mut Bencher) {
    with_threads(rehearsal::bench::runtime(), b);
}

#[rehearsal::bench(flavor = "multi_thread", worker_threads = 2)]
fn of_many(b: &mut Bencher) {
    with_threads(rehearsal::bench::runtime(), b);
}

#[rehearsal::bench]
fn hangs_at_the_first_thread(b: &mut Bencher) {
    println!("begins");
    b.iter(|| std::thread::sleep(std::time::Duration::from_secs(3600)));
}

/// What the end of a process runs ends it otherwise.
#[rehearsal::bench]
fn dies_as_it_ends(b: &mut Bencher) {
    struct Dies;
    impl Drop for Dies {
        fn drop(&mut self) {
            std::process::abort();
        }
    }
    thread_local!(static LATE: Dies = const { Dies });
    LATE.with(|_| b.iter(|| black_box(1)));
}

/// The same, by an exit that says that all is well.
#[rehearsal::bench]
fn exits_as_it_ends(b: &mut Bencher) {
    struct Exits;
    impl Drop for Exits {
        fn drop(&mut self) {
            std::process::exit(0);
        }
    }
    thread_local!(static LATE: Exits = const { Exits });
    LATE.with(|_| b.iter(|| black_box(1)));
}

/// A child that nobody waits for.
#[rehearsal::bench]
fn leaves_a_child(b: &mut Bencher) {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| drop(std::process::Command::new("sleep").arg("3600").spawn().expect("a child")));
    b.iter(|| black_box(1));
}

rehearsal::main!();
