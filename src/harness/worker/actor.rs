//! The worker as an actor: placed in a thread of the arbiter's process or in a process of its own, the code is one.

use super::lane::{Host, Lane};
use super::message::{Report, Setup};
use crate::actor::Context;
use crate::harness::registry::Registry;
use crate::harness::trial;
use crate::harness::worker::message::Order;
use crate::sys::capture::Capture;
use crate::sys::page::Page;

/// Runs trials, one at a time, in the order in which they arrive.
pub struct Worker {
    lane: Lane,
    outlet: crate::actor::Outlet<Report>,
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

#[rehearsal::actor(event = Report)]
impl Worker {
    /// Maps the shared page, finds the capture file, and is ready for trials.
    #[start]
    pub fn new(setup: Setup, cx: &mut Context<Self>) -> Result<Self, SetupError> {
        let own_process = setup.page.is_none();
        let page = match (setup.page.clone(), cx.passed().into_iter().next()) {
            (Some(page), _) => page,
            (None, Some(fd)) => Page::from_fd(fd)?,
            (None, None) => Page::local(),
        };
        let host = if own_process { Host::Process } else { Host::Thread };
        let capture = if own_process { Capture::of_stdout()? } else { None };
        let outlet = cx.outlet();
        Ok(Worker {
            lane: Lane::new(setup, Registry::collect().into(), page, capture, host, outlet.clone()),
            outlet,
        })
    }

    /// Takes trials in; each is answered by one `Report::Finished`, or named in a later report as not started.
    #[command]
    pub fn perform(&mut self, orders: Vec<Order>) {
        self.lane.push(orders);
    }

    /// What the actors of the trial of this name are at, if it runs here and has any.
    #[command]
    pub fn actors_of(&self, trial: String) -> Option<String> {
        trial::actors_of(&trial)
    }

    /// Ends a trial that is over its time. Only where it runs in a fork of the worker (`harness/fork`) does that leave
    /// the worker itself alone; elsewhere trials are ended with their worker, by signal, and nobody says this.
    #[command]
    pub fn end_trial(&mut self, position: u32, hard: bool) {
        debug_assert!(false, "trial {position} is to be ended alone (hard: {hard}), and is no fork");
    }

    /// Hands back those of these trials that have not been started, in one `Report::TakenBack`.
    #[command]
    pub fn take_back(&mut self, positions: Vec<u32>) {
        let positions = self.lane.take_back(&positions);
        // Where the arbiter is gone nobody waits for the answer.
        let _ = self.outlet.send(Report::TakenBack { positions });
    }
}
