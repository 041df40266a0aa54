//! The server: takes orders as the worker actor does, and forks for each.
//!
//! One thread waits for two things, what the arbiter says and the end of the fork that runs. The next order is there
//! already when a fork has ended. A trial's outcome is with the kernel before the next fork is made.

use std::collections::VecDeque;
use std::io;
use std::process::exit;
use std::sync::Arc;
use std::time::Duration;

use super::child::{self, Kit};
use crate::actor::spawn::bare::{Bare, Said};
use crate::harness::outcome::{Death, Output, Verdict};
use crate::harness::registry::Registry;
use crate::harness::worker::actor::Worker;
use crate::harness::worker::lane::left_behind;
use crate::harness::worker::message::{Order, Report};
use crate::sys::boot::WorkerBoot;
use crate::sys::capture::Capture;
use crate::sys::fork::{Forked, Keeper, Letter, Side, Tie};
use crate::sys::page::Page;
use crate::sys::process::{ExitStatus, OwnedFd};
use crate::sys::{seam, wire};

/// How long what a trial left behind may take to be gone after SIGKILL.
const CLEARING: Duration = Duration::from_secs(2);

/// How long the server sleeps at most where nothing happens; signs of life end its sleep before.
const REST: Duration = Duration::from_secs(60);

/// How often a trial that runs is looked at, beside being waited for.
const LOOK: Duration = Duration::from_millis(50);

/// How long a fork may outlive its socket: it is exiting, unless it closed the socket itself.
const EXITING: Duration = Duration::from_secs(1);

/// What a fork did that wrote into every socket it found.
const SOILED: &str = "it wrote into a socket that was not its own";

/// Exit code of a server whose arbiter is gone.
const ORPHANED: i32 = 101;

/// The trial that runs.
struct Running {
    order: Order,
    forked: Forked,
    started_ns: u64,
    /// Since when it has let go of this process, and lives on.
    loose_since_ns: Option<u64>,
    /// Why it was killed by the server itself.
    fault: Option<&'static str>,
}

impl Running {
    /// Kills a fork that laid hands on what it hangs together with the server by: nobody knows what it does.
    fn look(&mut self) {
        let now_ns = seam::monotonic_ns();
        match self.forked.tie() {
            Tie::Whole => return,
            Tie::Soiled => self.fault = Some(SOILED),
            Tie::Cut => {
                let since_ns = *self.loose_since_ns.get_or_insert(now_ns);
                if now_ns.saturating_sub(since_ns) < EXITING.as_nanos() as u64 {
                    return;
                }
                self.fault =
                    Some("it closed its descriptors while its process ran on, which was killed for it");
            }
        }
        self.forked.end(true);
    }
}

struct Server {
    kit: Kit,
    page: Page,
    waiting: VecDeque<Order>,
    running: Option<Running>,
}

/// What a process does that was started to be a fork server; it ends when the arbiter says so or is gone.
pub fn serve(boot: WorkerBoot) -> ! {
    let (mut bare, (setup,), passed) = Bare::greet::<Worker>(boot);
    // First of all: the copy of this process that it is has nothing then that a trial's has.
    let keeper = Keeper::start().map_err(|error| error.to_string());
    let made = make(passed).map(|(page, capture, letter)| {
        let kit = Kit { setup, registry: Arc::new(Registry::collect()), capture, letter };
        Server { kit, page, waiting: VecDeque::new(), running: None }
    });
    let mut server = made.unwrap_or_else(|error| {
        bare.failed(format!("the fork server's page, capture file or letter could not be used: {error}"))
    });
    // What is built here, between the keeper and the first fork, is in every trial's process as if that had built it.
    bare.started();
    loop {
        while let Some(said) = bare.next() {
            match said {
                Said::Command(name, body) => server.obey(&bare, name, &body),
                Said::Stop => {
                    server.end_running(&keeper);
                    bare.stop()
                }
                Said::Gone => {
                    server.end_running(&keeper);
                    exit(ORPHANED)
                }
            }
        }
        if let (Some(running), Ok(keeper)) = (&mut server.running, &keeper) {
            match running.forked.try_reap() {
                Some(status) => server.conclude(&bare, keeper, status),
                None => {
                    bare.wait(Some(&running.forked), LOOK);
                    running.look();
                }
            }
            continue;
        }
        let Some(order) = server.waiting.pop_front() else {
            bare.wait(None, REST);
            continue;
        };
        let started_ns = seam::monotonic_ns();
        server.page.store(order.position, 0, started_ns);
        let forked = match &keeper {
            Ok(keeper) => keeper.fork().map_err(|error| error.to_string()),
            Err(error) => Err(error.clone()),
        };
        match forked {
            Ok(Side::Child) => {
                drop((bare, keeper, server.page, server.waiting));
                child::run(server.kit, order)
            }
            Ok(Side::Parent(forked)) => {
                let (loose_since_ns, fault) = (None, None);
                server.running = Some(Running { order, forked, started_ns, loose_since_ns, fault });
            }
            Err(why) => {
                let verdict = Verdict::NotRun { reason: format!("it could not be forked: {why}") };
                server.tell(&bare, &finished(order, verdict, 0, Output::default(), Vec::new()));
            }
        }
    }
}

fn make(passed: Vec<OwnedFd>) -> io::Result<(Page, Option<Capture>, Letter)> {
    let page = passed.into_iter().next().ok_or_else(|| io::Error::other("no page was passed"))?;
    Ok((Page::from_fd(page)?, Capture::of_stdout()?, Letter::new()?))
}

impl Server {
    /// Does what the commands of the worker actor do.
    fn obey(&mut self, bare: &Bare, command: &str, arguments: &[u8]) {
        match command {
            "perform" => {
                if let Ok((orders,)) = wire::decode::<(Vec<Order>,)>(arguments) {
                    self.waiting.extend(orders);
                }
            }
            "take_back" => {
                let Ok((asked,)) = wire::decode::<(Vec<u32>,)>(arguments) else { return };
                let before = std::mem::take(&mut self.waiting);
                let is_asked = |order: &Order| asked.contains(&order.position);
                let taken: VecDeque<Order>;
                (taken, self.waiting) = before.into_iter().partition(is_asked);
                let positions = taken.iter().map(|order| order.position).collect();
                // Where the arbiter is gone nobody waits for the answer.
                bare.event(&Report::TakenBack { positions });
            }
            "end_trial" => {
                if let Ok((position, hard)) = wire::decode::<(u32, bool)>(arguments)
                    && let Some(running) = self.running.as_ref().filter(|it| it.order.position == position)
                {
                    running.forked.end(hard);
                }
            }
            _ => {}
        }
    }

    /// The fork is reaped: tells what became of its trial, and sees to it that nothing of it is left for the next.
    fn conclude(&mut self, bare: &Bare, keeper: &Keeper, status: ExitStatus) {
        let Some(Running { order, started_ns, forked, fault, .. }) = self.running.take() else { return };
        let left = keeper.clear(CLEARING);
        let fault = fault.or((forked.tie() == Tie::Soiled).then_some(SOILED));
        let letter = self.kit.letter.take();
        let report = match letter {
            _ if fault.is_some() => {
                self.died(order, started_ns, &left, Death::Unreachable, fault.unwrap_or_default())
            }
            Ok(letter) if letter.is_empty() => self.died(order, started_ns, &left, death(status), ""),
            Ok(letter) => match wire::decode::<Report>(&letter) {
                Ok(report @ Report::Finished { .. }) => held_to(report, order, status),
                Ok(_) => self.died(order, started_ns, &left, Death::Unreachable, "its report is none"),
                Err(error) => {
                    self.died(order, started_ns, &left, Death::Unreachable, &format!("its report: {error}"))
                }
            },
            Err(error) => {
                self.died(order, started_ns, &left, Death::Unreachable, &format!("its report: {error}"))
            }
        };
        if let Some(capture) = &self.kit.capture
            && !matches!(capture.is_empty(), Ok(true))
        {
            // What could not be forgotten is shown with the next trial, and that is all the harm there is.
            let _ = capture.clear();
        }
        self.tell(bare, &report);
    }

    /// The report of a trial that made none itself.
    fn died(&self, order: Order, started_ns: u64, left: &[String], death: Death, message: &str) -> Report {
        let limit = self.kit.setup.output_limit;
        let read = self.kit.capture.as_ref().map(|capture| capture.read(limit));
        let mut notes = Vec::new();
        if !left.is_empty() {
            notes.push(left_behind(left.len(), left));
        }
        let output = match read {
            None => Output::default(),
            Some(Ok((bytes, dropped))) => Output { bytes, dropped },
            Some(Err(error)) => {
                notes.push(format!("its output could not be read back: {error}"));
                Output::default()
            }
        };
        let verdict = Verdict::Crashed { death, message: message.to_owned() };
        finished(order, verdict, started_ns, output, notes)
    }

    /// Tells a trial's outcome; where nobody can be told this process has no purpose left.
    fn tell(&self, bare: &Bare, report: &Report) {
        if !bare.event(report) {
            exit(ORPHANED)
        }
        self.page.idle();
    }

    /// Kills the trial that runs, and what it has started.
    fn end_running(&mut self, keeper: &Result<Keeper, String>) {
        if let (Some(running), Ok(keeper)) = (self.running.take(), keeper) {
            running.forked.end(true);
            keeper.clear(CLEARING);
        }
    }
}

/// The report of a trial whose process did not end well after it: what waits for the end of a process is the trial's.
fn held_to(mut report: Report, order: Order, status: ExitStatus) -> Report {
    if let Report::Finished { position, verdict, .. } = &mut report {
        *position = order.position;
        if !status.success() && !verdict.is_red() {
            let message = "its function had returned; this came as its process ended".to_owned();
            *verdict = Verdict::Crashed { death: death(status), message };
        }
    }
    report
}

fn death(status: ExitStatus) -> Death {
    match status {
        ExitStatus::Exited(code) => Death::Exited { code },
        ExitStatus::Signaled(signal) => Death::Signaled { signal },
        ExitStatus::Lost => Death::Unreachable,
    }
}

/// The report of a trial that makes none itself; `started_ns` is 0 where it did not begin.
fn finished(order: Order, verdict: Verdict, started_ns: u64, output: Output, notes: Vec<String>) -> Report {
    let duration_ns = if started_ns == 0 { 0 } else { seam::monotonic_ns().saturating_sub(started_ns) };
    Report::Finished { position: order.position, verdict, started_ns, duration_ns, output, notes }
}
