//! Pools that grow and shrink, whose strategies take all along, and that give up.

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use crate::cast::{Counter, PLACEMENTS, Tested, put};
use rehearsal::actor::{Monitor, MonitorEvent, MonitorProxy, Pool, Restart, Strategy};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon};

type Told = Mutex<mpsc::Receiver<MonitorEvent>>;

async fn pool(pool: Pool<Counter>) -> Result<(MonitorProxy<Counter>, Told), SpawnError> {
    let (tell, told) = mpsc::channel();
    let monitor = pool.spawn().on_event(move |event| tell.send(event).expect("the test listens"));
    Ok((monitor.await?, Mutex::new(told)))
}

async fn heard(told: &Told) -> MonitorEvent {
    let event = async {
        loop {
            let event = told.lock().expect("not poisoned").try_recv();
            match event {
                Ok(event) => return event,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    soon("an event", event).await
}

fn promptly() -> Restart {
    Restart::always().endlessly().backoff(Duration::ZERO, Duration::ZERO)
}

#[rehearsal::test]
async fn a_pool_grows_while_much_waits_and_shrinks_when_nothing_does() -> Tested {
    let _clean = clean().letters(1..);
    for place in PLACEMENTS {
        let plan = Pool::new(move |number| {
            put(Counter::spawn(number as i64), place).name(format!("worker-{number}")).mailbox(8)
        })
        .workers(1..=3)
        .grow_at(2)
        .look_every(Duration::from_millis(20))
        .shrink_after(Duration::from_millis(100));
        let (monitor, told) = pool(plan).await?;
        let first = monitor.next().await?.expect("it has one");
        let hanging = first.wait().send()?;
        // A process is given as many as its mailbox holds before any wait here.
        for _ in 0..if place == Placement::Process { 10 } else { 8 } {
            first.add(0).deliver().await?;
        }
        // Two that are made one behind the other may be ready in any order.
        let mut grown = Vec::new();
        for _ in 1..=2 {
            let event = heard(&told).await;
            let MonitorEvent::Grown { worker } = &event else { panic!("{place}: {event:?}") };
            grown.push(worker.name());
        }
        grown.sort();
        assert_eq!(grown, ["worker-1", "worker-2"], "{place}");
        assert_eq!(monitor.workers().await?.len(), 3, "{place}: three and no more");
        let third = monitor.workers().await?.pop().expect("three");
        assert_eq!(third.add(0).await?, 2);

        first.kill();
        assert!(soon("the hanging ask", hanging).await.unwrap_err().is_dead());
        let mut shrunk = Vec::new();
        while shrunk.len() < 2 {
            match heard(&told).await {
                MonitorEvent::Shrunk { worker } => shrunk.push(worker.name()),
                MonitorEvent::Ended { .. } | MonitorEvent::Replaced { .. } => {}
                event => panic!("{place}: {event:?}"),
            }
        }
        assert_eq!(shrunk, ["worker-2", "worker-1"], "{place}: the last one first");
        // It answers as long as somebody holds on to it, and ends then.
        assert_eq!(third.add(1).await?, 3);
        let ended = third.ended();
        drop(third);
        assert_eq!(soon("the third's end", ended).await.reason, Reason::Returned, "{place}");
        monitor.stop().await?;
    }
    Ok(())
}

#[rehearsal::test]
async fn what_waits_for_a_worker_that_fails_is_handled_by_its_next_life() -> Tested {
    let _clean = clean();
    let monitor = Monitor::spawn(1, |_| Counter::spawn(0)).await?;
    let worker = monitor.next().await?.expect("one");
    let (failing, behind) = (worker.fail("on purpose".to_owned()).send()?, worker.add(1).send()?);
    assert!(soon("the failing", failing).await.is_err());
    assert_eq!(soon("the one behind", behind).await?, 1);
    Ok(())
}

#[rehearsal::test]
async fn a_worker_that_was_told_to_stop_is_replaced_by_another() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (monitor, told) = pool(Pool::new(move |_| put(Counter::spawn(0), place)).workers(2..=2)).await?;
        let workers = monitor.workers().await?;
        workers[0].stop().await?;
        let ended = heard(&told).await;
        assert!(
            matches!(&ended, MonitorEvent::Ended { worker, exit } if worker.id() == workers[0].id() && exit.reason == Reason::Stopped),
            "{place}: {ended:?}"
        );
        let replaced = heard(&told).await;
        let MonitorEvent::Replaced { worker } = &replaced else { panic!("{place}: {replaced:?}") };
        let now = monitor.workers().await?;
        assert_eq!((now[0].id(), now[1].id()), (worker.id(), workers[1].id()), "{place}: in its place");
        assert_ne!(now[0].id(), workers[0].id());
    }
    Ok(())
}

#[rehearsal::test]
async fn all_for_one_takes_every_worker_along() -> Tested {
    let _clean = clean();
    let plan = Pool::new(|number| Counter::spawn(10 * number as i64)).workers(3..=3);
    let (monitor, _told) = pool(plan.strategy(Strategy::AllForOne).restart(promptly())).await?;
    let workers = monitor.workers().await?;
    for worker in &workers {
        worker.add(1).await?;
    }
    workers[1].fail("on purpose".to_owned()).await.unwrap_err();
    let begun = async {
        while workers[2].add(0).await? != 20 {
            tokio::task::yield_now().await;
        }
        Ok::<_, Error>(())
    };
    soon("the last one's next life", begun).await?;
    assert_eq!((workers[0].add(0).await?, workers[1].add(0).await?), (0, 10));
    Ok(())
}

#[rehearsal::test]
async fn a_storm_ends_the_monitor_and_names_the_last_end() -> Tested {
    let _clean = clean().letters(3..);
    for place in PLACEMENTS {
        let plan = Pool::new(move |number| put(Counter::spawn(0), place).name(format!("worker-{number}")))
            .workers(2..=2)
            .restart(promptly().within(2, Duration::from_secs(60)));
        let (monitor, told) = pool(plan).await?;
        let workers = monitor.workers().await?;
        for _ in 0..2 {
            workers[1].fail("in the storm".to_owned()).await.unwrap_err();
            while !matches!(heard(&told).await, MonitorEvent::Replaced { .. }) {}
        }
        soon("the last ask", workers[1].fail("in the end".to_owned())).await.unwrap_err();
        let exit = ended(&monitor, LONG_WAIT).await;
        let Reason::GaveUp { child, exit: last } = &exit.reason else { panic!("{place}: {exit}") };
        assert_eq!(child, "worker-1");
        assert!(last.to_string().contains("told to fail: in the end"), "{place}: {exit}");
        assert_eq!(
            workers[0].exit().map(|exit| exit.reason),
            Some(Reason::Stopped),
            "{place}: before the monitor"
        );
        let error = monitor.workers().await.unwrap_err();
        assert_eq!(error.exit(), Some(&exit), "{place}");
    }
    Ok(())
}

/// Has a pool of processes where no process can be started any more, because no more files can be opened; the number is
/// the limit.
#[rehearsal::command]
async fn starve(limit: u32, gives_up: bool) -> Result<(String, String), String> {
    famine("nofile", limit, gives_up).await
}

/// The same of any limit that is in the way of another process. Tells what the monitor said of the worker that died, and
/// how it all ended.
async fn famine(resource: &str, limit: u32, gives_up: bool) -> Result<(String, String), String> {
    let own = std::process::id().to_string();
    let plan = Restart::always().backoff(Duration::from_millis(5), Duration::from_millis(20));
    let plan = if gives_up { plan.within(3, Duration::from_secs(60)) } else { plan.endlessly() };
    let workers = Pool::new(|_| Counter::spawn(7).process()).workers(2..=2).restart(plan);
    let (monitor, told) = pool(workers).await.map_err(|error| error.to_string())?;
    let workers = monitor.workers().await.map_err(|error| error.to_string())?;
    // Started while there are files: it gives them back when it is told to.
    let mut relief = std::process::Command::new("sh")
        .args(["-c", &format!("read line; exec prlimit --pid {own} --{resource}=1024")])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let lowered = std::process::Command::new("prlimit")
        .args(["--pid", &own, &format!("--{resource}={limit}:1024")])
        .status();
    if !lowered.is_ok_and(|status| status.success()) {
        return Err("no limit could be set".to_owned());
    }
    workers[0].kill();
    let mut said = String::new();
    while !said.contains("limit") {
        if let MonitorEvent::Ended { exit, .. } = heard(&told).await {
            said = exit.to_string();
        }
    }
    if gives_up {
        let exit = ended(&monitor, LONG_WAIT).await;
        return Ok((said, exit.to_string()));
    }
    let spared = workers[1].add(1).await.map_err(|error| error.to_string())?;
    drop(relief.stdin.take());
    relief.wait().map_err(|error| error.to_string())?;
    while !matches!(heard(&told).await, MonitorEvent::Replaced { .. }) {}
    let back = soon("the worker that is back", workers[0].add(1)).await.map_err(|error| error.to_string())?;
    Ok((said, format!("{spared} {back}")))
}

#[rehearsal::test]
async fn a_storm_beyond_the_limit_of_the_system_is_slowed_down_and_survived() -> Tested {
    let _clean = clean();
    let host = Counter::spawn(0).process().await?;
    let (said, sums) = soon("the famine", host.run(starve(8, false))).await??;
    assert!(said.contains("cannot start process") && said.contains("(limit 8)"), "{said}");
    assert_eq!(sums, "8 8", "one never noticed, the other is back");

    let host = Counter::spawn(0).process().await?;
    let (_, end) = soon("the famine", host.run(starve(8, true))).await??;
    assert!(end.contains("it gave up its child") && end.contains("(limit 8)"), "{end}");
    Ok(())
}

/// The limit of processes does not hold for root: the trial below is this one's, run by somebody else.
#[rehearsal::test]
fn a_storm_beyond_the_limit_of_processes_is_survived_too() -> Tested {
    let _clean = clean();
    let somebody = |program: &std::path::Path| {
        let mut command = std::process::Command::new("setpriv");
        command.args(["--reuid=54321", "--regid=54321", "--clear-groups"]).arg(program);
        command
    };
    let program = std::env::current_exe()?;
    let can_run = somebody("test".as_ref()).arg("-x").arg(&program).status();
    if !can_run.is_ok_and(|status| status.success()) {
        rehearsal::skip!("this needs root, setpriv, and a target directory that everybody can read");
    }
    let run = somebody(&program)
        .args(["--exact", "pool::as_somebody_for_whom_it_holds", "--ignored", "--isolation=thread"])
        .current_dir("/")
        .output()?;
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&run.stderr)
    );
    Ok(())
}

#[rehearsal::test]
#[ignore = "the trial above runs it, as somebody for whom the limit of processes holds"]
async fn as_somebody_for_whom_it_holds() -> Tested {
    let _clean = clean();
    let (said, sums) = soon("the famine", famine("nproc", 1, false)).await?;
    assert!(said.contains("cannot start process") && said.contains("ulimit -u"), "{said}");
    assert_eq!(sums, "8 8", "one never noticed, the other is back");
    Ok(())
}
