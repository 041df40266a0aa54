//! Who knows of whom: the current actor, the arbiter's roll, the monitor and its workers.

use std::sync::mpsc;
use std::time::Duration;

use crate::cast::{Counter, PLACEMENTS, Tested, put, soon};
use rehearsal::actor::{Monitor, MonitorEvent};
use rehearsal::prelude::*;

#[rehearsal::test]
async fn the_arbiter_knows_who_is_alive() -> Tested {
    for place in PLACEMENTS {
        let name = format!("known-{place}");
        let counter = put(Counter::spawn(0), place).name(name.clone()).await?;
        let found = rehearsal::arbiter().find(&name).expect("it is alive");
        assert_eq!((found.id(), found.pid(), found.placement()), (counter.id(), counter.pid(), place));
        found.ping().await?;
        assert_eq!(found.info().await?.name, name);
        found.stop();
        assert_eq!(soon("the end", found.ended()).await.reason, Reason::Stopped);
        assert!(rehearsal::arbiter().find(&name).is_none());
        assert!(found.ping().await.unwrap_err().is_dead());
    }
    assert!(rehearsal::get_actor().is_none(), "a test is no actor");
    Ok(())
}

#[rehearsal::test]
async fn a_monitor_keeps_its_workers_alive() -> Tested {
    for place in PLACEMENTS {
        let (tell, told) = mpsc::channel();
        let make = move |index| put(Counter::spawn(index as i64), place).name(format!("worker-{index}"));
        let monitor = Monitor::spawn(3, make).on_event(move |event| tell.send(event).expect("heard")).await?;
        let workers = monitor.workers().await?;
        let names: Vec<_> = workers.iter().map(|worker| worker.name().name()).collect();
        assert_eq!(names, ["worker-0", "worker-1", "worker-2"]);

        let failed = workers[1].fail("on purpose".to_owned()).await;
        assert!(failed.is_err());
        let replaced = soon("the replacement", async {
            loop {
                let workers = monitor.workers().await?;
                if workers.len() == 3 {
                    let fresh = workers[1].clone();
                    if fresh.info().await.is_ok_and(|info| info.restarts == 1) {
                        return Ok::<_, Box<dyn std::error::Error>>(fresh);
                    }
                }
                tokio::task::yield_now().await;
            }
        });
        let fresh = replaced.await?;
        assert_eq!(fresh.id(), workers[1].id(), "behind the same proxy");
        assert_eq!(fresh.add(0).await?, 1, "made with its number again");
        let events: Vec<MonitorEvent> = told.try_iter().collect();
        assert!(
            matches!(&events[..], [MonitorEvent::Ended { worker, exit }, MonitorEvent::Replaced { .. }]
                if worker.name() == "worker-1" && matches!(exit.reason, Reason::Panicked(_))),
            "{events:?}"
        );

        let all = monitor.workers().await?;
        assert_eq!(monitor.stop().await?.reason, Reason::Stopped);
        for worker in all {
            assert_eq!(soon("the end", worker.ended()).await.reason, Reason::Stopped, "{place}");
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn turns_go_round() -> Tested {
    let monitor = Monitor::spawn(2, |index| Counter::spawn(index as i64)).await?;
    let mut turns = Vec::new();
    for _ in 0..4 {
        let worker = monitor.next().await?.expect("both live");
        turns.push(worker.add(0).await?);
    }
    assert_eq!(turns, [0, 1, 0, 1]);
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn a_worker_that_cannot_live_is_tried_ever_more_slowly() -> Tested {
    let (tell, told) = mpsc::channel();
    let monitor =
        Monitor::spawn(1, |_| Counter::spawn(0)).on_event(move |event| tell.send(event).expect("heard"));
    let monitor = monitor.await?;
    let start = tokio::time::Instant::now();
    let mut deaths = 0;
    while deaths < 8 {
        if let Some(worker) = monitor.workers().await?.first() {
            worker.kill();
            while worker.state() == State::Run {
                tokio::task::yield_now().await;
            }
            deaths += 1;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // 10 + 20 + .. + 640 ms between eight deaths, each a tenth more or less.
    assert!(start.elapsed() >= Duration::from_millis(1_143), "{:?}", start.elapsed());
    assert!(told.try_iter().count() >= 15);
    Ok(())
}
