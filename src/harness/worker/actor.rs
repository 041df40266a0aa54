//! The worker as an actor: placed in a thread of the arbiter's process or in a process of its own, the code is one.

use std::sync::Arc;
use std::time::Duration;

use super::lane::{Host, Lane};
use super::message::{Report, Setup};
use crate::actor::{Context, Outlet};
use crate::harness::fixture::{self, Refusal, Store};
use crate::harness::registry::Registry;
use crate::harness::trial;
use crate::harness::worker::message::Order;
use crate::sys::capture::Capture;
use crate::sys::page::Page;
use crate::sys::{limit, process, stack};

/// Runs trials, one at a time, in the order in which they arrive.
pub struct Worker {
    lane: Lane,
    /// How long its end may take.
    grace: Duration,
    outlet: Outlet<Report>,
}

/// Why a worker could not be set up.
#[derive(Debug)]
pub struct SetupError(std::io::Error);

impl std::fmt::Display for SetupError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the worker's shared page or capture file could not be used: {}", self.0)
    }
}

impl std::error::Error for SetupError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl From<std::io::Error> for SetupError {
    fn from(source: std::io::Error) -> SetupError {
        SetupError(source)
    }
}

/// The place of this worker's fixtures.
fn open_store(own_process: bool, page: &Page, outlet: &Outlet<Report>) -> Option<Arc<Store>> {
    if fixture::graph().is_empty() {
        return None;
    }
    if !own_process {
        return Some(Store::of_thread(page.clone()));
    }
    let outlet = outlet.clone();
    Some(Store::of_process(page.clone(), move |fixture, variant| {
        // Where the arbiter is gone so is this process, in a moment.
        let _ = outlet.send(Report::Wants { fixture, variant });
    }))
}

#[rehearsal::actor(event = Report)]
impl Worker {
    /// Maps the shared page, finds the capture file, and is ready for trials.
    #[start]
    pub fn new(setup: Setup, cx: &mut Context<Self>) -> Result<Self, SetupError> {
        let own_process = setup.page.is_none();
        if own_process && setup.memory_most > 0 {
            limit::hold_memory(setup.memory_most)?;
        }
        let page = match (setup.page.clone(), cx.passed().into_iter().next()) {
            (Some(page), _) => page,
            (None, Some(fd)) => Page::from_fd(fd)?,
            (None, None) => Page::local(),
        };
        if own_process {
            stack::answer(&page);
        }
        let host = if own_process { Host::Process } else { Host::Thread };
        let capture = if own_process { Capture::of_stdout()? } else { None };
        let (outlet, grace) = (cx.outlet(), Duration::from_millis(setup.grace_ms));
        let store = open_store(own_process, &page, &outlet);
        let lane = Lane::new(setup, Registry::collect().into(), page, capture, host, outlet.clone(), store);
        Ok(Worker { grace, lane, outlet })
    }

    /// Takes trials in; each is answered by one `Report::Finished`, or named in a later report as not started.
    #[command]
    pub fn perform(&mut self, orders: Vec<Order>) {
        self.lane.push(orders);
    }

    /// What the actors of the trial of this name are at, if it runs here and has any, and what its tasks wait for.
    #[command]
    pub fn inside_of(&self, trial: String) -> (Option<String>, String) {
        trial::inside_of(&trial)
    }

    /// Ends a trial that is over its time. Where it runs in a fork of the worker (`harness/fork`), that leaves the worker
    /// itself alone. Here it is one that is measured and that no process could be forked for: it goes with this one.
    #[command]
    pub fn end_trial(&mut self, position: u32, hard: bool) {
        if self.lane.runs(position) {
            process::end_own_group(hard);
        }
    }

    /// The value of a fixture that a trial here wants, in bytes, or why there is none.
    #[command]
    pub fn lend(&mut self, fixture: u32, variant: u32, bytes: Vec<u8>, refusal: Option<String>, skip: bool) {
        if let Some(store) = self.lane.store() {
            store.lend(fixture, variant, refusal.map_or(Ok(bytes), |text| Err(Refusal { skip, text })));
        }
    }

    /// Starts no trial any more, and tears down the fixtures of this worker.
    #[command]
    pub async fn wind_up(&mut self) {
        self.lane.close();
        self.tear_down(self.grace / 2).await;
    }

    #[stopping]
    async fn stopping(&mut self) {
        // Before the grace is over: what hangs is to be named by who knows it.
        self.tear_down(self.grace * 4 / 5).await;
    }

    async fn tear_down(&self, within: Duration) {
        let Some(store) = self.lane.store() else { return };
        for message in store.wind_up(within).await {
            // Where the arbiter is gone nobody is told.
            let _ = self.outlet.send(Report::Complaint { message });
        }
    }

    /// Hands back those of these trials that have not been started, in one `Report::TakenBack`.
    #[command]
    pub fn take_back(&mut self, positions: Vec<u32>) {
        let positions = self.lane.take_back(&positions);
        // Where the arbiter is gone nobody waits for the answer.
        let _ = self.outlet.send(Report::TakenBack { positions });
    }
}
