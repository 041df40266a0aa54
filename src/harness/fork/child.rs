//! What a fork of the server does: one trial, in a lane of its own, and then its end.

use std::io;
use std::process::{abort, exit};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::actor::Outlet;
use crate::harness::fixture::{Ahead, Store, is_wanted};
use crate::harness::generated::find::run_one_only;
use crate::harness::registry::{Body, Entry, Registry};
use crate::harness::worker::lane::{Host, Lane};
use crate::harness::worker::message::{Order, Report, Setup};
use crate::sys::capture::Capture;
use crate::sys::fork::{Bell, Bond, Letter, Rope};
use crate::sys::page::Page;
use crate::sys::wire;

/// What the server has got ready for it.
pub(super) struct Kit {
    pub(super) setup: Setup,
    pub(super) registry: Arc<Registry>,
    pub(super) capture: Option<Capture>,
    pub(super) letter: Letter,
    /// In a suite with fixtures.
    pub(super) ahead: Option<Ahead>,
}

impl Kit {
    /// The entry of this trial, or of its generator.
    pub(super) fn entry(&self, order: &Order) -> Option<&'static Entry> {
        let base = self.registry.get(order.entry)?;
        if matches!(base.body, Body::Generator(_)) { Some(base) } else { self.registry.at(order.address()) }
    }

    /// What the fixtures of this trial hang on; `None` for one that has none.
    pub(super) fn ahead_of(&self, order: &Order) -> Option<&Ahead> {
        self.ahead.as_ref().filter(|_| self.registry.get(order.entry).is_some_and(is_wanted))
    }
}

/// Runs the trial on a new thread, writes its report, and ends as a process does: what waits for its end is run, and
/// is the trial's too.
pub(super) fn run(kit: Kit, order: Order, bond: &Bond) -> ! {
    let store = kit.ahead_of(&order).map(Ahead::in_fork);
    let Kit { setup, registry, capture, letter, .. } = kit;
    let grace = Duration::from_millis(setup.grace_ms);
    run_one_only();
    // The page that the arbiter reads is the server's to write. A spare runtime would never be used.
    let setup = Setup { fresh_runtime: true, ..setup };
    let letter = Arc::new(letter);
    let lane = |outlet| Lane::new(setup, registry, Page::local(), capture, Host::Fork, outlet, store.clone());
    match &store {
        None => drop(lane(to(&letter, None)).begin(order).map(std::thread::JoinHandle::join)),
        Some(store) => {
            with_fixtures(&letter, store, bond, grace, |rope| lane(to(&letter, rope)).begin(order))
        }
    }
    exit(0)
}

/// Where reports go, and what they ring.
fn to(letter: &Arc<Letter>, rope: Option<Rope>) -> Outlet<Report> {
    let (letter, rope) = (Arc::clone(letter), Mutex::new(rope));
    Outlet::local(Some(Box::new(move |report: Report| {
        write(&letter, &report);
        drop(rope.lock().unwrap_or_else(PoisonError::into_inner).take());
    })))
}

fn write(letter: &Letter, report: &Report) {
    let frame = wire::encode(report).map_err(io::Error::other);
    if frame.and_then(|frame| letter.write(&frame)).is_err() {
        // The trial closed every descriptor. There is no other way to tell than by this death, which names it.
        abort();
    }
}

/// Waits for the end of a trial that has fixtures, or for the server to say that its time is up; both end with their
/// teardown, as far as they were made in this process.
fn with_fixtures(
    letter: &Letter,
    store: &Arc<Store>,
    bond: &Bond,
    grace: Duration,
    begin: impl FnOnce(Option<Rope>) -> Option<std::thread::JoinHandle<()>>,
) {
    let complain = |messages: Vec<String>| {
        messages.into_iter().for_each(|message| write(letter, &Report::Complaint { message }));
    };
    let (bell, rope) = match Bell::hang() {
        Ok((bell, rope)) => (Some(bell), Some(rope)),
        // Then nobody is heard, and a trial that is over its time is killed with what it has.
        Err(_) => (None, None),
    };
    let trial = begin(rope);
    if let Some(bell) = bell.filter(|bell| trial.is_some() && bond.wait(bell)) {
        complain(store.stop_trial(grace / 2));
        if !bell.has_rung() {
            bond.end_group();
        }
    }
    // A panic of it was caught, or has ended this process.
    drop(trial.map(std::thread::JoinHandle::join));
    complain(store.tear_down(None));
}
