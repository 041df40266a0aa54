//! Tables: who asks when, and what it is given.

use super::order::{Clue, order};
use super::*;
use crate::harness::registry::Isolation;

fn plain(count: usize) -> Vec<Item> {
    vec![Item::of(Isolation::Process); count]
}

fn grouped(groups: &[Option<usize>]) -> Vec<Item> {
    groups.iter().map(|&group| Item { group, ..Item::of(Isolation::Process) }).collect()
}

#[rehearsal::test]
fn a_worker_gets_one_trial_while_nothing_is_known_of_their_length() {
    let mut schedule = Schedule::new(plain(100), 2);
    assert_eq!(schedule.next(0, Isolation::Process), Some(0));
    assert_eq!(schedule.next(0, Isolation::Process), None);
    assert_eq!(schedule.next(1, Isolation::Process), Some(1));
}

#[rehearsal::test]
fn short_trials_wait_in_the_mailbox_and_long_ones_do_not() {
    for (took_ns, expected) in
        [(1_000, DEPTH), (SHORT_NS / 4, 4), (SHORT_NS - 1, 2), (SHORT_NS, 1), (u64::MAX / 16, 1)]
    {
        let mut schedule = Schedule::new(plain(1_000), 2);
        let first = schedule.next(0, Isolation::Process).unwrap();
        schedule.finished(0, first, took_ns);
        let handed = std::iter::from_fn(|| schedule.next(0, Isolation::Process)).count();
        assert_eq!(handed, expected, "after a trial of {took_ns} ns");
    }
}

#[rehearsal::test]
fn near_the_end_nobody_hoards() {
    let mut schedule = Schedule::new(plain(9), 2);
    let first = schedule.next(0, Isolation::Process).unwrap();
    schedule.finished(0, first, 1);
    assert_eq!(std::iter::from_fn(|| schedule.next(0, Isolation::Process)).count(), 2);
    assert_eq!(std::iter::from_fn(|| schedule.next(1, Isolation::Process)).count(), 2);
}

#[rehearsal::test]
fn a_group_is_held_by_one_worker_at_a_time() {
    let mut schedule = Schedule::new(grouped(&[Some(0), Some(0), None, Some(0)]), 2);
    assert_eq!(schedule.next(0, Isolation::Process), Some(0));
    assert_eq!(schedule.next(1, Isolation::Process), Some(2), "1 is parked, its group is held by worker 0");
    schedule.finished(1, 2, SHORT_NS);
    assert_eq!(schedule.next(1, Isolation::Process), None, "1 and 3 wait for the group");
    schedule.finished(0, 0, SHORT_NS);
    assert_eq!(schedule.next(1, Isolation::Process), Some(1));
    assert_eq!(schedule.next(0, Isolation::Process), None);
    schedule.finished(1, 1, SHORT_NS);
    assert_eq!(schedule.next(0, Isolation::Process), Some(3));
    schedule.finished(0, 3, SHORT_NS);
    assert_eq!(schedule.left(), 0);
}

#[rehearsal::test]
fn what_is_given_back_comes_next_and_in_order() {
    let mut schedule = Schedule::new(plain(100), 1);
    let first = schedule.next(0, Isolation::Process).unwrap();
    schedule.finished(0, first, 1);
    let handed: Vec<_> = std::iter::from_fn(|| schedule.next(0, Isolation::Process)).collect();
    schedule.finished(0, handed[0], 1);
    schedule.give_back(0, &handed[1..]);
    let again: Vec<_> =
        std::iter::from_fn(|| schedule.next(0, Isolation::Process)).take(handed.len() - 1).collect();
    assert_eq!(again, handed[1..]);
}

#[rehearsal::test]
fn a_worker_is_handed_trials_of_its_own_isolation_only() {
    let items = vec![Item::of(Isolation::Thread), Item::of(Isolation::Process)];
    let mut schedule = Schedule::new(items, 1);
    assert_eq!(schedule.wanted(Some(Isolation::Thread)), Some(Isolation::Thread));
    assert_eq!(schedule.wanted(None), Some(Isolation::Process));
    assert_eq!(schedule.next(0, Isolation::Process), Some(1));
    schedule.finished(0, 1, 1);
    assert_eq!(schedule.next(0, Isolation::Process), None);
    assert_eq!(schedule.wanted(Some(Isolation::Process)), Some(Isolation::Thread));
    assert_eq!(schedule.next(0, Isolation::Thread), Some(0));
}

#[rehearsal::test]
fn a_group_with_a_limit_is_held_by_that_many() {
    let how = Arrangement { limits: vec![2], ..Arrangement::default() };
    let mut schedule = Schedule::arranged(grouped(&[Some(0); 4]), 4, &how);
    let handed: Vec<_> = (0..4).map(|worker| schedule.next(worker, Isolation::Process)).collect();
    assert_eq!(handed, [Some(0), Some(1), None, None]);
    schedule.finished(1, 1, SHORT_NS);
    assert_eq!(schedule.next(3, Isolation::Process), Some(2));
    assert_eq!(schedule.next(2, Isolation::Process), None);
    schedule.finished(0, 0, SHORT_NS);
    assert_eq!(schedule.next(2, Isolation::Process), Some(3));
}

#[rehearsal::test]
fn short_trials_of_one_group_are_handed_to_its_holder_together() {
    let mut schedule = Schedule::new(grouped(&[Some(0); 100]), 2);
    assert_eq!(schedule.next(0, Isolation::Process), Some(0));
    assert_eq!(schedule.next(1, Isolation::Process), None, "all are parked");
    schedule.finished(0, 0, 1);
    let handed: Vec<_> = std::iter::from_fn(|| schedule.next(0, Isolation::Process)).collect();
    assert_eq!(handed, (1..25).collect::<Vec<_>>());
}

/// Trials of these weights.
fn weighing(weights: &[usize]) -> Vec<Item> {
    weights.iter().map(|&weight| Item { weight, ..Item::of(Isolation::Process) }).collect()
}

#[rehearsal::test]
fn a_heavy_trial_takes_the_room_of_several() {
    let mut schedule = Schedule::new(weighing(&[2, 1, 1, 1]), 3);
    assert_eq!(schedule.next(0, Isolation::Process), Some(0));
    assert_eq!(schedule.next(1, Isolation::Process), Some(1));
    assert_eq!(schedule.next(2, Isolation::Process), None, "two and one are three");
    schedule.finished(0, 0, SHORT_NS);
    assert_eq!(schedule.next(0, Isolation::Process), Some(2));
    assert_eq!(schedule.next(2, Isolation::Process), Some(3));
}

#[rehearsal::test]
fn a_trial_that_weighs_more_than_there_is_runs_alone() {
    let mut schedule = Schedule::new(weighing(&[99, 1]), 2);
    assert_eq!(schedule.next(1, Isolation::Process), Some(0));
    assert_eq!(schedule.next(0, Isolation::Process), None);
    schedule.finished(1, 0, SHORT_NS);
    assert_eq!(schedule.next(0, Isolation::Process), Some(1));
}

#[rehearsal::test]
fn light_trials_pass_a_heavy_one_by_as_long_as_they_leave_it_room() {
    // One of weight 3 runs, the next one waits for it; a light one fits beside either.
    let mut schedule = Schedule::new(weighing(&[3, 3, 1, 1]), 4);
    assert_eq!(schedule.next(0, Isolation::Process), Some(0));
    assert_eq!(schedule.next(1, Isolation::Process), Some(2), "it waits for nothing");
    assert_eq!(schedule.next(2, Isolation::Process), None, "a second one would be in the way");
    schedule.finished(0, 0, SHORT_NS);
    assert_eq!(schedule.next(2, Isolation::Process), Some(1), "heavy first");
    assert_eq!(schedule.next(3, Isolation::Process), None);
}

#[rehearsal::test]
fn a_heavy_trial_is_not_passed_by_for_ever() {
    let mut schedule = Schedule::new(weighing(&[1, 1, 2, 1, 1, 1]), 2);
    assert_eq!(schedule.next(0, Isolation::Process), Some(0));
    assert_eq!(schedule.next(1, Isolation::Process), Some(1));
    schedule.finished(0, 0, SHORT_NS);
    assert_eq!(schedule.next(0, Isolation::Process), None, "the heavy one wants both");
    schedule.finished(1, 1, SHORT_NS);
    assert_eq!(schedule.next(0, Isolation::Process), Some(2));
}

#[rehearsal::test]
fn exclusive_trials_come_last_and_one_at_a_time() {
    let alone = Item { exclusive: true, ..Item::of(Isolation::Process) };
    let mut schedule = Schedule::new(vec![alone, Item::of(Isolation::Process), alone], 2);
    assert_eq!(schedule.next(0, Isolation::Process), Some(1));
    assert_eq!(schedule.next(1, Isolation::Process), None);
    assert!(!schedule.wants_one());
    schedule.finished(0, 1, 1);
    assert!(schedule.wants_one());
    assert_eq!(schedule.next(1, Isolation::Process), Some(0));
    assert_eq!(schedule.next(0, Isolation::Process), None);
    assert_eq!(schedule.next(1, Isolation::Process), None, "not into the same mailbox either");
    schedule.finished(1, 0, 1);
    assert_eq!(schedule.next(0, Isolation::Process), Some(2));
}

/// Between others of every kind, first and last in the plan: what is measured has the machine to itself, each in a worker of
/// its own kind, and nobody is given anything until it has ended.
#[rehearsal::test]
fn what_is_measured_is_alone_whatever_else_is_planned() {
    let measured = Item { exclusive: true, ..Item::of(Isolation::Own) };
    let process = Item::of(Isolation::Process);
    let others = [
        process,
        Item::of(Isolation::Thread),
        Item::of(Isolation::Fork),
        Item { group: Some(0), ..process },
        Item { weight: 3, ..process },
        Item { exclusive: true, ..process },
        Item { affinity: Some(1), ..process },
    ];
    for workers in [1, 2, 8] {
        for other in others {
            let items = vec![measured, other, other, measured, other, measured];
            let mut schedule = Schedule::new(items.clone(), workers);
            let (mut hands, mut ran) = (vec![Vec::new(); workers], Vec::new());
            while schedule.left() > 0 {
                for (worker, hand) in hands.iter_mut().enumerate() {
                    let Some(isolation) = schedule.wanted(None) else { continue };
                    while let Some(position) = schedule.next(worker, isolation) {
                        assert_eq!(items[position].isolation, isolation);
                        hand.push(position);
                    }
                }
                let held: Vec<Position> = hands.concat();
                let is_measured = held.iter().any(|&position| items[position] == measured);
                assert!(!is_measured || held.len() == 1, "{held:?} of {other:?} with {workers} workers");
                let worker = hands.iter().position(|hand| !hand.is_empty()).expect("somebody has something");
                let position = hands[worker].remove(0);
                // So quick that more would be handed out at once, if that were allowed.
                schedule.finished(worker, position, 1);
                ran.push(position);
            }
            if !other.exclusive {
                assert_eq!(ran[3..], [0, 3, 5], "after all else and in order: {other:?}");
            }
        }
    }
}

#[rehearsal::test]
fn a_trial_goes_to_the_worker_that_has_made_what_it_needs() {
    let of = |affinity| Item { affinity, ..Item::of(Isolation::Process) };
    let items = [Some(7), Some(7), None, Some(8), Some(8)].map(of).to_vec();
    let mut schedule = Schedule::new(items, 2);
    assert_eq!(schedule.next(0, Isolation::Process), Some(2), "it need make nothing for this one");
    assert_eq!(schedule.next(1, Isolation::Process), Some(0));
    schedule.finished(1, 0, SHORT_NS);
    assert_eq!(schedule.next(1, Isolation::Process), Some(1), "made already");
    schedule.finished(1, 1, SHORT_NS);
    assert_eq!(schedule.next(1, Isolation::Process), Some(3));
    schedule.finished(1, 3, SHORT_NS);
    schedule.renewed(1);
    schedule.finished(0, 2, SHORT_NS);
    assert_eq!(schedule.next(0, Isolation::Process), Some(4), "nobody is left who has it");
}

/// Who is asked for the order, to find who spoils it for whom, has one worker.
#[rehearsal::test]
fn one_worker_alone_keeps_to_the_order_whatever_it_has_made() {
    let of = |affinity| Item { affinity, ..Item::of(Isolation::Process) };
    let mut schedule = Schedule::new([Some(7), None, Some(8), Some(7)].map(of).to_vec(), 1);
    for position in 0..4 {
        assert_eq!(schedule.next(0, Isolation::Process), Some(position));
        schedule.finished(0, position, SHORT_NS);
    }
}

#[rehearsal::test]
fn a_smaller_room_is_kept_to_from_then_on() {
    let mut schedule = Schedule::new(plain(10), 4);
    let handed: Vec<_> = (0..4).map(|worker| schedule.next(worker, Isolation::Process)).collect();
    assert_eq!(handed, [Some(0), Some(1), Some(2), Some(3)]);
    schedule.resize(2);
    for worker in 0..3 {
        schedule.finished(worker, worker, SHORT_NS);
    }
    assert_eq!(schedule.next(0, Isolation::Process), Some(4));
    assert_eq!(schedule.next(1, Isolation::Process), None);
    schedule.resize(3);
    assert_eq!(schedule.next(1, Isolation::Process), Some(5));
}

#[rehearsal::test]
fn what_is_put_off_waits_for_its_group_and_is_taken_by_whoever_is_told() {
    let mut schedule = Schedule::new(grouped(&[Some(0), Some(0), None]), 2);
    assert_eq!(schedule.next(0, Isolation::Process), Some(0));
    schedule.put_off(0, 0, Some(SHORT_NS));
    assert_eq!(
        schedule.next(1, Isolation::Process),
        Some(1),
        "its group is free, and it is in nobody's hands"
    );
    assert!(!schedule.take(0, 0), "the group is held by worker 1");
    schedule.finished(1, 1, SHORT_NS);
    assert!(schedule.take(0, 0));
    assert_eq!(schedule.next(1, Isolation::Process), Some(2));
    schedule.finished(0, 0, SHORT_NS);
    assert_eq!(schedule.left(), 1, "it was left all the time");
}

#[rehearsal::test]
fn what_recurs_comes_behind_all_others() {
    let mut schedule = Schedule::new(plain(3), 1);
    for expected in [0, 1, 2, 0, 1] {
        assert_eq!(schedule.next(0, Isolation::Process), Some(expected));
        schedule.recur(0, expected, SHORT_NS);
    }
    assert_eq!(schedule.left(), 3);
}

/// What is known of trials without groups: whether they failed, and how long they take.
type Known<'a> = &'a [(bool, u64)];

fn clues(known: Known<'_>) -> Vec<Clue> {
    known.iter().map(|&(failed, duration_ns)| Clue { failed, duration_ns, group: None }).collect()
}

#[rehearsal::test]
fn failed_first_then_the_longest_then_as_planned() {
    let table: [(Known<'_>, Vec<Position>); 6] = [
        (&[], vec![]),
        (&[(false, 0), (false, 0)], vec![]),
        (&[(false, 9), (false, 5), (false, 0)], vec![]),
        (&[(false, 5), (false, 9), (false, 0), (false, 7)], vec![1, 3, 0, 2]),
        (&[(false, 0), (false, 1 << 60), (true, 3), (false, 255), (true, 9)], vec![2, 4, 1, 3, 0]),
        (&[(false, 256), (false, 255), (false, 257)], vec![2, 0, 1]),
    ];
    for (known, expected) in table {
        assert_eq!(order(&clues(known), &[]), expected, "{known:?}");
    }
}

#[rehearsal::test]
fn a_group_counts_for_all_that_is_left_of_it() {
    let of = |duration_ns, group| Clue { failed: false, duration_ns, group };
    // Six of a group of one at a time are 60 together; the first of them has to begin before the one of 45.
    let known: Vec<Clue> = [of(45, None)].into_iter().chain([of(10, Some(0)); 6]).collect();
    assert_eq!(order(&known, &[1]), [1, 2, 0, 3, 4, 5, 6]);
    assert!(order(&known, &[3]).is_empty(), "three at a time they are 20");
}

#[rehearsal::test]
fn trials_are_handed_out_in_the_order_that_was_asked_for() {
    let how = Arrangement { order: vec![2, 0, 1], ..Arrangement::default() };
    let mut schedule = Schedule::arranged(plain(3), 3, &how);
    let handed: Vec<_> = (0..3).filter_map(|worker| schedule.next(worker, Isolation::Process)).collect();
    assert_eq!(handed, [2, 0, 1]);
    schedule.give_back(0, &[2]);
    assert_eq!(schedule.drain(), [2], "told of in the order of the plan");
}
