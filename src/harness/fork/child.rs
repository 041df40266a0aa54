//! What a fork of the server does: one trial, in a lane of its own, and then its end.

use std::io;
use std::process::{abort, exit};
use std::sync::Arc;

use crate::actor::Outlet;
use crate::harness::registry::Registry;
use crate::harness::worker::lane::{Host, Lane};
use crate::harness::worker::message::{Order, Report, Setup};
use crate::sys::capture::Capture;
use crate::sys::fork::Letter;
use crate::sys::page::Page;
use crate::sys::wire;

/// What the server has got ready for it.
pub(super) struct Kit {
    pub(super) setup: Setup,
    pub(super) registry: Arc<Registry>,
    pub(super) capture: Option<Capture>,
    pub(super) letter: Letter,
}

/// Runs the trial on a new thread, writes its report, and ends as a process does: what waits for its end is run, and
/// is the trial's too.
pub(super) fn run(kit: Kit, order: Order) -> ! {
    let Kit { setup, registry, capture, letter } = kit;
    let outlet = Outlet::local(Some(Box::new(move |report: Report| {
        let frame = wire::encode(&report).map_err(io::Error::other);
        if frame.and_then(|frame| letter.write(&frame[wire::PREFIX..])).is_err() {
            // The trial closed every descriptor. There is no other way to tell than by this death, which names it.
            abort();
        }
    })));
    // The page that the arbiter reads is the server's to write. A spare runtime would never be used.
    let setup = Setup { fresh_runtime: true, ..setup };
    Lane::new(setup, registry, Page::local(), capture, Host::Fork, outlet).run_one(order);
    exit(0)
}
