//! Realms: whom an actor belongs to.
//!
//! Tests run side by side in one process, each with actors of its own. A test's actors are its realm: those it spawned,
//! and those that these spawned, wherever they are placed. What was spawned outside of any belongs to the process.
//!
//! Nothing of this is stored in an actor: the realm has a book of its own. As long as none is open, which is every
//! program but a test, an actor's spawn and end each read one number.

#[cfg(feature = "testkit")]
pub(crate) mod pledge;

use std::cell::RefCell;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::behavior::Actor;
use super::current;
use super::envelope::Envelope;
use super::exit::{Exit, Reason};
use super::handle::ActorRef;
use super::info::ActorName;
use super::letter::{DeadLetter, Undelivered};
use super::node::{AnyActor, Node, Shared};
use super::roll;

/// Dead letters and failures that a realm keeps; more of them are counted.
const KEPT: usize = 64;

/// Members after which those that have ended are first swept out.
const SWEEP_AT: usize = 64;

/// Whom actors belong to: the process, or what was [opened](Realm::open) within it.
#[derive(Clone)]
pub struct Realm(Option<Arc<Own>>);

/// An actor that is alive.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Living {
    /// The actor.
    pub actor: ActorRef,
    /// The call of its `spawn`; not known of the process's own.
    pub spawned_at: Option<&'static Location<'static>>,
}

/// An actor that ended otherwise than in good order, of whose end nobody has asked or was told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The actor.
    pub actor: ActorName,
    /// How it ended.
    pub exit: Exit,
    /// The call of its `spawn`.
    pub spawned_at: &'static Location<'static>,
}

/// What a realm knows that was opened.
struct Own {
    id: u64,
    books: Mutex<Books>,
    changed: Condvar,
}

#[derive(Default)]
struct Books {
    /// By number.
    members: Vec<Member>,
    sweep_at: usize,
    /// Members that have not ended.
    living: usize,
    letters: Vec<DeadLetter>,
    letter_count: u64,
    failures: Vec<Failure>,
    waiting: Vec<Waker>,
    #[cfg(feature = "testkit")]
    pledges: pledge::Pledges,
}

struct Member {
    id: u64,
    actor: Weak<dyn AnyActor>,
    spawned_at: &'static Location<'static>,
    /// Somebody learned of its failure before it had ended.
    told: bool,
}

/// How many realms are open: all that anybody looks at while there is none.
static OPEN: AtomicUsize = AtomicUsize::new(0);
static REALMS: Mutex<Vec<Weak<Own>>> = Mutex::new(Vec::new());
/// The realm that has this process to itself.
static SOLE: Mutex<Option<Arc<Own>>> = Mutex::new(None);

thread_local! {
    static HERE: RefCell<Option<Arc<Own>>> = const { RefCell::new(None) };
}

fn is_any_open() -> bool {
    OPEN.load(Ordering::Relaxed) > 0
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The open realm of the actor of this number, which is asked for something with its books held.
fn find<T>(actor: u64, look: impl Fn(&Arc<Own>, &mut Books, usize) -> T) -> Option<T> {
    let realms: Vec<_> = locked(&REALMS).iter().filter_map(Weak::upgrade).collect();
    realms.iter().find_map(|own| {
        let mut books = own.books();
        let at = books.at(actor)?;
        Some(look(own, &mut books, at))
    })
}

/// The open realm that the calling thread works for.
fn of_thread() -> Option<Arc<Own>> {
    HERE.try_with(|here| here.borrow().clone()).ok().flatten().or_else(|| locked(&SOLE).clone())
}

impl Realm {
    /// The realm that an actor spawned here and now would belong to: that of the actor that controls the calling
    /// thread, else the one that the thread works for, else the process's own.
    pub fn current() -> Realm {
        if !is_any_open() {
            return Realm(None);
        }
        let own = current::current().and_then(|actor| find(actor.node().name.id, |own, _, _| own.clone()));
        Realm(own.or_else(of_thread))
    }

    /// Opens a realm. It is [entered](Realm::enter) by the threads that work for it.
    pub fn open() -> Realm {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let id = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        let books = Mutex::new(Books { sweep_at: SWEEP_AT, ..Books::default() });
        let own = Arc::new(Own { id, books, changed: Condvar::new() });
        let mut realms = locked(&REALMS);
        realms.retain(|realm| realm.strong_count() > 0);
        realms.push(Arc::downgrade(&own));
        OPEN.fetch_add(1, Ordering::Relaxed);
        Realm(Some(own))
    }

    /// Has the calling thread work for this realm until the guard is dropped.
    pub fn enter(&self) -> InRealm {
        InRealm { before: HERE.replace(self.0.clone()), sole: false, not_send: std::marker::PhantomData }
    }

    /// The same; and until then threads that work for no realm do so for this one.
    #[cfg(feature = "harness")]
    pub(crate) fn enter_alone(&self) -> InRealm {
        locked(&SOLE).clone_from(&self.0);
        let mut inside = self.enter();
        inside.sole = true;
        inside
    }

    /// Has the calling thread work for this realm from now on.
    pub(crate) fn settle(&self) {
        HERE.set(self.0.clone());
    }

    /// The realm of this number, if it is still there.
    #[cfg(feature = "reach")]
    pub(crate) fn of(id: u64) -> Option<Realm> {
        if id == 0 {
            return Some(Realm(None));
        }
        let mut open = locked(&REALMS).iter().filter_map(Weak::upgrade).collect::<Vec<_>>().into_iter();
        open.find(|own| own.id == id).map(|own| Realm(Some(own)))
    }

    /// A number that no other realm of this process has; 0 is the process's own.
    pub fn id(&self) -> u64 {
        self.0.as_ref().map_or(0, |own| own.id)
    }

    /// Its actors that have not ended, in the order they were spawned.
    pub fn living(&self) -> Vec<Living> {
        let Some(own) = &self.0 else {
            let own = |actor: &Arc<dyn AnyActor>| find(actor.node().name.id, |_, _, _| ()).is_none();
            let living = roll::alive().into_iter().filter(|actor| !is_any_open() || own(actor));
            return living.map(|actor| Living { actor: ActorRef(actor), spawned_at: None }).collect();
        };
        // Upgraded under the lock and dropped outside of it: the last reference to an actor may be one of these.
        let members: Vec<_> = own.books().members.iter().filter_map(Member::living).collect();
        members.into_iter().filter(|living| !living.actor.state().is_over()).collect()
    }

    /// Its actors that anybody still refers to, also those that have ended.
    #[cfg(feature = "harness")]
    pub(crate) fn actors(&self) -> Vec<Arc<dyn AnyActor>> {
        let Some(own) = &self.0 else { return Vec::new() };
        own.books().members.iter().filter_map(|member| member.actor.upgrade()).collect()
    }

    /// How many of its actors have not ended; of the process's own this is not counted, and 0.
    pub fn living_count(&self) -> usize {
        self.0.as_ref().map_or(0, |own| own.books().living)
    }

    /// Dead letters for its actors, and those that its threads posted for actors nobody knows any more: the first 64,
    /// and how many there were. The process's own keeps none: see [`dead_letter_count()`](super::dead_letter_count).
    pub fn dead_letters(&self) -> (Vec<DeadLetter>, u64) {
        let Some(own) = &self.0 else { return (Vec::new(), 0) };
        let books = own.books();
        (books.letters.clone(), books.letter_count)
    }

    /// Its actors that failed and of whose end nobody has asked or was told; at most 64. The process's own keeps none.
    ///
    /// Told is: who [waited](super::Address::ended) for the end, asked [how it ended](super::Address::exit), got an
    /// error for an ask, a stream or a spawn that says so, or watches, links or supervises the actor. One that was [killed](
    /// super::Address::kill) has not failed.
    pub fn failures(&self) -> Vec<Failure> {
        self.0.as_ref().map_or_else(Vec::new, |own| own.books().failures.clone())
    }

    /// Whether all of its actors have ended; if not, the waker is woken when that may have changed. Of the process's own
    /// this cannot be waited for: it is taken as quiet.
    pub fn poll_quiet(&self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(own) = &self.0 else { return Poll::Ready(()) };
        let mut books = own.books();
        if books.living == 0 {
            return Poll::Ready(());
        }
        if !books.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            books.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Waits on the calling thread until all of its actors have ended, for so long at most; whether they have.
    pub fn wait_quiet(&self, limit: Duration) -> bool {
        let Some(own) = &self.0 else { return true };
        let waited = own.changed.wait_timeout_while(own.books(), limit, |books| books.living > 0);
        waited.map_or_else(|poisoned| poisoned.into_inner().0.living == 0, |(books, _)| books.living == 0)
    }

    /// An actor is about to be placed that was spawned here and now: of one that belongs to a test it is to be seen what
    /// it is at.
    pub(crate) fn watch<A: Actor>(actor: &Shared<A>) {
        if is_any_open() && Realm::current().0.is_some() {
            actor.mailbox.keep_in_sight(Envelope::command::<A>);
        }
    }

    /// An actor is placed that was spawned here and now.
    pub(crate) fn admit<A: Actor>(actor: &Arc<Shared<A>>, spawned_at: &'static Location<'static>) {
        if is_any_open()
            && let Some(own) = Realm::current().0
        {
            own.admit(actor.clone(), spawned_at);
        }
    }
}

impl Own {
    fn books(&self) -> MutexGuard<'_, Books> {
        locked(&self.books)
    }

    #[cold]
    fn admit(&self, actor: Arc<dyn AnyActor>, spawned_at: &'static Location<'static>) {
        let id = actor.node().name.id;
        let mut books = self.books();
        // One that has ended before it came here was not counted out, and is not counted in.
        if actor.node().state.get().is_over() {
            return;
        }
        books.living += 1;
        if books.members.len() >= books.sweep_at {
            books.members.retain(|member| member.actor.strong_count() > 0);
            books.sweep_at = (books.members.len() * 2).max(SWEEP_AT);
        }
        let at = books.members.partition_point(|member| member.id < id);
        books.members.insert(at, Member { id, actor: Arc::downgrade(&actor), spawned_at, told: false });
    }
}

impl Books {
    fn at(&self, actor: u64) -> Option<usize> {
        self.members.binary_search_by_key(&actor, |member| member.id).ok()
    }
}

impl Living {
    /// Whether it ends as soon as it can: it was told to, or nobody can send to it any more.
    pub fn is_ending(&self) -> bool {
        self.actor.0.is_ending() || self.actor.0.is_abandoned()
    }

    /// Whether it is a task actor that has no task of its own yet.
    #[cfg(feature = "harness")]
    pub(crate) fn is_alone(&self) -> bool {
        self.actor.0.is_alone()
    }
}

impl Member {
    fn living(&self) -> Option<Living> {
        let actor = ActorRef(self.actor.upgrade()?);
        Some(Living { actor, spawned_at: Some(self.spawned_at) })
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An actor has ended. Called once an actor, after its state says so; `known` where somebody learns of it by this.
pub(crate) fn ended(node: &Node, known: bool) {
    if is_any_open() {
        note_end(node, known);
    }
}

#[cold]
fn note_end(node: &Node, known: bool) {
    let exit = node.exit();
    let waiting = find(node.name.id, |own, books, at| {
        let member = &books.members[at];
        let failed = exit.as_ref().filter(|exit| !known && !member.told && is_failure(exit));
        if let Some(exit) = failed
            && books.failures.len() < KEPT
        {
            let (actor, exit, spawned_at) = (node.name.clone(), exit.clone(), member.spawned_at);
            books.failures.push(Failure { actor, exit, spawned_at });
        }
        books.living -= 1;
        own.changed.notify_all();
        std::mem::take(&mut books.waiting)
    });
    waiting.into_iter().flatten().for_each(Waker::wake);
}

/// Whether an actor that ended so has failed by itself: a kill is what somebody wanted.
fn is_failure(exit: &Exit) -> bool {
    !exit.is_orderly() && !matches!(exit.reason, Reason::Killed { signal: None } | Reason::Linked { .. })
}

/// Somebody learns how this actor ended, or that it failed and is about to end.
pub(crate) fn told(actor: u64) {
    if is_any_open() {
        note_told(actor);
    }
}

#[cold]
fn note_told(actor: u64) {
    find(actor, |_, books, at| {
        books.members[at].told = true;
        books.failures.retain(|failure| failure.actor.id != actor);
    });
}

/// A message for this actor reached nobody.
pub(crate) fn lost(actor: &ActorName, command: &'static str, why: Undelivered) {
    if !is_any_open() {
        return;
    }
    let own = find(actor.id, |own, _, _| own.clone()).or_else(of_thread);
    if let Some(own) = own {
        let mut books = own.books();
        books.letter_count += 1;
        if books.letters.len() < KEPT {
            books.letters.push(DeadLetter { actor: actor.clone(), command, why });
        }
    }
}

/// While this lives the calling thread works for a realm; see [`Realm::enter`].
#[must_use = "the thread leaves the realm when this is dropped"]
pub struct InRealm {
    before: Option<Arc<Own>>,
    sole: bool,
    /// It is the thread that has entered.
    not_send: std::marker::PhantomData<*const ()>,
}

impl Drop for InRealm {
    fn drop(&mut self) {
        let before = self.before.take();
        // While a thread ends its locals may be gone already.
        let _ = HERE.try_with(|here| here.replace(before));
        if self.sole {
            *locked(&SOLE) = None;
        }
    }
}

impl std::fmt::Debug for InRealm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InRealm")
    }
}

impl std::fmt::Debug for Realm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Realm({})", self.id())
    }
}

impl std::fmt::Display for Living {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.actor.name())?;
        self.spawned_at.map_or(Ok(()), |at| write!(f, ", spawned at {at}"))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, spawned at {}: {}", self.actor, self.spawned_at, self.exit)
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests;
