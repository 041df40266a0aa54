//! A trial that waits is asked what for, from another thread, and goes on afterwards.

use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::super::{TrialSettings, inside_of, run_here};
use crate::harness::outcome::Verdict;
use crate::harness::registry::{Body, Entry, Flavor, Options, RuntimeSpec};

/// Ends the wait of the trial that runs now.
static WORD: Mutex<Option<oneshot::Sender<()>>> = Mutex::new(None);

async fn waits_for_a_word() {
    let (word, waiting) = oneshot::channel();
    *WORD.lock().unwrap_or_else(PoisonError::into_inner) = Some(word);
    waiting.await.expect("the word");
}

async fn sleeps_for_ever() {
    tokio::time::sleep(Duration::from_secs(3600)).await;
}

const KNOWN: bool = cfg!(all(tokio_unstable, feature = "taskdump", target_os = "linux"));

#[rehearsal::test]
fn what_a_trial_and_its_tasks_wait_for_is_told_and_they_go_on() {
    let body = Body::Async(|with| {
        with(pin!(async {
            let task = tokio::spawn(sleeps_for_ever());
            waits_for_a_word().await;
            task.abort();
        }))
    });
    for flavor in [Flavor::CurrentThread, Flavor::MultiThread] {
        let options = Options { runtime: RuntimeSpec { flavor, ..Options::NONE.runtime }, ..Options::NONE };
        let entry: &'static Entry =
            Box::leak(Box::new(Entry::new("suite::dump::waits", "src/dump.rs", (7, 4), body).with(options)));
        let running = std::thread::spawn(move || run_here(entry, &TrialSettings::default()));
        let until = Instant::now() + Duration::from_secs(30);
        let mut told = String::new();
        let waits = || WORD.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        while !waits() || (KNOWN && !told.contains("sleeps_for_ever") && Instant::now() < until) {
            told = inside_of(entry.name()).1;
            std::thread::yield_now();
        }
        if KNOWN {
            assert!(told.starts_with("waits for:\n  the test itself\n"), "{told}");
            assert!(told.contains("waits_for_a_word"), "{told}");
            assert!(told.contains("sleeps_for_ever"), "{told}");
        } else {
            assert_eq!(told, "", "tokio does not tell");
        }
        let word = WORD.lock().unwrap_or_else(PoisonError::into_inner).take();
        word.expect("it waits").send(()).expect("it waits still");
        assert_eq!(running.join().expect("it ran").verdict, Verdict::Passed, "{flavor:?}");
    }
}
