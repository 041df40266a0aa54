//! What is put aside: a message whose receiver somebody else polls, and whom that one keeps for it.

use std::sync::Arc as Plain;
use std::task::Context;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::{Counted, adding, bell, model};
use crate::next;

/// Beside another teller, and its owner, who has been at it.
#[test]
fn what_is_put_aside_is_handled_or_its_owner_woken() {
    for visits in [true, false] {
        model(move || {
            let adding = adding();
            let (aside, telling) = (adding.clone(), adding.clone());
            let (bell, waker) = bell();
            let mut owner = Context::from_waker(&waker);
            assert!(adding.helm.poll(&mut owner).is_pending());
            let relay = thread::spawn(move || aside.tell_aside(1, visits));
            let teller = thread::spawn(move || assert!(telling.mailbox.push(&mut Some(10)).is_ok()));
            relay.join().expect("no panic");
            teller.join().expect("no panic");
            adding.comes_to(11, 0, &bell, &mut owner);
        });
    }
}

/// While its owner is being polled.
#[test]
fn what_is_put_aside_while_its_owner_is_at_work_is_handled_or_its_owner_woken() {
    model(|| {
        let adding = adding();
        let aside = adding.clone();
        let (bell, waker) = bell();
        let mut owner = Context::from_waker(&waker);
        assert!(adding.helm.poll(&mut owner).is_pending());
        assert!(adding.mailbox.push(&mut Some(10)).is_ok());
        let relay = thread::spawn(move || aside.tell_aside(1, true));
        assert!(adding.helm.poll(&mut owner).is_pending());
        relay.join().expect("no panic");
        // It was woken once for the first message.
        adding.comes_to(11, 1, &bell, &mut owner);
    });
}

#[test]
fn one_takes_what_was_put_aside_its_own_thread_or_who_finds_it_overdue() {
    model(|| {
        let alive = Plain::new(AtomicUsize::new(0));
        let place = Arc::new(next::Next::new());
        let overdue = {
            let place = place.clone();
            thread::spawn(move || {
                let taken = [(); 2].map(|()| place.take_overdue(place.number().0));
                taken.iter().flatten().count()
            })
        };
        let (mut taken, mut refused) = (0, 0);
        for _ in 0..2 {
            refused += usize::from(place.put(Counted::new(&alive)).is_err());
            taken += usize::from(place.take().is_some());
        }
        assert_eq!(taken + refused + overdue.join().expect("no panic"), 2);
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    });
}
