//! Panic hooks, which all code of a process shares: another one is no reason to miss a panic.

among_innocents! {
    mod that_panics {
        #[rehearsal::test]
        fn fault() {
            std::panic::set_hook(Box::new(|_| panic!("in the hook")));
            panic!("outside of it");
        }
    }
}

/// Two panics beside a trial that returns, and one of its own: all of them after this one has done its work.
macro_rules! after {
    (mod $name:ident { $($before:tt)* }) => {
        mod $name {
            #[rehearsal::test]
            fn a_first() {
                $($before)*
            }

            #[rehearsal::test]
            async fn b_panics_in_a_task() {
                let _ = tokio::spawn(async { panic!("in a task") }).await;
            }

            #[rehearsal::test]
            fn c_panics_in_a_thread() {
                let _ = std::thread::spawn(|| panic!("in a thread")).join();
            }

            #[rehearsal::test]
            fn d_panics() {
                panic!("by itself");
            }

            #[rehearsal::test]
            fn e_passes() {}
        }
    };
}

after! {
    mod replaced {
        std::panic::set_hook(Box::new(|_| ()));
    }
}

after! {
    mod taken {
        drop(std::panic::take_hook());
    }
}

after! {
    mod put_over_it {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| previous(info)));
    }
}

after! {
    mod replaced_twice {
        std::panic::set_hook(Box::new(|_| ()));
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| ()));
        std::panic::set_hook(previous);
    }
}

// It is gone by the time its thread has ended, and may not be put back by a thread that panics.
after! {
    mod lost_in_a_panic {
        let caught = std::panic::catch_unwind(|| {
            let _hook = std::panic::take_hook();
            panic!("and the hook goes with it");
        });
        assert!(caught.is_err());
    }
}

/// The very trial that has another hook panics beside itself.
#[rehearsal::test]
async fn silent() {
    std::panic::set_hook(Box::new(|_| ()));
    let _ = tokio::spawn(async { panic!("in a task") }).await;
}
