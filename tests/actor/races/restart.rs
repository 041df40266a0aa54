//! Restarts: what is in the mailbox, in line for it, in the control lane, or on a timer meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::tally::{Told, letters_of, much_later, promptly, taken, tally};
use crate::cast::{Counter, CounterProxy, PLACEMENTS, Tested, put};
use rehearsal::actor::{Later, Recycle, Restart, Strategy, Undelivered, dead_letters};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, eventually, silence, soon};

/// Messages were dropped when a supervised actor panicked, and those that were kept came out of order (kameo, issue 335
/// and pull request 345; bastion, issue 139). Who held a reference from before reached nobody (bastion, issue 287).
#[rehearsal::test]
async fn what_waits_and_who_waits_for_room_cross_a_restart_in_order() -> Tested {
    let _clean = clean();
    for place in [Placement::Task, Placement::Thread] {
        let (spawn, told) = tally(place);
        let tally = spawn.mailbox(4).restart(promptly()).await?;
        let before = tally.clone();
        tally.compute(30).tell()?;
        let senders: Vec<_> = (0..5_u32)
            .map(|sender| {
                let tally = before.clone();
                tokio::spawn(async move {
                    for number in 10 * sender..10 * sender + 10 {
                        if number % 10 == 5 {
                            tally.fail().deliver().await?;
                        } else {
                            tally.take(number).deliver().await?;
                        }
                    }
                    Ok::<_, Error>(())
                })
            })
            .collect();
        for sender in senders {
            soon("room", sender).await??;
        }
        assert_eq!(soon("the last", before.take(50)).await?, 50, "{place}");
        let took: Vec<u32> = told
            .try_iter()
            .filter_map(|told| if let Told::Took(number) = told { Some(number) } else { None })
            .collect();
        assert_eq!(took.len(), 46, "{place}: all of them, once: {took:?}");
        for sender in 0..5 {
            let own = took.iter().copied().filter(|number| number / 10 == sender);
            let sent = (10 * sender..10 * sender + 10).filter(|number| number % 10 != 5);
            assert!(own.eq(sent), "{place}: as they were sent: {took:?}");
        }
        assert_eq!(tally.info().await?.restarts, 5, "{place}");
    }
    Ok(())
}

/// A process takes along what it had been given; the rest is handled by the next, and each ask is answered or told.
#[rehearsal::test]
async fn who_waits_for_room_of_a_process_crosses_its_restart() -> Tested {
    let _clean = clean().letters(..=5);
    let (spawn, told) = tally(Placement::Process);
    let tally = spawn.mailbox(4).restart(promptly()).await?;
    let mut asking = Vec::new();
    for number in 0..40_u32 {
        let tally = tally.clone();
        asking.push(tokio::spawn(async move {
            if number == 10 { tally.fail().await.map(|()| number) } else { tally.take(number).await }
        }));
    }
    let (mut answered, mut lost) = (0, 0);
    for asking in asking {
        match soon("an answer or the end", asking).await? {
            Ok(_) => answered += 1,
            Err(error) => {
                assert!(error.to_string().contains("told to fail"), "{error}");
                lost += 1;
            }
        }
    }
    // The one that failed and what was under way behind it, at most as many as the mailbox holds.
    assert!((1..=5).contains(&lost), "{lost} of {} lost", answered + lost);
    assert_eq!(taken(&told), answered);
    assert_eq!(tally.info().await?.restarts, 1);
    Ok(())
}

/// Tells that were left when the restarts were used up went without a word (kameo, pull request 364).
#[rehearsal::test]
async fn what_is_left_when_the_restarts_are_used_up_is_told() -> Tested {
    let _clean = clean().letters(7);
    for place in PLACEMENTS {
        let (spawn, told) = tally(place);
        let plan = promptly().within(1, Duration::from_secs(60));
        let tally = spawn.restart(plan).await?;
        let mut letters = dead_letters();
        let held = silence(&tally).await?;
        let failing = [tally.fail().send()?, tally.fail().send()?];
        tally.take(1).tell()?;
        let behind = tally.take(2).send()?;
        drop(held);
        for failing in failing {
            soon("the failure", failing).await.unwrap_err();
        }
        // A process may have had both failures when it died of the first.
        if tally.exit().is_none() && place == Placement::Process {
            let _ = soon("one more failure", tally.fail()).await;
        }
        let exit = ended(&tally, LONG_WAIT).await;
        assert!(exit.to_string().contains("1 restarts within 60s is its limit"), "{place}: {exit}");
        let behind = soon("the one behind", behind).await;
        let letters = letters_of(&mut letters, tally.id());
        let tells =
            letters.iter().filter(|letter| letter.command == "take").count() + usize::from(behind.is_ok());
        assert!(tells + taken(&told) as usize >= 2, "{place}: {letters:?}");
        if place != Placement::Process {
            assert_eq!(behind.unwrap_err().exit(), Some(&exit), "{place}");
            assert!(letters.iter().all(|letter| letter.why == Undelivered::Left), "{place}: {letters:?}");
            assert_eq!((letters.len(), taken(&told)), (2, 0), "{place}");
        }
    }
    Ok(())
}

/// A ping hung where the actor had failed and its mailbox waited for the restart (elfo, issue 68).
#[rehearsal::test]
async fn a_question_is_answered_whenever_a_life_ends() -> Tested {
    let _clean = clean().letters(..);
    for place in PLACEMENTS {
        for plan in [promptly(), much_later()] {
            let (spawn, _told) = tally(place);
            let tally = spawn.restart(plan).await?;
            tally.compute(20).tell()?;
            tally.fail().tell()?;
            // Asked while the thread is held, and answered after the panic, or in the pause.
            let asked = [tally.ping().send()?, tally.ping().send()?];
            for asked in asked {
                let pong = soon("a pong", asked).await;
                assert!(pong.is_ok() || place == Placement::Process, "{place}: {pong:?}");
            }
            let again = async { while tally.ping().await.is_err() {} };
            soon("a pong", again).await;
            soon("the stop", tally.stop()).await?;
        }
    }
    Ok(())
}

/// Ticks at its hook and by a message that it sends itself.
pub struct Clock {
    ticks: Arc<AtomicU32>,
    rings: Arc<AtomicU32>,
    _ringing: Later,
}

#[rehearsal::actor]
impl Clock {
    #[start]
    pub fn new(ticks: Arc<AtomicU32>, rings: Arc<AtomicU32>, cx: &mut Context<Self>) -> Self {
        let _ringing = cx.proxy().every(Duration::from_secs(1), |clock| clock.ring().tell());
        Clock { ticks, rings, _ringing }
    }

    #[periodic(every = "1s")]
    fn tick(&mut self) {
        self.ticks.fetch_add(1, Ordering::SeqCst);
    }

    #[command]
    pub fn ring(&mut self) {
        self.rings.fetch_add(1, Ordering::SeqCst);
    }

    #[command]
    pub fn fail(&mut self) {
        panic!("a clock fails")
    }
}

/// An interval that was set at the start ran once more after each restart (xactor, issue 29 and pull request 38), and a
/// timer that was dropped ran on (coerce, issue 37).
#[rehearsal::test(start_paused = true)]
async fn timers_of_an_earlier_life_are_over() -> Tested {
    let _clean = clean();
    let (ticks, rings) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let clock = Clock::spawn(ticks.clone(), rings.clone()).restart(promptly()).await?;
    for _ in 0..3 {
        clock.fail().await.unwrap_err();
    }
    clock.ping().await?;
    tokio::time::sleep(Duration::from_millis(10_500)).await;
    let seen = (ticks.load(Ordering::SeqCst), rings.load(Ordering::SeqCst));
    assert_eq!(seen, (10, 10), "once a second and not four times");
    clock.stop().await?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let after = (ticks.load(Ordering::SeqCst), rings.load(Ordering::SeqCst));
    assert_eq!(after, (10, 10), "and never after the end");
    Ok(())
}

/// A child that ended by itself while it was being ended was taken for another, or left an orphan (otp, pull request
/// 5201). Here: what kills an actor that is just being replaced means the actor.
#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_is_not_lost_on_one_that_is_being_replaced() -> Tested {
    let _clean = clean().letters(1..);
    for place in PLACEMENTS {
        let rounds = if place == Placement::Process { 20 } else { 300 };
        for round in 0..rounds {
            let counter = put(Counter::spawn(0), place).recycle(Recycle::after(1)).await?;
            let answers = Arc::new(AtomicU32::new(0));
            let busy = {
                let (counter, answers) = (counter.clone(), answers.clone());
                tokio::spawn(async move {
                    while counter.add(1).await.is_ok() {
                        answers.fetch_add(1, Ordering::SeqCst);
                    }
                })
            };
            // It may be asked at any time.
            until_answered(&counter, &answers, 1 + round % 5).await?;
            counter.kill();
            let exit = ended(&counter, LONG_WAIT).await;
            assert!(matches!(exit.reason, Reason::Killed { .. }), "{place}: {exit}");
            soon("the last ask", busy).await?;
        }
    }
    Ok(())
}

async fn until_answered(counter: &CounterProxy, answers: &AtomicU32, count: u32) -> Tested {
    while answers.load(Ordering::SeqCst) < count {
        soon("a pong of whichever life it is in", counter.ping()).await?;
        counter.info().await?;
    }
    Ok(())
}

/// Looked after by two rules: its own and its supervisor's.
pub struct Twofold {
    children: Vec<CounterProxy>,
}

#[rehearsal::actor]
impl Twofold {
    #[start]
    pub async fn new(own: Restart, cx: &mut Context<Self>) -> Result<Self, SpawnError> {
        cx.supervision(Strategy::AllForOne, promptly());
        let mut children = Vec::new();
        for _ in 0..2 {
            children.push(cx.supervise(Counter::spawn(0).restart(own.clone())).await?);
        }
        children.push(cx.supervise(Counter::spawn(0)).await?);
        Ok(Twofold { children })
    }

    #[command]
    pub fn children(&self) -> Vec<CounterProxy> {
        self.children.clone()
    }
}

/// A supervisor whose children were to begin again together waited for one that begins again by itself (march, pull
/// request 296, has two restarts of one child at once).
#[rehearsal::test]
async fn a_childs_own_rule_is_not_in_its_supervisors_way() -> Tested {
    let _clean = clean();
    let always = Restart::always().endlessly().backoff(Duration::ZERO, Duration::ZERO);
    let hour = Duration::from_secs(3600);
    for own in [always.clone(), always.backoff(hour, hour)] {
        let twofold = Twofold::spawn(own).await?;
        let children = twofold.children().await?;
        for child in &children {
            child.add(5).await?;
        }
        let before = std::time::Instant::now();
        // In the pause of its own rule, or past it.
        children[0].fail("its own affair".to_owned()).await.unwrap_err();
        children[2].fail("everybody's affair".to_owned()).await.unwrap_err();
        for child in &children {
            let begun = async {
                while child.add(0).timeout(Duration::from_secs(50)).await? != 0 {
                    tokio::task::yield_now().await;
                }
                Ok::<_, Error>(())
            };
            soon("its next life", begun).await?;
        }
        assert!(before.elapsed() < Duration::from_secs(20), "no grace had to pass");
        eventually("all of them", async || children.iter().all(|child| child.exit().is_none())).await;
        twofold.stop().await?;
        assert!(children.iter().all(|child| child.exit().is_some()));
    }
    Ok(())
}
