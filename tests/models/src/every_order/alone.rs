//! Futures that begin without an owner.

use std::sync::Arc as Plain;
use std::task::{Context, Poll, Wake, Waker};

use loom::future::block_on;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use loom::sync::{Arc, Mutex};
use loom::thread;

use super::{Counted, Counting, model, new_counting};
use crate::helm::Home;

/// The waker of one that is alone: whether an owner was called, and who waits for that.
struct Caller {
    counting: Arc<Counting>,
    called: Mutex<(bool, Option<Waker>)>,
}

impl Wake for Caller {
    fn wake(self: Plain<Self>) {
        if self.counting.helm.calls_owner() {
            let mut called = self.called.lock().expect("no panic");
            called.0 = true;
            let waker = called.1.take();
            drop(called);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

impl Caller {
    /// Polls as the owner, once that was called.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut called = self.called.lock().expect("no panic");
        if !called.0 {
            called.1 = Some(cx.waker().clone());
            return Poll::Pending;
        }
        drop(called);
        let polled = self.counting.helm.poll(cx);
        if polled.is_pending() {
            // It may have come during a visit, and then comes again.
            thread::yield_now();
        }
        polled
    }
}

/// One of two may be handled before there is an owner; the other one, left beside it, calls one, or its end does.
#[test]
fn what_is_brought_to_one_that_is_alone_is_done_and_the_owner_that_is_called_learns_of_it() {
    model(|| {
        let alive = Plain::new(AtomicUsize::new(0));
        let (counting, course) = new_counting(2, Counted::new(&alive));
        let caller = Plain::new(Caller { counting: counting.clone(), called: Mutex::new((false, None)) });
        counting.beside.lock().expect("no panic").1 = Some(Waker::from(caller.clone()));
        counting.helm.begin_alone(course, Home::MIN, Waker::from(caller.clone()));
        let visitors = [(); 2].map(|()| {
            let counting = counting.clone();
            thread::spawn(move || counting.add(1))
        });
        block_on(std::future::poll_fn(|cx| caller.poll(cx)));
        visitors.into_iter().for_each(|visitor| visitor.join().expect("no panic"));
        assert_eq!(alive.load(Ordering::SeqCst), 0);
        // The one whose waker it had may have left it there.
        drop(counting.beside.lock().expect("no panic").1.take());
    });
}

/// A runtime that goes, and one that begins alone there: see `hearth`. One total order is what the library asks of each
/// of these accesses; loom knows it of fences alone, so here is one between them.
#[test]
fn one_that_begins_alone_as_its_runtime_goes_is_left_once() {
    model(|| {
        let alive = Plain::new(AtomicUsize::new(0));
        let (counting, course) = new_counting(2, Counted::new(&alive));
        let is_out = Arc::new(AtomicBool::new(false));
        let (going, out) = (counting.clone(), is_out.clone());
        let runtime = thread::spawn(move || {
            out.store(true, Ordering::SeqCst);
            fence(Ordering::SeqCst);
            let left = going.helm.calls_owner();
            if left {
                going.helm.leave();
            }
            left
        });
        counting.helm.begin_alone(course, Home::MIN, Waker::noop().clone());
        fence(Ordering::SeqCst);
        let left = is_out.load(Ordering::SeqCst) && counting.helm.calls_owner();
        if left {
            counting.helm.leave();
        }
        assert!(left ^ runtime.join().expect("no panic"));
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    });
}
