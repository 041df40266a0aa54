//! Processes that a trial makes of its own.

among_innocents! {
    mod child_exits_with_zero {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            // SAFETY: the copy ends at once.
            let copy = unsafe { libc::fork() };
            assert!(copy >= 0);
            if copy == 0 {
                std::process::exit(0);
            }
            // SAFETY: waits for the copy, with nowhere to put its status.
            unsafe { libc::waitpid(copy, std::ptr::null_mut(), 0) };
            panic!("the one that counts");
        }
    }
}

among_innocents! {
    mod parent_exits_and_child_returns {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            // SAFETY: what the copy does with one thread of many is the question here.
            let copy = unsafe { libc::fork() };
            assert!(copy >= 0);
            if copy > 0 {
                // SAFETY: has no precondition.
                unsafe { libc::_exit(0) };
            }
        }
    }
}

among_innocents! {
    mod daemon {
        #[rehearsal::test(timeout = "20s")]
        fn fault() {
            // SAFETY: the copy does nothing but sleep, the parent ends with 0.
            unsafe { libc::daemon(0, 0) };
            std::thread::sleep(std::time::Duration::from_secs(3600));
        }
    }
}

among_innocents! {
    mod new_session {
        #[rehearsal::test(timeout = "20s")]
        fn harmless() {
            // SAFETY: fails where this process leads its group already, and does nothing then.
            unsafe {
                libc::setpgid(0, libc::getppid());
                libc::setsid();
            }
        }
    }
}
