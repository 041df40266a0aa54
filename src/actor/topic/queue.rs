//! The queue of one subscriber: bounded, and keeping account of what it lost.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// What a subscriber loses that has not taken what it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Slow {
    /// The item that has waited longest, so that it has the latest.
    #[default]
    LosesOldest,
    /// The item that would be one too many, so that it has the first ones without a gap.
    LosesNewest,
}

/// One item of a topic, as a subscriber gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Item<T> {
    /// What was published.
    pub value: T,
    /// How many items were lost between the one before and this one, because the subscriber was slow.
    pub missed: u64,
}

/// What became of one item that was put into a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    Kept,
    /// An item was lost, this one or one before it.
    Lost,
    /// Nobody takes from it any more.
    Over,
}

#[derive(Debug)]
pub(super) struct Queue<T> {
    bound: usize,
    slow: Slow,
    state: Mutex<Waiting<T>>,
}

#[derive(Debug)]
struct Waiting<T> {
    /// Each with what was lost before it.
    items: VecDeque<(T, u64)>,
    /// Lost since the last that is in.
    lost: u64,
    /// Lost ever.
    missed: u64,
    taker: Option<Waker>,
    /// The topic is gone: nothing more comes.
    ended: bool,
    /// The subscriber is gone.
    over: bool,
}

impl<T> Queue<T> {
    pub(super) fn new(bound: usize, slow: Slow) -> Queue<T> {
        let items = VecDeque::new();
        let state = Waiting { items, lost: 0, missed: 0, taker: None, ended: false, over: false };
        Queue { bound: bound.max(1), slow, state: Mutex::new(state) }
    }

    /// Puts an item in. What is lost by it goes to `dropped`: to let go of it runs code of others, which must find
    /// neither this nor its topic locked.
    pub(super) fn put(&self, value: T, dropped: &mut Vec<T>) -> Put {
        let mut state = self.state();
        if state.over {
            dropped.push(value);
            return Put::Over;
        }
        let mut outcome = Put::Kept;
        if state.items.len() >= self.bound {
            state.missed += 1;
            if self.slow == Slow::LosesNewest {
                state.lost += 1;
                dropped.push(value);
                return Put::Lost;
            }
            if let Some((oldest, before)) = state.items.pop_front() {
                // What was lost before the one that is lost now is lost before the next.
                match state.items.front_mut() {
                    Some((_, missed)) => *missed += before + 1,
                    None => state.lost += before + 1,
                }
                dropped.push(oldest);
                outcome = Put::Lost;
            }
        }
        let lost = std::mem::take(&mut state.lost);
        state.items.push_back((value, lost));
        let taker = state.taker.take();
        drop(state);
        if let Some(taker) = taker {
            taker.wake();
        }
        outcome
    }

    /// The next item; `None` when nothing more comes.
    pub(super) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Item<T>>> {
        let mut state = self.state();
        match state.items.pop_front() {
            Some((value, missed)) => Poll::Ready(Some(Item { value, missed })),
            None if state.ended => Poll::Ready(None),
            None => {
                state.taker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    pub(super) fn try_next(&self) -> Option<Item<T>> {
        self.state().items.pop_front().map(|(value, missed)| Item { value, missed })
    }

    pub(super) fn missed(&self) -> u64 {
        self.state().missed
    }

    pub(super) fn waiting(&self) -> usize {
        self.state().items.len()
    }

    /// Nothing more comes.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        let taker = state.taker.take();
        drop(state);
        if let Some(taker) = taker {
            taker.wake();
        }
    }

    /// Nobody takes from it any more.
    pub(super) fn leave(&self) {
        let mut state = self.state();
        state.over = true;
        let items = std::mem::take(&mut state.items);
        drop(state);
        drop(items);
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().over
    }

    fn state(&self) -> MutexGuard<'_, Waiting<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests {
    use proptest::prelude::*;

    use super::{Put, Queue, Slow};

    fn put(queue: &Queue<u32>, value: u32) -> Put {
        queue.put(value, &mut Vec::new())
    }

    fn taken(queue: &Queue<u32>) -> Vec<(u32, u64)> {
        std::iter::from_fn(|| queue.try_next()).map(|item| (item.value, item.missed)).collect()
    }

    #[rehearsal::test]
    fn what_is_lost_is_told_with_the_next_that_is_not() {
        let table = [
            (Slow::LosesOldest, vec![(3, 3), (4, 0)], vec![(5, 0)]),
            (Slow::LosesNewest, vec![(0, 0), (1, 0)], vec![(5, 3)]),
        ];
        for (slow, first, then) in table {
            let queue = Queue::new(2, slow);
            let puts: Vec<Put> = (0..5).map(|value| put(&queue, value)).collect();
            assert_eq!(puts, [Put::Kept, Put::Kept, Put::Lost, Put::Lost, Put::Lost], "{slow:?}");
            assert_eq!((taken(&queue), queue.missed()), (first, 3), "{slow:?}");
            put(&queue, 5);
            assert_eq!(taken(&queue), then, "{slow:?}");
        }
    }

    #[rehearsal::test]
    fn a_queue_of_one_holds_the_latest_or_the_first() {
        for (slow, kept) in [(Slow::LosesOldest, (9, 9)), (Slow::LosesNewest, (0, 0))] {
            let queue = Queue::new(0, slow);
            for value in 0..10 {
                put(&queue, value);
            }
            assert_eq!(taken(&queue), [kept], "{slow:?}");
        }
    }

    #[rehearsal::test]
    fn nobody_puts_into_what_nobody_takes_from() {
        let queue = Queue::new(2, Slow::LosesOldest);
        put(&queue, 1);
        queue.leave();
        assert_eq!((put(&queue, 2), queue.waiting(), queue.is_over()), (Put::Over, 0, true));
    }

    proptest! {
        /// Whatever the order of putting and taking: every item was taken, told as missed, or is still there.
        #[rehearsal::test]
        fn every_item_is_accounted_for(
            bound in 1_usize..5,
            newest in any::<bool>(),
            steps in prop::collection::vec(any::<bool>(), 0..60),
        ) {
            let queue = Queue::new(bound, if newest { Slow::LosesNewest } else { Slow::LosesOldest });
            let (mut count, mut next) = (0_u32, 0_u64);
            for is_put in steps {
                if is_put {
                    put(&queue, count);
                    count += 1;
                    prop_assert!(queue.waiting() <= bound);
                } else if let Some(item) = queue.try_next() {
                    // The number says how many came before it, and those are told.
                    prop_assert_eq!(u64::from(item.value), next + item.missed);
                    next = u64::from(item.value) + 1;
                }
            }
            let rest = taken(&queue);
            prop_assert!(rest.len() <= bound);
            for (value, missed) in rest {
                prop_assert_eq!(u64::from(value), next + missed);
                next = u64::from(value) + 1;
            }
            prop_assert!(next <= u64::from(count) && u64::from(count) - next <= queue.missed());
        }
    }
}
