//! The worker's half of what goes between a process actor and its parent.
//!
//! What goes up is written by the thread that has it to say, and is with the kernel when the call returns: what an
//! actor said before it died is heard. Answers alone may wait a moment for those of the messages behind (`outgoing`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

use super::crossing::{self, Broken, Up};
use super::error::{Cause, Part};
use super::letter;
use super::open::{self, OpenCall, OpenCommand};
use super::outgoing::Outgoing;
use super::overview::ActorInfo;
#[cfg(feature = "reach")]
use super::reach::Outbox;
use super::reply::{RemoteReply, Reply};
use crate::sys::process::Lookout;
use crate::sys::wire::{BlockingSender, WireError};

/// The way to the parent, shared by everything in the worker that has something to say.
pub(crate) struct Uplink {
    outgoing: Outgoing,
    is_lane: bool,
    /// Messages that have come and were not dealt with, the one in progress included.
    open: AtomicUsize,
    /// Messages that have come, questions not counted.
    come: AtomicU64,
    /// Tells taken and not reported yet.
    taken: AtomicUsize,
    /// How many of them make a report.
    report_at: AtomicUsize,
    /// Told of each answer behind which nothing waits.
    lookout: Arc<Lookout>,
}

impl Uplink {
    pub(crate) fn new(sender: BlockingSender) -> Uplink {
        Uplink::over(Outgoing::new(sender))
    }

    fn over(outgoing: Outgoing) -> Uplink {
        Uplink {
            outgoing,
            is_lane: false,
            open: AtomicUsize::new(0),
            come: AtomicU64::new(0),
            taken: AtomicUsize::new(0),
            report_at: AtomicUsize::new(1),
            lookout: Lookout::new(),
        }
    }

    /// The way to somebody in another process who looked the actor up. Nobody waits for it to be written.
    #[cfg(feature = "reach")]
    pub(crate) fn of_lane(outbox: Arc<Outbox>) -> Uplink {
        let mut link = Uplink::over(Outgoing::of_lane(outbox));
        link.is_lane = true;
        link
    }

    /// Whether it leads to somebody else than the parent.
    pub(crate) fn is_lane(&self) -> bool {
        self.is_lane
    }

    /// What says when to look out for the next message.
    pub(crate) fn lookout(&self) -> Arc<Lookout> {
        self.lookout.clone()
    }

    /// How many messages the parent lets be under way: half of them make a report of what was taken.
    pub(crate) fn set_window(&self, window: usize) {
        self.report_at.store((window / 2).max(1), Ordering::Relaxed);
    }

    /// Notes that a message has come.
    pub(crate) fn has_come(&self) {
        self.come.fetch_add(1, Ordering::Relaxed);
    }

    /// Writes what was answered and waits for company: there is nothing to do.
    pub(crate) fn rest(&self) {
        self.outgoing.flush();
        self.lookout.rest();
    }

    /// Gives a sign of life every so often until [`Uplink::end_signs`], and says how its actors are when that has changed.
    pub(crate) fn give_signs(&self, every: Duration, look: impl Fn() -> Vec<ActorInfo>) {
        let mut told = Vec::new();
        self.outgoing.watch(every, &mut |frames| {
            let actors = look();
            if actors != told {
                told.clone_from(&actors);
                // Names of theirs may be too long for a frame; the parent goes without then.
                let _ = crossing::write(frames, &(&Up::Actors { actors }, ()));
            }
            crossing::write(frames, &(&Up::Notify, ())).expect("a header of a few bytes can be written");
        });
    }

    pub(crate) fn end_signs(&self) {
        self.outgoing.end_watch();
    }

    /// Writes a header without a value. It is with the kernel when this returns.
    pub(crate) fn say(&self, header: &Up) -> Result<(), String> {
        self.say_with(header, &())
    }

    /// Writes a header and the value it announces. It is with the kernel when this returns.
    pub(crate) fn say_with<T: Serialize>(&self, header: &Up, value: &T) -> Result<(), String> {
        let mut frame = self.outgoing.scratch();
        crossing::write(&mut frame, &(header, value))?;
        self.outgoing.put(frame, false).map_err(|error| error.to_string())
    }

    /// The frame of a header and the value it announces, to be [`put`](Uplink::put).
    #[cfg(feature = "stream")]
    pub(crate) fn frame<T: Serialize>(&self, header: &Up, value: &T) -> Result<Vec<u8>, String> {
        let mut frame = self.outgoing.scratch();
        crossing::write(&mut frame, &(header, value))?;
        Ok(frame)
    }

    /// Writes a frame, at once or in company, behind all that was said before.
    #[cfg(feature = "stream")]
    pub(crate) fn put(&self, frame: Vec<u8>) -> Result<(), WireError> {
        self.outgoing.put(frame, true)
    }

    /// Whether more has come behind the message in progress: then its answer may wait for theirs.
    fn is_more_behind(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 1
    }

    fn answer<T: Serialize>(&self, request: u64, answer: &T) {
        let mut frame = self.outgoing.scratch();
        match crossing::write(&mut frame, &(Up::Answer { request }, answer)) {
            Ok(()) => {
                let is_more_behind = self.is_more_behind();
                // A parent that is gone waits for nothing; the reader sees that it is.
                drop(self.outgoing.put(frame, is_more_behind));
                if !is_more_behind {
                    self.lookout.expect();
                }
            }
            Err(why) => self.broken(request, Broken::Crossing { part: Part::Answer, why }),
        }
    }

    fn broken(&self, request: u64, broken: Broken) {
        let _ = self.say(&Up::Broken { request, broken });
    }

    /// Counts a tell as taken, and reports them when there are enough.
    pub(crate) fn tell_taken(&self) {
        if self.taken.fetch_add(1, Ordering::AcqRel) + 1 >= self.report_at.load(Ordering::Relaxed) {
            let tells = self.taken.swap(0, Ordering::AcqRel);
            let _ = self.say(&Up::Taken { tells });
        }
    }
}

/// One message that has come from the parent, with the way its answer goes.
pub struct Inbound<'a> {
    pub(crate) link: &'a Arc<Uplink>,
    pub(crate) request: u64,
    pub(crate) body: &'a [u8],
}

impl Inbound<'_> {
    /// The arguments.
    ///
    /// # Errors
    /// Where the bytes are something else.
    pub fn args<T: DeserializeOwned>(&self) -> Result<T, WireError> {
        crate::sys::wire::decode(self.body)
    }

    /// Where the answer goes.
    pub fn reply<T: Serialize + Send + 'static>(&self) -> Reply<T> {
        self.link.open.fetch_add(1, Ordering::Relaxed);
        Reply::remote(Box::new(Homeward { link: self.link.clone(), request: self.request }))
    }

    /// Tells the caller that the message could not be read.
    pub(crate) fn refuse(&self, why: String) {
        if self.request == 0 {
            eprintln!("rehearsal: a message told to this process was lost: its arguments: {why}");
            let number = self.link.come.load(Ordering::Relaxed).saturating_sub(1);
            let _ = self.link.say(&Up::Unread { number });
            self.link.tell_taken();
        } else {
            self.link.broken(self.request, Broken::Crossing { part: Part::Arguments, why });
        }
    }
}

/// A reply whose caller is in the parent process. A tell has request 0 and counts as taken when it has been dealt with,
/// not when it is dropped with a mailbox that nobody will empty: the parent would take that for room, send more, and
/// forget the name of what was lost.
struct Homeward {
    link: Arc<Uplink>,
    request: u64,
}

impl<T: Serialize + Send> RemoteReply<T> for Homeward {
    fn send(self: Box<Self>, answer: T) {
        if self.request != 0 {
            self.link.answer(self.request, &answer);
        }
    }

    fn fail(self: Box<Self>, cause: Cause) {
        let broken = match cause {
            Cause::Panicked(note) => Broken::Panicked(note),
            Cause::Full { capacity } => Broken::Full { capacity },
            other => Broken::Crossing { part: Part::Answer, why: other.to_string() },
        };
        if self.request != 0 {
            self.link.broken(self.request, broken);
        }
    }
}

impl Drop for Homeward {
    fn drop(&mut self) {
        self.link.open.fetch_sub(1, Ordering::Relaxed);
        // The mailbox behind a lane goes on after it has dropped a message.
        if self.request == 0 && (self.link.is_lane() || !letter::is_burying()) {
            self.link.tell_taken();
        }
    }
}

/// An open command that has come from the parent; the function it names reads it.
pub(crate) struct OpenRequest {
    link: Arc<Uplink>,
    request: u64,
    body: Vec<u8>,
    /// What was read, or why it could not be.
    pub(crate) read: Option<Box<dyn OpenCall>>,
}

impl OpenRequest {
    pub(crate) fn new(inbound: &Inbound<'_>) -> OpenRequest {
        let (link, request) = (inbound.link.clone(), inbound.request);
        OpenRequest { link, request, body: inbound.body.to_vec(), read: None }
    }

    pub(crate) fn read<C: OpenCommand>(&mut self) {
        let inbound = Inbound { link: &self.link, request: self.request, body: &self.body };
        match crossing::read::<C::Args>(&self.body) {
            Ok(args) => self.read = Some(open::returned::<C>(args, inbound.reply())),
            Err(why) => inbound.refuse(why),
        }
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests;
