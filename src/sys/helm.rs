//! A future that two may poll, one at a time: the task that owns it, and whoever has just given it something to do and
//! would otherwise have to wake that task and wait.
//!
//! | state | the future is | who moves on from it |
//! |---|---|---|
//! | `NEW` | the owner's, who has not polled it yet | the owner, who takes the helm |
//! | `FREE` | nobody's at the moment | who takes the helm |
//! | `TAKEN` | whose who took the helm | that one; who came too late and says `AGAIN`; the owner that goes |
//! | `AGAIN` | the same | that one, who has the owner woken |
//! | `LEFT` | the same | that one, who drops it: its owner is gone |
//! | `OVER` | gone, or not there yet | the owner, who begins |
//!
//! One that begins [alone](Helm::begin_alone) has no owner until something comes up that no visitor can do: its waker calls
//! one then, once. Until that one has polled it, it is there for every wish that there is: what else wakes it meanwhile does
//! nothing, and where a visitor is at it, it comes again.

#![allow(unsafe_code)]

use std::future::Future;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::primitive::{AtomicU8, AtomicU32, Cell, Ordering, pause, per_thread};

const OVER: u8 = 0;
const FREE: u8 = 1;
const TAKEN: u8 = 2;
const AGAIN: u8 = 3;
const LEFT: u8 = 4;
const NEW: u8 = 5;

/// It has an owner, who has polled it or will before anybody else does.
const THERE: u8 = 0;
/// It has none.
const ALONE: u8 = 1;
/// One was called, and has not polled it yet.
const CALLED: u8 = 2;

/// How often one who would take the helm looks whether it is free before it does without, and how long it waits before
/// it looks again: each look takes the state away from who is at work with it.
const LOOKS: u32 = if cfg!(loom) { 1 } else { 4 };
const PAUSES: u32 = if cfg!(loom) { 1 } else { 32 };

/// How many of these may be polled by one another on a thread's stack by visitors.
const DEPTH: u8 = 3;

per_thread! {
    /// How many are, and whether a poll since the last visit began took long.
    static DEEP: std::cell::Cell<(u8, bool)> = const { std::cell::Cell::new((0, false)) };
}

per_thread! {
    /// The helm that is visited on this thread, and where that is what is in the hand, until it is taken: here and not in
    /// each helm, of which there are many, and where it would be moved once more.
    static HAND: std::cell::Cell<(usize, *mut ())> = const { std::cell::Cell::new((0, std::ptr::null_mut())) };
}

/// Where an owner is at home, and who may visit it.
pub(crate) type Home = NonZeroU32;

/// The future, in a box.
pub(crate) type Course = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Who polls it.
pub(crate) struct Helm<M> {
    state: AtomicU8,
    /// Whether its owner is there.
    owner: AtomicU8,
    /// Whom it may be visited by: a number that they have in common; 0 for nobody.
    home: AtomicU32,
    course: Cell<Option<Course>>,
    /// Whether the future is where it takes what a visitor brings, as it [says](Helm::rests) itself. Of whose turn it is.
    at_rest: Cell<bool>,
    /// Its owner's; none before that has polled it, which it will. Of one that is alone the one that calls an owner.
    waker: Cell<Option<Waker>>,
    /// What goes through the hand of who visits it.
    kind: PhantomData<fn(M) -> M>,
}

// SAFETY: `course` and `waker` are touched only by whom `state` gives them to, see the table above, and may be sent.
unsafe impl<M> Sync for Helm<M> {}

impl<M> Helm<M> {
    /// Without a future.
    pub(crate) fn new() -> Helm<M> {
        Helm {
            state: AtomicU8::new(OVER),
            owner: AtomicU8::new(THERE),
            home: AtomicU32::new(0),
            course: Cell::new(None),
            at_rest: Cell::new(false),
            waker: Cell::new(None),
            kind: PhantomData,
        }
    }

    /// Gives it its future, which those of this number may visit. Once, before anybody polls it, and by who owns it.
    pub(crate) fn begin(&self, course: Course, home: Home) {
        assert_eq!(self.state.load(Ordering::Relaxed), OVER, "it has one");
        // SAFETY: in this state nobody else touches it.
        self.course.with_mut(|place| unsafe { *place = Some(course) });
        self.home.store(home.get(), Ordering::Relaxed);
        self.state.store(NEW, Ordering::Release);
    }

    /// Gives it a future that is at rest and has no owner; `call` is a waker that [calls](Helm::calls_owner) one. Otherwise
    /// as [`begin`](Helm::begin).
    pub(crate) fn begin_alone(&self, course: Course, home: Home, call: Waker) {
        assert_eq!(self.state.load(Ordering::Relaxed), OVER, "it has one");
        // SAFETY: in this state nobody else touches any of these.
        self.course.with_mut(|place| unsafe { *place = Some(course) });
        // SAFETY: as above.
        self.waker.with_mut(|place| unsafe { *place = Some(call) });
        // SAFETY: as above.
        self.at_rest.with_mut(|place| unsafe { *place = true });
        self.home.store(home.get(), Ordering::Relaxed);
        self.state.store(FREE, Ordering::Release);
        // Who is alone is seen by whoever looks for such after this, or sees what that one has said before: see `hearth`.
        self.owner.swap(ALONE, Ordering::SeqCst);
    }

    /// Where it is at home: whose visitors are let in.
    #[inline]
    pub(crate) fn home(&self) -> Option<Home> {
        Home::new(self.home.load(Ordering::Relaxed))
    }

    /// Whether it is alone.
    #[cfg(feature = "harness")]
    pub(crate) fn is_alone(&self) -> bool {
        self.owner.load(Ordering::Relaxed) == ALONE
    }

    /// Has it alone no more: `true` for the one who is to see to it that it has an owner, or is left.
    pub(crate) fn calls_owner(&self) -> bool {
        self.owner.compare_exchange(ALONE, CALLED, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Polls it once in the place of its owner, where nobody is at it; whether it is over then. For who has called that.
    pub(crate) fn conclude(&self) -> bool {
        if self.exchange(FREE, TAKEN).is_err() {
            return false;
        }
        let mut turn = Turn { helm: self, over: false };
        self.rests(false);
        match turn.waker() {
            Some(waker) => turn.poll(&mut Context::from_waker(waker)).is_ready(),
            None => false,
        }
    }

    /// Polls it for its owner; where somebody else is at it, the owner is woken when that one has done.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = FREE;
        loop {
            if state == TAKEN && self.owner.load(Ordering::Relaxed) == CALLED {
                // Who is at it does not know of this one, whose waker is not there yet.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let to = if state == TAKEN { AGAIN } else { TAKEN };
            match self.exchange(state, to) {
                Ok(TAKEN) | Err(AGAIN) => return Poll::Pending,
                Ok(_) => break,
                Err(OVER | LEFT) => return Poll::Ready(()),
                Err(other) => state = other,
            }
        }
        let mut turn = Turn { helm: self, over: false };
        self.rests(false);
        if self.owner.load(Ordering::Relaxed) != THERE {
            self.owner.store(THERE, Ordering::Release);
        }
        self.waker.with_mut(|place| {
            // SAFETY: whose turn it is has it to itself.
            match unsafe { &mut *place } {
                Some(own) => own.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            }
        });
        turn.poll(cx)
    }

    /// Takes the helm for one who is not its owner, where it is free or will be in a moment, the future is at rest, and that
    /// one is of this number, which is asked for where it matters.
    #[inline]
    pub(crate) fn visit(&self, here: impl FnOnce() -> Option<Home>) -> Option<Visit<'_, M>> {
        let home = self.home.load(Ordering::Relaxed);
        if home == 0 || here().map(Home::get) != Some(home) {
            return None;
        }
        let depth = Self::depth()?;
        match self.exchange(FREE, TAKEN) {
            Ok(_) => {}
            Err(TAKEN | AGAIN) if self.take_soon() => {}
            Err(_) => return None,
        }
        self.taken(depth)
    }

    /// The same for one who is known to be of its number, where it is free now.
    #[inline]
    pub(crate) fn call_on(&self) -> Option<Visit<'_, M>> {
        let depth = Self::depth()?;
        self.exchange(FREE, TAKEN).ok()?;
        self.taken(depth)
    }

    /// How many are visited on this thread, where one more may be.
    fn depth() -> Option<u8> {
        let (depth, _) = DEEP.with(std::cell::Cell::get);
        (depth < DEPTH).then_some(depth)
    }

    /// Begins a visit, the helm being taken.
    #[inline]
    fn taken(&self, depth: u8) -> Option<Visit<'_, M>> {
        let turn = Turn { helm: self, over: false };
        // SAFETY: it is this one's turn.
        if !self.at_rest.with_mut(|at_rest| unsafe { *at_rest }) {
            return None;
        }
        DEEP.with(|deep| deep.set((depth + 1, false)));
        Some(Visit { turn })
    }

    #[cold]
    fn take_soon(&self) -> bool {
        for _ in 0..LOOKS {
            (0..PAUSES).for_each(|_| pause(0));
            match self.state.load(Ordering::Relaxed) {
                FREE if self.exchange(FREE, TAKEN).is_ok() => return true,
                OVER | LEFT | NEW => return false,
                _ => {}
            }
        }
        false
    }

    /// Drops it, its owner being gone: at once, or when who is at it has done.
    pub(crate) fn leave(&self) {
        let mut state = FREE;
        loop {
            let to = if matches!(state, FREE | NEW) { TAKEN } else { LEFT };
            match self.exchange(state, to) {
                Ok(FREE | NEW) => return drop(Turn { helm: self, over: true }),
                Ok(_) | Err(OVER | LEFT) => return,
                Err(other) => state = other,
            }
        }
    }

    /// What is in the hand of who polls it. For the future itself.
    #[inline]
    pub(crate) fn handed(&self) -> Option<M> {
        HAND.with(|hand| {
            let (helm, place) = hand.get();
            if helm != self.address() || place.is_null() {
                return None;
            }
            hand.set((helm, std::ptr::null_mut()));
            // SAFETY: it is in the frame of a `Visit::hand` of this very helm, further up this thread's stack, which touches
            // it again only when it has taken it out of here.
            unsafe { (*place.cast::<Option<M>>()).take() }
        })
    }

    /// Says whether it is at rest: whether all it waits for, if it is polled now, is what a visitor may bring. For the future
    /// itself, before a poll of it ends; to begin with, each time its owner polls it, it is not.
    #[inline]
    pub(crate) fn rests(&self, at_rest: bool) {
        // SAFETY: who calls this is being polled by whose turn it is, or is that one; a future that was never given to its
        // helm is polled by one task, and nobody visits then.
        self.at_rest.with_mut(|place| unsafe { *place = at_rest });
    }

    /// Whether who polls it here is a visitor. For the future itself.
    #[inline]
    pub(crate) fn is_visited(&self) -> bool {
        HAND.with(|hand| hand.get().0 == self.address())
    }

    /// Whether that visitor brings nothing, but says that there is something in the mailbox. For the future itself, before
    /// it takes what is handed.
    #[inline]
    pub(crate) fn is_called_on(&self) -> bool {
        HAND.with(|hand| hand.get().1.is_null())
    }

    /// Waits until it is its owner who polls. For the future itself.
    pub(crate) fn owners_turn(&self) -> OwnersTurn<'_, M> {
        OwnersTurn(self)
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn exchange(&self, from: u8, to: u8) -> Result<u8, u8> {
        self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
    }
}

/// The helm, taken.
struct Turn<'h, M> {
    helm: &'h Helm<M>,
    /// Whether the future is to be dropped at the end of the turn.
    over: bool,
}

impl<'h, M> Turn<'h, M> {
    /// The owner's waker, once that has polled.
    fn waker(&self) -> Option<&'h Waker> {
        // SAFETY: it is changed by whose turn it is, before that one polls and at the end of the turn.
        self.helm.waker.with_mut(|waker| unsafe { (*waker).as_ref() })
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Where it panics it is over.
        self.over = true;
        let polled = self.helm.course.with_mut(|course| {
            // SAFETY: whose turn it is has the future to itself.
            let course = unsafe { &mut *course }.as_mut().expect("it is not over");
            course.as_mut().poll(cx)
        });
        self.over = polled.is_ready();
        polled
    }

    /// Lets go of a helm that others have an eye on.
    #[cold]
    fn let_go(&self) {
        // SAFETY: until the state says otherwise it is this one's turn.
        let waker = self.helm.waker.with_mut(|waker| unsafe { &*waker }.clone());
        if self.over || self.helm.exchange(AGAIN, FREE).is_err() {
            // SAFETY: as above; nobody polls it any more.
            let course = self.helm.course.with_mut(|course| unsafe { (*course).take() });
            // SAFETY: as above.
            let waker = self.helm.waker.with_mut(|waker| unsafe { (*waker).take() });
            self.helm.state.swap(OVER, Ordering::AcqRel);
            drop(course);
            drop(waker);
        }
        // There is more to do for its owner, or nothing any more.
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<M> Drop for Turn<'_, M> {
    #[inline]
    fn drop(&mut self) {
        if self.over || self.helm.exchange(TAKEN, FREE).is_err() {
            self.let_go();
        }
    }
}

/// The helm, taken by one who is not its owner.
pub(crate) struct Visit<'h, M> {
    turn: Turn<'h, M>,
}

impl<M> Visit<'_, M> {
    /// Polls the future, here and now and as its owner, with this in its hand; what it does not take is left there.
    #[inline]
    pub(crate) fn hand(&mut self, message: &mut Option<M>) {
        self.poll(std::ptr::from_mut(message).cast::<()>());
    }

    /// The same, with nothing in its hand.
    #[inline]
    pub(crate) fn look_in(&mut self) {
        self.poll(std::ptr::null_mut());
    }

    #[inline]
    fn poll(&mut self, place: *mut ()) {
        /// Puts back what was there before: this is a visit within a visit, or the future did not take it, or panicked.
        struct Before((usize, *mut ()));
        impl Drop for Before {
            fn drop(&mut self) {
                HAND.with(|hand| hand.set(self.0));
            }
        }
        let _before = Before(HAND.with(|hand| hand.replace((self.turn.helm.address(), place))));
        // Once it is over there is none.
        if let Some(waker) = self.turn.waker()
            && !self.turn.over
        {
            let _ = self.turn.poll(&mut Context::from_waker(waker));
        }
    }

    /// Whether that took long, as who was polled has [noted](was_long).
    pub(crate) fn was_long(&self) -> bool {
        DEEP.with(|deep| deep.get().1)
    }
}

impl<M> Drop for Visit<'_, M> {
    #[inline]
    fn drop(&mut self) {
        DEEP.with(|deep| {
            let (depth, long) = deep.get();
            deep.set((depth - 1, long));
        });
    }
}

/// Made by [`Helm::owners_turn`].
pub(crate) struct OwnersTurn<'h, M>(&'h Helm<M>);

impl<M> Future for OwnersTurn<'_, M> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.rests(false);
        if !self.0.is_visited() {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Notes that what is polled on this thread has just taken long.
#[cold]
pub(crate) fn was_long() {
    let _ = DEEP.try_with(|deep| deep.set((deep.get().0, true)));
}

/// What has a helm, whatever goes through its hand.
pub(crate) trait Steered: Send + Sync {
    /// [`Helm::poll`].
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()>;
    /// [`Helm::leave`].
    fn leave(&self);
}

/// What may begin without an owner.
pub(crate) trait Lone: Steered {
    /// [`Helm::conclude`].
    fn conclude(&self) -> bool;
}

/// The owner: a task.
pub(crate) struct Owner(pub(crate) Arc<dyn Steered>);

impl Future for Owner {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll(cx)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.leave();
    }
}

// The path is told, because the models compile this file from another place.
#[cfg(all(test, feature = "harness", not(loom)))]
#[path = "helm/tests.rs"]
mod tests;
