//! A call of one command, before it is sent: awaited for its answer, or told, sent, delivered.

use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::address::Address;
use super::behavior::Actor;
use super::envelope::Envelope;
use super::error::{Cause, Error, Failed};
use super::exit::{Exit, Reason};
use super::mailbox::Refused;
use super::node::Shared;
use super::reply::{Reply, Waiting};
use crate::sys::seam;

/// How long an ask waits unless told otherwise.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);

/// Puts the place for the answer into a message that was made without one.
pub(crate) type Plug<A, R> = fn(&mut Envelope<<A as Actor>::Message>, Reply<R>);

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
        post(shared, self.envelope).map_err(|refused| refusal(shared, self.command, refused))
    }

    /// Puts the message into the mailbox at once; the answer is awaited later, so that calls can be pipelined.
    ///
    /// # Errors
    /// Where the mailbox is full or the actor has ended.
    pub fn send(mut self) -> Result<Answer<A, R>, Error> {
        let shared = self.address.shared.clone();
        let (reply, waiting) = Reply::pair();
        (self.plug)(&mut self.envelope, reply);
        if let Err(refused) = post(&shared, self.envelope) {
            return Err(refusal(&shared, self.command, refused));
        }
        let exchange = Exchange {
            stage: Stage::Waiting(waiting),
            command: self.command,
            limit: self.limit,
            timer: None,
        };
        Ok(Answer { shared, exchange })
    }

    /// Waits for room, puts the message into the mailbox and wants no answer.
    ///
    /// # Errors
    /// Where no room came in time or the actor has ended.
    pub async fn deliver(self) -> Result<(), Error> {
        let shared = &self.address.shared;
        let mut line = Line { shared, ticket: None };
        let mut envelope = Some(self.envelope);
        let delivered = poll_fn(|cx| line.poll_post(&mut envelope, cx));
        match seam::timeout(self.limit, delivered).await {
            Some(Ok(())) => Ok(()),
            Some(Err(())) => Err(shared.gone(self.command)),
            None => Err(shared.late(self.command, self.limit)),
        }
    }
}

impl<'p, A: Actor, R: Send + 'static> IntoFuture for Call<'p, A, R> {
    type Output = Result<R, Error>;
    type IntoFuture = Asking<'p, A, R>;

    fn into_future(self) -> Asking<'p, A, R> {
        let stage = Stage::Unsent { envelope: Some(self.envelope), plug: self.plug, ticket: None };
        let exchange = Exchange { stage, command: self.command, limit: self.limit, timer: None };
        Asking { shared: &self.address.shared, exchange }
    }
}

/// A place in the line of those who wait for room, given up when dropped.
struct Line<'s, A: Actor> {
    shared: &'s Arc<Shared<A>>,
    ticket: Option<u64>,
}

impl<A: Actor> Line<'_, A> {
    fn poll_post(
        &mut self,
        envelope: &mut Option<Envelope<A::Message>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), ()>> {
        poll_post(self.shared, envelope, &mut self.ticket, cx)
    }
}

impl<A: Actor> Drop for Line<'_, A> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.shared.mailbox.leave_line(ticket);
        }
    }
}

/// Puts an envelope on the lane it belongs to, at once or not at all.
fn post<A: Actor>(shared: &Shared<A>, envelope: Envelope<A::Message>) -> Result<(), Refused<()>> {
    match envelope {
        Envelope::BuiltIn(question) if question.is_control() => {
            shared.mailbox.push_control(question).map_err(Refused::emptied)
        }
        envelope => shared.mailbox.push(envelope).map_err(Refused::emptied),
    }
}

/// The same, waiting for room. A full control lane is waited for by trying again.
fn poll_post<A: Actor>(
    shared: &Shared<A>,
    envelope: &mut Option<Envelope<A::Message>>,
    ticket: &mut Option<u64>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), ()>> {
    match envelope.take() {
        Some(Envelope::BuiltIn(question)) if question.is_control() => {
            match shared.mailbox.push_control(question) {
                Ok(()) => Poll::Ready(Ok(())),
                Err(Refused::Closed(_)) => Poll::Ready(Err(())),
                Err(Refused::Full(question)) => {
                    *envelope = Some(Envelope::BuiltIn(question));
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
            }
        }
        other => {
            *envelope = other;
            shared.mailbox.poll_push(envelope, ticket, cx)
        }
    }
}

impl<M> Refused<M> {
    fn emptied(self) -> Refused<()> {
        match self {
            Refused::Full(_) => Refused::Full(()),
            Refused::Closed(_) => Refused::Closed(()),
        }
    }
}

fn refusal<A: Actor>(shared: &Shared<A>, command: &'static str, refused: Refused<()>) -> Error {
    match refused {
        Refused::Full(()) => {
            let capacity = shared.mailbox.capacity();
            Error::new(shared.node.name.clone(), command, Cause::Full { capacity })
        }
        Refused::Closed(()) => shared.gone(command),
    }
}

impl<A: Actor> Shared<A> {
    pub(crate) fn gone(&self, command: &'static str) -> Error {
        let stopping = || Exit::because(Reason::Stopped, "it was still ending when it was called");
        let exit = self.node.exit().unwrap_or_else(stopping);
        Error::new(self.node.name.clone(), command, Cause::Dead(exit))
    }

    pub(crate) fn late(&self, command: &'static str, after: Duration) -> Error {
        let cause = Cause::Timeout { after, state: self.node.state.get() };
        Error::new(self.node.name.clone(), command, cause)
    }
}

/// One ask on its way: unsent, waiting for its answer, or waiting to learn how the actor ended.
struct Exchange<A: Actor, R> {
    stage: Stage<A, R>,
    command: &'static str,
    limit: Duration,
    /// Made when the first poll finds no answer: most answers of a local actor come at the second poll, but a
    /// deadline that nobody watches is none.
    timer: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

enum Stage<A: Actor, R> {
    Unsent { envelope: Option<Envelope<A::Message>>, plug: Plug<A, R>, ticket: Option<u64> },
    Waiting(Waiting<R>),
    Dropped,
}

impl<A: Actor, R> Exchange<A, R> {
    fn poll(&mut self, shared: &Shared<A>, cx: &mut Context<'_>) -> Poll<Result<R, Error>> {
        if let Poll::Ready(result) = self.poll_stage(shared, cx) {
            return Poll::Ready(result);
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(seam::sleep(self.limit)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(shared.late(self.command, self.limit)))
    }

    fn poll_stage(&mut self, shared: &Shared<A>, cx: &mut Context<'_>) -> Poll<Result<R, Error>> {
        loop {
            match &mut self.stage {
                Stage::Unsent { envelope, plug, ticket } => {
                    let (reply, waiting) = Reply::pair();
                    if let Some(envelope) = envelope {
                        plug(envelope, reply);
                    }
                    match ready!(poll_post(shared, envelope, ticket, cx)) {
                        Ok(()) => self.stage = Stage::Waiting(waiting),
                        Err(()) => return Poll::Ready(Err(shared.gone(self.command))),
                    }
                }
                Stage::Waiting(waiting) => match ready!(Pin::new(waiting).poll(cx)) {
                    Ok(Ok(answer)) => return Poll::Ready(Ok(answer)),
                    Ok(Err(cause)) => {
                        return Poll::Ready(Err(Error::new(shared.node.name.clone(), self.command, cause)));
                    }
                    // The message was dropped unanswered: the actor ends, and says how.
                    Err(_) => self.stage = Stage::Dropped,
                },
                Stage::Dropped => {
                    ready!(shared.node.poll_exit(cx));
                    return Poll::Ready(Err(shared.gone(self.command)));
                }
            }
        }
    }

    fn give_up(&mut self, shared: &Shared<A>) {
        if let Stage::Unsent { ticket: Some(ticket), .. } = &self.stage {
            shared.mailbox.leave_line(*ticket);
        }
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

/// What a command returns that may fail by itself: a `Result`.
pub trait Fallible {
    /// Its success.
    type Success;
    /// Its error.
    type Failure;
    /// The same as a `Result`.
    fn into_result(self) -> Result<Self::Success, Self::Failure>;
}

impl<T, E> Fallible for Result<T, E> {
    type Success = T;
    type Failure = E;

    fn into_result(self) -> Result<T, E> {
        self
    }
}

fn flatten<R: Fallible>(outcome: Result<R, Error>) -> Result<R::Success, Failed<R::Failure>> {
    outcome?.into_result().map_err(Failed::Command)
}

/// A [`Call`] of a command that returns a `Result`: its own error and a failed call come as one, [`Failed`].
#[must_use = "a call does nothing until it is awaited, told, sent or delivered"]
pub struct TryCall<'p, A: Actor, R: Fallible>(Call<'p, A, R>);

impl<'p, A: Actor, R: Fallible> TryCall<'p, A, R> {
    /// What the macro writes into each method of a proxy whose command returns a `Result`.
    pub fn new(
        address: &'p Address<A>,
        command: &'static str,
        message: A::Message,
        plug: Plug<A, R>,
    ) -> TryCall<'p, A, R> {
        TryCall(Call::new(address, command, message, plug))
    }

    /// As [`Call::timeout`].
    pub fn timeout(self, limit: Duration) -> Self {
        TryCall(self.0.timeout(limit))
    }

    /// As [`Call::tell`]; the command's own error goes nowhere.
    ///
    /// # Errors
    /// Where the mailbox is full or the actor has ended.
    pub fn tell(self) -> Result<(), Error> {
        self.0.tell()
    }

    /// As [`Call::send`].
    ///
    /// # Errors
    /// Where the mailbox is full or the actor has ended.
    pub fn send(self) -> Result<TryAnswer<A, R>, Error> {
        self.0.send().map(TryAnswer)
    }

    /// As [`Call::deliver`].
    ///
    /// # Errors
    /// Where no room came in time or the actor has ended.
    pub async fn deliver(self) -> Result<(), Error> {
        self.0.deliver().await
    }
}

impl<'p, A: Actor, R: Fallible + Send + 'static> IntoFuture for TryCall<'p, A, R> {
    type Output = Result<R::Success, Failed<R::Failure>>;
    type IntoFuture = TryAsking<'p, A, R>;

    fn into_future(self) -> TryAsking<'p, A, R> {
        TryAsking(self.0.into_future())
    }
}

/// As [`Asking`], of a command that returns a `Result`.
#[must_use = "futures do nothing unless awaited"]
pub struct TryAsking<'p, A: Actor, R>(Asking<'p, A, R>);

impl<A: Actor, R: Fallible> Future for TryAsking<'_, A, R> {
    type Output = Result<R::Success, Failed<R::Failure>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(flatten)
    }
}

/// As [`Answer`], of a command that returns a `Result`.
#[must_use = "await it for the answer; tell() sends without wanting one"]
pub struct TryAnswer<A: Actor, R>(Answer<A, R>);

impl<A: Actor, R: Fallible> Future for TryAnswer<A, R> {
    type Output = Result<R::Success, Failed<R::Failure>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(flatten)
    }
}

impl<A: Actor, R> std::fmt::Debug for Call<'_, A, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Call({} of {})", self.command, self.address.shared.node.name)
    }
}
