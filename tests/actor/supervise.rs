//! Who knows of whom: the current actor, the arbiter's roll, the monitor and its workers.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use crate::cast::{Counter, PLACEMENTS, Tested, put};
use rehearsal::actor::{Monitor, MonitorEvent, Pool, Restart};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon};

#[rehearsal::test]
async fn the_arbiter_knows_who_is_alive() -> Tested {
    let _clean = clean();
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
    let _clean = clean();
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
            assert_eq!(ended(&worker, LONG_WAIT).await.reason, Reason::Stopped, "{place}");
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn turns_go_round() -> Tested {
    let _clean = clean();
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
    let _clean = clean();
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

/// Notes when it stops.
pub struct Witness {
    name: String,
    log: Arc<Mutex<Vec<String>>>,
}

#[rehearsal::actor]
impl Witness {
    #[start]
    pub fn new(name: String, log: Arc<Mutex<Vec<String>>>) -> Self {
        Witness { name, log }
    }

    #[stopping]
    fn close(&mut self) {
        self.log.lock().expect("not poisoned").push(self.name.clone());
    }
}

/// Ends all actors of the process it is run in; the order they stopped in, and how often one was started in vain.
#[rehearsal::command]
async fn stop_everything() -> Vec<String> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let first = Witness::spawn("first".to_owned(), log.clone()).await.expect("it starts");
    let theirs = log.clone();
    let made = Arc::new(Mutex::new(0));
    let count = made.clone();
    let monitor = Monitor::spawn(2, move |number| {
        *count.lock().expect("not poisoned") += 1;
        Witness::spawn(format!("worker-{number}"), theirs.clone())
    });
    let monitor = monitor.await.expect("it starts");
    let last = Witness::spawn("last".to_owned(), log.clone()).thread().await.expect("it starts");
    let ends = rehearsal::arbiter().stop_all(Duration::from_secs(20)).await;
    assert!(ends.iter().all(|(_, exit)| exit.as_ref().is_some_and(Exit::is_orderly)), "{ends:?}");
    assert_eq!(ends.len(), 5);
    assert_eq!(ends[0].0.kind(), "Monitor");
    assert!(rehearsal::arbiter().actors().is_empty(), "and none came after them");
    drop((first, monitor, last));
    let mut order = log.lock().expect("not poisoned").clone();
    order.push(format!("{} made", made.lock().expect("not poisoned")));
    order
}

#[rehearsal::test]
async fn the_arbiter_stops_monitors_before_the_others() -> Tested {
    let _clean = clean();
    // In a process of its own: this one's actors run this test.
    let host = Counter::spawn(0).process().await?;
    let order = soon("the end of all", host.run(stop_everything())).await?;
    assert_eq!(order, ["worker-1", "worker-0", "last", "first", "2 made"]);
    Ok(())
}

#[rehearsal::test]
async fn what_the_arbiter_kills_is_not_started_again() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let name = format!("doomed-{place}");
        let spawn = put(Counter::spawn(0), place).restart(Restart::on_failure()).name(name.clone());
        let counter = spawn.await?;
        let killed = rehearsal::arbiter().kill_actor(&name).expect("it lives");
        let exit = soon("the end", killed.ended()).await;
        assert!(matches!(exit.reason, Reason::Killed { .. }), "{place}: {exit}");
        assert_eq!(counter.exit(), Some(exit));
        assert!(rehearsal::arbiter().kill_actor(&name).is_none());
    }
    Ok(())
}

/// What it is given when it comes back after a failure: a worker that does not live, in its own process.
#[derive(Debug)]
pub struct Brittle;

#[rehearsal::actor]
impl Brittle {
    /// Exits before its handshake is over, each time but the first: that left a file.
    #[start]
    pub fn new(mark: String, times: u32) -> Self {
        let lives = std::fs::read_to_string(&mark).map_or(0, |text| text.len() as u32);
        std::fs::write(&mark, "x".repeat(lives as usize + 1)).expect("a file");
        if lives > 0 && lives <= times {
            std::process::exit(9);
        }
        Brittle
    }

    #[command]
    pub fn fail(&mut self) {
        panic!("on purpose")
    }

    #[command]
    pub fn live(&self) -> bool {
        true
    }
}

#[rehearsal::test]
async fn a_child_dead_before_its_handshake_is_tried_again_until_it_is_too_much() -> Tested {
    let _clean = clean().letters(..);
    let mark = |name: &str| {
        let path = std::env::temp_dir().join(format!("rehearsal-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        path.to_str().expect("a plain path").to_owned()
    };
    let plan = Restart::always().within(4, Duration::from_secs(60)).backoff(Duration::ZERO, Duration::ZERO);
    for (name, times, lives) in [("twice", 2, true), ("always", 99, false)] {
        let path = mark(name);
        let theirs = path.clone();
        let (tell, told) = mpsc::channel();
        let pool = Pool::new(move |_| Brittle::spawn(theirs.clone(), times).process()).restart(plan.clone());
        let monitor = pool.spawn().on_event(move |event| tell.send(event).expect("heard")).await?;
        let worker = monitor.next().await?.expect("one");
        worker.fail().await.unwrap_err();
        if lives {
            let answer = async {
                // What was with a process that died is lost, and says so.
                while worker.live().await.is_err() {}
            };
            soon("the life that holds", answer).await;
            let missing = told.try_iter().filter(|event| matches!(event, MonitorEvent::Ended { exit, .. } if exit.reason == Reason::Exited { code: 9 }));
            assert_eq!(missing.count(), 2);
            monitor.stop().await?;
        } else {
            let exit = ended(&monitor, LONG_WAIT).await;
            let Reason::GaveUp { exit: last, .. } = &exit.reason else { panic!("{exit}") };
            assert_eq!(last.reason, Reason::Exited { code: 9 }, "{exit}");
        }
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}
