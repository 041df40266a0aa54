//! The children of one supervisor: what carries out, step by step, what the policy says of them.
//!
//! A child whose life is over asks here what becomes of it, and waits. The steps are taken by a task on the supervisor's
//! runtime; the supervisor itself may be busy with a command. When the supervisor ends, its children end before it.

use std::any::Any;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::sync::oneshot;

use super::again::{Fate, Verdict};
use super::numbered::Numbered;
use super::policy::{Action, Child, Policy, Round};
use super::restart::{Restart, Strategy};
use crate::actor::cycle::{Asker, Hold};
use crate::actor::error::SpawnError;
use crate::actor::exit::{Exit, Reason};
use crate::actor::info::ActorName;
use crate::actor::node::{AnyActor, Ended};
use crate::actor::spawn::ready_pair;
use crate::sys::seam::{self, Instant};

/// How long a child may take to stop before it is killed.
pub(crate) const STOP_GRACE: Duration = Duration::from_secs(30);

/// How long one that was killed may take to be gone before it is taken to be stuck, and left behind.
pub(crate) const KILLED: Duration = Duration::from_secs(1);

/// What becomes of a child, as a supervisor that wants to know is told of it.
#[derive(Debug)]
pub(crate) enum Change {
    /// A life of it has ended so.
    Ended(ActorName, Exit),
    /// Another has begun.
    Restarted(ActorName),
    /// Another did not begin.
    NotRestarted(SpawnError),
    /// It has ended for good, so.
    Left(Child, ActorName, Exit),
}

/// The children of one supervisor.
pub(crate) struct Family {
    books: Mutex<Books>,
    supervisor: Weak<dyn AnyActor>,
    epoch: Instant,
}

struct Books {
    policy: Policy,
    members: Numbered<Member>,
    last: Child,
    /// One a child at most, and one a pause.
    events: VecDeque<Event>,
    waker: Option<Waker>,
    phase: Phase,
    closer: Option<Waker>,
    listener: Option<Box<dyn Fn(Change) + Send + Sync>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// The supervisor ends; its children are stopped, or killed.
    Closing {
        kill: bool,
    },
    Closed,
}

#[derive(Default)]
struct Member {
    actor: Option<Arc<dyn AnyActor>>,
    /// A proxy: a supervised child does not end for want of one.
    keeper: Option<Box<dyn Any + Send>>,
    /// Waits to learn what becomes of it, after its life ended so.
    asks: Option<(oneshot::Sender<Verdict>, Exit)>,
}

enum Event {
    Ended(Child),
    Left(Child),
    /// Its start has come to something.
    Started(Child, Option<Result<(), SpawnError>>),
    Paused(Round),
    /// It has had long enough to end a life; once more, after it was killed.
    Overdue(Child, bool),
}

/// Something that will come to pass by itself.
struct Wait {
    /// The child whose grace it is.
    grace_of: Option<Child>,
    event: Pin<Box<dyn Future<Output = Event> + Send>>,
}

impl Wait {
    fn of(event: impl Future<Output = Event> + Send + 'static) -> Wait {
        Wait { grace_of: None, event: Box::pin(event) }
    }
}

impl Family {
    /// A family without children, and the task that looks after it.
    pub(crate) fn of(supervisor: &Arc<dyn AnyActor>) -> Arc<Family> {
        let family = Arc::new(Family {
            books: Mutex::new(Books {
                policy: Policy::default(),
                members: Numbered::default(),
                last: 0,
                events: VecDeque::new(),
                waker: None,
                phase: Phase::Open,
                closer: None,
                listener: None,
            }),
            supervisor: Arc::downgrade(supervisor),
            epoch: seam::now(),
        });
        drop(seam::spawn(look_after(Closes(family.clone()))));
        family
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        seam::now().saturating_duration_since(self.epoch)
    }

    pub(crate) fn set(&self, strategy: Strategy, plan: Restart) {
        self.books().policy.set(strategy, plan);
    }

    pub(crate) fn listen(&self, listener: impl Fn(Change) + Send + Sync + 'static) {
        self.books().listener = Some(Box::new(listener));
    }

    /// A place for a child that is about to be spawned.
    pub(crate) fn reserve(self: &Arc<Self>) -> (Child, Box<dyn Fate>) {
        let mut books = self.books();
        books.last += 1;
        let child = books.last;
        books.members.insert(child, Member::default());
        books.policy.add(child);
        (child, Box::new(fate::ChildsFate { family: self.clone(), child }))
    }

    /// The child has come to life; it is kept alive from now on.
    pub(crate) fn keep(&self, child: Child, proxy: Box<dyn Any + Send>) {
        let mut books = self.books();
        let now = self.now();
        books.policy.spawned(child, now);
        // One that has left meanwhile needs no keeping; its proxy goes after the lock.
        let refused = match books.members.get_mut(child) {
            Some(member) => member.keeper.replace(proxy),
            None => Some(proxy),
        };
        drop(books);
        drop(refused);
    }

    /// Lets a child go: it handles what it was sent, and ends when nobody else can send to it.
    pub(crate) fn release(&self, child: Child) {
        let keeper = self.books().members.get_mut(child).and_then(|member| {
            if let Some(actor) = &member.actor {
                actor.node().wish_for_the_end();
            }
            member.keeper.take()
        });
        drop(keeper);
    }

    fn push(&self, event: Event) {
        let mut books = self.books();
        books.events.push_back(event);
        let waker = books.waker.take();
        drop(books);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ends the children, the one started last first, each before the one before it. What is said to the supervisor
    /// meanwhile is heard: a kill is for them too. Tells whether it was killed.
    pub(crate) fn end<'a>(
        self: Arc<Self>,
        supervisor: &'a dyn AnyActor,
        kill: bool,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move {
            let mut kill = kill;
            let mut hold = Hold::default();
            self.close(kill);
            poll_fn(|cx| {
                let waiting = Asker::of(supervisor.node());
                let mut books = self.books();
                if books.phase == Phase::Closed {
                    return Poll::Ready(kill);
                }
                books.closer = Some(cx.waker().clone());
                drop(books);
                // A child in a command that waits for an answer of this one would wait for ever.
                match self.last_member() {
                    Some((_, Some(child))) if !kill => hold.pend(waiting, child.node(), cx),
                    _ => hold.cut(),
                }
                if !kill && let Poll::Ready(Reason::Killed { .. }) = supervisor.poll_between(false, cx) {
                    kill = true;
                    self.close(true);
                }
                Poll::Pending
            })
            .await
        })
    }

    fn close(&self, kill: bool) {
        let mut books = self.books();
        if books.phase == Phase::Closed {
            return;
        }
        books.phase = Phase::Closing { kill };
        let waker = books.waker.take();
        drop(books);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Kills what is left of it, without waiting: the supervisor's runtime is gone, or the one that looked after it.
    pub(crate) fn abandon(&self) {
        let mut books = self.books();
        books.phase = Phase::Closed;
        let members = std::mem::take(&mut books.members);
        let (waker, closer) = (books.waker.take(), books.closer.take());
        drop(books);
        for actor in members.iter().rev().filter_map(|(_, member)| member.actor.as_ref()) {
            actor.node().wish_for_the_end();
            actor.kill();
        }
        drop(members);
        waker.into_iter().chain(closer).for_each(Waker::wake);
    }

    /// The child to be ended next: the one started last.
    fn last_member(&self) -> Option<(Child, Option<Arc<dyn AnyActor>>)> {
        self.books().members.last().map(|(child, member)| (*child, member.actor.clone()))
    }

    fn tell(&self, change: Change) {
        // Not told under the lock: who is told may ask for a child.
        let listener = self.books().listener.take();
        if let Some(listener) = listener {
            listener(change);
            self.books().listener.get_or_insert(listener);
        }
    }
}

/// The family is closed when this is dropped, however its task ends.
struct Closes(Arc<Family>);

impl Drop for Closes {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Takes the steps, until the supervisor ends and its children have.
async fn look_after(family: Closes) {
    let family = &*family.0;
    let mut waits: Vec<Wait> = Vec::new();
    while let Some(event) = poll_fn(|cx| poll_event(family, &mut waits, cx)).await {
        if let Event::Ended(child) | Event::Left(child) = &event {
            waits.retain(|wait| wait.grace_of != Some(*child));
        }
        for action in family.decide(event) {
            family.carry_out(action, &mut waits);
        }
    }
    while let Some((child, actor)) = family.last_member() {
        if let Some(actor) = actor {
            end_child(family, &actor).await;
        }
        let mut books = family.books();
        let member = books.members.remove(child);
        // The supervisor looks whom it waits for now.
        let closer = books.closer.take();
        drop(books);
        drop(member);
        closer.into_iter().for_each(Waker::wake);
    }
}

/// Stops one child, and kills it where it takes too long, or where the supervisor was killed.
async fn end_child(family: &Family, actor: &Arc<dyn AnyActor>) {
    let kill = family.books().phase == (Phase::Closing { kill: true });
    actor.node().wish_for_the_end();
    if !kill {
        actor.stop();
    }
    let mut ended = Ended::new(actor.clone());
    let mut grace = Box::pin(seam::sleep(STOP_GRACE));
    let stopped = poll_fn(|cx| {
        if Pin::new(&mut ended).poll(cx).is_ready() {
            return Poll::Ready(true);
        }
        let mut books = family.books();
        if books.phase == (Phase::Closing { kill: true }) {
            return Poll::Ready(false);
        }
        books.waker = Some(cx.waker().clone());
        drop(books);
        grace.as_mut().poll(cx).map(|()| false)
    })
    .await;
    if !stopped {
        actor.kill();
        // A thread in a command that never waits cannot be ended; it is left behind.
        let _ = seam::timeout(KILLED, Ended::new(actor.clone())).await;
    }
}

/// What happens next; `None` when the supervisor ends.
fn poll_event(family: &Family, waits: &mut Vec<Wait>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
    let mut books = family.books();
    if books.phase != Phase::Open {
        return Poll::Ready(None);
    }
    if let Some(event) = books.events.pop_front() {
        return Poll::Ready(Some(event));
    }
    books.waker = Some(cx.waker().clone());
    drop(books);
    for at in 0..waits.len() {
        if let Poll::Ready(event) = waits[at].event.as_mut().poll(cx) {
            drop(waits.swap_remove(at));
            return Poll::Ready(Some(event));
        }
    }
    Poll::Pending
}

impl Family {
    /// What follows from an event.
    fn decide(&self, event: Event) -> Vec<Action> {
        let now = self.now();
        match event {
            Event::Paused(round) => self.books().policy.paused(round),
            Event::Left(child) => {
                let mut books = self.books();
                let member = books.members.remove(child);
                let has_lived = !books.policy.is_spawning(child);
                let actions = books.policy.left(child);
                drop(books);
                if let Some(actor) = member.and_then(|member| member.actor)
                    && has_lived
                {
                    let gone = || Exit::because(Reason::Unreachable, "its loop was lost");
                    let exit = actor.node().exit().unwrap_or_else(gone);
                    self.tell(Change::Left(child, actor.node().name.clone(), exit));
                }
                actions
            }
            Event::Ended(child) => {
                let mut books = self.books();
                let Some((actor, exit)) = books.members.get(child).and_then(Member::last_end) else {
                    return Vec::new();
                };
                let asked_to = books.policy.is_stopping(child);
                let actions = books.policy.ended(child, &exit, now, seam::random_u64());
                drop(books);
                let is_over =
                    actions.iter().any(|action| matches!(action, Action::Let(_) | Action::GiveUp(_)));
                if !asked_to && !is_over {
                    self.tell(Change::Ended(actor.node().name.clone(), exit));
                }
                actions
            }
            Event::Started(child, Some(Ok(()))) => {
                let actor = self.actor(child);
                let actions = self.books().policy.started(child, now);
                if let Some(actor) = actor {
                    self.tell(Change::Restarted(actor.node().name.clone()));
                }
                actions
            }
            // It has ended, and asks what becomes of it.
            Event::Started(_, Some(Err(error))) => {
                self.tell(Change::NotRestarted(error));
                Vec::new()
            }
            Event::Started(..) => Vec::new(),
            Event::Overdue(child, killed) => self.overdue(child, killed),
        }
    }

    fn overdue(&self, child: Child, killed: bool) -> Vec<Action> {
        let mut books = self.books();
        if !books.policy.is_stopping(child) {
            return Vec::new();
        }
        if killed {
            // Stuck: the round goes on without it.
            return books.policy.left(child);
        }
        drop(books);
        if let Some(actor) = self.actor(child) {
            actor.kill();
        }
        Vec::new()
    }

    fn actor(&self, child: Child) -> Option<Arc<dyn AnyActor>> {
        self.books().members.get(child)?.actor.clone()
    }

    fn carry_out(&self, action: Action, waits: &mut Vec<Wait>) {
        match action {
            Action::Pause(round, pause) => waits.push(Wait::of(async move {
                seam::sleep(pause).await;
                Event::Paused(round)
            })),
            Action::Renew(child) => self.renew(child, waits),
            Action::Start(child) => {
                let (ready, is_ready) = ready_pair();
                if self.answer(child, |_| Verdict::Again(ready)) {
                    waits.push(Wait::of(async move { Event::Started(child, is_ready.await) }));
                } else {
                    self.push(Event::Left(child));
                }
            }
            Action::Let(child) => drop(self.answer(child, Verdict::Over)),
            Action::GiveUp(child) => {
                let (actor, asks) = {
                    let mut books = self.books();
                    let Some(member) = books.members.get_mut(child) else { return };
                    (member.actor.clone(), member.asks.take())
                };
                let (Some(actor), Some((ask, exit))) = (actor, asks) else { return };
                let exit = self.books().policy.plan().given_up(exit);
                let name = actor.node().name.name();
                let _ = ask.send(Verdict::Over(exit.clone()));
                if let Some(supervisor) = self.supervisor.upgrade() {
                    let why = Exit::new(Reason::GaveUp { child: name, exit: Box::new(exit) });
                    supervisor.end_because(why, false);
                }
            }
        }
    }

    /// Tells a child what becomes of it; `false` where it does not wait for that any more.
    fn answer(&self, child: Child, verdict: impl FnOnce(Exit) -> Verdict) -> bool {
        let asks = self.books().members.get_mut(child).and_then(|member| member.asks.take());
        asks.is_some_and(|(ask, exit)| ask.send(verdict(exit)).is_ok())
    }

    fn renew(&self, child: Child, waits: &mut Vec<Wait>) {
        {
            // Under the lock, and only for one that has not asked what becomes of it: a wish that reaches a child whose
            // life is over would be for the next.
            let books = self.books();
            if let Some(Member { actor: Some(actor), asks: None, .. }) = books.members.get(child) {
                actor.renew();
            }
        }
        for (after, killed) in [(STOP_GRACE, false), (STOP_GRACE + KILLED, true)] {
            let event = Box::pin(async move {
                seam::sleep(after).await;
                Event::Overdue(child, killed)
            });
            waits.push(Wait { grace_of: Some(child), event });
        }
    }
}

impl Member {
    fn last_end(&self) -> Option<(Arc<dyn AnyActor>, Exit)> {
        let (_, exit) = self.asks.as_ref()?;
        Some((self.actor.clone()?, exit.clone()))
    }
}

mod fate;
