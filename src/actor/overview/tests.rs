//! The tree of actors: who stands below whom, and how people read it.

use std::time::Duration;

use super::order::{Row, ordered};
use super::{ActorInfo, ArbiterInfo, Role, ServerInfo};
use crate::actor::exit::{Exit, Reason};
use crate::actor::info::{MailboxInfo, Placement};
use crate::actor::state::State;
use crate::sys::wire;

/// An actor of this number, spawned by that one.
fn actor(id: u64, parent: Option<u64>) -> ActorInfo {
    ActorInfo {
        name: format!("c{id}"),
        kind: "Counter".to_owned(),
        id,
        parent,
        depth: 0,
        role: Role::Worker,
        state: State::Run,
        placement: Placement::Task,
        process_id: 7,
        messages_handled: 0,
        busy: Duration::ZERO,
        mailbox: MailboxInfo { waiting: 0, high_water: 0, capacity: 16, dropped: 0 },
        waiting: Vec::new(),
        in_hand: None,
        restarts: 0,
        last_end: None,
        last_notify: None,
    }
}

fn tree_of(actors: impl IntoIterator<Item = ActorInfo>) -> Vec<ActorInfo> {
    ordered(actors.into_iter().map(|info| Row { info, inside: Vec::new() }).collect())
}

fn of(actors: Vec<ActorInfo>) -> ArbiterInfo {
    let server = ServerInfo {
        version: "1".to_owned(),
        program: "shop".to_owned(),
        process_id: 7,
        workers: 5,
        supervisors: 1,
        monitors: 0,
        system: None,
    };
    ArbiterInfo { server, actors }
}

fn places(tree: &[ActorInfo]) -> Vec<(u64, usize)> {
    tree.iter().map(|actor| (actor.id, actor.depth)).collect()
}

#[rehearsal::test]
fn children_stand_behind_their_parents_in_the_order_they_were_spawned() {
    let rows = [(1, None), (2, Some(1)), (3, None), (4, Some(2)), (5, Some(1)), (6, Some(3)), (8, Some(7))];
    let tree = tree_of(rows.map(|(id, parent)| actor(id, parent)));
    assert_eq!(places(&tree), [(1, 0), (2, 1), (4, 2), (5, 1), (3, 0), (6, 1), (8, 0)]);
    let odd = tree_of([actor(1, Some(2)), actor(2, Some(1)), actor(3, Some(3))]);
    assert_eq!(places(&odd), [(1, 0), (2, 1), (3, 0)], "nobody is lost in a circle");
}

#[rehearsal::test]
fn what_is_in_a_process_stands_below_it() {
    let inside = tree_of([actor(1, None), actor(2, Some(1))]);
    let rows = vec![
        Row { info: actor(1, None), inside: Vec::new() },
        Row { info: actor(2, Some(1)), inside },
        Row { info: actor(3, Some(2)), inside: Vec::new() },
    ];
    assert_eq!(places(&ordered(rows)), [(1, 0), (2, 1), (1, 2), (2, 3), (3, 2)]);
}

#[rehearsal::test]
fn a_long_line_of_descent_is_drawn_and_read_without_end() {
    let tree = tree_of((1..10_000).map(|id| actor(id, Some(id - 1))));
    assert_eq!(tree.last().map(|last| last.depth), Some(9_998));
    let text = of(tree.clone()).to_string();
    assert_eq!(text.lines().count(), 10_000);
    assert!(text.len() < 2_000_000, "{}", text.len());
    let bytes = wire::encode(&of(tree.clone())).expect("it can be written");
    let back: ArbiterInfo = wire::decode(&bytes[4..]).expect("and read");
    assert_eq!(back.actors, tree);
}

#[rehearsal::test]
fn the_tree_as_people_read_it() {
    let mut boss = actor(1, None);
    (boss.name, boss.role, boss.messages_handled) = ("boss".to_owned(), Role::Supervisor, 12);
    let mut busy = actor(2, Some(1));
    (busy.restarts, busy.busy) = (2, Duration::from_millis(32));
    busy.last_end = Some(Exit::because(Reason::Failed, "for a reason"));
    busy.in_hand = Some("slow".to_owned());
    busy.mailbox = MailboxInfo { waiting: 9, high_water: 11, capacity: 16, dropped: 3 };
    busy.waiting = ["add", "get"].map(str::to_owned).to_vec();
    let mut apart = actor(3, Some(1));
    (apart.placement, apart.process_id) = (Placement::Process, 99);
    let mut unnamed = actor(4, Some(2));
    unnamed.name = "Counter-4".to_owned();
    let mut over = actor(5, None);
    (over.state, over.last_end) = (State::Close, Some(Exit::new(Reason::Stopped)));
    let info = of(tree_of([boss, busy, apart, unnamed, over]));
    let expected = "\
shop, process 7: 5 workers, 1 supervisor
├─ boss (Counter): supervisor, run, task, 12 handled; mailbox 0/16
│  ├─ c2 (Counter): run, task, 0 handled, busy 32 ms; in `slow`; mailbox 9/16, was 11, 3 dropped: `add`, `get` and 7 \
more; restarted 2 times; its last life: it failed: for a reason
│  │  └─ Counter-4: run, task, 0 handled; mailbox 0/16
│  └─ c3 (Counter): run, process 99, 0 handled; mailbox 0/16
└─ c5 (Counter): close, task, 0 handled; mailbox 0/16; it was stopped";
    assert_eq!(info.to_string(), expected);
    let bounded = format!("{info:.2}");
    assert_eq!(bounded.lines().count(), 4);
    assert!(bounded.ends_with("\n… and 3 more"), "{bounded}");
}
