//! How many workers there should be, by what the processors do meanwhile: a decision, taken again and again.

/// What was seen of the machine since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Processors that this run may use.
    pub processors: usize,
    /// How much of one processor was idle, thousandths, all processors together.
    pub idle_permille: u64,
    /// How much of one processor the workers used, thousandths, all of them together, and what they started.
    pub used_permille: u64,
    /// How many threads on the machine want a processor, ours included.
    pub running: u64,
    /// How many more workers there is memory for.
    pub memory_for: usize,
}

/// Below this part of what there is, in thousandths, the processors have time for more.
const IDLE_BELOW: u64 = 850;
/// Above this they are taken.
const TAKEN_ABOVE: u64 = 970;
/// How much of them the pool is to take.
const AIM: u64 = 900;
/// How many looks in a row have to find them taken before the pool becomes smaller.
const PATIENCE: u32 = 4;

/// The size of a pool that grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    least: usize,
    most: usize,
    taken: u32,
}

impl Growth {
    /// A pool of so many workers at least, with which it begins, and so many at most.
    pub fn new(least: usize, most: usize) -> Growth {
        Growth { least, most: most.max(least), taken: 0 }
    }

    /// How many workers there should be from now on, where there are `room` by now and all of them were at work since
    /// the last look.
    ///
    /// Trials that wait use next to nothing, so the pool doubles while the processors are less than half taken: waiting
    /// is told from working after a few looks. From there it goes as far as the workers' use of them says.
    pub fn next(&mut self, room: usize, load: &Load) -> usize {
        let whole = (load.processors as u64 * 1_000).max(1);
        // What is idle may be more than this run is allowed. Where others take all, workers that had something to do
        // would still have had their share beside them: those that have not even taken that wait for something else.
        let share = whole * room as u64 / (room as u64 + load.running).max(1);
        let there = (load.used_permille + load.idle_permille).min(whole).max(share).max(1);
        let taken = load.used_permille * 1_000 / there;
        self.taken = if taken > TAKEN_ABOVE { self.taken + 1 } else { 0 };
        if taken < IDLE_BELOW {
            let aim = (room as u64 * AIM / taken.max(1)).clamp(room as u64 + 1, 2 * room as u64) as usize;
            // Those that were there before the pool became smaller need no memory any more, which is not counted.
            return aim.min(self.most).min(room + load.memory_for).max(room);
        }
        if self.taken < PATIENCE {
            return room;
        }
        self.taken = 0;
        (room - room / 4).max(self.least).min(room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(idle_permille: u64, used_permille: u64) -> Load {
        Load { processors: 2, idle_permille, used_permille, running: 3, memory_for: 1_000 }
    }

    #[rehearsal::test]
    fn it_doubles_while_the_processors_have_nothing_to_do() {
        let mut growth = Growth::new(2, 50);
        let mut rooms = vec![2];
        for _ in 0..6 {
            rooms.push(growth.next(rooms[rooms.len() - 1], &load(1_900, 60)));
        }
        assert_eq!(rooms, [2, 4, 8, 16, 32, 50, 50]);
    }

    #[rehearsal::test]
    fn it_goes_as_far_as_there_is_time_for() {
        for (idle, used, expected) in [
            (1_000, 1_000, 18),  // Half taken by ten: eighteen take nine tenths.
            (400, 1_600, 11),    // Eight tenths.
            (200, 1_800, 10),    // Nine tenths are what is wanted.
            (0, 2_000, 10),      // Taken, but not yet for long.
            (0, 1_700, 10),      // With others: this is all that there was to have.
            (60_000, 1_900, 10), // A large machine, of which this run may have two processors.
            (60_000, 500, 20),
            (0, 100, 20), // Others take the rest, but these have not taken their share of it.
        ] {
            assert_eq!(Growth::new(2, 64).next(10, &load(idle, used)), expected, "{idle} idle, {used} used");
        }
    }

    #[rehearsal::test]
    fn it_becomes_smaller_where_it_has_taken_too_much_for_a_while() {
        let mut growth = Growth::new(2, 64);
        let mut room = 16;
        let mut rooms = Vec::new();
        for _ in 0..PATIENCE * 9 {
            room = growth.next(room, &load(0, 2_000));
            rooms.push(room);
        }
        rooms.dedup();
        assert_eq!(rooms, [16, 12, 9, 7, 6, 5, 4, 3]);
        let mut few = Growth::new(4, 64);
        assert!((0..20).all(|_| few.next(4, &load(0, 2_000)) == 4), "never less than it began with");
    }

    #[rehearsal::test]
    fn memory_is_a_limit_too() {
        let little = Load { memory_for: 3, ..load(2_000, 0) };
        assert_eq!(Growth::new(2, 64).next(8, &little), 11);
        assert_eq!(Growth::new(2, 64).next(8, &Load { memory_for: 0, ..little }), 8);
    }
}
