//! A call of one command, before it is sent: awaited for its answer, or told, sent, delivered.

use std::future::{Future, IntoFuture};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::address::Address;
use super::behavior::Actor;
use super::cycle::{Asker, Link};
use super::deliver::Delivering;
use super::envelope::{BuiltIn, Envelope};
use super::error::{Cause, Error};
use super::exit::{Exit, Reason};
use super::inline;
use super::letter::{self, Undelivered};
use super::mailbox::Refused;
use super::node::Shared;
use super::overflow;
use super::pace;
use super::reply::{Reply, Waited, Waiting};
use super::span;
use crate::sys::deadline::Deadline;
use crate::sys::relay;
use crate::sys::slot::Wait;

/// How long an ask waits unless told otherwise.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);

/// Where in a message, which is made without one, the place for the answer is.
pub(crate) type Plug<A, R> = fn(&mut Envelope<<A as Actor>::Message>) -> Option<&mut Reply<R>>;

/// A call of a command that has not been sent. Await it for the answer, or choose another way to send it.
///
/// ```
/// # use rehearsal::prelude::*;
/// # pub struct Counter { n: i64 }
/// # #[rehearsal::actor] impl Counter {
/// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
/// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
/// # }
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use std::time::Duration;
/// let counter = Counter::spawn(0).await?;
/// assert_eq!(counter.add(5).await?, 5); // ask
/// counter.add(1).tell()?; // no answer wanted
/// let (a, b) = (counter.add(1).send()?, counter.add(2).send()?); // in the mailbox now, answers later
/// assert_eq!((a.await?, b.await?), (7, 9));
/// counter.add(1).timeout(Duration::from_secs(2)).await?; // every ask has a deadline, 30 s unless told
/// # Ok(()) }
/// ```
#[must_use = "a call does nothing until it is awaited, told, sent or delivered"]
pub struct Call<'p, A: Actor, R> {
    address: &'p Address<A>,
    envelope: Envelope<A::Message>,
    plug: Plug<A, R>,
    command: &'static str,
    limit: Duration,
}

impl<'p, A: Actor, R> Call<'p, A, R> {
    /// A call of one of the actor's commands; what the macro writes into each method of a proxy.
    pub fn new(
        address: &'p Address<A>,
        command: &'static str,
        message: A::Message,
        plug: Plug<A, R>,
    ) -> Call<'p, A, R> {
        Call::of(address, command, Envelope::Command(message), plug)
    }

    pub(crate) fn of(
        address: &'p Address<A>,
        command: &'static str,
        envelope: Envelope<A::Message>,
        plug: Plug<A, R>,
    ) -> Call<'p, A, R> {
        Call { address, envelope, plug, command, limit: DEFAULT_DEADLINE }
    }

    /// How long to wait for the answer, and for room in the mailbox before it.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Puts the message into the mailbox at once and wants no answer.
    ///
    /// # Errors
    /// Where the mailbox is full or the actor has ended.
    pub fn tell(self) -> Result<(), Error> {
        let shared = &self.address.shared;
        post(shared, self.command, self.envelope).map_err(|refused| refusal(shared, self.command, refused))
    }

    /// As [`tell`](Call::tell), and fails where the mailbox is full whatever its [`Overflow`](super::Overflow) says.
    ///
    /// # Errors
    /// Where the mailbox is full or the actor has ended.
    pub fn try_tell(self) -> Result<(), Error> {
        let shared = &self.address.shared;
        post_strictly(shared, self.envelope).map_err(|refused| refusal(shared, self.command, refused))
    }

    /// Puts the message into the mailbox at once; the answer is awaited later, so that calls can be pipelined.
    ///
    /// # Errors
    /// Where the mailbox is full or the actor has ended.
    pub fn send(self) -> Result<Answer<A, R>, Error> {
        self.send_by(|shared, command, envelope| post(shared, command, envelope))
    }

    /// As [`send`](Call::send), and fails where the mailbox is full whatever its [`Overflow`](super::Overflow) says.
    ///
    /// # Errors
    /// Where the mailbox is full or the actor has ended.
    pub fn try_send(self) -> Result<Answer<A, R>, Error> {
        self.send_by(|shared, _, envelope| post_strictly(shared, envelope))
    }

    fn send_by(
        mut self,
        post: impl FnOnce(&Arc<Shared<A>>, &'static str, Envelope<A::Message>) -> Posted<A>,
    ) -> Result<Answer<A, R>, Error> {
        let shared = self.address.shared.clone();
        let waiting = Waiting::new(awaited::<A, R>(&mut self.envelope, self.plug), Deadline::new(self.limit));
        if let Err(refused) = post(&shared, self.command, self.envelope) {
            return Err(refusal(&shared, self.command, refused));
        }
        let exchange =
            Exchange { stage: Stage::Waiting(waiting), command: self.command, link: Link::default() };
        Ok(Answer { shared, exchange })
    }

    /// Waits for room, puts the message into the mailbox and wants no answer.
    ///
    /// # Errors
    /// Where no room came in time or the actor has ended.
    pub fn deliver(self) -> Delivering<'p, A> {
        Delivering::new(&self.address.shared, self.command, self.envelope, self.limit)
    }

    /// Whom it is for, the command's name, the message, and how long to wait.
    pub(crate) fn into_parts(self) -> (Arc<Shared<A>>, &'static str, Envelope<A::Message>, Duration) {
        (self.address.shared.clone(), self.command, self.envelope, self.limit)
    }
}

impl<'p, A: Actor, R: Send + 'static> IntoFuture for Call<'p, A, R> {
    type Output = Result<R, Error>;
    type IntoFuture = Asking<'p, A, R>;

    fn into_future(self) -> Asking<'p, A, R> {
        let stage = Stage::Unsent { envelope: Some(self.envelope), plug: self.plug, limit: self.limit };
        let exchange = Exchange { stage, command: self.command, link: Link::default() };
        Asking { shared: &self.address.shared, exchange }
    }
}

type Posted<A> = Result<(), Refused<Envelope<<A as Actor>::Message>>>;

/// Puts an envelope on the lane it belongs to, at once, with the policy of the mailbox where that is full.
fn post<A: Actor>(
    shared: &Arc<Shared<A>>,
    command: &'static str,
    envelope: Envelope<A::Message>,
) -> Posted<A> {
    match post_strictly(shared, envelope) {
        Err(Refused::Full(envelope)) => overflow::settle(shared, command, envelope),
        posted => posted,
    }
}

/// The same, at once or not at all.
fn post_strictly<A: Actor>(shared: &Arc<Shared<A>>, envelope: Envelope<A::Message>) -> Posted<A> {
    let mut envelope = match envelope {
        Envelope::BuiltIn(question) if question.is_control() => {
            let posted = shared.mailbox.push_control(question);
            return posted.map_err(|refused| refused.map(Envelope::BuiltIn));
        }
        envelope => Some(envelope),
    };
    span::carry(&mut envelope);
    let posted = if relay::is_open() {
        pace::telling(|| inline::pass(shared, &mut envelope))
    } else {
        shared.mailbox.push(&mut envelope)
    };
    posted.map_err(|refused| match (refused, envelope) {
        (Refused::Full(()), Some(envelope)) => Refused::Full(envelope),
        (Refused::Closed(()), Some(envelope)) => Refused::Closed(envelope),
        (_, None) => unreachable!("what is refused stays"),
    })
}

/// The same, waiting for room. A full control lane is waited for by trying again.
pub(super) fn poll_post<A: Actor>(
    shared: &Shared<A>,
    command: &'static str,
    envelope: &mut Option<Envelope<A::Message>>,
    ticket: &mut Option<u64>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Error>> {
    if envelope.as_ref().is_some_and(Envelope::is_question) {
        return poll_ask_control(shared, command, envelope, cx);
    }
    span::carry(envelope);
    let posted = ready!(shared.mailbox.poll_push(envelope, ticket, cx));
    Poll::Ready(posted.or_else(|refused| unposted(shared, command, refused, envelope.take())))
}

#[cold]
fn poll_ask_control<A: Actor>(
    shared: &Shared<A>,
    command: &'static str,
    envelope: &mut Option<Envelope<A::Message>>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Error>> {
    let Some(Envelope::BuiltIn(question)) = envelope.take() else { return Poll::Pending };
    match shared.mailbox.push_control(question) {
        Ok(()) => Poll::Ready(Ok(())),
        Err(Refused::Closed(_)) => Poll::Ready(Err(shared.gone(command))),
        Err(Refused::Full(question)) => {
            *envelope = Some(Envelope::BuiltIn(question));
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    }
}

/// What becomes of a message that could not be put in by waiting for room.
#[cold]
fn unposted<A: Actor>(
    shared: &Shared<A>,
    command: &'static str,
    refused: Refused<()>,
    envelope: Option<Envelope<A::Message>>,
) -> Result<(), Error> {
    let Some(envelope) = envelope else { return Err(shared.gone(command)) };
    let posted = match refused {
        Refused::Full(()) => overflow::settle(shared, command, envelope),
        Refused::Closed(()) => Err(Refused::Closed(envelope)),
    };
    posted.map_err(|refused| refusal(shared, command, refused))
}

impl<M> Refused<M> {
    fn map<N>(self, into: impl FnOnce(M) -> N) -> Refused<N> {
        match self {
            Refused::Full(message) => Refused::Full(into(message)),
            Refused::Closed(message) => Refused::Closed(into(message)),
        }
    }
}

#[cold]
fn refusal<A: Actor>(
    shared: &Shared<A>,
    command: &'static str,
    refused: Refused<Envelope<A::Message>>,
) -> Error {
    match refused {
        Refused::Full(_) => {
            let capacity = shared.mailbox.capacity();
            Error::new(shared.node.name.clone(), command, Cause::Full { capacity })
        }
        // A question about an actor is no message for it.
        Refused::Closed(Envelope::BuiltIn(question)) if question.is_control() => shared.gone(command),
        Refused::Closed(envelope) => {
            letter::bury(shared, command, envelope, Undelivered::Ended);
            shared.gone(command)
        }
    }
}

impl<A: Actor> Shared<A> {
    pub(crate) fn gone(&self, command: &'static str) -> Error {
        let stopping = || Exit::because(Reason::Stopped, "it was still ending when it was called");
        let exit = self.node.learn_exit().unwrap_or_else(stopping);
        Error::new(self.node.name.clone(), command, Cause::Dead(exit))
    }

    pub(crate) fn late(&self, command: &'static str, after: Duration) -> Error {
        let cause = Cause::Timeout { after, state: self.node.state.get() };
        Error::new(self.node.name.clone(), command, cause)
    }
}

/// One ask on its way.
struct Exchange<A: Actor, R> {
    stage: Stage<A, R>,
    command: &'static str,
    /// Its entry among those who wait for others, where it pends inside a command.
    link: Link,
}

enum Stage<A: Actor, R> {
    Unsent {
        /// There, and taken when it is sent.
        envelope: Option<Envelope<A::Message>>,
        plug: Plug<A, R>,
        limit: Duration,
    },
    /// Waits for room in the mailbox. The answer is waited for too: that has the deadline.
    Queued {
        envelope: Option<Envelope<A::Message>>,
        ticket: Option<u64>,
        waiting: Waiting<R>,
    },
    Waiting(Waiting<R>),
    /// The message was dropped unanswered: the actor ends, and says how.
    Dropped(Deadline),
    Over,
}

impl<A: Actor, R> Exchange<A, R> {
    fn poll(&mut self, shared: &Shared<A>, cx: &mut Context<'_>) -> Poll<Result<R, Error>> {
        let Some(asker) = Asker::here() else { return self.poll_stage(shared, cx) };
        let mut path = self.would_ask(asker, shared).then(|| vec![shared.node.name.clone(); 2]);
        if path.is_none() {
            if let Poll::Ready(result) = self.poll_stage(shared, cx) {
                self.link.cut();
                return Poll::Ready(result);
            }
            if self.is_open() {
                path = self.link.pend(asker, &shared.node, cx);
            }
        }
        let Some(path) = path else { return Poll::Pending };
        Poll::Ready(Err(Error::new(shared.node.name.clone(), self.command, Cause::Cycle { path })))
    }

    /// Whether its asker is about to ask itself something that it cannot answer while it asks.
    fn would_ask(&self, asker: Asker, shared: &Shared<A>) -> bool {
        matches!(self.stage, Stage::Unsent { .. })
            && asker.is(&shared.node)
            && !BuiltIn::is_control_name(self.command)
    }

    /// Whether it waits for an actor that has yet to answer, or to make room, after the command it is in.
    fn is_open(&self) -> bool {
        match &self.stage {
            Stage::Waiting(waiting) | Stage::Queued { waiting, .. } => {
                !waiting.is_settled() && !BuiltIn::is_control_name(self.command)
            }
            _ => false,
        }
    }

    fn poll_stage(&mut self, shared: &Shared<A>, cx: &mut Context<'_>) -> Poll<Result<R, Error>> {
        loop {
            match &mut self.stage {
                Stage::Waiting(waiting) => match ready!(waiting.poll(cx)) {
                    Waited::Answered(answer) => return Poll::Ready(Ok(answer)),
                    Waited::Dropped => {
                        self.stage = Stage::Dropped(Deadline::exact(waiting.deadline.limit()));
                    }
                    other => return Poll::Ready(Err(failure(shared, self.command, waiting, other))),
                },
                Stage::Unsent { .. } => {
                    if let Err(error) = self.send(shared) {
                        return Poll::Ready(Err(error));
                    }
                }
                Stage::Queued { envelope, ticket, waiting } => {
                    match poll_post(shared, self.command, envelope, ticket, cx) {
                        Poll::Ready(Ok(())) => self.sent(),
                        Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                        Poll::Pending => {
                            let limit = waiting.deadline.limit();
                            // Nobody can answer: the message is still here.
                            return waiting.poll(cx).map(|_| Err(shared.late(self.command, limit)));
                        }
                    }
                }
                Stage::Dropped(deadline) => {
                    if shared.node.poll_exit(cx).is_ready() {
                        return Poll::Ready(Err(shared.gone(self.command)));
                    }
                    ready!(deadline.poll(cx));
                    return Poll::Ready(Err(shared.late(self.command, deadline.limit())));
                }
                Stage::Over => unreachable!("it was left in the same poll"),
            }
        }
    }

    /// Puts an unsent message into the mailbox, or in line for it.
    fn send(&mut self, shared: &Shared<A>) -> Result<(), Error> {
        let Stage::Unsent { envelope, plug, limit } = &mut self.stage else { return Ok(()) };
        let (limit, plug) = (*limit, *plug);
        let message = envelope.as_mut().expect("it is unsent");
        let wait = awaited::<A, R>(message, plug);
        let is_question = message.is_question();
        span::carry(envelope);
        let posted = if is_question { Err(Refused::Full(())) } else { inline::post(shared, envelope) };
        match posted {
            Ok(()) => self.stage = Stage::Waiting(Waiting::new(wait, Deadline::new(limit))),
            Err(Refused::Full(())) => {
                let envelope = envelope.take();
                let waiting = Waiting::new(wait, Deadline::new(limit));
                self.stage = Stage::Queued { envelope, ticket: None, waiting };
            }
            Err(Refused::Closed(())) => unposted(shared, self.command, Refused::Closed(()), envelope.take())?,
        }
        Ok(())
    }

    fn sent(&mut self) {
        if let Stage::Queued { waiting, .. } = mem::replace(&mut self.stage, Stage::Over) {
            self.stage = Stage::Waiting(waiting);
        }
    }

    fn give_up(&mut self, shared: &Shared<A>) {
        if let Stage::Queued { ticket: Some(ticket), .. } = &self.stage {
            shared.mailbox.leave_line(*ticket);
        }
    }
}

/// Puts a place for the answer into a message, and gives what its caller waits on.
fn awaited<A: Actor, R>(envelope: &mut Envelope<A::Message>, plug: Plug<A, R>) -> Wait<R, Cause> {
    plug(envelope).expect("a call makes a message with a place for its answer").await_here()
}

#[cold]
fn failure<A: Actor, R>(
    shared: &Shared<A>,
    command: &'static str,
    waiting: &Waiting<R>,
    waited: Waited<R>,
) -> Error {
    match waited {
        Waited::Failed(cause) => Error::new(shared.node.name.clone(), command, *cause),
        _ => shared.late(command, waiting.deadline.limit()),
    }
}

/// An ask that is being awaited: `call.await`. Dropping it is safe at any moment; a command that was sent is carried out.
#[must_use = "futures do nothing unless awaited"]
pub struct Asking<'p, A: Actor, R> {
    shared: &'p Arc<Shared<A>>,
    exchange: Exchange<A, R>,
}

// Nothing in it is pinned in place: the timer has its own box, the rest is moved freely.
impl<A: Actor, R> Unpin for Asking<'_, A, R> {}

impl<A: Actor, R> Future for Asking<'_, A, R> {
    type Output = Result<R, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Asking { shared, exchange } = &mut *self;
        exchange.poll(shared, cx)
    }
}

impl<A: Actor, R> Drop for Asking<'_, A, R> {
    fn drop(&mut self) {
        self.exchange.give_up(self.shared);
    }
}

/// The answer of a call that has been sent with [`Call::send`]; its deadline begins when it is first polled.
#[must_use = "await it for the answer; tell() sends without wanting one"]
pub struct Answer<A: Actor, R> {
    shared: Arc<Shared<A>>,
    exchange: Exchange<A, R>,
}

impl<A: Actor, R> Unpin for Answer<A, R> {}

impl<A: Actor, R> Future for Answer<A, R> {
    type Output = Result<R, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Answer { shared, exchange } = &mut *self;
        exchange.poll(shared, cx)
    }
}

impl<A: Actor, R> std::fmt::Debug for Call<'_, A, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Call({} of {})", self.command, self.address.shared.node.name)
    }
}
