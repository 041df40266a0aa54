//! Signals that are ignored or blocked, and a tracer that knows nothing of it: with `PTRACE_TRACEME` each signal stops the
//! thread, and the dead thread stays until the tracer takes note.

among_innocents! {
    mod ignores_sigchld_and_crashes {
        #[rehearsal::test]
        fn fault() {
            // SAFETY: ignoring a signal is always allowed.
            unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
            std::process::abort();
        }
    }
}

among_innocents! {
    mod blocks_everything_and_hangs {
        #[rehearsal::test(timeout = "1s")]
        fn fault() {
            // SAFETY: the mask of this thread.
            unsafe {
                let mut all = std::mem::zeroed();
                libc::sigfillset(&mut all);
                libc::pthread_sigmask(libc::SIG_BLOCK, &all, std::ptr::null_mut());
            }
            std::thread::sleep(std::time::Duration::from_secs(3600));
        }
    }
}

among_innocents! {
    mod is_traced_and_stops {
        #[rehearsal::test(timeout = "1s")]
        fn fault() {
            // SAFETY: the parent becomes the tracer, which knows nothing of it.
            unsafe {
                libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0);
                libc::raise(libc::SIGSTOP);
            }
            std::thread::sleep(std::time::Duration::from_secs(3600));
        }
    }
}

among_innocents! {
    mod is_traced_and_returns {
        #[rehearsal::test(timeout = "20s")]
        fn harmless() {
            // SAFETY: the parent becomes the tracer, which knows nothing of it.
            unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) };
        }
    }
}

among_innocents! {
    mod is_traced_and_aborts {
        #[rehearsal::test(timeout = "1s")]
        fn fault() {
            // SAFETY: the parent becomes the tracer, which knows nothing of it.
            unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) };
            std::process::abort();
        }
    }
}
