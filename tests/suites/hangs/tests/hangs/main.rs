//! Each trial hangs in a function whose name the black-box tests look for.

mod actors;

use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

/// Longer than any run of the black-box tests is allowed to take.
const FOR_EVER: Duration = Duration::from_secs(3600);

#[inline(never)]
fn goes_round_and_round() {
    loop {
        std::hint::spin_loop();
    }
}

#[rehearsal::test]
fn spins() {
    println!("said before the loop");
    goes_round_and_round();
}

#[rehearsal::test]
async fn spins_in_async() {
    tokio::task::yield_now().await;
    goes_round_and_round();
}

#[inline(never)]
fn wants_what_the_first_has(wanted: &Mutex<()>) {
    drop(wanted.lock());
}

/// The trial waits for a thread of its own, and that for the trial.
#[rehearsal::test]
fn deadlocks() {
    let pair = Arc::new((Mutex::new(()), Mutex::new(())));
    let met = Arc::new(Barrier::new(2));
    let (other_pair, other_met) = (pair.clone(), met.clone());
    let other = std::thread::Builder::new().name("the second".to_owned());
    let other = other.spawn(move || {
        let _second = other_pair.1.lock();
        other_met.wait();
        wants_what_the_first_has(&other_pair.0);
    });
    let _first = pair.0.lock();
    met.wait();
    other.expect("a thread").join().expect("joined");
}

async fn waits_for_what_never_comes() {
    std::future::pending::<()>().await;
}

#[rehearsal::test]
async fn pends() {
    waits_for_what_never_comes().await;
}

#[inline(never)]
fn hears_nothing_from_its_pipe() {
    let mut ends = [0; 2];
    let mut byte = 0u8;
    // SAFETY: two descriptors fit, and then a byte does. Nobody writes into the pipe, so the call stays.
    unsafe {
        libc::pipe(ends.as_mut_ptr());
        libc::read(ends[0], (&raw mut byte).cast(), 1);
    }
}

#[rehearsal::test]
fn reads_a_silent_pipe() {
    hears_nothing_from_its_pipe();
}

/// No signal reaches this thread from now on but those that cannot be blocked.
fn block_every_signal() {
    // SAFETY: all zeros is a valid set to be filled; a thread may block what it wants.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &all, std::ptr::null_mut());
    }
}

#[rehearsal::test]
fn blocks_every_signal() {
    block_every_signal();
    std::thread::sleep(FOR_EVER);
}

#[rehearsal::test]
fn stops_its_process() {
    // SAFETY: a signal to this process.
    unsafe { libc::kill(libc::getpid(), libc::SIGSTOP) };
    std::thread::sleep(FOR_EVER);
}

/// It was interrupted in the middle of something that must not be entered twice.
#[rehearsal::test]
fn allocates_for_ever() {
    loop {
        std::hint::black_box(vec![0u8; 1024]);
    }
}

/// Deeper than what is told.
#[rehearsal::test]
fn recurses() {
    #[inline(never)]
    #[allow(unconditional_recursion)] // Which of the two it is, it finds out in the last one.
    fn goes_down(depth: u32) -> u32 {
        if depth == 0 {
            goes_round_and_round();
        }
        goes_down(depth - 1) + 1
    }
    goes_down(60);
}

rehearsal::main!();
