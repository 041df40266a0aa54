//! What a worker says, read and settled.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::AsyncRead;

use super::Line;
use crate::actor::behavior::Actor;
use crate::actor::context::Callback;
use crate::actor::crossing::{self, Broken, Up};
use crate::actor::error::{Cause, Part, SpawnError};
use crate::actor::letter::{self, Undelivered};
use crate::actor::node::Shared;
use crate::actor::panic;
use crate::actor::state::State;
#[cfg(feature = "stream")]
use crate::actor::stream;
use crate::sys::seam;
use crate::sys::wire::{FrameReader, WireError};

/// Reads what the worker says and settles it.
pub(in crate::actor::spawn) struct Reader<A: Actor> {
    shared: Arc<Shared<A>>,
    line: Arc<Line>,
    event: fn(&[u8]) -> Result<A::Event, String>,
    on_event: Option<Callback<A::Event>>,
    frames: FrameReader<Box<dyn AsyncRead + Send + Unpin>>,
}

impl<A: Actor> Reader<A> {
    pub(in crate::actor::spawn) fn new(
        shared: Arc<Shared<A>>,
        line: Arc<Line>,
        event: fn(&[u8]) -> Result<A::Event, String>,
        on_event: Option<Callback<A::Event>>,
        socket: impl AsyncRead + Send + Unpin + 'static,
    ) -> Reader<A> {
        Reader { shared, line, event, on_event, frames: FrameReader::new(Box::new(socket)) }
    }

    /// Who is told of events.
    pub(in crate::actor::spawn) fn into_listener(self) -> Option<Callback<A::Event>> {
        self.on_event
    }

    /// Reads until the socket ends; an error where what comes makes no sense.
    pub(in crate::actor::spawn) async fn run(&mut self) -> Result<(), String> {
        loop {
            // One look at the clock for all that came at once, when the last of it has been dealt with.
            if !self.frames.has_frame() {
                self.shared.node.notify();
            }
            let body = match self.frames.next().await {
                Ok(Some(body)) => body,
                // A process that died in the middle of a frame: how it died says more.
                Ok(None) | Err(WireError::MidFrame { .. } | WireError::Io { .. }) => return Ok(()),
                Err(error) => return Err(format!("what its process wrote is no message: {error}")),
            };
            self.line.frames.fetch_add(1, Ordering::Relaxed);
            if let Some(event) = crossing::event(body) {
                let event = (self.event)(event).map_err(|why| format!("an event of its process: {why}"))?;
                hand_on(&mut self.on_event, event)?;
                continue;
            }
            let (header, value) = crossing::split::<Up>(body)
                .map_err(|error| format!("what its process wrote is no message: {error}"))?;
            settle(&self.shared, &self.line, header, value)?;
            self.line.note(&self.shared);
        }
    }
}

/// Gives an event to its listener; one that panics ends the actor, with what it said.
fn hand_on<E>(on_event: &mut Option<Callback<E>>, event: E) -> Result<(), String> {
    let Some(listener) = on_event else { return Ok(()) };
    catch_unwind(AssertUnwindSafe(|| listener(event)))
        .map_err(|payload| format!("the parent's on_event panicked {}", panic::caught(&*payload)))
}

fn settle<A: Actor>(shared: &Shared<A>, line: &Line, header: Up, value: &[u8]) -> Result<(), String> {
    let actor = || shared.node.name.clone();
    let tell_start = |outcome| {
        let ready = line.open().ready.take();
        if let Some(ready) = ready {
            ready.send(outcome);
        }
    };
    match header {
        Up::Started => {
            shared.node.state.advance(State::Run);
            tell_start(Ok(()));
        }
        Up::Refused { why } => tell_start(Err(SpawnError::Refused { actor: actor(), why })),
        Up::Failed { message } => tell_start(Err(SpawnError::Start { actor: actor(), message })),
        Up::Answer { .. } if seam::fault(seam::LOST_ANSWER) => {}
        Up::Answer { request } => answer(line, request, Ok(value))?,
        Up::Broken { request, broken } => {
            match &broken {
                Broken::Panicked(_) => crate::actor::realm::told(shared.node.name.id),
                Broken::Crossing { part: Part::Arguments, .. } => line.open().waiting.strike_request(request),
                _ => {}
            }
            answer(line, request, Err(broken.into()))?;
        }
        Up::Taken { tells } => {
            line.open().waiting.taken(tells);
            line.wake_writer();
        }
        Up::Unread { number } => {
            let name = line.open().waiting.strike(number);
            name.iter().for_each(|name| letter::post(&shared.node, name, Undelivered::Crossing));
        }
        Up::Ended { exit, taken } => {
            let mut open = line.open();
            (open.ended, open.taken) = (Some(exit), Some(taken));
        }
        Up::Notify => line.weigh(shared),
        Up::Actors { actors } => shared.node.beside().set_told(actors),
        #[cfg(feature = "stream")]
        Up::Stream { number } => stream::heard_from_worker(&shared.node, number, value)?,
        #[cfg(not(feature = "stream"))]
        Up::Stream { .. } => {}
        Up::Event => unreachable!("events are handed on by the reader"),
    }
    Ok(())
}

fn answer(line: &Line, request: u64, outcome: Result<&[u8], Cause>) -> Result<(), String> {
    // Taken out first: reading an answer runs code of others, which the books must not wait for.
    let waiter = line.open().waiting.take(request);
    let waiter =
        waiter.ok_or_else(|| format!("its process answered request {request}, which nobody made"))?;
    waiter(outcome);
    line.wake_writer();
    Ok(())
}
