//! How long something has had a thread, for next to nothing: measured by the ticks of a coarse clock that begin
//! meanwhile.
//!
//! Reading the system's clock twice costs as much as a message does. So a stretch of time is counted by the ticks that
//! begin in it, 16 ms each: a short one is mostly counted as nothing, and now and then, as often as it is a part of a
//! tick, as a whole one. The sum over many is right on average; of a single one it is right to a tick or so. The ticks are those of
//! [`deadline`](super::deadline) while anybody waits for an answer, otherwise the system's coarse ones.

use super::{deadline, platform};

/// When a stretch of time began.
pub(crate) struct Since {
    /// The tick, 0 where the clock of deadlines stood still.
    tick: u64,
    /// Otherwise the system's coarse clock.
    coarse_ns: u64,
}

impl Since {
    /// Begins now.
    #[inline]
    pub(crate) fn now() -> Since {
        let tick = deadline::running();
        Since { tick, coarse_ns: if tick == 0 { platform::clock::coarse_ns() } else { 0 } }
    }

    /// Nanoseconds it took until now, by the ticks that began meanwhile.
    #[inline]
    pub(crate) fn taken_ns(&self) -> u64 {
        if self.tick == 0 {
            platform::clock::coarse_ns().saturating_sub(self.coarse_ns)
        } else if self.tick == deadline::now() {
            0
        } else {
            deadline::ns_since(self.tick)
        }
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use std::time::{Duration, Instant};

    use super::Since;
    use crate::sys::deadline::Deadline;

    fn work_for(time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            std::hint::spin_loop();
        }
    }

    /// What was counted of `times` stretches of `time` each, and what they took by the system's clock.
    fn counted(times: u32, time: Duration) -> (Duration, Duration) {
        let (mut counted_ns, mut took) = (0, Duration::ZERO);
        for _ in 0..times {
            let (since, begun) = (Since::now(), Instant::now());
            work_for(time);
            counted_ns += since.taken_ns();
            took += begun.elapsed();
        }
        (Duration::from_nanos(counted_ns), took)
    }

    #[rehearsal::test]
    fn what_is_counted_is_what_was_taken_whichever_clock_runs() {
        for with_deadline in [false, true] {
            if with_deadline {
                // Whoever waits has the clock of deadlines run, for a second at least.
                assert_ne!(Deadline::new(Duration::from_secs(60)).begin(), 0);
            }
            for (times, time) in [(1, Duration::from_millis(150)), (800, Duration::from_micros(250))] {
                let (counted, took) = counted(times, time);
                let off = counted.abs_diff(took);
                assert!(off < took / 2, "{times} times {time:?}: {took:?} counted as {counted:?}");
            }
        }
    }

    #[rehearsal::test]
    fn a_clock_that_fell_asleep_meanwhile_takes_nothing_away() {
        assert_ne!(Deadline::new(Duration::from_secs(60)).begin(), 0);
        // Longer than the clock runs on for nobody.
        let (counted, took) = counted(1, Duration::from_millis(1500));
        assert!(counted.abs_diff(took) < took / 4, "{took:?} counted as {counted:?}");
    }
}
