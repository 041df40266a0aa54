//! The trial does not come to an end.

use std::time::Duration;

/// Longer than any run of the black-box tests is allowed to take.
const FOR_EVER: Duration = Duration::from_secs(3600);

among_innocents! {
    mod busy {
        #[rehearsal::test(timeout = "1s")]
        fn fault() {
            println!("said before the loop");
            loop {
                std::hint::spin_loop();
            }
        }
    }
}

among_innocents! {
    mod busy_later {
        #[rehearsal::test(timeout = "1s")]
        async fn fault() {
            loop {
                std::hint::spin_loop();
            }
        }
    }
}

among_innocents! {
    mod sleeps {
        #[rehearsal::test(timeout = "1s")]
        fn fault() {
            std::thread::sleep(FOR_EVER);
        }
    }
}

among_innocents! {
    mod sleeps_in_async {
        #[rehearsal::test(timeout = "1s")]
        async fn fault() {
            std::thread::sleep(FOR_EVER);
        }
    }
}

among_innocents! {
    mod sleeps_past_its_time_and_returns {
        #[rehearsal::test(timeout = "500ms")]
        async fn fault() {
            std::thread::sleep(Duration::from_secs(2));
        }
    }
}

among_innocents! {
    mod waits_for_nothing {
        #[rehearsal::test(timeout = "1s")]
        async fn fault() {
            std::future::pending::<()>().await;
        }
    }
}

among_innocents! {
    mod waits_for_nothing_on_many_threads {
        #[rehearsal::test(timeout = "1s", flavor = "multi_thread", worker_threads = 2)]
        async fn fault() {
            tokio::spawn(async { std::thread::sleep(FOR_EVER) });
            std::future::pending::<()>().await;
        }
    }
}

among_innocents! {
    mod deadlocks {
        #[rehearsal::test(timeout = "1s")]
        fn fault() {
            let pair = std::sync::Arc::new((std::sync::Mutex::new(()), std::sync::Mutex::new(())));
            let met = std::sync::Arc::new(std::sync::Barrier::new(2));
            let (other_pair, other_met) = (pair.clone(), met.clone());
            let other = std::thread::spawn(move || {
                let _second = other_pair.1.lock();
                other_met.wait();
                let _first = other_pair.0.lock();
            });
            let _first = pair.0.lock();
            met.wait();
            let _second = pair.1.lock();
            other.join().unwrap();
        }
    }
}

among_innocents! {
    mod stops_itself {
        #[rehearsal::test(timeout = "1s")]
        fn fault() {
            // SAFETY: a signal to this process.
            unsafe { libc::kill(libc::getpid(), libc::SIGSTOP) };
            std::thread::sleep(FOR_EVER);
        }
    }
}

among_innocents! {
    mod ignores_sigterm {
        #[rehearsal::test(timeout = "1s")]
        fn fault() {
            // SAFETY: ignoring a signal is always allowed.
            unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
            std::thread::sleep(FOR_EVER);
        }
    }
}

among_innocents! {
    mod leaves_its_process_group {
        #[rehearsal::test(timeout = "1s")]
        fn fault() {
            // SAFETY: fails where this process leads its group already, and does nothing then.
            unsafe {
                libc::setpgid(0, libc::getppid());
                libc::setsid();
            }
            std::thread::sleep(FOR_EVER);
        }
    }
}
