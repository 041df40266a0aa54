//! An ask may be dropped at any moment: while it waits for room, while its message waits, while that is carried out.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use crate::cast::{Counter, Tested, put};
use rehearsal::prelude::*;
use rehearsal::testkit::{clean, silence, soon, until};
use tokio::sync::Notify;

/// Polls an ask once, finds it pending, and drops it.
async fn begin_and_drop<F: IntoFuture>(ask: F)
where
    F::Output: std::fmt::Debug,
{
    let mut ask = pin!(ask.into_future());
    let polled = poll_fn(|cx| Poll::Ready(ask.as_mut().poll(cx))).await;
    assert!(polled.is_pending(), "{polled:?}");
}

/// Adds when the gate opens.
pub struct Held(i64);

type Gate = Arc<Notify>;

#[rehearsal::actor]
impl Held {
    #[start]
    pub fn new() -> Self {
        Held(0)
    }

    #[command]
    pub async fn add_after(&mut self, gate: Gate, by: i64) -> i64 {
        gate.notified().await;
        self.0 += by;
        self.0
    }

    #[command]
    pub fn add(&mut self, by: i64) -> i64 {
        self.0 += by;
        self.0
    }
}

#[rehearsal::test]
async fn at_each_stage_of_a_task_or_thread() -> Tested {
    let _clean = clean();
    for is_thread in [false, true] {
        let held = Held::spawn().mailbox(1);
        let held = if is_thread { held.thread().await? } else { held.await? };
        for round in 1..=50 {
            let gate = Gate::default();
            let taken = held.info().await?.messages_handled;
            let before = held.add(0).await?;
            // Being carried out.
            {
                let mut ask = pin!(held.add_after(gate.clone(), 1).into_future());
                let polled = poll_fn(|cx| Poll::Ready(ask.as_mut().poll(cx))).await;
                assert!(polled.is_pending(), "{polled:?}");
                until(&held, |info| info.messages_handled >= taken + 2).await;
            }
            // In the mailbox, and with it there is no more room.
            begin_and_drop(held.add(10)).await;
            // In line.
            begin_and_drop(held.add(100)).await;
            begin_and_drop(held.add(1_000).deliver()).await;
            let stays = held.add(10_000);
            let mut stays = pin!(stays.into_future());
            assert!(poll_fn(|cx| Poll::Ready(stays.as_mut().poll(cx))).await.is_pending());
            gate.notify_one();
            // What had been sent is carried out once, what had not never; and each gets its own answer.
            assert_eq!(soon("the answer", stays).await?, before + 10_011, "round {round}");
            assert_eq!(soon("the answer", held.add(0)).await?, before + 10_011);
            assert_eq!(held.info().await?.mailbox.waiting, 0);
        }
    }
    Ok(())
}

/// The process is stopped, really, while asks to it are dropped.
#[rehearsal::test]
async fn at_each_stage_of_a_process() -> Tested {
    let _clean = clean();
    let counter = put(Counter::spawn(0), Placement::Process).mailbox(2).await?;
    for round in 1..=5 {
        let before = counter.add(0).await?;
        let stopped = silence(&counter).await?;
        // Written to its socket, waiting here, in line.
        let mut sent = 0;
        while counter.add(1).try_tell().is_ok() {
            sent += 1;
            tokio::task::yield_now().await;
        }
        begin_and_drop(counter.add(1_000)).await;
        begin_and_drop(counter.ping()).await;
        let mut stays = pin!(counter.add(10_000).into_future());
        assert!(poll_fn(|cx| Poll::Ready(stays.as_mut().poll(cx))).await.is_pending());
        drop(stopped);
        assert_eq!(soon("the answer", stays).await?, before + sent + 10_000, "round {round}");
    }
    for _ in 0..5 {
        let before = counter.add(0).await?;
        let stopped = silence(&counter).await?;
        begin_and_drop(counter.add(1)).await;
        drop(stopped);
        assert_eq!(soon("the answer", counter.add(10)).await?, before + 11, "it had been sent");
    }
    Ok(())
}
