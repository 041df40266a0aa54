//! When operations of an open loop are meant to start, and what follows from it. Pure.
//!
//! An open loop does not wait for answers: operation number i is meant to start at its own time, whatever became of those
//! before it, and its latency counts from there. What a slow system makes its clients put off is so part of what is
//! measured (that it is not, where the next operation waits for the last one's answer, is known as coordinated omission).

use std::ops::Range;

use crate::sys::wire::wired;

/// Nanoseconds of a second.
pub const SECOND_NS: u64 = 1_000_000_000;

/// So long before its time a client is woken, and looks at the clock from then on: a timer of the kernel is late by up to
/// 60 µs, and to wake a thread takes up to as long again.
const LEAD_NS: u64 = 150_000;

/// Who is over its time by this is released whoever was to do it.
const SLACK_NS: u64 = 50_000;

/// The pacer looks at what is overdue as often as this while a client is looking at the clock.
const LOOK_NS: u64 = 100_000;

/// The times at which operations are meant to start, evenly spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timetable {
    /// When the first one of all is.
    pub start_ns: u64,
    /// How many a second.
    pub rate: u64,
    /// Which of all is the first in this table.
    pub first: u64,
    /// Each how manyth of all is in this table: of more than one process each has a table of its own.
    pub step: u64,
}

wired! { struct Timetable { start_ns, rate, first, step } }

impl Timetable {
    /// When operation number `at` of this table is meant to start, from 0.
    pub fn due_ns(&self, at: u64) -> u64 {
        let of_all = u128::from(self.first) + u128::from(at) * u128::from(self.step);
        let after = of_all * u128::from(SECOND_NS) / u128::from(self.rate.max(1));
        self.start_ns.saturating_add(u64::try_from(after).unwrap_or(u64::MAX))
    }

    /// How many of this table are meant to start before that time.
    pub fn due_before(&self, time_ns: u64) -> u64 {
        let passed = u128::from(time_ns.saturating_sub(self.start_ns));
        // Of all those before it: the least whole number from which on they are not.
        let of_all = (passed * u128::from(self.rate)).div_ceil(u128::from(SECOND_NS));
        let own = of_all.saturating_sub(u128::from(self.first)).div_ceil(u128::from(self.step.max(1)));
        u64::try_from(own).unwrap_or(u64::MAX)
    }
}

/// How those wait whose time has not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Clients are tasks of one runtime: the one whose turn is next looks at the clock, and passes that on to the next one
    /// when it starts, which costs a wake-up within the runtime.
    Chained,
    /// Each is on a thread of its own, is woken so long before its time, and looks at the clock by itself.
    Each {
        /// Nanoseconds.
        lead_ns: u64,
    },
    /// Each looks at the clock until its time has come, and leaves the processor to whoever wants it between two looks. No
    /// pacer wakes anybody.
    Looking,
}

wired! { enum Manner { Chained, Each { lead_ns }, Looking } }

impl Manner {
    /// Of threads at this rate, all together. Those that look at the clock at any moment take a quarter of the processors
    /// at most: with more of them there would be none left for what is measured.
    pub fn of_threads(rate: u64, processors: u64) -> Manner {
        let room_ns = processors.saturating_mul(SECOND_NS / 4) / rate.max(1);
        Manner::Each { lead_ns: room_ns.min(LEAD_NS) }
    }

    /// Of so many processes that share this rate. Who looks at the clock keeps a processor busy, and each process has one
    /// that does, so with more of them than half of the processors they sleep until shortly before their times. Where that
    /// is no longer than a timer may be late they do not: to be woken by a timer costs a virtual machine some ten
    /// microseconds, as much as many an operation, and who gives way between two looks leaves more of the processors.
    ///
    /// Who gives way to another program gets the processor back when that one has had its turn, milliseconds later, and who
    /// sleeps when the timer is over: so where others are at work they sleep all the same.
    pub fn of_processes(rate: u64, processes: u64, processors: u64, busy: bool) -> Manner {
        let gap_ns = processes.saturating_mul(SECOND_NS) / rate.max(1);
        if processes <= (processors / 2).max(1) {
            Manner::Chained
        } else if gap_ns <= LEAD_NS && !busy {
            Manner::Looking
        } else {
            Manner::of_threads(rate, processors)
        }
    }

    /// How long before its time a client wakes.
    pub fn lead_ns(self) -> u64 {
        match self {
            Manner::Chained => LEAD_NS,
            Manner::Each { lead_ns } => lead_ns,
            Manner::Looking => u64::MAX,
        }
    }
}

/// What the pacer does after a look at the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Those to be woken now.
    pub wake: Range<u64>,
    /// Everything before this is free to start.
    pub front: u64,
    /// When to look again.
    pub until_ns: u64,
}

/// A look at the clock. `front` is the first one that has not been released, `woken` the first that has not been woken.
pub fn look(table: &Timetable, manner: Manner, front: u64, woken: u64, now_ns: u64) -> Look {
    match manner {
        Manner::Looking => Look { wake: woken..woken, front, until_ns: u64::MAX },
        Manner::Each { lead_ns } => {
            let end = table.due_before(now_ns.saturating_add(lead_ns).saturating_add(1)).max(woken);
            Look { wake: woken..end, front: end, until_ns: table.due_ns(end).saturating_sub(lead_ns) }
        }
        Manner::Chained => {
            // Released together are those that should have started a while ago: who looks at the clock is kept from it.
            let overdue = table.due_before(now_ns.saturating_sub(SLACK_NS)).max(front);
            let next = table.due_ns(overdue);
            let near = next.saturating_sub(LEAD_NS) <= now_ns;
            let end = if near { overdue + 1 } else { overdue };
            let until_ns = if near { now_ns + LOOK_NS } else { next.saturating_sub(LEAD_NS) };
            let begin = if near && woken > overdue { end } else { front.min(end) };
            Look { wake: begin..end, front: overdue, until_ns }
        }
    }
}

/// What became of the times that were set for a while.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// How many operations were meant to start.
    pub intended: u64,
    /// How many of these did, before the while was over.
    pub begun: u64,
}

impl Kept {
    /// How many were never started: every client was busy with an earlier one.
    pub fn missed(&self) -> u64 {
        self.intended.saturating_sub(self.begun)
    }

    /// Whether the rate is more than could be done: more than one of a hundred was never started.
    pub fn is_saturated(&self) -> bool {
        self.missed() > self.intended / 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rate: u64) -> Timetable {
        Timetable { start_ns: 1_000, rate, first: 0, step: 1 }
    }

    #[rehearsal::test]
    fn times_are_even_and_do_not_drift() {
        for (rate, at, due) in [
            (1, 0, 1_000),
            (1, 1, SECOND_NS + 1_000),
            (3, 1, 333_333_333 + 1_000),
            (3, 3, SECOND_NS + 1_000),
            (3, 3_000_000, 1_000_000 * SECOND_NS + 1_000),
            (100_000, 1, 11_000),
            (7_000_000_000, 7, 1_001),
        ] {
            assert_eq!(table(rate).due_ns(at), due, "number {at} of {rate} a second");
        }
        assert_eq!(table(1).due_ns(u64::MAX), u64::MAX);
    }

    #[rehearsal::test]
    fn those_before_a_time_are_those_whose_time_is_before_it() {
        for (rate, first, step) in [(1, 0, 1), (3, 0, 1), (1_000, 2, 8), (999_983, 5, 7), (100_000, 63, 64)] {
            let table = Timetable { first, step, ..table(rate) };
            for time_ns in [0, 1_000, 1_001, 2_001_000, SECOND_NS, SECOND_NS + 1_000, 17 * SECOND_NS + 12_345]
            {
                let count = table.due_before(time_ns);
                assert!(count == 0 || table.due_ns(count - 1) < time_ns, "{table:?} before {time_ns}");
                assert!(table.due_ns(count) >= time_ns, "{table:?} before {time_ns}");
            }
        }
    }

    /// Processes that share a rate start what one alone would have started.
    #[rehearsal::test]
    fn shares_make_up_the_whole() {
        let whole = table(10_000);
        let mut all: Vec<u64> = (0..3)
            .flat_map(|first| {
                let share = Timetable { first, step: 3, ..whole };
                (0..100).map(move |at| share.due_ns(at))
            })
            .collect();
        all.sort_unstable();
        assert_eq!(all, (0..300).map(|at| whole.due_ns(at)).collect::<Vec<_>>());
    }

    /// Ten thousand a second: one each 100 µs, from 1 µs on.
    #[rehearsal::test]
    fn who_is_next_is_woken_ahead_and_who_is_late_is_released() {
        let table = table(10_000);
        let us = |us: u64| us * 1_000;
        for (front, woken, now_us, wake, free, until_us) in [
            // Number 5 is due at 501 µs, which is not near yet.
            (5, 5, 300, 5..5, 5, 351),
            (5, 5, 351, 5..6, 5, 451),
            // It has been woken.
            (5, 6, 400, 6..6, 5, 500),
            // It and the next two should have started at 501 to 701 µs; number 8 is near.
            (5, 6, 760, 5..9, 8, 860),
            // Those in front of it have all started by themselves.
            (8, 6, 760, 8..9, 8, 860),
        ] {
            let wanted = Look { wake, front: free, until_ns: us(until_us) };
            assert_eq!(look(&table, Manner::Chained, front, woken, us(now_us)), wanted, "at {now_us}");
        }
        for (woken, now_us, wake, until_us) in
            [(5, 300, 5..5, 451), (5, 451, 5..6, 551), (5, 760, 5..9, 851), (9, 760, 9..9, 851)]
        {
            let wanted = Look { front: wake.end, wake, until_ns: us(until_us) };
            let manner = Manner::Each { lead_ns: 50_000 };
            assert_eq!(look(&table, manner, 0, woken, us(now_us)), wanted, "at {now_us}");
        }
    }

    #[rehearsal::test]
    fn those_who_look_at_the_clock_leave_room() {
        for (rate, processors, lead_us) in
            [(1, 1, 150), (1_000, 2, 150), (10_000, 2, 50), (100_000, 2, 5), (1_000_000_000, 2, 0)]
        {
            let manner = Manner::of_threads(rate, processors);
            assert_eq!(manner.lead_ns() / 1_000, lead_us, "{rate} on {processors}");
        }
    }

    #[rehearsal::test]
    fn processes_that_would_sleep_no_longer_than_a_timer_is_late_look_at_the_clock_unless_others_are_at_work()
    {
        let each = |lead_us: u64| Manner::Each { lead_ns: lead_us * 1_000 };
        for (rate, processes, processors, quiet, busy) in [
            (100_000, 1, 2, Manner::Chained, Manner::Chained),
            (100_000, 1, 1, Manner::Chained, Manner::Chained),
            (100_000, 4, 8, Manner::Chained, Manner::Chained),
            (100_000, 2, 2, Manner::Looking, each(5)),
            (100_000, 8, 2, Manner::Looking, each(5)),
            (100_000, 15, 2, Manner::Looking, each(5)),
            (100_000, 16, 2, each(5), each(5)),
            (10_000, 8, 2, each(50), each(50)),
            (1_000, 8, 2, each(150), each(150)),
            (u64::MAX, 8, 2, Manner::Looking, each(0)),
        ] {
            for (is_busy, manner) in [(false, quiet), (true, busy)] {
                let chosen = Manner::of_processes(rate, processes, processors, is_busy);
                assert_eq!(chosen, manner, "{rate} of {processes} on {processors}, {is_busy}");
            }
        }
    }

    #[rehearsal::test]
    fn more_than_one_of_a_hundred_that_never_started_is_saturation() {
        for (intended, begun, missed, saturated) in [
            (0, 0, 0, false),
            (1_000, 1_000, 0, false),
            (1_000, 1_003, 0, false),
            (1_000, 990, 10, false),
            (1_000, 989, 11, true),
            (10, 9, 1, true),
            (u64::MAX, 0, u64::MAX, true),
        ] {
            let kept = Kept { intended, begun };
            assert_eq!((kept.missed(), kept.is_saturated()), (missed, saturated), "{kept:?}");
        }
    }
}
