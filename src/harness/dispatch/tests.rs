//! Tables: an input goes in, effects come out.

use super::*;
use crate::harness::outcome::{Output, Ran};
use crate::harness::registry::Retries;
use crate::harness::schedule::Item;

const LIMITS: Limits = Limits { grace_ms: 100, flaky_red: false, repeat: 0, until_failure: false };
const MS: u64 = 1_000_000;

fn run_of(count: usize, workers: usize, isolation: Isolation) -> Dispatch {
    Dispatch::new(vec![planned(isolation, 0); count], workers, LIMITS)
}

fn planned(isolation: Isolation, retries: u32) -> Planned {
    let retries = Retries { count: retries, ..Retries::default() };
    Planned {
        name: "of::old",
        item: Item::of(isolation),
        limit_ms: 1_000,
        slow_ms: 60_000,
        retries,
        xfail: None,
    }
}

fn passed(duration_ns: u64) -> Box<Outcome> {
    Box::new(Outcome { duration_ns, ..Outcome::of(Verdict::Passed) })
}

fn at(worker: usize, generation: u32) -> Source {
    Source { worker, generation }
}

fn death(death: Option<Death>, current: Option<Current>) -> Ended {
    Ended { death, detail: String::new(), current, output: Output::default(), now_ns: 5 * MS }
}

fn running(position: Position) -> Option<Current> {
    Some(Current { position, started_ns: 1 })
}

fn verdicts(effects: &[Effect]) -> Vec<(Position, Verdict)> {
    let outcome = |effect: &Effect| match effect {
        Effect::Outcome(position, outcome) => Some((*position, outcome.verdict.clone())),
        _ => None,
    };
    effects.iter().filter_map(outcome).collect()
}

#[rehearsal::test]
fn a_run_of_one_goes_from_start_to_done() {
    let mut run = run_of(1, 8, Isolation::Process);
    let source = at(0, 1);
    assert_eq!(run.begin(), [Effect::Start(source, Isolation::Process)]);
    assert_eq!(run.receive(Input::Ready(source)), [Effect::Send(source, vec![0])]);
    assert_eq!(
        run.receive(Input::Finished(source, 0, passed(7))),
        [Effect::Outcome(0, passed(7)), Effect::Retire(source)]
    );
    assert_eq!(run.receive(Input::Ended(source, death(None, None))), [Effect::Done]);
}

#[rehearsal::test]
fn nothing_planned_is_done_at_once() {
    assert_eq!(run_of(0, 2, Isolation::Process).begin(), [Effect::Done]);
}

#[rehearsal::test]
fn a_crash_is_blamed_on_the_trial_that_ran_and_the_rest_goes_on() {
    let mut run = run_of(100, 1, Isolation::Process);
    run.begin();
    run.receive(Input::Ready(at(0, 1)));
    let sent = run.receive(Input::Finished(at(0, 1), 0, passed(1)));
    let Some(Effect::Send(_, held)) = sent.last() else { panic!("{sent:?}") };
    assert!(held.len() > 1, "short trials wait in the mailbox: {held:?}");
    let killed = Some(Death::Signaled { signal: 11 });
    let effects = run.receive(Input::Ended(at(0, 1), death(killed, running(1))));
    assert!(matches!(
        verdicts(&effects)[..],
        [(1, Verdict::Crashed { death: Death::Signaled { signal: 11 }, .. })]
    ));
    let Some(Effect::Outcome(_, outcome)) =
        effects.iter().find(|effect| matches!(effect, Effect::Outcome(..)))
    else {
        panic!("{effects:?}")
    };
    let current = running(1).expect("it ran");
    assert_eq!(outcome.ran, Some(Ran { worker: 0, started_ns: current.started_ns }), "where and when it ran");
    assert!(effects.contains(&Effect::Start(at(0, 2), Isolation::Process)));
    let again = run.receive(Input::Ready(at(0, 2)));
    assert!(matches!(&again[..], [Effect::Send(_, held)] if held[0] == 2), "{again:?}");
}

#[rehearsal::test]
fn an_early_exit_with_code_zero_is_a_crash() {
    let mut run = run_of(1, 1, Isolation::Process);
    run.begin();
    run.receive(Input::Ready(at(0, 1)));
    let effects = run.receive(Input::Ended(at(0, 1), death(Some(Death::Exited { code: 0 }), running(0))));
    assert!(matches!(
        verdicts(&effects)[..],
        [(0, Verdict::Crashed { death: Death::Exited { code: 0 }, .. })]
    ));
}

#[rehearsal::test]
fn a_worker_that_dies_between_trials_makes_the_run_red_and_blames_no_other_trial() {
    let mut run = run_of(3, 1, Isolation::Process);
    run.begin();
    run.receive(Input::Ready(at(0, 1)));
    run.receive(Input::Finished(at(0, 1), 0, passed(1)));
    let effects = run.receive(Input::Ended(at(0, 1), death(Some(Death::Exited { code: 3 }), running(0))));
    assert!(matches!(&effects[0], Effect::RunError { after: Some(0), .. }), "{effects:?}");
    assert!(verdicts(&effects).is_empty());
}

#[rehearsal::test]
fn a_pool_that_only_dies_does_not_spin() {
    let mut run = run_of(2, 1, Isolation::Process);
    run.begin();
    let mut ended = Vec::new();
    for generation in 1..=2 * PATIENCE {
        run.receive(Input::Ready(at(0, generation)));
        let effects =
            run.receive(Input::Ended(at(0, generation), death(Some(Death::Exited { code: 9 }), None)));
        ended.extend(verdicts(&effects));
        if effects.contains(&Effect::Done) {
            break;
        }
    }
    assert_eq!(ended.iter().map(|(position, _)| *position).collect::<Vec<_>>(), [0, 1]);
    assert!(ended.iter().all(|(_, verdict)| matches!(verdict, Verdict::NotRun { .. })), "{ended:?}");
}

#[rehearsal::test]
fn over_its_time_a_process_gets_term_then_kill_and_the_trial_is_timed_out() {
    let mut run = run_of(1, 1, Isolation::Process);
    run.begin();
    run.receive(Input::Ready(at(0, 1)));
    let mut pulse =
        |now_ms: u64| run.receive(Input::Pulse { now_ns: now_ms * MS, current: vec![running(0)] });
    assert_eq!(pulse(999), []);
    assert_eq!(pulse(1_001), [Effect::Signal { to: at(0, 1), hard: false }]);
    assert_eq!(pulse(1_050), []);
    assert_eq!(pulse(1_102), [Effect::Signal { to: at(0, 1), hard: true }]);
    assert_eq!(pulse(1_300), [], "said once");
    let effects = run.receive(Input::Ended(at(0, 1), death(Some(Death::Signaled { signal: 9 }), running(0))));
    assert_eq!(verdicts(&effects), [(0, Verdict::TimedOut { limit_ms: 1_000, stuck: false })]);
}

#[rehearsal::test]
fn over_its_time_a_fork_is_ended_alone_and_its_server_goes_last() {
    let mut run = run_of(1, 1, Isolation::Fork);
    run.begin();
    run.receive(Input::Ready(at(0, 1)));
    let mut pulse =
        |now_ms: u64| run.receive(Input::Pulse { now_ns: now_ms * MS, current: vec![running(0)] });
    assert_eq!(pulse(999), []);
    assert_eq!(pulse(1_001), [Effect::EndTrial { to: at(0, 1), position: 0, hard: false }]);
    assert_eq!(pulse(1_102), [Effect::EndTrial { to: at(0, 1), position: 0, hard: true }]);
    assert_eq!(pulse(6_101), []);
    assert_eq!(pulse(6_103), [Effect::Signal { to: at(0, 1), hard: true }], "the server hangs");
    assert_eq!(pulse(20_000), [], "said once");
    let effects = run.receive(Input::Ended(at(0, 1), death(Some(Death::Signaled { signal: 9 }), running(0))));
    assert_eq!(verdicts(&effects), [(0, Verdict::TimedOut { limit_ms: 1_000, stuck: false })]);
}

#[rehearsal::test]
fn the_server_of_a_fork_that_was_over_its_time_runs_the_next_trial() {
    let mut run = run_of(2, 1, Isolation::Fork);
    run.begin();
    run.receive(Input::Ready(at(0, 1)));
    run.receive(Input::Pulse { now_ns: 1_001 * MS, current: vec![running(0)] });
    let crashed =
        Verdict::Crashed { death: Death::Signaled { signal: 15 }, message: "as it was told".into() };
    let outcome = Outcome { duration_ns: 1_010 * MS, ..Outcome::of(crashed) };
    let effects = run.receive(Input::Finished(at(0, 1), 0, Box::new(outcome)));
    assert_eq!(verdicts(&effects), [(0, Verdict::TimedOut { limit_ms: 1_000, stuck: false })]);
    assert!(effects.contains(&Effect::Send(at(0, 1), vec![1])), "{effects:?}");
    let effects = run.receive(Input::Ended(at(0, 1), death(Some(Death::Signaled { signal: 9 }), running(1))));
    assert!(matches!(verdicts(&effects)[..], [(1, Verdict::Crashed { .. })]), "no signal was meant for it");
}

#[rehearsal::test]
fn a_trial_that_ends_after_its_time_is_timed_out_whatever_it_says() {
    let mut run = run_of(1, 1, Isolation::Process);
    run.begin();
    run.receive(Input::Ready(at(0, 1)));
    let effects = run.receive(Input::Finished(at(0, 1), 0, passed(1_001 * MS)));
    assert_eq!(verdicts(&effects), [(0, Verdict::TimedOut { limit_ms: 1_000, stuck: false })]);
}

#[rehearsal::test]
fn a_stuck_thread_is_left_behind_and_what_waited_there_runs_elsewhere() {
    let mut run = run_of(40, 1, Isolation::Thread);
    run.begin();
    run.receive(Input::Ready(at(0, 1)));
    let sent = run.receive(Input::Finished(at(0, 1), 0, passed(1)));
    let Some(Effect::Send(_, held)) = sent.last() else { panic!("{sent:?}") };
    let held = held.clone();
    let effects = run.receive(Input::Pulse { now_ns: 2_000 * MS, current: vec![running(held[0])] });
    assert_eq!(verdicts(&effects), [(held[0], Verdict::TimedOut { limit_ms: 1_000, stuck: true })]);
    assert!(effects.contains(&Effect::TakeBack(at(0, 1), held[1..].to_vec())));
    assert!(effects.contains(&Effect::Abandon(at(0, 1))));
    assert!(effects.contains(&Effect::Start(at(0, 2), Isolation::Thread)));
    run.receive(Input::TakenBack(at(0, 1), held[1..].to_vec()));
    let again = run.receive(Input::Ready(at(0, 2)));
    assert!(matches!(&again[..], [Effect::Send(_, now)] if now[0] == held[1]), "{again:?}");
    assert_eq!(run.receive(Input::Finished(at(0, 1), held[0], passed(9))), [], "it came back too late");
}

#[rehearsal::test]
fn what_waits_behind_a_long_trial_is_taken_back_for_an_idle_worker() {
    let mut run = run_of(9, 2, Isolation::Process);
    run.begin();
    run.receive(Input::Ready(at(0, 1)));
    let sent = run.receive(Input::Finished(at(0, 1), 0, passed(1)));
    let Some(Effect::Send(_, held)) = sent.last() else { panic!("{sent:?}") };
    let held = held.clone();
    assert_eq!(held.len(), 2);
    run.receive(Input::Ready(at(1, 1)));
    for position in 3..9 {
        run.receive(Input::Finished(at(1, 1), position, passed(1)));
    }
    let effects = run.receive(Input::Pulse { now_ns: 50 * MS, current: vec![running(held[0]), None] });
    assert_eq!(effects, [Effect::TakeBack(at(0, 1), vec![held[1]])]);
    let effects = run.receive(Input::TakenBack(at(0, 1), vec![held[1]]));
    assert_eq!(effects, [Effect::Send(at(1, 1), vec![held[1]])]);
}

#[rehearsal::test]
fn when_no_worker_can_be_started_every_trial_says_so() {
    let mut run = run_of(2, 1, Isolation::Process);
    run.begin();
    let mut effects = Vec::new();
    for generation in 1..=PATIENCE {
        effects = run.receive(Input::StartFailed(at(0, generation), "too many open files".into()));
        run.receive(Input::Pulse { now_ns: 1, current: vec![None] });
    }
    assert!(matches!(&effects[0], Effect::Warning(text) if text.contains("too many open files")));
    assert_eq!(verdicts(&effects).len(), 2);
    assert_eq!(effects.last(), Some(&Effect::Done));
}

#[rehearsal::test]
fn an_interrupt_ends_every_trial_once_and_waits_for_the_workers() {
    let mut run = run_of(50, 2, Isolation::Process);
    run.begin();
    run.receive(Input::Ready(at(0, 1)));
    run.receive(Input::Finished(at(0, 1), 0, passed(1)));
    let effects = run.receive(Input::Interrupted("interrupted".into()));
    assert_eq!(verdicts(&effects).len(), 49);
    assert!(effects.contains(&Effect::Signal { to: at(0, 1), hard: true }));
    let effects = run.receive(Input::Ready(at(1, 1)));
    assert_eq!(effects, [Effect::Signal { to: at(1, 1), hard: true }], "it was being started");
    run.receive(Input::Ended(at(0, 1), death(Some(Death::Signaled { signal: 9 }), running(1))));
    let effects = run.receive(Input::Ended(at(1, 1), death(Some(Death::Signaled { signal: 9 }), None)));
    assert_eq!(effects, [Effect::Done]);
}

#[rehearsal::test]
fn reports_gather_only_where_workers_are_processes_and_well_stocked() {
    for (isolation, gathers) in [(Isolation::Process, true), (Isolation::Thread, false)] {
        let mut run = run_of(1_000, 1, isolation);
        run.begin();
        run.receive(Input::Ready(at(0, 1)));
        assert_eq!(run.slack_ns(), 0, "nothing is known of how long a trial takes");
        run.receive(Input::Finished(at(0, 1), 0, passed(100_000)));
        assert_eq!(run.slack_ns() > 0, gathers, "{isolation:?}");
        run.receive(Input::Interrupted("enough".to_owned()));
        assert_eq!(run.slack_ns(), 0, "an end is not kept waiting");
    }
}

/// A process that ran, or began to run, this since it was started.
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
