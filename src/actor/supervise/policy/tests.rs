//! Tables: an event goes in, actions come out.

use super::Action::{GiveUp, Let, Pause, Renew, Start};
use super::*;
use crate::actor::exit::Reason;

/// What a supervisor is told.
#[derive(Debug, Clone, Copy)]
enum In {
    Started(Child),
    Failed(Child),
    Renewed(Child),
    Returned(Child),
    Paused(Round),
    Left(Child),
}
use In::{Failed, Left, Paused, Renewed, Returned, Started};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn at_once() -> Restart {
    Restart::on_failure().endlessly().settled(Duration::ZERO)
}

fn slowly() -> Restart {
    Restart::on_failure().endlessly().backoff(ms(10), ms(40)).jitter(0.0).settled(ms(1000))
}

/// Three children that run, then the table, an event every millisecond.
fn play(strategy: Strategy, plan: Restart, table: &[(In, &[Action])]) {
    let mut policy = Policy::default();
    policy.set(strategy, plan);
    for child in 1..=3 {
        policy.add(child);
        policy.spawned(child, ms(0));
    }
    for (at, (event, actions)) in table.iter().enumerate() {
        let now = ms(1 + at as u64);
        let end = |reason| Exit::new(reason);
        let told = match *event {
            Started(child) => policy.started(child, now),
            Failed(child) => policy.ended(child, &end(Reason::Failed), now, 0),
            Renewed(child) => policy.ended(child, &end(Reason::Stopped), now, 0),
            Returned(child) => policy.ended(child, &end(Reason::Returned), now, 0),
            Paused(round) => policy.paused(round),
            Left(child) => policy.left(child),
        };
        assert_eq!(told, *actions, "{strategy:?}, line {at}: {event:?}");
    }
}

#[rehearsal::test]
fn one_for_one_leaves_the_others_alone() {
    play(
        Strategy::OneForOne,
        at_once(),
        &[
            (Failed(2), &[Start(2)]),
            (Failed(1), &[Start(1)]),
            (Started(2), &[]),
            (Started(1), &[]),
            (Returned(3), &[Let(3)]),
            (Left(3), &[]),
            (Failed(3), &[]),
            (Failed(2), &[Start(2)]),
            (Failed(2), &[Start(2)]),
        ],
    );
}

#[rehearsal::test]
fn all_for_one_stops_the_last_first_and_starts_the_first_first() {
    play(
        Strategy::AllForOne,
        at_once(),
        &[
            (Failed(2), &[Renew(3)]),
            (Renewed(3), &[Renew(1)]),
            (Renewed(1), &[Start(1)]),
            (Started(1), &[Start(2)]),
            (Started(2), &[Start(3)]),
            (Started(3), &[]),
            (Failed(3), &[Renew(2)]),
        ],
    );
}

#[rehearsal::test]
fn rest_for_one_takes_those_that_came_later() {
    play(
        Strategy::RestForOne,
        at_once(),
        &[
            (Failed(2), &[Renew(3)]),
            (Renewed(3), &[Start(2)]),
            (Started(2), &[Start(3)]),
            (Started(3), &[]),
            (Failed(3), &[Start(3)]),
            (Failed(1), &[Renew(3)]),
            (Renewed(3), &[Renew(2)]),
            (Renewed(2), &[Start(1)]),
        ],
    );
}

#[rehearsal::test]
fn a_failure_in_a_round_begins_it_anew() {
    play(
        Strategy::AllForOne,
        at_once(),
        &[
            // One fails while another is being stopped: that is waited for.
            (Failed(1), &[Renew(3)]),
            (Failed(2), &[]),
            (Renewed(3), &[Start(1)]),
            // One fails in its start, and one that had started after it was.
            (Started(1), &[Start(2)]),
            (Failed(2), &[Renew(1)]),
            (Renewed(1), &[Start(1)]),
            (Started(1), &[Start(2)]),
            (Failed(1), &[Renew(2)]),
            (Renewed(2), &[Start(1)]),
            (Started(1), &[Start(2)]),
            (Started(2), &[Start(3)]),
            (Started(3), &[]),
        ],
    );
}

#[rehearsal::test]
fn one_that_leaves_in_a_round_is_not_waited_for() {
    play(
        Strategy::AllForOne,
        at_once(),
        &[
            (Failed(1), &[Renew(3)]),
            (Left(3), &[Renew(2)]),
            (Renewed(2), &[Start(1)]),
            (Left(1), &[Start(2)]),
            (Started(2), &[]),
            (Failed(2), &[Start(2)]),
        ],
    );
}

#[rehearsal::test]
fn a_round_pauses_once_before_it_starts_anybody() {
    play(
        Strategy::RestForOne,
        slowly(),
        &[
            (Failed(2), &[Renew(3)]),
            (Renewed(3), &[Pause(1, ms(10))]),
            (Paused(1), &[Start(2)]),
            (Failed(2), &[Pause(2, ms(20))]),
            // The pause of a round that another has taken over.
            (Paused(1), &[]),
            // Another failure while it waits.
            (Failed(1), &[Pause(3, ms(10))]),
            (Paused(2), &[]),
            (Paused(3), &[Start(1)]),
            (Started(1), &[Start(2)]),
            (Started(2), &[Start(3)]),
        ],
    );
    play(
        Strategy::OneForOne,
        slowly(),
        &[
            (Failed(2), &[Pause(1, ms(10))]),
            (Failed(1), &[Pause(2, ms(10))]),
            (Paused(2), &[Start(1)]),
            (Left(2), &[]),
            (Paused(1), &[]),
        ],
    );
}

#[rehearsal::test]
fn the_restart_that_is_one_too_many_ends_the_supervisor() {
    let plan = at_once().within(2, ms(100));
    play(
        Strategy::OneForOne,
        plan.clone(),
        &[
            (Failed(1), &[Start(1)]),
            (Failed(2), &[Start(2)]),
            (Failed(3), &[GiveUp(3)]),
            (Started(1), &[]),
            (Failed(1), &[Let(1)]),
        ],
    );
    // A round counts once, whoever it takes along.
    play(
        Strategy::AllForOne,
        plan,
        &[
            (Failed(1), &[Renew(3)]),
            (Renewed(3), &[Renew(2)]),
            (Renewed(2), &[Start(1)]),
            (Started(1), &[Start(2)]),
            (Started(2), &[Start(3)]),
            (Started(3), &[]),
            (Failed(3), &[Renew(2)]),
            (Renewed(2), &[Renew(1)]),
            (Failed(1), &[Start(1)]),
            (Started(1), &[Start(2)]),
            (Failed(2), &[GiveUp(2)]),
        ],
    );
}

#[rehearsal::test]
fn one_that_is_being_spawned_is_left_to_who_spawns_it() {
    let mut policy = Policy::default();
    policy.set(Strategy::AllForOne, at_once());
    for child in [1, 2] {
        policy.add(child);
    }
    policy.spawned(1, ms(0));
    assert_eq!(policy.ended(1, &Exit::new(Reason::Failed), ms(1), 0), [Start(1)]);
    policy.spawned(2, ms(2));
    assert_eq!(policy.started(1, ms(3)), []);
    // Dead before anybody was told that it had started.
    policy.add(3);
    assert_eq!(policy.ended(3, &Exit::new(Reason::Failed), ms(4), 0), [Renew(2)]);
}
