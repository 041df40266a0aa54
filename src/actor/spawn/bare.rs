//! A process actor's end of the wire without the actor: for a process that has to keep to one thread.
//!
//! It speaks as `worker` does, so that the parent has an ordinary proxy. Whoever holds it asks for what has come and
//! waits by itself; there is no runtime, no mailbox and no thread for signs of life.

use std::io;
use std::pin::pin;
use std::process::exit;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde_core::Serialize;

use super::worker::{FAILED, read_hello};
use crate::actor::behavior::ProcessActor;
use crate::actor::crossing::{self, Broken, Down, Hello, Up};
use crate::actor::error::Part;
use crate::actor::exit::{Exit, Reason};
use crate::actor::panic;
use crate::actor::uplink::Uplink;
use crate::sys::boot::WorkerBoot;
use crate::sys::fork::{self, Ear};
use crate::sys::process::OwnedFd;
use crate::sys::seam;
use crate::sys::wire::{BlockingSender, FrameReader};

/// How long a parent may take to send the first frame: it has been started, and has it ready.
const GREETING: Duration = Duration::from_secs(30);

/// The wire.
pub(crate) struct Bare {
    frames: FrameReader<Ear>,
    link: Arc<Uplink>,
    commands: &'static [&'static str],
    taken: u64,
    sign_every_ns: u64,
    sign_due_ns: u64,
}

/// What has come.
pub(crate) enum Said {
    /// A command of this name, with the bytes of its arguments.
    Command(&'static str, Vec<u8>),
    /// The same, and the number of the request waits for an answer.
    Ask(&'static str, u64),
    /// The process is to end: the actor was told to stop, or nobody has a proxy of it any more.
    Stop,
    /// The parent is gone.
    Gone,
}

impl Bare {
    /// Hears what the parent has to say first; ends this process where that is not for this actor of this program.
    pub(crate) fn greet<A: ProcessActor>(boot: WorkerBoot) -> (Bare, A::Args, Vec<OwnedFd>) {
        panic::install();
        let WorkerBoot { socket, passed, .. } = boot;
        let link = BlockingSender::new(&socket).map(|sender| Arc::new(Uplink::new(sender)));
        let link = link.unwrap_or_else(|error| {
            eprintln!("rehearsal: this worker process could not begin: {error}");
            exit(FAILED)
        });
        let frames = FrameReader::new(Ear::new(socket));
        let mut bare =
            Bare { frames, link, commands: A::COMMANDS, taken: 0, sign_every_ns: 0, sign_due_ns: 0 };
        let (hello, args) = bare.hello::<A>().unwrap_or_else(|why| {
            // Where the parent is gone nobody hears it.
            let _ = bare.link.say(&Up::Refused { why });
            exit(FAILED)
        });
        bare.link.set_window(hello.window);
        bare.sign_every_ns = u64::try_from(hello.notify_every.as_nanos()).unwrap_or(u64::MAX);
        bare.sign_due_ns = seam::monotonic_ns().saturating_add(bare.sign_every_ns);
        (bare, args, passed)
    }

    fn hello<A: ProcessActor>(&mut self) -> Result<(Hello, A::Args), String> {
        let due_ns = seam::monotonic_ns() + GREETING.as_nanos() as u64;
        loop {
            if let Poll::Ready(frame) = look(&mut self.frames) {
                let frame = frame.ok_or("the parent ended before it had said anything")?;
                let (hello, args) = read_hello(frame)?;
                if hello.kind != A::KIND || hello.table != A::TABLE {
                    return Err(format!("the parent wants `{}`, this process has `{}`", hello.kind, A::KIND));
                }
                let args = crossing::read(args).map_err(|why| format!("the start arguments: {why}"))?;
                return Ok((hello, args));
            }
            let left_ns = due_ns.saturating_sub(seam::monotonic_ns());
            if left_ns == 0 {
                return Err(format!("the parent said nothing in {GREETING:?}"));
            }
            self.wait(None, Duration::from_nanos(left_ns));
        }
    }

    /// What has come since, without waiting.
    pub(crate) fn next(&mut self) -> Option<Said> {
        loop {
            let frame = match look(&mut self.frames) {
                Poll::Pending => return None,
                Poll::Ready(None) => return Some(Said::Gone),
                Poll::Ready(Some(frame)) => frame,
            };
            // Nonsense: there is nobody to work for.
            let Ok((header, body)) = crossing::split::<Down>(frame) else { return Some(Said::Gone) };
            match header {
                Down::Command { request, command } => {
                    let name = self.commands.get(command as usize).copied().unwrap_or_default();
                    let body = body.to_vec();
                    self.taken += 1;
                    self.link.has_come();
                    if request == 0 {
                        self.link.tell_taken();
                        return Some(Said::Command(name, body));
                    }
                    return Some(Said::Ask(name, request));
                }
                Down::Open { request, .. } | Down::Echo { request } => {
                    self.taken += 1;
                    self.link.has_come();
                    self.refuse(request);
                }
                Down::Ping { request } | Down::Info { request } => self.refuse(request),
                Down::Stop | Down::Kill | Down::Leave => return Some(Said::Stop),
                Down::GiveUp { .. } | Down::Stream { .. } | Down::Span { .. } => {}
            }
        }
    }

    /// Answers a command.
    pub(crate) fn answer<T: Serialize>(&self, request: u64, answer: &T) {
        // Where the parent is gone nobody waits.
        let _ = self.link.say_with(&Up::Answer { request }, answer);
    }

    /// Says of a command that nobody answers it here.
    pub(crate) fn refuse(&self, request: u64) {
        let why = "its process keeps to one thread and answers no questions".to_owned();
        let broken = Broken::Crossing { part: Part::Answer, why };
        // Where the parent is gone nobody waits.
        let _ = self.link.say(&Up::Broken { request, broken });
    }

    /// Says that the actor has started.
    pub(crate) fn started(&self) {
        let _ = self.link.say(&Up::Started);
    }

    /// Says why it has not, and ends this process.
    pub(crate) fn failed(&self, message: String) -> ! {
        let _ = self.link.say(&Up::Failed { message });
        exit(FAILED)
    }

    /// Tells the parent an event; false where it cannot be told.
    pub(crate) fn event<E: Serialize>(&self, event: &E) -> bool {
        self.link.say_with(&Up::Event, event).is_ok()
    }

    /// What tells the parent events, from any thread.
    pub(crate) fn teller<E: Serialize>(&self) -> impl Fn(&E) + Send + Sync + 'static {
        let link = Arc::clone(&self.link);
        move |event| {
            // Where the parent is gone so is this process, in a moment.
            let _ = link.say_with(&Up::Event, event);
        }
    }

    /// Waits until something has come or the fork has ended, for so long at most, and gives a sign of life when it is
    /// time for one.
    pub(crate) fn wait(&mut self, forked: Option<&fork::Forked>, within: Duration) {
        self.wait_with(within, |ear, within| fork::wait(ear, forked, within));
    }

    /// The same, until the bell has rung.
    pub(crate) fn wait_for_bell(&mut self, bell: &fork::Bell, within: Duration) {
        self.wait_with(within, |ear, within| fork::wait_for_bell(ear, bell, within));
    }

    fn wait_with(&mut self, within: Duration, wait: impl FnOnce(&Ear, Duration) -> io::Result<()>) {
        let now_ns = seam::monotonic_ns();
        if now_ns >= self.sign_due_ns && self.sign_every_ns > 0 {
            self.sign_due_ns = now_ns.saturating_add(self.sign_every_ns);
            let _ = self.link.say(&Up::Notify);
        }
        let until_sign = Duration::from_nanos(self.sign_due_ns.saturating_sub(now_ns));
        let within = if self.sign_every_ns > 0 { within.min(until_sign) } else { within };
        if let Err(error) = wait(self.frames.get_ref(), within) {
            // Without it this process would spin; its death says why.
            eprintln!("rehearsal: this worker process cannot wait for its parent: {error}");
            exit(FAILED)
        }
    }

    /// In a fork: closes the wire, which is its parent's.
    pub(crate) fn let_go(self) {
        drop((self.frames.into_stream(), self.link));
    }

    /// Says that the actor has stopped as it was told to, and ends this process.
    pub(crate) fn stop(self) -> ! {
        let _ = self.link.say(&Up::Ended { exit: Exit::new(Reason::Stopped), taken: self.taken });
        exit(0)
    }
}

/// The next frame if it has come; `None` in it where the parent is gone or talks nonsense.
fn look(frames: &mut FrameReader<Ear>) -> Poll<Option<&[u8]>> {
    match pin!(frames.next()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Pending => Poll::Pending,
        Poll::Ready(frame) => Poll::Ready(frame.ok().flatten()),
    }
}
