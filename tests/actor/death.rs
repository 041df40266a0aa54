//! An actor that dies: what its callers see, at once.

use crate::cast::{PLACEMENTS, Tested, counter};
use rehearsal::actor::{Cause, panic};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, silence, soon, until};

#[rehearsal::test]
async fn a_panic_reaches_the_caller_with_message_and_place() -> Tested {
    let _clean = clean().letters(9);
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        // Held until both are on their way.
        let held = silence(&counter).await?;
        let behind = (counter.fail("no reason".to_owned()).send()?, counter.add(1).send()?);
        drop(held);
        let error = soon("the failed ask", behind.0).await.unwrap_err();
        let Cause::Panicked(note) = error.cause() else { panic!("{place}: {error}") };
        assert_eq!(note.message, "told to fail: no reason");
        assert!(note.location.starts_with("tests/actor/cast.rs:"), "{}", note.location);
        assert!(error.to_string().contains("`fail` of actor `Counter-"), "{error}");

        let exit = ended(&counter, LONG_WAIT).await;
        assert!(matches!(&exit.reason, Reason::Panicked(own) if own == note), "{place}: {exit}");
        assert_eq!(counter.state(), State::Terminate);
        let pending = soon("the pending ask", behind.1).await.unwrap_err();
        assert_eq!(pending.exit(), Some(&exit), "{place}");
        let late = counter.add(1).await.unwrap_err();
        assert_eq!(late.exit(), Some(&exit), "{place}");
        assert!(counter.add(1).tell().unwrap_err().is_dead());
    }
    Ok(())
}

#[rehearsal::test]
async fn a_payload_that_is_no_string_is_told_too() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let error = soon("the failed ask", counter.fail_later()).await.unwrap_err();
        assert!(error.to_string().contains("a payload that is no string"), "{place}: {error}");
        assert!(error.to_string().contains("tests/actor/cast.rs:"), "{place}: {error}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_kill_ends_what_waits() -> Tested {
    let _clean = clean().letters(4);
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let (first, second) = (counter.wait().send()?, counter.add(1).send()?);
        until(&counter, |info| info.messages_handled >= 1).await;
        counter.kill();
        let exit = ended(&counter, LONG_WAIT).await;
        let signal = (place == Placement::Process).then_some(9);
        assert_eq!(exit.reason, Reason::Killed { signal }, "{place}");
        for error in
            [soon("the first", first).await.unwrap_err(), soon("the second", second).await.unwrap_err()]
        {
            assert_eq!(error.exit(), Some(&exit), "{place}");
        }
    }
    Ok(())
}

#[rehearsal::test]
fn a_runtime_that_goes_takes_its_actors_along() {
    let _clean = clean().letters(2);
    for place in PLACEMENTS {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let counter = runtime.block_on(async {
            let counter = counter(place).await.expect("a counter");
            counter.add(1).await.expect("a sum");
            counter
        });
        drop(runtime);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            if place == Placement::Thread {
                assert_eq!(counter.add(1).await.expect("it has a runtime of its own"), 2);
                return;
            }
            let exit = ended(&counter, LONG_WAIT).await;
            assert_eq!(exit.reason, Reason::Unreachable, "{place}");
            assert!(exit.to_string().contains("runtime it ran on was shut down"), "{exit}");
            assert_eq!(counter.add(1).await.expect_err("it is gone").exit(), Some(&exit));
        });
    }
}

#[rehearsal::test]
async fn observers_know_which_panics_actors_catch() -> Tested {
    let _clean = clean();
    let (tell, told) = std::sync::mpsc::channel();
    let here = std::thread::current().id();
    panic::observe(move |panic| {
        if panic.thread_id == here {
            let _ =
                tell.send((panic.caught_by_actor, panic.expected, panic.in_task, panic.note.message.clone()));
        }
    });
    let counter = counter(Placement::Task).await?;
    counter.fail("a".to_owned()).await.unwrap_err();
    let caught = std::panic::catch_unwind(|| panic::expected(|| panic!("b")));
    assert!(caught.is_err());
    assert_eq!(told.try_recv()?, (true, false, true, "told to fail: a".to_owned()));
    assert_eq!(told.try_recv()?, (false, true, false, "b".to_owned()));
    Ok(())
}
