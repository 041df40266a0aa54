//! Stopping: the hook, the order, periodic work until then.

use std::time::Duration;

use crate::cast::{PLACEMENTS, Tested, counter, put};
use futures_util::future::try_join_all;
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, eventually, soon, until};

/// Tells its parent what happens to it.
pub struct Diary {
    ticks: u32,
    fail: bool,
}

#[rehearsal::actor(event = String)]
impl Diary {
    #[start]
    pub fn new(fail: bool, cx: &mut Context<Self>) -> Self {
        let _ = cx.outlet().send("start".to_owned());
        Diary { ticks: 0, fail }
    }

    #[periodic(every = "10ms")]
    async fn tick(&mut self, cx: &mut Context<Self>) -> Result<(), String> {
        self.ticks += 1;
        if self.ticks <= 3 {
            let _ = cx.outlet().send(format!("tick {}", self.ticks));
        }
        if self.fail && self.ticks == 3 { Err("out of ink".to_owned()) } else { Ok(()) }
    }

    #[command]
    pub async fn nap(&mut self, for_ms: u64) -> u32 {
        tokio::time::sleep(Duration::from_millis(for_ms)).await;
        self.ticks
    }

    #[stopping]
    async fn close(&mut self, cx: &mut Context<Self>) {
        tokio::task::yield_now().await;
        let _ = cx.outlet().send("stopping".to_owned());
    }
}

fn diary(fail: bool, place: Placement) -> (Spawn<Diary>, std::sync::mpsc::Receiver<String>) {
    let (tell, told) = std::sync::mpsc::channel();
    let spawn = Diary::spawn(fail).on_event(move |event| tell.send(event).expect("the test listens"));
    let spawn = match place {
        Placement::Thread => spawn.thread(),
        Placement::Process => spawn.process(),
        _ => spawn,
    };
    (spawn, told)
}

#[rehearsal::test]
async fn start_periodic_stopping_in_order() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (spawn, told) = diary(false, place);
        let diary = spawn.await?;
        while diary.nap(5).await? < 3 {}
        assert_eq!(diary.stop().await?, Exit::new(Reason::Stopped));
        let told: Vec<String> = told.try_iter().collect();
        assert_eq!(told, ["start", "tick 1", "tick 2", "tick 3", "stopping"], "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_periodic_error_ends_the_actor_and_is_told() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (spawn, told) = diary(true, place);
        let diary = spawn.await?;
        let exit = ended(&diary, LONG_WAIT).await;
        assert_eq!(exit.reason, Reason::Failed, "{place}");
        assert!(exit.to_string().contains("#[periodic] returned an error: out of ink"), "{exit}");
        assert_eq!(told.try_iter().last().as_deref(), Some("stopping"), "{place}: the hook still runs");
    }
    Ok(())
}

async fn stopped_in_its_nap(place: Placement) -> Tested {
    let (spawn, _told) = diary(false, place);
    let diary = spawn.await?;
    // On a busy machine too it is told to stop before it wakes.
    let napping = diary.nap(2_000).send()?;
    until(&diary, |info| info.messages_handled >= 1).await;
    let behind = diary.nap(0).send()?;
    diary.nap(0).tell()?;
    let exit = soon("the stop", diary.stop()).await?;
    assert_eq!(exit.to_string(), "it was stopped: 2 messages were left in its mailbox", "{place}");
    soon("the nap", napping).await?;
    let error = soon("the one behind", behind).await.unwrap_err();
    assert_eq!(error.exit(), Some(&exit), "{place}");
    Ok(())
}

#[rehearsal::test]
async fn a_stop_lets_the_command_in_progress_end() -> Tested {
    let _clean = clean().letters(6);
    // Each takes as long as its nap: side by side.
    try_join_all(PLACEMENTS.map(stopped_in_its_nap)).await?;
    Ok(())
}

#[rehearsal::test]
async fn stopping_twice_and_asking_after() -> Tested {
    let _clean = clean().letters(3);
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        counter.stop().tell();
        let first = counter.stop().await?;
        assert_eq!(first, Exit::new(Reason::Stopped), "{place}");
        assert_eq!(counter.stop().await?.reason, Reason::Stopped);
        let error = counter.add(1).await.unwrap_err();
        assert!(error.to_string().contains("the actor is gone: it was stopped"), "{place}: {error}");
        let error = counter.ping().await.unwrap_err();
        assert!(error.is_dead(), "{place}: {error}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_stop_that_takes_too_long_says_so() -> Tested {
    let _clean = clean().letters(1);
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let _waiting = counter.wait().send()?;
        until(&counter, |info| info.messages_handled >= 1).await;
        let error = counter.stop().timeout(Duration::from_millis(50)).await.unwrap_err();
        assert!(error.is_timeout() && error.command() == "stop", "{error}");
        counter.kill();
        let exit = ended(&counter, LONG_WAIT).await;
        assert!(matches!(exit.reason, Reason::Killed { .. }), "{place}: {exit}");
    }
    Ok(())
}

/// Takes its time for ending.
pub struct Slow;

#[rehearsal::actor]
impl Slow {
    #[start]
    pub fn new() -> Self {
        Slow
    }

    #[command]
    pub fn work(&mut self) {}

    #[stopping]
    async fn close(&mut self) {
        // On a busy machine too it is seen at this.
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

async fn asked_while_it_stops(place: Placement) -> Tested {
    let slow = put(Slow::spawn(), place).await?;
    assert_eq!(slow.state(), State::Run);
    slow.stop().tell();
    eventually("the stop", async || slow.state() != State::Run).await;
    assert_eq!(slow.state(), State::Stopping, "{place}");
    let error = slow.work().await.unwrap_err();
    assert!(error.is_dead(), "{place}: {error}");
    assert!(error.to_string().contains("still ending when it was called"), "{place}: {error}");
    assert_eq!(ended(&slow, LONG_WAIT).await.reason, Reason::Stopped);
    assert_eq!(slow.state(), State::Close, "{place}");
    Ok(())
}

#[rehearsal::test]
async fn one_that_is_stopping_says_so_and_takes_nothing_more() -> Tested {
    let _clean = clean().letters(3);
    // Each takes as long as its hook: side by side.
    try_join_all(PLACEMENTS.map(asked_while_it_stops)).await?;
    Ok(())
}
