//! Probes: stand-ins for actors, and what a probe says that waits in vain.

use std::time::{Duration, Instant};

use rehearsal::actor::Cause;
use rehearsal::actor::panic::PanicNote;
use rehearsal::prelude::*;
use rehearsal::testkit::{self, Asked, Probed};
use rehearsal::testkit::{clean, soon};

use crate::cast::{Counter, CounterProxy, PLACEMENTS, Tested, counter, put};
use crate::wait::panic_of;

type Message = Asked<Counter>;

/// Code that holds a proxy and knows nothing of probes.
async fn add_twice(counter: CounterProxy) -> Result<i64, Error> {
    counter.add(1).await?;
    counter.add(2).await
}

#[rehearsal::test]
async fn the_tester_answers_in_the_actors_place() -> Tested {
    let _clean = clean();
    let (counter, mut probe) = Counter::probe();
    let task = tokio::spawn(add_twice(counter));
    for (expected, answer) in [(1, 10), (2, 20)] {
        let Message::add(reply, by) = probe.expect().await else { panic!("another command") };
        assert_eq!(by, expected);
        reply.send(answer);
    }
    assert_eq!(task.await??, 20);
    Ok(())
}

/// An actor that holds the proxy of another, wherever it is placed itself.
struct Front {
    counter: CounterProxy,
}

#[rehearsal::actor]
impl Front {
    #[start]
    fn new(counter: CounterProxy) -> Front {
        Front { counter }
    }

    #[command]
    async fn twice(&mut self, by: i64) -> Result<i64, String> {
        self.counter.add(2 * by).await.map_err(|error| error.to_string())
    }
}

#[rehearsal::test]
async fn an_actor_on_a_thread_of_its_own_asks_a_probe_like_any_other() -> Tested {
    let _clean = clean();
    let (counter, mut probe) = Counter::probe();
    let front = Front::spawn(counter).thread().await?;
    let answer = front.twice(4).send()?;
    let Message::add(reply, 8) = probe.expect().await else { panic!("another command") };
    reply.send(80);
    assert_eq!(answer.await?, 80);
    Ok(())
}

#[rehearsal::test]
async fn it_is_like_an_actor_to_those_who_hold_it() -> Tested {
    let _clean = clean();
    let (counter, mut probe) = Counter::probe();
    counter.ping().await?;
    assert_eq!(counter.state(), State::Run);
    assert_eq!(counter.info().await?.kind, "Counter");
    let echo = counter.echo("hello").send()?;
    let add = counter.add(3).send()?;
    let Message::add(reply, 3) = probe.expect().await else { panic!("another command") };
    assert_eq!(echo.await?, "hello", "answered for it, in order");
    drop(reply);
    let exit = soon("the end", counter.stop()).await?;
    assert_eq!(exit.reason, Reason::Stopped);
    assert_eq!(add.await.unwrap_err().exit(), Some(&exit), "unanswered, it ends with the stand-in");
    Ok(())
}

#[rehearsal::test]
async fn one_that_is_not_taken_from_is_full() -> Tested {
    let _clean = clean();
    let (counter, mut probe) = Counter::probe_with_mailbox(2);
    counter.add(1).tell()?;
    counter.add(2).tell()?;
    assert!(counter.add(3).tell().unwrap_err().is_full());
    let Message::add(_, 1) = probe.expect().await else { panic!("another command") };
    let delivered = soon("room", counter.add(4).deliver()).await;
    assert!(delivered.is_ok());
    for expected in [2, 4] {
        let Message::add(_, by) = probe.expect().await else { panic!("another command") };
        assert_eq!(by, expected);
    }
    Ok(())
}

#[rehearsal::test]
async fn what_came_before_the_end_can_still_be_taken() -> Tested {
    let _clean = clean();
    let (counter, mut probe) = Counter::probe();
    counter.add(1).tell()?;
    let asked = counter.add(2).send()?;
    drop(counter);
    let Message::add(_, 1) = probe.expect().await else { panic!("another command") };
    let Message::add(reply, 2) = probe.expect().await else { panic!("another command") };
    reply.send(7);
    assert_eq!(asked.await?, 7);
    let missed = probe.try_expect().await.err().expect("nothing comes");
    assert_eq!(missed.ended.as_ref().map(|exit| &exit.reason), Some(&Reason::Returned));
    assert!(missed.to_string().contains("none will come: it had ended by itself"), "{missed}");
    Ok(())
}

#[rehearsal::test]
async fn it_ends_as_the_tester_says() -> Tested {
    let _clean = clean().letters(2);
    let (counter, mut probe) = Counter::probe();
    let (asked, left) = (counter.add(1).send()?, counter.add(2).send()?);
    let taken = probe.expect().await;
    let note = PanicNote { message: "as told".to_owned(), location: "src/counter.rs:1:2".to_owned() };
    probe.end(Exit::new(Reason::Panicked(note.clone()))).await;
    let exit = testkit::ended(&counter, Duration::from_secs(5)).await;
    assert_eq!(exit.reason, Reason::Panicked(note));
    assert_eq!(left.await.unwrap_err().exit(), Some(&exit));
    drop(taken);
    assert_eq!(asked.await.unwrap_err().exit(), Some(&exit));

    let (counter, probe) = Counter::probe();
    drop(probe);
    let exit = testkit::ended(&counter, Duration::from_secs(5)).await;
    assert!(exit.to_string().contains("its probe was dropped"), "{exit}");
    assert!(matches!(counter.add(1).await.unwrap_err().cause(), Cause::Dead(_)));
    Ok(())
}

#[rehearsal::test(task_panic = "allow")]
async fn a_wait_in_vain_says_what_did_arrive_and_who_waited() -> Tested {
    let _clean = clean();
    let (counter, probe) = Counter::probe();
    let mut probe = probe.patience(Duration::from_millis(20));
    counter.add(1).tell()?;
    probe.expect().await;
    let (before, missed) = (line!(), probe.try_expect().await.err().expect("nothing comes"));
    let text = missed.to_string();
    assert!(text.contains(&format!("{}:{before}:", file!())), "{text}");
    assert!(text.contains("none came within 20ms; nothing arrived meanwhile"), "{text}");
    assert!(text.ends_with("before that had arrived `add`"), "{text}");

    counter.take(1).tell()?;
    counter.add(2).tell()?;
    let abort = |message| matches!(message, Message::abort(_)).then_some(());
    let line = line!() + 1;
    let fishing = async move { probe.fish(abort).await };
    let told = panic_of(fishing);
    let told = told.await;
    assert!(told.contains(&format!("{}:{line}:", file!())), "{told}");
    assert!(told.contains("waited for a message that it fishes for, and none came within 20ms"), "{told}");
    assert!(told.contains("what did arrive: `take`, `add`; before that had arrived `add`"), "{told}");
    Ok(())
}

#[rehearsal::test]
async fn fishing_skips_what_it_does_not_want() -> Tested {
    let _clean = clean();
    let (counter, mut probe) = Counter::probe();
    for by in 1..=3 {
        counter.add(by).tell()?;
    }
    let asked = counter.take(5).send()?;
    let (reply, n) = probe
        .fish(|message| match message {
            Message::take(reply, n) => Some((reply, n)),
            _ => None,
        })
        .await;
    reply.send(Ok(n + 1));
    assert_eq!(asked.await?, 6);
    probe.expect_none_within(Duration::from_millis(1)).await;
    Ok(())
}

#[rehearsal::test(task_panic = "allow")]
async fn what_was_not_to_come_is_named() -> Tested {
    let _clean = clean();
    let (counter, mut probe) = Counter::probe();
    counter.add(1).tell()?;
    let told = panic_of(async move { probe.expect_none_within(Duration::from_secs(60)).await }).await;
    assert!(told.contains("was to see nothing within 60s, and `add` arrived"), "{told}");
    Ok(())
}

#[rehearsal::test]
async fn a_plain_probe_takes_anything() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (sender, mut probe) = testkit::probe();
        let teller = put(crate::event::Teller::spawn(), place).on_event(sender.sink()).await?;
        assert!(teller.tell_to(2).await?, "{place}");
        assert_eq!((probe.expect().await, probe.expect().await), (1, 2), "{place}");
        let missed = probe.patience(Duration::from_millis(5)).try_expect().await.unwrap_err();
        assert!(missed.to_string().ends_with("before that had arrived `1`, `2`"), "{place}: {missed}");
    }
    let (sender, probe) = testkit::probe();
    for n in 0..testkit::DEFAULT_BOUND {
        assert_eq!(sender.send(n), Ok(()));
    }
    assert_eq!(sender.send(7), Err(7), "bounded");
    drop(probe);
    assert_eq!(sender.send(8), Err(8), "nobody takes it");
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn a_probe_waits_by_the_clock_of_the_test() -> Tested {
    let _clean = clean();
    let (_counter, probe) = Counter::probe();
    let real = Instant::now();
    let missed = probe.patience(Duration::from_secs(3600)).try_expect().await.err().expect("nothing comes");
    assert_eq!(missed.limit, Duration::from_secs(3600));
    assert!(real.elapsed() < Duration::from_secs(60));
    Ok(())
}

#[rehearsal::test]
async fn the_end_of_an_actor_is_awaited_with_its_reason() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        counter.stop().tell();
        let exit = testkit::ended(&counter, testkit::LONG_WAIT).await;
        assert_eq!(exit.reason, Reason::Stopped, "{place}");
    }
    Ok(())
}

#[rehearsal::test(task_panic = "allow")]
async fn an_end_that_does_not_come_says_what_the_actor_is_at() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Task).await?;
    counter.add(1).await?;
    let other = counter.clone();
    let line = line!() + 1;
    let told = panic_of(async move { testkit::ended(&other, Duration::from_millis(5)).await }).await;
    assert!(told.contains(&format!("had not ended within 5ms at {}:{line}:", file!())), "{told}");
    assert!(told.contains("state `run`, 1 messages handled, 0 waiting"), "{told}");
    Ok(())
}
