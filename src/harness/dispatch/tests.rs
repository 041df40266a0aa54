//! Tables: an input goes in, effects come out.

use std::collections::VecDeque;

use super::*;
use crate::harness::outcome::{Output, Ran};
use crate::harness::registry::Retries;
use crate::harness::schedule::Item;

pub(super) const LIMITS: Limits =
    Limits { grace_ms: 100, recycle_after: 0, flaky_red: false, repeat: 0, until_failure: false };
pub(super) const MS: u64 = 1_000_000;

fn run_of(count: usize, workers: usize, isolation: Isolation) -> Dispatch {
    Dispatch::new(vec![planned(isolation, 0); count], workers, LIMITS)
}

pub(super) fn planned(isolation: Isolation, retries: u32) -> Planned {
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

pub(super) fn passed(duration_ns: u64) -> Box<Outcome> {
    Box::new(Outcome { duration_ns, ..Outcome::of(Verdict::Passed) })
}

pub(super) fn at(worker: usize, generation: u32) -> Source {
    Source { worker, generation }
}

pub(super) fn death(death: Option<Death>, current: Option<Current>) -> Ended {
    Ended { death, detail: String::new(), current, output: Output::default(), now_ns: 5 * MS }
}

pub(super) fn running(position: Position) -> Option<Current> {
    Some(Current { position, started_ns: 1 })
}

pub(super) fn verdicts(effects: &[Effect]) -> Vec<(Position, Verdict)> {
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
    assert!(!run.runs(source, 0));
    assert_eq!(run.receive(Input::Ready(source)), [Effect::Send(source, vec![0])]);
    assert!(run.runs(source, 0) && !run.runs(at(0, 2), 0) && !run.runs(source, 1));
    assert_eq!(
        run.receive(Input::Finished(source, 0, passed(7))),
        [Effect::Outcome(0, passed(7)), Effect::Retire(source)]
    );
    assert!(!run.runs(source, 0), "whatever its page still says");
    assert_eq!(run.receive(Input::Ended(source, death(None, None))), [Effect::Done]);
}

/// A page tells of the second while the end of the first is still on its way: told of it would be the second first.
#[rehearsal::test]
fn who_is_given_several_runs_the_first_that_has_not_been_told_of() {
    let mut run = run_of(100, 1, Isolation::Process);
    run.begin();
    let source = at(0, 1);
    run.receive(Input::Ready(source));
    let sent = run.receive(Input::Finished(source, 0, passed(1)));
    let Some(Effect::Send(_, held)) = sent.last() else { panic!("{sent:?}") };
    let [first, second, ..] = held[..] else { panic!("short trials wait in the mailbox: {held:?}") };
    assert!(run.runs(source, first) && !run.runs(source, second));
    run.receive(Input::Finished(source, first, passed(1)));
    assert!(!run.runs(source, first) && run.runs(source, second));
}

/// Until it has been seen what it hangs in, a trial that is over its time is not killed.
#[rehearsal::test]
fn the_grace_of_a_trial_begins_when_it_was_seen_what_it_hangs_in() {
    let mut run = run_of(1, 1, Isolation::Process);
    run.begin();
    let source = at(0, 1);
    run.receive(Input::Ready(source));
    let pulse = |run: &mut Dispatch, now_ms: u64| {
        run.receive(Input::Pulse { now_ns: now_ms * MS, current: vec![running(0)] })
    };
    assert_eq!(pulse(&mut run, 1_001), [Effect::Signal { to: source, hard: false }]);
    run.receive(Input::Grace(source, 10_000 * MS));
    assert_eq!(pulse(&mut run, 5_000), [], "it is being looked at");
    run.receive(Input::Grace(at(0, 7), 0));
    assert_eq!(pulse(&mut run, 5_050), [], "that was said of another worker");
    run.receive(Input::Grace(source, 5_100 * MS));
    assert_eq!(pulse(&mut run, 5_199), []);
    assert_eq!(pulse(&mut run, 5_200), [Effect::Signal { to: source, hard: true }]);
    run.receive(Input::Grace(source, 9_000 * MS));
    assert_eq!(pulse(&mut run, 5_300), [], "it was killed, and is once");
}

/// What is measured waits for all others to end, and each has a process that is started for it and ends with it.
#[rehearsal::test]
fn what_is_measured_has_the_machine_and_a_process_to_itself() {
    let alone = Item { exclusive: true, ..Item::of(Isolation::Own) };
    let measured = || Planned { item: alone, ..planned(Isolation::Own, 0) };
    let plain = || planned(Isolation::Process, 0);
    let mut run = Dispatch::new(vec![measured(), plain(), plain(), measured()], 2, LIMITS);
    let mut told = String::new();
    let mut waiting: VecDeque<Effect> = run.begin().into();
    let mut running: Vec<(Source, Position)> = Vec::new();
    let mut there: Vec<(Source, Isolation)> = Vec::new();
    loop {
        // Nobody is quicker than what has been asked for: all of that happens first, then what runs longest ends.
        let input = match waiting.pop_front() {
            Some(Effect::Start(source, isolation)) => {
                there.push((source, isolation));
                Input::Ready(source)
            }
            Some(Effect::Send(source, positions)) => {
                assert_eq!(positions.len(), 1, "nothing waits behind a trial whose length nobody knows");
                let of = there.iter().find(|(there, _)| *there == source).expect("it was started").1;
                told += &format!("{}:{of:?}@{}.{} ", positions[0], source.worker, source.generation);
                running.push((source, positions[0]));
                let measures = running.iter().any(|(_, position)| [0, 3].contains(position));
                assert!(!measures || running.len() == 1, "{running:?}");
                continue;
            }
            Some(Effect::Retire(source)) => {
                there.retain(|(there, _)| *there != source);
                Input::Ended(source, death(None, None))
            }
            Some(Effect::Outcome(..)) => continue,
            Some(Effect::Done) => break,
            Some(other) => panic!("{other:?}"),
            None => {
                let (source, position) = running.remove(0);
                Input::Finished(source, position, passed(1))
            }
        };
        waiting.extend(run.receive(input));
    }
    let parts: Vec<&str> = told.split_whitespace().collect();
    assert!(parts[..2].iter().all(|part| part.contains(":Process@")), "{told}");
    let [first, second] = parts[2..] else { panic!("{told}") };
    assert!(first.starts_with("0:Own@") && second.starts_with("3:Own@"), "{told}");
    assert_ne!(first[2..], second[2..], "each has a worker of its own: {told}");
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
    for isolation in [Isolation::Fork, Isolation::Own] {
        ended_alone(isolation);
    }
}

/// What is measured is such a fork too.
fn ended_alone(isolation: Isolation) {
    let mut run = run_of(1, 1, isolation);
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

/// It is read in order: who broke it is the first whose end was not heard of, however far the worker has come by then.
#[rehearsal::test]
fn what_a_worker_sends_that_nobody_understands_is_laid_to_the_first_that_was_not_heard_of() {
    let ends = [
        (Death::Unreachable, 0, 0),
        (Death::Unreachable, 1, 0),
        (Death::Signaled { signal: 11 }, 0, 0),
        (Death::Signaled { signal: 11 }, 1, 1),
    ];
    for (how, runs, blamed) in ends {
        let mut run = run_of(100, 1, Isolation::Process);
        run.begin();
        run.receive(Input::Ready(at(0, 1)));
        let sent = run.receive(Input::Finished(at(0, 1), 0, passed(1)));
        let Some(Effect::Send(_, held)) = sent.last() else { panic!("{sent:?}") };
        let held = held.clone();
        let effects = run.receive(Input::Ended(at(0, 1), death(Some(how), running(held[runs]))));
        let crashed = Verdict::Crashed { death: how, message: String::new() };
        assert_eq!(verdicts(&effects), [(held[blamed], crashed)], "{how:?} while {runs} ran");
        let sent = run.receive(Input::Ready(at(0, 2)));
        let Some(Effect::Send(_, again)) = sent.last() else { panic!("{sent:?}") };
        assert_eq!(again[0], held[1 - blamed], "the other one is the next");
    }
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
