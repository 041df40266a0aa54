//! The server: takes orders as the worker actor does, and forks for each.
//!
//! One thread waits for two things, what the arbiter says and the end of the fork that runs. The next order is there
//! already when a fork has ended. A trial's outcome is with the kernel before the next fork is made. What is to be in a
//! trial's process when it begins is made on other threads, which are gone when it is forked.

use std::collections::VecDeque;
use std::io;
use std::process::exit;
use std::sync::Arc;
use std::time::Duration;

use super::child::{self, Kit};
use super::report::{self, death, finished, held_to};
use crate::actor::spawn::bare::{Bare, Said};
use crate::harness::fixture::{Ahead, AheadNeed as Need, Phase, Refusal};
use crate::harness::outcome::{Death, Output, Verdict};
use crate::harness::registry::Registry;
use crate::harness::worker::actor::Worker;
use crate::harness::worker::lane::left_behind;
use crate::harness::worker::message::{Order, Report};
use crate::sys::boot::WorkerBoot;
use crate::sys::capture::Capture;
use crate::sys::fork::{Bell, Forked, Keeper, Letter, Side, Tie};
use crate::sys::page::Page;
use crate::sys::process::{ExitStatus, OwnedFd};
use crate::sys::{seam, stack, wire};

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

/// A trial that waits for the fixtures that are made before it is forked.
struct Making {
    order: Order,
    started_ns: u64,
    bell: Bell,
    /// What was being made when its time was up.
    note: Option<String>,
}

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
    making: Option<Making>,
    running: Option<Running>,
    /// No trial is begun any more.
    leaving: bool,
}

/// What a process does that was started to be a fork server; it ends when the arbiter says so or is gone.
pub fn serve(boot: WorkerBoot) -> ! {
    let (mut bare, (setup,), passed) = Bare::greet::<Worker>(boot);
    // First of all: the copy of this process that it is has nothing then that a trial's has.
    let keeper = Keeper::start().map_err(|error| error.to_string());
    let made = make(passed).map(|(page, capture, letter)| {
        let tell = bare.teller();
        let ahead =
            Ahead::open(page.clone(), move |fixture, variant| tell(&Report::Wants { fixture, variant }));
        let kit = Kit { setup, registry: Arc::new(Registry::collect()), capture, letter, ahead };
        Server { kit, page, waiting: VecDeque::new(), making: None, running: None, leaving: false }
    });
    let mut server = made.unwrap_or_else(|error| {
        bare.failed(format!("the fork server's page, capture file or letter could not be used: {error}"))
    });
    bare.started();
    loop {
        while let Some(said) = bare.next() {
            match said {
                Said::Command(name, body) => server.obey(&bare, name, &body),
                Said::Ask("wind_up", request) => {
                    server.wind_up(&mut bare, &keeper);
                    bare.answer(request, &());
                }
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
                    bare.wait(Some(&running.forked), LOOK);
                    running.look();
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
                drop((bare, keeper, server.page, server.waiting));
                child::run(server.kit, order, &bond)
            }
            Ok(Side::Parent(forked)) => {
                server.page.store_process(forked.pid());
                let (loose_since_ns, fault) = (None, None);
                server.running =
                    Some(Running { order, forked, started_ns, loose_since_ns, fault, is_over: false });
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
    let page = Page::from_fd(page)?;
    // Its forks answer on the same page.
    stack::answer(&page);
    Ok((page, Capture::of_stdout()?, Letter::new()?))
}

impl Server {
    /// The next trial, if it can be forked now, and since when it counts.
    fn next(&mut self, bare: &Bare) -> Option<(Order, u64)> {
        let mut note = None;
        let (order, started_ns) = match self.making.take() {
            Some(making) if !making.bell.has_rung() => {
                self.making = Some(making);
                return None;
            }
            Some(Making { order, started_ns, note: noted, .. }) => {
                note = noted;
                self.kit.ahead.iter().for_each(Ahead::settle);
                (order, started_ns)
            }
            None if self.leaving => return None,
            None => {
                let order = self.waiting.pop_front()?;
                let started_ns = seam::monotonic_ns();
                self.page.store(order.position, 0, started_ns);
                (order, started_ns)
            }
        };
        let Some(all) = &self.kit.ahead else { return Some((order, started_ns)) };
        let entry = self.kit.ahead_of(&order).and_then(|_| self.kit.entry(&order));
        match entry.map_or(Need::Nothing, |entry| all.need(entry)) {
            Need::Refused(refusal) => self.refuse(bare, order, started_ns, refusal, note),
            _ if all.is_unfit() => self.leave(bare, order),
            Need::Nothing => return Some((order, started_ns)),
            Need::Making(numbers) => match all.make(numbers) {
                Ok(bell) => self.making = Some(Making { order, started_ns, bell, note }),
                Err(error) => {
                    let reason = format!(
                        "its fixtures could not be made: {error}; raise the limits on open files and processes (ulimit -n, ulimit -u)"
                    );
                    let verdict = Verdict::NotRun { reason };
                    self.tell(bare, &finished(order, verdict, 0, Output::default(), Vec::new()));
                }
            },
        }
        None
    }

    /// Tells of a trial that one of its fixtures will not be there.
    fn refuse(&self, bare: &Bare, order: Order, started_ns: u64, refusal: Refusal, note: Option<String>) {
        let verdict = match refusal.skip {
            true => Verdict::Ignored { reason: refusal.text },
            false => Verdict::Failed { message: refusal.text },
        };
        let (output, mut notes) = self.output();
        notes.extend(note);
        self.tell(bare, &finished(order, verdict, started_ns, output, notes));
        self.clear_output();
    }

    /// Gives back what was not begun: the set-up of a fixture left this process in a state that cannot be forked.
    fn leave(&mut self, bare: &Bare, order: Order) {
        self.leaving = true;
        self.page.idle();
        let positions = [order].iter().chain(&self.waiting).map(|order| order.position).collect();
        self.waiting.clear();
        // Where the arbiter is gone nobody waits for it.
        bare.event(&Report::Leaving { positions });
    }

    /// Ends what is being made for a trial that is over its time; where that does not help, the trial alone.
    fn end_making(&mut self, bare: &Bare, hard: bool) {
        let (Some(ahead), Some(making)) = (&self.kit.ahead, &mut self.making) else { return };
        let phase = ahead.stop();
        making.note = making.note.take().or(phase);
        if hard && let Some(Making { order, started_ns, note, .. }) = self.making.take() {
            let text = "the set-up of one of its fixtures does not end".to_owned();
            self.refuse(bare, order, started_ns, Refusal { skip: false, text }, note);
        }
    }

    /// Ends the running trial with its fixtures, and tears down those of this process.
    fn wind_up(&mut self, bare: &mut Bare, keeper: &Result<Keeper, String>) {
        self.leaving = true;
        self.waiting.clear();
        if let (Some(ahead), Some(_)) = (&self.kit.ahead, &self.making) {
            ahead.stop();
        }
        let grace = Duration::from_millis(self.kit.setup.grace_ms);
        let asked =
            |running: &&Running| self.kit.ahead_of(&running.order).is_some() && running.forked.ask_to_end();
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

    /// Tears down the fixtures of this process within a part of the grace.
    fn tear_down(&mut self, bare: &mut Bare, numerator: u32, denominator: u32) {
        let within = Duration::from_millis(self.kit.setup.grace_ms) * numerator / denominator;
        let Some(tearing) = self.kit.ahead.as_ref().and_then(|ahead| ahead.tear_down(within)) else { return };
        while !tearing.bell.has_rung() {
            bare.wait_for_bell(&tearing.bell, REST);
        }
        for message in tearing.thread.join().unwrap_or_default() {
            bare.event(&Report::Complaint { message });
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
                    let asked =
                        !hard && self.kit.ahead_of(&running.order).is_some() && running.forked.ask_to_end();
                    if !asked {
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
        let Some(Running { order, started_ns, forked, fault, is_over, .. }) = self.running.take() else {
            return;
        };
        self.page.store_process(0);
        let left = keeper.clear(CLEARING);
        let fault = fault.or((forked.tie() == Tie::Soiled).then_some(SOILED));
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
                                told = Some(held_to(report, order, status, is_over.then_some(started_ns)))
                            }
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

    fn clear_output(&self) {
        if let Some(capture) = &self.kit.capture
            && !matches!(capture.is_empty(), Ok(true))
        {
            // What could not be forgotten is shown with the next trial, and that is all the harm there is.
            let _ = capture.clear();
        }
    }

    /// What the trial, and what was made for it, wrote; and what is to be noted of that.
    fn output(&self) -> (Output, Vec<String>) {
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
