//! Topics: who is told, who is too slow, and who is gone.

use std::sync::{Arc, Mutex};

use crate::cast::{Counter, CounterProxy, PLACEMENTS, Tested, counter, put};
use rehearsal::actor::{Item, Slow, Topic, Undelivered, dead_letters};
use rehearsal::prelude::*;
use rehearsal::testkit::{clean, eventually, soon, until};

/// Waits until the counter's sum is this.
async fn sums_up(counter: &CounterProxy, sum: i64) -> Tested {
    soon("the sum", async {
        loop {
            if counter.add(0).await? == sum {
                return Ok(());
            }
        }
    })
    .await
}

/// Waits until nobody but so many is subscribed.
async fn subscribers<T: Clone + Send + 'static>(topic: &Topic<T>, count: usize) {
    eventually("that it leaves", async || topic.subscribers() == count).await;
}

#[rehearsal::test]
async fn everybody_is_told_wherever_it_is() -> Tested {
    let _clean = clean();
    let topic = Topic::<i64>::new();
    let mut counters = Vec::new();
    let mut subscriptions = Vec::new();
    for place in PLACEMENTS {
        let counter = counter(place).await?;
        subscriptions.push(topic.subscribe(&counter, |counter, item| counter.add(item.value)));
        counters.push(counter);
    }
    let mut receiver = topic.receiver();
    for n in 1..=100 {
        let told = topic.publish(n);
        assert_eq!((told.subscribers, told.missed), (4, 0));
    }
    for counter in &counters {
        sums_up(counter, 5050).await?;
    }
    for n in 1..=100 {
        let Item { value, missed, .. } = receiver.next().await.expect("it is there");
        assert_eq!((value, missed), (n, 0));
    }
    assert_eq!((topic.published(), receiver.waiting()), (100, 0));
    drop(subscriptions);
    assert_eq!(topic.publish(0).subscribers, 1, "the receiver alone is left, at once");
    Ok(())
}

#[rehearsal::test]
async fn a_slow_actor_loses_by_its_own_rule_and_is_told() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        // What is lost is the same wherever it is; what waits in a mailbox beside the queue is not.
        for slow in [Slow::LosesOldest, Slow::LosesNewest] {
            let topic = Topic::<i64>::new();
            let actor = put(Counter::spawn(0), place).mailbox(1).await?;
            let quick = counter(Placement::Task).await?;
            let _quick = topic.subscribe(&quick, |counter, item| counter.add(item.value));
            // The sum of what came and what was told to be missed is all there was.
            let _slow = topic.subscribe_up_to(4, slow, &actor, |counter, item| {
                counter.add(1 + i64::try_from(item.missed).expect("a few"))
            });
            let hanging = actor.compute(300).send()?;
            let missed: usize = (0..50).map(|_| topic.publish(1)).map(|told| told.missed).sum();
            assert!(missed >= 50 - 8, "{place} {slow:?}: {missed} of 50");
            sums_up(&quick, 50).await?;
            hanging.await?;
            // What was lost behind the last is told with the next one that is not.
            let settled = soon("room", async {
                loop {
                    tokio::task::yield_now().await;
                    if topic.publish(1).missed == 0 {
                        break topic.published();
                    }
                }
            });
            let published = i64::try_from(settled.await)?;
            sums_up(&actor, published).await?;
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn a_slow_receiver_is_told_how_many_it_missed() -> Tested {
    let _clean = clean();
    let topic = Topic::<i64>::new();
    let mut latest = topic.receiver_up_to(1, Slow::LosesOldest);
    let mut first = topic.receiver_up_to(2, Slow::LosesNewest);
    let missed: Vec<usize> = (0..5).map(|n| topic.publish(n).missed).collect();
    assert_eq!(missed, [0, 1, 2, 2, 2]);
    let next = latest.next().await.expect("it is there");
    assert_eq!((next.value, next.missed, latest.missed()), (4, 4, 4));
    let next = [first.try_next(), first.try_next(), first.try_next()];
    assert_eq!(next.map(|item| item.map(|item| item.value)), [Some(0), Some(1), None]);
    topic.publish(5);
    let next = first.next().await.expect("it is there");
    assert_eq!((next.value, next.missed), (5, 3));
    Ok(())
}

#[rehearsal::test]
async fn who_ends_leaves_by_itself() -> Tested {
    // Of what was told to a process that is killed nobody can say whether it was carried out.
    let _clean = clean().letters(..=1);
    for place in PLACEMENTS {
        let topic = Topic::<i64>::new();
        let (killed, left) = (counter(place).await?, counter(place).await?);
        let subscription = topic.subscribe(&killed, |counter, item| counter.add(item.value));
        topic.subscribe(&left, |counter, item| counter.add(item.value)).detach();
        assert_eq!(topic.publish(1).subscribers, 2, "{place}");
        // Where it is killed before it has looked at its item that is a dead letter.
        sums_up(&killed, 1).await?;
        killed.kill();
        subscribers(&topic, 1).await;
        assert!(subscription.is_over(), "{place}");
        assert_eq!(topic.publish(1).subscribers, 1, "{place}");
        sums_up(&left, 2).await?;
        // A subscription does not keep its actor alive.
        let ended = left.ended();
        drop(left);
        assert_eq!(soon("its end", ended).await.reason, Reason::Returned, "{place}");
        subscribers(&topic, 0).await;
        assert_eq!(topic.publish(1), topic.publish(1), "{place}: to nobody");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_topic_that_ends_ends_its_subscriptions() -> Tested {
    let _clean = clean();
    let topic = Topic::<String>::new();
    let mut receiver = topic.receiver();
    let actor = counter(Placement::Task).await?;
    let subscription = topic.subscribe(&actor, |counter, item| counter.add(item.value.len() as i64));
    let publisher = topic.clone();
    drop(topic);
    publisher.publish("four".to_owned());
    drop(publisher);
    assert_eq!(receiver.next().await.map(|item| item.value).as_deref(), Some("four"));
    assert!(receiver.next().await.is_none() && receiver.next().await.is_none());
    sums_up(&actor, 4).await?;
    eventually("the end of the subscription", async || subscription.is_over()).await;
    Ok(())
}

#[rehearsal::test]
async fn who_waits_is_woken_from_any_thread() -> Tested {
    let _clean = clean();
    let topic = Topic::<i64>::new();
    let mut receivers: Vec<_> = (0..3).map(|_| topic.receiver()).collect();
    let publishers: Vec<_> = (0..4)
        .map(|_| {
            let topic = topic.clone();
            std::thread::spawn(move || (0..100).for_each(|n| assert_eq!(topic.publish(n).missed, 0)))
        })
        .collect();
    let mut orders = Vec::new();
    for receiver in &mut receivers {
        let mut order = Vec::new();
        while order.len() < 400 {
            order.push(soon("an item", receiver.next()).await.expect("it is there").value);
        }
        orders.push(order);
    }
    publishers.into_iter().for_each(|publisher| publisher.join().expect("it does not panic"));
    assert!(orders.iter().all(|order| *order == orders[0]), "everybody sees the same order");
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn an_item_that_finds_no_room_in_time_is_a_dead_letter() -> Tested {
    let _clean = clean().letters(2);
    let mut letters = dead_letters();
    let topic = Topic::<i64>::new();
    let actor = Counter::spawn(0).name("hangs-on-a-topic").mailbox(1).await?;
    let hanging = actor.wait().send()?;
    until(&actor, |info| info.messages_handled >= 1).await;
    let _subscription = topic.subscribe(&actor, |counter, item| counter.add(item.value));
    topic.publish(1);
    topic.publish(2);
    let letter = soon("a letter", async {
        loop {
            let letter = letters.next().await;
            if letter.actor == *actor.name() {
                break letter;
            }
        }
    });
    let letter = letter.await;
    assert_eq!((letter.command, letter.why), ("add", Undelivered::NoRoom));
    actor.kill();
    assert!(hanging.await.is_err());
    Ok(())
}

/// Looks at the topic it was published to as it is let go of.
#[derive(Clone)]
struct Nosy(Topic<u8>, std::sync::mpsc::Sender<usize>, Arc<Mutex<Option<Topic<Nosy>>>>);

impl Drop for Nosy {
    fn drop(&mut self) {
        let own = self.2.lock().expect("not poisoned").clone();
        let subscribers = own.map_or(0, |own| own.subscribers()) + self.0.publish(1).subscribers;
        let _ = self.1.send(subscribers);
    }
}

#[rehearsal::test]
fn an_item_that_is_lost_may_look_at_its_topic() {
    let _clean = clean();
    for slow in [Slow::LosesOldest, Slow::LosesNewest] {
        let (tell, told) = std::sync::mpsc::channel();
        let (topic, other) = (Topic::new(), Topic::new());
        let own = Arc::new(Mutex::new(Some(topic.clone())));
        let receiver = topic.receiver_up_to(1, slow);
        for lost in 0..3 {
            let published = topic.publish(Nosy(other.clone(), tell.clone(), own.clone()));
            assert_eq!((published.subscribers, published.missed), (1, usize::from(lost > 0)), "{slow:?}");
        }
        assert_eq!(told.try_iter().filter(|subscribers| *subscribers == 1).count(), 5, "{slow:?}");
        drop(receiver);
        *own.lock().expect("not poisoned") = None;
    }
}
