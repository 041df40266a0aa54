//! An actor as a process of its own: the parent's end.
//!
//! A bridge takes the place of the actor's loop: it drains the mailbox and writes the messages to the worker's socket
//! (`bridge`), reads answers and events from it, and watches the process. Writing and reading never
//! wait for one another. However the process ends, all that it had written is read before the actor has ended.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use super::bridge::{Line, Reader, Unsettled, Writer, Written};
use super::ready::Ready;
use crate::actor::behavior::Actor;
use crate::actor::context::Callback;
use crate::actor::crossing::{self, Crossing, Door, Hello};
use crate::actor::error::SpawnError;
use crate::actor::exit::{Exit, Reason};
use crate::actor::letter::Kept;
use crate::actor::mailbox::Inbox;
use crate::actor::node::{Finisher, Shared};
use crate::actor::panic;
use crate::actor::realm;
use crate::actor::realm::Realm;
use crate::actor::state::State;
use crate::actor::supervise::Heartbeat;
use crate::actor::supervise::again::{Again, Fates, Wish};
use crate::sys::process::{Child, ExitStatus, SpawnOptions, program_name, spawn_self};
use crate::sys::{anchor, boot, seam};
use tokio::runtime::Handle;

/// How long a process that was told to stop may take for it.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// How long a process may outlive its socket: it is exiting, unless it closed the socket itself.
const EXIT_GRACE: Duration = Duration::from_secs(1);

/// How long a socket must say nothing after its process has ended to be taken as read to its end. Only where the
/// process left a child behind that holds the socket too; otherwise the socket ends at once.
const QUIET: Duration = Duration::from_millis(250);

/// What it takes to place an actor in a process.
pub(super) struct Order<A: Actor> {
    pub(super) shared: Arc<Shared<A>>,
    pub(super) args: A::Args,
    pub(super) crossing: Crossing<A>,
    pub(super) options: SpawnOptions,
    pub(super) heartbeat: Heartbeat,
    pub(super) on_event: Option<Callback<A::Event>>,
    pub(super) ready: Ready,
    /// Asked for another life, which is another process, when one is over.
    pub(super) again: Option<Box<Again<A>>>,
}

/// What all lives of a process actor have in common.
struct Office<A: Actor> {
    shared: Arc<Shared<A>>,
    crossing: Crossing<A>,
    options: SpawnOptions,
    heartbeat: Heartbeat,
    on_event: Option<Callback<A::Event>>,
    /// The realm it was spawned in.
    realm: u64,
    /// Messages that were taken out of the mailbox and not written to any process.
    inbox: Kept<A>,
}

/// One process and what it is told first.
struct Launched {
    child: Child,
    hello: Vec<u8>,
}

pub(super) fn place<A: Actor>(order: Order<A>) -> Result<(), SpawnError> {
    let Order { shared, args, crossing, options, heartbeat, on_event, ready, again } = order;
    if !boot::is_bootstrapped() {
        return Err(SpawnError::NoBootstrap { actor: shared.node.name.clone() });
    }
    if Handle::try_current().is_err() {
        return Err(SpawnError::NoRuntime { actor: shared.node.name.clone() });
    }
    let inbox = Kept::new(&shared);
    let realm = Realm::current().id();
    let mut office = Office { shared, crossing, options, heartbeat, on_event, realm, inbox };
    let launched = office.launch(&args, again.is_some())?;
    drop(seam::spawn(hold(office, launched, ready, again)));
    Ok(())
}

impl<A: Actor> Office<A> {
    /// Starts a process; `keep` what it is given for the next one.
    fn launch(&mut self, args: &A::Args, keep: bool) -> Result<Launched, SpawnError> {
        let node = &self.shared.node;
        let actor = node.name.clone();
        let hello = Hello {
            version: crossing::VERSION,
            program: anchor::program(),
            entry: self.crossing.offset(),
            kind: A::KIND.to_owned(),
            table: A::TABLE,
            id: actor.id,
            name: actor.name.as_deref().map(str::to_owned),
            window: self.shared.mailbox.capacity(),
            notify_every: self.heartbeat.interval(),
            listens: self.on_event.is_some(),
            door: door(self.realm),
            in_sight: self.shared.mailbox.is_in_sight(),
        };
        let hello = (self.crossing.hello)(&hello, args)
            .map_err(|why| SpawnError::Crossing { actor: actor.clone(), why })?;
        let failed = |source| SpawnError::Process { actor: actor.clone(), source };
        let mut options =
            if keep { self.options.try_clone().map_err(failed)? } else { std::mem::take(&mut self.options) };
        if options.title.is_empty() {
            options.title = format!("{}-{}", program_name(), actor.name());
        }
        let child = spawn_self(options).map_err(failed)?;
        node.set_process(child.pid);
        node.begin();
        node.notify();
        node.state.advance(State::Starting);
        Ok(Launched { child, hello })
    }
}

/// What the process is told of looking up names elsewhere.
fn door(realm: u64) -> Option<Door> {
    #[cfg(feature = "reach")]
    return crate::actor::reach::door(realm);
    #[cfg(not(feature = "reach"))]
    {
        let _ = realm;
        None
    }
}

/// Runs a process actor over all of its lives, each a process of its own, and tells everybody how it ended.
async fn hold<A: Actor>(
    mut office: Office<A>,
    launched: Launched,
    ready: Ready,
    mut again: Option<Box<Again<A>>>,
) {
    panic::install();
    let shared = office.shared.clone();
    // Dropped last: on a runtime that is shut down the actor has ended when its process is on its way out.
    let finisher = Finisher { shared: shared.clone(), inbox: Inbox::new() };
    let mut life = Ok((launched, ready));
    loop {
        let fates = again.as_mut().map(|again| &mut again.fates);
        let (exit, mut unsettled) = match life {
            Ok((launched, ready)) => oversee(&mut office, launched, ready, fates).await,
            Err(exit) => (exit, Unsettled::default()),
        };
        let over = match &mut again {
            None => Err(exit),
            Some(again) => {
                // What that process had is not handled by the next: who asked learns at once how it ended.
                let exit = unsettled.resolve(exit);
                shared.node.end_streams(&exit);
                again.next(&*shared, exit).await
            }
        };
        life = match over {
            Ok((args, ready)) => match office.launch(&args, true) {
                Ok(launched) => Ok((launched, ready)),
                Err(error) => Err(Exit::because(Reason::Failed, error.to_string())),
            },
            Err(exit) => {
                shared.finish(exit, &mut office.inbox);
                // Dropped after the actor has ended, so that each caller learns at once how.
                drop(unsettled);
                break;
            }
        };
    }
    drop(finisher);
}

/// Runs writer, reader and watches side by side until all that the process wrote is read and the process is gone. Tells
/// how that life ended, and what was open then.
async fn oversee<A: Actor>(
    office: &mut Office<A>,
    launched: Launched,
    ready: Ready,
    mut fates: Option<&mut Fates>,
) -> (Exit, Unsettled) {
    let Launched { child, hello } = launched;
    let shared = office.shared.clone();
    let recycle = fates.as_ref().and_then(|fates| fates.recycle);
    let line = Arc::new(Line::new(ready, recycle.and_then(|recycle| recycle.memory())));
    let account: Weak<Line> = Arc::downgrade(&line);
    shared.node.beside().set_line(account);
    let (from, to) = match child.ends() {
        Ok(ends) => ends,
        Err(error) => return (Exit::because(Reason::Failed, error.to_string()), line.close()),
    };
    let from = from.looking_out(line.lookout());
    let inbox = std::mem::replace(&mut office.inbox, Kept::new(&shared));
    let mut writer = Writer::new(shared.clone(), line.clone(), office.crossing.pack, to, hello, inbox);
    if let Some(fates) = &fates {
        writer.messages = fates.messages();
    }
    let patience = recycle.map_or(STOP_GRACE, |recycle| recycle.patience());
    let on_event = office.on_event.take();
    let mut reader = Reader::new(shared.clone(), line.clone(), office.crossing.event, on_event, from);
    let child = Arc::new(child);
    let mut verdict = Verdict::default();
    {
        let mut writing = Some(Box::pin(writer.run()));
        let mut reading = pin!(reader.run());
        let mut watch = Watch::new(&child, office.heartbeat, patience);
        let ended = poll_fn(|cx| {
            if let Some(future) = &mut writing
                && let Poll::Ready(written) = future.as_mut().poll(cx)
            {
                writing = None;
                if let Written::Killed = written {
                    // Who killed it need not be told that it was killed.
                    realm::told(shared.node.name.id);
                    child.kill_group();
                }
            }
            if let Some(fates) = &mut fates
                && let Poll::Ready(exit) = fates.poll_overdue(&shared.node, cx)
            {
                verdict.unready = Some(exit);
                child.kill_group();
            }
            loop {
                if let Poll::Ready(ended) = reading.as_mut().poll(cx) {
                    return Poll::Ready(ended);
                }
                match watch.poll(&shared, &line, cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Watched::Again) => {}
                    Poll::Ready(Watched::Silent(for_ms)) => {
                        verdict.silent_ms = Some(for_ms);
                        shared.mailbox.stop();
                    }
                    Poll::Ready(Watched::Overdue(grace)) => {
                        verdict.overdue = Some(grace);
                        child.kill_group();
                    }
                    // Everything it wrote is read; somebody else holds the socket open.
                    Poll::Ready(Watched::Quiet) => return Poll::Ready(Ok(())),
                }
            }
        })
        .await;
        if let Err(why) = ended {
            verdict.garbage = Some(why);
            child.kill_group();
        }
    }
    let status = match seam::timeout(EXIT_GRACE, child.wait()).await {
        Some(status) => status,
        None => {
            verdict.lingered = true;
            child.kill_group();
            child.wait().await
        }
    };
    office.inbox = writer.into_inbox();
    office.on_event = reader.into_listener();
    let mut unsettled = line.close();
    unsettled.post_left(&shared.node);
    let mut exit = verdict.exit(status, unsettled.ended.take());
    let by_us = [Reason::Stopped, Reason::Killed { signal: Some(9) }].contains(&exit.reason);
    if by_us && let Some(why) = shared.node.take_doom() {
        exit = why;
    }
    (exit, unsettled)
}

/// What is known about the end beside the process's own status.
#[derive(Debug, Default)]
struct Verdict {
    silent_ms: Option<u64>,
    /// It was started again and not ready in time.
    unready: Option<Exit>,
    /// It did not stop in time, which was this.
    overdue: Option<Duration>,
    /// What came was no frame.
    garbage: Option<String>,
    /// It ran on without its socket.
    lingered: bool,
}

impl Verdict {
    fn exit(self, status: ExitStatus, ended: Option<Exit>) -> Exit {
        if let Some(for_ms) = self.silent_ms {
            let detail = match self.overdue {
                Some(grace) => format!("it was asked to stop, had not after {grace:?}, and was killed"),
                None => "it was asked to stop, and did".to_owned(),
            };
            return Exit::because(Reason::Silent { for_ms }, detail);
        }
        if let Some(exit) = self.unready {
            return exit;
        }
        // A worker that said how its actor ended and then exited, or had to be helped with exiting.
        if let Some(exit) = ended
            && (self.lingered || !matches!(status, ExitStatus::Signaled(_)))
        {
            return exit;
        }
        if let Some(why) = self.garbage {
            return Exit::because(Reason::Unreachable, format!("{why}; its process is gone ({status})"));
        }
        let killed_by_us = status == ExitStatus::Signaled(9);
        if self.lingered && killed_by_us {
            let why = "it closed its socket while its process ran on, which was killed for it";
            return Exit::because(Reason::Unreachable, why);
        }
        match status {
            ExitStatus::Signaled(signal) => {
                let why = self.overdue.map(|grace| format!("it had not stopped within {grace:?}"));
                Exit::because(Reason::Killed { signal: Some(signal) }, why.unwrap_or_default())
            }
            ExitStatus::Exited(code) => Exit::new(Reason::Exited { code }),
            ExitStatus::Lost => Exit::because(Reason::Unreachable, status.to_string()),
        }
    }
}

type Timer = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What wakes after so long, and when that is on the monotonic clock.
fn alarm(after: Duration) -> (u64, Timer) {
    let after_ns = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
    (seam::monotonic_ns().saturating_add(after_ns), Box::pin(seam::sleep(after)))
}

/// What can happen to a process while its socket is quiet.
struct Watch {
    /// Resolves when the process has ended.
    gone: Option<Timer>,
    /// Armed once it has.
    quiet: Option<(u64, Timer)>,
    /// Armed once it was told to stop.
    stop: Option<Timer>,
    overdue: bool,
    /// When it may have been silent for too long, on the monotonic clock, and what wakes then.
    silence: Option<(u64, Timer)>,
    heartbeat: Heartbeat,
    /// How long it may take to end when another process is to take its place.
    patience: Duration,
    /// How long it may take to stop.
    grace: Duration,
}

enum Watched {
    /// Something was armed; look again.
    Again,
    Quiet,
    Overdue(Duration),
    Silent(u64),
}

impl Watch {
    fn new(child: &Arc<Child>, heartbeat: Heartbeat, patience: Duration) -> Watch {
        let child = child.clone();
        let gone: Timer = Box::pin(async move {
            child.wait().await;
        });
        Watch {
            gone: Some(gone),
            quiet: None,
            stop: None,
            overdue: false,
            silence: Some(alarm(heartbeat.timeout)),
            heartbeat,
            patience,
            grace: STOP_GRACE,
        }
    }

    fn poll<A: Actor>(&mut self, shared: &Shared<A>, line: &Line, cx: &mut Context<'_>) -> Poll<Watched> {
        if let Some(gone) = &mut self.gone
            && gone.as_mut().poll(cx).is_ready()
        {
            (self.gone, self.silence, self.stop) = (None, None, None);
            self.quiet = Some((line.frames(), Box::pin(seam::sleep(QUIET))));
            // The reader goes first: most often the socket has ended too.
            return Poll::Ready(Watched::Again);
        }
        if let Some((frames, timer)) = &mut self.quiet
            && timer.as_mut().poll(cx).is_ready()
        {
            let still_coming = *frames != line.frames();
            self.quiet = still_coming.then(|| (line.frames(), Box::pin(seam::sleep(QUIET)) as Timer));
            return Poll::Ready(if still_coming { Watched::Again } else { Watched::Quiet });
        }
        let told = line.was_told_to_stop() || self.stop.is_some();
        if told && !self.overdue && self.gone.is_some() {
            if self.stop.is_none() && shared.node.wish() == Wish::Recycle {
                self.grace = self.patience;
            }
            // One that was being replaced, and is now to stop for good.
            if shared.node.wish() == Wish::Stop && self.grace == self.patience && self.grace > STOP_GRACE {
                (self.stop, self.grace) = (None, STOP_GRACE);
            }
            let stop = self.stop.get_or_insert_with(|| Box::pin(seam::sleep(self.grace)));
            if stop.as_mut().poll(cx).is_ready() {
                self.overdue = true;
                return Poll::Ready(Watched::Overdue(self.grace));
            }
        }
        self.poll_silence(shared, cx)
    }

    fn poll_silence<A: Actor>(&mut self, shared: &Shared<A>, cx: &mut Context<'_>) -> Poll<Watched> {
        let Some((due_ns, silence)) = &mut self.silence else { return Poll::Pending };
        std::task::ready!(silence.as_mut().poll(cx));
        let late = Duration::from_nanos(seam::monotonic_ns().saturating_sub(*due_ns));
        let silent = shared.node.silent_for();
        let left = self.heartbeat.timeout.saturating_sub(silent);
        // Where it is this process that did not run for so long (it was stopped, or the whole machine was), what the other
        // one said meanwhile is not read yet, or it stood still as well.
        if left.is_zero() && late < self.heartbeat.interval() {
            self.silence = None;
            // Whatever it had been told before, this much longer and no more.
            self.grace = self.heartbeat.patience();
            self.stop = Some(Box::pin(seam::sleep(self.grace)));
            let for_ms = u64::try_from(silent.as_millis()).unwrap_or(u64::MAX);
            return Poll::Ready(Watched::Silent(for_ms));
        }
        self.silence = Some(alarm(if left.is_zero() { self.heartbeat.timeout } else { left }));
        Poll::Ready(Watched::Again)
    }
}
