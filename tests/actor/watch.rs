//! Watches: every end is told, with its reason, in turn with the watcher's messages.

use std::time::Duration;

use crate::cast::{Counter, CounterProxy, PLACEMENTS, Tested, counter, put};
use rehearsal::actor::{End, Heartbeat, Overflow, Restart};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, eventually, silence, soon, until};

/// Keeps the ends it is told of.
pub struct Warden {
    ends: Vec<End>,
}

#[rehearsal::actor]
impl Warden {
    #[start]
    pub fn new() -> Self {
        Warden { ends: Vec::new() }
    }

    #[command]
    pub fn guard(&mut self, counter: CounterProxy, cx: &mut Context<Self>) {
        cx.watch(&counter, |warden, end, _cx| warden.ends.push(end));
    }

    #[command]
    pub fn ends(&self) -> Vec<End> {
        self.ends.clone()
    }

    #[command]
    pub async fn nap(&mut self, for_ms: u64) {
        tokio::time::sleep(Duration::from_millis(for_ms)).await;
    }

    #[command]
    pub fn fail(&mut self) {
        panic!("a warden fails")
    }
}

async fn ends(warden: &WardenProxy, count: usize) -> Result<Vec<End>, Box<dyn std::error::Error>> {
    let told = async {
        loop {
            // A mailbox that is full may refuse the question, or drop it.
            match warden.ends().await {
                Ok(ends) if ends.len() >= count => return Ok(ends),
                Err(error) if error.is_dead() => return Err(error.into()),
                _ => {}
            }
            tokio::task::yield_now().await;
        }
    };
    soon("the ends", told).await
}

#[rehearsal::test]
async fn every_kind_of_end_is_told() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let warden = Warden::spawn().await?;
        let counters =
            [counter(place).await?, counter(place).await?, counter(place).await?, counter(place).await?];
        for counter in &counters {
            warden.guard(counter.clone()).await?;
        }
        let [returned, stopped, panicked, killed] = &counters;
        returned.finish().await?;
        ends(&warden, 1).await?;
        stopped.stop().await?;
        ends(&warden, 2).await?;
        panicked.fail("on purpose".to_owned()).await.unwrap_err();
        ends(&warden, 3).await?;
        killed.kill();
        let told = ends(&warden, 4).await?;
        for (end, counter) in told.iter().zip(&counters) {
            assert_eq!(end.actor.id(), counter.id());
            assert_eq!(Some(&end.exit), counter.exit().as_ref(), "{place}");
        }
        let reasons: Vec<&Reason> = told.iter().map(|end| &end.exit.reason).collect();
        let signal = (place == Placement::Process).then_some(9);
        assert!(
            matches!(&reasons[..], [Reason::Returned, Reason::Stopped, Reason::Panicked(note), Reason::Killed { signal: own }]
                if note.message == "told to fail: on purpose" && *own == signal),
            "{place}: {reasons:?}"
        );
    }
    Ok(())
}

#[rehearsal::test]
async fn the_ends_that_only_processes_have_are_told() -> Tested {
    let _clean = clean().letters(1);
    let warden = Warden::spawn().await?;
    let heartbeat = Heartbeat::new(Duration::from_secs(2))
        .floor(Duration::from_millis(50))
        .grace(Duration::from_millis(50));
    let leaving = counter(Placement::Process).await?;
    let silent = Counter::spawn(0).process().heartbeat(heartbeat).await?;
    for counter in [&leaving, &silent] {
        warden.guard(counter.clone()).await?;
    }
    leaving.leave(3).await.unwrap_err();
    ends(&warden, 1).await?;
    let _stopped = silence(&silent).await?;
    let told = ends(&warden, 2).await?;
    assert_eq!(told[0].exit.reason, Reason::Exited { code: 3 });
    assert!(matches!(told[1].exit.reason, Reason::Silent { .. }), "{}", told[1].exit);
    Ok(())
}

#[rehearsal::test]
async fn one_that_has_ended_already_is_told_of_too() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        counter.fail("long ago".to_owned()).await.unwrap_err();
        ended(&counter, LONG_WAIT).await;
        let warden = Warden::spawn().thread().await?;
        warden.guard(counter.clone()).await?;
        warden.guard(counter.clone()).await?;
        let told = ends(&warden, 2).await?;
        assert!(told.iter().all(|end| matches!(&end.exit.reason, Reason::Panicked(_))), "{place}");
        assert_eq!(ended(&counter, LONG_WAIT).await, told[0].exit, "a future tells the same");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_full_mailbox_hides_no_end() -> Tested {
    let _clean = clean().letters(1..);
    for policy in [Overflow::Wait, Overflow::Fail, Overflow::DropNewest, Overflow::DropOldest] {
        let warden = Warden::spawn().mailbox(2).overflow(policy).await?;
        let counter = counter(Placement::Task).await?;
        warden.guard(counter.clone()).await?;
        warden.nap(50).tell()?;
        until(&warden, |info| info.messages_handled >= 2).await;
        let fill = || (0..10).for_each(|_| drop(warden.nap(0).tell()));
        fill();
        counter.kill();
        ended(&counter, LONG_WAIT).await;
        fill();
        assert_eq!(ends(&warden, 1).await?.len(), 1, "{policy}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_watch_belongs_to_the_life_that_set_it() -> Tested {
    let _clean = clean();
    let warden = Warden::spawn().restart(Restart::on_failure()).await?;
    let (before, after) = (counter(Placement::Task).await?, counter(Placement::Task).await?);
    warden.guard(before.clone()).await?;
    warden.fail().await.unwrap_err();
    warden.guard(after.clone()).await?;
    before.kill();
    ended(&before, LONG_WAIT).await;
    after.kill();
    let told = ends(&warden, 1).await?;
    assert_eq!(told.iter().map(|end| end.actor.id()).collect::<Vec<_>>(), [after.id()]);
    Ok(())
}

#[rehearsal::test]
async fn one_that_is_started_again_has_not_ended() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let warden = Warden::spawn().await?;
        let plan = Restart::on_failure().within(1, Duration::from_secs(60));
        let (tell, told) = std::sync::mpsc::channel();
        let counter = put(Counter::spawn(0), place)
            .restart(plan)
            .on_restart(move |restarted| tell.send(restarted.restarts).expect("heard"))
            .await?;
        warden.guard(counter.clone()).await?;
        counter.fail("once".to_owned()).await.unwrap_err();
        eventually("the restart", async || told.try_recv().is_ok()).await;
        assert!(warden.ends().await?.is_empty(), "{place}");
        soon("the ask", counter.fail("twice".to_owned())).await.unwrap_err();
        let told = ends(&warden, 1).await?;
        assert!(told[0].exit.to_string().contains("told to fail: twice"), "{place}: {}", told[0].exit);
    }
    Ok(())
}
