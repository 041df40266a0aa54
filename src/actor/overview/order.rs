//! From actors that know whose children they are to a tree: pure.

use super::ActorInfo;

/// An actor, and what is in its own process, in order.
pub(super) struct Row {
    pub(super) info: ActorInfo,
    pub(super) inside: Vec<ActorInfo>,
}

/// Each behind the one it is a child of, with how deep it is. One whose parent is not among them is at the top.
pub(super) fn ordered(mut rows: Vec<Row>) -> Vec<ActorInfo> {
    let mut numbers: Vec<(u64, u64)> = (0..).zip(&rows).map(|(at, row)| (row.info.id, at)).collect();
    numbers.sort_unstable();
    let place_of = |id: u64| {
        let at = numbers.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(numbers[at].1 as usize)
    };
    let mut children = vec![Vec::new(); rows.len()];
    // Those that are to come next, the first one last.
    let mut next = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        match row.info.parent.and_then(place_of) {
            // A child is spawned after its parent, so that this is no circle.
            Some(parent) if row.info.parent < Some(row.info.id) => children[parent].push(at),
            _ => next.push((at, 0)),
        }
    }
    next.reverse();
    let mut tree = Vec::new();
    while let Some((at, depth)) = next.pop() {
        let mut info = rows[at].info.clone();
        info.depth = depth;
        tree.push(info);
        for mut info in std::mem::take(&mut rows[at].inside) {
            info.depth += depth + 1;
            tree.push(info);
        }
        next.extend(children[at].iter().rev().map(|child| (*child, depth + 1)));
    }
    tree
}
