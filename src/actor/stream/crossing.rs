//! How a command answers with a stream: what becomes of the stream where its actor runs, and how the answer takes it to
//! the parent of a process actor.
//!
//! The answer carries a number and a bound. Behind it come the items, each a frame of its own with that number; the
//! parent says how many were taken, or that nobody reads any more. A frame whose stream is over is passed over.

use std::sync::Arc;

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

use super::channel::{AnyChannel, Channel, Home};
use super::streaming::Streaming;
use super::word::{Order, Said};
use crate::actor::behavior::Wire;
use crate::actor::context::{Any, Context};
use crate::actor::crossing::{self, Down, Inbound, Outbound, Up};
use crate::actor::error::{Cause, Part};
use crate::actor::node::{AnyActor, Node};
use crate::actor::reply::{RemoteReply, Reply};
use crate::actor::uplink::Uplink;

/// What a command answers with that answers with a stream.
#[diagnostic::on_unimplemented(
    message = "a command that answers with a stream returns `Streaming<T>` or `Result<Streaming<T>, E>`, not `{Self}`",
    label = "not what a command can answer with",
    note = "several streams are several commands; what belongs to a stream can be its first item"
)]
pub trait Streamed: Sized + Send + 'static {
    /// Makes it a stream of the actor whose command answers with it.
    fn begin(self, cx: &Context<Any>, command: &'static str) -> Self;
}

impl<T: Send + 'static> Streamed for Streaming<T> {
    fn begin(self, cx: &Context<Any>, command: &'static str) -> Streaming<T> {
        self.begun(cx, command)
    }
}

impl<T: Send + 'static, E: Send + 'static> Streamed for Result<Streaming<T>, E> {
    fn begin(self, cx: &Context<Any>, command: &'static str) -> Result<Streaming<T>, E> {
        self.map(|streaming| streaming.begun(cx, command))
    }
}

/// What such a command answers with where the answer can go to another process.
pub trait StreamedApart: Streamed {
    /// The answer on the wire.
    #[doc(hidden)]
    type Ticket: Serialize + DeserializeOwned + Send + 'static;

    /// Whether there is a stream in it; a command's own error has none.
    #[doc(hidden)]
    fn has_stream(&self) -> bool {
        true
    }

    /// Takes the caller's end off, and the answer with which it goes.
    #[doc(hidden)]
    fn depart(self) -> (Self::Ticket, Departure);

    /// Puts the caller's end on again.
    #[doc(hidden)]
    fn land(ticket: Self::Ticket, dock: &Dock) -> Self;
}

/// As [`Wire`] is, for the answers of commands that answer with streams.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cross to another process",
    label = "an actor that is placed in a process sends the items of this stream over the wire",
    note = "derive serde's `Serialize` and `Deserialize` for them, or place the actor as a task or with `.thread()`"
)]
pub trait StreamedWire<'w>: StreamedApart {}

#[diagnostic::do_not_recommend]
impl<T> StreamedWire<'_> for Streaming<T> where T: for<'w> Wire<'w> {}

#[diagnostic::do_not_recommend]
impl<T, E> StreamedWire<'_> for Result<Streaming<T>, E>
where
    T: for<'w> Wire<'w>,
    E: for<'w> Wire<'w>,
{
}

/// What is left to do when the answer has been written.
#[doc(hidden)]
pub struct Departure(Option<SetOut>);

type SetOut = Box<dyn FnOnce(&Arc<Uplink>) + Send>;

/// Where streams land that come from one process.
#[doc(hidden)]
pub struct Dock {
    actor: Arc<dyn AnyActor>,
    command: &'static str,
}

impl<T: Serialize + DeserializeOwned + Send + 'static> StreamedApart for Streaming<T> {
    /// Its number, and how many items may be under way.
    type Ticket = (u64, u64);

    fn depart(self) -> ((u64, u64), Departure) {
        let ticket = self.leave();
        let channel = self.into_channel();
        let set_out = move |link: &Arc<Uplink>| channel.set_out(link, frame_of::<T>);
        (ticket, Departure(Some(Box::new(set_out))))
    }

    fn land((number, bound): (u64, u64), dock: &Dock) -> Streaming<T> {
        let bound = usize::try_from(bound).unwrap_or(usize::MAX);
        let channel = Channel::landed(bound, crossing::read::<T>);
        let any: Arc<dyn AnyChannel> = channel.clone();
        let number = dock.actor.node().beside().streams().enter_as(number, Arc::downgrade(&any));
        channel.set_home(Home { actor: dock.actor.clone(), command: dock.command, number });
        Streaming::reading(channel)
    }
}

impl<T, E> StreamedApart for Result<Streaming<T>, E>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    E: Serialize + DeserializeOwned + Send + 'static,
{
    type Ticket = Result<(u64, u64), E>;

    fn has_stream(&self) -> bool {
        self.is_ok()
    }

    fn depart(self) -> (Self::Ticket, Departure) {
        match self {
            Ok(streaming) => {
                let (ticket, departure) = streaming.depart();
                (Ok(ticket), departure)
            }
            Err(error) => (Err(error), Departure(None)),
        }
    }

    fn land(ticket: Self::Ticket, dock: &Dock) -> Result<Streaming<T>, E> {
        ticket.map(|ticket| Streaming::land(ticket, dock))
    }
}

fn frame_of<T: Serialize>(link: &Uplink, number: u64, item: &T) -> Result<Vec<u8>, String> {
    link.frame(&Up::Stream { number }, &(Said::Item, item))
}

/// The way an answer goes home that takes a stream along.
struct Departing<S: StreamedApart> {
    link: Arc<Uplink>,
    reply: Reply<S::Ticket>,
    /// A tell: nobody waits for its answer.
    is_tell: bool,
}

impl<S: StreamedApart> RemoteReply<S> for Departing<S> {
    fn send(self: Box<Self>, answer: S) {
        let Departing { link, reply, is_tell } = *self;
        if is_tell {
            // The stream goes with the answer, and its producer with the stream.
            return;
        }
        if link.is_lane() && answer.has_stream() {
            // Numbers of streams are the parent's to give.
            let why = "a stream goes to the actor's own parent alone; ask it for values, or its parent for the stream";
            return reply.fail(Cause::Crossing { part: Part::Answer, why: why.to_owned() });
        }
        let (ticket, Departure(set_out)) = answer.depart();
        reply.send(ticket);
        if let Some(set_out) = set_out {
            set_out(&link);
        }
    }

    fn fail(self: Box<Self>, cause: Cause) {
        self.reply.fail(cause);
    }
}

impl Inbound<'_> {
    /// Where an answer goes that takes a stream along.
    pub fn streaming<S: StreamedApart>(&self) -> Reply<S> {
        let reply = self.reply::<S::Ticket>();
        let departing = Departing::<S> { link: self.link.clone(), reply, is_tell: self.request == 0 };
        Reply::remote(Box::new(departing))
    }
}

/// The way an answer goes to its caller that takes a stream along.
struct Landing<S: StreamedApart> {
    reply: Reply<S>,
    dock: Dock,
}

impl<S: StreamedApart> RemoteReply<S::Ticket> for Landing<S> {
    fn send(self: Box<Self>, ticket: S::Ticket) {
        let Landing { reply, dock } = *self;
        reply.send(S::land(ticket, &dock));
    }

    fn fail(self: Box<Self>, cause: Cause) {
        self.reply.fail(cause);
    }
}

impl Outbound<'_> {
    /// As [`command`](Outbound::command), of one that answers with a stream.
    pub fn streaming<T: Serialize, S: StreamedApart>(
        self,
        command: u32,
        name: &'static str,
        args: &T,
        reply: Reply<S>,
    ) {
        let landing = match self.books.dock() {
            Some(actor) if reply.is_wanted() => {
                let dock = Dock { actor, command: name };
                Reply::remote(Box::new(Landing { reply, dock }))
            }
            _ => Reply::<S::Ticket>::nobody(),
        };
        self.command(command, name, args, landing);
    }
}

/// The process of an actor has said something of one of its streams.
pub(crate) fn heard_from_worker(node: &Node, number: u64, value: &[u8]) -> Result<(), String> {
    let (said, item) = crossing::split::<Said>(value)
        .map_err(|error| format!("what its process said of a stream is none of it: {error}"))?;
    let streams = node.beside().streams();
    match streams.find(number) {
        Some(channel) => channel.heard(said, item),
        // It was dropped here: what was on its way comes for nobody. It is cancelled, if it was not.
        None if said == Said::Item => streams.cancel_unknown(number),
        None => {}
    }
    Ok(())
}

/// Writes what the process of an actor is to be told of its streams.
pub(crate) fn write_orders(node: &Node, buffer: &mut Vec<u8>) {
    let Some(streams) = node.streams() else { return };
    for (number, order) in streams.take_orders() {
        crossing::write(buffer, &(Down::Stream { number }, order)).expect("a few bytes can be written");
    }
}

/// The parent has said something of one of the streams of this process.
pub(crate) fn heard_from_parent(node: &Node, number: u64, value: &[u8]) {
    if let Ok(order) = crossing::read::<Order>(value)
        && let Some(channel) = node.beside().streams().find(number)
    {
        channel.ordered(order);
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests;
