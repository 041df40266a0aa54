//! How often a process gives a sign of life, and what is done with one that does not.

use std::time::Duration;

/// How long a process actor may give no sign of life, and what then: it is asked to stop, and killed where it has not
/// stopped after a grace. Its end is [`Silent`](crate::actor::Reason::Silent), and a failure that it may be started again
/// after.
///
/// The signs come every 0.3 of the time it may be silent, but not more often than every 3 s nor less often than every
/// 30 s, and from a thread of their own: a command that computes is no silence; a process that is stopped, or so
/// starved that none of its threads runs, is.
///
/// ```
/// # use rehearsal::prelude::*;
/// # use rehearsal::actor::Heartbeat;
/// # use std::time::Duration;
/// # pub struct Counter { n: i64 }
/// # #[rehearsal::actor] impl Counter {
/// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
/// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
/// # }
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let heartbeat = Heartbeat::new(Duration::from_secs(60)).grace(Duration::from_secs(5));
/// assert_eq!(heartbeat.interval(), Duration::from_secs(18));
/// let counter = Counter::spawn(0).process().heartbeat(heartbeat).await?;
/// assert!(counter.info().await?.last_notify.is_some());
/// // One that could never be in time is refused.
/// let hasty = Counter::spawn(0).process().heartbeat(Heartbeat::new(Duration::from_secs(2))).await;
/// assert!(hasty.unwrap_err().to_string().contains("every 3s"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    pub(crate) timeout: Duration,
    floor: Duration,
    grace: Duration,
}

/// The longest time between two signs.
const CEILING: Duration = Duration::from_secs(30);

impl Heartbeat {
    /// Silent for longer than this is too long.
    pub const fn new(timeout: Duration) -> Heartbeat {
        Heartbeat { timeout, floor: Duration::from_secs(3), grace: Duration::from_secs(10) }
    }

    /// Signs may come as often as this, for a time that is shorter than one should set in earnest; 3 s unless told
    /// otherwise.
    pub const fn floor(mut self, floor: Duration) -> Heartbeat {
        self.floor = floor;
        self
    }

    /// How long one that was silent for too long may take to stop; 10 s unless told otherwise.
    pub const fn grace(mut self, grace: Duration) -> Heartbeat {
        self.grace = grace;
        self
    }

    /// The time between two signs of life.
    pub fn interval(&self) -> Duration {
        (self.timeout * 3 / 10).max(self.floor).min(CEILING)
    }

    /// What is wrong with it, if something is.
    pub(crate) fn flaw(&self) -> Option<String> {
        (self.interval() >= self.timeout).then(|| {
            format!(
                "it may be silent for {:?}, but gives a sign of life every {:?}: give it more time, or a lower \
                 Heartbeat::floor(..)",
                self.timeout,
                self.interval()
            )
        })
    }

    pub(crate) fn patience(&self) -> Duration {
        self.grace
    }
}

impl Default for Heartbeat {
    /// Thirty seconds.
    fn default() -> Heartbeat {
        Heartbeat::new(Duration::from_secs(30))
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn the_interval_is_a_part_of_the_timeout_within_its_bounds() {
        // Timeout, interval, whether it can be kept; seconds.
        let table =
            [(30, 9, true), (4, 3, true), (3, 3, false), (10, 3, true), (100, 30, true), (900, 30, true)];
        for (timeout, interval, kept) in table {
            let heartbeat = Heartbeat::new(Duration::from_secs(timeout));
            assert_eq!(heartbeat.interval(), Duration::from_secs(interval), "{timeout}");
            assert_eq!(heartbeat.flaw().is_none(), kept, "{timeout}");
        }
        let hasty = Heartbeat::new(Duration::from_millis(500)).floor(Duration::from_millis(50));
        assert_eq!(hasty.interval(), Duration::from_millis(150));
        assert_eq!(hasty.flaw(), None);
    }
}
