//! What is known of an actor by everybody who refers to it, whatever its type.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::behavior::Actor;
use super::beside::Beside;
use super::envelope::{BuiltIn, Envelope};
use super::exit::Exit;
use super::info::{ActorName, Info, MailboxInfo, Placement};
use super::mailbox::{Mailbox, Refused};
use super::params::Params;
use super::state::{State, StateCell};
use crate::sys::seam::{self, Instant};

/// The half of an actor's shared state that does not depend on its type.
pub(crate) struct Node {
    pub(crate) name: ActorName,
    pub(crate) placement: Placement,
    pub(crate) state: StateCell,
    pub(crate) handled: AtomicU64,
    commands: &'static [&'static str],
    process_id: AtomicU32,
    born: OnceLock<Instant>,
    /// When a process actor last gave a sign of life, [`seam::monotonic_ns`]; 0 for other actors. The system's clock:
    /// silence of another process is not to be decided by a clock that a test has paused.
    notified_ns: AtomicU64,
    ending: Mutex<Ending>,
    beside: OnceLock<Box<Beside>>,
}

#[derive(Default)]
struct Ending {
    exit: Option<Exit>,
    waiting: Vec<Waker>,
}

/// Everything that proxies and the actor's loop share.
pub(crate) struct Shared<A: Actor> {
    pub(crate) node: Node,
    pub(crate) mailbox: Mailbox<Envelope<A::Message>, Box<BuiltIn>>,
    proxies: AtomicUsize,
}

/// An actor whose type is not known.
pub(crate) trait AnyActor: Send + Sync {
    fn node(&self) -> &Node;
    fn mailbox_info(&self) -> MailboxInfo;
    fn stop(&self);
    fn kill(&self);
    fn ask_control(&self, question: Box<BuiltIn>) -> Result<(), Refused<Box<BuiltIn>>>;
    fn on_params(&self) -> Option<fn(&mut Params)>;
}

impl Node {
    pub(crate) fn new(name: ActorName, placement: Placement, commands: &'static [&'static str]) -> Node {
        Node {
            name,
            placement,
            commands,
            state: StateCell::new(),
            handled: AtomicU64::new(0),
            process_id: AtomicU32::new(std::process::id()),
            born: OnceLock::new(),
            notified_ns: AtomicU64::new(0),
            ending: Mutex::new(Ending::default()),
            beside: OnceLock::new(),
        }
    }

    pub(crate) fn exit(&self) -> Option<Exit> {
        self.ending().exit.clone()
    }

    pub(crate) fn poll_exit(&self, cx: &mut Context<'_>) -> Poll<Exit> {
        let mut ending = self.ending();
        match &ending.exit {
            Some(exit) => Poll::Ready(exit.clone()),
            None => {
                if !ending.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                    ending.waiting.push(cx.waker().clone());
                }
                Poll::Pending
            }
        }
    }

    pub(crate) fn set_process(&self, process_id: u32) {
        self.process_id.store(process_id, Ordering::Relaxed);
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process_id.load(Ordering::Relaxed)
    }

    pub(crate) fn begin(&self) {
        let _ = self.born.set(seam::now());
    }

    /// Notes a sign of life.
    pub(crate) fn notify(&self) {
        self.notified_ns.store(seam::monotonic_ns().max(1), Ordering::Relaxed);
    }

    /// How long a process actor has given no sign of life.
    pub(crate) fn silent_for(&self) -> Duration {
        let notified_ns = self.notified_ns.load(Ordering::Relaxed);
        Duration::from_nanos(seam::monotonic_ns().saturating_sub(notified_ns))
    }

    pub(crate) fn info(&self, mailbox: MailboxInfo) -> Info {
        Info {
            name: self.name.name(),
            kind: self.name.kind.to_owned(),
            id: self.name.id,
            state: self.state.get(),
            placement: self.placement,
            process_id: self.process_id(),
            thread: std::thread::current().name().map(str::to_owned),
            uptime: self
                .born
                .get()
                .map(|born| seam::now().saturating_duration_since(*born))
                .unwrap_or_default(),
            messages_handled: self.handled.load(Ordering::Relaxed),
            mailbox,
            commands: self.commands.iter().map(ToString::to_string).collect(),
            last_notify: None,
            entries: self.beside.get().map(|beside| beside.entries()).unwrap_or_default(),
        }
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
    pub(crate) fn new(name: ActorName, placement: Placement, capacity: usize) -> Arc<Shared<A>> {
        Arc::new(Shared {
            node: Node::new(name, placement, A::COMMANDS),
            mailbox: Mailbox::new(capacity),
            proxies: AtomicUsize::new(0),
        })
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

    /// The end, once: the exit is known first, then what is pending resolves, then those who wait for the end.
    pub(crate) fn finish(&self, exit: Exit) {
        let orderly = exit.is_orderly();
        {
            let mut ending = self.node.ending();
            if ending.exit.is_some() {
                return;
            }
            ending.exit = Some(exit);
        }
        self.node.state.advance(if orderly { State::Close } else { State::Terminate });
        self.mailbox.close();
        let waiting = std::mem::take(&mut self.node.ending().waiting);
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl<A: Actor> AnyActor for Shared<A> {
    fn node(&self) -> &Node {
        &self.node
    }

    fn mailbox_info(&self) -> MailboxInfo {
        self.mailbox.info()
    }

    fn stop(&self) {
        self.mailbox.stop();
    }

    fn kill(&self) {
        self.mailbox.kill();
    }

    fn ask_control(&self, question: Box<BuiltIn>) -> Result<(), Refused<Box<BuiltIn>>> {
        self.mailbox.push_control(question)
    }

    fn on_params(&self) -> Option<fn(&mut Params)> {
        A::ON_PARAMS
    }
}

/// Ends the actor when dropped before its loop ended it: its runtime was shut down, or the thread's stack went.
pub(crate) struct Finisher<A: Actor>(pub(crate) Arc<Shared<A>>);

impl<A: Actor> Drop for Finisher<A> {
    fn drop(&mut self) {
        let why = "the runtime it ran on was shut down";
        self.0.finish(Exit::because(super::exit::Reason::Unreachable, why));
    }
}

/// Resolves when the actor has ended, to how it ended. Made by [`Address::ended`](super::Address::ended).
#[must_use = "futures do nothing unless awaited"]
pub struct Ended(pub(crate) Arc<dyn AnyActor>);

impl Future for Ended {
    type Output = Exit;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Exit> {
        self.0.node().poll_exit(cx)
    }
}

impl std::fmt::Debug for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ended({})", self.0.node().name)
    }
}
