//! Who is next on this thread: one that was told something by the handler that runs here, and can be polled right after
//! that, where it would otherwise be woken.
//!
//! Whoever is put in here waits for that handler to return. It is one that has been quick so far; but should it block this
//! time, or the thread be kept from running, the [clock](super::deadline) wakes who waits here in two ticks of
//! its own. All that this loses to them is that time.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::deadline;
use super::helm::Home;
use super::next::Next;
use super::seam;

/// How long one is polled after the other, each told by the one before, until others have their turn on this thread,
/// nanoseconds. To go on in a turn of its own costs as much as some thirty of them, and more where the runtime has
/// another thread come for it.
const TURN_NS: u64 = 100_000;

/// After so many it looks at the clock.
const LOOK_EVERY: u32 = 16;

/// One that can be told something.
pub(crate) trait Told: Send + Sync {
    /// Polls it here and now, or has its own task do so; whether that took long.
    fn call_on(&self) -> bool;
    /// Has its own task see to what it was told.
    fn rouse(&self);
}

/// A thread's place for who is next. There is one for as many threads as ever had one at a time.
struct Post {
    next: Next<Arc<dyn Told>>,
    /// The clock's tick in which its thread last saw to it that the clock runs.
    tick: AtomicU64,
    /// What the clock last saw of it.
    seen: AtomicU64,
}

struct Posts {
    all: Vec<&'static Post>,
    free: Vec<&'static Post>,
}

static POSTS: Mutex<Posts> = Mutex::new(Posts { all: Vec::new(), free: Vec::new() });

fn posts() -> MutexGuard<'static, Posts> {
    POSTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives a thread's place back with the thread.
struct Tenant(&'static Post);

impl Drop for Tenant {
    fn drop(&mut self) {
        OWN.set(None);
        OPEN.set(0);
        posts().free.push(self.0);
    }
}

/// Somebody has been put in since it was last looked.
const PASSED: u64 = 1 << 32;
/// Somebody wants to know how long the handler takes that runs here.
const WATCHED: u64 = 1 << 33;

thread_local! {
    /// The home of those who may be put in now, 0 for nobody; whether somebody has been; whether the handler is watched.
    static OPEN: Cell<u64> = const { Cell::new(0) };
    static OWN: Cell<Option<&'static Post>> = const { Cell::new(None) };
    static TENANT: Cell<Option<Tenant>> = const { Cell::new(None) };
}

/// Polls an owner's future, and then those who were told something by it, and by one another.
#[inline]
pub(crate) fn turn<T>(poll: impl FnOnce() -> T) -> T {
    /// Nobody stays behind, whatever happens. This may be a turn within a turn, where a handler runs a runtime of its own.
    struct Around(u64);
    impl Drop for Around {
        fn drop(&mut self) {
            if OPEN.get() != 0 {
                flush();
            }
            OPEN.set(self.0);
        }
    }
    let _around = Around(OPEN.replace(0));
    let polled = poll();
    if OPEN.get() != 0 {
        carry_on();
    }
    polled
}

fn carry_on() {
    let mut until_ns = None;
    for hop in 1_u32.. {
        let told = if OPEN.replace(0) & PASSED != 0 { take() } else { None };
        let Some(told) = told else { return };
        if told.call_on() {
            break;
        }
        if hop % LOOK_EVERY == 0 {
            let now_ns = seam::monotonic_ns();
            if now_ns >= *until_ns.get_or_insert(now_ns + TURN_NS) {
                break;
            }
        }
    }
    flush();
}

/// One that is at home here may be put in, from now until [`close`]. For whose turn it is, or who is called on in it.
#[inline]
pub(crate) fn open(home: Option<Home>) {
    OPEN.set(OPEN.get() | home.map_or(0, |home| u64::from(home.get())));
}

/// Nobody may be put in any more; whether somebody was.
#[inline]
pub(crate) fn close() -> bool {
    let passed = OPEN.get() & PASSED;
    OPEN.set(passed);
    passed != 0
}

/// Whether the handler that runs here is one whose tells are looked at.
#[inline]
pub(crate) fn is_open() -> bool {
    OPEN.get() != 0
}

/// Somebody wants to know how long the handler takes that begins here, or no more.
#[cold]
pub(crate) fn watch(on: bool) {
    OPEN.set(if on { OPEN.get() | WATCHED } else { OPEN.get() & !WATCHED });
}

/// Whether somebody does.
pub(crate) fn is_watched() -> bool {
    OPEN.get() & WATCHED != 0
}

/// Whether one of this home may be put in. Who was put in already is woken: several that are told something may be at
/// work at the same time.
pub(crate) fn admits(home: Option<Home>) -> bool {
    let open = OPEN.get();
    if open & PASSED != 0 {
        flush();
        return false;
    }
    home.is_some_and(|home| u64::from(home.get()) == open & !WATCHED)
}

/// Puts one in that was [admitted](admits), and may be told something meanwhile by others who wake it.
pub(crate) fn put(told: Arc<dyn Told>) {
    let Some(post) = OWN.get().or_else(settle) else { return told.rouse() };
    if let Err(told) = post.next.put(told) {
        return told.rouse();
    }
    OPEN.set(OPEN.get() | PASSED);
    let tick = deadline::running();
    if tick == 0 || tick != post.tick.load(Ordering::Relaxed) {
        see_to_the_clock(post);
    }
}

/// Wakes who was put in, if anybody was. Nobody more is put in.
#[cold]
pub(crate) fn flush() {
    let open = OPEN.get();
    OPEN.set(open & WATCHED);
    if open & PASSED != 0
        && let Some(told) = take()
    {
        told.rouse();
    }
}

fn take() -> Option<Arc<dyn Told>> {
    OWN.get().and_then(|post| post.next.take())
}

/// Sees to it that somebody looks after who is put in. Once a tick: the clock stops only after many in which nobody was
/// put in anywhere, so that one who looks at it after that, and after having put somebody in, finds it standing still.
#[cold]
fn see_to_the_clock(post: &Post) {
    fence(Ordering::SeqCst);
    if !deadline::rouse() {
        flush();
    }
    post.tick.store(deadline::running(), Ordering::Relaxed);
}

/// Gives this thread a place; none where its locals are gone.
#[cold]
fn settle() -> Option<&'static Post> {
    let mut posts = posts();
    let post = posts.free.pop().unwrap_or_else(|| {
        let post: &'static Post =
            Box::leak(Box::new(Post { next: Next::new(), tick: AtomicU64::new(0), seen: AtomicU64::new(0) }));
        posts.all.push(post);
        post
    });
    drop(posts);
    TENANT.try_with(|tenant| tenant.set(Some(Tenant(post)))).ok()?;
    OWN.set(Some(post));
    Some(post)
}

/// Wakes those who have waited for a whole tick; whether anybody was put in since the last look. For the clock.
pub(super) fn look() -> bool {
    let mut used = false;
    let mut at = 0;
    // One after the other, not under the lock: a waker is code of others.
    while let Some(post) = { posts().all.get(at).copied() } {
        at += 1;
        let (number, is_there) = post.next.number();
        let seen = post.seen.swap(number, Ordering::Relaxed);
        used |= is_there || seen != number;
        if is_there
            && seen == number
            && let Some(told) = post.next.take_overdue(number)
        {
            told.rouse();
        }
    }
    used
}

#[cfg(all(test, feature = "harness"))]
#[path = "relay/tests.rs"]
mod tests;
