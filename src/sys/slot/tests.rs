//! The slot's own tests. They run under this project's harness and, from `tests/models`, under Miri.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use super::{Promise, Settled, Wait, pair};

#[derive(Default)]
struct Bell(AtomicU32);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn bell() -> (Arc<Bell>, Waker) {
    let bell = Arc::new(Bell::default());
    (bell.clone(), Waker::from(bell))
}

fn poll<T, E>(wait: &mut Wait<T, E>) -> Poll<Settled<T, E>> {
    wait.poll(&mut Context::from_waker(Waker::noop()), 0)
}

type Number = (Promise<u64, String>, Wait<u64, String>);

#[rehearsal::test]
fn an_answer_comes_once_and_wakes_once() {
    let (promise, mut wait): Number = pair();
    let (bell, waker) = bell();
    let cx = &mut Context::from_waker(&waker);
    assert!(wait.poll(cx, 0).is_pending());
    assert!(wait.poll(cx, 0).is_pending(), "polled again for no reason");
    promise.send(7);
    assert_eq!(bell.0.load(Ordering::SeqCst), 1);
    assert_eq!(wait.poll(cx, 0), Poll::Ready(Settled::Answer(7)));
    drop(wait);
    assert_eq!(Arc::strong_count(&bell), 2, "the slot keeps no waker");
}

#[rehearsal::test]
fn the_last_waker_is_the_one_that_is_woken() {
    let (promise, mut wait): Number = pair();
    let ((first, first_waker), (second, second_waker)) = (bell(), bell());
    assert!(wait.poll(&mut Context::from_waker(&first_waker), 0).is_pending());
    assert!(wait.poll(&mut Context::from_waker(&second_waker), 0).is_pending());
    promise.send(1);
    assert_eq!((first.0.load(Ordering::SeqCst), second.0.load(Ordering::SeqCst)), (0, 1));
    assert_eq!(poll(&mut wait), Poll::Ready(Settled::Answer(1)));
}

#[rehearsal::test]
fn an_answer_that_came_before_it_was_waited_for_is_there() {
    let (promise, mut wait): Number = pair();
    promise.send(3);
    assert_eq!(poll(&mut wait), Poll::Ready(Settled::Answer(3)));
    let (promise, mut wait): Number = pair();
    promise.fail("no".to_owned());
    assert_eq!(poll(&mut wait), Poll::Ready(Settled::Failure(Box::new("no".to_owned()))));
    let (promise, mut wait): Number = pair();
    drop(promise);
    assert_eq!(poll(&mut wait), Poll::Ready(Settled::Dropped));
}

#[rehearsal::test]
fn what_does_not_fit_is_boxed_and_what_is_nothing_takes_no_room() {
    let (promise, mut wait) = pair::<[u64; 40], ()>();
    promise.send([9; 40]);
    assert_eq!(poll(&mut wait), Poll::Ready(Settled::Answer([9; 40])));
    #[repr(align(128))]
    #[derive(Debug, PartialEq)]
    struct Aligned(u8);
    let (promise, mut wait) = pair::<Aligned, ()>();
    promise.send(Aligned(4));
    assert_eq!(poll(&mut wait), Poll::Ready(Settled::Answer(Aligned(4))));
    let (promise, mut wait) = pair::<(), ()>();
    promise.send(());
    assert_eq!(poll(&mut wait), Poll::Ready(Settled::Answer(())));
}

/// Counts how many of it are alive.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(alive: &'a AtomicUsize) -> Counted<'a> {
        alive.fetch_add(1, Ordering::SeqCst);
        Counted(alive)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[rehearsal::test]
fn whatever_is_left_behind_is_dropped_once() {
    let alive = AtomicUsize::new(0);
    let counted = || Counted::new(&alive);
    for wait_is_polled in [false, true] {
        for promise_goes_first in [false, true] {
            for ending in 0..3 {
                let (promise, mut wait) = pair::<Counted<'_>, [Counted<'_>; 1]>();
                let (bell, waker) = bell();
                if wait_is_polled {
                    assert!(wait.poll(&mut Context::from_waker(&waker), 0).is_pending());
                }
                let end = |promise: Promise<_, _>| match ending {
                    0 => promise.send(counted()),
                    1 => promise.fail([counted()]),
                    _ => drop(promise),
                };
                if promise_goes_first {
                    end(promise);
                    drop(wait);
                } else {
                    drop(wait);
                    end(promise);
                }
                assert_eq!(alive.load(Ordering::SeqCst), 0);
                assert_eq!(Arc::strong_count(&bell), 2, "the slot keeps no waker");
            }
        }
    }
}

#[rehearsal::test]
fn the_clock_wakes_whose_time_is_up_and_no_others() {
    let (promise, mut wait): Number = pair();
    let (bell, waker) = bell();
    let cx = &mut Context::from_waker(&waker);
    let slot = wait.slot.expect("it waits");
    assert!(!slot.wake_overdue(u64::MAX), "nobody waits yet");
    assert!(wait.poll(cx, 100).is_pending());
    assert!(slot.wake_overdue(99), "somebody will");
    assert_eq!(bell.0.load(Ordering::SeqCst), 0);
    assert!(slot.wake_overdue(100));
    assert_eq!(bell.0.load(Ordering::SeqCst), 1);
    assert!(!slot.wake_overdue(101), "it was told");
    assert!(wait.poll(cx, 0).is_pending());
    assert!(!slot.wake_overdue(u64::MAX), "one that waits for ever is not waited for");
    promise.send(5);
    assert!(!slot.wake_overdue(u64::MAX));
    assert_eq!(poll(&mut wait), Poll::Ready(Settled::Answer(5)));
}

/// A generator of numbers for which nothing but speed is asked.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Unparks a thread.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Threads that ask one another, answer, give up, fail and are woken by a clock in between: each answer is that of the
/// question, whichever slots they share.
#[rehearsal::test]
fn no_answer_reaches_another_ask() {
    const ASKERS: u64 = 3;
    let asks: u64 = if cfg!(miri) { 60 } else { 20_000 };
    let (sender, receiver) = std::sync::mpsc::sync_channel::<(u64, Promise<[u64; 3], u64>)>(16);
    let answerer = thread::spawn(move || {
        let mut dice = Dice(99);
        for (question, promise) in receiver {
            match dice.throw(8) {
                0 => promise.fail(question),
                1 => drop(promise),
                2 => {
                    thread::yield_now();
                    promise.send([question; 3]);
                }
                _ => promise.send([question; 3]),
            }
        }
    });
    let askers = (0..ASKERS).map(|asker| {
        let sender = sender.clone();
        thread::spawn(move || {
            let waker = Waker::from(Arc::new(Unpark(thread::current())));
            let cx = &mut Context::from_waker(&waker);
            let mut dice = Dice(asker + 1);
            for ask in 0..asks {
                let question = ask * ASKERS + asker;
                let (promise, mut wait) = pair();
                let slot = wait.slot.expect("it waits");
                sender.send((question, promise)).expect("the answerer lives");
                let patience = dice.throw(4);
                let mut polls = 0;
                loop {
                    if patience == 0 && polls == dice.throw(2) {
                        break; // Dropped in whatever state it is.
                    }
                    match wait.poll(cx, 1) {
                        Poll::Ready(Settled::Answer(answer)) => {
                            assert_eq!(answer, [question; 3]);
                            break;
                        }
                        Poll::Ready(Settled::Failure(answer)) => {
                            assert_eq!(*answer, question);
                            break;
                        }
                        Poll::Ready(Settled::Dropped) => break,
                        Poll::Pending if patience == 1 => {
                            slot.wake_overdue(1);
                            thread::yield_now();
                        }
                        Poll::Pending => thread::park(),
                    }
                    polls += 1;
                }
            }
        })
    });
    let askers: Vec<_> = askers.collect();
    askers.into_iter().for_each(|asker| asker.join().expect("no wrong answer"));
    drop(sender);
    answerer.join().expect("it answered to the end");
}
