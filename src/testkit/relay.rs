//! A relay: what is sent through it arrives later.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use super::probe::DEFAULT_BOUND;
use crate::actor::stand_in::{Heard, StandIn, hand_on};
use crate::actor::{Actor, Address, Ended, Exit, Reason};
use crate::sys::seam;

/// Delays messages while it lives; made by [`slow`].
#[must_use = "messages are not delayed any more when this is dropped"]
#[derive(Debug)]
pub struct Slow {
    delay_ns: Arc<AtomicU64>,
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.delay_ns.store(0, Ordering::Relaxed);
    }
}

/// A proxy through which each message takes this much longer to arrive, one after the other, as with an actor that is
/// slow: code that is to be tested gets it in the actor's place. What waits is in a mailbox of 1024 messages, with
/// the usual back-pressure. Told to stop or killed, it has the actor stopped or killed, and ends as the actor does; it
/// has ended when its last proxy is dropped.
///
/// Dropping the guard ends the delay, not the proxy.
///
/// # Panics
/// Outside of a tokio runtime.
#[track_caller]
pub fn slow<A: Actor>(actor: &Address<A>, delay: Duration) -> (A::Proxy, Slow) {
    let (address, stand_in) = StandIn::<A>::new(DEFAULT_BOUND);
    let delay_ns = Arc::new(AtomicU64::new(u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX)));
    drop(seam::spawn(relay(stand_in, actor.clone(), delay_ns.clone())));
    (A::Proxy::from(address), Slow { delay_ns })
}

async fn relay<A: Actor>(mut stand_in: StandIn<A>, actor: Address<A>, delay_ns: Arc<AtomicU64>) {
    let mut ended = actor.ended();
    let exit = loop {
        let heard = poll_fn(|cx| match Pin::new(&mut ended).poll(cx) {
            Poll::Ready(exit) => Poll::Ready(Err(exit)),
            Poll::Pending => stand_in.poll_heard(true, cx).map(Ok),
        });
        match heard.await {
            Ok(Heard::Message(message)) => {
                let delay = Duration::from_nanos(delay_ns.load(Ordering::Relaxed));
                match hold_back(&mut stand_in, &mut ended, delay).await {
                    // Refused, the message is dropped there, and whoever asked is told as they would be.
                    Ok(None) => drop(hand_on(&actor, message).await),
                    Ok(Some(Reason::Stopped)) => {
                        drop(hand_on(&actor, message).await);
                        break pass_on_end(&actor, &Reason::Stopped).await;
                    }
                    Ok(Some(reason)) => break pass_on_end(&actor, &reason).await,
                    Err(exit) => break exit,
                }
            }
            Ok(Heard::Over(Reason::Returned)) => break Exit::new(Reason::Returned),
            Ok(Heard::Over(reason)) => break pass_on_end(&actor, &reason).await,
            Err(exit) => break exit,
        }
    };
    stand_in.end(exit);
}

/// Waits so long with a message in hand, and answers questions meanwhile; tells whether it was stopped, or killed, which
/// ends the wait, as the actor's own end does.
async fn hold_back<A: Actor>(
    stand_in: &mut StandIn<A>,
    ended: &mut Ended,
    delay: Duration,
) -> Result<Option<Reason>, Exit> {
    let (mut sleep, mut stopped) = (pin!(seam::sleep(delay)), None);
    poll_fn(|cx| {
        if let Poll::Ready(exit) = Pin::new(&mut *ended).poll(cx) {
            return Poll::Ready(Err(exit));
        }
        while let Poll::Ready(Heard::Over(reason)) = stand_in.poll_heard(false, cx) {
            match reason {
                // What is in hand was sent before the last proxy went.
                Reason::Returned => break,
                Reason::Stopped => stopped = Some(reason),
                killed => return Poll::Ready(Ok(Some(killed))),
            }
        }
        sleep.as_mut().poll(cx).map(|()| Ok(stopped.take()))
    })
    .await
}

/// Has the actor end as the proxy was told to.
async fn pass_on_end<A: Actor>(actor: &Address<A>, reason: &Reason) -> Exit {
    match reason {
        Reason::Stopped => actor.stop().tell(),
        _ => actor.kill(),
    }
    actor.ended().await
}
