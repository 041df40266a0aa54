//! What is known of an actor by everybody who refers to it, whatever its type.

use std::any::Any;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(feature = "json")]
use super::address::Address;
use super::behavior::Actor;
use super::beside::Beside;
#[cfg(feature = "json")]
use super::by_name::{Post, Posting, Signature, WrongArguments};
#[cfg(feature = "json")]
use super::call::Call;
use super::envelope::{BuiltIn, Envelope};
use super::executor::Pool;
use super::exit::{Exit, Reason};
use super::info::{ActorName, Info, MailboxInfo, Placement};
use super::letter;
use super::life;
use super::lone;
use super::mailbox::{Glimpse, Inbox, Mailbox, Next, Refused};
use super::overflow::Overflow;
use super::params::Params;
use super::realm;
use super::span;
use super::state::{State, StateCell};
use super::supervise::AnyWork;
use super::supervise::again::Wish;
use crate::sys::helm::{Helm, Home};
use crate::sys::seam::{self, Instant};
use crate::sys::usage;

mod ended;
mod exit;
mod lives;

pub use ended::Ended;
use lives::{Rare, Survivors};

/// The half of an actor's shared state that does not depend on its type.
pub(crate) struct Node {
    pub(crate) name: ActorName,
    pub(crate) placement: Placement,
    pub(crate) state: StateCell,
    wish: AtomicU8,
    /// [`RENEWABLE`] and [`RARE`], as far as they are so.
    marks: AtomicU8,
    handled: AtomicU64,
    /// 0 for this process, which is asked for its number only where somebody wants to know.
    process_id: AtomicU32,
    /// When it began to start, [`since_epoch`]; [`UNBORN`] before.
    born_ns: AtomicI64,
    ending: Mutex<Ending>,
    beside: OnceLock<Box<Beside>>,
}

/// Another life may follow one that has ended.
const RENEWABLE: u8 = 1;
/// Its `ending` has the rare things; set under that lock.
const RARE: u8 = 2;

#[derive(Default)]
struct Ending {
    exit: Option<Box<Exit>>,
    rare: Option<Box<Rare>>,
}

/// Everything that proxies and the actor's loop share.
pub(crate) struct Shared<A: Actor> {
    pub(crate) node: Node,
    pub(crate) mailbox: Mailbox<Envelope<A::Message>, Box<BuiltIn>>,
    proxies: AtomicUsize,
    /// Its loop, where it is a task's: who asks may poll it.
    pub(crate) helm: Helm<Envelope<A::Message>>,
}

/// An actor whose type is not known.
pub(crate) trait AnyActor: Any + Send + Sync {
    fn node(&self) -> &Node;
    /// Names of its commands.
    #[cfg(feature = "json")]
    fn commands(&self) -> &'static [&'static str];
    fn mailbox_info(&self) -> MailboxInfo;
    /// What can be seen of its mailbox at once, with the names of at most so many messages.
    fn glimpse(&self, most: usize) -> Option<Glimpse>;
    /// The actor's type, with its path.
    fn type_path(&self) -> &'static str;
    /// Tells it to stop, for good.
    fn stop(&self);
    /// Ends what it does; one that is supervised may be started again.
    fn kill(&self);
    /// What is said to it while it waits for something: questions are answered, a kill is given back, and a stop too
    /// where `stoppable`.
    fn poll_between(&self, stoppable: bool, cx: &mut Context<'_>) -> Poll<Reason>;
    /// Forgets a stop or kill that was for the life that is over; whether there was a kill.
    fn forget_signals(&self) -> bool;
    /// Ends this life, in good order, for another to begin; `false` where it is ending already.
    fn renew(&self) -> bool;
    /// Ends it for this reason: like a kill, or like a stop, neither of which is the last word over it.
    fn end_because(&self, why: Exit, kill: bool);
    /// Has it do something with its own state, in turn with its messages, however full its mailbox is.
    fn put_work(&self, work: AnyWork);
    fn ask_control(&self, question: Box<BuiltIn>) -> Result<(), Refused<Box<BuiltIn>>>;
    /// Has its loop look around, and what it waits for too.
    fn nudge(&self);
    /// The runtime of this number goes: where it is at home there and has no task, it ends.
    fn forsake(&self, home: Home);
    /// Whether it has no task of its own yet.
    #[cfg(feature = "harness")]
    fn is_alone(&self) -> bool;
    fn on_params(&self) -> Option<fn(&mut Params)>;
    /// Whether nobody can send it a message any more.
    fn is_abandoned(&self) -> bool;
    /// Whether it was told to stop or killed, or ends already.
    fn is_ending(&self) -> bool;
    #[cfg(feature = "json")]
    fn signatures(&self) -> Option<&'static [Signature]>;
    #[cfg(feature = "json")]
    fn post(self: Arc<Self>, post: Post, limit: Duration) -> Result<Posting, WrongArguments>;
}

/// Of an actor that has not begun to start.
const UNBORN: i64 = i64::MIN;

/// What time it is, in nanoseconds since somebody first asked: half as long as an instant, and each actor keeps one. Less
/// than nothing where a test has a clock of its own; to a few milliseconds where it has none, which is all that an
/// uptime needs and a tenth of the price.
fn since_epoch() -> i64 {
    static EPOCH: OnceLock<(Instant, u64)> = OnceLock::new();
    let &(epoch, coarse_epoch_ns) = EPOCH.get_or_init(|| (seam::now(), seam::coarse_ns()));
    let ns = |span: Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    if seam::clock_moves() {
        return i64::try_from(seam::coarse_ns().saturating_sub(coarse_epoch_ns)).unwrap_or(i64::MAX);
    }
    let now = seam::now();
    if now >= epoch { ns(now - epoch) } else { -ns(epoch - now) }
}

impl Node {
    fn new(name: ActorName, placement: Placement) -> Node {
        Node {
            name,
            placement,
            state: StateCell::new(),
            wish: AtomicU8::new(Wish::None as u8),
            marks: AtomicU8::new(0),
            handled: AtomicU64::new(0),
            process_id: AtomicU32::new(0),
            born_ns: AtomicI64::new(UNBORN),
            ending: Mutex::new(Ending::default()),
            beside: OnceLock::new(),
        }
    }

    /// Messages it has begun to handle.
    #[inline]
    pub(crate) fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    /// Counts a message that is about to be handled. Only the actor's loop does.
    #[inline]
    pub(crate) fn count_message(&self) {
        self.handled.store(self.handled.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    pub(crate) fn set_process(&self, process_id: u32) {
        self.process_id.store(process_id, Ordering::Relaxed);
    }

    pub(crate) fn process_id(&self) -> u32 {
        match self.process_id.load(Ordering::Relaxed) {
            0 => std::process::id(),
            process_id => process_id,
        }
    }

    /// Its first life begins. Only the actor's loop says so.
    pub(crate) fn begin(&self) {
        if self.born_ns.load(Ordering::Relaxed) == UNBORN {
            self.born_ns.store(since_epoch(), Ordering::Relaxed);
        }
    }

    /// Notes a sign of life.
    pub(crate) fn notify(&self) {
        self.beside().notify();
    }

    /// How long a process actor has given no sign of life.
    pub(crate) fn silent_for(&self) -> Duration {
        self.beside().silent_for()
    }

    fn uptime(&self) -> Duration {
        match self.born_ns.load(Ordering::Relaxed) {
            UNBORN => Duration::ZERO,
            born_ns => Duration::from_nanos(u64::try_from(since_epoch() - born_ns).unwrap_or_default()),
        }
    }

    fn info(&self, mailbox: MailboxInfo, commands: &[&str]) -> Info {
        Info {
            name: self.name.name(),
            kind: self.name.kind.to_owned(),
            id: self.name.id,
            state: self.state.get(),
            placement: self.placement,
            process_id: self.process_id(),
            thread: std::thread::current().name().map(str::to_owned),
            uptime: self.uptime(),
            messages_handled: self.handled.load(Ordering::Relaxed),
            busy: self.busy(),
            mailbox,
            commands: commands.iter().map(ToString::to_string).collect(),
            last_notify: None,
            system: usage::usage(),
            jobs: self.jobs().map(|jobs| jobs.info()).unwrap_or_default(),
            entries: self.beside.get().map(|beside| beside.entries()).unwrap_or_default(),
            restarts: self.restarts(),
        }
    }

    /// What it may be asked by name, where that was said when it was spawned.
    #[cfg(feature = "json")]
    pub(crate) fn allowed(&self) -> Option<&[String]> {
        self.beside.get().and_then(|beside| beside.allowed())
    }

    /// Messages that wait in its process, where it has one of its own.
    pub(crate) fn waiting_there(&self) -> usize {
        self.beside.get().map_or(0, |beside| beside.waiting_there())
    }

    /// The jobs of its executor, if it ever had any.
    pub(crate) fn jobs(&self) -> Option<&Arc<Pool>> {
        self.beside.get().and_then(|beside| beside.jobs())
    }

    /// How long it had its thread, as far as that was counted.
    pub(crate) fn busy(&self) -> Duration {
        self.beside.get().map_or(Duration::ZERO, |beside| beside.busy())
    }

    /// Counts that it had its thread for so long. Almost always it was for no time that counts.
    #[inline]
    pub(crate) fn count_busy(&self, ns: u64) {
        if ns > 0 {
            self.beside().count_busy(ns);
        }
    }

    /// What few actors have, if this one has any of it.
    pub(crate) fn has_beside(&self) -> Option<&Beside> {
        self.beside.get().map(|beside| &**beside)
    }

    /// What few actors have; made here.
    pub(crate) fn beside(&self) -> &Beside {
        self.beside.get_or_init(Box::default)
    }

    fn ending(&self) -> MutexGuard<'_, Ending> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A: Actor> Shared<A> {
    pub(crate) fn new(
        name: ActorName,
        placement: Placement,
        capacity: usize,
        overflow: Overflow,
    ) -> Arc<Shared<A>> {
        Arc::new(Shared {
            node: Node::new(name, placement),
            mailbox: Mailbox::new(capacity, overflow),
            proxies: AtomicUsize::new(0),
            helm: Helm::new(),
        })
    }

    pub(crate) fn info(&self) -> Info {
        self.node.info(self.mailbox.info(), A::COMMANDS)
    }

    /// Counts the first proxy, of which there is no other yet.
    pub(crate) fn begin_proxies(&self) {
        self.proxies.store(1, Ordering::Relaxed);
    }

    pub(crate) fn add_proxy(&self) {
        self.proxies.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn drop_proxy(&self) {
        if self.proxies.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.mailbox.nudge();
        }
    }

    /// Whether nobody can send it a message any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.proxies.load(Ordering::SeqCst) == 0
    }

    /// The end, once: what is left is dropped, or a dead letter, then the exit is known, then those who wait for that
    /// learn of it: who has waited finds nothing of it coming later. `inbox` has the messages that were out of the
    /// mailbox and not handled.
    pub(crate) fn finish(&self, exit: Exit, inbox: &mut Inbox<Envelope<A::Message>>) {
        self.mailbox.close(inbox);
        let exit = exit.leaving(inbox.len());
        let state = if exit.is_orderly() { State::Close } else { State::Terminate };
        self.node.end_streams(&exit);
        letter::bury_left(self, inbox);
        let survivors = {
            let mut ending = self.node.ending();
            if self.node.has_exit(&ending) {
                return;
            }
            let survivors = ending.rare.as_mut().map(|rare| (Survivors::of(rare), exit.clone()));
            self.node.keep_exit(&mut ending, exit);
            // Under the lock: who sees the exit finds it in no list of the living.
            self.node.state.set(state);
            survivors
        };
        span::ended(&self.node);
        let known = survivors.as_ref().is_some_and(|(survivors, _)| survivors.is_anybody());
        realm::ended(&self.node, known || self.node.is_child());
        if let Some((survivors, exit)) = survivors {
            survivors.learn(&self.node.name, &exit);
        }
    }
}

impl<A: Actor> AnyActor for Shared<A> {
    fn node(&self) -> &Node {
        &self.node
    }

    #[cfg(feature = "json")]
    fn commands(&self) -> &'static [&'static str] {
        A::COMMANDS
    }

    fn mailbox_info(&self) -> MailboxInfo {
        self.mailbox.info()
    }

    fn glimpse(&self, most: usize) -> Option<Glimpse> {
        self.mailbox.glimpse(most, Envelope::command::<A>)
    }

    fn type_path(&self) -> &'static str {
        std::any::type_name::<A>()
    }

    fn stop(&self) {
        self.node.wish_for_the_end();
        self.mailbox.stop();
    }

    fn kill(&self) {
        self.mailbox.kill();
    }

    fn poll_between(&self, stoppable: bool, cx: &mut Context<'_>) -> Poll<Reason> {
        loop {
            match std::task::ready!(self.mailbox.poll_control(stoppable, cx)) {
                Next::Control(question) => life::answer(self, *question),
                Next::Kill => return Poll::Ready(Reason::Killed { signal: None }),
                Next::Stop => return Poll::Ready(Reason::Stopped),
                Next::Message(_) => unreachable!("the control lane carries no messages"),
            }
        }
    }

    fn forget_signals(&self) -> bool {
        self.mailbox.forget_signals()
    }

    fn renew(&self) -> bool {
        let wished = self.node.wish_for(Wish::Renew);
        if wished {
            self.mailbox.stop();
        }
        wished
    }

    fn end_because(&self, why: Exit, kill: bool) {
        self.node.doom(why);
        if kill { self.mailbox.kill() } else { self.mailbox.stop() }
    }

    fn put_work(&self, work: AnyWork) {
        // One that has ended does nothing any more.
        let _ = self.mailbox.push_anyway(&mut Some(Envelope::BuiltIn(Box::new(BuiltIn::Work(work)))));
    }

    fn ask_control(&self, question: Box<BuiltIn>) -> Result<(), Refused<Box<BuiltIn>>> {
        self.mailbox.push_control(question)
    }

    fn nudge(&self) {
        self.mailbox.nudge();
    }

    fn forsake(&self, home: Home) {
        lone::leave(self, home);
    }

    #[cfg(feature = "harness")]
    fn is_alone(&self) -> bool {
        self.helm.is_alone()
    }

    fn on_params(&self) -> Option<fn(&mut Params)> {
        A::ON_PARAMS
    }

    fn is_abandoned(&self) -> bool {
        Shared::is_abandoned(self)
    }

    fn is_ending(&self) -> bool {
        self.node.state.get() >= State::Stopping || self.mailbox.is_told_to_end()
    }

    #[cfg(feature = "json")]
    fn signatures(&self) -> Option<&'static [Signature]> {
        A::SIGNATURES
    }

    #[cfg(feature = "json")]
    fn post(self: Arc<Self>, post: Post, limit: Duration) -> Result<Posting, WrongArguments> {
        let (name, envelope) = match post {
            Post::Command { signature, arguments, answering } => {
                let message = A::read_named(signature.number, arguments, answering)?;
                (signature.name, Envelope::Command(message))
            }
            Post::BuiltIn { name, built_in } => (name, Envelope::BuiltIn(Box::new(built_in))),
        };
        let address = Address::new(self);
        // The place for the answer is in the message already.
        let call = move || async move {
            Call::<A, ()>::of(&address, name, envelope, |_| None).timeout(limit).deliver().await
        };
        Ok(Box::pin(call()))
    }
}

/// What a loop holds of its actor. Ends the actor when dropped before the loop ended it: its runtime was shut down, or
/// the thread's stack went.
pub(crate) struct Finisher<A: Actor> {
    pub(crate) shared: Arc<Shared<A>>,
    /// Messages that were taken out of the mailbox and not handled.
    pub(crate) inbox: Inbox<Envelope<A::Message>>,
}

impl<A: Actor> Drop for Finisher<A> {
    fn drop(&mut self) {
        if !self.shared.node.state.get().is_over() {
            let why = "the runtime it ran on was shut down";
            self.shared.finish(Exit::because(Reason::Unreachable, why), &mut self.inbox);
        }
    }
}
