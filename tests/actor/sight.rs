//! What can be seen of the actors from outside: the tree, counters, what waits in a mailbox.

use std::time::Duration;

use crate::cast::{Counter, CounterProxy, PLACEMENTS, Tested, put};
use rehearsal::actor::{ActorInfo, ArbiterInfo, Heartbeat, Monitor, Role};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, silence, soon};

/// Has children: spawned, supervised, in a pool, each of them a counter.
pub struct Boss {
    children: Vec<CounterProxy>,
}

#[rehearsal::actor]
impl Boss {
    #[start]
    pub fn new() -> Boss {
        Boss { children: Vec::new() }
    }

    #[command]
    pub async fn spawn_one(&mut self, name: String) -> Result<(), String> {
        self.children.push(Counter::spawn(0).name(name).await.map_err(|error| error.to_string())?);
        Ok(())
    }

    #[command]
    pub async fn supervise_one(&mut self, name: String, cx: &mut Context<Self>) -> Result<(), String> {
        self.children
            .push(cx.supervise(Counter::spawn(0).name(name)).await.map_err(|error| error.to_string())?);
        Ok(())
    }

    #[command]
    pub async fn fail_child(&mut self, at: usize) -> bool {
        self.children[at].fail("on purpose".to_owned()).await.is_err()
    }

    #[command]
    pub fn let_go(&mut self, at: usize) -> String {
        self.children.remove(at).name().name()
    }
}

/// The actor of this name in the tree.
fn find<'a>(info: &'a ArbiterInfo, name: &str) -> Option<&'a ActorInfo> {
    info.actors.iter().find(|actor| actor.name == name)
}

/// Comes back with the tree when what is to be seen in it is there.
async fn seen(what: &str, is_there: impl Fn(&ArbiterInfo) -> bool) -> ArbiterInfo {
    let look = async {
        loop {
            let info = rehearsal::arbiter().info();
            if is_there(&info) {
                return info;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(60), look).await {
        Ok(info) => info,
        Err(_) => panic!("{what} was never seen in\n{}", rehearsal::arbiter().info()),
    }
}

#[rehearsal::test]
async fn an_actor_stands_below_the_one_that_spawned_it() -> Tested {
    let _clean = clean();
    for place in [Placement::Task, Placement::Thread] {
        let boss = put(Boss::spawn(), place).name("the-boss").await?;
        boss.spawn_one("spawned".to_owned()).await?;
        boss.supervise_one("supervised".to_owned()).await?;
        let info = rehearsal::arbiter().info();
        let own = find(&info, "the-boss").expect("it is in the books");
        assert_eq!((own.role, own.placement, own.messages_handled), (Role::Supervisor, place, 2));
        for child in ["spawned", "supervised"] {
            let child = find(&info, child).expect("it is in the books");
            assert_eq!((child.parent, child.depth), (Some(own.id), own.depth + 1), "{place}:\n{info}");
            assert_eq!(child.role, Role::Worker);
        }
        assert!(info.supervisors().any(|actor| actor.id == own.id));
        // It has ended, and what it had spawned with it; nobody is kept for the table of parents.
        boss.stop().await?;
        ended(&boss, LONG_WAIT).await;
        seen("the end of its children", |info| find(info, "spawned").is_none()).await;
    }
    Ok(())
}

#[rehearsal::test]
async fn a_child_outlives_its_parent_at_the_top_of_the_tree() -> Tested {
    let _clean = clean();
    let boss = Boss::spawn().name("short-lived").await?;
    boss.spawn_one("orphan".to_owned()).await?;
    let orphan = rehearsal::arbiter().find("orphan").expect("it lives");
    let kept = rehearsal::arbiter().info();
    assert_eq!(find(&kept, "orphan").map(|own| own.depth), Some(1));
    boss.kill();
    ended(&boss, LONG_WAIT).await;
    // The parent's proxy went with it; what is left is its number.
    if orphan.exit().is_none() {
        let info = rehearsal::arbiter().info();
        if let Some(own) = find(&info, "orphan") {
            assert_eq!((own.depth, own.parent), (0, Some(boss.id())), "{info}");
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn a_pool_stands_below_its_monitor() -> Tested {
    let _clean = clean();
    let pool = Monitor::spawn(2, |number| Counter::spawn(0).name(format!("pooled-{number}"))).await?;
    let first = pool.workers().await?.remove(0);
    assert!(first.fail("on purpose".to_owned()).await.is_err());
    assert_eq!(first.add(1).await?, 1);
    let info = rehearsal::arbiter().info();
    let monitor = info.monitors().find(|actor| actor.id == pool.id()).expect("a monitor");
    for number in 0..2 {
        let worker = find(&info, &format!("pooled-{number}")).expect("it is in the books");
        assert_eq!((worker.parent, worker.depth), (Some(monitor.id), monitor.depth + 1), "{info}");
        assert_eq!(worker.restarts, u32::from(number == 0));
    }
    let failed = find(&info, "pooled-0").and_then(|own| own.last_end.clone()).expect("how it ended");
    assert!(failed.to_string().contains("told to fail: on purpose"), "{failed}");
    let text = info.to_string();
    assert!(text.contains("restarted once; its last life: it panicked"), "{text}");
    // A failed actor of the pool is no worker less, and the monitor none at all.
    assert_eq!(info.server.monitors, info.monitors().count());
    Ok(())
}

#[rehearsal::test]
async fn the_tree_reaches_into_processes() -> Tested {
    let _clean = clean();
    // What it tells of others comes with its signs of life: every third of this.
    let patient = Duration::from_secs(4);
    let heartbeat = Heartbeat::new(patient).floor(Duration::from_millis(20)).grace(Duration::from_secs(60));
    let boss = Boss::spawn().name("boss-apart").process().heartbeat(heartbeat).await?;
    boss.spawn_one("in-there".to_owned()).await?;
    boss.supervise_one("in-there-too".to_owned()).await?;
    let info = seen("the child", |info| find(info, "in-there-too").is_some()).await;
    let own = find(&info, "boss-apart").expect("it is in the books");
    assert_eq!((own.role, own.messages_handled, own.process_id), (Role::Supervisor, 2, boss.pid()));
    for child in ["in-there", "in-there-too"] {
        let child = find(&info, child).expect("it is in the books");
        assert_eq!((child.depth, child.process_id), (own.depth + 1, boss.pid()), "{info}");
    }
    // The process is stopped: the books are as they were, and nobody waits for it.
    let _stopped = silence(&boss).await?;
    let info = rehearsal::arbiter().info();
    assert!(find(&info, "in-there").is_some(), "{info}");
    boss.kill();
    ended(&boss, LONG_WAIT).await;
    assert!(find(&rehearsal::arbiter().info(), "in-there").is_none());
    Ok(())
}

#[rehearsal::test]
async fn what_waits_is_named_while_the_actor_is_held_up() -> Tested {
    let _clean = clean().letters(30..=33);
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(0), place).name("held-up").mailbox(12).await?;
        let hopeless = counter.wait().send()?;
        for _ in 0..9 {
            counter.add(1).tell()?;
        }
        counter.bytes(3).tell()?;
        let info = seen("what waits", |info| {
            find(info, "held-up")
                .is_some_and(|own| own.waiting.iter().filter(|name| *name == "add").count() >= 7)
        })
        .await;
        let own = find(&info, "held-up").expect("it is in the books");
        assert!(own.waiting.len() == 8 && own.mailbox.capacity == 12, "{place}: {own}");
        counter.kill();
        assert!(soon("the end", hopeless).await.is_err());
        ended(&counter, LONG_WAIT).await;
    }
    Ok(())
}

#[rehearsal::test]
async fn time_at_work_is_counted_and_time_that_is_waited_is_not() -> Tested {
    let _clean = clean();
    const TRIES: usize = 20;
    for place in PLACEMENTS {
        // One that has its thread and is kept waiting by others for a processor is at work all the same: on a busy machine
        // that may be for longer than this allows, and not each time.
        let mut seen = Vec::new();
        loop {
            let times = times_at_work(place).await?;
            let [before, busy, idle] = times;
            // Two ticks of the clock that is read, at most: the question itself may lie across one.
            let brief = ..Duration::from_millis(50);
            let computed = Duration::from_millis(200)..Duration::from_millis(560);
            if brief.contains(&before) && computed.contains(&busy) && brief.contains(&idle) {
                break;
            }
            seen.push(times);
            assert!(
                seen.len() < TRIES,
                "{place}: before, after computing, of one that did nothing: {seen:?}"
            );
        }
    }
    Ok(())
}

/// How long two actors had been at work before one of them computed for 300 ms, after which nothing was done for as
/// long; that one's time then, and the other's.
async fn times_at_work(place: Placement) -> Result<[Duration; 3], Box<dyn std::error::Error>> {
    let (busy, idle) = (put(Counter::spawn(0), place).await?, put(Counter::spawn(5), place).await?);
    let before = busy.info().await?.busy + idle.info().await?.busy;
    busy.compute(300).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok([before, busy.info().await?.busy, idle.info().await?.busy])
}
