//! The loop of an actor: start, messages, stop, and what catches its panics.
//!
//! The same wherever the actor is placed. One `catch_unwind` a poll, not one a command; each wait inside the actor (an
//! async command, `#[start]`, `#[stopping]`) goes on answering the control lane.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{self, Poll};

use super::behavior::Actor;
use super::context::Context;
use super::envelope::{BuiltIn, Envelope};
use super::error::SpawnError;
use super::exit::{Exit, Reason};
use super::inline;
use super::mailbox::{Inbox, Next};
use super::node::{AnyActor, Finisher, Node, Shared};
use super::pace::{MAY_LOOK_EVERY, Pace};
use super::panic;
use super::span::Handled;
use super::spawn::Ready;
use super::state::State;
use super::supervise::again::{Again, Wish};
use super::supervise::family::Family;
use crate::sys::relay;

mod at_once;
mod caught;
mod last;
mod periods;
mod question;
mod stop;
mod traced;
mod visited;
mod wait;

pub(crate) use at_once::Begun;
use caught::Life;
use last::dropped;
use periods::Periods;
pub(crate) use question::answer;
use question::{answer_between, answer_in_order};
use stop::leave;
use visited::poll_visited;
use wait::{Attended, Wait};

/// Messages an actor handles before it lets other tasks of its runtime have a turn.
const TURN: u32 = 256;

/// Everything an actor's loop begins with.
pub(crate) struct Seat<A: Actor> {
    pub(crate) shared: Arc<Shared<A>>,
    /// The same, moved to the thread while the loop is polled.
    pub(crate) seated: Option<Arc<dyn AnyActor>>,
    pub(crate) args: Option<A::Args>,
    /// Where its `#[start]` was run before the loop begins.
    pub(crate) actor: Option<A>,
    pub(crate) cx: Context<A>,
    /// Told once: started, or the error `#[start]` returned. Dropped where the actor ended otherwise before that.
    pub(crate) ready: Option<Ready>,
    /// Asked for another life when one is over.
    pub(crate) again: Option<Box<Again<A>>>,
}

/// What an actor's loop has, whatever it is doing: kept once, and reached from everywhere in it by one reference. The
/// state comes first, to be dropped first where the loop is dropped on its way.
struct Desk<A: Actor> {
    /// Made by `#[start]`.
    actor: Option<A>,
    held: Finisher<A>,
    /// Taken when it starts, as is who learns of that.
    args: Option<A::Args>,
    ready: Option<Ready>,
    cx: Context<A>,
    periods: Periods,
    turn: Turn,
}

/// What is around a life: moved to the thread while it is polled, and asked when it is over.
struct Around<A: Actor> {
    seated: Option<Arc<dyn AnyActor>>,
    again: Option<Box<Again<A>>>,
}

/// What a step that may wait reaches of a desk.
type Hands<'d, A> = (&'d Shared<A>, &'d mut A, &'d mut Context<A>);

impl<A: Actor> Desk<A> {
    fn poll_step(&mut self, task: &mut task::Context<'_>) -> Poll<Step<A>> {
        let Desk { actor, held, cx, periods, turn, .. } = self;
        let actor = actor.as_mut().expect(STARTED);
        poll_step(&held.shared, &mut held.inbox, periods, turn, actor, cx, task)
    }

    fn hands(&mut self) -> Hands<'_, A> {
        (&self.held.shared, self.actor.as_mut().expect(STARTED), &mut self.cx)
    }

    fn node(&self) -> &Node {
        &self.held.shared.node
    }
}

const STARTED: &str = "it has started";

/// Runs an actor from its start to its end, over all of its lives, and tells everybody how it ended.
///
/// A block and not an `async fn`: that would keep what it is given twice, which every idle actor would pay for.
pub(crate) fn live<A: Actor>(seat: Seat<A>) -> impl Future<Output = ()> + Send + use<A> {
    panic::install();
    let Seat { shared, seated, args, actor, cx, ready, mut again } = seat;
    if let Some(again) = &mut again {
        again.outlet = Some(cx.outlet());
    }
    let last = again.as_ref().map_or(u64::MAX, |again| again.fates.messages());
    let mut around = Around { seated, again };
    // Outside of what is caught, so that a command that panics unwinds neither messages nor state: what waits behind it
    // is handled by the next life or learns how the actor ended, and a drop that panics too does not abort the process.
    let mut desk = Desk {
        actor,
        held: Finisher { shared, inbox: Inbox::new() },
        args,
        ready,
        cx,
        periods: Periods::default(),
        turn: Turn { left: TURN, last, span: Handled::default() },
    };
    async move {
        let exit = loop {
            let exit = {
                let course = pin!(course(&mut desk));
                Life { course, around: &mut around }.await
            };
            // What follows is its own task's, also where it was a visitor's command that panicked.
            desk.held.shared.helm.owners_turn().await;
            let family = desk.node().take_family();
            if family.is_none() && around.again.is_none() {
                if let Some(jobs) = desk.node().jobs() {
                    jobs.cancel_all();
                }
                break dropped(desk.actor.take(), &mut around.seated, exit);
            }
            // In a box: it would be part of every actor's loop, and most have no children and but one life.
            match Box::pin(aftermath(&mut desk, family, exit, &mut around)).await {
                Ok(()) => {}
                Err(exit) => break exit,
            }
        };
        let Finisher { shared, inbox } = &mut desk.held;
        if let Some(jobs) = shared.node.jobs() {
            jobs.close();
        }
        shared.finish(exit, inbox);
    }
}

/// What follows a life where there may be more to it: children that are to end, another life.
async fn aftermath<A: Actor>(
    desk: &mut Desk<A>,
    family: Option<Arc<Family>>,
    exit: Exit,
    around: &mut Around<A>,
) -> Result<(), Exit> {
    let shared = &desk.held.shared;
    // After a panic or a kill; in good order they have ended before `#[stopping]`.
    if let Some(family) = family {
        family.end(&**shared, matches!(exit.reason, Reason::Killed { .. })).await;
    }
    if let Some(jobs) = shared.node.jobs() {
        jobs.cancel_all();
    }
    let exit = dropped(desk.actor.take(), &mut around.seated, exit);
    let Some(again) = &mut around.again else { return Err(exit) };
    let (args, ready) = again.next(&**shared, exit).await?;
    if let Some(jobs) = shared.node.jobs() {
        jobs.fail_all();
    }
    let outlet = again.outlet.clone().expect("noted when the first life began");
    desk.cx = Context::new(shared.clone(), outlet, Vec::new());
    (desk.args, desk.ready) = (Some(args), Some(ready));
    desk.turn.last = shared.node.handled().saturating_add(again.fates.messages());
    Ok(())
}

/// The course of one life. Its state is made in here and left at the desk.
///
/// A block for the reason that [`live`] is one.
#[allow(clippy::manual_async_fn, reason = "an `async fn` keeps what it is given twice")]
fn course<A: Actor>(desk: &mut Desk<A>) -> impl Future<Output = Exit> + Send {
    async move {
        if let Err(exit) = start(&mut *desk).await {
            return exit;
        }
        let served = if desk.cx.wants_stop() {
            Served::Ending(Exit::new(Reason::Returned))
        } else {
            serve(&mut *desk).await
        };
        // Moved, not looked at: what is looked at is kept beside what is made of it.
        match leave(desk, served) {
            Ok(exit) => exit,
            Err(stopping) => stopping.await,
        }
    }
}

/// Runs `#[start]`; how the life ended where that came to nothing.
fn start<A: Actor>(desk: &mut Desk<A>) -> impl Future<Output = Result<(), Exit>> + Send {
    if desk.args.is_some() {
        desk.node().begin();
        desk.node().state.set(State::Starting);
    }
    async move {
        let Some(args) = desk.args.take() else {
            // It was run by who spawned the actor, and why it failed was noted as why it is to end.
            let failed = || desk.node().told(Reason::Failed, "");
            return if desk.actor.is_some() { Ok(()) } else { Err(failed()) };
        };
        let started = {
            let mut wait = Wait::of(&desk.held.shared, true);
            wait.attend(pin!(A::start(args, &mut desk.cx))).await
        };
        let (node, ready) = (&desk.held.shared.node, desk.ready.take());
        match started {
            Attended::Done(Ok(actor)) => desk.actor = Some(actor),
            Attended::Done(Err(message)) => {
                let exit = at_once::failed(&message);
                if let Some(ready) = ready {
                    ready.send(Err(SpawnError::Start { actor: node.name.clone(), message }));
                }
                return Err(exit);
            }
            Attended::Cut(reason) => return Err(node.told(reason, "while it was starting")),
        }
        node.state.set(State::Run);
        if let Some(ready) = ready {
            ready.send(Ok(()));
        }
        Ok(())
    }
}

/// How an actor's messages came to an end.
enum Served {
    /// It ends in good order, or after a failed `#[periodic]`: `#[stopping]` runs.
    Ending(Exit),
    /// It is over at once.
    Over(Exit),
}

/// Handles messages until there is a reason to end.
fn serve<A: Actor>(desk: &mut Desk<A>) -> impl Future<Output = Served> + Send {
    desk.periods = Periods::new(A::PERIODS);
    async move {
        loop {
            // Looked at where it is and moved as a whole: what is taken out of it in a pattern would be kept twice.
            let step = poll_fn(|task| desk.poll_step(task)).await;
            let cut = if matches!(step, Step::Command(_)) {
                let message = step.into_command();
                let span = std::mem::take(&mut desk.turn.span);
                let (shared, actor, cx) = desk.hands();
                let mut wait = Wait::in_span(shared, span);
                wait.attend(pin!(actor.dispatch(message, cx))).await.cut()
            } else if matches!(step, Step::Tick(_)) {
                let period = step.into_period();
                let (shared, actor, cx) = desk.hands();
                let mut wait = Wait::of(shared, false);
                match wait.attend(pin!(actor.tick(period, cx))).await {
                    Attended::Done(Err(message)) => {
                        let why = format!("its #[periodic] returned an error: {message}");
                        return Served::Ending(Exit::because(Reason::Failed, why));
                    }
                    attended => attended.cut(),
                }
            } else if matches!(step, Step::BuiltIn(_)) {
                let built_in = step.into_built_in();
                let span = std::mem::take(&mut desk.turn.span);
                let (shared, actor, cx) = desk.hands();
                let mut wait = Wait::in_span(shared, span);
                wait.attend(pin!(answer_in_order(shared, actor, cx, built_in))).await.cut()
            } else if let Some(served) = ended_by(desk.node(), &step) {
                return served;
            } else {
                desk.held.shared.helm.owners_turn().await;
                None
            };
            let node = desk.node();
            if let Some(reason) = cut {
                return Served::Over(node.told(reason, "in the middle of a command"));
            }
            if desk.cx.wants_stop() {
                return Served::Ending(Exit::new(Reason::Returned));
            }
            if node.handled() >= desk.turn.last && node.wish_for(Wish::Recycle) {
                return Served::Ending(Exit::new(Reason::Returned));
            }
        }
    }
}

/// How the messages came to an end by a step, if they did.
fn ended_by<A: Actor>(node: &Node, step: &Step<A>) -> Option<Served> {
    let told = |reason| node.told(reason, "");
    match step {
        Step::Stop => Some(Served::Ending(told(Reason::Stopped))),
        Step::Kill => Some(Served::Over(told(Reason::Killed { signal: None }))),
        Step::Abandoned => Some(Served::Ending(Exit::abandoned())),
        _ => None,
    }
}

/// How many messages are handled in a row, and in all.
struct Turn {
    left: u32,
    /// The number of the message after which the actor is replaced.
    last: u64,
    /// That of the message whose work is to be waited for.
    span: Handled,
}

/// What the loop does next that may wait, or ends it.
enum Step<A: Actor> {
    /// An async command.
    Command(A::Message),
    BuiltIn(Box<BuiltIn>),
    /// A `#[periodic]` function is due.
    Tick(usize),
    /// A command wants the actor to stop, or it has handled as many messages as it is to.
    Enough,
    Stop,
    Kill,
    /// The mailbox is empty and nobody can send to it any more.
    Abandoned,
}

impl<A: Actor> Step<A> {
    fn into_command(self) -> A::Message {
        match self {
            Step::Command(message) => message,
            _ => unreachable!("another step"),
        }
    }

    fn into_built_in(self) -> BuiltIn {
        match self {
            Step::BuiltIn(built_in) => *built_in,
            _ => unreachable!("another step"),
        }
    }

    fn into_period(self) -> usize {
        match self {
            Step::Tick(period) => period,
            _ => unreachable!("another step"),
        }
    }
}

/// Answers commands that are plain functions, one after the other, up to what needs more than that.
fn poll_step<A: Actor>(
    shared: &Shared<A>,
    inbox: &mut Inbox<Envelope<A::Message>>,
    periods: &mut Periods,
    turn: &mut Turn,
    actor: &mut A,
    cx: &mut Context<A>,
    task: &mut task::Context<'_>,
) -> Poll<Step<A>> {
    if shared.helm.is_visited() {
        return poll_visited(shared, inbox, turn, actor, cx, task.waker());
    }
    inbox.begin_turn();
    inbox.tells_late(shared.helm.home().is_some());
    let mut passed = false;
    loop {
        if passed && shared.mailbox.has_more() {
            relay::flush();
            passed = false;
        }
        if turn.left == 0 || inbox.ends_a_burst() {
            turn.left = TURN;
            task.waker().wake_by_ref();
            shared.helm.rests(true);
            return Poll::Pending;
        }
        turn.left -= 1;
        if !A::PERIODS.is_empty()
            && let Poll::Ready(period) = periods.poll_due(task)
        {
            tell_in_time(shared, inbox, None);
            return Poll::Ready(Step::Tick(period));
        }
        let next = shared.mailbox.poll_next(inbox, task);
        if inbox.owes_room() {
            let message = match &next {
                Poll::Ready(Next::Message(envelope)) => Some(envelope),
                _ => None,
            };
            tell_in_time(shared, inbox, message);
        }
        match next {
            Poll::Ready(Next::Message(Envelope::Command(message))) => {
                let passes = inbox.is_lone() && !passed && may_pass(shared, &message);
                let step = handle(shared, message, turn, actor, cx);
                passed |= passes && relay::close();
                if let Some(step) = step {
                    return Poll::Ready(step);
                }
            }
            Poll::Ready(Next::Message(Envelope::BuiltIn(built_in))) => {
                shared.node.count_message();
                return Poll::Ready(Step::BuiltIn(built_in));
            }
            Poll::Ready(Next::Message(Envelope::Traced(traced))) => {
                if let Some(step) = traced::begin(shared, traced, turn, actor, cx) {
                    return Poll::Ready(step);
                }
            }
            Poll::Ready(Next::Control(question)) => answer_between(shared, *question, actor),
            Poll::Ready(Next::Stop) => return Poll::Ready(Step::Stop),
            Poll::Ready(Next::Kill) => return Poll::Ready(Step::Kill),
            // Looked at after parking: a proxy dropped from now on wakes the loop.
            Poll::Pending
                if shared.is_abandoned() && !shared.node.jobs().is_some_and(|jobs| jobs.is_busy()) =>
            {
                return Poll::Ready(Step::Abandoned);
            }
            Poll::Pending => {
                turn.left = TURN;
                shared.helm.rests(true);
                return Poll::Pending;
            }
        }
    }
}

/// Tells those of room who wait for it, unless what comes next is a message that has been quick so far.
#[inline(never)]
fn tell_in_time<A: Actor>(
    shared: &Shared<A>,
    inbox: &mut Inbox<Envelope<A::Message>>,
    next: Option<&Envelope<A::Message>>,
) {
    if inbox.owes_room() && next.and_then(inline::pace_of::<A>).is_none() {
        inbox.room_is_told();
        shared.mailbox.tell_of_room();
    }
}

/// Whether those whom a command tells something may be polled after it: where it has been quick so far. Apart from the
/// loop, whose messages are mostly several.
#[inline(never)]
fn may_pass<A: Actor>(shared: &Shared<A>, message: &A::Message) -> bool {
    let may = A::pace_of(message).is_some_and(Pace::is_quick);
    if may {
        relay::open(shared.helm.home());
    }
    may
}

/// Answers a command, if it is a plain function; the step where more is to be done.
#[inline(always)]
fn handle<A: Actor>(
    shared: &Shared<A>,
    message: A::Message,
    turn: &Turn,
    actor: &mut A,
    cx: &mut Context<A>,
) -> Option<Step<A>> {
    shared.node.count_message();
    let number = shared.node.handled();
    let look = match number.is_multiple_of(MAY_LOOK_EVERY) {
        true => A::pace_of(&message).and_then(|pace| pace.look(number, cx)),
        false => None,
    };
    if let Some(message) = actor.dispatch_now(message, cx) {
        return Some(Step::Command(message));
    }
    if let Some(look) = look {
        look.done(cx);
    }
    (cx.wants_stop() || shared.node.handled() >= turn.last).then_some(Step::Enough)
}
