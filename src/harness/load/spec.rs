//! What `#[rehearsal::load]` asks for: plain constants, as the macro emits them.

use std::time::Duration;

/// The options of one load benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// How many clients there are, a level each, in the order in which they are run.
    pub levels: &'static [u32],
    /// What the clients of a level are.
    pub clients: Clients,
    /// Clients that are processes: in no more processes than these.
    pub processes: u32,
    /// How many operations are meant to start in a second, all clients together: an open loop. `None` is a closed loop,
    /// where each client starts its next operation when the last one is done.
    pub rate: Option<u64>,
    /// For how long operations run at each level before they count, milliseconds.
    pub warm_up_ms: u64,
    /// How long a level is measured, milliseconds.
    pub duration_ms: u64,
    /// How many operations a level is measured for, in place of a duration.
    pub count: Option<u64>,
    /// A level of which no operation ends for so long hangs, milliseconds.
    pub stuck_ms: u64,
    /// So much more memory than at its beginning a level may take, bytes; half of what the machine has left where `None`.
    pub memory_bytes: Option<u64>,
}

impl Spec {
    /// What an attribute without arguments means.
    pub const NONE: Spec = Spec {
        levels: &[1, 2, 4, 8, 16],
        clients: Clients::Tasks,
        processes: 64,
        rate: None,
        warm_up_ms: 500,
        duration_ms: 3_000,
        count: None,
        stuck_ms: 10_000,
        memory_bytes: None,
    };
}

/// What a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// A task of the benchmark's runtime.
    Tasks,
    /// A thread with a runtime of its own.
    Threads,
    /// A process, which it shares with others where there are more clients than there may be processes.
    Processes,
}

impl Clients {
    /// In a table's heading.
    pub fn word(self) -> &'static str {
        match self {
            Clients::Tasks => "tasks",
            Clients::Threads => "threads",
            Clients::Processes => "processes",
        }
    }
}

/// What one level does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// How many clients.
    pub clients: u32,
    /// What they are.
    pub kind: Clients,
    /// In how many processes at most, where they are processes.
    pub processes: u32,
    /// Operations a second, of an open loop.
    pub rate: Option<u64>,
    /// Before operations count.
    pub warm_up: Duration,
    /// How long it is measured; of an open loop that counts, as long as the count takes. `None` where it ends with its count.
    pub duration: Option<Duration>,
    /// How many operations, of a closed loop that counts.
    pub count: Option<u64>,
    /// How long nothing may happen.
    pub stuck: Duration,
    /// How much memory it may take, bytes.
    pub memory_bytes: Option<u64>,
}

/// Of a level that is a test and no measurement.
const TEST: Duration = Duration::from_millis(100);

/// No more clients than these has a level that is a test.
const TEST_CLIENTS: u32 = 8;

/// So many operations has one that counts.
const TEST_COUNT: u64 = 100;

impl Spec {
    /// What the level of so many clients does where it is measured.
    pub fn level(&self, clients: u32) -> Level {
        let of_count = match (self.count, self.rate) {
            (Some(count), Some(rate)) => {
                Some(Duration::from_nanos(count.saturating_mul(1_000_000_000) / rate.max(1)))
            }
            (Some(_), None) => None,
            (None, _) => Some(Duration::from_millis(self.duration_ms)),
        };
        Level {
            clients,
            kind: self.clients,
            processes: self.processes,
            rate: self.rate,
            warm_up: Duration::from_millis(self.warm_up_ms),
            duration: of_count,
            count: self.count.filter(|_| self.rate.is_none()),
            stuck: Duration::from_millis(self.stuck_ms),
            memory_bytes: self.memory_bytes,
        }
    }

    /// The one short level that stands for all of them where benchmarks are tests: that with most clients, up to eight of
    /// them, for what goes wrong with one client goes wrong with several, and a deadlock needs two.
    pub fn as_test(&self) -> Level {
        let few = self.levels.iter().copied().filter(|clients| *clients <= TEST_CLIENTS).max();
        let clients = few.or_else(|| self.levels.iter().copied().min()).unwrap_or(1);
        let level = self.level(clients);
        Level {
            warm_up: Duration::ZERO,
            duration: level.duration.map(|duration| duration.min(TEST)),
            count: level.count.map(|count| count.min(TEST_COUNT)),
            ..level
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn the_level_that_is_a_test_has_few_clients_but_more_than_one() {
        for (levels, clients) in
            [(&[1, 2, 8, 64, 512][..], 8), (&[512, 64, 1], 1), (&[1], 1), (&[3, 1, 9], 3), (&[64, 512], 64)]
        {
            let level = Spec { levels, ..Spec::NONE }.as_test();
            assert_eq!(level.clients, clients, "{levels:?}");
            assert!(level.warm_up.is_zero() && level.duration == Some(TEST), "{level:?}");
        }
    }

    #[rehearsal::test]
    fn a_count_ends_a_closed_loop_and_is_a_duration_of_an_open_one() {
        let ms = |ms| Some(Duration::from_millis(ms));
        for (count, rate, duration, left) in [
            (None, None, ms(3_000), None),
            (None, Some(100), ms(3_000), None),
            (Some(500), None, None, Some(500)),
            (Some(500), Some(1_000), ms(500), None),
        ] {
            let spec = Spec { count, rate, ..Spec::NONE };
            let level = spec.level(4);
            assert_eq!((level.duration, level.count), (duration, left), "{count:?} at {rate:?}");
        }
        let spec = Spec { count: Some(500), ..Spec::NONE };
        assert_eq!(spec.as_test().count, Some(TEST_COUNT));
    }
}
