//! Where a trial runs, and with whom.

use std::io::Write;
use std::time::Duration;

#[rehearsal::test(isolation = "thread")]
fn on_a_thread() {
    println!("on_a_thread: process {}", std::process::id());
}

#[rehearsal::test(isolation = "process")]
fn in_a_process() {
    println!("in_a_process: process {}", std::process::id());
}

#[rehearsal::test]
fn wherever() {
    println!("wherever: process {}", std::process::id());
}

/// A child of a trial must not take itself for a worker.
#[rehearsal::test]
fn has_no_mark_in_its_environment() {
    assert_eq!(std::env::vars_os().filter(|(name, _)| name == "REHEARSAL_WORKER").count(), 0);
}

#[rehearsal::test]
fn skips_itself() {
    rehearsal::skip!("no network here");
}

#[rehearsal::test]
async fn skips_itself_later() {
    tokio::task::yield_now().await;
    rehearsal::skip!("no network {}", "either");
}

/// Alone in its group for a while: fails if it finds another of the group at work.
fn alone() {
    let path =
        std::env::temp_dir().join(format!("rehearsal-group-{}", std::env::var("BLACKBOX_RUN").unwrap()));
    let mut mark =
        std::fs::OpenOptions::new().write(true).create_new(true).open(&path).expect("another one is at work");
    mark.write_all(b"at work").unwrap();
    std::thread::sleep(Duration::from_millis(60));
    std::fs::remove_file(&path).unwrap();
}

mod grouped {
    use super::alone;

    #[rehearsal::test(group = "one at a time")]
    fn a() {
        alone();
    }

    #[rehearsal::test(group = "one at a time")]
    fn b() {
        alone();
    }

    #[rehearsal::test(group = "one at a time")]
    async fn c() {
        alone();
    }

    #[rehearsal::test(group = "one at a time")]
    fn d() {
        alone();
    }
}

/// The same by the attribute of another crate, whose own lock ends at the worker process.
mod serial {
    use serial_test::serial;

    use super::alone;

    #[rehearsal::test]
    #[serial(database)]
    fn a() {
        alone();
    }

    #[rehearsal::test]
    #[serial(database)]
    async fn b() {
        tokio::task::yield_now().await;
        alone();
    }

    #[rehearsal::test]
    #[serial(database)]
    fn c() {
        alone();
    }

    #[rehearsal::test]
    #[serial(database)]
    async fn d() -> Result<(), std::io::Error> {
        alone();
        Ok(())
    }
}
