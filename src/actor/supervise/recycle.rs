//! When a worker has served long enough. Pure: what it has done is given.

use std::time::Duration;

/// When an actor that works well is replaced all the same, against what slowly goes wrong: memory that is never given
/// back, descriptors that leak.
///
/// It finishes the command in hand, `#[stopping]` runs, and its next life takes over behind the same proxy and with the
/// same arguments; nothing that was sent is lost. A process handles what it has been given before another takes its
/// place. Recycling is no restart: it is neither counted nor slowed down.
///
/// ```
/// # use rehearsal::prelude::*;
/// # use rehearsal::actor::Recycle;
/// # pub struct Counter { n: i64 }
/// # #[rehearsal::actor] impl Counter {
/// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
/// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
/// # }
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let counter = Counter::spawn(0).recycle(Recycle::after(3).jitter(0.0)).await?;
/// let mut sums = Vec::new();
/// for _ in 0..7 {
///     sums.push(counter.add(1).await?);
/// }
/// assert_eq!(sums, [1, 2, 3, 1, 2, 3, 1]);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recycle {
    messages: Option<u64>,
    jitter: f64,
    memory: Option<u64>,
    grace: Duration,
}

impl Recycle {
    const NEVER: Recycle =
        Recycle { messages: None, jitter: 0.1, memory: None, grace: Duration::from_secs(600) };

    /// After so many messages, at least one, and a random tenth more or less, so that a pool's workers do not all go at
    /// once.
    pub const fn after(messages: u64) -> Recycle {
        Recycle { messages: Some(messages), ..Recycle::NEVER }
    }

    /// When its process holds more memory than this, in bytes: its resident size, looked at whenever it gives a sign of
    /// life. For process actors; spawning another with it is an error.
    pub const fn over_memory(bytes: u64) -> Recycle {
        Recycle { memory: Some(bytes), ..Recycle::NEVER }
    }

    /// The same, and when its process holds more memory than this, in bytes.
    pub const fn or_over_memory(mut self, bytes: u64) -> Recycle {
        self.memory = Some(bytes);
        self
    }

    /// The fraction of the messages, 0 to 1, that is added or taken away by chance; a tenth unless told otherwise.
    pub const fn jitter(mut self, fraction: f64) -> Recycle {
        self.jitter = fraction.clamp(0.0, 1.0);
        self
    }

    /// How long a process that is being replaced may take over what it has been given, before it is killed; ten minutes
    /// unless told otherwise.
    pub const fn grace(mut self, grace: Duration) -> Recycle {
        self.grace = grace;
        self
    }

    pub(crate) fn memory(&self) -> Option<u64> {
        self.memory
    }

    pub(crate) fn patience(&self) -> Duration {
        self.grace
    }

    /// How many messages the next life handles; `random` decides the jitter.
    pub(crate) fn messages(&self, random: u64) -> Option<u64> {
        let messages = self.messages?;
        let part = (random >> 11) as f64 / (1_u64 << 52) as f64 - 1.0;
        let jittered = messages as f64 * (1.0 + self.jitter * part);
        Some((jittered.round() as u64).max(1))
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn jitter_stays_within_its_fraction_and_at_least_one_message_is_handled() {
        // Messages, jitter, random bits, what comes of it.
        let table = [
            (100, 0.1, 0, 90),
            (100, 0.1, 1 << 63, 100),
            (100, 0.1, u64::MAX, 110),
            (100, 0.0, 0, 100),
            (1, 1.0, 0, 1),
            (0, 0.5, u64::MAX, 1),
        ];
        for (messages, jitter, random, expected) in table {
            let recycle = Recycle::after(messages).jitter(jitter);
            assert_eq!(recycle.messages(random), Some(expected), "{messages} {jitter} {random}");
        }
        assert_eq!(Recycle::over_memory(1).messages(7), None);
    }
}
