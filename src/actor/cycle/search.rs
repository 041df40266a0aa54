//! Looking for a circle among the waits of a table.

use super::table::{Edge, Table};

/// Actors that are looked at before a search gives up.
const LIMIT: usize = 512;

/// A circle of waits that one wait is part of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Circle {
    /// These wait, each for the next and the last for the first, and none of the waits can end: each was seen to pend
    /// when the actor it waits for was waiting already, and so could not have answered it since.
    Seen(Vec<usize>),
    /// There is one on paper, but the waits of these have not been looked at since the next one began to wait: they may
    /// have been answered.
    Unseen(Vec<usize>),
}

/// Looks for a circle that begins with this wait, among those that have begun by now: all that are found were going on
/// at the same time.
pub(super) fn circle(table: &Table, first: Edge) -> Option<Circle> {
    let now = table.now();
    if let Some(way) = way_back(table, first, now, true) {
        return Some(Circle::Seen(way.iter().map(|edge| edge.owner).collect()));
    }
    let way = way_back(table, first, now, false)?;
    let nexts = way.iter().skip(1).chain(&way[..1]);
    let unseen = way.iter().zip(nexts).filter(|(edge, next)| !proves(edge, next));
    Some(Circle::Unseen(unseen.map(|(edge, _)| edge.owner).collect()))
}

/// Whether this wait pended when the next had begun. The next one's owner has been inside of one command since, so it
/// cannot have answered.
fn proves(edge: &Edge, next: &Edge) -> bool {
    edge.polled >= next.since
}

/// The waits from the first one's target back to its owner, the first one before them.
fn way_back(table: &Table, first: Edge, now: u64, proven: bool) -> Option<Vec<Edge>> {
    // What was reached, each with the number of what it was reached from.
    let mut reached = vec![(first, 0)];
    let mut at = 0;
    while at < reached.len() && reached.len() < LIMIT {
        let (from, _) = reached[at];
        for next in table.waits_of(from.target) {
            if next.since > now || (proven && !proves(&from, &next)) {
                continue;
            }
            if next.target == first.owner && (!proven || proves(&next, &first)) {
                return Some(traced(&reached, at, next));
            }
            let known = |(edge, _): &(Edge, usize)| edge.owner == next.owner && edge.since == next.since;
            if !reached.iter().any(known) {
                reached.push((next, at));
            }
        }
        at += 1;
    }
    None
}

fn traced(reached: &[(Edge, usize)], last: usize, closing: Edge) -> Vec<Edge> {
    let mut way = vec![closing];
    let mut at = last;
    while at != 0 {
        way.push(reached[at].0);
        at = reached[at].1;
    }
    way.push(reached[0].0);
    way.reverse();
    way
}
