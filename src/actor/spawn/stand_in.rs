//! What stands here for an actor that was found in another process: a mailbox, and whoever empties it onto a socket.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use super::bridge::{Line, Reader, Writer};
use super::{builder, ready};
use crate::actor::address::Address;
use crate::actor::behavior::Actor;
use crate::actor::crossing::Outbound;
use crate::actor::exit::{Exit, Reason};
use crate::actor::info::{ActorName, Placement};
use crate::actor::letter::Kept;
use crate::actor::mailbox::Inbox;
use crate::actor::node::{Finisher, Shared};
use crate::actor::overflow::Overflow;
use crate::actor::state::State;
use crate::sys::process::{ReadEnd, WriteEnd};
use crate::sys::seam;

/// A proxy of an actor at the other end of this socket. Runs on the current runtime.
pub(crate) fn stand_in<A: Actor>(
    name: String,
    process_id: u32,
    window: usize,
    pack: fn(A::Message, Outbound<'_>),
    ends: (ReadEnd, WriteEnd),
) -> A::Proxy {
    // A number of its own: those of another process mean nothing here.
    let name = ActorName { kind: A::KIND, id: builder::next_number(), name: Some(name.into()) };
    let shared = Shared::<A>::new(name, Placement::Process, window, Overflow::Wait);
    shared.node.set_process(process_id);
    shared.node.begin();
    shared.node.notify();
    shared.node.state.advance(State::Run);
    let proxy = Address::new(shared.clone());
    drop(seam::spawn(hold(shared, pack, ends)));
    A::Proxy::from(proxy)
}

async fn hold<A: Actor>(
    shared: Arc<Shared<A>>,
    pack: fn(A::Message, Outbound<'_>),
    ends: (ReadEnd, WriteEnd),
) {
    let (from, to) = ends;
    let finisher = Finisher { shared: shared.clone(), inbox: Inbox::new() };
    let line = Arc::new(Line::new(ready::Ready::to_nobody(), None));
    let mut writer = Writer::new(shared.clone(), line.clone(), pack, to, Vec::new(), Kept::new(&shared));
    let no_event = |_: &[u8]| Err("events go to the actor's parent alone".to_owned());
    let mut reader =
        Reader::new(shared.clone(), line.clone(), no_event, None, from.looking_out(line.lookout()));
    // The process is not the actor's alone: a kill is said to the other end, which carries it out.
    writer.kills_by_frame = true;
    let read = {
        let (mut writing, mut reading) = (Some(Box::pin(writer.run())), pin!(reader.run()));
        poll_fn(|cx| {
            if let Some(future) = &mut writing
                && future.as_mut().poll(cx).is_ready()
            {
                // The socket takes no more; the reader will see why.
                writing = None;
            }
            if let Poll::Ready(read) = reading.as_mut().poll(cx) {
                return Poll::Ready(read);
            }
            // Nobody here is left who could say or learn anything.
            if is_done(&line, &shared) { Poll::Ready(Ok(())) } else { Poll::Pending }
        })
        .await
    };
    let mut unsettled = line.close();
    let exit = unsettled.ended.take().unwrap_or_else(|| {
        let why = match read {
            Err(why) => why,
            Ok(()) if shared.is_abandoned() => {
                "its last proxy in this process was dropped; where it is, it may live on".to_owned()
            }
            Ok(()) => format!("the way to its process {} is broken", shared.node.process_id()),
        };
        Exit::because(Reason::Unreachable, why)
    });
    if !shared.is_abandoned() {
        unsettled.post_left(&shared.node);
    }
    let mut inbox = writer.into_inbox();
    shared.finish(exit, &mut inbox);
    // Dropped after the actor has ended, so that each caller learns at once how.
    drop(unsettled);
    drop(finisher);
}

/// Whether the actor was left, all of that is written, every ask has its answer, and nobody waits for the end.
fn is_done<A: Actor>(line: &Line, shared: &Shared<A>) -> bool {
    line.was_told_to_stop()
        && shared.is_abandoned()
        && !line.is_writing.load(Ordering::Relaxed)
        && !shared.node.is_awaited()
        && !line.open().waiting.is_awaited()
}
