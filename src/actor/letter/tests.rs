//! Dead letters: their counters, and subscriptions to them.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::{DeadLetter, Undelivered, dead_letter_count, dead_letters, dead_letters_up_to, post_named};
use crate::actor::info::ActorName;

/// Counts how often it was woken.
#[derive(Default)]
struct Bell(AtomicU32);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A name that no other test posts letters for: the counters are those of the whole process.
fn name(id: u64) -> ActorName {
    ActorName { kind: "Nobody", id: u64::MAX - id, name: None }
}

fn own(actor: &ActorName, letters: &mut super::DeadLetters) -> Vec<DeadLetter> {
    std::iter::from_fn(|| letters.try_next()).filter(|letter| letter.actor == *actor).collect()
}

#[rehearsal::test]
fn every_reason_has_a_counter_and_words_of_its_own() {
    let actor = name(1);
    let before = dead_letter_count();
    for why in Undelivered::ALL {
        post_named(&actor, "add", why);
    }
    let after = dead_letter_count();
    let mut words: Vec<String> = Undelivered::ALL.iter().map(ToString::to_string).collect();
    assert!(Undelivered::ALL.iter().all(|why| after.of(*why) > before.of(*why)));
    assert!(after.total() >= before.total() + Undelivered::ALL.len() as u64);
    words.sort();
    words.dedup();
    assert_eq!(words.len(), Undelivered::ALL.len());
}

#[rehearsal::test]
fn a_subscription_sees_what_comes_while_it_lives() {
    let actor = name(2);
    post_named(&actor, "early", Undelivered::Ended);
    let (mut one, mut other) = (dead_letters(), dead_letters());
    post_named(&actor, "add", Undelivered::Left);
    drop(dead_letters());
    post_named(&actor, "take", Undelivered::Ended);
    for letters in [&mut one, &mut other] {
        let seen: Vec<_> = own(&actor, letters).iter().map(|letter| (letter.command, letter.why)).collect();
        assert_eq!(seen, [("add", Undelivered::Left), ("take", Undelivered::Ended)]);
    }
}

#[rehearsal::test]
fn a_full_subscription_says_how_many_it_lost() {
    let actor = name(3);
    let mut letters = dead_letters_up_to(3);
    for _ in 0..10 {
        post_named(&actor, "add", Undelivered::Ended);
    }
    assert!(letters.lost() >= 7);
    let before = letters.lost();
    assert!(own(&actor, &mut letters).len() <= 3);
    post_named(&actor, "again", Undelivered::Ended);
    assert_eq!(letters.lost(), before, "there is room again");
}

#[rehearsal::test]
fn one_that_waits_is_woken() {
    let actor = name(4);
    let mut letters = dead_letters();
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(bell.clone());
    let mut cx = Context::from_waker(&waker);
    {
        let mut next = pin!(letters.next());
        assert!(next.as_mut().poll(&mut cx).is_pending());
        post_named(&actor, "add", Undelivered::NoRoom);
        assert!(bell.0.load(Ordering::Relaxed) >= 1);
        assert!(matches!(next.as_mut().poll(&mut cx), Poll::Ready(_)));
    }
    assert!(letters.0.waiting().letters.len() <= 1, "what was taken is gone");
}
