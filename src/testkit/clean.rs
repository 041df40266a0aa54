//! What a test must not leave undone: a guard for the whole of it, and a check at a point in its middle.

use std::future::{Future, poll_fn};
use std::ops::{RangeFrom, RangeFull, RangeInclusive, RangeToInclusive};
use std::panic::Location;

use super::here::Here;
use super::probe::DEFAULT_WAIT;
use crate::actor::Realm;
use crate::actor::pledge::Broken;
use crate::sys::seam;

/// Waits until all actors of the calling test have ended, 5 s at most, and checks that none of them failed unheard and
/// that no message was lost: to be called when the test has let go of its proxies.
///
/// What the test's own function leaves is looked for by the harness anyway; this is for a point in the middle of it, and
/// for tests that another harness runs, in a [`Realm`] that is opened for them.
///
/// # Panics
/// Where an actor is left, a failure was noticed by nobody, or there is a dead letter; the message has them all.
#[track_caller]
pub fn assert_clean() -> impl Future<Output = ()> {
    let (at, realm) = (Location::caller(), Realm::current());
    Here::new(async move {
        let _ = seam::timeout(DEFAULT_WAIT, poll_fn(|cx| realm.poll_quiet(cx))).await;
        let mut flaws: Vec<String> = realm.living().iter().map(|living| format!("left: {living}")).collect();
        flaws.extend(Wanted::default().flaws(&realm));
        complaint(&flaws, at).map_or(Ok(()), Err)
    })
}

/// Checks that no actor of the calling test failed unheard and that no message was lost, but for those that were said to
/// be. Made by [`clean`].
///
/// In a `#[rehearsal::test]` this is looked at once its function has returned and its actors have ended, so what they
/// meet on the way counts. Elsewhere, in a [`Realm`] that is opened by hand, it is looked at when the guard is dropped.
/// A test that panics is red anyway, and not checked.
#[must_use = "the check is made when this is dropped"]
#[derive(Debug)]
pub struct Clean {
    realm: Realm,
    at: &'static Location<'static>,
    wanted: Wanted,
}

/// A guard for the whole of a test: see [`Clean`].
///
/// ```
/// # use rehearsal::prelude::*;
/// # pub struct Counter { n: i64 }
/// # #[rehearsal::actor] impl Counter {
/// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
/// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let realm = rehearsal::actor::Realm::open();
/// # let _inside = realm.enter();
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let _clean = rehearsal::testkit::clean().letters(1);
/// let counter = Counter::spawn(0).await?;
/// counter.stop().await?;
/// assert!(counter.add(1).tell().is_err(), "the dead letter that is expected");
/// # Ok(()) }) }
/// ```
#[track_caller]
pub fn clean() -> Clean {
    Clean { realm: Realm::current(), at: Location::caller(), wanted: Wanted::default() }
}

impl Clean {
    /// Says how many dead letters there are to be: as many (`3`), at most, at least or between (`..=3`, `3..`, `1..=3`),
    /// or as many as there are (`..`). Without this, none.
    pub fn letters(mut self, count: impl Into<Count>) -> Clean {
        self.wanted.letters = count.into();
        self
    }

    /// Says how many actors are to fail without anybody noticing, in the same way. Without this, none. No more than 64
    /// of them are counted.
    pub fn failures(mut self, count: impl Into<Count>) -> Clean {
        self.wanted.failures = count.into();
        self
    }
}

impl Drop for Clean {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let (wanted, at) = (self.wanted, self.at);
        let look = move |realm: &Realm| complaint(&wanted.flaws(realm), at).map(|text| Broken { text, at });
        if let Err(look) = self.realm.pledge(Box::new(look))
            && let Some(Broken { text, .. }) = look(&self.realm)
        {
            panic!("{text}");
        }
    }
}

/// How many there are to be: made from a number or a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    least: u64,
    most: u64,
}

impl From<u64> for Count {
    fn from(count: u64) -> Count {
        Count { least: count, most: count }
    }
}

impl From<RangeInclusive<u64>> for Count {
    fn from(range: RangeInclusive<u64>) -> Count {
        Count { least: *range.start(), most: *range.end() }
    }
}

impl From<RangeToInclusive<u64>> for Count {
    fn from(range: RangeToInclusive<u64>) -> Count {
        Count { least: 0, most: range.end }
    }
}

impl From<RangeFrom<u64>> for Count {
    fn from(range: RangeFrom<u64>) -> Count {
        Count { least: range.start, most: u64::MAX }
    }
}

impl From<RangeFull> for Count {
    fn from(_: RangeFull) -> Count {
        Count { least: 0, most: u64::MAX }
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.least, self.most) {
            (least, u64::MAX) => write!(f, "at least {least}"),
            (least, most) if least == most => write!(f, "{least}"),
            (0, most) => write!(f, "at most {most}"),
            (least, most) => write!(f, "{least} to {most}"),
        }
    }
}

/// What is expected of a test.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    letters: Count,
    failures: Count,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted { letters: Count::from(0), failures: Count::from(0) }
    }
}

impl Wanted {
    /// What is otherwise in this realm: all there is of a kind of which there is not what was to be.
    fn flaws(&self, realm: &Realm) -> Vec<String> {
        let mut flaws = Vec::new();
        let failures = realm.failures();
        if self.failures.is_missed(failures.len() as u64, "unheard failures", &mut flaws) {
            flaws.extend(failures.iter().map(|failure| format!("failed, and nobody noticed: {failure}")));
        }
        let (letters, count) = realm.dead_letters();
        if self.letters.is_missed(count, "dead letters", &mut flaws) {
            flaws.extend(letters.iter().map(|letter| format!("dead letter: {letter}")));
            if count > letters.len() as u64 {
                flaws.push(format!("and {} more dead letters", count - letters.len() as u64));
            }
        }
        flaws
    }
}

impl Count {
    /// Whether there are more or fewer; says so where any were expected.
    fn is_missed(self, count: u64, what: &str, flaws: &mut Vec<String>) -> bool {
        let is_missed = !(self.least..=self.most).contains(&count);
        if is_missed && self != Count::from(0) {
            flaws.push(format!("{what}: {self} expected, and there are {count}"));
        }
        is_missed
    }
}

fn complaint(flaws: &[String], at: &Location<'_>) -> Option<String> {
    let text = || format!("the test is not clean at {at}:\n  {}", flaws.join("\n  "));
    (!flaws.is_empty()).then(text)
}
