//! A shop's suite: what the pictures show happens in it.

use std::thread;
use std::time::Duration;

mod cart {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Receipt {
        items: Vec<&'static str>,
        total_cents: u32,
        coupon: Option<&'static str>,
    }

    #[rehearsal::test]
    fn starts_empty() {
        thread::sleep(Duration::from_millis(12));
    }

    #[rehearsal::test]
    async fn takes_items() {
        tokio::time::sleep(Duration::from_millis(35)).await;
    }

    #[rehearsal::test]
    fn prints_a_receipt() {
        println!("printing 2 items");
        let printed = Receipt { items: vec!["tea", "milk"], total_cents: 460, coupon: None };
        let expected = Receipt { items: vec!["tea", "milk"], total_cents: 414, coupon: Some("TEN") };
        assert_eq!(printed, expected);
    }
}

mod store {
    use super::*;

    #[rehearsal::test(tags("db"), group = "database")]
    fn reads() {
        thread::sleep(Duration::from_millis(60));
    }

    #[rehearsal::test(tags("db"), group = "database")]
    fn writes() {
        thread::sleep(Duration::from_millis(80));
    }

    #[rehearsal::test(tags("db", "slow"), group = "database")]
    fn migrates() {
        thread::sleep(Duration::from_millis(240));
    }
}

mod price {
    use std::sync::atomic::{AtomicBool, Ordering};

    static IN_EUROS: AtomicBool = AtomicBool::new(false);

    #[rehearsal::test]
    fn a_switches_to_euros() {
        IN_EUROS.store(true, Ordering::SeqCst);
    }

    #[rehearsal::test]
    fn b_rounds() {}

    #[rehearsal::test(retries = 1)]
    fn shows_dollars() {
        assert!(!IN_EUROS.load(Ordering::SeqCst), "€ 4.14 where $ 4.14 was expected");
    }
}

mod mail {
    #[rehearsal::test(timeout = "1s")]
    fn waits_for_an_answer() {
        let (_asked, answer) = std::sync::mpsc::channel::<()>();
        println!("asked, and waiting");
        answer.recv().expect("an answer");
    }
}

mod careless {
    use super::*;

    #[rehearsal::test]
    fn changes_the_directory() {
        std::env::set_current_dir("/").expect("there is one");
    }

    #[rehearsal::test]
    fn leaves_a_thread() {
        let thread = thread::Builder::new().name("poller".to_owned());
        thread.spawn(|| thread::sleep(Duration::from_secs(60))).expect("a thread");
    }

    #[rehearsal::test]
    async fn leaves_a_task() {
        tokio::spawn(std::future::pending::<()>());
    }

    #[rehearsal::test]
    fn exits_early() {
        std::process::exit(0);
    }
}

mod delivery {
    use super::*;

    #[rehearsal::test(ignore = "forty that only wait")]
    async fn arrives(#[values(0, 1, 2, 3, 4, 5, 6, 7)] van: u32, #[values(1, 2, 3, 4, 5)] day: u32) {
        assert!(van < 8 && day < 6);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

rehearsal::main!();
