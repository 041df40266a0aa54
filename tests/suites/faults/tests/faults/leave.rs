//! The trial is over, what it started is not.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Command;

/// A directory of this run, made by the black-box test.
fn of_this_run(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os("BLACKBOX_DIR").expect("BLACKBOX_DIR, set by the black-box test"))
        .join(name)
}

among_innocents! {
    mod grandchild_with_our_stdout {
        #[rehearsal::test]
        #[allow(clippy::zombie_processes)]
        fn b_leaves_it() {
            Command::new("sleep").arg("3600").spawn().unwrap();
        }
    }
}

among_innocents! {
    mod blocking_task {
        #[rehearsal::test(timeout = "20s")]
        async fn b_leaves_it() {
            let (started, is_running) = tokio::sync::oneshot::channel();
            tokio::task::spawn_blocking(move || {
                let _ = started.send(());
                std::thread::sleep(std::time::Duration::from_secs(3600));
            });
            is_running.await.unwrap();
        }
    }
}

// A grandchild that writes while the next trial runs. It has left the worker's process group, or it would be gone by
// then. With one worker: `a` starts it, `b` lets it write and waits for that, then fails, so that its output is shown.
mod writer {
    use super::*;

    #[rehearsal::test(timeout = "20s")]
    #[ignore = "wants one worker and a directory"]
    #[allow(clippy::zombie_processes)]
    fn a_starts_it() {
        let (go, done) = (of_this_run("go"), of_this_run("done"));
        assert!(Command::new("mkfifo").args([&go, &done]).status().unwrap().success());
        println!("belongs to a");
        Command::new("setsid")
            .args(["sh", "-c", "read -r _ < \"$0\"; echo LATE; echo LATE >&2; echo > \"$1\""])
            .args([&go, &done])
            .spawn()
            .unwrap();
    }

    #[rehearsal::test(timeout = "20s")]
    #[ignore = "wants one worker and a directory"]
    fn b_fails_meanwhile() {
        println!("belongs to b");
        OpenOptions::new().write(true).open(of_this_run("go")).unwrap().write_all(b"\n").unwrap();
        let mut answer = Vec::new();
        OpenOptions::new().read(true).open(of_this_run("done")).unwrap().read_to_end(&mut answer).unwrap();
        panic!("so that its output is shown");
    }

    #[rehearsal::test]
    #[ignore = "wants one worker and a directory"]
    fn c_after() {}
}
