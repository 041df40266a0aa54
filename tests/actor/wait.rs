//! The waits of the test kit, and what each says that was in vain. A minute passes at once on a clock that stands still.

use std::cell::Cell;
use std::time::Duration;

use rehearsal::actor::Restart;
use rehearsal::prelude::*;
use rehearsal::testkit::{self, LONG_WAIT, clean, eventually, soon, strike, until};

use crate::cast::{Counter, PLACEMENTS, Tested, counter, put};

/// What a panic says that is on its way.
pub async fn panic_of<F: Future + 'static>(future: F) -> String
where
    F::Output: 'static,
{
    let local = tokio::task::LocalSet::new();
    let joined = local.run_until(async { tokio::task::spawn_local(future).await.err() }).await;
    let payload = joined.expect("it panics").into_panic();
    payload.downcast_ref::<String>().cloned().expect("a text")
}

#[rehearsal::test(start_paused = true, task_panic = "allow")]
async fn a_future_that_is_never_ready_is_named() -> Tested {
    let _clean = clean();
    let begun = tokio::time::Instant::now();
    let line = line!() + 1;
    let told = panic_of(async { soon("the thing", std::future::pending::<()>()).await }).await;
    assert_eq!(told, format!("the thing did not come within 60s at {}:{line}:33", file!()));
    assert!(begun.elapsed() >= LONG_WAIT);
    assert_eq!(soon("a number", async { 7 }).await, 7);
    Ok(())
}

#[rehearsal::test]
async fn what_holds_after_some_looks_is_waited_for_while_others_have_their_turn() -> Tested {
    let _clean = clean();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(async move { sender.send(7) });
    let looks = Cell::new(0);
    eventually("the task", async || {
        looks.set(looks.get() + 1);
        task.is_finished()
    })
    .await;
    assert!(looks.get() > 1, "it could not have run before the first look");
    assert_eq!(receiver.await?, 7);
    Ok(())
}

#[rehearsal::test(start_paused = true, task_panic = "allow")]
async fn what_never_holds_is_named() -> Tested {
    let _clean = clean();
    let line = line!() + 1;
    let told = panic_of(async { eventually("the moon", async || std::future::pending().await).await }).await;
    assert!(told.starts_with(&format!("the moon did not come within 60s at {}:{line}:", file!())), "{told}");
    Ok(())
}

#[rehearsal::test]
async fn an_actor_is_waited_for_until_it_says_so() -> Tested {
    let _clean = testkit::clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let other = counter.clone();
        let asking = tokio::spawn(async move {
            for _ in 0..3 {
                other.add(1).await?;
            }
            Ok::<_, Error>(())
        });
        let info = until(&counter, |info| info.messages_handled >= 3).await;
        assert_eq!(info.messages_handled, 3, "{place}");
        asking.await??;
    }
    Ok(())
}

#[rehearsal::test]
async fn one_that_was_struck_is_waited_for_until_its_next_life() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let plan = Restart::on_failure().endlessly().backoff(Duration::ZERO, Duration::ZERO);
        let counter = put(Counter::spawn(4), place).restart(plan).await?;
        let before = counter.pid();
        match place {
            // A kill that is none from outside is for good: here it fails.
            Placement::Task | Placement::Thread => drop(counter.fail("on purpose".to_owned()).await),
            _ => strike(&counter),
        }
        let info = until(&counter, |info| info.restarts == 1).await;
        assert_eq!(info.process_id != before, place == Placement::Process, "{place}");
        assert_eq!(counter.add(1).await?, 5, "{place}");
    }
    Ok(())
}

#[rehearsal::test(task_panic = "allow")]
async fn one_that_ends_meanwhile_is_not_waited_for() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(0), place).name("brief").await?;
        counter.add(1).await?;
        counter.finish().await?;
        testkit::ended(&counter, LONG_WAIT).await;
        let told = panic_of(async move {
            until(&counter, |info| info.messages_handled == 9).await;
        });
        let told = told.await;
        assert!(told.starts_with("actor `brief` (Counter) was waited for at tests/actor/wait.rs:"), "{told}");
        assert!(told.contains(", and it will not come to that: it had ended by itself"), "{told}");
    }
    Ok(())
}

#[rehearsal::test(task_panic = "allow")]
async fn one_that_ends_says_what_it_was_at() -> Tested {
    let _clean = clean();
    let counter = counter(Placement::Task).await?;
    counter.add(1).await?;
    let other = counter.clone();
    let mut looks = 0;
    let told = panic_of(async move {
        until(&other, |_| {
            looks += 1;
            if looks == 2 {
                other.stop().tell();
            }
            false
        })
        .await;
    });
    let told = told.await;
    assert!(told.contains("it said last: state `run`, 1 messages handled, 0 waiting, 0 restarts"), "{told}");
    Ok(())
}
