//! The end of an actor, and what a test must not leave undone.

use std::future::{Future, poll_fn};
use std::panic::Location;
use std::time::Duration;

use super::probe::DEFAULT_WAIT;
use crate::actor::{Actor, Address, Exit, Realm};
use crate::sys::seam;

/// Waits for the end of the actor, for so long at most, and tells how it ended.
///
/// # Panics
/// Where it has not ended by then; the message says what it was doing, and which line waited.
#[track_caller]
pub fn ended<A: Actor>(actor: &Address<A>, within: Duration) -> impl Future<Output = Exit> + use<'_, A> {
    let at = Location::caller();
    async move {
        match seam::timeout(within, actor.ended()).await {
            Some(exit) => exit,
            None => panic!(
                "{} had not ended within {within:?} at {at}: it is in state `{}`, {} messages handled, {} waiting",
                actor.name(),
                actor.state(),
                actor.shared.node.handled(),
                actor.shared.mailbox.info().waiting,
            ),
        }
    }
}

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
    async move {
        let _ = seam::timeout(DEFAULT_WAIT, poll_fn(|cx| realm.poll_quiet(cx))).await;
        let mut flaws: Vec<String> = realm.living().iter().map(|living| format!("left: {living}")).collect();
        flaws.extend(unheard(&realm));
        complain(&flaws, at);
    }
}

/// Checks, when it is dropped, that no actor of the calling test failed unheard and that no message was lost; unless the
/// test panics anyway. Made by [`clean`].
#[must_use = "the check is made when this is dropped"]
#[derive(Debug)]
pub struct Clean {
    realm: Realm,
    at: &'static Location<'static>,
}

/// A guard for the whole of a test: see [`Clean`].
#[track_caller]
pub fn clean() -> Clean {
    Clean { realm: Realm::current(), at: Location::caller() }
}

impl Drop for Clean {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            complain(&unheard(&self.realm), self.at);
        }
    }
}

fn unheard(realm: &Realm) -> Vec<String> {
    let (letters, count) = realm.dead_letters();
    let failures = realm.failures();
    let mut flaws: Vec<String> =
        failures.iter().map(|failure| format!("failed, and nobody noticed: {failure}")).collect();
    flaws.extend(letters.iter().map(|letter| format!("dead letter: {letter}")));
    if count > letters.len() as u64 {
        flaws.push(format!("and {} more dead letters", count - letters.len() as u64));
    }
    flaws
}

fn complain(flaws: &[String], at: &Location<'_>) {
    assert!(flaws.is_empty(), "the test is not clean at {at}:\n  {}", flaws.join("\n  "));
}
