//! Who is next, with actors that only count; the clock is the real one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::{Home, LOOK_EVERY, Told, admits, close, is_open, open, put, turn};

const LONG: Duration = Duration::from_secs(30);

/// One that tells somebody else, so many times in all, when it is called on.
struct Passer {
    left: AtomicU32,
    called_on: AtomicU32,
    roused: mpsc::Sender<u32>,
    next: Option<Arc<dyn Told>>,
}

impl Told for Passer {
    fn call_on(&self) -> bool {
        self.called_on.fetch_add(1, Ordering::SeqCst);
        if let Some(next) = &self.next {
            tell(next);
        }
        self.left.fetch_sub(1, Ordering::SeqCst) == 1
    }

    fn rouse(&self) {
        let _ = self.roused.send(self.called_on.load(Ordering::SeqCst));
    }
}

fn passer(left: u32, next: Option<Arc<dyn Told>>) -> (Arc<Passer>, mpsc::Receiver<u32>) {
    let (roused, heard) = mpsc::channel();
    (Arc::new(Passer { left: AtomicU32::new(left), called_on: AtomicU32::new(0), roused, next }), heard)
}

fn home() -> Option<Home> {
    Some(Home::MIN)
}

/// What a handler does that tells one.
fn tell(told: &Arc<dyn Told>) {
    open(home());
    if admits(home()) {
        put(told.clone());
    }
    close();
}

#[rehearsal::test]
fn who_was_told_is_called_on_when_the_turn_is_over_and_those_it_tells_after_it() {
    let (second, roused_second) = passer(u32::MAX, None);
    let (first, roused_first) = passer(u32::MAX, Some(second.clone()));
    let told: Arc<dyn Told> = first.clone();
    turn(|| {
        tell(&told);
        assert_eq!(first.called_on.load(Ordering::SeqCst), 0, "the turn is not over");
    });
    assert_eq!([&first, &second].map(|told| told.called_on.load(Ordering::SeqCst)), [1, 1]);
    assert!(roused_first.try_recv().is_err() && roused_second.try_recv().is_err());
    assert!(!is_open());
}

/// Tells itself without end.
struct Endless(Arc<Passer>);

impl Told for Endless {
    fn call_on(&self) -> bool {
        let own: Arc<dyn Told> = Arc::new(Endless(self.0.clone()));
        tell(&own);
        self.0.call_on()
    }

    fn rouse(&self) {
        self.0.rouse();
    }
}

#[rehearsal::test]
fn after_a_while_or_one_that_took_long_the_next_is_woken() {
    let roused_after = |left| {
        let (counts, roused) = passer(left, None);
        let told: Arc<dyn Told> = Arc::new(Endless(counts));
        turn(|| tell(&told));
        roused.try_iter().collect::<Vec<_>>()
    };
    assert_eq!(roused_after(3), [3]);
    let after = roused_after(u32::MAX);
    assert!(
        matches!(&after[..], [calls] if *calls >= 2 * LOOK_EVERY && calls % LOOK_EVERY == 0),
        "{after:?}"
    );
}

#[rehearsal::test]
fn two_that_are_told_in_one_turn_are_both_woken() {
    let ((first, roused), (second, _)) = (passer(u32::MAX, None), passer(u32::MAX, None));
    let told: Arc<dyn Told> = first.clone();
    turn(|| {
        open(home());
        assert!(admits(home()));
        put(told.clone());
        assert!(!admits(home()), "who tells it wakes it");
        assert_eq!(roused.try_recv(), Ok(0));
        assert!(!admits(home()), "nobody in this turn");
        close();
    });
    assert_eq!([&first, &second].map(|told| told.called_on.load(Ordering::SeqCst)), [0, 0]);
    open(home());
    assert!(!admits(Home::new(2)), "it is at home elsewhere");
    assert!(!close());
}

#[rehearsal::test]
fn a_turn_that_panics_and_one_within_it_leave_nobody_behind() {
    let ((outer, outer_roused), (inner, inner_roused)) = (passer(u32::MAX, None), passer(u32::MAX, None));
    let (outside, inside): (Arc<dyn Told>, Arc<dyn Told>) = (outer.clone(), inner.clone());
    let fallen = catch_unwind(AssertUnwindSafe(|| {
        turn(|| {
            tell(&outside);
            // Its place is taken.
            turn(|| tell(&inside));
            assert_eq!(inner_roused.try_recv(), Ok(0));
            assert!(outer_roused.try_recv().is_err(), "that is for the turn it was told in");
            std::panic::resume_unwind(Box::new("as it was told to"));
        });
    }));
    assert!(fallen.is_err());
    assert_eq!(outer_roused.try_recv(), Ok(0));
    assert_eq!([&outer, &inner].map(|told| told.called_on.load(Ordering::SeqCst)), [0, 0]);
}

#[rehearsal::test]
fn one_whose_teller_does_not_return_is_woken_by_the_clock() {
    for _ in 0..3 {
        let (slow, roused) = passer(u32::MAX, None);
        let told: Arc<dyn Told> = slow.clone();
        // On a thread of its own: it has a place, and gives it back.
        let teller = std::thread::spawn(move || {
            turn(|| {
                tell(&told);
                roused.recv_timeout(LONG)
            })
        });
        assert_eq!(teller.join().expect("no panic"), Ok(0));
        assert_eq!(slow.called_on.load(Ordering::SeqCst), 0);
    }
}
