//! Each model is run in every order its threads' steps can have in which no thread is interrupted more than twice
//! against its will: that is where errors of such protocols are found, and it ends within seconds.

mod alone;
mod aside;

use std::sync::Arc as Plain;
use std::task::{Context, Poll, Wake, Waker};

use loom::future::block_on;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

use crate::helm::{Course, Helm, Home};
use crate::mailbox::{Inbox, Mailbox, Next, Wanted};
use crate::overflow::Overflow;
use crate::pool;
use crate::slot::{Settled, Wait, pair};

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.max_branches = 10_000;
    builder.check(f);
}

async fn settled(mut wait: Wait<u64, u64>) -> Settled<u64, u64> {
    std::future::poll_fn(move |cx| wait.poll(cx, 0)).await
}

/// Counts how often it was woken.
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Plain<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn bell() -> (Plain<Bell>, Waker) {
    let bell = Plain::new(Bell(AtomicUsize::new(0)));
    (bell.clone(), Waker::from(bell))
}

#[test]
fn who_waits_is_woken_and_gets_the_answer() {
    model(|| {
        let (promise, wait) = pair();
        let answerer = thread::spawn(move || promise.send(7));
        assert_eq!(block_on(settled(wait)), Settled::Answer(7));
        answerer.join().expect("no panic");
        assert_eq!(pool::given(), 1);
    });
}

#[test]
fn a_failure_and_a_dropped_promise_arrive_too() {
    model(|| {
        let (promise, wait) = pair();
        let answerer = thread::spawn(move || promise.fail(5));
        assert_eq!(block_on(settled(wait)), Settled::Failure(Box::new(5)));
        answerer.join().expect("no panic");
        let (promise, wait) = pair();
        let answerer = thread::spawn(move || drop(promise));
        assert_eq!(block_on(settled(wait)), Settled::Dropped);
        answerer.join().expect("no panic");
        assert_eq!(pool::given(), 2);
    });
}

/// A value that counts how many of it are alive.
struct Counted(Plain<AtomicUsize>);

impl Counted {
    fn new(alive: &Plain<AtomicUsize>) -> Counted {
        alive.fetch_add(1, Ordering::SeqCst);
        Counted(alive.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn one_that_gives_up_loses_nothing_and_gives_the_slot_back_once() {
    for polls in 0..3 {
        model(move || {
            let alive = Plain::new(AtomicUsize::new(0));
            let (promise, mut wait) = pair::<Counted, u64>();
            let answer = Counted::new(&alive);
            let answerer = thread::spawn(move || promise.send(answer));
            for _ in 0..polls {
                if wait.poll(&mut Context::from_waker(Waker::noop()), 0).is_ready() {
                    break;
                }
            }
            drop(wait);
            answerer.join().expect("no panic");
            assert_eq!(alive.load(Ordering::SeqCst), 0);
            assert_eq!(pool::given(), 1);
        });
    }
}

#[test]
fn the_last_waker_is_woken_also_where_it_changes_while_the_answer_comes() {
    model(|| {
        let (promise, mut wait) = pair::<u64, u64>();
        let ((_, first), (second_bell, second)) = (bell(), bell());
        let answerer = thread::spawn(move || promise.send(3));
        let first_poll = wait.poll(&mut Context::from_waker(&first), 0);
        if first_poll.is_pending() && wait.poll(&mut Context::from_waker(&second), 0).is_pending() {
            answerer.join().expect("no panic");
            assert_eq!(second_bell.0.load(Ordering::SeqCst), 1);
        } else {
            answerer.join().expect("no panic");
        }
    });
}

#[test]
fn the_clock_and_the_answer_come_at_once() {
    model(|| {
        let (promise, mut wait) = pair::<u64, u64>();
        let slot = wait.slot_of_model();
        let (bell, waker) = bell();
        let cx = &mut Context::from_waker(&waker);
        let pending = wait.poll(cx, 1).is_pending();
        assert!(pending);
        let clock = thread::spawn(move || {
            slot.wake_overdue(1);
        });
        let answerer = thread::spawn(move || promise.send(9));
        let early = wait.poll(cx, 1);
        clock.join().expect("no panic");
        answerer.join().expect("no panic");
        if early.is_pending() {
            assert!(bell.0.load(Ordering::SeqCst) > 0);
            assert_eq!(wait.poll(cx, 1), Poll::Ready(Settled::Answer(9)));
        }
        assert_eq!(pool::given(), 1);
    });
}

type Numbers = Mailbox<u64, u64>;

async fn next(mailbox: &Numbers, inbox: &mut Inbox<u64>) -> Next<u64, u64> {
    std::future::poll_fn(|cx| mailbox.poll_next(inbox, cx)).await
}

#[test]
fn a_receiver_that_parks_misses_no_message() {
    model(|| {
        let mailbox = Arc::new(Numbers::new(4, Overflow::Wait));
        let senders = [1, 2].map(|number| {
            let mailbox = mailbox.clone();
            thread::spawn(move || assert!(mailbox.push(&mut Some(number)).is_ok()))
        });
        let sum = block_on(async {
            let (mut inbox, mut sum) = (Inbox::new(), 0);
            for _ in 0..2 {
                match next(&mailbox, &mut inbox).await {
                    Next::Message(number) => sum += number,
                    _ => panic!("nothing else was sent"),
                }
            }
            sum
        });
        assert_eq!(sum, 3);
        senders.into_iter().for_each(|sender| sender.join().expect("no panic"));
    });
}

/// A receiver that handles what there is in one poll, as an actor does, while more comes, and a kill.
#[test]
fn a_receiver_that_parks_as_it_takes_a_message_misses_none() {
    model(|| {
        let mailbox = Arc::new(Numbers::new(4, Overflow::Wait));
        assert!(mailbox.push(&mut Some(1)).is_ok());
        let sender = {
            let mailbox = mailbox.clone();
            thread::spawn(move || {
                assert!(mailbox.push(&mut Some(2)).is_ok());
                mailbox.kill();
            })
        };
        let (mut inbox, mut sum) = (Inbox::new(), 0);
        block_on(std::future::poll_fn(|cx| {
            inbox.begin_turn();
            loop {
                match mailbox.poll_next(&mut inbox, cx) {
                    Poll::Ready(Next::Message(number)) => sum += number,
                    Poll::Ready(Next::Kill) => return Poll::Ready(()),
                    Poll::Ready(_) => panic!("nothing else was sent"),
                    Poll::Pending => return Poll::Pending,
                }
            }
        }));
        assert_ne!(sum, 2, "in their order, and a kill past them");
        sender.join().expect("no panic");
    });
}

/// Two senders, and a receiver that handles what there is in one poll.
#[test]
fn a_receiver_of_one_message_a_turn_misses_none() {
    model(|| {
        let mailbox = Arc::new(Numbers::new(4, Overflow::Wait));
        let senders = [1, 2].map(|number| {
            let mailbox = mailbox.clone();
            thread::spawn(move || assert!(mailbox.push(&mut Some(number)).is_ok()))
        });
        let (mut inbox, mut sum) = (Inbox::new(), 0);
        block_on(std::future::poll_fn(|cx| {
            inbox.begin_turn();
            loop {
                match mailbox.poll_next(&mut inbox, cx) {
                    Poll::Ready(Next::Message(number)) => sum += number,
                    Poll::Ready(_) => panic!("nothing else was sent"),
                    Poll::Pending if sum == 3 => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            }
        }));
        senders.into_iter().for_each(|sender| sender.join().expect("no panic"));
    });
}

#[test]
fn a_question_or_a_kill_reaches_one_that_is_parked_or_is_about_to() {
    model(|| {
        let mailbox = Arc::new(Numbers::new(4, Overflow::Wait));
        let asker = {
            let mailbox = mailbox.clone();
            thread::spawn(move || {
                assert!(mailbox.push_control(5).is_ok());
                mailbox.kill();
            })
        };
        block_on(async {
            let mut inbox = Inbox::new();
            loop {
                match next(&mailbox, &mut inbox).await {
                    Next::Kill => break,
                    Next::Control(5) => {}
                    _ => panic!("nothing else was sent"),
                }
            }
        });
        asker.join().expect("no panic");
    });
}

#[test]
fn one_that_waits_for_room_gets_it() {
    model(|| {
        let mailbox = Arc::new(Numbers::new(1, Overflow::Wait));
        assert!(mailbox.push(&mut Some(1)).is_ok());
        let sender = {
            let mailbox = mailbox.clone();
            thread::spawn(move || {
                let (mut message, mut ticket) = (Some(2), None);
                let sent =
                    block_on(std::future::poll_fn(|cx| mailbox.poll_push(&mut message, &mut ticket, cx)));
                assert!(sent.is_ok());
            })
        };
        let mut inbox = Inbox::new();
        for expected in [1, 2] {
            match block_on(next(&mailbox, &mut inbox)) {
                Next::Message(number) => assert_eq!(number, expected),
                _ => panic!("nothing else was sent"),
            }
        }
        sender.join().expect("no panic");
    });
}

/// A helm whose future counts what is in its hand, and what was left beside it, up to a number; and where to leave that.
struct Counting {
    helm: Helm<usize>,
    beside: Mutex<(usize, Option<Waker>)>,
}

fn counting(up_to: usize, alive: Counted) -> Arc<Counting> {
    let (counting, course) = new_counting(up_to, alive);
    counting.helm.begin(course, Home::MIN);
    counting
}

fn new_counting(up_to: usize, alive: Counted) -> (Arc<Counting>, Course) {
    let counting = Arc::new(Counting { helm: Helm::new(), beside: Mutex::new((0, None)) });
    let (own, mut sum) = (counting.clone(), 0);
    let course = Box::pin(std::future::poll_fn(move |cx| {
        let _ = &alive;
        sum += own.helm.handed().unwrap_or_default();
        let mut beside = own.beside.lock().expect("no panic");
        sum += std::mem::take(&mut beside.0);
        beside.1 = Some(cx.waker().clone());
        own.helm.rests(true);
        if sum == up_to { Poll::Ready(()) } else { Poll::Pending }
    }));
    (counting, course)
}

impl Counting {
    fn add(&self, number: usize) {
        let mut left = Some(number);
        if let Some(mut visit) = self.helm.visit(|| Some(Home::MIN)) {
            visit.hand(&mut left);
        }
        if let Some(number) = left {
            let mut beside = self.beside.lock().expect("no panic");
            beside.0 += number;
            let waker = beside.1.take();
            drop(beside);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

#[test]
fn what_visitors_bring_or_leave_is_done_and_the_owner_learns_of_the_end() {
    for visitors in [1, 2] {
        model(move || {
            let alive = Plain::new(AtomicUsize::new(0));
            let counting = counting(visitors, Counted::new(&alive));
            let visitors: Vec<_> = (0..visitors)
                .map(|_| {
                    let counting = counting.clone();
                    thread::spawn(move || counting.add(1))
                })
                .collect();
            block_on(std::future::poll_fn(|cx| counting.helm.poll(cx)));
            visitors.into_iter().for_each(|visitor| visitor.join().expect("no panic"));
            assert_eq!(alive.load(Ordering::SeqCst), 0);
        });
    }
}

#[test]
fn a_future_whose_owner_leaves_is_dropped_once_whoever_is_at_it() {
    model(|| {
        let alive = Plain::new(AtomicUsize::new(0));
        let counting = counting(5, Counted::new(&alive));
        let (_, waker) = bell();
        assert!(counting.helm.poll(&mut Context::from_waker(&waker)).is_pending());
        let visitor = {
            let counting = counting.clone();
            thread::spawn(move || {
                if let Some(mut visit) = counting.helm.visit(|| Some(Home::MIN)) {
                    visit.hand(&mut Some(1));
                }
            })
        };
        counting.helm.leave();
        visitor.join().expect("no panic");
        assert_eq!(alive.load(Ordering::SeqCst), 0);
        assert!(counting.helm.visit(|| Some(Home::MIN)).is_none());
    });
}

/// An actor's loop in short: what its owner takes out of the mailbox, and a visitor out of its hand, is summed up.
struct Adding {
    helm: Helm<usize>,
    mailbox: Mailbox<usize, ()>,
    sum: AtomicUsize,
}

fn adding() -> Arc<Adding> {
    let (sum, mailbox) = (AtomicUsize::new(0), Mailbox::new(4, Overflow::Wait));
    let adding = Arc::new(Adding { helm: Helm::new(), mailbox, sum });
    let (own, mut inbox) = (adding.clone(), Inbox::new());
    let course = std::future::poll_fn(move |cx| {
        own.helm.rests(true);
        if own.helm.is_visited() {
            let called_on = own.helm.is_called_on();
            while !own.mailbox.is_idle() {
                match own.mailbox.take_wanted(&mut inbox, cx.waker(), called_on, |_| true) {
                    Wanted::Message(number) => own.add(number),
                    Wanted::Nothing => break,
                    Wanted::Other => return Poll::Pending,
                }
            }
            own.helm.handed().into_iter().for_each(|number| own.add(number));
            return Poll::Pending;
        }
        inbox.begin_turn();
        while let Poll::Ready(next) = own.mailbox.poll_next(&mut inbox, cx) {
            if let Next::Message(number) = next {
                own.add(number);
            }
        }
        Poll::Pending
    });
    adding.helm.begin(Box::pin(course), Home::MIN);
    adding
}

impl Adding {
    fn add(&self, number: usize) {
        self.sum.fetch_add(number, Ordering::Relaxed);
    }

    fn ask(&self, number: usize) {
        let mut message = Some(number);
        if let Some(mut visit) = self.helm.visit(|| Some(Home::MIN)) {
            visit.hand(&mut message);
        }
        if message.is_some() {
            assert!(self.mailbox.push(&mut message).is_ok(), "there is room");
        }
    }

    /// All that was sent is handled, or its owner was woken more often than it had to be before, and handles the rest. The
    /// end of a model.
    fn comes_to(&self, sum: usize, woken_before: usize, bell: &Bell, owner: &mut Context<'_>) {
        if self.sum.load(Ordering::SeqCst) != sum {
            let woken = bell.0.load(Ordering::SeqCst);
            assert!(woken > woken_before, "its owner knows that something is left");
            assert!(self.helm.poll(owner).is_pending());
        }
        assert_eq!(self.sum.load(Ordering::SeqCst), sum);
        self.helm.leave();
    }

    /// As it is told by a handler, which has returned then: by its own thread, or by the clock in its place.
    fn tell_aside(&self, number: usize, visits: bool) {
        if self.mailbox.push_aside(&mut Some(number)) != Ok(true) {
            return;
        }
        if visits && let Some(mut visit) = self.helm.call_on() {
            visit.look_in();
        }
        if !self.mailbox.is_idle() {
            self.mailbox.rouse();
        }
    }
}

#[test]
fn a_message_that_is_told_while_another_is_brought_is_handled_too() {
    model(|| {
        let adding = adding();
        let (asking, telling) = (adding.clone(), adding.clone());
        let (bell, waker) = bell();
        let mut owner = Context::from_waker(&waker);
        assert!(adding.helm.poll(&mut owner).is_pending());
        let asker = thread::spawn(move || asking.ask(1));
        let teller = thread::spawn(move || assert!(telling.mailbox.push(&mut Some(10)).is_ok()));
        asker.join().expect("no panic");
        teller.join().expect("no panic");
        adding.comes_to(11, 0, &bell, &mut owner);
    });
}
