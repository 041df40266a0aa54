//! First attempts that end badly.

use std::time::Duration;

use crate::nth;

#[rehearsal::test(retries = 1)]
fn a_before() {}

#[rehearsal::test(retries = 1)]
fn aborts_once() {
    if nth("abort") == 1 {
        std::process::abort();
    }
}

#[rehearsal::test(retries = 1)]
fn exits_once() {
    if nth("exit") == 1 {
        std::process::exit(0);
    }
}

// Long enough for the attempt that does not hang.
#[rehearsal::test(retries = 1, timeout = "2s")]
fn hangs_once() {
    if nth("hang") == 1 {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

#[rehearsal::test(retries = 1, timeout = "500ms")]
async fn hangs_twice() {
    std::future::pending::<()>().await;
}

#[rehearsal::test(retries = 1)]
async fn leaks_once() {
    if nth("leak") == 1 {
        tokio::spawn(std::future::pending::<()>());
    }
}

#[rehearsal::test(retries = 2)]
fn segfaults_twice() {
    println!("before the end");
    if nth("segv") < 3 {
        crate::segfault();
    }
}

/// What the first attempt leaves behind is gone before the next one.
#[rehearsal::test(retries = 1)]
fn leaves_a_child_and_fails() {
    let first = nth("child") == 1;
    if first {
        std::process::Command::new("sleep").arg("3600").spawn().expect("sleep");
    }
    assert!(!first, "with a child left");
}

#[rehearsal::test(retries = 3)]
fn skips_after_a_failure() {
    if nth("skip") > 1 {
        rehearsal::skip!("had enough");
    }
    panic!("this is what counts");
}

#[rehearsal::test(retries = 1)]
fn z_after() {}

/// Twice this is more than the limit of one.
#[rehearsal::test(ignore, retries = 1, timeout = "6s")]
fn takes_its_time_twice() {
    std::thread::sleep(Duration::from_millis(3_200));
    assert_eq!(nth("time"), 2, "not yet");
}
