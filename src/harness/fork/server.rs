//! The server: takes orders as the worker actor does, and forks for each.
//!
//! One thread waits for two things, what the arbiter says and the end of the fork that runs. The next order is there
//! already when a fork has ended. A trial's outcome is with the kernel before the next fork is made.

use std::collections::VecDeque;
use std::process::exit;
use std::time::Duration;

use super::child::{self, Kit};
use super::lists::Lists;
use super::making::Making;
use super::ready;
use super::report::{self, death, finished, held_to};
use crate::actor::spawn::bare::{Bare, Said};
use crate::harness::fixture::{Phase, Refusal};
use crate::harness::outcome::{Death, Output, Verdict};
use crate::harness::worker::actor::Worker;
use crate::harness::worker::lane::left_behind;
use crate::harness::worker::message::{Order, Report};
use crate::sys::boot::WorkerBoot;
use crate::sys::fork::{Forked, Keeper, Side, Tie, Wish};
use crate::sys::page::Page;
use crate::sys::process::ExitStatus;
use crate::sys::{seam, wire};

/// How long what a trial left behind may take to be gone after SIGKILL.
const CLEARING: Duration = Duration::from_secs(2);

/// How long the server sleeps at most where nothing happens; signs of life end its sleep before.
pub(super) const REST: Duration = Duration::from_secs(60);

/// How often a trial that runs is looked at, beside being waited for.
const LOOK: Duration = Duration::from_millis(50);

/// The same of one that is measured, which is to be disturbed by nobody.
const RARE_LOOK: Duration = Duration::from_secs(1);

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
    /// It was over its time, and told to end.
    is_over: bool,
    /// How often it was asked what it is at.
    asked: usize,
    /// The request that waits for the last answer to that.
    asking: Option<u64>,
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

pub(super) struct Server {
    pub(super) kit: Kit,
    pub(super) page: Page,
    pub(super) waiting: VecDeque<Order>,
    pub(super) making: Option<Making>,
    pub(super) lists: Lists,
    running: Option<Running>,
    /// No trial is begun any more.
    pub(super) leaving: bool,
}

/// What a process does that was started to be a fork server; it ends when the arbiter says so or is gone.
pub fn serve(boot: WorkerBoot) -> ! {
    let (mut bare, (setup,), passed) = Bare::greet::<Worker>(boot);
    // First of all: the copy of this process that it is has nothing then that a trial's has.
    let keeper = Keeper::start().map_err(|error| error.to_string());
    let (kit, page) = ready::open(&bare, setup, passed).unwrap_or_else(|error| {
        bare.failed(format!("the fork server's page, capture file or letter could not be used: {error}"))
    });
    // It pays where many are forked; and libc never takes a process that had a second thread for one that has none.
    if !child::measures() {
        ready::rehearse(&kit.setup);
    }
    let (waiting, lists) = (VecDeque::new(), Lists::default());
    let mut server = Server { kit, page, waiting, making: None, lists, running: None, leaving: false };
    bare.started();
    loop {
        while let Some(said) = bare.next() {
            match said {
                Said::Command(name, body) => server.obey(&bare, name, &body),
                Said::Ask("wind_up", request) => {
                    server.wind_up(&mut bare, &keeper);
                    bare.answer(request, &());
                }
                Said::Ask("inside_of", request) => server.ask_inside(&bare, request),
                Said::Ask(_, request) => bare.refuse(request),
                Said::Stop => {
                    server.end_running(&keeper);
                    server.tear_down(&mut bare, 4, 5);
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
                    let is_rare = child::measures() && running.asking.is_none();
                    bare.wait(Some(&running.forked), if is_rare { RARE_LOOK } else { LOOK });
                    running.look();
                    server.pass_on_inside(&bare);
                }
            }
            continue;
        }
        let Some((order, started_ns)) = server.next(&bare) else {
            match &server.making {
                Some(making) => bare.wait_for_bell(&making.bell, REST),
                None if server.leaving || server.waiting.is_empty() => bare.wait(None, REST),
                None => {}
            }
            continue;
        };
        let forked = match &keeper {
            Ok(keeper) => keeper.fork().map_err(|error| error.to_string()),
            Err(error) => Err(error.clone()),
        };
        match forked {
            Ok(Side::Child(bond)) => {
                // What is freed here would be copied first, and all of it ends with the trial.
                std::mem::forget(server.waiting);
                server.page.let_go();
                bare.let_go();
                drop(keeper);
                child::run(server.kit, order, &bond)
            }
            Ok(Side::Parent(forked)) => {
                server.page.store_process(forked.pid());
                server.running = Some(Running {
                    order,
                    forked,
                    started_ns,
                    loose_since_ns: None,
                    fault: None,
                    is_over: false,
                    asked: 0,
                    asking: None,
                });
            }
            Err(why) => {
                let verdict = Verdict::NotRun { reason: format!("it could not be forked: {why}") };
                server.tell(&bare, &finished(order, verdict, 0, Output::default(), Vec::new()));
            }
        }
    }
}

impl Server {
    /// Ends the running trial with its fixtures, and tears down those of this process.
    fn wind_up(&mut self, bare: &mut Bare, keeper: &Result<Keeper, String>) {
        self.leaving = true;
        self.waiting.clear();
        self.stop_making();
        let grace = Duration::from_millis(self.kit.setup.grace_ms);
        let asked = |running: &&Running| {
            self.kit.ahead_of(&running.order).is_some() && running.forked.ask_for(Wish::End)
        };
        if let (Some(running), Ok(keeper)) = (self.running.as_ref().filter(asked), keeper) {
            let deadline_ns = seam::monotonic_ns() + (grace * 3 / 4).as_nanos() as u64;
            let mut status = running.forked.try_reap();
            while status.is_none() && seam::monotonic_ns() < deadline_ns {
                bare.wait(Some(&running.forked), LOOK);
                status = running.forked.try_reap();
            }
            if let Some(status) = status {
                self.conclude(bare, keeper, status);
            }
        }
        self.end_running(keeper);
        self.tear_down(bare, 1, 2);
    }

    /// Asks the fork that runs what its trial is at; `pass_on_inside` answers.
    fn ask_inside(&mut self, bare: &Bare, request: u64) {
        match &mut self.running {
            // One with a single thread has nobody to listen.
            Some(running) if self.kit.is_of_one_thread(&running.order) => bare.refuse(request),
            Some(running) if running.forked.ask_for(Wish::Tell) => {
                running.asked += 1;
                if let Some(earlier) = running.asking.replace(request) {
                    bare.refuse(earlier);
                }
            }
            _ => bare.refuse(request),
        }
    }

    /// Tells what the trial that runs is at, if somebody waits for that and its fork has written it by now.
    fn pass_on_inside(&mut self, bare: &Bare) {
        let Some(running) = self.running.as_mut() else { return };
        let Some(request) = running.asking else { return };
        // A letter that breaks off is being written: the next look finds the rest.
        let letter = self.kit.letter.read().ok().and_then(|letter| report::read(&letter).ok());
        let mut told = letter.into_iter().flatten().filter_map(|report| match report {
            Report::Inside { actors, tasks } => Some((actors, tasks)),
            _ => None,
        });
        if let Some(inside) = told.nth(running.asked - 1) {
            bare.answer(request, &inside);
            running.asking = None;
        }
    }

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
                let Ok((position, hard)) = wire::decode::<(u32, bool)>(arguments) else { return };
                if let Some(running) = self.running.as_mut().filter(|it| it.order.position == position) {
                    running.is_over = true;
                    let can_hear = !hard && self.kit.ahead_of(&running.order).is_some();
                    if !can_hear || !running.forked.ask_for(Wish::End) {
                        running.forked.end(hard);
                    }
                } else if self.making.as_ref().is_some_and(|it| it.order.position == position) {
                    self.end_making(bare, hard);
                }
            }
            "lend" => {
                if let (Some(ahead), Ok((fixture, variant, bytes, refusal, skip))) =
                    (&self.kit.ahead, wire::decode::<(u32, u32, Vec<u8>, Option<String>, bool)>(arguments))
                {
                    ahead.lend(
                        fixture,
                        variant,
                        refusal.map_or(Ok(bytes), |text| Err(Refusal { skip, text })),
                    );
                }
            }
            _ => {}
        }
    }

    /// The fork is reaped: tells what became of its trial, and sees to it that nothing of it is left for the next.
    fn conclude(&mut self, bare: &Bare, keeper: &Keeper, status: ExitStatus) {
        self.pass_on_inside(bare);
        let Some(running) = self.running.take() else { return };
        let Running { order, started_ns, forked, fault, is_over, asking, .. } = running;
        if let Some(request) = asking {
            bare.refuse(request);
        }
        self.page.store_process(0);
        let left = keeper.clear(CLEARING);
        let fault = fault.or((forked.tie() == Tie::Soiled).then_some(SOILED));
        let is_whole = self.kit.letter.is_closed();
        let letter = self.kit.letter.take();
        let report = match letter {
            _ if fault.is_some() => {
                self.died(order, started_ns, &left, Death::Unreachable, fault.unwrap_or_default())
            }
            Ok(letter) if letter.is_empty() => self.died(order, started_ns, &left, death(status), ""),
            Ok(letter) => match report::read(&letter) {
                Ok(reports) => {
                    let mut told = None;
                    for report in reports {
                        match report {
                            Report::Finished { .. } | Report::Passed { .. } => {
                                let over_ns = is_over.then_some(started_ns);
                                told = Some(held_to(report, order, status, is_whole, over_ns));
                            }
                            Report::Inside { .. } => {}
                            // Where the arbiter is gone nobody is told.
                            report => drop(bare.event(&report)),
                        }
                    }
                    told.unwrap_or_else(|| self.died(order, started_ns, &left, death(status), ""))
                }
                Err(error) => {
                    self.died(order, started_ns, &left, Death::Unreachable, &format!("its report: {error}"))
                }
            },
            Err(error) => {
                self.died(order, started_ns, &left, Death::Unreachable, &format!("its report: {error}"))
            }
        };
        self.clear_output();
        self.tell(bare, &report);
    }

    pub(super) fn clear_output(&self) {
        if let Some(capture) = &self.kit.capture
            && !matches!(capture.is_empty(), Ok(true))
        {
            // What could not be forgotten is shown with the next trial, and that is all the harm there is.
            let _ = capture.clear();
        }
    }

    /// What the trial, and what was made for it, wrote; and what is to be noted of that.
    pub(super) fn output(&self) -> (Output, Vec<String>) {
        match self.kit.capture.as_ref().map(|capture| capture.read(self.kit.setup.output_limit)) {
            None => (Output::default(), Vec::new()),
            Some(Ok((bytes, dropped))) => (Output { bytes, dropped }, Vec::new()),
            Some(Err(error)) => {
                (Output::default(), vec![format!("its output could not be read back: {error}")])
            }
        }
    }

    /// The report of a trial that made none itself.
    fn died(&self, order: Order, started_ns: u64, left: &[String], death: Death, message: &str) -> Report {
        let (output, mut notes) = self.output();
        if !left.is_empty() {
            notes.push(left_behind(left.len(), left));
        }
        notes.extend(Phase::noted(&self.page).map(|phase| phase.to_string()));
        let verdict = Verdict::Crashed { death, message: message.to_owned() };
        finished(order, verdict, started_ns, output, notes)
    }

    /// Tells a trial's outcome; where nobody can be told this process has no purpose left.
    pub(super) fn tell(&self, bare: &Bare, report: &Report) {
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
