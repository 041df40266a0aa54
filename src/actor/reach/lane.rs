//! The served half of a connection to an actor that was looked up from another process.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::AsyncWrite;

use crate::actor::address::Address;
use crate::actor::behavior::ProcessActor;
use crate::actor::call::poll_post;
use crate::actor::crossing::{self, Down, Inbound, Up};
use crate::actor::envelope::{BuiltIn, Envelope};
use crate::actor::error::Cause;
use crate::actor::letter;
use crate::actor::mailbox::{CONTROL_CAPACITY, Refused};
use crate::actor::node::{AnyActor, Ended, Shared};
use crate::actor::uplink::{OpenRequest, Uplink};
use crate::sys::anchor;
use crate::sys::process::{ReadEnd, WriteEnd};
use crate::sys::wire::FrameReader;

/// What was said to the other end and is not written. Whoever says it does not wait: there are no more answers than
/// messages, and of those no more are under way than the mailbox holds.
#[derive(Debug, Default)]
pub(crate) struct Outbox(Mutex<(Vec<u8>, Option<Waker>)>);

impl Outbox {
    fn inside(&self) -> MutexGuard<'_, (Vec<u8>, Option<Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts frames in.
    pub(crate) fn put(&self, frames: &[u8]) {
        let mut inside = self.inside();
        inside.0.extend_from_slice(frames);
        let waker = inside.1.take();
        drop(inside);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Takes out what is in it; nothing where it is empty, and then the waker is woken for the next.
    fn take(&self, cx: &Context<'_>) -> Vec<u8> {
        let mut inside = self.inside();
        if inside.0.is_empty() {
            inside.1 = Some(cx.waker().clone());
        }
        std::mem::take(&mut inside.0)
    }
}

struct Lane<A: ProcessActor> {
    shared: Arc<Shared<A>>,
    /// Held for the other end's proxies.
    proxy: Option<Address<A>>,
    link: Arc<Uplink>,
    outbox: Arc<Outbox>,
    /// What has come and waits for room in the mailbox.
    pending: VecDeque<Envelope<A::Message>>,
    /// The first of them, with its place in the line.
    first: Option<Envelope<A::Message>>,
    ticket: Option<u64>,
    posted: u64,
    ended: Ended,
    to: WriteEnd,
    /// What is being written.
    writing: Vec<u8>,
    written: usize,
    /// The other end says nothing more.
    is_deaf: bool,
    /// The other end has been told of the actor's end.
    is_told: bool,
}

/// Has an actor serve who looked it up, until either is gone.
pub(super) async fn serve<A: ProcessActor>(actor: Address<A>, from: ReadEnd, to: WriteEnd) {
    let outbox = Arc::new(Outbox::default());
    let link = Arc::new(Uplink::of_lane(outbox.clone()));
    let shared = actor.shared.clone();
    link.set_window(shared.mailbox.capacity());
    let mut frames = FrameReader::new(from);
    let mut lane = Lane {
        ended: Ended::new(shared.clone()),
        shared,
        proxy: Some(actor),
        link,
        outbox,
        pending: VecDeque::new(),
        first: None,
        ticket: None,
        posted: 0,
        to,
        writing: Vec::new(),
        written: 0,
        is_deaf: false,
        is_told: false,
    };
    poll_fn(|cx| {
        while !lane.is_deaf && lane.pending.len() <= lane.shared.mailbox.capacity() {
            match pin!(frames.next()).poll(cx) {
                Poll::Pending => break,
                Poll::Ready(Ok(Some(frame))) => match crossing::split::<Down>(frame) {
                    Ok((header, body)) => lane.take(header, body),
                    Err(_) => lane.is_deaf = true,
                },
                // What it had said is still delivered.
                Poll::Ready(_) => lane.is_deaf = true,
            }
        }
        lane.poll(cx)
    })
    .await;
    if let Some(ticket) = lane.ticket {
        lane.shared.mailbox.leave_line(ticket);
    }
}

impl<A: ProcessActor> Lane<A> {
    fn take(&mut self, header: Down, body: &[u8]) {
        let inbound = |request| Inbound { link: &self.link, request, body };
        if let Down::Command { .. } | Down::Open { .. } | Down::Echo { .. } = &header {
            self.link.has_come();
        }
        let built_in = |built_in| Envelope::BuiltIn(Box::new(built_in));
        let envelope = match header {
            Down::Stop => return AnyActor::stop(&*self.shared),
            Down::Kill => return self.shared.mailbox.kill(),
            // Its last proxy there is gone; what it had sent is still delivered.
            Down::Leave | Down::Stream { .. } | Down::Span { .. } => return,
            Down::Ping { request } => return self.control(BuiltIn::Ping(inbound(request).reply())),
            Down::Info { request } => return self.control(BuiltIn::Info(inbound(request).reply())),
            Down::GiveUp { ticket } => return self.control(BuiltIn::GiveUp(ticket)),
            Down::Echo { request } => crossing::read::<String>(body)
                .map(|text| built_in(BuiltIn::Echo(text, inbound(request).reply())))
                .map_err(|why| inbound(request).refuse(why))
                .ok(),
            Down::Open { request, entry } => {
                let mut open = OpenRequest::new(&inbound(request));
                anchor::entry_at(entry)(&mut open);
                open.read.map(|call| built_in(BuiltIn::Open(call)))
            }
            Down::Command { request, command } => crossing::guarded(|| A::unpack(command, inbound(request)))
                .map(Envelope::Command)
                .map_err(|why| inbound(request).refuse(why))
                .ok(),
        };
        self.pending.extend(envelope);
    }

    fn control(&self, question: BuiltIn) {
        match self.shared.mailbox.push_control(Box::new(question)) {
            // Closed: the end that is on its way answers for it.
            Ok(()) | Err(Refused::Closed(_)) => {}
            Err(Refused::Full(question)) => question.refuse(Cause::Full { capacity: CONTROL_CAPACITY }),
        }
    }

    /// Delivers, tells of the end, writes; ready when there is nothing more to do.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(envelope) = self.first.take().or_else(|| self.pending.pop_front()) {
            let command = envelope.command::<A>();
            self.first = Some(envelope);
            match poll_post(&self.shared, command, &mut self.first, &mut self.ticket, cx) {
                Poll::Ready(Ok(())) => self.posted += 1,
                Poll::Ready(Err(_)) => {
                    let left = self.first.take();
                    letter::shielded(|| drop(left));
                }
                Poll::Pending => break,
            }
        }
        if self.is_deaf && self.first.is_none() {
            self.proxy = None;
            return Poll::Ready(());
        }
        if !self.is_told
            && let Poll::Ready(exit) = Pin::new(&mut self.ended).poll(cx)
        {
            self.is_told = true;
            let _ = self.link.say(&Up::Ended { exit, taken: self.posted });
        }
        if self.poll_write(cx).is_ready() && self.is_told { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Ready when all that was said is written, or nobody reads it.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.written == self.writing.len() {
                (self.writing, self.written) = (self.outbox.take(cx), 0);
                if self.writing.is_empty() {
                    return Poll::Ready(());
                }
            }
            match Pin::new(&mut self.to).poll_write(cx, &self.writing[self.written..]) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(more)) if more > 0 => self.written += more,
                // Whoever reads learns how the other end ended.
                Poll::Ready(_) => (self.writing, self.written) = (Vec::new(), 0),
            }
        }
    }
}
