//! The two directions of a process actor's socket, at the parent's end, and the books both keep.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::ready::Ready;
use tokio::io::AsyncWrite;

use crate::actor::behavior::Actor;
use crate::actor::beside::UnderWay;
use crate::actor::crossing::{self, Books, Down, Outbound};
use crate::actor::envelope::{BuiltIn, Envelope};
use crate::actor::exit::Exit;
use crate::actor::letter::{self, Kept, Undelivered};
use crate::actor::life;
use crate::actor::mailbox::Next;
use crate::actor::node::{Node, Shared};
use crate::actor::reply::Reply;
use crate::actor::span::Handled;
use crate::actor::state::State;
#[cfg(feature = "stream")]
use crate::actor::stream;
use crate::actor::supervise::again::Wish;
use crate::sys::limit::resident_bytes;
use crate::sys::process::Lookout;

mod reader;
mod seen;

pub(super) use reader::Reader;
use seen::SeenFromHere;

/// Bytes of messages that are gathered before they are written.
const BATCH: usize = 64 << 10;

/// What writer and reader of one socket share.
pub(super) struct Line {
    shared: Mutex<Unsettled>,
    room: Mutex<Option<Waker>>,
    frames: AtomicU64,
    told_to_stop: AtomicBool,
    pub(super) is_writing: AtomicBool,
    /// Bytes of memory over which another process is to take over.
    memory: Option<u64>,
    /// Told of each ask beside which no other is under way.
    lookout: Arc<Lookout>,
}

/// What is open between parent and worker; settled frame by frame, or at the end.
#[derive(Default)]
pub(super) struct Unsettled {
    /// Told once how the start went.
    pub(super) ready: Option<Ready>,
    /// Who waits for an answer.
    pub(super) waiting: Books,
    /// How the worker said its actor ended.
    pub(super) ended: Option<Exit>,
    /// How many messages it had taken then.
    taken: Option<u64>,
}

impl Unsettled {
    /// Posts what was sent to the process and never taken as dead letters.
    pub(super) fn post_left(&self, node: &Node) {
        let why = if self.taken.is_some() { Undelivered::Left } else { Undelivered::UnderWay };
        self.waiting.left(self.taken).iter().for_each(|name| letter::post(node, name, why));
    }

    /// Tells all who wait that the process ended so. Gives the end back with what was lost by it.
    pub(super) fn resolve(&mut self, exit: Exit) -> Exit {
        let books = std::mem::take(&mut self.waiting);
        let tells = books.tells();
        books.fail(&exit);
        match tells {
            0 => exit,
            1 => exit.and("1 message told to it may not have been handled"),
            more => exit.and(format_args!("{more} messages told to it may not have been handled")),
        }
    }
}

impl Line {
    pub(super) fn new(ready: Ready, memory: Option<u64>) -> Line {
        let unsettled = Unsettled { ready: Some(ready), ..Unsettled::default() };
        Line {
            shared: Mutex::new(unsettled),
            room: Mutex::new(None),
            frames: AtomicU64::new(0),
            told_to_stop: AtomicBool::new(false),
            is_writing: AtomicBool::new(false),
            memory,
            lookout: Lookout::new(),
        }
    }

    /// What says when to look out for an answer.
    pub(super) fn lookout(&self) -> Arc<Lookout> {
        self.lookout.clone()
    }

    /// Frames that have come.
    pub(super) fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    pub(super) fn was_told_to_stop(&self) -> bool {
        self.told_to_stop.load(Ordering::Relaxed)
    }

    /// Takes out what was not settled.
    pub(super) fn close(&self) -> Unsettled {
        let mut open = self.open();
        std::mem::take(&mut *open)
    }

    pub(super) fn open(&self) -> MutexGuard<'_, Unsettled> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn room(&self) -> MutexGuard<'_, Option<Waker>> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has another process take over where this one holds too much memory.
    fn weigh<A: Actor>(&self, shared: &Shared<A>) {
        let node = &shared.node;
        if let Some(memory) = self.memory
            && node.state.get() == State::Run
            && resident_bytes(node.process_id()).is_some_and(|held| held > memory)
            && node.wish_for(Wish::Recycle)
        {
            shared.mailbox.stop();
        }
    }

    /// Notes how much waits in the worker.
    fn note<A: Actor>(&self, shared: &Shared<A>) {
        let waiting = self.open().waiting.waiting_there(shared.mailbox.capacity());
        shared.node.beside().set_waiting_there(waiting);
    }

    /// What was gathered is written; where that was one ask alone, its answer may come at once.
    fn expect(&self) {
        if self.open().waiting.is_one_awaited() {
            self.lookout.expect();
        }
    }

    fn wake_writer(&self) {
        let waker = self.room().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl UnderWay for Line {
    fn names(&self, handled: u64) -> Option<Vec<&'static str>> {
        // Nothing waits here: who looks may be in the middle of what is looked at.
        Some(self.shared.try_lock().ok()?.waiting.left(Some(handled)))
    }
}

/// Drains the mailbox onto the socket, never with more messages under way than the mailbox may hold.
pub(super) struct Writer<A: Actor> {
    shared: Arc<Shared<A>>,
    line: Arc<Line>,
    pack: fn(A::Message, Outbound<'_>),
    socket: Box<dyn AsyncWrite + Send + Unpin>,
    inbox: Kept<A>,
    buffer: Vec<u8>,
    /// How many messages it may still give this process.
    pub(super) messages: u64,
    /// That of the message at hand.
    span: Handled,
    pub(super) kills_by_frame: bool,
}

/// Why a writer ended.
pub(super) enum Written {
    /// The actor is to be killed.
    Killed,
    /// The socket takes no more; the reader will see why.
    Broken,
}

impl<A: Actor> Writer<A> {
    /// A writer that begins with the handshake's frame.
    pub(super) fn new(
        shared: Arc<Shared<A>>,
        line: Arc<Line>,
        pack: fn(A::Message, Outbound<'_>),
        socket: impl AsyncWrite + Send + Unpin + 'static,
        hello: Vec<u8>,
        inbox: Kept<A>,
    ) -> Writer<A> {
        #[cfg(feature = "stream")]
        line.open().waiting.set_dock(shared.clone());
        let (socket, span, messages) = (Box::new(socket), Handled::default(), u64::MAX);
        Writer { shared, line, pack, socket, inbox, buffer: hello, messages, span, kills_by_frame: false }
    }

    /// What was taken out of the mailbox and not written.
    pub(super) fn into_inbox(self) -> Kept<A> {
        self.inbox
    }

    /// Writes until the actor is to be killed or the socket is broken. The socket stays open for as long as the writer
    /// lives: a worker whose socket closes ends by itself, and would not be seen to be killed.
    pub(super) async fn run(&mut self) -> Written {
        loop {
            self.line.note(&self.shared);
            if let Some(end) = self.flush().await {
                return end;
            }
            self.line.expect();
            let gathered = poll_fn(|cx| self.poll_gather(cx)).await;
            if let Some(end) = gathered {
                return end;
            }
        }
    }

    /// Takes what the mailbox has, until the batch is full or nothing is left.
    fn poll_gather(&mut self, cx: &mut Context<'_>) -> Poll<Option<Written>> {
        #[cfg(feature = "stream")]
        stream::write_orders(&self.shared.node, &mut self.buffer);
        while self.buffer.len() < BATCH {
            match self.poll_next(cx) {
                Poll::Ready(next) => {
                    if let Some(end) = self.take(next) {
                        return Poll::Ready(Some(end));
                    }
                }
                Poll::Pending if !self.buffer.is_empty() => break,
                Poll::Pending if self.is_left() => self.leave(),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(None)
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next<Envelope<A::Message>, Box<BuiltIn>>> {
        if self.line.was_told_to_stop() {
            return self.shared.mailbox.poll_control(true, cx);
        }
        if self.line.open().waiting.under_way() < self.shared.mailbox.capacity() {
            return self.shared.mailbox.poll_next(&mut self.inbox, cx);
        }
        self.shared.mailbox.tell_of_room();
        // Reader and writer are one task: no answer can come in between.
        *self.line.room() = Some(cx.waker().clone());
        self.shared.mailbox.poll_control(true, cx)
    }

    /// Whether the last proxy is gone and nothing is left to send.
    fn is_left(&self) -> bool {
        !self.line.was_told_to_stop()
            && self.shared.is_abandoned()
            && self.line.open().waiting.under_way() < self.shared.mailbox.capacity()
    }

    fn leave(&mut self) {
        self.line.told_to_stop.store(true, Ordering::Relaxed);
        self.shared.node.state.advance(State::Stopping);
        self.shared.mailbox.shut();
        self.header(&Down::Leave);
    }

    fn take(&mut self, next: Next<Envelope<A::Message>, Box<BuiltIn>>) -> Option<Written> {
        let is_replaced = self.line.was_told_to_stop() && self.shared.node.is_being_replaced();
        match next {
            Next::Kill if self.kills_by_frame => {
                self.shared.mailbox.forget_signals();
                self.header(&Down::Kill);
            }
            Next::Kill => return Some(Written::Killed),
            Next::Stop => {
                self.line.told_to_stop.store(true, Ordering::Relaxed);
                if self.shared.node.is_being_replaced() {
                    // Another process goes on: this one ends when it has handled what it was given.
                    self.header(&Down::Leave);
                } else {
                    self.shared.node.state.advance(State::Stopping);
                    if !self.shared.node.stays_open() {
                        self.shared.mailbox.shut();
                    }
                    self.header(&Down::Stop);
                }
            }
            Next::Control(asked) if is_replaced && asked.is_about_it() => life::answer(&self.shared, *asked),
            Next::Control(question) => self.built_in(*question),
            Next::Message(Envelope::BuiltIn(built_in)) => {
                self.built_in(*built_in);
                self.count();
            }
            Next::Message(Envelope::Traced(traced)) => {
                let (envelope, span) = traced.cross::<A>(&self.shared.node);
                self.span = span;
                return self.take(Next::Message(envelope));
            }
            Next::Message(Envelope::Command(message)) => {
                let pack = self.pack;
                self.out(|out| pack(message, out));
                self.count();
            }
        }
        None
    }

    /// Counts a message; after the last one another process takes over.
    fn count(&mut self) {
        self.messages = self.messages.saturating_sub(1);
        if self.messages == 0 && self.shared.node.wish_for(Wish::Recycle) {
            self.line.told_to_stop.store(true, Ordering::Relaxed);
            self.header(&Down::Leave);
        }
    }

    fn built_in(&mut self, built_in: BuiltIn) {
        if let BuiltIn::GiveUp(ticket) = built_in {
            return self.header(&Down::GiveUp { ticket });
        }
        let shared = self.shared.clone();
        self.out(|out| match built_in {
            BuiltIn::Ping(reply) => out.message("ping", |request| Down::Ping { request }, &(), reply),
            BuiltIn::Info(reply) => {
                let reply = Reply::remote(Box::new(SeenFromHere { shared, reply }));
                out.message("info", |request| Down::Info { request }, &(), reply);
            }
            BuiltIn::Echo(text, reply) => out.message("echo", |request| Down::Echo { request }, &text, reply),
            BuiltIn::Open(call) => call.pack(out),
            BuiltIn::GiveUp(_) => unreachable!("it was written above"),
            BuiltIn::Work(_) => unreachable!("work with an actor's state comes from where that state is"),
        });
    }

    fn out(&mut self, write: impl FnOnce(Outbound<'_>)) {
        let mut open = self.line.open();
        let span = std::mem::take(&mut self.span);
        let (actor, books) = (&self.shared.node.name, &mut open.waiting);
        let out = Outbound { buffer: &mut self.buffer, books, actor, span };
        // What was written stays behind and is dropped; should that panic, the message is on its way all the same.
        letter::shielded(|| write(out));
    }

    fn header(&mut self, header: &Down) {
        crossing::write(&mut self.buffer, &(header, ())).expect("a header of a few bytes can be written");
    }

    /// Writes what was gathered. The control lane is heard meanwhile: a process that is stopped takes no bytes, and can
    /// still be killed.
    async fn flush(&mut self) -> Option<Written> {
        let full = std::mem::take(&mut self.buffer);
        if full.is_empty() {
            return None;
        }
        let mut written = 0;
        self.line.is_writing.store(true, Ordering::Relaxed);
        let end = poll_fn(|cx| {
            while written < full.len() {
                match Pin::new(&mut self.socket).poll_write(cx, &full[written..]) {
                    Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Some(Written::Broken)),
                    Poll::Ready(Ok(more)) => written += more,
                    Poll::Pending => break,
                }
            }
            if written == full.len() {
                return Poll::Ready(None);
            }
            while let Poll::Ready(next) = self.shared.mailbox.poll_control(true, cx) {
                if let Some(end) = self.take(next) {
                    return Poll::Ready(Some(end));
                }
            }
            Poll::Pending
        })
        .await;
        self.line.is_writing.store(false, Ordering::Relaxed);
        if self.buffer.is_empty() && full.capacity() <= 2 * BATCH {
            self.buffer = full;
            self.buffer.clear();
        }
        end
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests;
