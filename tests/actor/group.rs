//! Groups: who is chosen, who is asked, and members that die at it.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use crate::cast::{Counter, CounterProxy, PLACEMENTS, Tested, TooLittle, put};
use rehearsal::actor::{ActorName, Cause, Group, GroupError, Pool, Restart};
use rehearsal::prelude::*;
use rehearsal::testkit::{clean, eventually, kill, soon, until};

/// A group of counters, and the counters; each begins with its number.
async fn counters(place: Placement, count: i64) -> Result<(Group<Counter>, Vec<CounterProxy>), SpawnError> {
    let group = Group::new("counters");
    let mut members = Vec::new();
    for n in 0..count {
        let member = put(Counter::spawn(n), place).name(format!("{place}-{n}")).await?;
        group.join(&member).expect("it has room");
        members.push(member);
    }
    Ok((group, members))
}

/// The number of the counter that was chosen.
fn number(name: &ActorName) -> usize {
    let name = name.name();
    name.rsplit('-').next().and_then(|number| number.parse().ok()).expect("it was named so")
}

#[rehearsal::test]
async fn each_has_its_turn_wherever_it_is() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (group, members) = counters(place, 3).await?;
        let mut answers = Vec::new();
        for _ in 0..6 {
            answers.push(group.round_robin()?.add(10).await?);
        }
        assert_eq!(answers, [10, 11, 12, 20, 21, 22], "{place}");
        group.round_robin()?.add(1).tell()?;
        assert!(group.leave(&members[0]) && !group.leave(&members[0]));
        let order: Vec<usize> = (0..4)
            .map(|_| group.round_robin().map(|member| number(member.name())))
            .collect::<Result<_, _>>()?;
        assert_eq!(order, [1, 2, 1, 2], "{place}: the turn goes on where it was");
        assert_eq!(members[0].add(0).await?, 21, "{place}: who left is not stopped");
    }
    Ok(())
}

#[rehearsal::test]
async fn the_one_with_the_least_to_do_is_chosen() -> Tested {
    let _clean = clean().letters(1..);
    for place in PLACEMENTS {
        let (group, members) = counters(place, 3).await?;
        let hanging = [members[0].wait().send()?, members[1].wait().send()?];
        for member in &members[..2] {
            until(member, |info| info.messages_handled >= 1).await;
            // The half of a window may be on its way to a process before it is known to wait there.
            for _ in 0..if place == Placement::Process { 520 } else { 3 } {
                member.add(0).tell()?;
            }
        }
        let shared = &members[0];
        until(shared, |info| info.mailbox.waiting >= 3).await;
        for _ in 0..3 {
            assert_eq!(number(group.least_loaded()?.name()), 2, "{place}");
        }
        // Held, each counts: the next ones go to those that would be done sooner, by turns.
        let free = Group::new("free");
        for n in 0..2 {
            free.join(&put(Counter::spawn(n), place).name(format!("free-{place}-{n}")).await?)?;
        }
        let held = [free.least_loaded()?, free.least_loaded()?, free.least_loaded()?];
        assert_ne!(number(held[0].name()), number(held[1].name()), "{place}");
        let [first, second, third] = held;
        drop((first, third));
        assert_ne!(number(free.least_loaded()?.name()), number(second.name()), "{place}");
        drop(hanging);
        members.iter().for_each(|member| member.kill());
    }
    Ok(())
}

#[rehearsal::test]
async fn a_key_stays_with_its_member_until_that_leaves() -> Tested {
    let _clean = clean();
    let keys: Vec<String> = (0..200).map(|key| format!("user-{key}")).collect();
    let owners = |group: &Group<Counter>| -> Result<BTreeMap<String, usize>, GroupError> {
        keys.iter().map(|key| Ok((key.clone(), number(group.by_key(key)?.name())))).collect()
    };
    for place in PLACEMENTS {
        let (group, members) = counters(place, 4).await?;
        let before = owners(&group)?;
        assert_eq!(owners(&group)?, before);
        assert!((0..4).all(|number| before.values().any(|owner| *owner == number)), "{place}: {before:?}");

        kill(&members[1]).await;
        let after = owners(&group)?;
        for (key, owner) in &before {
            assert!(if *owner == 1 { after[key] != 1 } else { after[key] == *owner }, "{place}: {key}");
        }
        // One of the same name, in the place of the one that died, has the same keys.
        let another = put(Counter::spawn(1), place).name(format!("{place}-1")).await?;
        group.join(&another)?;
        assert_eq!(owners(&group)?, before, "{place}");
        assert_eq!(group.by_key("user-7")?.ask_again().await?, before["user-7"] as i64, "{place}");
    }
    Ok(())
}

/// What a test says twice.
trait AskAgain {
    async fn ask_again(&self) -> Result<i64, Error>;
}

impl AskAgain for CounterProxy {
    async fn ask_again(&self) -> Result<i64, Error> {
        self.add(0).await
    }
}

#[rehearsal::test]
async fn a_member_that_dies_while_all_are_asked_has_its_own_result() -> Tested {
    let _clean = clean().letters(4);
    for place in PLACEMENTS {
        let (group, members) = counters(place, 3).await?;
        // The second one hangs in a command, and dies of what its placement dies of while the third has answered.
        let hanging = members[1].wait().send()?;
        until(&members[1], |info| info.messages_handled >= 1).await;
        let asked = group.ask_all(|counter| counter.add(100).send());
        members[1].kill();
        let answers = soon("every answer", asked).await;
        let names: Vec<String> = answers.iter().map(|(name, _)| name.name()).collect();
        assert_eq!(names, [format!("{place}-0"), format!("{place}-1"), format!("{place}-2")]);
        assert_eq!(*answers[0].1.as_ref().map_err(Clone::clone)?, 100);
        assert_eq!(*answers[2].1.as_ref().map_err(Clone::clone)?, 102);
        let error = answers[1].1.as_ref().expect_err("it died");
        let signal = (place == Placement::Process).then_some(9);
        assert_eq!(
            error.exit().map(|exit| &exit.reason),
            Some(&Reason::Killed { signal }),
            "{place}: {error}"
        );
        assert!(hanging.await.is_err());
        eventually("it has left", async || group.len() == 2).await;

        let told = group.tell_all(|counter| counter.add(1).tell());
        assert!(told.len() == 2 && told.iter().all(|(_, told)| told.is_ok()), "{place}: {told:?}");
        // A command that may fail by itself has that error for a result.
        let taken = group.ask_all(|counter| counter.take(102).send()).await;
        assert!(
            matches!(&taken[0].1, Err(Failed::Command(TooLittle { from: 101 })))
                && matches!(taken[1].1, Ok(1)),
            "{place}: {taken:?}"
        );
    }
    Ok(())
}

#[rehearsal::test]
async fn a_full_mailbox_is_that_members_own_matter() -> Tested {
    let _clean = clean().letters(1);
    let group = Group::new("two");
    let (full, free) = (Counter::spawn(0).mailbox(1).await?, Counter::spawn(0).await?);
    group.join(&full)?;
    group.join(&free)?;
    let hanging = full.wait().send()?;
    until(&full, |info| info.messages_handled >= 1).await;
    full.add(1).tell()?;
    let answers = group.ask_all(|counter| counter.add(5).send()).await;
    assert!(matches!(answers[0].1.as_ref().map_err(Error::cause), Err(Cause::Full { capacity: 1 })));
    assert!(matches!(answers[1].1, Ok(5)));
    full.kill();
    assert!(hanging.await.is_err());
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn asks_of_all_run_out_side_by_side() -> Tested {
    let _clean = clean();
    let (group, members) = counters(Placement::Task, 20).await?;
    let limit = Duration::from_millis(100);
    let began = tokio::time::Instant::now();
    let answers = group.ask_all(|counter| counter.wait().timeout(limit).send()).await;
    assert!(answers.iter().all(|(_, answer)| answer.as_ref().is_err_and(Error::is_timeout)));
    assert!(began.elapsed() < 2 * limit, "{:?}: not one after the other", began.elapsed());
    members.iter().for_each(|member| member.kill());
    Ok(())
}

#[rehearsal::test]
async fn a_group_that_empties_says_who_was_last() -> Tested {
    let _clean = clean();
    let none = Group::<Counter>::new("lonely").round_robin().unwrap_err();
    assert_eq!(
        none.to_string(),
        "group `lonely` has no member to choose, and never had one: join an actor first"
    );
    for place in PLACEMENTS {
        let (group, members) = counters(place, 2).await?;
        group.by_key("warm")?;
        for member in &members {
            member.stop().await?;
        }
        let errors = [group.by_key("any").unwrap_err(), group.least_loaded().unwrap_err()];
        for error in errors {
            assert_eq!(error, group.round_robin().unwrap_err());
            assert_eq!(
                error.to_string(),
                format!(
                    "group `counters` has no member left to choose: 2 have left or ended, actor `{place}-1` \
                     (Counter) was the last; join another"
                )
            );
        }
        assert!(group.ask_all(|counter| counter.add(1).send()).await.is_empty());
    }
    Ok(())
}

#[rehearsal::test]
async fn who_may_not_join_is_told_why() -> Tested {
    let _clean = clean();
    let group = Group::up_to("small", 1);
    let (first, second) = (Counter::spawn(0).name("first").await?, Counter::spawn(0).name("second").await?);
    group.join(&first)?;
    group.join(&first)?;
    assert_eq!(group.len(), 1, "once is enough");
    let full = group.join(&second).unwrap_err();
    assert!(matches!(full, GroupError::Full { most: 1, .. }), "{full}");
    assert!(
        full.to_string().contains("actor `second` (Counter) cannot join group `small`: it has 1 members")
    );
    group.leave(&first);
    second.stop().await?;
    let ended = group.join(&second).unwrap_err();
    assert_eq!(ended.to_string(), "actor `second` (Counter) cannot join group `small`: it has ended");
    assert!(group.is_empty());
    Ok(())
}

#[rehearsal::test]
async fn a_group_keeps_its_members_and_lets_go_with_them() -> Tested {
    let _clean = clean();
    let group = Group::new("keeper");
    let kept = Counter::spawn(0).await?;
    group.join(&kept)?;
    let ended = kept.ended();
    drop(kept);
    assert_eq!(group.round_robin()?.add(1).await?, 1);
    drop(group);
    assert_eq!(soon("the end", ended).await.reason, Reason::Returned);
    Ok(())
}

#[rehearsal::test]
async fn one_that_is_started_again_stays_and_keeps_its_keys() -> Tested {
    let _clean = clean().letters(..=1);
    for place in PLACEMENTS {
        let group = Group::new("phoenixes");
        for n in 0..2 {
            let spawn = put(Counter::spawn(n), place).name(format!("{place}-{n}"));
            group.join(&spawn.restart(Restart::always().endlessly()).await?)?;
        }
        let own = number(group.by_key("me")?.name());
        assert!(group.by_key("me")?.fail("on purpose".to_owned()).await.is_err());
        assert_eq!(group.len(), 2, "{place}");
        assert_eq!(number(group.by_key("me")?.name()), own, "{place}");
        let answer = soon("an answer of its next life", async {
            loop {
                // What a process is given in its last moment dies with it; later ones wait for the next life.
                if let Ok(answer) = group.by_key("me").expect("it is still in").add(0).await {
                    break answer;
                }
            }
        });
        assert_eq!(answer.await, own as i64, "{place}");
        // Without a proxy too they would be started again.
        for member in group.members() {
            member.stop().await?;
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn a_pool_is_a_group_that_a_monitor_keeps() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let pool = Pool::new(move |n| put(Counter::spawn(n as i64), place).name(format!("{place}-{n}")));
        let monitor: rehearsal::actor::MonitorProxy<Counter> = pool.workers(2..=2).spawn().await?;
        let group = monitor.group().await?;
        assert_eq!(group.len(), 2);
        let own = number(group.by_key("me")?.name());
        // It ends for good: another of the same name comes in its place, and has its keys.
        group.by_key("me")?.stop().await?;
        eventually("another", async || {
            !(group.len() < 2 || number(group.by_key("me").expect("one is left").name()) != own)
        })
        .await;
        assert_eq!(group.by_key("me")?.add(0).await?, own as i64, "{place}");
        assert!(
            monitor
                .next()
                .await?
                .is_some_and(|worker| group.members().iter().any(|own| own.is_same(&worker)))
        );
        monitor.stop().await?;
        assert!(group.is_empty(), "{place}: they ended with their monitor");
    }
    Ok(())
}

/// Chooses from a group as soon as the end of an actor is known: whoever waited for that end first is told of it first.
struct Hasty {
    group: Group<Counter>,
    /// What was chosen, and whether it had ended.
    chosen: Mutex<Vec<Result<bool, GroupError>>>,
}

impl Wake for Hasty {
    fn wake(self: Arc<Self>) {
        let group = &self.group;
        let ways = [group.round_robin(), group.least_loaded(), group.by_key("me"), group.round_robin()];
        let ended = ways.map(|member| member.map(|member| member.exit().is_some()));
        self.chosen.lock().expect("no panic").extend(ended);
    }
}

/// What is chosen from a group of these at the moment of an end, of one that has joined last.
async fn at_the_end(others: &[CounterProxy]) -> Result<Vec<Result<bool, GroupError>>, SpawnError> {
    let group = Group::new("moribund");
    others.iter().for_each(|other| group.join(other).expect("it has room"));
    let member = Counter::spawn(7).name("last").await?;
    let hasty = Arc::new(Hasty { group: group.clone(), chosen: Mutex::default() });
    let mut ended = pin!(member.ended());
    assert!(ended.as_mut().poll(&mut Context::from_waker(&Waker::from(hasty.clone()))).is_pending());
    group.join(&member).expect("it has room");
    member.kill();
    soon("its end", member.ended()).await;
    let chosen = std::mem::take(&mut *hasty.chosen.lock().expect("no panic"));
    Ok(chosen)
}

#[rehearsal::test]
async fn one_that_has_just_ended_is_never_chosen() -> Tested {
    let _clean = clean();
    let of_none = at_the_end(&[]).await?;
    assert_eq!(of_none.len(), 4);
    for chosen in of_none {
        assert!(matches!(chosen, Err(GroupError::Empty { left: 1, .. })), "{chosen:?}");
    }
    Ok(())
}

/// One that is being started again takes messages, which wait; one that has ended takes none.
#[rehearsal::test]
async fn one_that_is_started_again_comes_before_one_that_has_just_ended() -> Tested {
    let _clean = clean();
    let long = Duration::from_secs(3600);
    let again = Restart::always().backoff(long, long).settled(long);
    let resting = Counter::spawn(0).name("resting").restart(again).await?;
    assert!(resting.fail("on purpose".to_owned()).await.is_err());
    let chosen = at_the_end(std::slice::from_ref(&resting)).await?;
    assert_eq!(chosen, [(); 4].map(|()| Ok(false)));
    resting.kill();
    Ok(())
}

#[rehearsal::test]
async fn one_that_was_told_to_stop_is_left_out_while_others_run() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (group, members) = counters(place, 3).await?;
        // Nothing is awaited, so that a task has not heard of it yet.
        members[1].stop().tell();
        let chosen = [(); 3].map(|()| [group.round_robin(), group.least_loaded()]);
        for member in chosen.into_iter().flatten() {
            assert_ne!(number(member?.name()), 1, "{place}");
        }
    }
    Ok(())
}
