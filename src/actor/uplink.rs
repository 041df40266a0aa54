//! The worker's half of what goes between a process actor and its parent.
//!
//! Everything that goes up is written by the thread that has it to say, and is with the kernel when the call returns:
//! what an actor said before it died is heard.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

use super::crossing::{self, Broken, Up};
use super::error::{Cause, Part};
use super::open::{self, OpenCall, OpenCommand};
use super::reply::{RemoteReply, Reply};
use crate::sys::wire::{BlockingSender, WireError};

/// How long a parent may take no byte before it is given up: long, because one that is suspended (Ctrl-Z, a debugger)
/// is not gone. Where it is gone the socket says so at once.
const STALLED: Duration = Duration::from_secs(3600);

/// Exit code of a worker whose parent hangs.
const GIVEN_UP: i32 = 101;

/// The way to the parent, shared by everything in the worker that has something to say.
pub(crate) struct Uplink {
    sender: BlockingSender,
    /// Tells taken and not reported yet.
    taken: AtomicUsize,
    /// How many of them make a report.
    report_at: usize,
}

impl Uplink {
    pub(crate) fn new(sender: BlockingSender, window: usize) -> Uplink {
        Uplink { sender, taken: AtomicUsize::new(0), report_at: (window / 2).max(1) }
    }

    /// Writes a header without a value.
    pub(crate) fn say(&self, header: &Up) -> Result<(), String> {
        self.say_with(header, &())
    }

    /// Writes a header and the value it announces.
    pub(crate) fn say_with<T: Serialize>(&self, header: &Up, value: &T) -> Result<(), String> {
        let mut frame = Vec::with_capacity(64);
        crossing::write(&mut frame, &(header, value))?;
        self.put(&frame).map_err(|error| error.to_string())
    }

    fn put(&self, frame: &[u8]) -> Result<(), WireError> {
        let sent = self.sender.send(frame, STALLED);
        if let Err(error @ WireError::Stalled { .. }) = &sent {
            // Part of a frame is on the wire and nothing can follow it: nobody will hear of this actor again.
            eprintln!("rehearsal: this worker process ends, its parent hangs: {error}");
            std::process::exit(GIVEN_UP);
        }
        sent
    }

    fn answer<T: Serialize>(&self, request: u64, answer: &T) {
        let mut frame = Vec::with_capacity(64);
        match crossing::write(&mut frame, &(Up::Answer { request }, answer)) {
            // A parent that is gone waits for nothing; the reader sees that it is.
            Ok(()) => drop(self.put(&frame)),
            Err(why) => self.broken(request, Broken::Crossing { part: Part::Answer, why }),
        }
    }

    fn broken(&self, request: u64, broken: Broken) {
        let _ = self.say(&Up::Broken { request, broken });
    }

    fn tell_taken(&self) {
        if self.taken.fetch_add(1, Ordering::AcqRel) + 1 >= self.report_at {
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
        Reply::remote(Box::new(Homeward { link: self.link.clone(), request: self.request }))
    }

    /// Tells the caller that the message could not be read.
    pub(crate) fn refuse(&self, why: String) {
        if self.request == 0 {
            eprintln!("rehearsal: a message told to this process was lost: its arguments: {why}");
            self.link.tell_taken();
        } else {
            self.link.broken(self.request, Broken::Crossing { part: Part::Arguments, why });
        }
    }
}

/// A reply whose caller is in the parent process. A tell has request 0 and is counted when it has been dealt with.
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
        if self.request == 0 {
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
