//! Who waits for whom, and circles in it; against a small world that knows the truth.

use std::sync::atomic::{AtomicBool, Ordering};

use super::search::{Circle, circle};
use super::table::{Claim, Edge, Table};

/// A table that lives as long as a static one.
fn table() -> &'static Table {
    Box::leak(Box::new(Table::new()))
}

fn edges(table: &Table, owner: usize) -> Vec<Edge> {
    table.waits_of(owner).collect()
}

fn waits(table: &'static Table, owner: usize, target: usize) -> Claim {
    table.claim(owner, target, table.now()).expect("a place")
}

#[rehearsal::test]
fn a_wait_is_seen_from_its_claim_to_its_release() {
    let table = table();
    assert_eq!(edges(table, 1), []);
    let (first, second) = (waits(table, 1, 2), waits(table, 1, 3));
    assert_eq!(edges(table, 1).iter().map(|edge| edge.target).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(edges(table, 2), []);
    assert!(first.renew(7));
    assert_eq!(first.edge(), Edge { owner: 1, target: 2, since: 1, polled: 7 });
    first.release();
    assert_eq!(edges(table, 1), [second.edge()]);
    table.clear(1);
    assert_eq!(edges(table, 1), []);
    let third = waits(table, 1, 4);
    assert!(!second.renew(9), "it was cleared away");
    second.release();
    assert_eq!(edges(table, 1), [third.edge()], "whose place it is now does not lose it");
}

#[rehearsal::test]
fn more_waits_than_a_level_has_room_for_go_to_the_next() {
    let table = table();
    let claims: Vec<_> = (1..=20).filter_map(|target| table.claim(5, target, 0)).collect();
    assert_eq!(claims.len(), 20);
    assert_eq!(edges(table, 5).len(), 20);
    let refused = (0..100).filter(|target| table.claim(5, *target, 0).is_none()).count();
    assert!(refused > 0, "there is an end to it");
    claims.into_iter().for_each(Claim::release);
    table.clear(5);
    assert_eq!(edges(table, 5), []);
}

/// Readers beside writers see whole waits or none.
#[rehearsal::test]
fn no_wait_is_seen_in_halves() {
    let (table, over) = (table(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for owner in 1..=3_usize {
            let over = &over;
            scope.spawn(move || {
                let mut turn = 0;
                while !over.load(Ordering::Relaxed) {
                    turn += 1;
                    // The target tells the owner, and the time it was polled tells the target.
                    let target = owner * 1_000_000 + turn % 1_000;
                    let claim = table.claim(owner, target, target as u64).expect("a place");
                    claim.release();
                }
            });
        }
        let mut seen = 0;
        while seen < 20_000 {
            for owner in 1..=3 {
                for edge in table.waits_of(owner) {
                    assert_eq!(edge.target / 1_000_000, owner, "{edge:?}");
                    assert_eq!(edge.polled, edge.target as u64, "{edge:?}");
                    seen += 1;
                }
            }
        }
        over.store(true, Ordering::Relaxed);
    });
}

#[rehearsal::test]
fn a_circle_counts_once_everyone_on_it_has_looked_again() {
    let table = table();
    let (a, b) = (waits(table, 1, 2), waits(table, 2, 3));
    assert_eq!(circle(table, b.edge()), None, "3 waits for nobody");
    let c = waits(table, 3, 1);
    assert_eq!(circle(table, c.edge()), Some(Circle::Unseen(vec![1, 2])), "1 and 2 may have been answered");
    assert!(a.renew(table.now()));
    assert_eq!(circle(table, a.edge()), Some(Circle::Unseen(vec![2])));
    assert!(b.renew(table.now()));
    for (edge, actors) in [(a.edge(), [1, 2, 3]), (b.edge(), [2, 3, 1]), (c.edge(), [3, 1, 2])] {
        assert_eq!(circle(table, edge), Some(Circle::Seen(actors.to_vec())));
    }
    b.release();
    assert_eq!(circle(table, a.edge()), None);
}

#[rehearsal::test]
fn of_several_waits_the_one_that_closes_a_circle_counts() {
    let table = table();
    let claims = [waits(table, 1, 9), waits(table, 1, 2), waits(table, 2, 8), waits(table, 2, 1)];
    claims.iter().for_each(|claim| assert!(claim.renew(table.now())));
    assert_eq!(circle(table, claims[0].edge()), None, "9 is at leisure");
    assert_eq!(circle(table, claims[1].edge()), Some(Circle::Seen(vec![1, 2])));
    assert_eq!(circle(table, claims[3].edge()), Some(Circle::Seen(vec![2, 1])));
}

/// A world in which actors take messages in order and ask at most one other at a time, played at random. Whatever the
/// search calls a circle must be one in the world, and a circle in the world on which everyone has looked must be found.
#[rehearsal::test]
fn a_walk_through_a_world_that_knows_the_truth() {
    struct Actor {
        /// Who asked, in order; the first is being answered where `busy`.
        mail: Vec<usize>,
        busy: bool,
        asks: Option<(usize, Claim)>,
        /// Whether its answer has come and it has not looked yet.
        answered: bool,
    }
    const ACTORS: usize = 5;
    let mut state = 0x5EED_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let (mut found, mut crossed) = (0, 0);
    for _ in 0..400 {
        let table = table();
        let new = || Actor { mail: Vec::new(), busy: false, asks: None, answered: false };
        let mut world: Vec<Actor> = (0..ACTORS).map(|_| new()).collect();
        for _ in 0..60 {
            let one = random(ACTORS);
            match (world[one].busy, world[one].asks.take()) {
                // Nothing to do: somebody from outside asks.
                (false, _) if world[one].mail.is_empty() => world[one].mail.push(usize::MAX),
                (false, _) => world[one].busy = true,
                // In a command: asks somebody, or answers.
                (true, None) if random(2) == 0 => {
                    let other = (one + 1 + random(ACTORS - 1)) % ACTORS;
                    let now = table.now();
                    world[other].mail.push(one);
                    let claim = table.claim(one + 1, other + 1, now).expect("a place");
                    let edge = claim.edge();
                    world[one].asks = Some((other, claim));
                    if let Some(Circle::Seen(_)) = circle(table, edge) {
                        assert!(is_circle(&world, one), "none in truth");
                        found += 1;
                    } else if random(2) == 0 && is_circle(&world, one) {
                        // Everyone looks again; then it must be seen.
                        let now = table.now();
                        let claims = || world.iter().filter_map(|actor| actor.asks.as_ref());
                        claims().for_each(|(_, claim)| assert!(claim.renew(now)));
                        assert!(matches!(circle(table, edge_of(&world, one)), Some(Circle::Seen(_))));
                        crossed += 1;
                        break;
                    }
                }
                (true, None) => {
                    let asker = world[one].mail.remove(0);
                    world[one].busy = false;
                    if let Some(actor) = world.get_mut(asker) {
                        actor.answered = true;
                    }
                }
                // Looks whether its answer has come.
                (true, Some((other, claim))) => {
                    if world[one].answered {
                        world[one].answered = false;
                        claim.release();
                        continue;
                    }
                    assert!(claim.renew(table.now()));
                    let seen = circle(table, claim.edge());
                    world[one].asks = Some((other, claim));
                    if let Some(Circle::Seen(_)) = seen {
                        assert!(is_circle(&world, one), "none in truth");
                        found += 1;
                        break;
                    }
                }
            }
        }
    }
    assert!(found > 20 && crossed > 20, "the walk met {found} and {crossed} circles");

    fn edge_of(world: &[Actor], one: usize) -> Edge {
        world[one].asks.as_ref().map(|(_, claim)| claim.edge()).expect("it asks")
    }

    /// Whether `one` waits for itself, counting no wait whose answer has come.
    fn is_circle(world: &[Actor], one: usize) -> bool {
        let mut at = one;
        for _ in 0..=ACTORS {
            match &world[at].asks {
                Some((other, _)) if !world[at].answered => at = *other,
                _ => return false,
            }
            if at == one {
                return true;
            }
        }
        false
    }
}
