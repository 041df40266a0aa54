//! Streams whose items are messages of an actor.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use crate::cast::{Counter, PLACEMENTS, Tested, counter, put};
use crate::source::{Gone, Source, Tracked, source};
use rehearsal::actor::{Cause, Detached};
use rehearsal::prelude::*;
use rehearsal::testkit::{clean, eventually, soon, strike, until};

/// An endless stream that is watched.
fn tracked() -> (Tracked, Arc<AtomicU32>, Arc<Gone>) {
    let (made, gone) = (Arc::new(AtomicU32::new(0)), Arc::new(Gone::default()));
    (Tracked { made: made.clone(), gone: gone.clone() }, made, gone)
}

#[rehearsal::test]
async fn each_item_is_a_message_and_the_end_is_told() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(0), place).mailbox(8).await?;
        let attached = counter.attach(stream::iter(1..=5_000), |counter, n| counter.add(n));
        let detached = soon("the end", attached).await;
        assert!(matches!(detached, Detached::StreamEnded { items: 5_000 }), "{place}: {detached}");
        assert_eq!(counter.add(0).await?, 5_000 * 5_001 / 2, "{place}: all of them were in the mailbox");
        let fallible = counter.attach(stream::iter([1, 2]), |counter, n| counter.take(n).whole());
        assert!(matches!(soon("the end", fallible).await, Detached::StreamEnded { items: 2 }));
    }
    Ok(())
}

#[rehearsal::test]
async fn a_full_mailbox_makes_the_stream_wait() -> Tested {
    let _clean = clean().letters(19);
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(0), place).mailbox(4).await?;
        counter.wait().tell()?;
        until(&counter, |info| info.messages_handled >= 1).await;
        let (endless, made, gone) = tracked();
        let attached = counter.attach(endless, |counter, _| counter.add(1));
        eventually("a full mailbox", async || made.load(Ordering::SeqCst) >= 4).await;
        for _ in 0..100 {
            // Goes past the messages; meanwhile the stream could have given more.
            counter.ping().await?;
        }
        // One may be in hand; a process has room of its own beside the mailbox here.
        let room = if place == Placement::Process { 2 * 4 } else { 4 };
        let made = made.load(Ordering::SeqCst);
        assert!(made <= room + 1, "{place}: {made} were made");
        assert!(!attached.is_over());
        counter.kill();
        let detached = soon("the end", attached).await;
        let Detached::ActorEnded(exit) = detached else { panic!("{place}: {detached}") };
        assert!(matches!(exit.reason, Reason::Killed { .. }), "{place}: {exit}");
        soon("the end of the stream", gone.wait()).await;
    }
    Ok(())
}

#[rehearsal::test]
async fn no_room_in_time_is_told() -> Tested {
    let _clean = clean().letters(2);
    let counter = put(Counter::spawn(0), Placement::Task).mailbox(2).await?;
    counter.wait().tell()?;
    until(&counter, |info| info.messages_handled >= 1).await;
    let endless = stream::iter(0..);
    let attached = counter.attach(endless, |counter, n| counter.add(n).timeout(Duration::from_millis(50)));
    let detached = soon("the end", attached).await;
    let Detached::Refused(error) = detached else { panic!("{detached}") };
    assert!(matches!(error.cause(), Cause::Timeout { .. }), "{error}");
    counter.kill();
    Ok(())
}

#[rehearsal::test]
async fn dropped_it_sends_no_more_and_detached_it_goes_on() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        for cancel in [true, false] {
            let (endless, made, gone) = tracked();
            let attached = counter.attach(endless, |counter, _| counter.add(1));
            eventually("ten items", async || made.load(Ordering::SeqCst) >= 10).await;
            if cancel {
                attached.cancel()
            } else {
                drop(attached)
            }
            soon("the end of the stream", gone.wait()).await;
        }
        let before = counter.add(0).await?;
        counter.attach(stream::iter(0..1_000), |counter, _| counter.add(1)).detach();
        let all = async {
            while counter.add(0).await? < before + 1_000 {}
            Ok::<_, Error>(())
        };
        soon("all of the one that goes on", all).await?;
    }
    Ok(())
}

#[rehearsal::test]
async fn it_keeps_no_actor_alive() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let idle = counter(place).await?;
        let ended = idle.ended();
        let attached = idle.attach(stream::pending::<i64>(), |counter, n| counter.add(n));
        drop(idle);
        assert_eq!(soon("the end", ended).await.reason, Reason::Returned, "{place}");
        assert!(matches!(soon("the handle", attached).await, Detached::ActorEnded(_)), "{place}");

        let busy = counter(place).await?;
        let (endless, made, gone) = tracked();
        let attached = busy.attach(endless, |counter, _| counter.add(1));
        eventually("ten items", async || made.load(Ordering::SeqCst) >= 10).await;
        drop(busy);
        let detached = soon("the handle", attached).await;
        let Detached::ActorEnded(exit) = detached else { panic!("{place}: {detached}") };
        assert_eq!(exit.reason, Reason::Returned, "{place}");
        soon("the end of the stream", gone.wait()).await;
    }
    Ok(())
}

#[rehearsal::test]
async fn a_process_killed_from_outside_ends_what_is_attached() -> Tested {
    let _clean = clean().letters(1..);
    let counter = counter(Placement::Process).await?;
    let (endless, made, gone) = tracked();
    let attached = counter.attach(endless, |counter, _| counter.add(1));
    eventually("a thousand items", async || made.load(Ordering::SeqCst) >= 1_000).await;
    strike(&counter);
    let detached = soon("the end", attached).await;
    let Detached::ActorEnded(exit) = detached else { panic!("{detached}") };
    assert_eq!(exit.reason, Reason::Killed { signal: Some(9) });
    soon("the end of the stream", gone.wait()).await;
    Ok(())
}

#[rehearsal::test]
async fn a_stream_that_panics_is_told_and_the_actor_lives() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let bad = stream::iter(0..9).map(|n| if n == 3 { panic!("bad {n}") } else { n });
        let detached = soon("the end", counter.attach(bad, |counter, n| counter.add(n))).await;
        let Detached::Panicked(note) = detached else { panic!("{place}: {detached}") };
        assert_eq!((note.message.as_str(), counter.add(0).await?), ("bad 3", 3), "{place}");
        let attached = counter
            .attach(stream::iter([1]), |_, _| -> rehearsal::actor::Call<'_, Counter, i64> {
                panic!("no call")
            });
        let detached = soon("the end", attached).await;
        assert!(matches!(&detached, Detached::Panicked(note) if note.message == "no call"), "{detached}");
    }
    Ok(())
}

/// A process actor that fills its own mailbox leaves the room of its parent's messages alone.
#[rehearsal::test]
async fn from_inside_it_is_in_nobodys_way() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let source = put(Source::spawn(), place).mailbox(4).await?;
        source.add_all(20_000).await?;
        let all = async {
            while source.add(0).await? < 20_000 * 20_001 / 2 {}
            Ok::<_, Error>(())
        };
        soon("all of them", all).await?;
        assert_eq!(source.add(0).await?, 20_000 * 20_001 / 2, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn what_one_actor_streams_another_takes() -> Tested {
    let _clean = clean();
    for (from, to) in [(Placement::Process, Placement::Process), (Placement::Task, Placement::Thread)] {
        let source = source(from).await?;
        let counter = counter(to).await?;
        let counted = source.count(1_000).await?.map(|n| i64::from(n.expect("it is complete")));
        let detached = soon("the end", counter.attach(counted, |counter, n| counter.add(n))).await;
        assert!(matches!(detached, Detached::StreamEnded { items: 1_000 }), "{detached}");
        assert_eq!(counter.add(0).await?, 999 * 1_000 / 2);
    }
    Ok(())
}
