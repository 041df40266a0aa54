//! A panic beside the trial's own thread.

among_innocents! {
    mod panics_in_a_task {
        #[rehearsal::test]
        async fn fault() {
            let task = tokio::spawn(async { panic!("in a detached task") });
            while !task.is_finished() {
                tokio::task::yield_now().await;
            }
        }
    }
}

among_innocents! {
    mod panics_in_a_task_elsewhere {
        #[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
        async fn fault() {
            let task = tokio::spawn(async { panic!("in a task of another thread") });
            while !task.is_finished() {
                tokio::task::yield_now().await;
            }
        }
    }
}

among_innocents! {
    mod panics_in_a_thread {
        #[rehearsal::test]
        fn fault() {
            let _ = std::thread::spawn(|| panic!("in a detached thread")).join();
        }
    }
}

among_innocents! {
    mod may_panic_in_a_task {
        #[rehearsal::test(task_panic = "allow")]
        async fn harmless() {
            let task = tokio::spawn(async { panic!("in a task that may") });
            while !task.is_finished() {
                tokio::task::yield_now().await;
            }
        }
    }
}

among_innocents! {
    mod may_panic_in_a_thread {
        #[rehearsal::test(task_panic = "allow")]
        fn harmless() {
            let _ = std::thread::spawn(|| panic!("in a thread that may")).join();
        }
    }
}
