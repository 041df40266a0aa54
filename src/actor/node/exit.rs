//! What of a node is about how the actor ended, and who waits for that.

use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use super::lives::Waiting;
use super::{Ending, Node};
use crate::actor::exit::{Exit, Reason};
use crate::actor::realm;

/// It has ended because its last proxy was dropped: of an end that most have, no more is kept. Set under that lock.
const ABANDONED: u8 = 4;
/// It has ended because it was told to stop.
const STOPPED: u8 = 8;

impl Node {
    pub(crate) fn exit(&self) -> Option<Exit> {
        self.exit_of(&self.ending())
    }

    /// How it ended, if it has.
    pub(super) fn exit_of(&self, ending: &Ending) -> Option<Exit> {
        match self.marks.load(Ordering::Relaxed) & (ABANDONED | STOPPED) {
            0 => ending.exit.as_deref().cloned(),
            ABANDONED => Some(Exit::abandoned()),
            _ => Some(Exit::new(Reason::Stopped)),
        }
    }

    /// Keeps how it ended.
    pub(super) fn keep_exit(&self, ending: &mut Ending, exit: Exit) {
        if exit.is_abandoned() {
            self.marks.fetch_or(ABANDONED, Ordering::Relaxed);
        } else if exit.reason == Reason::Stopped && exit.detail.is_empty() {
            self.marks.fetch_or(STOPPED, Ordering::Relaxed);
        } else {
            ending.exit = Some(Box::new(exit));
        }
    }

    /// Whether `ending` has, or the marks say, how it ended.
    pub(super) fn has_exit(&self, ending: &Ending) -> bool {
        ending.exit.is_some() || self.marks.load(Ordering::Relaxed) & (ABANDONED | STOPPED) != 0
    }

    /// The same, for somebody who wants to know: a failure is not unhandled any more.
    pub(crate) fn learn_exit(&self) -> Option<Exit> {
        let exit = self.exit();
        if exit.is_some() {
            realm::told(self.name.id);
        }
        exit
    }

    pub(crate) fn poll_exit(&self, cx: &mut Context<'_>) -> Poll<Exit> {
        self.poll_exit_from(&mut None, true, cx)
    }

    /// The same, with a place in the list that is given back with [`Node::leave`] when the wait is given up. A failure
    /// stays unhandled by who does not heed it.
    pub(crate) fn poll_exit_from(
        &self,
        place: &mut Option<u64>,
        heeds: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Exit> {
        let mut ending = self.ending();
        if let Some(exit) = self.exit_of(&ending) {
            if heeds {
                realm::told(self.name.id);
            }
            return Poll::Ready(exit);
        }
        let rare = self.rare(&mut ending);
        let own = rare.waiting.iter_mut().find(|waiting| match place {
            Some(place) => waiting.place == *place,
            None => waiting.heeds == heeds && waiting.waker.will_wake(cx.waker()),
        });
        match own {
            Some(waiting) => waiting.waker.clone_from(cx.waker()),
            None => {
                rare.last_waiting += 1;
                *place = Some(rare.last_waiting);
                rare.waiting.push(Waiting { place: rare.last_waiting, waker: cx.waker().clone(), heeds });
            }
        }
        Poll::Pending
    }

    /// Gives up waiting for the end.
    pub(crate) fn leave(&self, place: u64) {
        if let Some(rare) = &mut self.ending().rare {
            rare.waiting.retain(|waiting| waiting.place != place);
        }
    }
}
