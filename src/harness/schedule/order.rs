//! In which order trials are handed out, by what earlier runs have left to know of them.

use super::state::Position;

/// What is known of a trial before it runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clue {
    /// It failed when it ran last.
    pub failed: bool,
    /// How long it takes, nanoseconds; 0 where that is not known, or next to nothing.
    pub duration_ns: u64,
    /// Number of its group.
    pub group: Option<usize>,
}

/// Failed ones first, then the longest first, then those of which nothing is known, as they come. Empty where that
/// changes nothing.
///
/// Longest first is what keeps the end of a run even: what is left by then is short. The trials of a group run one after
/// the other, or as many at once as its limit says, so each of them counts for what is left of the group from it on:
/// otherwise many short ones that must not run at the same time would be what the run waits for.
pub fn order(clues: &[Clue], limits: &[usize]) -> Vec<Position> {
    if clues.iter().all(|clue| !clue.failed && clue.duration_ns == 0) {
        return Vec::new();
    }
    let durations: Vec<u64> = clues.iter().map(|clue| clue.duration_ns).collect();
    let mut order = longest_first(&durations);
    let mut keys = durations;
    // From the shortest one up: what a group's trials have together, so far.
    let mut together: Vec<u64> = Vec::new();
    for &position in order.iter().rev() {
        let Some(group) = clues[position].group else { continue };
        together.resize(together.len().max(group + 1), 0);
        together[group] = together[group].saturating_add(clues[position].duration_ns);
        let limit = limits.get(group).copied().unwrap_or(1).max(1) as u64;
        keys[position] = keys[position].max(together[group] / limit);
    }
    for (key, clue) in keys.iter_mut().zip(clues) {
        if clue.failed {
            *key = u64::MAX;
        }
    }
    order = longest_first(&keys);
    if order.is_sorted() { Vec::new() } else { order }
}

/// Positions by falling key, equal ones as they come: a radix sort, a function where a sort by comparison is twenty.
fn longest_first(keys: &[u64]) -> Vec<Position> {
    let mut order: Vec<Position> = (0..keys.len()).collect();
    let mut next = order.clone();
    for shift in (0..u64::BITS).step_by(8) {
        let digit = |position: Position| 255 - (keys[position] >> shift & 255) as usize;
        let mut ends = [0_usize; 256];
        for &position in &order {
            ends[digit(position)] += 1;
        }
        if ends[255] == keys.len() {
            continue;
        }
        let mut begin = 0;
        for end in &mut ends {
            begin += std::mem::replace(end, begin);
        }
        for &position in &order {
            let place = &mut ends[digit(position)];
            next[*place] = position;
            *place += 1;
        }
        std::mem::swap(&mut order, &mut next);
    }
    order
}
