//! Asks that could never be answered, because the actor that asks is what the answer waits for.
//!
//! An actor handles one command at a time. While a command awaits an ask its actor waits for the one that was asked;
//! where such waits close a circle none of them can end, and the ask that closes it, or another of them, ends in
//! [`Cause::Cycle`](super::Cause::Cycle) instead of at its deadline.
//!
//! What counts is an ask, or a spawn, that a command of an actor of this process awaits right now, and the end of a child
//! that its parent waits for before it ends itself: not an ask in a task that the command spawned, not one that was sent
//! and is not awaited, and not a `ping` or `info`, which are answered while a command waits. An ask made anywhere else costs the read of one thread-local; one that pends inside a command notes
//! who waits for whom in a `table` without a lock. A false alarm would be worse than a cycle that ends at its deadline,
//! so a wait counts only where it was seen to pend after the actor it waits for had begun to wait itself (`search`);
//! who has not been seen since is woken to look again.

mod search;
mod table;

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task;

use super::current;
use super::info::ActorName;
use super::node::{AnyActor, Node};
use super::roll;
use search::Circle;
use table::{Claim, Table};

static TABLE: Table = Table::new();
/// Held by one who says that there is a cycle, so that two of the same cycle do not both break it.
static SAYING: Mutex<()> = Mutex::new(());
/// The actor a worker process was started to be: it is not on the roll.
static UNLISTED: Mutex<Option<Weak<dyn AnyActor>>> = Mutex::new(None);

thread_local! {
    /// The actor whose command is being polled on this thread, and whether it has claimed a place in the table.
    static COMMAND: Cell<(usize, bool)> = const { Cell::new((0, false)) };
}

/// An actor as the table knows it: where its node is. Nothing is looked up there; it stays where it is for as long as
/// the actor has a command, and nobody else's is there meanwhile.
fn key(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}

/// Makes an actor known that is not on the roll.
pub(crate) fn know(actor: &Arc<dyn AnyActor>) {
    *UNLISTED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::downgrade(actor));
}

/// Polls a command of an actor: asks that are polled meanwhile are asks of this actor. `claims` tells whether one of them
/// has ever been noted; then [`forget`] is to be called when the command is gone.
pub(crate) fn poll_command<T>(actor: &Node, claims: &mut bool, poll: impl FnOnce() -> T) -> T {
    struct Leave<'c> {
        claims: &'c mut bool,
        outer: (usize, bool),
    }
    impl Drop for Leave<'_> {
        fn drop(&mut self) {
            let (_, claims) = COMMAND.replace(self.outer);
            *self.claims |= claims;
        }
    }
    let outer = COMMAND.replace((key(actor), false));
    let _leave = Leave { claims, outer };
    poll()
}

/// Runs what is no part of the command that is being polled on this thread, if one is.
pub(crate) fn apart<T>(run: impl FnOnce() -> T) -> T {
    struct Leave((usize, bool));
    impl Drop for Leave {
        fn drop(&mut self) {
            COMMAND.set(self.0);
        }
    }
    let _leave = Leave(COMMAND.replace((0, false)));
    run()
}

/// Nothing is awaited by the actor's command any more, whatever became of its asks.
pub(crate) fn forget(actor: &Node) {
    TABLE.clear(key(actor));
}

/// The actor whose command awaits an ask.
#[derive(Clone, Copy)]
pub(crate) struct Asker {
    actor: usize,
    /// What the table's clock said before the ask was looked at.
    now: u64,
}

impl Asker {
    /// Who asks on this thread, if it is a command of an actor.
    #[inline]
    pub(crate) fn here() -> Option<Asker> {
        let (actor, _) = COMMAND.try_with(Cell::get).unwrap_or_default();
        (actor != 0).then(|| Asker { actor, now: TABLE.now() })
    }

    /// This actor, wherever it is polled.
    pub(crate) fn of(node: &Node) -> Asker {
        Asker { actor: key(node), now: TABLE.now() }
    }

    /// Whether it would ask itself.
    pub(crate) fn is(self, node: &Node) -> bool {
        self.actor == key(node)
    }
}

/// One ask's entry in the table, while it pends inside a command.
#[derive(Default)]
pub(crate) struct Link(Option<Claim>);

impl Link {
    /// Notes that `asker` waits for `target`; the names along the cycle where that closes one.
    pub(crate) fn pend(
        &mut self,
        asker: Asker,
        target: &Node,
        cx: &mut task::Context<'_>,
    ) -> Option<Vec<ActorName>> {
        if asker.is(target) {
            return Some(vec![target.name.clone(), target.name.clone()]);
        }
        let is_new = self.note(asker, key(target));
        if is_new {
            COMMAND.set((asker.actor, true));
        }
        // Where the table is full the cycle, if it is one, ends at its deadline.
        let claim = self.0.as_ref()?;
        match search::circle(&TABLE, claim.edge()) {
            None => None,
            Some(Circle::Seen(_)) => {
                let _alone = SAYING.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(Circle::Seen(actors)) = search::circle(&TABLE, claim.edge()) else { return None };
                self.cut();
                Some(names(&actors))
            }
            // Once, by the ask that closed it: everyone who looks again asks this question again.
            Some(Circle::Unseen(actors)) if is_new => {
                wake(&actors, asker, cx);
                None
            }
            Some(Circle::Unseen(_)) => None,
        }
    }

    /// Notes that `asker` has waited until now; whether that had not been noted before.
    fn note(&mut self, asker: Asker, target: usize) -> bool {
        let is_new = !self.0.as_ref().is_some_and(|claim| claim.renew(asker.now));
        if is_new {
            self.0 = TABLE.claim(asker.actor, target, asker.now);
        }
        is_new
    }

    /// Notes that it waits no more.
    pub(crate) fn cut(&mut self) {
        if let Some(claim) = self.0.take() {
            claim.release();
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.cut();
    }
}

/// A wait of an actor for another that is no ask: for a child to start, or to end. Where a circle is closed by it, it is
/// one of the asks in that circle that says so.
#[derive(Default)]
pub(crate) struct Hold {
    link: Link,
    target: usize,
}

impl Hold {
    /// Notes that `waiting` waits for `target`, and for nobody else any more by this.
    pub(crate) fn pend(&mut self, waiting: Asker, target: &Node, cx: &mut task::Context<'_>) {
        if self.target != key(target) {
            self.link.cut();
            self.target = key(target);
        }
        let is_new = self.link.note(waiting, self.target);
        if is_new && COMMAND.get().0 == waiting.actor {
            COMMAND.set((waiting.actor, true));
        }
        let Some(claim) = &self.link.0 else { return };
        match search::circle(&TABLE, claim.edge()) {
            Some(Circle::Seen(mut actors)) => {
                actors.retain(|actor| *actor != waiting.actor);
                wake(&actors, waiting, cx);
            }
            Some(Circle::Unseen(actors)) if is_new => wake(&actors, waiting, cx),
            _ => {}
        }
    }

    /// Notes that it waits no more.
    pub(crate) fn cut(&mut self) {
        self.link.cut();
    }
}

fn all() -> Vec<Arc<dyn AnyActor>> {
    let unlisted = UNLISTED.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(Weak::upgrade);
    roll::alive().into_iter().chain(unlisted).chain(current::current()).collect()
}

/// Has actors look again at what they wait for.
fn wake(actors: &[usize], asker: Asker, cx: &mut task::Context<'_>) {
    if actors.contains(&asker.actor) {
        cx.waker().wake_by_ref();
    }
    for actor in all().iter().filter(|actor| actors.contains(&key(actor.node()))) {
        actor.nudge();
    }
}

/// What the actors of a cycle are called, the first once more at its end.
fn names(actors: &[usize]) -> Vec<ActorName> {
    let all = all();
    let name = |wanted: &usize| all.iter().map(|actor| actor.node()).find(|node| key(node) == *wanted);
    actors.iter().chain(actors.first()).filter_map(name).map(|node| node.name.clone()).collect()
}

#[cfg(all(test, feature = "harness"))]
mod tests;
