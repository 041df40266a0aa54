//! What the test kit's guard and waits make of a trial, and where they place what they say.

use std::pin::pin;
use std::time::Duration;

use crate::harness::outcome::Verdict;
use crate::harness::registry::{Body, Entry, Leaks, Options, ShouldPanic};
use crate::harness::trial::{Attempt, TrialSettings, run_here};
use crate::testkit::{self, Probed, clean};

struct Idle;

#[rehearsal::actor]
impl Idle {
    #[start]
    fn new() -> Idle {
        Idle
    }

    #[command]
    fn note(&mut self) {}

    #[command]
    fn fail(&mut self) {
        panic!("told to");
    }
}

fn attempt_with(body: Body, options: Options) -> Attempt {
    let entry: &'static Entry =
        Box::leak(Box::new(Entry::new("suite::body", "src/suite.rs", (7, 4), body).with(options)));
    std::thread::spawn(move || run_here(entry, &TrialSettings::default()))
        .join()
        .expect("run_here never panics")
}

fn message(attempt: Attempt) -> String {
    match attempt.verdict {
        Verdict::Failed { message } => message,
        other => panic!("expected a failure, got {other:?}"),
    }
}

macro_rules! body {
    ($($code:tt)*) => { Body::Async(|with| with(pin!(async { $($code)* }))) };
}

/// Loses so many messages.
async fn lose(count: usize) {
    let idle = Idle::spawn().name("gone").await.expect("an actor");
    idle.stop().await.expect("stopped");
    for _ in 0..count {
        assert!(idle.note().tell().is_err());
    }
}

/// Its end comes only after who spawned it has let go of it.
async fn fail_unheard() {
    let failing = Idle::spawn().name("failing").await.expect("an actor");
    failing.fail().tell().expect("room");
    failing.note().tell().expect("room");
}

fn holds(body: Body) {
    let attempt = attempt_with(body, Options::NONE);
    assert_eq!(attempt.verdict, Verdict::Passed);
}

#[rehearsal::test(task_panic = "allow")]
fn what_was_said_to_be_lost_may_be() {
    holds(body! { let _clean = clean(); });
    holds(body! { let _clean = clean().letters(2); lose(2).await; });
    holds(body! { let _clean = clean().letters(..=3).failures(..=1); lose(2).await; });
    holds(body! { let _clean = clean().letters(2..); lose(2).await; });
    holds(body! { let _clean = clean().letters(..); lose(200).await; });
    holds(body! { let _clean = clean().letters(1..=2); lose(2).await; });
    // Counted once the actor has ended, which it has not where the guard is dropped.
    holds(body! { let _clean = clean().failures(1).letters(1); fail_unheard().await; });
    holds(Body::Sync(|| drop(clean())));
}

#[rehearsal::test(task_panic = "allow")]
fn more_and_fewer_than_were_said_are_told() {
    let more =
        message(attempt_with(body! { let _clean = clean().letters(1); lose(2).await; }, Options::NONE));
    let line = line!() - 1;
    assert!(more.starts_with(&format!("panicked at {}:{line}:", file!())), "{more}");
    assert!(more.contains("the test is not clean at"), "{more}");
    assert!(more.contains("dead letters: 1 expected, and there are 2\n  dead letter: `note`"), "{more}");
    let fewer = body! { let _clean = clean().letters(3..=4).failures(1..); lose(2).await; };
    let fewer = message(attempt_with(fewer, Options::NONE));
    assert!(fewer.contains("unheard failures: at least 1 expected, and there are 0"), "{fewer}");
    assert!(fewer.contains("dead letters: 3 to 4 expected, and there are 2"), "{fewer}");
    let late = message(attempt_with(body! { let _clean = clean(); fail_unheard().await; }, Options::NONE));
    assert!(late.contains("failed, and nobody noticed: actor `failing` (Idle), spawned at"), "{late}");
    assert!(late.contains("dead letter: `note` for actor `failing`"), "{late}");
    assert!(!late.contains("expected"), "none was: {late}");
}

/// It cannot hide behind what it says it leaves.
#[rehearsal::test(task_panic = "allow")]
fn one_that_may_leave_actors_is_held_to_it_too() {
    let options = Options { leaks: Some(Leaks::Allow), ..Options::NONE };
    let told = message(attempt_with(body! { let _clean = clean(); fail_unheard().await; }, options));
    assert!(told.contains("failed, and nobody noticed"), "{told}");
    let kept = body! {
        let _clean = clean();
        Box::leak(Box::new(Idle::spawn().await.expect("an actor")));
    };
    assert_eq!(attempt_with(kept, options).verdict, Verdict::Passed);
}

#[rehearsal::test]
fn one_that_panics_is_not_asked() {
    let panics = body! {
        let _clean = clean();
        lose(1).await;
        panic!("by itself");
    };
    let told = message(attempt_with(panics, Options::NONE));
    assert!(told.ends_with(":\nby itself"), "{told}");
    let meant = Options { should_panic: ShouldPanic::With("dead letter: `note`"), ..Options::NONE };
    let caught = attempt_with(body! { let _clean = clean(); lose(1).await; }, meant);
    assert_eq!(caught.verdict, Verdict::Passed);
}

/// The line of the test, not one of the kit, is what the panic hook prints and a report names.
#[rehearsal::test]
fn a_wait_in_vain_panics_where_the_test_waits() {
    let expects = body! {
        let (_idle, probe) = Idle::probe();
        probe.patience(Duration::ZERO).expect().await;
    };
    let silent = body! {
        let (idle, mut probe) = Idle::probe();
        idle.note().tell().expect("room");
        probe.expect_none_within(Duration::from_secs(60)).await;
    };
    let living = body! {
        let idle = Idle::spawn().await.expect("an actor");
        testkit::ended(&idle, Duration::ZERO).await;
    };
    for (waits, line) in [(expects, line!() - 11), (silent, line!() - 6), (living, line!() - 2)] {
        let told = message(attempt_with(waits, Options::NONE));
        assert!(told.starts_with(&format!("panicked at {}:{line}:", file!())), "{told}");
    }
}
