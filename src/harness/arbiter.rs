//! The arbiter of a run, as an actor: workers' reports arrive in its mailbox, the pure [`Dispatch`] says what they
//! mean, and the effects are carried out here.
//!
//! It never decides: which trial runs where is the schedule's, what became of a trial is the dispatch's, how it is
//! told is the reporters'.

mod deadline;
mod gauge;
mod look;
mod outfit;
mod remains;
mod shown;

use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::dispatch::{Dispatch, Effect, Ended, Input, Source};
use super::event::Event;
use super::fixture;
use super::outcome::{Measured, Outcome, Output, Ran};
use super::registry::Isolation;
use super::run::{Run, Summary};
use super::worker::actor::{Worker, WorkerProxy};
use super::worker::lender::lend;
use super::worker::message::{Made, Order, Report};
use crate::actor::Exit;
use crate::sys::capture::Capture;
use crate::sys::page::Page;
use crate::sys::{process, seam, thread};
use gauge::Gauge;
use look::{Seen, Then};
use outfit::outfit;
use remains::{Before, current_of, death_of, explain, memory_most, over_memory, read_back};

/// A worker as the arbiter holds it.
struct Hand {
    source: Source,
    proxy: Option<WorkerProxy>,
    page: Page,
    capture: Option<Capture>,
    /// What was seen of the trial for which it is stopped.
    seen: Option<Seen>,
}

/// How long the end of a trial that is over its time may wait for its worker to tell what the trial's actors are at.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// The actor.
pub struct Arbiter {
    run: Run,
    dispatch: Dispatch,
    hands: Vec<Option<Hand>>,
    own: Option<ArbiterProxy>,
    done: Option<oneshot::Sender<Summary>>,
    begun: Instant,
    gathered: Instant,
    summary: Summary,
    /// The user, or a failure, has ended the run.
    ended_early: bool,
    /// Trials that were red.
    failed: u32,
    /// Where the pool grows.
    gauge: Option<Gauge>,
    /// The run's time is over, and what runs is being looked at.
    is_over: bool,
    /// What trials wrote, and hang in, that are cancelled while they run.
    last_words: Vec<(usize, Output)>,
    /// What a benchmark measured that is about to be told of as finished: there is one at a time.
    measured: Option<(u32, Box<Measured>)>,
    /// What this process had started before.
    before: Before,
}

/// A wait for reports to gather is no shorter than this: the kernel takes 50 µs more than it was asked for.
const GATHER_AT_LEAST: Duration = Duration::from_micros(100);
/// And no longer than this: a signal or a live display has to wait for it.
const GATHER_AT_MOST: Duration = Duration::from_micros(500);

#[rehearsal::actor]
impl Arbiter {
    /// Makes the dispatch; nothing runs before `begin`.
    #[start]
    pub fn new(run: Run, done: oneshot::Sender<Summary>) -> Self {
        let dispatch = Dispatch::arranged(run.planned.clone(), run.workers, &run.arrangement, run.limits);
        let hands = (0..dispatch.workers()).map(|_| None).collect();
        let gauge = run.arrangement.least.map(|_| Gauge::default());
        let summary = if run.is_red_already() { Summary::Red } else { Summary::Green };
        Arbiter {
            run,
            dispatch,
            hands,
            own: None,
            done: Some(done),
            begun: Instant::now(),
            gathered: Instant::now(),
            summary,
            ended_early: false,
            failed: 0,
            gauge,
            is_over: false,
            last_words: Vec::new(),
            measured: None,
            before: Before::default(),
        }
    }

    /// Starts the run; `own` is how workers' messages find their way back.
    #[command]
    pub fn begin(&mut self, own: ArbiterProxy) {
        self.own = Some(own);
        self.before = Before::now();
        let (planned, filtered_out) = (self.run.seats.len() + self.run.settled.len(), self.run.filtered_out);
        let (workers, shuffle_seed) = (self.dispatch.workers(), self.run.shuffle_seed);
        let now_ns = seam::monotonic_ns();
        self.run.reporter.event(&Event::RunStarted { planned, filtered_out, workers, shuffle_seed, now_ns });
        if let Some(complaint) = self.run.complaint.take() {
            self.run_error(&complaint);
        }
        let effects = self.dispatch.begin();
        self.carry_out(effects);
    }

    /// A worker has shaken hands.
    #[command]
    pub fn ready(&mut self, source: Source, proxy: WorkerProxy) {
        if let Some(hand) = self.hand(source) {
            hand.proxy = Some(proxy);
        }
        self.receive(Input::Ready(source));
    }

    /// A worker could not be started.
    #[command]
    pub fn start_failed(&mut self, source: Source, why: String) {
        self.receive(Input::StartFailed(source, why));
    }

    /// A worker says something.
    #[command]
    pub fn report(&mut self, source: Source, report: Report) {
        let positions =
            |positions: Vec<u32>| positions.into_iter().map(|position| position as usize).collect();
        let input = match report.in_full() {
            Report::Finished { position, verdict, started_ns, duration_ns, output, notes } => {
                if let Some(chronicle) = &mut self.run.chronicle {
                    let trial = self.dispatch.trial_of(position as usize);
                    chronicle.ran(source.worker, source.generation, trial);
                }
                let ran = (started_ns > 0).then_some(Ran { worker: source.worker, started_ns });
                let measured = self.measured.take_if(|(of, _)| *of == position).map(|(_, measured)| measured);
                let mut outcome =
                    Outcome { ran, duration_ns, output, notes, measured, ..Outcome::of(verdict) };
                let trial = self.dispatch.trial_of(position as usize);
                explain(&mut outcome, memory_most(&self.run, Some(trial)));
                if let Some(hand) = self.hand(source)
                    && let Some(seen) = hand.seen.take_if(|seen| seen.position == position as usize)
                {
                    seen.append_to(&mut outcome.output);
                }
                Input::Finished(source, position as usize, Box::new(outcome))
            }
            Report::Passed { .. } => unreachable!("it was told in full"),
            Report::TakenBack { positions: taken } => Input::TakenBack(source, positions(taken)),
            Report::Leaving { positions: left } => Input::Leaving(source, positions(left)),
            Report::Complaint { message } => return self.run_error(&message),
            Report::Measured { position, measured } => {
                self.measured = Some((position, Box::new(measured)));
                return;
            }
            // It goes no further than to the server of the fork that says it.
            Report::Inside { .. } => return,
            Report::Wants { fixture, variant } => return lend(self.proxy(source), fixture, variant),
        };
        self.receive(input);
        self.gather();
    }

    /// A worker is gone.
    #[command]
    pub fn worker_ended(&mut self, source: Source, exit: Exit) {
        let limit = self.run.setup.output_limit;
        let Some(hand) = self.hand(source) else { return };
        let current = current_of(&hand.page);
        let mut output =
            hand.capture.as_ref().map_or_else(Output::default, |capture| read_back(capture, limit));
        let is_current = |seen: &&Seen| current.is_some_and(|current| current.position == seen.position);
        if let Some(seen) = hand.seen.as_ref().filter(is_current) {
            seen.append_to(&mut output);
        }
        if let (Some(_), Some(phase)) = (current, fixture::Phase::noted(&hand.page)) {
            output.bytes.extend_from_slice(format!("{phase}\n").as_bytes());
        }
        if let (Some(chronicle), Some(current)) = (&mut self.run.chronicle, current) {
            chronicle.ran(source.worker, source.generation, self.dispatch.trial_of(current.position));
        }
        let (death, detail) = death_of(&exit);
        let trial = current.map(|current| self.dispatch.trial_of(current.position));
        let detail = over_memory(death, &output, memory_most(&self.run, trial)).unwrap_or(detail);
        let ended = Ended { death, detail, current, output, now_ns: seam::monotonic_ns() };
        self.hands[source.worker] = None;
        self.receive(Input::Ended(source, ended));
    }

    /// A worker is to be told to end.
    #[command]
    pub fn terminate(&mut self, source: Source) {
        if let Some(proxy) = self.proxy(source) {
            process::terminate_group(proxy.pid());
        }
    }

    /// It was seen what trials hang in.
    #[command]
    pub fn looked(&mut self, seen: Vec<Seen>, then: Then) {
        self.end_what_was_seen(seen, then);
    }

    /// The user wants an end.
    #[command]
    pub fn interrupt(&mut self, why: String) {
        self.ended_early = true;
        self.summary = Summary::Interrupted;
        let message = format!("{why}: stopping the workers; once more ends this at once");
        self.run.reporter.event(&Event::Warning { message: &message });
        self.receive(Input::Interrupted(why));
    }

    /// Something is wrong with the run as a whole.
    #[command]
    pub fn complain(&mut self, message: String) {
        self.run_error(&message);
    }

    /// A look at every worker's page: timeouts, slow trials, output beyond its limit, the live display.
    #[periodic(every = "50ms")]
    pub fn pulse(&mut self) {
        let limit = self.run.setup.output_limit;
        for hand in self.hands.iter().flatten() {
            if let Some(capture) = &hand.capture
                && capture.kept().is_ok_and(|kept| kept > limit.saturating_mul(2))
            {
                // Where the hole cannot be made the file only stays larger for a while.
                let _ = capture.punch(limit);
            }
        }
        let current =
            self.hands.iter().map(|hand| hand.as_ref().and_then(|hand| current_of(&hand.page))).collect();
        let now_ns = seam::monotonic_ns();
        self.show_busy(now_ns);
        self.receive(Input::Pulse { now_ns, current });
        self.look_at_load(now_ns);
        self.look_at_memory();
        self.look_at_time();
        self.run.reporter.flush();
    }

    /// While trials are short, lets reports gather in the sockets for a moment before it looks at the next ones.
    ///
    /// To be woken for every report costs more than a short trial does, and takes a core from the workers. Their
    /// mailboxes hold enough for several such moments; nothing but reports, timers and signals waits here.
    fn gather(&mut self) {
        let slack = Duration::from_nanos(self.dispatch.slack_ns()).min(GATHER_AT_MOST);
        if slack >= GATHER_AT_LEAST && self.gathered.elapsed() >= GATHER_AT_LEAST {
            std::thread::sleep(slack);
            self.gathered = Instant::now();
        }
    }

    fn hand(&mut self, source: Source) -> Option<&mut Hand> {
        self.hands.get_mut(source.worker)?.as_mut().filter(|hand| hand.source == source)
    }

    fn receive(&mut self, input: Input) {
        let effects = self.dispatch.receive(input);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Start(source, isolation) => self.start(source, isolation),
                Effect::Send(source, positions) => self.send(source, &positions),
                Effect::TakeBack(source, positions) => {
                    let positions = positions.into_iter().map(|position| position as u32).collect();
                    if let Some(proxy) = self.proxy(source) {
                        // A worker that cannot be told is about to be reported as gone.
                        let _ = proxy.take_back(positions).tell();
                    }
                }
                Effect::Signal { to, hard: false } => self.look_and_end(to, None),
                Effect::Signal { to, hard: true } => self.kill(to),
                Effect::EndTrial { to, position, hard: false } => self.look_and_end(to, Some(position)),
                Effect::EndTrial { to, position, hard } => {
                    if let Some(proxy) = self.proxy(to) {
                        // One that cannot be told is about to be reported as gone, and its forks with it.
                        let _ = proxy.end_trial(position as u32, hard).tell();
                    }
                }
                Effect::Abandon(source) => {
                    if self.hand(source).is_some() {
                        self.hands[source.worker] = None;
                    }
                }
                Effect::Retire(source) => self.retire(source),
                Effect::Outcome(position, mut outcome) => {
                    self.run.seats[position].hold_to_time(&mut outcome);
                    self.add_what_was_seen(position, &mut outcome);
                    self.tell_outcome(position, &outcome);
                }
                Effect::Slow(position, elapsed_ns) => {
                    let trial = self.run.seats[position].info;
                    let elapsed = Duration::from_nanos(elapsed_ns);
                    let mark = Duration::from_millis(self.run.planned[position].slow_ms);
                    self.run.reporter.event(&Event::Slow { trial, mark, elapsed });
                }
                Effect::Warning(message) => self.run.reporter.event(&Event::Warning { message: &message }),
                Effect::RunError { message, after } => {
                    let after = after.map(|position| self.run.seats[position].info.name);
                    let after =
                        after.map_or(String::new(), |name| format!("; the last trial it had run is {name}"));
                    self.run_error(&format!("{message}{after}"));
                }
                Effect::Enough(why) => self.end_soon(why),
                Effect::Done => self.finish(),
            }
        }
    }

    fn proxy(&mut self, source: Source) -> Option<&WorkerProxy> {
        self.hand(source)?.proxy.as_ref()
    }

    fn send(&mut self, source: Source, positions: &[usize]) {
        let order = |&position: &usize| {
            let seat = &self.run.seats[self.dispatch.trial_of(position)];
            let (entry, made) = seat.address;
            Order { position: position as u32, entry, made: Made(made), ruled: seat.ruled }
        };
        let orders = positions.iter().map(order).collect();
        if let Some(proxy) = self.proxy(source) {
            // A worker that cannot be told is about to be reported as gone, and these are given back then.
            let _ = proxy.perform(orders).tell();
        }
    }

    fn kill(&mut self, to: Source) {
        let Some(proxy) = self.proxy(to).cloned() else { return };
        if fixture::graph().is_empty() || !self.ended_early {
            return proxy.kill();
        }
        let grace = Duration::from_millis(self.run.limits.grace_ms);
        seam::spawn(async move {
            // Its fixtures have that long to be torn down.
            let _ = proxy.wind_up().timeout(grace).await;
            proxy.kill();
        });
    }

    fn retire(&mut self, source: Source) {
        if let Some(proxy) = self.proxy(source) {
            // Its end is reported by the task that watches it; here nothing is waited for.
            proxy.stop().tell();
        }
    }

    /// Starts a worker and the task that brings its messages home.
    fn start(&mut self, source: Source, isolation: Isolation) {
        let own = self.own.clone().expect("a run begins with the arbiter's own proxy");
        let mut hand = Hand { source, proxy: None, page: Page::local(), capture: None, seen: None };
        let mut setup = self.run.setup.clone();
        let name = format!("worker-{}", source.worker);
        let spawn = match isolation {
            Isolation::Thread => {
                setup.page = Some(hand.page.clone());
                Ok(Worker::spawn(setup).name(name).thread())
            }
            Isolation::Process | Isolation::Fork | Isolation::Own => {
                outfit(&mut hand.page, &mut hand.capture, &name, isolation, &self.run).map(|options| {
                    if isolation == Isolation::Own {
                        setup.memory_most = self.run.measuring.memory_most;
                    }
                    Worker::spawn(setup).name(name).process_options(options)
                })
            }
        };
        self.hands[source.worker] = Some(hand);
        let spawn = match spawn {
            Ok(spawn) => spawn,
            Err(error) => {
                let why = format!(
                    "its page or capture file could not be made: {error}; raise the limit on open files"
                );
                seam::spawn(async move { drop(own.start_failed(source, why).await) });
                return;
            }
        };
        let home = own.clone();
        let spawn = spawn.on_event(move |report| {
            // The mailbox holds all that workers can have on their way; where it is closed the run is over.
            let _ = home.report(source, report).tell();
        });
        seam::spawn(async move {
            match spawn.await {
                Ok(proxy) => {
                    let end = proxy.ended();
                    drop(own.ready(source, proxy).await);
                    drop(own.worker_ended(source, end.await).await);
                }
                Err(error) => drop(own.start_failed(source, error.to_string()).await),
            }
        });
    }

    fn tell_outcome(&mut self, position: usize, outcome: &Outcome) {
        self.run.tell_settled(position);
        let trial = self.run.seats[position].info;
        if let Some(chronicle) = &mut self.run.chronicle {
            chronicle.ended(position, outcome);
        }
        self.run.reporter.event(&Event::Finished { trial, outcome });
        if outcome.verdict.is_red() {
            self.redden();
            self.failed += 1;
            if self.run.max_fail == Some(self.failed) && self.summary == Summary::Red {
                self.end_soon(match self.failed {
                    1 => "an earlier trial failed and --fail-fast was given".to_owned(),
                    most => format!("{most} trials have failed, and --max-fail allows no more"),
                });
            }
        }
    }

    /// Ends the run because enough is known of it: what has not run is told so.
    #[command]
    pub fn cancel(&mut self, why: String) {
        self.ended_early = true;
        self.receive(Input::Interrupted(why));
    }

    /// Has the run ended when what is being carried out is done.
    fn end_soon(&self, why: String) {
        let own = self.own.clone();
        seam::spawn(async move { drop(own.expect("the run has begun").cancel(why).await) });
    }

    fn redden(&mut self) {
        if self.summary == Summary::Green {
            self.summary = Summary::Red;
        }
    }

    fn run_error(&mut self, message: &str) {
        self.redden();
        self.run.reporter.event(&Event::RunError { message });
    }

    /// Every worker is gone: what the run had is torn down, and then the end is told.
    fn finish(&mut self) {
        if fixture::graph().is_empty() {
            return self.tell_end(Vec::new());
        }
        let own = self.own.clone().expect("a run begins with the arbiter's own proxy");
        let tear_down = move || drop(own.tell_end(fixture::tear_down_process()).tell());
        if let Err(error) = thread::start("fixture teardown".to_owned(), tear_down) {
            self.tell_end(vec![format!("nothing was torn down: there is no thread for it: {error}")]);
        }
    }

    /// Tells the end of the run, and first what went wrong with the teardown of its fixtures.
    #[command]
    pub fn tell_end(&mut self, complaints: Vec<String>) {
        for complaint in complaints {
            self.run_error(&complaint);
        }
        self.run.tell_settled(usize::MAX);
        for message in self.before.clear().into_iter().chain(process::guardian_failure()) {
            self.run.reporter.event(&Event::Warning { message: &message });
        }
        if !self.run.tell_end(self.begun.elapsed(), self.summary == Summary::Green) {
            self.redden();
        }
        self.run.keep_history();
        if let Some(done) = self.done.take() {
            // Nobody waits only where the process is ending anyway.
            let _ = done.send(self.summary);
        }
    }
}
