//! The loop of an actor: start, messages, stop, and what catches its panics.
//!
//! The same wherever the actor is placed. One `catch_unwind` a poll, not one a command; each wait inside the actor (an
//! async command, `#[start]`, `#[stopping]`) goes on answering the control lane.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Poll};

use super::behavior::Actor;
use super::context::Context;
use super::envelope::{BuiltIn, Envelope};
use super::error::SpawnError;
use super::executor::{GRACE, Pool};
use super::exit::{Exit, Reason};
use super::letter::Kept;
use super::mailbox::{Inbox, Next};
use super::node::{AnyActor, Finisher, Shared};
use super::panic;
use super::spawn::Ready;
use super::state::State;
use super::supervise::again::{Again, Wish};
use super::supervise::family::Family;
use super::supervise::watch::Work;
use crate::sys::seam;

mod caught;
mod last;
mod periods;
mod wait;

use caught::Life;
use last::dropped;
use periods::Periods;
use wait::{Attended, Wait};

/// Messages an actor handles before it lets other tasks of its runtime have a turn.
const TURN: u32 = 256;

/// Everything an actor's loop begins with.
pub(crate) struct Seat<A: Actor> {
    pub(crate) shared: Arc<Shared<A>>,
    pub(crate) args: A::Args,
    pub(crate) cx: Context<A>,
    /// Told once: started, or the error `#[start]` returned. Dropped where the actor ended otherwise before that.
    pub(crate) ready: Ready,
    /// Asked for another life when one is over.
    pub(crate) again: Option<Box<Again<A>>>,
}

/// What one life begins with.
struct Birth<A: Actor> {
    /// Taken when it starts, as is who learns of that. The rest stays here: what is moved is kept twice.
    args: Option<A::Args>,
    ready: Option<Ready>,
    cx: Context<A>,
    /// How many messages it handles before it is replaced.
    messages: u64,
}

/// What is given back however the loop ends: the messages first.
struct Held<A: Actor> {
    inbox: Kept<A>,
    finisher: Finisher<A>,
}

/// Runs an actor from its start to its end, over all of its lives, and tells everybody how it ended.
///
/// A block and not an `async fn`: that would keep what it is given twice, which every idle actor would pay for.
pub(crate) fn live<A: Actor>(seat: Seat<A>) -> impl Future<Output = ()> + Send + use<A> {
    panic::install();
    let Seat { shared, args, cx, ready, mut again } = seat;
    if let Some(again) = &mut again {
        again.outlet = Some(cx.outlet());
    }
    let messages = again.as_ref().map_or(u64::MAX, |again| again.fates.messages());
    let mut birth = Birth { args: Some(args), cx, ready: Some(ready), messages };
    let mut seated: Option<Arc<dyn AnyActor>> = Some(shared.clone());
    // Outside of what is caught, so that a command that panics unwinds neither: what waits behind it is handled by the
    // next life or learns how the actor ended, and a state whose drop panics too does not abort the process.
    let mut held = Held { inbox: Kept::new(&shared), finisher: Finisher(shared) };
    async move {
        let exit = loop {
            let mut actor = None;
            let exit = {
                let Held { inbox, finisher: Finisher(shared) } = &mut held;
                let course = pin!(course(shared, &mut birth, &mut actor, inbox));
                Life { course, seated: &mut seated, again: &mut again }.await
            };
            let shared = &held.finisher.0;
            let family = shared.node.take_family();
            if family.is_none() && again.is_none() {
                if let Some(jobs) = shared.node.jobs() {
                    jobs.cancel_all();
                }
                break dropped(actor, &mut seated, exit);
            }
            // In a box: it would be part of every actor's loop, and most have no children and but one life.
            match Box::pin(aftermath(shared, family, exit, actor, &mut seated, &mut again)).await {
                Ok(next) => birth = next,
                Err(exit) => break exit,
            }
        };
        let Held { inbox, finisher: Finisher(shared) } = &mut held;
        if let Some(jobs) = shared.node.jobs() {
            jobs.close();
        }
        let exit = exit.leaving(inbox.len() + shared.mailbox.queued());
        shared.finish(exit, inbox.drain());
    }
}

/// What follows a life where there may be more to it: children that are to end, another life.
async fn aftermath<A: Actor>(
    shared: &Arc<Shared<A>>,
    family: Option<Arc<Family>>,
    exit: Exit,
    actor: Option<A>,
    seated: &mut Option<Arc<dyn AnyActor>>,
    again: &mut Option<Box<Again<A>>>,
) -> Result<Birth<A>, Exit> {
    // After a panic or a kill; in good order they have ended before `#[stopping]`.
    if let Some(family) = family {
        family.end(&**shared, matches!(exit.reason, Reason::Killed { .. })).await;
    }
    if let Some(jobs) = shared.node.jobs() {
        jobs.cancel_all();
    }
    let exit = dropped(actor, seated, exit);
    let Some(again) = again else { return Err(exit) };
    let (args, ready) = again.next(&**shared, exit).await?;
    if let Some(jobs) = shared.node.jobs() {
        jobs.fail_all();
    }
    let outlet = again.outlet.clone().expect("noted when the first life began");
    let cx = Context::new(shared.clone(), outlet, Vec::new());
    Ok(Birth { args: Some(args), cx, ready: Some(ready), messages: again.fates.messages() })
}

/// What an actor's loop reaches in one of its lives.
struct Desk<'a, A: Actor> {
    shared: &'a Shared<A>,
    inbox: &'a mut Inbox<Envelope<A::Message>>,
    birth: &'a mut Birth<A>,
    /// Made by `#[start]`.
    actor: &'a mut Option<A>,
    periods: Periods,
    turn: Turn,
}

impl<A: Actor> Desk<'_, A> {
    fn poll_step(&mut self, task: &mut task::Context<'_>) -> Poll<Step<A>> {
        let Desk { shared, inbox, birth, actor, periods, turn } = self;
        let actor = actor.as_mut().expect(STARTED);
        poll_step(shared, inbox, periods, turn, actor, &mut birth.cx, task)
    }

    /// The actor, and what its commands can reach.
    fn hands(&mut self) -> (&mut A, &mut Context<A>) {
        (self.actor.as_mut().expect(STARTED), &mut self.birth.cx)
    }
}

const STARTED: &str = "it has started";

/// The course of one life. Its state is made in here and left in `actor`.
///
/// A block for the reason that [`live`] is one.
fn course<'a, A: Actor>(
    shared: &'a Shared<A>,
    birth: &'a mut Birth<A>,
    actor: &'a mut Option<A>,
    inbox: &'a mut Inbox<Envelope<A::Message>>,
) -> impl Future<Output = Exit> + Send {
    // A plain `#[start]` may be run by who spawns the actor, messages never are.
    let left = if A::IS_PLAIN { 0 } else { TURN };
    let turn = Turn { left, last: shared.node.handled().saturating_add(birth.messages) };
    let mut desk = Desk { shared, inbox, birth, actor, periods: Periods::default(), turn };
    async move {
        if let Err(exit) = start(desk.shared, desk.birth, desk.actor).await {
            return exit;
        }
        let served = serve(&mut desk).await;
        if matches!(served, Served::Over(_)) {
            return served.exit();
        }
        // In a box for the reason that what follows a life is in one.
        Box::pin(stop(&mut desk, served.exit())).await
    }
}

/// The end of a life in good order.
async fn stop<A: Actor>(desk: &mut Desk<'_, A>, end: Exit) -> Exit {
    let shared = desk.shared;
    let node = &shared.node;
    if !node.may_go_on(&end) {
        node.state.advance(State::Stopping);
        shared.mailbox.shut();
    }
    if let Some(jobs) = node.jobs() {
        jobs.cancel_all();
    }
    if let Some(family) = node.take_family()
        && family.end(shared, false).await
    {
        return node.told(Reason::Killed { signal: None }, "while its children were stopping");
    }
    let mut wait = Wait::of(shared, false);
    let (actor, cx) = desk.hands();
    let end = match wait.attend(pin!(actor.stopping(cx))).await {
        Attended::Done(Ok(())) => end,
        Attended::Done(Err(message)) => {
            Exit::because(Reason::Failed, format!("its #[stopping] returned an error: {message}"))
        }
        Attended::Cut(reason) => return node.told(reason, "while it was stopping"),
    };
    match node.jobs() {
        Some(jobs) => leave_jobs(shared, jobs, end).await,
        None => end,
    }
}

/// Runs `#[start]`; how the life ended where that came to nothing.
fn start<A: Actor>(
    shared: &Shared<A>,
    birth: &mut Birth<A>,
    state: &mut Option<A>,
) -> impl Future<Output = Result<(), Exit>> + Send {
    let node = &shared.node;
    node.begin();
    node.state.advance(State::Starting);
    async move {
        let args = birth.args.take().expect("a life begins with its arguments");
        let mut wait = Wait::of(shared, true);
        let started = wait.attend(pin!(A::start(args, &mut birth.cx))).await;
        let ready = birth.ready.take();
        match started {
            Attended::Done(Ok(actor)) => *state = Some(actor),
            Attended::Done(Err(message)) => {
                let exit =
                    Exit::because(Reason::Failed, format!("its #[start] returned an error: {message}"));
                if let Some(ready) = ready {
                    ready.send(Err(SpawnError::Start { actor: node.name.clone(), message }));
                }
                return Err(exit);
            }
            Attended::Cut(reason) => return Err(node.told(reason, "while it was starting")),
        }
        node.state.advance(State::Run);
        if let Some(ready) = ready {
            ready.send(Ok(()));
        }
        Ok(())
    }
}

/// Waits for the jobs that were cancelled, but not for ever: one that does not heed it is named and left behind.
async fn leave_jobs<A: Actor>(shared: &Shared<A>, jobs: &Pool, end: Exit) -> Exit {
    let quiet = poll_fn(|cx| jobs.poll_quiet(cx));
    let mut wait = Wait::of(shared, false);
    if let Attended::Cut(reason) = wait.attend(pin!(seam::timeout(GRACE, quiet))).await {
        return shared.node.told(reason, "while its jobs were leaving off");
    }
    jobs.give_up_all().into_iter().fold(end, |end, id| {
        end.and(format_args!("its job {id} was cancelled and has not left off within {GRACE:?}"))
    })
}

/// How an actor's messages came to an end.
enum Served {
    /// It ends in good order, or after a failed `#[periodic]`: `#[stopping]` runs.
    Ending(Exit),
    /// It is over at once.
    Over(Exit),
}

impl Served {
    fn exit(self) -> Exit {
        match self {
            Served::Ending(exit) | Served::Over(exit) => exit,
        }
    }
}

/// Handles messages until there is a reason to end.
fn serve<A: Actor>(desk: &mut Desk<'_, A>) -> impl Future<Output = Served> + Send {
    desk.periods = Periods::new(A::PERIODS);
    async move {
        loop {
            // Looked at where it is and moved as a whole: what is taken out of it in a pattern would be kept twice.
            let step = poll_fn(|task| desk.poll_step(task)).await;
            let mut wait = Wait::of(desk.shared, false);
            let cut = if matches!(step, Step::Command(_)) {
                let message = step.into_command();
                let (actor, cx) = desk.hands();
                wait.attend(pin!(actor.dispatch(message, cx))).await.cut()
            } else if matches!(step, Step::Tick(_)) {
                let period = step.into_period();
                let (actor, cx) = desk.hands();
                match wait.attend(pin!(actor.tick(period, cx))).await {
                    Attended::Done(Err(message)) => {
                        let why = format!("its #[periodic] returned an error: {message}");
                        return Served::Ending(Exit::because(Reason::Failed, why));
                    }
                    attended => attended.cut(),
                }
            } else if matches!(step, Step::BuiltIn(_)) {
                match answer_in_order(desk, *step.into_built_in()) {
                    Some(mut work) => wait.attend(work.as_mut()).await.cut(),
                    None => None,
                }
            } else if let Some(served) = ended_by(desk.shared, &step) {
                return served;
            } else {
                None
            };
            if let Some(reason) = cut {
                return Served::Over(desk.shared.node.told(reason, "in the middle of a command"));
            }
            if desk.birth.cx.wants_stop() {
                return Served::Ending(Exit::new(Reason::Returned));
            }
            if desk.shared.node.handled() >= desk.turn.last && desk.shared.node.wish_for(Wish::Recycle) {
                return Served::Ending(Exit::new(Reason::Returned));
            }
        }
    }
}

/// Work that takes a while, in a box.
type Lengthy<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// How the messages came to an end by a step, if they did.
fn ended_by<A: Actor>(shared: &Shared<A>, step: &Step<A>) -> Option<Served> {
    let told = |reason| shared.node.told(reason, "");
    match step {
        Step::Stop => Some(Served::Ending(told(Reason::Stopped))),
        Step::Kill => Some(Served::Over(told(Reason::Killed { signal: None }))),
        Step::Abandoned => {
            Some(Served::Ending(Exit::because(Reason::Returned, "its last proxy was dropped")))
        }
        _ => None,
    }
}

/// How many messages are handled in a row, and in all.
struct Turn {
    left: u32,
    /// The number of the message after which the actor is replaced.
    last: u64,
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

    fn into_built_in(self) -> Box<BuiltIn> {
        match self {
            Step::BuiltIn(built_in) => built_in,
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
    inbox.begin_turn();
    loop {
        if turn.left == 0 || inbox.ends_a_burst() {
            turn.left = TURN;
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        turn.left -= 1;
        if !A::PERIODS.is_empty()
            && let Poll::Ready(period) = periods.poll_due(task)
        {
            return Poll::Ready(Step::Tick(period));
        }
        match shared.mailbox.poll_next(inbox, task) {
            Poll::Ready(Next::Message(Envelope::Command(message))) => {
                shared.node.count_message();
                if let Some(message) = actor.dispatch_now(message, cx) {
                    return Poll::Ready(Step::Command(message));
                }
                if cx.wants_stop() || shared.node.handled() >= turn.last {
                    return Poll::Ready(Step::Enough);
                }
            }
            Poll::Ready(Next::Message(Envelope::BuiltIn(built_in))) => {
                shared.node.count_message();
                return Poll::Ready(Step::BuiltIn(built_in));
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
                return Poll::Pending;
            }
        }
    }
}

/// Answers a question of the control lane.
pub(super) fn answer<A: Actor>(shared: &Shared<A>, question: BuiltIn) {
    match question {
        BuiltIn::Ping(reply) => reply.send(()),
        BuiltIn::Info(reply) => reply.send(shared.info()),
        BuiltIn::GiveUp(ticket) => shared.node.beside().give_up_call(ticket),
        BuiltIn::Echo(..) | BuiltIn::Open(_) | BuiltIn::Work(_) => {
            unreachable!("{question:?} goes with the messages")
        }
    }
}

/// Answers a question of the control lane between two messages, when the actor itself can be asked.
fn answer_between<A: Actor>(shared: &Shared<A>, question: BuiltIn, actor: &mut A) {
    match question {
        BuiltIn::Info(reply) if A::HAS_ON_INFO => {
            let mut info = shared.info();
            info.entries.clear();
            actor.on_info(&mut info);
            shared.node.beside().keep_entries(&info.entries);
            reply.send(info);
        }
        question => answer(shared, question),
    }
}

/// Answers a built-in message that came in order with the others, or gives back what is to be waited for.
fn answer_in_order<'a, A: Actor>(desk: &'a mut Desk<'_, A>, built_in: BuiltIn) -> Option<Lengthy<'a>> {
    let shared = desk.shared;
    let (actor, cx) = desk.hands();
    match built_in {
        BuiltIn::Echo(text, reply) => reply.send(text),
        BuiltIn::Open(call) => return Some(call.run(cx)),
        BuiltIn::Work(work) => {
            if let Ok(work) = work.downcast::<Work<A>>() {
                work(actor, cx);
            }
        }
        question => answer(shared, question),
    }
    None
}
