//! Tables of trials that are run more than once, or are expected to fail.

use super::tests::{LIMITS, MS, at, death, passed, planned, running, verdicts};
use super::*;
use crate::harness::outcome::Ran;
use crate::harness::registry::Retries;

fn up(run: &mut Dispatch, source: Source) -> Vec<Effect> {
    run.receive(Input::Ready(source))
}

fn failed(why: &str) -> Box<Outcome> {
    let ran = Some(Ran { worker: 0, started_ns: 1 });
    Box::new(Outcome { ran, duration_ns: 9, ..Outcome::of(Verdict::Failed { message: why.to_owned() }) })
}

fn outcome_of(effects: &[Effect], wanted: Position) -> &Outcome {
    let found = effects.iter().find_map(|effect| match effect {
        Effect::Outcome(position, outcome) if *position == wanted => Some(outcome),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no outcome of {wanted}: {effects:?}"))
}

fn retried(count: usize, workers: usize, isolation: Isolation, retries: u32) -> Dispatch {
    Dispatch::new(vec![planned(isolation, retries); count], workers, LIMITS)
}

#[rehearsal::test]
fn a_retry_gets_a_new_worker_and_one_that_passes_there_is_flaky() {
    let mut run = retried(2, 1, Isolation::Process, 1);
    run.begin();
    up(&mut run, at(0, 1));
    run.receive(Input::Finished(at(0, 1), 0, passed(SHORT_NS)));
    let effects = run.receive(Input::Finished(at(0, 1), 1, failed("dirty")));
    assert_eq!(effects, [Effect::Retire(at(0, 1))], "the worker has run others: it makes way");
    let effects = run.receive(Input::Ended(at(0, 1), death(None, None)));
    assert_eq!(effects, [Effect::Start(at(0, 2), Isolation::Process)]);
    assert_eq!(up(&mut run, at(0, 2)), [Effect::Send(at(0, 2), vec![1])]);
    let effects = run.receive(Input::Finished(at(0, 2), 1, passed(7)));
    let outcome = outcome_of(&effects, 1);
    assert_eq!(outcome.verdict, Verdict::Flaky { attempt: 2, red: false });
    assert!(!outcome.attempts[0].fresh && outcome.attempts[0].number == 1, "{outcome:?}");
    assert_eq!(outcome.attempts[0].verdict, failed("dirty").verdict);
    assert!(outcome.notes[0].contains("`--bisect of::old` finds out"), "{outcome:?}");
}

#[rehearsal::test]
fn the_worker_that_is_free_first_makes_way() {
    let mut run = retried(3, 2, Isolation::Process, 1);
    run.begin();
    up(&mut run, at(0, 1));
    up(&mut run, at(1, 1));
    let effects = run.receive(Input::Finished(at(1, 1), 1, passed(SHORT_NS)));
    assert_eq!(effects.last(), Some(&Effect::Send(at(1, 1), vec![2])));
    let effects = run.receive(Input::Finished(at(1, 1), 2, failed("dirty")));
    assert_eq!(effects, [Effect::Retire(at(1, 1))], "the other one is at work for who knows how long");
    assert_eq!(
        run.receive(Input::Ended(at(1, 1), death(None, None))),
        [Effect::Start(at(1, 2), Isolation::Process)]
    );
}

#[rehearsal::test]
fn a_worker_that_has_nothing_to_do_makes_way_for_one_of_another_isolation() {
    let trials =
        vec![planned(Isolation::Fork, 1), planned(Isolation::Process, 0), planned(Isolation::Process, 0)];
    let mut run = Dispatch::new(trials, 1, LIMITS);
    assert_eq!(run.begin(), [Effect::Start(at(0, 1), Isolation::Process)]);
    up(&mut run, at(0, 1));
    run.receive(Input::Finished(at(0, 1), 1, passed(SHORT_NS)));
    let effects = run.receive(Input::Finished(at(0, 1), 2, passed(SHORT_NS)));
    assert_eq!(effects.last(), Some(&Effect::Retire(at(0, 1))));
    assert_eq!(
        run.receive(Input::Ended(at(0, 1), death(None, None))),
        [Effect::Start(at(0, 2), Isolation::Fork)]
    );
    assert_eq!(up(&mut run, at(0, 2)), [Effect::Send(at(0, 2), vec![0])]);
    // Its server dies while the retry is on its way; the next one takes it on.
    run.receive(Input::Finished(at(0, 2), 0, failed("once")));
    let effects = run.receive(Input::Ended(at(0, 2), death(Some(Death::Signaled { signal: 9 }), None)));
    assert!(effects.contains(&Effect::Start(at(0, 3), Isolation::Fork)), "{effects:?}");
    assert_eq!(up(&mut run, at(0, 3)), [Effect::Send(at(0, 3), vec![0])]);
}

#[rehearsal::test]
fn one_that_failed_in_a_new_worker_is_not_said_to_depend_on_others() {
    let mut run = retried(1, 1, Isolation::Process, 2);
    run.begin();
    up(&mut run, at(0, 1));
    run.receive(Input::Finished(at(0, 1), 0, failed("once")));
    run.receive(Input::Ended(at(0, 1), death(None, None)));
    up(&mut run, at(0, 2));
    let effects = run.receive(Input::Finished(at(0, 2), 0, passed(7)));
    assert!(outcome_of(&effects, 0).attempts[0].fresh);
    assert_eq!(outcome_of(&effects, 0).notes, Vec::<String>::new());
}

#[rehearsal::test]
fn crashes_are_tried_again_until_there_are_no_more_retries() {
    let mut run = retried(1, 1, Isolation::Process, 2);
    run.begin();
    let segv = Some(Death::Signaled { signal: 11 });
    for generation in 1..=3 {
        assert_eq!(up(&mut run, at(0, generation)), [Effect::Send(at(0, generation), vec![0])]);
        let current = Some(Current { position: 0, started_ns: u64::from(generation) });
        let effects = run.receive(Input::Ended(at(0, generation), death(segv, current)));
        if generation < 3 {
            assert_eq!(effects, [Effect::Start(at(0, generation + 1), Isolation::Process)]);
            continue;
        }
        let outcome = outcome_of(&effects, 0);
        assert!(matches!(outcome.verdict, Verdict::Crashed { death: Death::Signaled { signal: 11 }, .. }));
        assert_eq!(outcome.attempts.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [1, 2]);
    }
}

#[rehearsal::test]
fn a_fork_is_new_anyway_and_a_thread_is_told_that_it_cannot_be() {
    for (isolation, fresh) in [(Isolation::Fork, true), (Isolation::Thread, false)] {
        let mut run = retried(1, 1, isolation, 1);
        run.begin();
        up(&mut run, at(0, 1));
        let effects = run.receive(Input::Finished(at(0, 1), 0, failed("once")));
        assert_eq!(effects, [Effect::Send(at(0, 1), vec![0])], "{isolation:?}: by the same worker");
        let effects = run.receive(Input::Finished(at(0, 1), 0, passed(7)));
        let outcome = outcome_of(&effects, 0);
        assert_eq!(outcome.attempts[0].fresh, fresh);
        assert_eq!(outcome.notes.iter().any(|note| note.contains("the same process")), !fresh, "{outcome:?}");
    }
}

#[rehearsal::test]
fn what_a_page_tells_of_the_attempt_before_is_no_news() {
    let mut run = retried(1, 1, Isolation::Fork, 1);
    run.begin();
    up(&mut run, at(0, 1));
    run.receive(Input::Finished(at(0, 1), 0, failed("once")));
    let late = Input::Pulse { now_ns: 2_000 * MS, current: vec![running(0)] };
    assert_eq!(run.receive(late), [], "that is the first attempt, which has ended");
    let effects = run.receive(Input::Ended(at(0, 1), death(Some(Death::Signaled { signal: 9 }), running(0))));
    assert!(matches!(effects[0], Effect::RunError { .. }), "the second was not begun: {effects:?}");
    assert_eq!(up(&mut run, at(0, 2)), [Effect::Send(at(0, 2), vec![0])]);
}

#[rehearsal::test]
fn a_pause_is_waited_for_and_the_others_run_meanwhile() {
    let mut trials = vec![planned(Isolation::Process, 2); 2];
    trials[0].retries = Retries { count: 2, backoff_ms: 100, backoff_most_ms: 150 };
    let mut run = Dispatch::new(trials, 1, LIMITS);
    run.begin();
    up(&mut run, at(0, 1));
    let effects = run.receive(Input::Finished(at(0, 1), 0, failed("once")));
    assert_eq!(effects, [Effect::Send(at(0, 1), vec![1])], "it has no claim to the worker yet");
    let mut pulse = |now_ms: u64| run.receive(Input::Pulse { now_ns: now_ms * MS, current: vec![None] });
    assert_eq!((pulse(10), pulse(109)), (vec![], vec![]));
    assert_eq!(pulse(110), [], "its worker is at work");
    let effects = run.receive(Input::Finished(at(0, 1), 1, passed(7)));
    assert!(effects.contains(&Effect::Retire(at(0, 1))), "{effects:?}");
}

#[rehearsal::test]
fn pauses_double_up_to_the_longest() {
    let pauses = |backoff_ms, backoff_most_ms| {
        let retries = Retries { count: 9, backoff_ms, backoff_most_ms };
        [1, 2, 3, 4, 99].map(|failed| retries.pause_ms(failed))
    };
    assert_eq!(pauses(0, 0), [0; 5]);
    assert_eq!(pauses(100, 0), [100; 5]);
    assert_eq!(pauses(100, 100), [100; 5]);
    assert_eq!(pauses(100, 700), [100, 200, 400, 700, 700]);
}

#[rehearsal::test]
fn an_interrupt_leaves_what_has_failed_as_it_was() {
    let mut run = retried(1, 1, Isolation::Process, 3);
    run.begin();
    up(&mut run, at(0, 1));
    run.receive(Input::Finished(at(0, 1), 0, failed("once")));
    let effects = run.receive(Input::Interrupted("the run was ended by SIGINT".into()));
    let outcome = outcome_of(&effects, 0);
    assert_eq!(outcome.verdict, failed("once").verdict);
    assert_eq!(outcome.notes, ["attempt 2 was cancelled: the run was ended by SIGINT"]);
}

#[rehearsal::test]
fn what_is_expected_to_fail_is_green_when_it_does_and_red_when_it_does_not() {
    let crashed = Verdict::Crashed { death: Death::Signaled { signal: 11 }, message: String::new() };
    let (ignored, not_run) =
        (Verdict::Ignored { reason: "no".into() }, Verdict::NotRun { reason: "no".into() });
    let expected = Verdict::ExpectedFailure { reason: "a known bug".into() };
    let unexpected = Verdict::UnexpectedPass { reason: "a known bug".into() };
    for (is, means) in [
        (failed("it is there").verdict, &expected),
        (crashed, &expected),
        (Verdict::TimedOut { limit_ms: 5, stuck: false }, &expected),
        (Verdict::Passed, &unexpected),
        (ignored.clone(), &ignored),
        (not_run.clone(), &not_run),
    ] {
        let outcome = super::expected(Outcome::of(is.clone()), "a known bug", true);
        assert_eq!(outcome.verdict, *means, "{is:?}");
        assert_eq!(outcome.attempts.len(), usize::from(*means == expected));
    }
    assert!(unexpected.is_red() && !expected.is_red());
}

fn repeated(count: usize, workers: usize, repeat: u32, until_failure: bool) -> Dispatch {
    let limits = Limits { repeat, until_failure, ..LIMITS };
    Dispatch::new(vec![planned(Isolation::Process, 3); count], workers, limits)
}

#[rehearsal::test]
fn a_trial_is_repeated_on_all_workers_at_once_and_told_once() {
    let mut run = repeated(1, 2, 3, false);
    assert_eq!(run.begin().len(), 2, "both workers are started for the one trial");
    assert_eq!(up(&mut run, at(0, 1)), [Effect::Send(at(0, 1), vec![0])]);
    assert_eq!(up(&mut run, at(1, 1)), [Effect::Send(at(1, 1), vec![1])]);
    let effects = run.receive(Input::Finished(at(0, 1), 0, passed(SHORT_NS)));
    assert_eq!(effects, [Effect::Send(at(0, 1), vec![0])], "two are under way, and a third is wanted");
    assert_eq!(run.receive(Input::Finished(at(1, 1), 1, failed("by chance"))), []);
    let effects = run.receive(Input::Finished(at(0, 1), 0, passed(3 * SHORT_NS)));
    let outcome = outcome_of(&effects, 0);
    assert_eq!(outcome.verdict, Verdict::Failed { message: "1 of 3 repetitions failed".into() });
    assert_eq!((outcome.attempts.len(), outcome.attempts[0].number), (1, 2), "none is tried again");
    let repeated = outcome.repeated.as_ref().expect("it was");
    assert_eq!((repeated.ran, repeated.failed, repeated.most_ns), (3, 1, 3 * SHORT_NS));
}

#[rehearsal::test]
fn the_first_failure_ends_what_is_repeated_until_then() {
    let mut run = repeated(2, 1, 1_000, true);
    run.begin();
    up(&mut run, at(0, 1));
    run.receive(Input::Finished(at(0, 1), 0, passed(SHORT_NS)));
    run.receive(Input::Finished(at(0, 1), 1, passed(SHORT_NS)));
    let effects = run.receive(Input::Finished(at(0, 1), 0, failed("at last")));
    assert!(effects.contains(&Effect::Enough("a repetition has failed".into())), "{effects:?}");
    assert_eq!(verdicts(&effects), [(0, Verdict::Failed { message: "1 of 2 repetitions failed".into() })]);
    let effects = run.receive(Input::Interrupted("a repetition has failed".into()));
    assert_eq!(verdicts(&effects), [(1, Verdict::Passed)]);
    assert_eq!(outcome_of(&effects, 1).repeated.as_ref().map(|repeated| repeated.ran), Some(1));
}
