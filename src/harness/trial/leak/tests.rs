//! What trials leave behind on every kind of runtime, and how it is told.

use std::pin::pin;
use std::time::Duration;

use crate::actor::Reason;
use crate::harness::outcome::Verdict;
use crate::harness::registry::{Body, Entry, Flavor, Leaks, Options, RuntimeSpec, ShouldPanic};
use crate::harness::trial::{Attempt, TrialSettings, run_here};

struct Idle;

#[rehearsal::actor]
impl Idle {
    #[start]
    fn new() -> Idle {
        Idle
    }

    /// Never answers.
    #[command]
    async fn brood(&mut self) {
        std::future::pending::<()>().await;
    }
}

fn attempt(body: Body, options: Options) -> Attempt {
    attempt_with(body, options, TrialSettings::default())
}

fn attempt_with(body: Body, options: Options, settings: TrialSettings) -> Attempt {
    let entry: &'static Entry =
        Box::leak(Box::new(Entry::new("suite::body", "src/suite.rs", (7, 4), body).with(options)));
    std::thread::spawn(move || run_here(entry, &settings)).join().expect("run_here never panics")
}

fn leaked(attempt: Attempt) -> (u64, u64, String) {
    match attempt.verdict {
        Verdict::Leaked { actors, tasks, message } => (actors, tasks, message),
        other => panic!("expected a leak, got {other:?}"),
    }
}

macro_rules! body {
    ($($code:tt)*) => { Body::Async(|with| with(pin!(async { $($code)* }))) };
}

const RUNTIMES: [RuntimeSpec; 4] = [
    RuntimeSpec { flavor: Flavor::CurrentThread, worker_threads: None, start_paused: false },
    RuntimeSpec { flavor: Flavor::MultiThread, worker_threads: Some(2), start_paused: false },
    RuntimeSpec { flavor: Flavor::CurrentThread, worker_threads: None, start_paused: true },
    RuntimeSpec { flavor: Flavor::Local, worker_threads: None, start_paused: false },
];

/// Keeps a proxy for longer than the trial.
fn keep(idle: IdleProxy) {
    Box::leak(Box::new(idle));
}

#[rehearsal::test]
fn an_actor_that_is_left_is_named_with_its_place() {
    for runtime in RUNTIMES {
        let options = Options { runtime, ..Options::NONE };
        let body = body! {
            keep(Idle::spawn().name("held").await.expect("an actor"));
            Idle::spawn().name("let-go").await.expect("an actor").ping().await.expect("there");
        };
        let (actors, tasks, message) = leaked(attempt(body, options));
        assert_eq!((actors, tasks), (1, 0), "{message}");
        let place = format!("actor `held` (Idle), spawned at {}:{}:", file!(), line!() - 5);
        assert!(message.contains(&place), "{message}");
        assert!(message.contains("leaks = \"allow\"") && message.contains("--leaks=allow"), "{message}");
    }
}

#[rehearsal::test]
fn a_thread_actor_is_found_where_no_runtime_of_the_trial_is() {
    let body = Body::Sync(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        keep(runtime.block_on(async { Idle::spawn().thread().await }).expect("an actor"));
        // This one ends with its proxy, a moment later.
        drop(runtime.block_on(async { Idle::spawn().thread().await }).expect("an actor"));
    });
    let (actors, tasks, message) = leaked(attempt(body, Options::NONE));
    assert_eq!((actors, tasks), (1, 0), "{message}");
}

#[rehearsal::test]
fn tasks_that_are_left_are_counted() {
    for runtime in RUNTIMES {
        let options = Options { runtime, ..Options::NONE };
        let body = body! {
            for _ in 0..2 {
                drop(tokio::spawn(std::future::pending::<()>()));
            }
        };
        let (actors, tasks, message) = leaked(attempt(body, options));
        assert_eq!((actors, tasks), (0, 2));
        assert!(message.contains("\n  2 tasks of its runtime (built with --cfg tokio_"), "{message}");
    }
}

#[rehearsal::test]
fn what_is_just_ending_may_end() {
    for runtime in RUNTIMES {
        let options = Options { runtime, ..Options::NONE };
        let body = body! {
            tokio::spawn(std::future::pending::<()>()).abort();
            let mut set = tokio::task::JoinSet::new();
            set.spawn(std::future::pending::<()>());
            drop(set);
            tokio::spawn(tokio::task::yield_now());
            Idle::spawn().await.expect("an actor").stop().tell();
            let killed = Idle::spawn().await.expect("an actor");
            drop(killed.brood().send().expect("sent"));
            killed.kill();
        };
        assert_eq!(attempt(body, options).verdict, Verdict::Passed);
    }
}

#[rehearsal::test]
fn a_thread_whose_actor_nobody_can_reach_may_end() {
    // A paused clock is at the spawn's deadline before another thread has done anything.
    for runtime in &RUNTIMES[..2] {
        let options = Options { runtime: *runtime, ..Options::NONE };
        let body = body! {
            drop(Idle::spawn().thread().await.expect("an actor"));
        };
        assert_eq!(attempt(body, options).verdict, Verdict::Passed);
    }
}

/// Has another one, which ends with it.
struct Holder {
    held: IdleProxy,
}

#[rehearsal::actor]
impl Holder {
    #[start]
    fn new(held: IdleProxy) -> Holder {
        Holder { held }
    }

    /// Longer than anybody waits for what is not about to end.
    #[command]
    async fn take_its_time(&mut self) {
        tokio::time::sleep(super::GRACE * 4).await;
        self.held.ping().await.expect("it holds it");
    }
}

#[rehearsal::test]
fn who_is_held_by_one_that_is_about_to_end_may_end_behind_it() {
    for runtime in &RUNTIMES[..2] {
        let options = Options { runtime: *runtime, ..Options::NONE };
        let body = body! {
            let held = Idle::spawn().await.expect("an actor");
            let holder = Holder::spawn(held).await.expect("an actor");
            holder.take_its_time().tell().expect("told");
        };
        assert_eq!(attempt(body, options).verdict, Verdict::Passed);
    }
}

#[rehearsal::test]
fn what_waits_for_a_paused_clock_is_left_although_nothing_else_is_waited_for() {
    let options = Options { runtime: RUNTIMES[2], ..Options::NONE };
    let body = body! {
        drop(tokio::spawn(tokio::time::sleep(Duration::from_secs(3600))));
    };
    assert_eq!(leaked(attempt(body, options)).1, 1);
}

#[rehearsal::test]
fn it_can_be_allowed_by_the_trial_or_for_the_run() {
    let body = body!(keep(Idle::spawn().await.expect("an actor")));
    let allow = Options { leaks: Some(Leaks::Allow), ..Options::NONE };
    assert_eq!(attempt(body, allow).verdict, Verdict::Passed);
    let run = || TrialSettings { leaks: Leaks::Allow, ..TrialSettings::default() };
    assert_eq!(attempt_with(body, Options::NONE, run()).verdict, Verdict::Passed);
    let fail = Options { leaks: Some(Leaks::Fail), ..Options::NONE };
    assert_eq!(leaked(attempt_with(body, fail, run())).0, 1, "the trial has the last word");
}

#[rehearsal::test]
fn a_trial_that_fails_says_why_and_one_that_should_panic_is_looked_at() {
    let body = body! {
        keep(Idle::spawn().await.expect("an actor"));
        panic!("as such");
    };
    assert!(matches!(attempt(body, Options::NONE).verdict, Verdict::Failed { .. }));
    let wanted = Options { should_panic: ShouldPanic::Yes, ..Options::NONE };
    assert_eq!(leaked(attempt(body, wanted)).0, 1);
}

#[rehearsal::test]
fn many_are_counted_and_the_first_are_named() {
    let body = body! {
        for _ in 0..40 {
            keep(Idle::spawn().await.expect("an actor"));
        }
    };
    let (actors, _, message) = leaked(attempt(body, Options::NONE));
    assert_eq!(actors, 40);
    assert_eq!(message.matches("spawned at").count(), super::NAMED, "{message}");
    assert!(message.contains("and 24 more actors"), "{message}");
}

#[rehearsal::test]
async fn one_that_never_ends_is_left_although_nobody_can_send_to_it() {
    let body = body! {
        let idle = Idle::spawn().name("brooding").await.expect("an actor");
        idle.brood().tell().expect("told");
    };
    let (actors, _, message) = leaked(attempt(body, Options::NONE));
    assert!(actors == 1 && message.contains("`brooding`"), "{message}");
    // Its runtime went with the trial, and it with that.
    let idle = Idle::spawn().await.expect("an actor");
    assert_eq!(idle.stop().await.expect("stopped").reason, Reason::Stopped);
}
