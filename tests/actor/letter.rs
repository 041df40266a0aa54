//! Dead letters: what reached nobody is told, in each placement.

use crate::cast::{PLACEMENTS, Tested, counter, has_taken, soon};
use rehearsal::actor::{DeadLetter, DeadLetters, Undelivered, dead_letter_count, dead_letters};
use rehearsal::prelude::*;

/// The letters of one actor that have come.
fn of(letters: &mut DeadLetters, id: u64) -> Vec<DeadLetter> {
    std::iter::from_fn(|| letters.try_next()).filter(|letter| letter.actor.id() == id).collect()
}

fn commands(letters: &[DeadLetter]) -> Vec<&'static str> {
    letters.iter().map(|letter| letter.command).collect()
}

#[rehearsal::test]
async fn whatever_is_sent_to_an_actor_that_has_ended() -> Tested {
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let mut letters = dead_letters();
        let before = dead_letter_count().of(Undelivered::Ended);
        counter.stop().await?;
        assert!(counter.add(1).tell().is_err());
        assert!(counter.add(1).try_tell().is_err());
        assert!(counter.take(1).send().is_err());
        assert!(counter.add(1).deliver().await.is_err());
        assert!(counter.add(1).await.is_err());
        assert!(counter.echo("hello").await.is_err());
        // Questions about an actor are no messages for it.
        assert!(counter.ping().await.is_err());
        assert!(counter.info().send().is_err());
        let letters = of(&mut letters, counter.id());
        assert_eq!(commands(&letters), ["add", "add", "take", "add", "add", "echo"], "{place}");
        assert!(letters.iter().all(|letter| letter.why == Undelivered::Ended), "{place}: {letters:?}");
        assert!(dead_letter_count().of(Undelivered::Ended) >= before + 6, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn what_was_carried_out_or_refused_is_none() -> Tested {
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        let mut letters = dead_letters();
        counter.add(1).tell()?;
        drop(counter.add(1).send()?);
        assert_eq!(counter.add(1).await?, 3, "{place}");
        assert!(counter.take(10).await.is_err());
        counter.stop().await?;
        assert_eq!(of(&mut letters, counter.id()), [], "{place}: an answer nobody takes is not lost");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_subscription_that_is_awaited_is_woken_by_an_actor_of_another_thread() -> Tested {
    let counter = counter(Placement::Thread).await?;
    let mut letters = dead_letters();
    let waiting = counter.wait().send()?;
    has_taken(&counter, 1).await?;
    counter.add(1).tell()?;
    counter.kill();
    let letter = soon("the letter", async {
        loop {
            let letter = letters.next().await;
            if letter.actor.id() == counter.id() {
                break letter;
            }
        }
    })
    .await;
    assert_eq!((letter.command, letter.why), ("add", Undelivered::Left));
    assert!(soon("the end of the command", waiting).await.is_err());
    Ok(())
}

/// The batch the receiver took goes the same way as what is still in the mailbox.
#[rehearsal::test]
fn what_a_runtime_leaves_behind_that_is_shut_down() {
    let mut letters = dead_letters();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let id = runtime.block_on(async {
        let counter = counter(Placement::Task).await.expect("a counter");
        counter.wait().tell().expect("room");
        counter.add(1).tell().expect("room");
        has_taken(&counter, 1).await.expect("an answer");
        counter.take(1).tell().expect("room");
        counter.id()
    });
    drop(runtime);
    let letters = of(&mut letters, id);
    assert_eq!(commands(&letters), ["add", "take"]);
    assert!(letters.iter().all(|letter| letter.why == Undelivered::Left), "{letters:?}");
}
