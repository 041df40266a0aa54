//! What a fork of the server does: one trial, in a lane of its own, and then its end.

use std::cell::RefCell;
use std::io;
use std::process::{abort, exit};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::actor::Outlet;
use crate::harness::fixture::{Ahead, Store, is_wanted};
use crate::harness::generated::find::run_one_only;
#[cfg(feature = "bench")]
use crate::harness::registry::Flavor;
use crate::harness::registry::{Body, Entry, Registry};
use crate::harness::trial;
use crate::harness::worker::lane::{Host, Lane};
use crate::harness::worker::message::{Order, Report, Setup};
use crate::sys::capture::Capture;
use crate::sys::fork::{Bell, Bond, Letter, Rope, Wish, join_within, roam};
use crate::sys::page::Page;
use crate::sys::thread::LOCALS_END_WITH_PROCESS;
use crate::sys::wire;

/// How long a trial is only waited for, before this process can be asked for anything. A wish that comes sooner waits.
const SHORT: Duration = Duration::from_millis(20);

/// Whether a process with so many threads before `main`, told to serve by forking, is to do that. One that measures and
/// cannot be forked, because something started threads in it, measures beside these.
pub fn is_for_forks(threads: Option<usize>) -> bool {
    !measures() || threads.is_none_or(|threads| threads == 1)
}

/// Whether this process was started for something that is measured, and for nothing else.
#[cfg(feature = "bench")]
pub(super) fn measures() -> bool {
    crate::harness::bench::is_measured()
}

/// The same: in this build nothing is measured.
#[cfg(not(feature = "bench"))]
pub(super) fn measures() -> bool {
    false
}

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

    /// Whether a trial is to have no thread but its first one: a benchmark that is measured. With a second thread the
    /// system and libc do with more care, and more slowly, what only one could see before.
    #[cfg(feature = "bench")]
    pub(super) fn is_of_one_thread(&self, order: &Order) -> bool {
        let runtime = match self.entry(order).map(|entry| entry.body) {
            Some(Body::Other(body)) => body.bench().map(|bench| bench.runtime),
            _ => None,
        };
        measures() && runtime.is_some_and(|runtime| runtime.flavor != Flavor::MultiThread)
    }

    /// The same: in this build nothing is measured.
    #[cfg(not(feature = "bench"))]
    pub(super) fn is_of_one_thread(&self, _: &Order) -> bool {
        false
    }

    /// What the fixtures of this trial hang on; `None` for one that has none.
    pub(super) fn ahead_of(&self, order: &Order) -> Option<&Ahead> {
        self.ahead.as_ref().filter(|_| self.registry.get(order.entry).is_some_and(is_wanted))
    }
}

/// Runs the trial on a new thread, or on this one where it is to have no other, writes its report, and ends as a process
/// does: what waits for its end is run, and is the trial's too.
pub(super) fn run(kit: Kit, order: Order, bond: &Bond) -> ! {
    let store = kit.ahead_of(&order).map(Ahead::in_fork);
    let is_alone = kit.is_of_one_thread(&order);
    let Kit { setup, registry, capture, letter, .. } = kit;
    let grace = Duration::from_millis(setup.grace_ms);
    run_one_only();
    // The page that the arbiter reads is the server's to write. A spare runtime would never be used.
    let setup = Setup { fresh_runtime: true, ..setup };
    let desk = Arc::new(Desk { letter, place: Mutex::default() });
    let told = Arc::clone(&desk);
    let outlet = Outlet::local(Some(Box::new(move |report: Report| told.conclude(&report))));
    let lane = Lane::new(setup, registry, Page::local(), capture, Host::Fork, outlet, store.clone());
    if is_alone {
        roam();
        Closing::after_all(desk);
        lane.run_here(order);
        exit(0)
    }
    let trial = lane.begin(order);
    // Its thread has begun beside this one; from now on this one counts as what it is, a thread of the suite.
    roam();
    if let Some(trial) = trial {
        desk.attend(trial, store.as_ref(), bond, grace);
    }
    if let Some(store) = store {
        desk.complain(store.tear_down(None));
    }
    bond.part();
    // Whoever ended this process before did so unasked, with whatever code.
    desk.letter.close();
    exit(0)
}

/// Where the thread of the trial and the first one of this process write, and meet.
struct Desk {
    letter: Letter,
    place: Mutex<Place>,
}

/// Closes the letter when it is dropped.
struct Closing(Arc<Desk>);

thread_local! {
    /// What is used first is dropped last: where the first thread of a process comes to this, it has been through the ends of
    /// all thread-locals of its trial, and none of them has ended the process.
    static CLOSING: RefCell<Option<Closing>> = const { RefCell::new(None) };
}

impl Closing {
    /// Has the letter closed as this process ends, by its own will. Where the system lets the thread-locals of the first
    /// thread be as a process ends, none of them is in the way.
    fn after_all(desk: Arc<Desk>) {
        match LOCALS_END_WITH_PROCESS {
            true => drop(CLOSING.replace(Some(Closing(desk)))),
            false => desk.letter.close(),
        }
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.letter.close();
    }
}

/// What rings when the trial has told its outcome, and whether it has.
#[derive(Default)]
struct Place {
    rope: Option<Rope>,
    is_told: bool,
}

impl Desk {
    fn write(&self, report: &Report) {
        let frame = wire::encode(report).map_err(io::Error::other);
        if frame.and_then(|frame| self.letter.write(&frame)).is_err() {
            // The trial closed every descriptor. There is no other way to tell than by this death, which names it.
            abort();
        }
    }

    fn complain(&self, messages: Vec<String>) {
        messages.into_iter().for_each(|message| self.write(&Report::Complaint { message }));
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the trial's thread does with its report.
    fn conclude(&self, report: &Report) {
        self.write(report);
        if matches!(report, Report::Finished { .. } | Report::Passed { .. }) {
            let mut place = self.place();
            place.is_told = true;
            drop(place.rope.take());
        }
    }

    /// A bell that rings when the trial has told its outcome; `None` where it has, or there is no descriptor for one:
    /// then nobody is heard, and a trial that is over its time is ended with what it has.
    fn bell(&self) -> Option<Bell> {
        let (bell, rope) = Bell::hang().ok()?;
        let mut place = self.place();
        place.rope = Some(rope);
        (!place.is_told).then_some(bell)
    }

    /// Waits for the end of the trial, and does meanwhile what the server asks for. Most trials are over before there is
    /// anything to be asked, and cost nothing but the wait.
    fn attend(&self, trial: JoinHandle<()>, store: Option<&Arc<Store>>, bond: &Bond, grace: Duration) {
        let Some(trial) = join_within(trial, SHORT) else { return };
        let bell = self.bell();
        while let Some(wish) = bell.as_ref().and_then(|bell| bond.wait(bell)) {
            match wish {
                Wish::Tell => {
                    let (actors, tasks) = trial::inside();
                    self.write(&Report::Inside { actors, tasks });
                }
                // The trial is over its time: it ends with the teardown of what was made in this process.
                Wish::End => {
                    self.complain(store.map(|store| store.stop_trial(grace / 2)).unwrap_or_default());
                    if !self.place().is_told {
                        bond.end_group();
                    }
                }
            }
        }
        // A panic of it was caught, or has ended this process.
        drop(trial.join());
    }
}
