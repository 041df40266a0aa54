//! One actor, three placements: what is the same.

use crate::cast::{Counter, PLACEMENTS, Tested, TooLittle, counter, put};
use rehearsal::prelude::*;
use rehearsal::testkit::clean;

#[rehearsal::test]
async fn commands_are_the_same_everywhere() -> Tested {
    let _clean = rehearsal::testkit::clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        assert_eq!(counter.add(5).await?, 5);
        counter.add(1).tell()?;
        let (a, b) = (counter.add(1).send()?, counter.add(2).send()?);
        assert_eq!((a.await?, b.await?), (7, 9));
        counter.add(1).deliver().await?;
        assert_eq!(counter.take(3).await?, 7);
        let error = counter.take(100).await.unwrap_err();
        assert!(matches!(&error, Failed::Command(TooLittle { from: 7 })), "{place}: {error:?}");
        assert_eq!(error.to_string(), "7 is too little");
        counter.ping().await?;
        assert_eq!(counter.echo("hello").await?, "hello");
        assert_eq!(counter.stop().await?, Exit::new(Reason::Stopped), "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn each_is_where_it_says() -> Tested {
    let _clean = rehearsal::testkit::clean();
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(1), place).name(format!("the-{place}")).await?;
        let info = counter.info().await?;
        assert_eq!((info.placement, info.state), (place, State::Run));
        assert_eq!((info.name.as_str(), info.kind.as_str()), (&*format!("the-{place}"), "Counter"));
        assert_eq!(info.commands[..2], ["add", "take"]);
        let here = std::process::id();
        assert_eq!(info.process_id == here, place != Placement::Process, "{place}");
        assert_eq!(counter.pid(), info.process_id);
        let (own, current, process) = counter.who().await?;
        assert_eq!((own, current, process), (counter.id(), Some(counter.id()), info.process_id));
        assert_eq!(info.last_notify.is_some(), place == Placement::Process);
        if place != Placement::Task {
            let thread = if place == Placement::Thread { "the-thread" } else { "main" };
            assert_eq!(info.thread.as_deref(), Some(thread));
        }
        assert_eq!(counter.info().await?.messages_handled, 1, "info itself is on the control lane");
    }
    Ok(())
}

#[rehearsal::test]
async fn the_last_proxy_ends_the_actor() -> Tested {
    let _clean = rehearsal::testkit::clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let ended = counter.ended();
        counter.add(1).tell()?;
        let last = counter.add(1).send()?;
        drop(counter);
        assert_eq!(last.await?, 2, "{place}: what is in the mailbox is answered");
        assert_eq!(ended.await.reason, Reason::Returned, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_command_can_end_its_actor() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        assert_eq!(counter.finish().await?, 0);
        assert_eq!(counter.ended().await, Exit::new(Reason::Returned), "{place}");
        assert_eq!(counter.state(), State::Close);
    }
    Ok(())
}

#[rehearsal::test]
fn a_task_needs_a_runtime() {
    let _clean = clean();
    let waker = std::task::Waker::noop();
    let mut spawn = Counter::spawn(0).into_future();
    let polled = std::pin::Pin::new(&mut spawn).poll(&mut std::task::Context::from_waker(waker));
    let std::task::Poll::Ready(Err(error)) = polled else { panic!("it was placed") };
    assert!(matches!(error, SpawnError::NoRuntime { .. }));
    assert!(error.to_string().contains("place it with .thread()"), "{error}");
}

#[rehearsal::test]
async fn it_stays_a_plain_type() {
    let _clean = rehearsal::testkit::clean();
    let mut counter = Counter::new(3);
    assert_eq!(counter.add(4), 7);
    assert_eq!(counter.take(2).await, Ok(5));
}

#[rehearsal::test]
async fn many_at_once() -> Tested {
    let _clean = rehearsal::testkit::clean();
    for (place, count) in [(Placement::Task, 10_000), (Placement::Thread, 64), (Placement::Process, 64)] {
        let mut counters = Vec::new();
        for n in 0..count {
            counters.push(put(Counter::spawn(n), place).await?);
        }
        let answers: Vec<_> =
            counters.iter().map(|counter| counter.add(1).send()).collect::<Result<_, _>>()?;
        for (n, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer.await?, n as i64 + 1, "{place}");
        }
    }
    Ok(())
}
