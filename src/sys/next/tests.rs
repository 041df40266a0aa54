//! The place's own tests. They run under this project's harness and, from `tests/models`, under Miri.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::Next;

#[rehearsal::test]
fn what_was_put_in_is_taken_out_once_by_whoever_comes_first() {
    let next = Next::new();
    assert_eq!((next.take(), next.number()), (None, (0, false)));
    assert_eq!(next.put("one"), Ok(()));
    assert_eq!(next.put("two"), Err("two"), "there is room for one");
    let (first, is_there) = next.number();
    assert!(is_there);
    assert_eq!((next.take(), next.take()), (Some("one"), None));
    assert_eq!(next.take_overdue(first), None, "it was taken");

    assert_eq!(next.put("three"), Ok(()));
    assert_eq!(next.take_overdue(first), None, "this is another one");
    let (second, _) = next.number();
    assert_ne!(first, second);
    assert_eq!(next.take_overdue(second), Some("three"));
    assert_eq!((next.take(), next.number()), (None, (second, false)));
    assert_eq!(next.put("four"), Ok(()));
}

/// Counts how many of it are alive.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[rehearsal::test]
fn nothing_is_taken_twice_or_lost_however_often_another_looks() {
    let rounds = if cfg!(miri) { 200 } else { 20_000 };
    let (next, over) = (Next::new(), AtomicBool::new(false));
    let alive = Arc::new(AtomicUsize::new(0));
    let (mut taken, mut refused) = (0, 0);
    let overdue = thread::scope(|scope| {
        let looks = scope.spawn(|| {
            let mut overdue = 0;
            while !over.load(Ordering::Relaxed) {
                overdue += usize::from(next.take_overdue(next.number().0).is_some());
                thread::yield_now();
            }
            overdue
        });
        for _ in 0..rounds {
            alive.fetch_add(1, Ordering::SeqCst);
            refused += usize::from(next.put(Counted(alive.clone())).is_err());
            taken += usize::from(next.take().is_some());
        }
        over.store(true, Ordering::Relaxed);
        looks.join().expect("no panic")
    });
    assert_eq!(taken + overdue + refused, rounds);
    assert_eq!(alive.load(Ordering::SeqCst), 0);
}
