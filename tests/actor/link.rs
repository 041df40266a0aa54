//! Links: who ends with whom, across placements and in rings.

use crate::cast::{CounterProxy, PLACEMENTS, Tested, counter};
use crate::process::is_running;
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon, strike, until};

/// The name and the end of the one that ended first.
fn linked(exit: &Exit) -> (&str, &Exit) {
    let Reason::Linked { to, exit } = &exit.reason else { panic!("{exit}") };
    (to, exit)
}

#[rehearsal::test]
async fn a_failure_takes_the_other_along_wherever_they_are() -> Tested {
    let _clean = clean().letters(3);
    for one in PLACEMENTS {
        for other in PLACEMENTS {
            let (one, other) = (counter(one).await?, counter(other).await?);
            one.link(&other);
            let waiting = other.wait().send()?;
            until(&other, |info| info.messages_handled >= 1).await;
            one.fail("on purpose".to_owned()).await.unwrap_err();
            let exit = ended(&other, LONG_WAIT).await;
            let (name, why) = linked(&exit);
            assert_eq!(name, one.name().name());
            assert!(
                matches!(&why.reason, Reason::Panicked(note) if note.message.contains("on purpose")),
                "{exit}"
            );
            assert_eq!(soon("its ask", waiting).await.unwrap_err().exit(), Some(&exit));
            assert!(exit.to_string().contains("which it was linked to, had ended: it panicked"), "{exit}");
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn a_process_that_is_killed_takes_a_task_along() -> Tested {
    let _clean = clean();
    let (task, process) = (counter(Placement::Task).await?, counter(Placement::Process).await?);
    task.link(&process);
    strike(&process);
    let exit = ended(&task, LONG_WAIT).await;
    assert_eq!(linked(&exit).1.reason, Reason::Killed { signal: Some(9) });

    let (task, process) = (counter(Placement::Task).await?, counter(Placement::Process).await?);
    let pid = process.pid();
    process.link(&task);
    task.kill();
    let exit = ended(&process, LONG_WAIT).await;
    assert_eq!(linked(&exit).1.reason, Reason::Killed { signal: None });
    assert!(!is_running(pid));
    Ok(())
}

#[rehearsal::test]
async fn an_orderly_end_takes_nobody_along_unless_asked_to() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (one, other, third) = (counter(place).await?, counter(place).await?, counter(place).await?);
        one.link(&other);
        one.link_always(&third);
        one.stop().await?;
        let exit = ended(&third, LONG_WAIT).await;
        assert_eq!(linked(&exit).1.reason, Reason::Stopped, "{place}");
        assert_eq!(other.add(1).await?, 1, "{place}: it lives");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_ring_ends_once_and_whole() -> Tested {
    let _clean = clean();
    let mut ring: Vec<CounterProxy> = Vec::new();
    for _ in 0..50 {
        for place in [Placement::Task, Placement::Thread] {
            ring.push(counter(place).await?);
        }
    }
    for at in 0..ring.len() {
        ring[at].link(&ring[(at + 1) % ring.len()]);
        // Twice, and to itself: neither is of any consequence.
        ring[at].link(&ring[(at + 1) % ring.len()]);
        ring[at].link(&ring[at]);
    }
    ring[7].fail("the ring breaks".to_owned()).await.unwrap_err();
    for (at, member) in ring.iter().enumerate() {
        let exit = ended(member, LONG_WAIT).await;
        if at == 7 {
            assert!(matches!(exit.reason, Reason::Panicked(_)), "{exit}");
        } else {
            let (name, why) = linked(&exit);
            assert_eq!(name, ring[7].name().name(), "the one that ended first");
            assert!(matches!(why.reason, Reason::Panicked(_)), "{exit}");
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn a_link_to_one_that_has_failed_ends_this_one_too() -> Tested {
    let _clean = clean();
    let (failed, stopped) = (counter(Placement::Task).await?, counter(Placement::Task).await?);
    failed.fail("long ago".to_owned()).await.unwrap_err();
    ended(&failed, LONG_WAIT).await;
    stopped.stop().await?;

    let late = counter(Placement::Thread).await?;
    late.link(&stopped);
    late.ping().await?;
    late.link(&failed);
    let exit = ended(&late, LONG_WAIT).await;
    assert_eq!(linked(&exit).0, failed.name().name());
    Ok(())
}

#[rehearsal::test]
async fn what_is_unlinked_is_not_taken_along() -> Tested {
    let _clean = clean();
    let (one, other) = (counter(Placement::Task).await?, counter(Placement::Task).await?);
    one.link(&other);
    one.link_always(&other);
    other.unlink(&one);
    one.fail("alone".to_owned()).await.unwrap_err();
    ended(&one, LONG_WAIT).await;
    assert_eq!(other.add(1).await?, 1);
    Ok(())
}

#[rehearsal::test]
async fn one_that_is_started_again_has_not_ended() -> Tested {
    let _clean = clean();
    use rehearsal::actor::Restart;
    let steady = crate::cast::Counter::spawn(0).restart(Restart::on_failure()).await?;
    let other = counter(Placement::Task).await?;
    steady.link(&other);
    steady.fail("once".to_owned()).await.unwrap_err();
    assert_eq!(soon("its next life", steady.add(1)).await?, 1);
    assert_eq!(other.add(1).await?, 1, "the link held and nobody ended");
    // The other way round it is a failure like others, after which it begins again.
    other.fail("for good".to_owned()).await.unwrap_err();
    until(&steady, |info| info.restarts >= 2).await;
    assert_eq!(soon("an answer", steady.add(5)).await?, 5);
    Ok(())
}
