//! Ends of a process in places where nobody expects them.

struct Exits;

impl Drop for Exits {
    fn drop(&mut self) {
        std::process::exit(0);
    }
}

struct Aborts;

impl Drop for Aborts {
    fn drop(&mut self) {
        std::process::abort();
    }
}

struct Leaves;

impl Drop for Leaves {
    fn drop(&mut self) {
        leave();
    }
}

thread_local! {
    static ABORTS: Aborts = const { Aborts };
    static EXITS: Exits = const { Exits };
    static LEAVES: Leaves = const { Leaves };
}

among_innocents! {
    mod aborts_as_its_thread_ends {
        #[rehearsal::test]
        fn fault() {
            ABORTS.with(|_| ());
        }
    }
}

among_innocents! {
    mod exits_as_its_thread_ends {
        /// The outcome is on its way by then: it is the run that is red, and names this one.
        #[rehearsal::test]
        fn last() {
            EXITS.with(|_| ());
        }
    }
}

among_innocents! {
    mod leaves_as_its_thread_ends {
        #[rehearsal::test]
        fn last() {
            LEAVES.with(|_| ());
        }
    }
}

among_innocents! {
    mod exits_as_its_runtime_ends {
        #[rehearsal::test]
        async fn fault() {
            let exits = Exits;
            tokio::spawn(async move {
                let _exits = exits;
                std::future::pending::<()>().await;
            });
            tokio::task::yield_now().await;
        }
    }
}

among_innocents! {
    mod exits_in_a_panic {
        #[rehearsal::test]
        async fn fault() {
            let _exits = Exits;
            panic!("and then it exits");
        }
    }
}

/// Uses up the stack, a kilobyte a call.
fn dig(depth: u64) -> u64 {
    let ballast = std::hint::black_box([depth; 128]);
    if depth == u64::MAX { 0 } else { dig(depth + 1) + ballast[(depth % 128) as usize] }
}

among_innocents! {
    mod overflows_the_stack_of_another_thread {
        #[rehearsal::test]
        fn fault() {
            let _ = std::thread::spawn(|| std::hint::black_box(dig(0))).join();
        }
    }
}

among_innocents! {
    mod overflows_the_stack_of_a_task {
        #[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
        async fn fault() {
            let _ = tokio::spawn(async { std::hint::black_box(dig(0)) }).await;
        }
    }
}

among_innocents! {
    mod needs_more_memory_than_there_is {
        #[rehearsal::test]
        fn fault() {
            let limit = libc::rlimit { rlim_cur: 1 << 20, rlim_max: 1 << 20 };
            // SAFETY: a limit of this process.
            unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) };
            let mut all = Vec::new();
            loop {
                all.push(vec![1_u8; 1 << 16]);
            }
        }
    }
}

extern "C" fn leave() {
    // SAFETY: has no precondition.
    unsafe { libc::_exit(0) };
}

among_innocents! {
    mod exits_at_exit {
        #[rehearsal::test]
        fn harmless() {
            // SAFETY: registers a function that lives as long as the program.
            unsafe { libc::atexit(leave) };
        }
    }
}
