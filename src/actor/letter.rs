//! Dead letters: messages that reached nobody. Counted always, told to who subscribed.

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};

use super::behavior::Actor;
use super::current;
use super::envelope::Envelope;
use super::error::Cause;
use super::info::ActorName;
use super::mailbox::Inbox;
use super::node::{Node, Shared};
use super::overflow::Overflow;
use super::panic;
use super::realm;

/// Letters that wait in a subscription unless it was made with a bound of its own.
const DEFAULT_BOUND: usize = 1024;

/// A message that reached nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The actor it was for.
    pub actor: ActorName,
    /// The command it was.
    pub command: &'static str,
    /// Why it reached nobody.
    pub why: Undelivered,
}

impl std::fmt::Display for DeadLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` for {}: {}", self.command, self.actor, self.why)
    }
}

/// Why a message reached nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Undelivered {
    /// It was sent to an actor that had ended, or was taking no more messages.
    Ended,
    /// It waited in the mailbox when the actor ended.
    Left,
    /// It was on its way to, or waited in, a process that ended without an account of it: whether it was carried out
    /// is not known.
    UnderWay,
    /// The mailbox was full, and its [`Overflow`] says to drop.
    Overflow,
    /// A [delayed](super::Call::after) message found no room in time.
    NoRoom,
    /// It was told to a process actor and could not be written or read.
    Crossing,
}

impl Undelivered {
    const ALL: [Undelivered; 6] = [
        Undelivered::Ended,
        Undelivered::Left,
        Undelivered::UnderWay,
        Undelivered::Overflow,
        Undelivered::NoRoom,
        Undelivered::Crossing,
    ];
}

impl std::fmt::Display for Undelivered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Undelivered::Ended => "the actor had ended",
            Undelivered::Left => "it was left in the mailbox of an actor that ended",
            Undelivered::UnderWay => {
                "it was under way to a process that ended, and may have been carried out"
            }
            Undelivered::Overflow => "the mailbox was full, and its policy is to drop",
            Undelivered::NoRoom => "the mailbox was full, and no room came in time",
            Undelivered::Crossing => "it could not cross to the actor's process",
        })
    }
}

/// How many dead letters this process has had since it started, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadLetterCount([u64; Undelivered::ALL.len()]);

impl DeadLetterCount {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Those with this reason.
    pub fn of(&self, why: Undelivered) -> u64 {
        self.0[why as usize]
    }
}

static COUNT: [AtomicU64; Undelivered::ALL.len()] = [const { AtomicU64::new(0) }; Undelivered::ALL.len()];

/// How many dead letters this process has had since it started. Counted whether anybody subscribes or not.
pub fn dead_letter_count() -> DeadLetterCount {
    DeadLetterCount(std::array::from_fn(|why| COUNT[why].load(Ordering::Relaxed)))
}

/// Subscribes to the dead letters of this process from now on; at most 1024 of them wait to be taken.
///
/// A dead letter is a message that no actor has begun to carry out: it was sent to one that had ended, was left in
/// the mailbox of one that ended, or was dropped because the mailbox was full. Who asked gets an error as well; of a
/// tell this is all that anybody hears. `ping` and `info` are questions about an actor and never dead letters,
/// neither is an answer whose caller has given up, nor a message that was refused with
/// [`Cause::Full`](super::Cause::Full): its sender still decides what becomes of it.
///
/// As long as nobody subscribes a dead letter costs a counter.
///
/// ```
/// # use rehearsal::prelude::*;
/// use rehearsal::actor::{Undelivered, dead_letters};
/// # pub struct Counter { n: i64 }
/// # #[rehearsal::actor] impl Counter {
/// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
/// #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
/// # }
/// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut letters = dead_letters();
/// let counter = Counter::spawn(0).name("c1").await?;
/// counter.stop().await?;
/// assert!(counter.add(1).tell().is_err());
/// let letter = letters.next().await;
/// assert_eq!((letter.command, letter.why), ("add", Undelivered::Ended));
/// assert_eq!(letter.to_string(), "`add` for actor `c1` (Counter): the actor had ended");
/// assert_eq!(letters.lost(), 0);
/// # Ok(()) }
/// ```
pub fn dead_letters() -> DeadLetters {
    dead_letters_up_to(DEFAULT_BOUND)
}

/// As [`dead_letters()`], with at most `bound` letters, at least one, that wait to be taken.
pub fn dead_letters_up_to(bound: usize) -> DeadLetters {
    let tray = Arc::new(Tray { bound: bound.max(1), letters: Mutex::default() });
    let mut trays = trays();
    trays.push(Arc::downgrade(&tray));
    SUBSCRIBED.store(trays.len(), Ordering::SeqCst);
    DeadLetters(tray)
}

/// A subscription to the dead letters of this process: see [`dead_letters()`]. It ends when it is dropped.
#[derive(Debug)]
pub struct DeadLetters(Arc<Tray>);

#[derive(Debug)]
struct Tray {
    bound: usize,
    letters: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    letters: VecDeque<DeadLetter>,
    lost: u64,
    taker: Option<Waker>,
}

impl DeadLetters {
    /// Waits for the next letter.
    pub async fn next(&mut self) -> DeadLetter {
        poll_fn(|cx| {
            let mut waiting = self.0.waiting();
            match waiting.letters.pop_front() {
                Some(letter) => Poll::Ready(letter),
                None => {
                    waiting.taker = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// The next letter, if one waits.
    pub fn try_next(&mut self) -> Option<DeadLetter> {
        self.0.waiting().letters.pop_front()
    }

    /// How many letters came while as many waited as may; they are counted and gone.
    pub fn lost(&self) -> u64 {
        self.0.waiting().lost
    }
}

impl Tray {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, letter: DeadLetter) {
        let mut waiting = self.waiting();
        if waiting.letters.len() >= self.bound {
            waiting.lost += 1;
            return;
        }
        waiting.letters.push_back(letter);
        let taker = waiting.taker.take();
        drop(waiting);
        if let Some(taker) = taker {
            taker.wake();
        }
    }
}

impl Drop for DeadLetters {
    fn drop(&mut self) {
        let mut trays = trays();
        trays.retain(|tray| !std::ptr::eq(tray.as_ptr(), Arc::as_ptr(&self.0)));
        SUBSCRIBED.store(trays.len(), Ordering::SeqCst);
    }
}

static TRAYS: Mutex<Vec<Weak<Tray>>> = Mutex::new(Vec::new());
/// How many subscriptions there are: all that a letter looks at while there is none.
static SUBSCRIBED: AtomicUsize = AtomicUsize::new(0);

fn trays() -> MutexGuard<'static, Vec<Weak<Tray>>> {
    TRAYS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes that a message for this actor reached nobody.
#[cold]
pub(crate) fn post(node: &Node, command: &'static str, why: Undelivered) {
    post_named(&node.name, command, why);
}

/// The same, where no more than the actor's name is at hand.
pub(crate) fn post_named(actor: &ActorName, command: &'static str, why: Undelivered) {
    COUNT[why as usize].fetch_add(1, Ordering::Relaxed);
    realm::lost(actor, command, why);
    if SUBSCRIBED.load(Ordering::SeqCst) == 0 {
        return;
    }
    let trays: Vec<_> = trays().iter().filter_map(Weak::upgrade).collect();
    for tray in trays {
        tray.put(DeadLetter { actor: actor.clone(), command, why });
    }
}

thread_local! {
    /// What is told to who waits for the answer of the message that is being dropped.
    static DROPPING: Cell<Option<(usize, Overflow)>> = const { Cell::new(None) };
    /// Whether a message is being dropped whose panic is caught.
    static BURYING: Cell<bool> = const { Cell::new(false) };
}

/// Drops a message that reached nobody. A panic in its drop ends here, after the hook has told of it: neither the
/// messages behind it nor who had it dropped have a part in it.
pub(crate) fn bury<A: Actor>(
    shared: &Shared<A>,
    command: &'static str,
    envelope: Envelope<A::Message>,
    why: Undelivered,
) {
    post(&shared.node, command, why);
    let says = (why == Undelivered::Overflow).then(|| (shared.mailbox.capacity(), shared.mailbox.overflow()));
    let outer = DROPPING.replace(says);
    shielded(|| drop(envelope));
    DROPPING.set(outer);
}

/// Runs code that drops messages of others; a panic in that ends here, and counts as one that an actor caught.
pub(crate) fn shielded(drops: impl FnOnce()) {
    let _ = attempted(drops);
}

/// The same, of any code of others that runs beside an actor; a panic is given back.
pub(crate) fn attempted<T>(code: impl FnOnce() -> T) -> Result<T, panic::PanicNote> {
    let outer = BURYING.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(code)).map_err(|payload| panic::caught(&*payload));
    BURYING.set(outer);
    outcome
}

/// Whether messages of others are being dropped on this thread, a panic in which is caught by [`shielded`].
pub(crate) fn is_burying() -> bool {
    BURYING.try_with(Cell::get).unwrap_or(false)
}

/// What to tell a caller whose reply is dropped without an answer, where more is to be said than that its actor ends.
#[cold]
pub(crate) fn cause_of_drop() -> Option<Cause> {
    if let Some((capacity, overflow)) = DROPPING.try_with(Cell::get).ok().flatten() {
        return Some(Cause::Dropped { capacity, overflow });
    }
    // Inside an actor's loop the only panic that unwinds past a reply is that of its own command.
    if std::thread::panicking() && current::is_inside() && !is_burying() {
        if let Some(actor) = current::current() {
            realm::told(actor.node().name.id);
        }
        return panic::last().map(Cause::Panicked);
    }
    current::last_words().map(Cause::Dead)
}

/// A receiver's buffer that does not lose what is left in it: dropped, it posts each message as a dead letter.
pub(crate) struct Kept<A: Actor> {
    shared: Arc<Shared<A>>,
    inbox: Inbox<Envelope<A::Message>>,
}

impl<A: Actor> Kept<A> {
    pub(crate) fn new(shared: &Arc<Shared<A>>) -> Kept<A> {
        Kept { shared: shared.clone(), inbox: Inbox::new() }
    }
}

impl<A: Actor> Deref for Kept<A> {
    type Target = Inbox<Envelope<A::Message>>;

    fn deref(&self) -> &Self::Target {
        &self.inbox
    }
}

impl<A: Actor> DerefMut for Kept<A> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.inbox
    }
}

impl<A: Actor> Drop for Kept<A> {
    fn drop(&mut self) {
        bury_left(&self.shared, &mut self.inbox);
    }
}

/// Drops messages that nobody will handle, the one that has waited longest first.
pub(crate) fn bury_left<A: Actor>(shared: &Shared<A>, inbox: &mut Inbox<Envelope<A::Message>>) {
    if inbox.len() == 0 {
        return;
    }
    for envelope in inbox.drain() {
        bury(shared, envelope.command::<A>(), envelope, Undelivered::Left);
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests;
