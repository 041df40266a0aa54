//! What a server does before its first fork: it opens what the trials of all forks need, and comes once by all that
//! they come by.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::child::Kit;
use crate::actor::Outlet;
use crate::actor::spawn::bare::Bare;
use crate::harness::fixture::Ahead;
use crate::harness::registry::{Body, Entry, Registry};
use crate::harness::trial::Ruled;
use crate::harness::worker::lane::{Host, Lane};
use crate::harness::worker::message::{Made, Order, Report, Setup};
use crate::sys::capture::Capture;
use crate::sys::fork::{Letter, threads_beyond};
use crate::sys::page::Page;
use crate::sys::process::OwnedFd;
use crate::sys::{limit, stack};

/// How long the thread of a trial that is none may take to be gone: it has ended.
const ENDING: Duration = Duration::from_secs(1);

/// What forks get, and the page that the arbiter reads. What this process may hold its forks may hold, each.
///
/// # Errors
/// What the system says of one of the files.
pub(super) fn open(bare: &Bare, setup: Setup, passed: Vec<OwnedFd>) -> io::Result<(Kit, Page)> {
    if setup.memory_most > 0 {
        limit::hold_memory(setup.memory_most)?;
    }
    let page = passed.into_iter().next().ok_or_else(|| io::Error::other("no page was passed"))?;
    let (page, capture, letter) = (Page::from_fd(page)?, Capture::of_stdout()?, Letter::new()?);
    // Its forks answer on the same page.
    stack::answer(&page);
    let tell = bare.teller();
    let ahead = Ahead::open(page.clone(), move |fixture, variant| tell(&Report::Wants { fixture, variant }));
    Ok((Kit { setup, registry: Arc::new(Registry::collect()), capture, letter, ahead }, page))
}

/// Runs a trial that does nothing, twice, so that forks have what is made once a process: symbols that are bound, the memory and
/// the stack of a thread, what all runtimes share. Each would make all of this by itself.
pub(super) fn rehearse(setup: &Setup) {
    static NOTHING: Entry =
        Entry::new("rehearsal::nothing", file!(), (1, 1), Body::Async(|with| with(pin!(async {}))));
    let registry = Arc::new(Registry::of(vec![&NOTHING]));
    let setup = Setup { fresh_runtime: true, ..setup.clone() };
    // The second one finds what the first has left, its stack above all, and C's library binds other symbols for that.
    for _ in 0..2 {
        let outlet = Outlet::local(Some(Box::new(|_: Report| {})));
        let (setup, registry) = (setup.clone(), Arc::clone(&registry));
        let lane = Lane::new(setup, registry, Page::local(), None, Host::Fork, outlet, None);
        let thread = lane.begin(Order { position: 0, entry: 0, made: Made(None), ruled: Ruled::default() });
        // Where there is no thread to be had, the first trial says so.
        drop(thread.map(std::thread::JoinHandle::join));
        // It has ended, and the system may still count it for a moment.
        drop(threads_beyond(1, ENDING));
    }
}
