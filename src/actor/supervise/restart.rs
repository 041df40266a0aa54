//! Whether an actor that ended is started again, and after which pause. Pure: time and random bits are given.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::actor::exit::{Exit, Reason};
use crate::actor::info::ActorName;

/// When an actor that ended is started again, how often, and after which pause.
///
/// The first restart of an actor that had run for a while happens at once; one that ends again within
/// [`settled`](Restart::settled) of its start waits, 10 ms at first and twice as long each time up to 5 s, and
/// a random tenth more or less, so that many of them do not come back in step.
///
/// ```
/// # use rehearsal::prelude::*;
/// # use rehearsal::actor::Restart;
/// # use std::time::Duration;
/// # pub struct Counter { n: i64 }
/// #[rehearsal::actor]
/// impl Counter {
///     #[start]
///     pub fn new(n: i64) -> Counter { Counter { n } }
///     #[command]
///     pub fn add(&mut self, by: i64) -> i64 { self.n = self.n.checked_add(by).expect("no overflow"); self.n }
/// }
///
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let plan = Restart::on_failure().within(5, Duration::from_secs(10));
/// let counter = Counter::spawn(40).restart(plan).await?;
/// let (bad, behind) = (counter.add(i64::MAX).send()?, counter.add(2).send()?);
/// assert!(bad.await.is_err()); // it panicked, and its caller is told
/// assert_eq!(behind.await?, 42); // what waited behind it is handled by the next life
/// assert_eq!(counter.info().await?.restarts, 1);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Restart {
    when: When,
    most: Option<u32>,
    window: Duration,
    first_pause: Duration,
    longest_pause: Duration,
    settled: Duration,
    jitter: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Never,
    OnFailure,
    Always,
}

/// Which children of a supervisor are started again when one of them has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Strategy {
    /// That one alone.
    #[default]
    OneForOne,
    /// All of them: the others are stopped, the one started last first, then all are started in their order.
    AllForOne,
    /// That one and those that were started after it.
    RestForOne,
}

/// A restart, as those are told of it who asked to be: [`Spawn::on_restart`](crate::actor::Spawn::on_restart).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Restarted {
    /// The actor.
    pub actor: ActorName,
    /// How its last life ended.
    pub exit: Exit,
    /// How many restarts that makes.
    pub restarts: u32,
}

impl Default for Restart {
    /// [`Restart::on_failure`].
    fn default() -> Restart {
        Restart::on_failure()
    }
}

impl Restart {
    const fn when(when: When) -> Restart {
        Restart {
            when,
            most: Some(5),
            window: Duration::from_secs(10),
            first_pause: Duration::from_millis(10),
            longest_pause: Duration::from_secs(5),
            settled: Duration::from_secs(1),
            jitter: 0.1,
        }
    }

    /// Started again when it ends in any other way than by [`Context::stop`](crate::actor::Context::stop), a stop that
    /// it was told, or the drop of its last proxy; at most 5 times within 10 s.
    pub const fn on_failure() -> Restart {
        Restart::when(When::OnFailure)
    }

    /// Started again also when it ended by itself in good order. An actor that was told to stop, or that nobody can
    /// send to any more, ends for good.
    pub const fn always() -> Restart {
        Restart::when(When::Always)
    }

    /// Never started again: its end is told to those who watch it, and that is all.
    pub const fn never() -> Restart {
        Restart::when(When::Never)
    }

    /// At most this many restarts within this time; with the next one it is given up, and so is its supervisor, if it
    /// has one, with a reason that names the last end.
    pub const fn within(mut self, restarts: u32, window: Duration) -> Restart {
        (self.most, self.window) = (Some(restarts), window);
        self
    }

    /// However often it takes; the pauses are all that slows it down.
    pub const fn endlessly(mut self) -> Restart {
        self.most = None;
        self
    }

    /// The first pause, and the longest that its doubling comes to.
    pub const fn backoff(mut self, first: Duration, longest: Duration) -> Restart {
        (self.first_pause, self.longest_pause) = (first, longest);
        self
    }

    /// The fraction of a pause, 0 to 1, that is added or taken away by chance; a tenth unless told otherwise.
    pub const fn jitter(mut self, fraction: f64) -> Restart {
        self.jitter = fraction.clamp(0.0, 1.0);
        self
    }

    /// One that ran for so long is started again without a pause, and its next pause is the first one again.
    pub const fn settled(mut self, after: Duration) -> Restart {
        self.settled = after;
        self
    }

    /// Whether an actor that ended so is to be started again, if it may.
    pub(crate) fn wants(&self, exit: &Exit) -> bool {
        match self.when {
            When::Never => false,
            When::OnFailure => !exit.is_orderly(),
            When::Always => exit.reason != Reason::Stopped,
        }
    }

    pub(crate) fn most(&self) -> Option<(u32, Duration)> {
        self.most.map(|most| (most, self.window))
    }

    /// The end of an actor for which this was one restart too many.
    pub(crate) fn given_up(&self, exit: Exit) -> Exit {
        match self.most() {
            Some((most, window)) => exit
                .and(format_args!("it is not started again: {most} restarts within {window:?} is its limit")),
            None => exit,
        }
    }

    /// The pause after so many short lives in a row; `random` decides the jitter.
    fn pause(&self, short_lives: u32, random: u64) -> Duration {
        let Some(doublings) = short_lives.checked_sub(1) else { return Duration::ZERO };
        let pause = self.first_pause.saturating_mul(1 << doublings.min(30)).min(self.longest_pause);
        // A number in -1 .. 1, from the upper bits.
        let part = (random >> 11) as f64 / (1_u64 << 52) as f64 - 1.0;
        pause.mul_f64((1.0 + self.jitter * part).max(0.0))
    }
}

/// How often there have been restarts of late: what intensity is measured by.
#[derive(Debug, Default)]
pub(crate) struct Recent(VecDeque<Duration>);

impl Recent {
    /// Notes a restart at `now`; `false` where it is one too many.
    pub(crate) fn allows(&mut self, plan: &Restart, now: Duration) -> bool {
        let Some((most, window)) = plan.most() else { return true };
        while self.0.front().is_some_and(|at| *at + window <= now) {
            self.0.pop_front();
        }
        if self.0.len() >= most as usize {
            return false;
        }
        self.0.push_back(now);
        true
    }
}

/// How long the lives of one actor have been of late: what its pauses are measured by.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    begun: Duration,
    short: u32,
}

impl Lives {
    /// It has started.
    pub(crate) fn begin(&mut self, now: Duration) {
        self.begun = now;
    }

    /// It has ended and will be started again: after this pause.
    pub(crate) fn pause(&mut self, plan: &Restart, now: Duration, random: u64) -> Duration {
        let settled = now.saturating_sub(self.begun) >= plan.settled;
        self.short = if settled { 0 } else { self.short.saturating_add(1) };
        plan.pause(self.short, random)
    }
}

/// What is done at each restart.
pub(crate) type OnRestart = Arc<dyn Fn(&Restarted) + Send + Sync>;

#[cfg(all(test, feature = "harness"))]
mod tests {
    use super::*;

    const MIDDLE: u64 = 1 << 63;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[rehearsal::test]
    fn pauses_double_until_a_life_was_long_enough() {
        let plan = Restart::on_failure().backoff(ms(10), ms(50)).settled(ms(1000));
        // When it started, when it ended, how long to wait.
        let table = [
            (0, 2000, 0),
            (2000, 2100, 10),
            (2110, 2120, 20),
            (2140, 2150, 40),
            (2190, 2200, 50),
            (2250, 2260, 50),
            (2310, 3310, 0),
            (3310, 3311, 10),
        ];
        let mut lives = Lives::default();
        for (begun, ended, pause) in table {
            lives.begin(ms(begun));
            assert_eq!(lives.pause(&plan, ms(ended), MIDDLE), ms(pause), "{begun}..{ended}");
        }
    }

    #[rehearsal::test]
    fn jitter_stays_within_its_fraction() {
        let plan = Restart::on_failure().backoff(ms(100), ms(100)).jitter(0.2);
        let short = |random| Lives::default().pause(&plan, ms(1), random);
        assert_eq!(short(0), ms(80));
        assert_eq!(short(MIDDLE), ms(100));
        assert!(short(u64::MAX) > ms(119) && short(u64::MAX) <= ms(120));
        let plan = plan.jitter(7.0);
        assert_eq!(Lives::default().pause(&plan, ms(1), 0), ms(0), "never less than nothing");
    }

    #[rehearsal::test]
    fn intensity_looks_back_as_far_as_its_window() {
        let plan = Restart::on_failure().within(2, ms(100));
        let mut recent = Recent::default();
        let allowed = [0, 10, 20, 99, 100, 105, 110, 300].map(|at| recent.allows(&plan, ms(at)));
        assert_eq!(allowed, [true, true, false, false, true, false, true, true]);
        let mut recent = Recent::default();
        assert!(!recent.allows(&Restart::on_failure().within(0, ms(100)), ms(0)));
        assert!((0..1000).all(|at| recent.allows(&Restart::always().endlessly(), ms(at))));
    }

    #[rehearsal::test]
    fn what_is_started_again() {
        let returned = Exit::new(Reason::Returned);
        let stopped = Exit::new(Reason::Stopped);
        let failed = [
            Exit::new(Reason::Failed),
            Exit::new(Reason::Killed { signal: Some(9) }),
            Exit::new(Reason::Exited { code: 0 }),
            Exit::new(Reason::Silent { for_ms: 1 }),
            Exit::new(Reason::Unreachable),
        ];
        let table = [
            (Restart::never(), false, false, false),
            (Restart::on_failure(), false, false, true),
            (Restart::always(), true, false, true),
        ];
        for (plan, by_itself, told, failing) in table {
            assert_eq!(plan.wants(&returned), by_itself, "{plan:?}");
            assert_eq!(plan.wants(&stopped), told, "{plan:?}");
            assert!(failed.iter().all(|exit| plan.wants(exit) == failing), "{plan:?}");
        }
    }
}
