//! Recycling: a worker that has served long enough is replaced, and nothing is lost by it.

use std::time::Duration;

use crate::cast::{Bytes, Counter, PLACEMENTS, Tested, counter, put};
use rehearsal::actor::{Heartbeat, Recycle};
use rehearsal::prelude::*;
use rehearsal::testkit::{clean, eventually, soon};

#[rehearsal::test]
async fn every_message_is_handled_by_the_life_whose_turn_it_is() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let plan = Recycle::after(10).jitter(0.0);
        let counter = put(Counter::spawn(0), place).recycle(plan).await?;
        let asks: Vec<_> = (0..35).map(|_| counter.add(1).send()).collect::<Result<_, _>>()?;
        let mut sums = Vec::new();
        for ask in asks {
            sums.push(soon("a sum", ask).await?);
        }
        let expected: Vec<i64> = (0..35).map(|n| n % 10 + 1).collect();
        assert_eq!(sums, expected, "{place}: begun anew after every ten, in order");
        let info = counter.info().await?;
        assert_eq!((info.restarts, counter.state()), (0, State::Run), "{place}: recycling is no restart");
        assert_eq!(soon("the stop", counter.stop()).await?.reason, Reason::Stopped, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn tells_are_not_lost_either() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let heard = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counting = heard.clone();
        let spawn = Echo::spawn().recycle(Recycle::after(7)).on_event(move |_| {
            counting.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        });
        let echo = match place {
            Placement::Thread => spawn.thread().await?,
            Placement::Process => spawn.process().await?,
            _ => spawn.await?,
        };
        for _ in 0..100 {
            echo.shout().tell()?;
        }
        eventually("all of them", async || heard.load(std::sync::atomic::Ordering::SeqCst) >= 100).await;
    }
    Ok(())
}

/// Tells its parent of each message.
pub struct Echo;

#[rehearsal::actor(event = ())]
impl Echo {
    #[start]
    pub fn new() -> Self {
        Echo
    }

    #[command]
    pub fn shout(&mut self, cx: &mut Context<Self>) {
        cx.outlet().send(()).expect("the parent listens");
    }
}

#[rehearsal::test]
async fn the_command_in_hand_is_finished_first() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(5), place).recycle(Recycle::after(1)).await?;
        let long = counter.compute(100).send()?;
        let next = counter.add(1).send()?;
        assert_eq!(soon("the long one", long).await?, 5, "{place}");
        assert_eq!(soon("the next", next).await?, 6, "{place}");
    }
    Ok(())
}

#[rehearsal::command]
fn hoard(bytes: usize) -> u32 {
    // Never given back, and touched, so that it is really held.
    std::mem::forget(std::hint::black_box(vec![1_u8; bytes]));
    std::process::id()
}

#[rehearsal::test]
async fn a_process_over_its_memory_is_replaced() -> Tested {
    let _clean = clean();
    // Three signs of life in ten seconds are too few for a test, and half a second of silence is nothing while so much
    // memory is touched on a busy machine.
    let heartbeat = Heartbeat::new(Duration::from_secs(4)).floor(Duration::from_millis(30));
    let plan = Recycle::over_memory(400 << 20);
    let counter = Counter::spawn(1).process().heartbeat(heartbeat).recycle(plan).await?;
    let first = counter.run(hoard(1 << 20)).await?;
    assert_eq!(counter.run(hoard(500 << 20)).await?, first);
    let replaced = async {
        while counter.pid() == first {
            assert_eq!(counter.add(0).await?, 1, "nothing is lost meanwhile");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok::<_, Box<dyn std::error::Error>>(())
    };
    soon("another process", replaced).await?;
    assert_eq!(counter.size_of(Bytes(vec![0; 10])).await?, 10);
    assert_eq!(counter.info().await?.restarts, 0);
    Ok(())
}

#[rehearsal::test]
async fn a_limit_of_memory_needs_a_process() -> Tested {
    let _clean = clean();
    for place in [Placement::Task, Placement::Thread] {
        let spawn = put(Counter::spawn(0), place).recycle(Recycle::after(100).or_over_memory(1 << 20));
        let error = spawn.await.unwrap_err();
        assert!(matches!(error, SpawnError::Unfit { .. }), "{error}");
        assert!(error.to_string().contains("limit of 1048576 bytes of memory"), "{error}");
        assert!(error.to_string().contains("place it with .process()"), "{error}");
    }
    counter(Placement::Task).await?;
    Ok(())
}
