//! Where what arrived waits for the tester.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::actor::Exit;

/// What arrived before that a message about a wait in vain names.
const NAMED: usize = 16;

pub(super) struct Tray<T> {
    inner: Mutex<Inner<T>>,
    describe: fn(&T) -> String,
}

struct Inner<T> {
    waiting: VecDeque<T>,
    /// What was taken out, the last ones.
    taken: VecDeque<String>,
    /// How many were.
    taken_count: usize,
    /// Whether the tester waits for more than there is.
    wanted: bool,
    tester: Option<Waker>,
    feeder: Option<Waker>,
    /// How whoever feeds it ended.
    ended: Option<Exit>,
    /// How whoever feeds it is to end.
    wish: Option<Exit>,
}

/// What the tester finds.
pub(super) enum Found<T> {
    Item(T),
    /// Nothing, and nothing will come: who fed it has ended.
    Ended(Exit),
}

impl<T> Tray<T> {
    pub(super) fn new(describe: fn(&T) -> String) -> Tray<T> {
        let inner = Inner {
            waiting: VecDeque::new(),
            taken: VecDeque::new(),
            taken_count: 0,
            wanted: false,
            tester: None,
            feeder: None,
            ended: None,
            wish: None,
        };
        Tray { inner: Mutex::new(inner), describe }
    }

    fn inner(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something in; given back where `bound` wait already.
    pub(super) fn put(&self, item: T, bound: usize) -> Result<(), T> {
        let mut inner = self.inner();
        if inner.waiting.len() >= bound || inner.wish.is_some() {
            return Err(item);
        }
        inner.waiting.push_back(item);
        let tester = inner.tester.take();
        drop(inner);
        wake(tester);
        Ok(())
    }

    /// Says that nothing more comes.
    pub(super) fn end(&self, exit: Exit) {
        let mut inner = self.inner();
        inner.ended = Some(exit);
        let tester = inner.tester.take();
        drop(inner);
        wake(tester);
    }

    /// What is wanted of the feeder: whether a message, or how to end. Its waker is woken when that changes.
    pub(super) fn poll_wish(&self, cx: &mut Context<'_>) -> (bool, Option<Exit>) {
        let mut inner = self.inner();
        inner.feeder = Some(cx.waker().clone());
        (inner.wanted && inner.waiting.is_empty(), inner.wish.take())
    }

    /// Wishes that the feeder ends so.
    pub(super) fn wish(&self, exit: Exit) {
        let mut inner = self.inner();
        inner.wish = Some(exit);
        let feeder = inner.feeder.take();
        drop(inner);
        wake(feeder);
    }

    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<Found<T>> {
        let mut inner = self.inner();
        if let Some(item) = inner.waiting.pop_front() {
            inner.wanted = false;
            inner.taken_count += 1;
            let name = (self.describe)(&item);
            if inner.taken.len() == NAMED {
                inner.taken.pop_front();
            }
            inner.taken.push_back(name);
            return Poll::Ready(Found::Item(item));
        }
        if let Some(exit) = &inner.ended {
            return Poll::Ready(Found::Ended(exit.clone()));
        }
        inner.tester = Some(cx.waker().clone());
        inner.wanted = true;
        let feeder = inner.feeder.take();
        drop(inner);
        wake(feeder);
        Poll::Pending
    }

    /// Nobody waits any more.
    pub(super) fn unwant(&self) {
        self.inner().wanted = false;
    }

    /// How many were taken out before, and the names of the last of them.
    pub(super) fn taken(&self) -> (usize, Vec<String>) {
        let inner = self.inner();
        (inner.taken_count, inner.taken.iter().cloned().collect())
    }

    pub(super) fn describe(&self, item: &T) -> String {
        (self.describe)(item)
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
