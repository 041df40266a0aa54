//! Links and watches that are made, taken out and carried over at the same time.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cast::{CounterProxy, PLACEMENTS, Tested, counter};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon};

/// Two that were linked in both directions at the same time waited for each other's lock (kameo, issue 220;
/// actor-framework, issue 536).
#[rehearsal::test]
async fn links_made_in_both_directions_at_once_are_no_deadlock() -> Tested {
    let _clean = clean();
    let (one, other) = (counter(Placement::Thread).await?, counter(Placement::Thread).await?);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let link = |from: CounterProxy, to: CounterProxy| {
            let over = &over;
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    from.link(&to);
                    from.unlink(&to);
                    from.link_always(&to);
                }
            });
        };
        link(one.clone(), other.clone());
        link(other.clone(), one.clone());
        std::thread::sleep(std::time::Duration::from_millis(100));
        over.store(true, Ordering::Relaxed);
    });
    one.link(&other);
    one.fail("it is a link still".to_owned()).await.unwrap_err();
    let exit = ended(&other, LONG_WAIT).await;
    assert!(matches!(&exit.reason, Reason::Linked { to, .. } if *to == one.name().name()), "{exit}");
    Ok(())
}

/// A link to one that ended just then told nobody, or told twice (spawned, pull request 166).
#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_made_while_the_other_ends_carries_its_end() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let rounds = if place == Placement::Process { 10 } else { 100 };
        for _ in 0..rounds {
            let (one, other) = (counter(Placement::Task).await?, counter(place).await?);
            let barrier = Barrier::new(2);
            tokio::task::block_in_place(|| {
                std::thread::scope(|scope| {
                    scope.spawn(|| {
                        barrier.wait();
                        other.kill();
                    });
                    barrier.wait();
                    one.link(&other);
                });
            });
            let exit = ended(&one, LONG_WAIT).await;
            let Reason::Linked { to, exit } = &exit.reason else { panic!("{place}: {exit}") };
            assert_eq!(*to, other.name().name());
            assert!(matches!(exit.reason, Reason::Killed { .. }), "{place}: {exit}");
        }
    }
    Ok(())
}

/// Counts the ends it is told of.
pub struct Mourner {
    ends: u32,
}

#[rehearsal::actor]
impl Mourner {
    #[start]
    pub fn new() -> Self {
        Mourner { ends: 0 }
    }

    #[command]
    pub fn mourn(&mut self, other: CounterProxy, cx: &mut Context<Self>) {
        cx.watch(&other, |mourner, end, _cx| {
            assert!(!end.exit.is_orderly());
            mourner.ends += 1;
        });
    }

    #[command]
    pub fn ends(&self) -> u32 {
        self.ends
    }
}

/// The same with a watch: once, whichever was first.
#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_set_while_the_other_ends_tells_once() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let mourner = Mourner::spawn().await?;
        let rounds = if place == Placement::Process { 10 } else { 100 };
        for round in 1..=rounds {
            let other = counter(place).await?;
            let watching = {
                let (mourner, other) = (mourner.clone(), other.clone());
                tokio::spawn(async move { mourner.mourn(other).await })
            };
            other.kill();
            soon("the watch", watching).await??;
            ended(&other, LONG_WAIT).await;
            let told = async {
                while mourner.ends().await? < round {
                    tokio::task::yield_now().await;
                }
                Ok::<_, Error>(())
            };
            soon("the news", told).await?;
        }
        tokio::task::yield_now().await;
        assert_eq!(mourner.ends().await?, rounds, "{place}: and no more than once");
    }
    Ok(())
}

/// A link was a lock on the other way round too: one that is taken out while an end is on its way is gone, or was
/// carried; either way both can be waited for (kameo, issue 220, of `unlink`).
#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_taken_out_while_the_other_ends_leaves_nobody_in_between() -> Tested {
    let _clean = clean().letters(..=100);
    for _ in 0..100 {
        let (one, other) = (counter(Placement::Task).await?, counter(Placement::Thread).await?);
        one.link(&other);
        let barrier = Barrier::new(2);
        tokio::task::block_in_place(|| {
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    barrier.wait();
                    other.kill();
                });
                barrier.wait();
                one.unlink(&other);
            });
        });
        ended(&other, LONG_WAIT).await;
        match soon("an answer", one.add(1)).await {
            Ok(sum) => assert_eq!(sum, 1),
            Err(error) => {
                assert!(error.is_dead(), "{error}");
                let exit = ended(&one, LONG_WAIT).await;
                assert!(matches!(exit.reason, Reason::Linked { .. }), "{exit}");
            }
        }
    }
    Ok(())
}
