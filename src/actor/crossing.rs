//! What goes between a process actor and its parent, and the parent's half of it.
//!
//! A frame is a header and, behind it, the value the header announces. The parent numbers its asks; the books keep who
//! waits for which number. Tells are counted, so that no more messages are under way than the mailbox may hold: what
//! the worker has taken it reports.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
#[cfg(feature = "stream")]
use std::sync::Arc;
use std::time::Duration;

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

use super::behavior::Actor;
use super::error::{Cause, Part};
use super::exit::Exit;
use super::ledger::Ledger;
use super::letter::{self, Undelivered};
#[cfg(feature = "stream")]
use super::node::AnyActor;
use super::overview::ActorInfo;
use super::panic::{self, PanicNote};
use super::reply::Reply;
use super::span::Handled;
use crate::sys::anchor::{self, Entry};
use crate::sys::seam;
use crate::sys::wire::{self, WireError, wired};

pub use super::uplink::Inbound;

/// Changes whenever the frames do.
pub(crate) const VERSION: u32 = 2;

/// The first frame, before the start arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hello {
    /// First, so that it can be read whatever the rest has become.
    pub(crate) version: u32,
    pub(crate) program: u64,
    pub(crate) entry: i64,
    pub(crate) kind: String,
    pub(crate) table: u64,
    pub(crate) id: u64,
    pub(crate) name: Option<String>,
    /// Messages that may wait in the worker.
    pub(crate) window: usize,
    /// How often to give a sign of life.
    pub(crate) notify_every: Duration,
    /// Whether the parent wants events.
    pub(crate) listens: bool,
    /// Whether its mailbox is kept in sight.
    pub(crate) in_sight: bool,
    /// Where names are looked up that are not in the process, where that can be done.
    pub(crate) door: Option<Door>,
}

/// What a process has to know to look up actors of its parent, and to be found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Door {
    pub(crate) nonce: u64,
    /// The realm of the parent that the actor belongs to.
    pub(crate) realm: u64,
}

wired! { struct Door { nonce, realm } }

wired! { struct Hello { version, program, entry, kind, table, id, name, window, notify_every, listens, in_sight, door } }

/// Parent to worker. The value of a command (its arguments) follows it.
#[derive(Debug)]
pub(crate) enum Down {
    Command {
        request: u64,
        command: u32,
    },
    Open {
        request: u64,
        entry: i64,
    },
    Echo {
        request: u64,
    },
    Ping {
        request: u64,
    },
    Info {
        request: u64,
    },
    /// The call of a job with this ticket was given up.
    GiveUp {
        ticket: u64,
    },
    /// What the consumer of a stream says to its producer follows.
    Stream {
        number: u64,
    },
    /// The next message was called in the span of this number.
    Span {
        ask: u64,
    },
    Stop,
    /// End at once; said over a lane alone, whose other end has the process to itself or not.
    Kill,
    /// The last proxy is gone: answer what has come and end.
    Leave,
}

wired! {
    enum Down {
        Command { request, command }, Open { request, entry }, Echo { request }, Ping { request },
        Info { request }, GiveUp { ticket }, Stream { number }, Span { ask }, Stop, Kill, Leave
    }
}

/// Worker to parent. The value of an answer or event follows it.
#[derive(Debug)]
pub(crate) enum Up {
    /// The handshake does not fit.
    Refused { why: String },
    /// The actor has started.
    Started,
    /// Its `#[start]` returned this error.
    Failed { message: String },
    /// The answer of an ask follows.
    Answer { request: u64 },
    /// There is none.
    Broken { request: u64, broken: Broken },
    /// An event follows.
    Event,
    /// What the producer of a stream says to its consumer follows.
    Stream { number: u64 },
    /// A sign of life.
    Notify,
    /// How the actor is, and behind it those that were spawned in its process.
    Actors { actors: Vec<ActorInfo> },
    /// So many tells have been taken since the last report.
    Taken { tells: usize },
    /// The tell of this number, counted from 0 over all messages but questions, could not be read.
    Unread { number: u64 },
    /// The actor's loop has ended, and had taken so many messages of those it could read; the process is about to.
    Ended { exit: Exit, taken: u64 },
}

wired! {
    enum Up {
        Refused { why }, Started, Failed { message }, Answer { request }, Broken { request, broken }, Event,
        Stream { number }, Notify, Actors { actors }, Taken { tells }, Unread { number }, Ended { exit, taken }
    }
}

/// Why the worker has no answer, as it crosses.
#[derive(Debug)]
pub(crate) enum Broken {
    Panicked(PanicNote),
    Crossing { part: Part, why: String },
    Full { capacity: usize },
}

wired! { enum Broken { Panicked(note), Crossing { part, why }, Full { capacity } } }

impl From<Broken> for Cause {
    fn from(broken: Broken) -> Cause {
        match broken {
            Broken::Panicked(note) => Cause::Panicked(note),
            Broken::Crossing { part, why } => Cause::Crossing { part, why },
            Broken::Full { capacity } => Cause::Full { capacity },
        }
    }
}

/// Runs code that reads what came; one that panics is an error like others.
pub(crate) fn guarded<T>(reading: impl FnOnce() -> Result<T, WireError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(reading)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string()),
        Err(payload) => Err(format!("reading it panicked {}", panic::caught(&*payload))),
    }
}

/// Reads a value.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    guarded(|| wire::decode(bytes))
}

/// Writes a frame at the end of `buffer`; a `Serialize` that panics is an error like others.
pub(crate) fn write<T: Serialize>(buffer: &mut Vec<u8>, frame: &T) -> Result<(), String> {
    let before = buffer.len();
    match catch_unwind(AssertUnwindSafe(|| wire::encode_onto(buffer, frame))) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(payload) => {
            buffer.truncate(before);
            Err(format!("writing it panicked {}", panic::caught(&*payload)))
        }
    }
}

/// Gives an answer, or why there is none, to who waits for it.
pub(crate) type Waiter = Box<dyn FnOnce(Result<&[u8], Cause>) + Send>;

/// Who waits for which answer, and how many tells are under way.
#[derive(Default)]
pub(crate) struct Books {
    /// Number of the first entry of `waiting`; requests count from 1, because 0 is a tell.
    first: u64,
    waiting: VecDeque<Option<Waiter>>,
    asks: usize,
    tells: usize,
    sent: Ledger,
    /// Whose process it is: what streams from it belong to.
    #[cfg(feature = "stream")]
    dock: Option<Arc<dyn AnyActor>>,
}

impl Books {
    /// Says whose process it is.
    #[cfg(feature = "stream")]
    pub(crate) fn set_dock(&mut self, actor: Arc<dyn AnyActor>) {
        self.dock = Some(actor);
    }

    #[cfg(feature = "stream")]
    pub(crate) fn dock(&self) -> Option<Arc<dyn AnyActor>> {
        self.dock.clone()
    }

    /// Messages that the worker has not taken yet, as far as is known.
    pub(crate) fn under_way(&self) -> usize {
        self.asks + self.tells
    }

    /// Whether one answer is waited for, and no other.
    pub(crate) fn is_one_awaited(&self) -> bool {
        self.asks == 1
    }

    /// Messages that must be waiting in the worker: it has one in hand, and reports tells by the half window.
    pub(crate) fn waiting_there(&self, window: usize) -> usize {
        self.asks.saturating_sub(1) + self.tells.saturating_sub((window / 2).max(1))
    }

    /// The tell of this number could not be read; its name.
    pub(crate) fn strike(&mut self, number: u64) -> Option<&'static str> {
        self.sent.strike(number)
    }

    /// The ask of this request could not be read.
    pub(crate) fn strike_request(&mut self, request: u64) {
        self.sent.strike_request(request);
    }

    /// What a worker left that took so many messages, or that did not say how many.
    pub(crate) fn left(&self, taken: Option<u64>) -> Vec<&'static str> {
        taken.map_or_else(|| self.sent.unaccounted(), |taken| self.sent.left(taken))
    }

    /// Whether anybody waits for an answer.
    #[cfg(feature = "reach")]
    pub(crate) fn is_awaited(&self) -> bool {
        self.asks > 0
    }

    /// Tells that the worker has not reported as taken.
    pub(crate) fn tells(&self) -> usize {
        self.tells
    }

    /// Tells all who wait that the worker ended so.
    pub(crate) fn fail(self, exit: &Exit) {
        self.waiting.into_iter().flatten().for_each(|waiter| waiter(Err(Cause::Dead(exit.clone()))));
    }

    pub(crate) fn taken(&mut self, tells: usize) {
        self.tells = self.tells.saturating_sub(tells);
        self.sent.taken(tells);
    }

    /// The number the next ask gets.
    fn next_request(&self) -> u64 {
        self.first + self.waiting.len() as u64 + 1
    }

    fn enter(&mut self, waiter: Waiter) {
        self.asks += 1;
        self.waiting.push_back(Some(waiter));
    }

    /// Takes out who waits for the answer of this request.
    pub(crate) fn take(&mut self, request: u64) -> Option<Waiter> {
        let at = usize::try_from(request.checked_sub(self.first + 1)?).ok()?;
        let waiter = self.waiting.get_mut(at)?.take()?;
        self.asks -= 1;
        self.sent.answered(request);
        while let Some(None) = self.waiting.front() {
            self.waiting.pop_front();
            self.first += 1;
        }
        Some(waiter)
    }
}

/// Where a message is written on its way to a worker.
pub struct Outbound<'a> {
    pub(crate) buffer: &'a mut Vec<u8>,
    pub(crate) books: &'a mut Books,
    /// How the actor is called, for what cannot be told to a caller.
    pub(crate) actor: &'a super::info::ActorName,
    /// That of the message, until it is answered.
    pub(crate) span: Handled,
}

impl Outbound<'_> {
    /// Writes the command of this number, with its arguments.
    pub fn command<T, R>(self, command: u32, name: &'static str, args: &T, reply: Reply<R>)
    where
        T: Serialize,
        R: DeserializeOwned + Send + 'static,
    {
        self.message(name, |request| Down::Command { request, command }, args, reply);
    }

    pub(crate) fn open<T, R>(self, name: &'static str, entry: i64, args: &T, reply: Reply<R>)
    where
        T: Serialize,
        R: DeserializeOwned + Send + 'static,
    {
        self.message(name, |request| Down::Open { request, entry }, args, reply);
    }

    pub(crate) fn message<T, R>(
        self,
        name: &'static str,
        header: impl FnOnce(u64) -> Down,
        args: &T,
        reply: Reply<R>,
    ) where
        T: Serialize,
        R: DeserializeOwned + Send + 'static,
    {
        let request = if reply.is_wanted() { self.books.next_request() } else { 0 };
        let header = header(request);
        let is_question = matches!(header, Down::Ping { .. } | Down::Info { .. });
        let (span, before) = (self.span, self.buffer.len());
        if span.ask() != 0 {
            let header = Down::Span { ask: span.ask() };
            write(self.buffer, &(header, ())).expect("a header of a few bytes can be written");
        }
        let written = write(self.buffer, &(header, args));
        if written.is_err() || (!is_question && seam::fault(seam::LOST_MESSAGE)) {
            self.buffer.truncate(before);
        }
        match written {
            Ok(()) => {
                if request == 0 {
                    self.books.tells += 1;
                } else {
                    self.books.enter(Box::new(move |outcome| {
                        match outcome {
                            Err(cause) => reply.fail(cause),
                            Ok(bytes) => match read(bytes) {
                                Ok(answer) => reply.send(answer),
                                Err(why) => reply.fail(Cause::Crossing { part: Part::Answer, why }),
                            },
                        }
                        span.close();
                    }));
                }
                match (is_question, request) {
                    (false, _) => self.books.sent.enter(name, request),
                    (true, 0) => self.books.sent.leave_out(),
                    (true, _) => {}
                }
            }
            Err(why) if request == 0 => {
                letter::post_named(self.actor, name, Undelivered::Crossing);
                // Nobody waits who could be told; lost without a word it must not be.
                eprintln!("rehearsal: `{name}` told to {} was lost: its arguments: {why}", self.actor);
            }
            Err(why) => reply.fail(Cause::Crossing { part: Part::Arguments, why }),
        }
    }
}

/// How messages, arguments and events of one actor type cross: what `.process()` notes down, where the compiler has
/// checked that they can.
pub(crate) struct Crossing<A: Actor> {
    pub(crate) pack: fn(A::Message, Outbound<'_>),
    pub(crate) hello: fn(&Hello, &A::Args) -> Result<Vec<u8>, String>,
    pub(crate) event: fn(&[u8]) -> Result<A::Event, String>,
    /// What the worker calls first.
    pub(crate) entry: Entry,
}

impl<A: super::behavior::ProcessActor> Crossing<A> {
    pub(crate) fn of() -> Crossing<A> {
        Crossing {
            pack: A::pack,
            hello: |hello, args| {
                let mut frame = Vec::new();
                write(&mut frame, &(hello, args)).map(|()| frame)
            },
            event: read::<A::Event>,
            entry: super::spawn::worker::serve_actor::<A>,
        }
    }
}

impl<A: Actor> Crossing<A> {
    /// The place of the worker's entry in this program.
    pub(crate) fn offset(&self) -> i64 {
        anchor::offset_of(self.entry)
    }
}

/// What `Up::Event` begins with on the wire.
const EVENT: u8 = 5;

/// The bytes of the event that a frame of a worker is, if it is one: nearly all are of an actor that has much to say, and
/// reading the header of each as the value that it is costs more than all else of it.
pub(crate) fn event(body: &[u8]) -> Option<&[u8]> {
    match body {
        [EVENT, value @ ..] => Some(value),
        _ => None,
    }
}

/// Splits a frame into its header and the bytes of the value behind it.
pub(crate) fn split<H: DeserializeOwned>(body: &[u8]) -> Result<(H, &[u8]), WireError> {
    wire::take(body)
}

#[cfg(all(test, feature = "harness"))]
mod tests;
