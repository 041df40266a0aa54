//! An actor as a process of its own: the parent's end.
//!
//! A bridge takes the place of the actor's loop: it drains the mailbox and writes the messages to the worker's socket
//! (`bridge`), reads answers and events from it, and watches the process. Writing and reading never
//! wait for one another. However the process ends, all that it had written is read before the actor has ended.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::bridge::{Line, Reader, Unsettled, Writer, Written};
use crate::actor::behavior::Actor;
use crate::actor::context::Callback;
use crate::actor::crossing::{self, Crossing, Hello};
use crate::actor::error::SpawnError;
use crate::actor::exit::{Exit, Reason};
use crate::actor::node::{Finisher, Shared};
use crate::actor::panic;
use crate::actor::state::State;
use crate::sys::process::{Child, ExitStatus, SpawnOptions, spawn_self};
use crate::sys::{anchor, boot, seam};

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
    pub(super) silence: Duration,
    pub(super) on_event: Option<Callback<A::Event>>,
    pub(super) ready: oneshot::Sender<Result<(), SpawnError>>,
}

pub(super) fn place<A: Actor>(order: Order<A>) -> Result<(), SpawnError> {
    let Order { shared, args, crossing, mut options, silence, on_event, ready } = order;
    let actor = shared.node.name.clone();
    if !boot::is_bootstrapped() {
        return Err(SpawnError::NoBootstrap { actor });
    }
    if Handle::try_current().is_err() {
        return Err(SpawnError::NoRuntime { actor });
    }
    let hello = Hello {
        version: crossing::VERSION,
        program: anchor::program(),
        entry: crossing.offset(),
        kind: A::KIND.to_owned(),
        table: A::TABLE,
        id: actor.id,
        name: actor.name.as_deref().map(str::to_owned),
        window: shared.mailbox.capacity(),
        notify_every: notify_every(silence),
        listens: on_event.is_some(),
    };
    let frame =
        (crossing.hello)(&hello, &args).map_err(|why| SpawnError::Crossing { actor: actor.clone(), why })?;
    if options.title.is_empty() {
        options.title = actor.name();
    }
    let failed = |source| SpawnError::Process { actor: actor.clone(), source };
    let child = spawn_self(options).map_err(failed)?;
    let (from, to) = child.socket().map_err(failed)?.into_split();
    shared.node.set_process(child.pid);
    shared.node.begin();
    shared.node.notify();
    shared.node.state.advance(State::Starting);

    let line = Arc::new(Line::new(ready));
    let writer = Writer::new(shared.clone(), line.clone(), crossing.pack, to, frame);
    let reader = Reader::new(shared.clone(), line.clone(), crossing.event, on_event, from);
    drop(seam::spawn(oversee(shared, line, child, writer, reader, silence)));
    Ok(())
}

/// The seeds' rule: three signs of life in the time after which silence counts, and not less than one in 30 s.
fn notify_every(silence: Duration) -> Duration {
    (silence * 3 / 10).clamp(Duration::from_millis(10), Duration::from_secs(30))
}

/// Runs writer, reader and watches side by side until all that the process wrote is read and the process is gone.
async fn oversee<A: Actor>(
    shared: Arc<Shared<A>>,
    line: Arc<Line>,
    child: Child,
    mut writer: Writer<A>,
    reader: Reader<A>,
    silence: Duration,
) {
    panic::install();
    // Dropped last: on a runtime that is shut down the actor has ended when its process is on its way out.
    let finisher = Finisher(shared.clone());
    let child = Arc::new(child);
    let mut verdict = Verdict::default();
    {
        let mut writing = Some(Box::pin(writer.run()));
        let mut reading = pin!(reader.run());
        let mut watch = Watch::new(&child, silence);
        let ended = poll_fn(|cx| {
            if let Some(future) = &mut writing
                && let Poll::Ready(written) = future.as_mut().poll(cx)
            {
                writing = None;
                if let Written::Killed = written {
                    child.kill_group();
                }
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
                        child.kill_group();
                    }
                    Poll::Ready(Watched::Overdue) => {
                        verdict.overdue = true;
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
    let Unsettled { ended, ready, waiting } = line.close();
    shared.finish(verdict.exit(status, ended).leaving(writer.left()));
    // Dropped after the actor has ended, so that each caller learns at once how.
    drop((ready, waiting));
    drop(finisher);
}

/// What is known about the end beside the process's own status.
#[derive(Debug, Default)]
struct Verdict {
    silent_ms: Option<u64>,
    /// It did not stop in time.
    overdue: bool,
    /// What came was no frame.
    garbage: Option<String>,
    /// It ran on without its socket.
    lingered: bool,
}

impl Verdict {
    fn exit(self, status: ExitStatus, ended: Option<Exit>) -> Exit {
        if let Some(for_ms) = self.silent_ms {
            return Exit::new(Reason::Silent { for_ms });
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
            ExitStatus::Signaled(signal) if self.overdue => {
                let why = format!("it had not stopped within {STOP_GRACE:?}");
                Exit::because(Reason::Killed { signal: Some(signal) }, why)
            }
            ExitStatus::Signaled(signal) => Exit::new(Reason::Killed { signal: Some(signal) }),
            ExitStatus::Exited(code) => Exit::new(Reason::Exited { code }),
            ExitStatus::Lost => Exit::because(Reason::Unreachable, status.to_string()),
        }
    }
}

type Timer = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What can happen to a process while its socket is quiet.
struct Watch {
    /// Resolves when the process has ended.
    gone: Option<Timer>,
    /// Armed once it has.
    quiet: Option<(u64, Timer)>,
    /// Armed once it was told to stop.
    stop: Option<Timer>,
    overdue: bool,
    silence: Option<Timer>,
    silence_limit: Duration,
}

enum Watched {
    /// Something was armed; look again.
    Again,
    Quiet,
    Overdue,
    Silent(u64),
}

impl Watch {
    fn new(child: &Arc<Child>, silence_limit: Duration) -> Watch {
        let child = child.clone();
        let gone: Timer = Box::pin(async move {
            child.wait().await;
        });
        let silence: Timer = Box::pin(seam::sleep(silence_limit));
        Watch {
            gone: Some(gone),
            quiet: None,
            stop: None,
            overdue: false,
            silence: Some(silence),
            silence_limit,
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
        if line.was_told_to_stop() && !self.overdue && self.gone.is_some() {
            let stop = self.stop.get_or_insert_with(|| Box::pin(seam::sleep(STOP_GRACE)));
            if stop.as_mut().poll(cx).is_ready() {
                self.overdue = true;
                return Poll::Ready(Watched::Overdue);
            }
        }
        self.poll_silence(shared, cx)
    }

    fn poll_silence<A: Actor>(&mut self, shared: &Shared<A>, cx: &mut Context<'_>) -> Poll<Watched> {
        let Some(silence) = &mut self.silence else { return Poll::Pending };
        std::task::ready!(silence.as_mut().poll(cx));
        let silent = shared.node.silent_for();
        if silent >= self.silence_limit {
            self.silence = None;
            let for_ms = u64::try_from(silent.as_millis()).unwrap_or(u64::MAX);
            return Poll::Ready(Watched::Silent(for_ms));
        }
        self.silence = Some(Box::pin(seam::sleep(self.silence_limit - silent)));
        Poll::Ready(Watched::Again)
    }
}
