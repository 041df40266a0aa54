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

// Where these wait, for builds whose debug information has no names of functions.
const WAITS_FOR_A_WORD: u32 = line!() + 4;
async fn waits_for_a_word() {
    let (word, waiting) = oneshot::channel();
    *WORD.lock().unwrap_or_else(PoisonError::into_inner) = Some(word);
    waiting.await.expect("the word");
}

const SLEEPS_FOR_EVER: u32 = line!() + 2;
async fn sleeps_for_ever() {
    tokio::time::sleep(Duration::from_secs(3600)).await;
}

fn tells(told: &str, line: u32) -> bool {
    told.contains(&format!("src/harness/trial/dump/tests.rs:{line}:"))
}

const KNOWN: bool = cfg!(all(tokio_unstable, feature = "taskdump"));

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
        while !waits() || (KNOWN && !tells(&told, SLEEPS_FOR_EVER) && Instant::now() < until) {
            told = inside_of(entry.name()).1;
            std::thread::yield_now();
        }
        if KNOWN {
            assert!(told.starts_with("waits for:\n  the test itself\n"), "{told}");
            assert!(tells(&told, WAITS_FOR_A_WORD), "{told}");
            assert!(tells(&told, SLEEPS_FOR_EVER), "{told}");
        } else {
            assert_eq!(told, "", "tokio does not tell");
        }
        let word = WORD.lock().unwrap_or_else(PoisonError::into_inner).take();
        word.expect("it waits").send(()).expect("it waits still");
        assert_eq!(running.join().expect("it ran").verdict, Verdict::Passed, "{flavor:?}");
    }
}
