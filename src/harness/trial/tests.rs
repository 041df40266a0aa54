//! Bodies of every kind are run for real, each on a thread of its own as a worker would.

use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use super::{Attempt, Spare, TrialSettings, run_here, run_with};
use crate::harness::fixture::{Drive, Needing, Slot};
use crate::harness::outcome::{Returned, Verdict};
use crate::harness::registry::{
    Body, Entry, Flavor, Leaks, Options, ReturningAsync, ReturningSync, RuntimeSpec, ShouldPanic, TaskPanic,
};

fn attempt_with(body: Body, options: Options, settings: TrialSettings) -> Attempt {
    let entry: &'static Entry =
        Box::leak(Box::new(Entry::new("suite::area::body", "src/area.rs", (7, 4), body).with(options)));
    std::thread::spawn(move || run_here(entry, &settings)).join().expect("run_here never panics")
}

fn attempt(body: Body, options: Options) -> Attempt {
    attempt_with(body, options, TrialSettings::default())
}

fn message(attempt: Attempt) -> String {
    match attempt.verdict {
        Verdict::Failed { message } => message,
        other => panic!("expected a failure, got {other:?}"),
    }
}

fn should_panic(should_panic: ShouldPanic) -> Options {
    Options { should_panic, ..Options::NONE }
}

const MULTI: Options = Options {
    runtime: RuntimeSpec { flavor: Flavor::MultiThread, worker_threads: Some(2), start_paused: false },
    ..Options::NONE
};

/// A body from an async block that needs nothing from outside.
macro_rules! body {
    ($($code:tt)*) => { Body::Async(|with| with(pin!(async { $($code)* }))) };
}

#[rehearsal::test]
fn plain_and_async_bodies_pass() {
    assert_eq!(attempt(Body::Sync(|| {}), Options::NONE).verdict, Verdict::Passed);
    assert_eq!(attempt(body!(tokio::task::yield_now().await), Options::NONE).verdict, Verdict::Passed);
    assert_eq!(attempt(body!(tokio::task::yield_now().await), MULTI).verdict, Verdict::Passed);
}

#[rehearsal::test]
fn the_runtime_is_the_one_asked_for() {
    let multi = body! {
        assert_eq!(tokio::runtime::Handle::current().metrics().num_workers(), 2);
        tokio::task::block_in_place(|| {});
    };
    assert_eq!(attempt(multi, MULTI).verdict, Verdict::Passed);

    let local = body! {
        let rc = std::rc::Rc::new(());
        tokio::task::spawn_local(async move { drop(rc) }).await.expect("an end");
    };
    let runtime = RuntimeSpec { flavor: Flavor::Local, ..Options::NONE.runtime };
    assert_eq!(attempt(local, Options { runtime, ..Options::NONE }).verdict, Verdict::Passed);
    assert!(message(attempt(local, Options::NONE)).contains("spawn_local"));

    let runtime = RuntimeSpec { start_paused: true, ..Options::NONE.runtime };
    let paused = attempt(
        body!(tokio::time::sleep(Duration::from_secs(3600)).await),
        Options { runtime, ..Options::NONE },
    );
    assert_eq!(paused.verdict, Verdict::Passed);
    assert!(paused.duration_ns < 60_000_000_000, "an hour of paused time took {} ns", paused.duration_ns);
}

#[rehearsal::test]
fn a_panic_is_told_with_its_place() {
    for failed in [
        attempt(Body::Sync(|| panic!("no {}", "way")), Options::NONE),
        attempt(body!(panic!("no way")), Options::NONE),
        attempt(body!(panic!("no way")), MULTI),
    ] {
        let message = message(failed);
        assert!(message.starts_with("panicked at src/harness/trial/tests.rs:"), "{message}");
        assert!(message.ends_with(":\nno way"), "{message}");
    }
}

#[rehearsal::test]
fn a_payload_may_be_anything() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropping the payload panics too");
        }
    }
    for payload in [
        attempt(Body::Sync(|| std::panic::panic_any(7_u8)), Options::NONE),
        attempt(Body::Sync(|| std::panic::panic_any(Bomb)), Options::NONE),
        attempt(Body::Sync(|| std::panic::resume_unwind(Box::new(Bomb))), Options::NONE),
    ] {
        let message = message(payload);
        assert!(message.contains("a payload that is no string"), "{message}");
    }
}

#[rehearsal::test]
fn a_resumed_panic_does_not_borrow_the_place_of_an_earlier_one() {
    let failed = message(attempt(
        Body::Sync(|| {
            let earlier = std::panic::catch_unwind(|| panic!("earlier"));
            assert!(earlier.is_err());
            std::panic::resume_unwind(Box::new("resumed"));
        }),
        Options::NONE,
    ));
    assert_eq!(failed, "panicked: resumed");
}

#[rehearsal::test]
fn should_panic_wants_a_panic_with_the_right_text() {
    let panics = Body::Sync(|| panic!("the pool is closed"));
    let passes = [ShouldPanic::Yes, ShouldPanic::With("pool is"), ShouldPanic::With("")];
    for wanted in passes {
        assert_eq!(attempt(panics, should_panic(wanted)).verdict, Verdict::Passed, "{wanted:?}");
    }
    assert_eq!(
        message(attempt(panics, should_panic(ShouldPanic::With("open")))),
        "panic did not contain expected string\n      panic message: \"the pool is closed\"\n expected substring: \"open\""
    );
    assert_eq!(
        message(attempt(Body::Sync(|| {}), should_panic(ShouldPanic::Yes))),
        "test did not panic as expected at src/area.rs:7:4"
    );
    let number = Body::Sync(|| std::panic::panic_any(7_u8));
    assert_eq!(attempt(number, should_panic(ShouldPanic::Yes)).verdict, Verdict::Passed);
    assert!(
        message(attempt(number, should_panic(ShouldPanic::With("7"))))
            .contains("expected panic with string value")
    );
}

#[rehearsal::test]
fn any_termination_is_understood() {
    static SYNC_ERROR: ReturningSync<Result<(), String>> = ReturningSync(|| Err("broken".to_owned()));
    static SYNC_OK: ReturningSync<Result<(), String>> = ReturningSync(|| Ok(()));
    static CODE: ReturningSync<ExitCode> = ReturningSync(|| ExitCode::from(3));
    static ASYNC_OK: ReturningAsync<Result<(), String>> = ReturningAsync(|with| {
        with(pin!(async {
            tokio::task::yield_now().await;
            Ok(())
        }));
    });
    static ASYNC_ERROR: ReturningAsync<Result<ExitCode, String>> =
        ReturningAsync(|with| with(pin!(async { Err("broken".to_owned()) })));
    assert_eq!(attempt(Body::Other(&SYNC_OK), Options::NONE).verdict, Verdict::Passed);
    assert_eq!(attempt(Body::Other(&ASYNC_OK), Options::NONE).verdict, Verdict::Passed);
    for body in [Body::Other(&SYNC_ERROR), Body::Other(&CODE), Body::Other(&ASYNC_ERROR)] {
        assert_eq!(message(attempt(body, Options::NONE)), "", "the error has been printed");
    }
}

#[rehearsal::test]
fn a_panic_in_a_task_counts_unless_allowed() {
    let bodies = [
        body! {
            tokio::spawn(async { panic!("detached") });
            tokio::task::yield_now().await;
        },
        body! {
            let joined = tokio::spawn(async { panic!("detached") }).await;
            assert!(joined.is_err());
        },
        body! {
            let joined = tokio::task::spawn_blocking(|| panic!("detached")).await;
            assert!(joined.is_err());
        },
    ];
    let allow = Options { task_panic: Some(TaskPanic::Allow), ..Options::NONE };
    for body in bodies {
        let told = message(attempt(body, Options::NONE));
        assert!(told.starts_with("a task or thread beside the test"), "{told}");
        assert!(told.contains(":\ndetached\n") && told.contains("task_panic = \"allow\""), "{told}");
        assert_eq!(attempt(body, allow).verdict, Verdict::Passed);
        let run = TrialSettings { task_panic: TaskPanic::Allow, ..TrialSettings::default() };
        assert_eq!(attempt_with(body, Options::NONE, run).verdict, Verdict::Passed);
    }
    let on_other_threads = body! { assert!(tokio::spawn(async { panic!("detached") }).await.is_err()); };
    assert!(message(attempt(on_other_threads, MULTI)).contains("detached"));
}

#[rehearsal::test]
fn a_panic_while_tasks_are_dropped_counts() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped with its task");
        }
    }
    let body = body! {
        tokio::spawn(async {
            let _bomb = Bomb;
            std::future::pending::<()>().await;
        });
        tokio::task::yield_now().await;
    };
    for options in [Options::NONE, MULTI] {
        assert!(message(attempt(body, options)).contains("dropped with its task"));
    }
}

#[rehearsal::test]
fn a_panic_caught_on_the_own_thread_never_counts() {
    let body = Body::Sync(|| assert!(std::panic::catch_unwind(|| panic!("caught")).is_err()));
    assert_eq!(attempt(body, Options::NONE).verdict, Verdict::Passed);
}

#[rehearsal::test]
fn an_awaited_task_panic_is_what_should_panic_wants() {
    let body = body! { tokio::spawn(async { panic!("deep inside") }).await.unwrap(); };
    let wanted = should_panic(ShouldPanic::With("deep inside"));
    assert_eq!(attempt(body, wanted).verdict, Verdict::Passed);
}

#[rehearsal::test]
fn a_skip_is_ignored_with_its_reason_wherever_it_is_called() {
    let bodies = [
        Body::Sync(|| crate::skip!("no {}", "network")),
        body!(crate::skip!("no network")),
        body! { let _ = tokio::spawn(async { crate::skip!("no network") }).await; },
        Body::Sync(|| {
            let _ = std::panic::catch_unwind(|| crate::skip!("no network"));
        }),
    ];
    for body in bodies {
        let expected = Verdict::Ignored { reason: "no network".to_owned() };
        assert_eq!(attempt(body, Options::NONE).verdict, expected);
        assert_eq!(attempt(body, should_panic(ShouldPanic::Yes)).verdict, expected);
    }
}

#[rehearsal::test]
fn tasks_are_dropped_with_the_runtime() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::SeqCst);
        }
    }
    let body = body! {
        let counted = Counted;
        let (held, waiting) = std::sync::mpsc::channel::<()>();
        // The blocking thread ends only when the task that holds the sender is dropped.
        tokio::spawn(async move {
            let _kept = (counted, held);
            std::future::pending::<()>().await;
        });
        tokio::task::spawn_blocking(move || waiting.recv());
        tokio::task::yield_now().await;
    };
    for (count, options) in [(1, Options::NONE), (2, MULTI)] {
        let options = Options { leaks: Some(Leaks::Allow), ..options };
        assert_eq!(attempt(body, options).verdict, Verdict::Passed);
        assert_eq!(DROPPED.load(Ordering::SeqCst), count);
    }
}

#[rehearsal::test]
fn a_thread_that_never_ends_is_told_and_left_behind() {
    let body = body! {
        tokio::task::spawn_blocking(|| loop { std::thread::park() });
        tokio::task::spawn_blocking(|| {}).await.unwrap();
    };
    let settings = TrialSettings { shutdown_ms: 30, ..TrialSettings::default() };
    let stuck = attempt_with(body, Options::NONE, settings);
    assert!(stuck.left_threads);
    let told = message(stuck);
    assert!(told.contains("still runs 30ms later") && told.contains("spawn_blocking"), "{told}");
}

#[rehearsal::test]
fn one_attempt_says_everything_that_went_wrong() {
    let body = body! {
        let _ = tokio::spawn(async { panic!("in the task") }).await;
        panic!("in the test");
    };
    let told = message(attempt(body, Options::NONE));
    assert!(told.contains("in the test") && told.contains("in the task"), "{told}");
}

#[rehearsal::test]
fn panics_that_actors_catch_and_panics_that_are_meant_never_count() {
    let body = body! {
        let meant = tokio::spawn(async { crate::actor::panic::expected(|| panic!("meant")) }).await;
        assert!(meant.is_err());
    };
    assert_eq!(attempt(body, Options::NONE).verdict, Verdict::Passed);
}

/// Runs a body with a spare runtime at hand, then says which runtime it had and whether it is still there.
fn kept_after(body: Body, options: Options) -> bool {
    let entry: &'static Entry =
        Box::leak(Box::new(Entry::new("suite::area::body", "src/area.rs", (7, 4), body).with(options)));
    let mut spare = Spare::default();
    run_with(entry, &TrialSettings::default(), Some(&mut spare));
    format!("{spare:?}") == "Spare(one)"
}

#[rehearsal::test]
fn a_runtime_is_used_again_only_where_nothing_tells_it_from_a_new_one() {
    let paused =
        Options { runtime: RuntimeSpec { start_paused: true, ..Options::NONE.runtime }, ..Options::NONE };
    assert!(kept_after(body!(tokio::time::sleep(Duration::from_micros(50)).await), Options::NONE));
    assert!(kept_after(body!(tokio::spawn(async {}).await.unwrap()), Options::NONE));
    let not_kept = [
        (
            "a task is left",
            kept_after(body!(drop(tokio::spawn(std::future::pending::<()>()))), Options::NONE),
        ),
        (
            "a thread was started",
            kept_after(body!(tokio::task::spawn_blocking(|| ()).await.unwrap()), Options::NONE),
        ),
        ("the clock is paused", kept_after(body!(tokio::time::pause()), Options::NONE)),
        (
            "the clock was paused",
            kept_after(
                body! {
                    tokio::time::pause();
                    std::thread::sleep(Duration::from_micros(50));
                    tokio::time::resume();
                },
                Options::NONE,
            ),
        ),
        (
            "the clock was moved",
            kept_after(
                body! {
                    tokio::time::pause();
                    tokio::time::advance(Duration::from_secs(1)).await;
                    tokio::time::resume();
                },
                Options::NONE,
            ),
        ),
        ("it panicked", kept_after(body!(panic!("as told")), Options::NONE)),
        ("it has threads", kept_after(body!(()), MULTI)),
        ("it was made with a paused clock", kept_after(body!(()), paused)),
    ];
    for (why, kept) in not_kept {
        assert!(!kept, "kept although {why}");
    }
}

/// A body that takes fixtures, and whether it was made a runtime for by its end.
fn has_runtime(run: fn(&mut [Slot], Drive<'_>) -> Returned) -> bool {
    let needing = Box::leak(Box::new(Needing { module: "suite::area", needs: &[], run }));
    kept_after(Body::Needing(needing), Options::NONE)
}

/// The price of a runtime is paid by what awaits something: a plain function that takes fixtures is one all the same.
#[rehearsal::test]
fn a_plain_function_that_takes_fixtures_has_no_runtime() {
    assert!(!has_runtime(|_, _| Returned::Success));
    assert!(has_runtime(|_, drive| {
        drive(pin!(async { tokio::time::sleep(Duration::from_micros(50)).await }));
        Returned::Success
    }));
}
