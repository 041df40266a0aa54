//! The loop of an actor: start, messages, stop, and what catches its panics.
//!
//! The same wherever the actor is placed. One `catch_unwind` a poll, not one a command; each wait inside the actor (an
//! async command, `#[start]`, `#[stopping]`) goes on answering the control lane.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use super::behavior::Actor;
use super::context::Context;
use super::current::Inside;
use super::cycle;
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
use crate::sys::seam::{self, Instant};

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
    args: A::Args,
    cx: Context<A>,
    ready: Ready,
    /// How many messages it handles before it is replaced.
    messages: u64,
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
    let mut birth = Some(Birth { args, cx, ready, messages });
    async move {
        let finisher = Finisher(shared.clone());
        let mut seated: Option<Arc<dyn AnyActor>> = Some(shared.clone());
        // Outside of what is caught, so that a command that panics unwinds neither: what waits behind it is handled by the
        // next life or learns how the actor ended, and a state whose drop panics too does not abort the process.
        let mut inbox = Kept::new(&shared);
        let exit = loop {
            let mut actor = None;
            let exit = {
                let mut course = pin!(course(&shared, &mut birth, &mut actor, &mut inbox));
                poll_fn(|cx| {
                    let _inside = Inside::enter(&mut seated);
                    match catch_unwind(AssertUnwindSafe(|| course.as_mut().poll(cx))) {
                        Ok(Poll::Pending) => {}
                        Ok(ended) => return ended,
                        Err(payload) => {
                            return Poll::Ready(Exit::new(Reason::Panicked(panic::caught(&*payload))));
                        }
                    }
                    match &mut again {
                        Some(again) => again.fates.poll_overdue(&shared.node, cx),
                        None => Poll::Pending,
                    }
                })
                .await
            };
            let family = shared.node.take_family();
            if family.is_none() && again.is_none() {
                if let Some(jobs) = shared.node.jobs() {
                    jobs.cancel_all();
                }
                break dropped(actor, &mut seated, exit);
            }
            // In a box: it would be part of every actor's loop, and most have no children and but one life.
            match Box::pin(aftermath(&shared, family, exit, actor, &mut seated, &mut again)).await {
                Ok(next) => birth = Some(next),
                Err(exit) => break exit,
            }
        };
        if let Some(jobs) = shared.node.jobs() {
            jobs.close();
        }
        let exit = exit.leaving(inbox.len() + shared.mailbox.queued());
        shared.finish(exit, inbox.drain());
        drop(finisher);
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
    Ok(Birth { args, cx, ready, messages: again.fates.messages() })
}

/// Gives an actor the last word and drops its state.
fn dropped<A: Actor>(mut actor: Option<A>, seated: &mut Option<Arc<dyn AnyActor>>, exit: Exit) -> Exit {
    let _inside = Inside::enter(seated);
    let exit = match actor.as_mut().map(|actor| catch_unwind(AssertUnwindSafe(|| actor.exit(&exit)))) {
        Some(Err(payload)) => spoilt(exit, "in its #[exit]", &*payload),
        _ => exit,
    };
    match catch_unwind(AssertUnwindSafe(|| drop(actor))) {
        Ok(()) => exit,
        Err(payload) => spoilt(exit, "while its state was dropped", &*payload),
    }
}

/// The end of an actor that panicked after it: that is how it ended, unless it had ended badly before.
fn spoilt(exit: Exit, when: &str, payload: &(dyn Any + Send)) -> Exit {
    let note = panic::caught(payload);
    if exit.is_orderly() {
        Exit::because(Reason::Panicked(note), when)
    } else {
        exit.and(format_args!("and it panicked {when}, {note}"))
    }
}

/// The course of one life. Its state is made in here and left in `state`.
async fn course<A: Actor>(
    shared: &Shared<A>,
    birth: &mut Option<Birth<A>>,
    state: &mut Option<A>,
    inbox: &mut Inbox<Envelope<A::Message>>,
) -> Exit {
    let Birth { args, mut cx, ready, messages } = birth.take().expect("a life begins with its birth");
    shared.node.begin();
    shared.node.state.advance(State::Starting);
    let actor = match attend(shared, true, A::start(args, &mut cx)).await {
        Attended::Done(Ok(actor)) => state.insert(actor),
        Attended::Done(Err(message)) => {
            let exit = Exit::because(Reason::Failed, format!("its #[start] returned an error: {message}"));
            let actor = shared.node.name.clone();
            ready.send(Err(SpawnError::Start { actor, message }));
            return exit;
        }
        Attended::Cut(reason) => return shared.node.told(reason, "while it was starting"),
    };
    shared.node.state.advance(State::Run);
    ready.send(Ok(()));

    let end = match serve(shared, inbox, actor, &mut cx, messages).await {
        Served::Over(exit) => return exit,
        Served::Ending(exit) => exit,
    };
    if !shared.node.may_go_on(&end) {
        shared.node.state.advance(State::Stopping);
        shared.mailbox.shut();
    }
    if let Some(jobs) = shared.node.jobs() {
        jobs.cancel_all();
    }
    if let Some(family) = shared.node.take_family()
        && family.end(shared, false).await
    {
        return shared.node.told(Reason::Killed { signal: None }, "while its children were stopping");
    }
    let end = match attend(shared, false, actor.stopping(&mut cx)).await {
        Attended::Done(Ok(())) => end,
        Attended::Done(Err(message)) => {
            Exit::because(Reason::Failed, format!("its #[stopping] returned an error: {message}"))
        }
        Attended::Cut(reason) => return shared.node.told(reason, "while it was stopping"),
    };
    match shared.node.jobs() {
        Some(jobs) => leave_jobs(shared, jobs, end).await,
        None => end,
    }
}

/// Waits for the jobs that were cancelled, but not for ever: one that does not heed it is named and left behind.
async fn leave_jobs<A: Actor>(shared: &Shared<A>, jobs: &Pool, end: Exit) -> Exit {
    let quiet = poll_fn(|cx| jobs.poll_quiet(cx));
    if let Attended::Cut(reason) = attend(shared, false, seam::timeout(GRACE, quiet)).await {
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

async fn serve<A: Actor>(
    shared: &Shared<A>,
    inbox: &mut Inbox<Envelope<A::Message>>,
    actor: &mut A,
    cx: &mut Context<A>,
    messages: u64,
) -> Served {
    let mut periods = Periods::new(A::PERIODS);
    let mut turn = Turn { left: TURN, last: shared.node.handled().saturating_add(messages) };
    loop {
        let step = poll_fn(|task| poll_step(shared, inbox, &mut periods, &mut turn, actor, cx, task)).await;
        let attended = match step {
            Step::Command(message) => attend(shared, false, actor.dispatch(message, cx)).await,
            Step::BuiltIn(built_in) => answer_in_order(shared, *built_in, actor, cx).await,
            Step::Tick(period) => match attend(shared, false, actor.tick(period, cx)).await {
                Attended::Done(Ok(())) => Attended::Done(()),
                Attended::Done(Err(message)) => {
                    let why = format!("its #[periodic] returned an error: {message}");
                    return Served::Ending(Exit::because(Reason::Failed, why));
                }
                Attended::Cut(reason) => Attended::Cut(reason),
            },
            Step::Enough => Attended::Done(()),
            Step::Stop => return Served::Ending(shared.node.told(Reason::Stopped, "")),
            Step::Kill => {
                return Served::Over(shared.node.told(Reason::Killed { signal: None }, ""));
            }
            Step::Abandoned => {
                return Served::Ending(Exit::because(Reason::Returned, "its last proxy was dropped"));
            }
        };
        if let Attended::Cut(reason) = attended {
            return Served::Over(shared.node.told(reason, "in the middle of a command"));
        }
        if cx.wants_stop() {
            return Served::Ending(Exit::new(Reason::Returned));
        }
        if shared.node.handled() >= turn.last && shared.node.wish_for(Wish::Recycle) {
            return Served::Ending(Exit::new(Reason::Returned));
        }
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

/// How a wait inside the actor ended.
enum Attended<T> {
    Done(T),
    /// It was cut short by a kill, or by a stop where that may.
    Cut(Reason),
}

/// Waits for `work` while the control lane goes on being answered.
async fn attend<A: Actor, F: Future>(shared: &Shared<A>, stoppable: bool, work: F) -> Attended<F::Output> {
    // Dropped after the work, with which goes what it was to answer.
    let mut _last_words = None;
    let mut command = cycle::Command::of(&shared.node);
    let mut work = pin!(work);
    let attended = poll_fn(|cx| {
        if let Poll::Ready(output) = command.poll(|| work.as_mut().poll(cx)) {
            return Poll::Ready(Attended::Done(output));
        }
        shared.poll_between(stoppable, cx).map(Attended::Cut)
    })
    .await;
    if let Attended::Cut(reason) = &attended {
        _last_words = shared.node.last_words(reason);
    }
    attended
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

/// Answers a built-in message that came in order with the others.
async fn answer_in_order<A: Actor>(
    shared: &Shared<A>,
    built_in: BuiltIn,
    actor: &mut A,
    cx: &mut Context<A>,
) -> Attended<()> {
    match built_in {
        BuiltIn::Echo(text, reply) => reply.send(text),
        BuiltIn::Open(call) => return attend(shared, false, call.run(cx)).await,
        BuiltIn::Work(work) => {
            if let Ok(work) = work.downcast::<Work<A>>() {
                work(actor, cx);
            }
        }
        question => answer(shared, question),
    }
    Attended::Done(())
}

/// When each `#[periodic]` function is due. Nothing is kept, and no clock read, for an actor without one.
struct Periods {
    every: &'static [Duration],
    due: Vec<Instant>,
    sleep: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Periods {
    fn new(every: &'static [Duration]) -> Periods {
        let due = if every.is_empty() {
            Vec::new()
        } else {
            let now = seam::now();
            every.iter().map(|every| now + *every).collect()
        };
        Periods { every, due, sleep: None }
    }

    /// The number of one that is due. A time that passed while the actor was busy is made up for once, not counted.
    fn poll_due(&mut self, cx: &mut task::Context<'_>) -> Poll<usize> {
        let Some((period, due)) = self.due.iter().copied().enumerate().min_by_key(|(_, due)| *due) else {
            return Poll::Pending;
        };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(seam::sleep_until(due)));
        std::task::ready!(sleep.as_mut().poll(cx));
        self.sleep = None;
        let now = seam::now();
        let on_time = due + self.every[period];
        self.due[period] = if on_time > now { on_time } else { now + self.every[period] };
        Poll::Ready(period)
    }
}
