//! The trial's process comes to an end, or its thread does.

among_innocents! {
    mod panics {
        #[rehearsal::test]
        fn fault() {
            panic!("plain text");
        }
    }
}

among_innocents! {
    mod panics_later {
        #[rehearsal::test]
        async fn fault() {
            tokio::task::yield_now().await;
            panic!("after an await");
        }
    }
}

among_innocents! {
    mod panics_with_a_number {
        #[rehearsal::test]
        fn fault() {
            std::panic::panic_any(42_u32);
        }
    }
}

/// A panic payload that panics when it is dropped.
struct Spiteful;

impl Drop for Spiteful {
    fn drop(&mut self) {
        panic!("the payload panics as well");
    }
}

among_innocents! {
    mod panics_with_a_bomb {
        #[rehearsal::test]
        fn fault() {
            std::panic::panic_any(Spiteful);
        }
    }
}

among_innocents! {
    mod panics_while_panicking {
        #[rehearsal::test]
        fn fault() {
            let _second = Spiteful;
            panic!("the first of two");
        }
    }
}

among_innocents! {
    mod aborts {
        #[rehearsal::test]
        fn fault() {
            println!("said before the end");
            std::process::abort();
        }
    }
}

among_innocents! {
    mod segfaults {
        #[rehearsal::test]
        fn fault() {
            let nowhere = std::hint::black_box(64_usize) as *mut u32;
            // SAFETY: none, and that is what is wanted.
            unsafe { nowhere.write_volatile(1) };
        }
    }
}

/// Uses up the stack, a kilobyte a call.
fn dig(depth: u64) -> u64 {
    let ballast = std::hint::black_box([depth; 128]);
    if depth == u64::MAX { 0 } else { dig(depth + 1) + ballast[(depth % 128) as usize] }
}

among_innocents! {
    mod overflows_its_stack {
        #[rehearsal::test]
        fn fault() {
            std::hint::black_box(dig(0));
        }
    }
}

among_innocents! {
    mod overflows_its_stack_later {
        #[rehearsal::test]
        async fn fault() {
            std::hint::black_box(dig(0));
        }
    }
}

among_innocents! {
    mod exits_with_zero {
        #[rehearsal::test]
        fn fault() {
            std::process::exit(0);
        }
    }
}

among_innocents! {
    mod exits_with_three {
        #[rehearsal::test]
        async fn fault() {
            std::process::exit(3);
        }
    }
}

among_innocents! {
    mod exits_from_another_thread {
        #[rehearsal::test]
        fn fault() {
            std::thread::spawn(|| std::process::exit(0)).join().unwrap();
        }
    }
}

among_innocents! {
    mod leaves_without_a_word {
        #[rehearsal::test]
        fn fault() {
            // SAFETY: `_exit` has no precondition.
            unsafe { libc::_exit(0) };
        }
    }
}

among_innocents! {
    mod kills_itself {
        #[rehearsal::test]
        fn fault() {
            // SAFETY: a signal to this process.
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
    }
}

among_innocents! {
    mod is_killed_from_outside {
        #[rehearsal::test]
        fn fault() {
            let kill = format!("kill -KILL {}", std::process::id());
            let _ = std::process::Command::new("sh").args(["-c", &kill]).status();
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
    }
}

among_innocents! {
    mod is_told_to_terminate {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            // SAFETY: the default action for a signal to this process.
            unsafe {
                libc::signal(libc::SIGTERM, libc::SIG_DFL);
                libc::kill(libc::getpid(), libc::SIGTERM);
            }
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
    }
}

thread_local! {
    static BOMB: Spiteful = const { Spiteful };
}

among_innocents! {
    mod panics_as_its_thread_ends {
        #[rehearsal::test]
        fn fault() {
            BOMB.with(|_| ());
        }
    }
}

/// Puts another program in this one's place.
fn turn_into(program: &str) {
    use std::os::unix::process::CommandExt;
    let error = std::process::Command::new("sh").args(["-c", program]).exec();
    panic!("{error}");
}

among_innocents! {
    mod becomes_another_program {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            turn_into("exit 0");
        }
    }
}

among_innocents! {
    mod becomes_another_program_that_stays {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            turn_into("exec sleep 3600");
        }
    }
}

// Both of the two processes leave the trial's function: only one of them is the worker.
among_innocents! {
    mod forks_and_returns_twice {
        #[rehearsal::test(timeout = "20s")]
        fn harmless() {
            // SAFETY: what the copy does with one thread of many is the question here.
            let copy = unsafe { libc::fork() };
            assert!(copy >= 0, "{}", std::io::Error::last_os_error());
            if copy > 0 {
                // SAFETY: waits for the copy, with nowhere to put its status.
                unsafe { libc::waitpid(copy, std::ptr::null_mut(), 0) };
            }
        }

        /// In one process, and there once: a copy of the worker must not run what waits in the mailbox.
        #[rehearsal::test]
        fn n_runs_once() {
            println!("forks_and_returns_twice: n_runs_once");
        }
    }
}

among_innocents! {
    mod survives_its_own_panic {
        #[rehearsal::test]
        fn harmless() {
            let caught = std::panic::catch_unwind(|| panic!("caught on the trial's own thread"));
            assert!(caught.is_err());
        }
    }
}
