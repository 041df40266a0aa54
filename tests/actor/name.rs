//! Names: taken once, found by type, free again when their actor has ended.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use crate::cast::{Counter, CounterProxy, PLACEMENTS, Tested, put};
use rehearsal::actor::{Lookup, LookupError, MonitorProxy, Pool, Realm, Restart};
use rehearsal::prelude::*;
use rehearsal::testkit::{clean, eventually, until};

/// Something that is no counter.
pub struct Clock;

#[rehearsal::actor]
impl Clock {
    #[start]
    pub fn new() -> Clock {
        Clock
    }
}

/// An actor that finds others by name, from where it is.
pub struct Finder;

#[rehearsal::actor]
impl Finder {
    #[start]
    pub fn new() -> Finder {
        Finder
    }

    #[command]
    pub async fn add_to(&self, name: String, by: i64) -> Result<i64, String> {
        let counter = Counter::lookup(name).await.map_err(|error| error.to_string())?;
        counter.add(by).await.map_err(|error| error.to_string())
    }
}

/// An actor with a function of its own called like the look-up.
pub struct Directory;

#[rehearsal::actor]
impl Directory {
    #[start]
    pub fn new() -> Directory {
        Directory
    }

    #[command]
    pub fn lookup(&self, name: String) -> usize {
        name.len()
    }
}

#[rehearsal::test]
async fn an_actor_is_found_by_its_name_wherever_it_is() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(5), place).name(format!("found-{place}")).await?;
        let found: CounterProxy = Counter::lookup(format!("found-{place}")).await?;
        assert!(found.is_same(&counter), "{place}");
        assert_eq!(found.add(1).await?, 6, "{place}");
        assert!(Counter::lookup(format!("found-{place}")).here()?.is_same(&counter));
        // One without a name has one all the same.
        let unnamed = put(Counter::spawn(0), place).await?;
        let found = Counter::lookup(unnamed.name().name()).await?;
        assert!(found.is_same(&unnamed), "{place}");
    }
    let directory = Directory::spawn().name("directory").await?;
    let found = Lookup::<Directory>::new("directory").await?;
    assert!(found.is_same(&directory));
    assert_eq!(found.lookup("four".to_owned()).await?, 4);
    Ok(())
}

#[rehearsal::test]
async fn one_of_another_type_is_named_with_both_types() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let _clock = put(Clock::spawn(), place).name(format!("clock-{place}")).await?;
        let error = Counter::lookup(format!("clock-{place}")).await.unwrap_err();
        assert!(matches!(error, LookupError::WrongType { .. }));
        assert_eq!(
            error.to_string(),
            format!(
                "actor `clock-{place}` is a `actor::name::Clock`, and was looked up as a `actor::cast::Counter`: \
                 look it up by its own type"
            )
        );
        assert!(Clock::lookup(format!("clock-{place}")).await.is_ok());
    }
    Ok(())
}

#[rehearsal::test]
async fn nobody_is_told_with_the_name_that_was_probably_meant() -> Tested {
    let _clean = clean();
    let none = Counter::lookup("nothing-is-called-like-this").await.unwrap_err();
    assert!(matches!(&none, LookupError::NoSuchActor { near: None, .. }), "{none}");
    let _teller = Counter::spawn(0).name("accounts").await?;
    let near = Counter::lookup("acounts").await.unwrap_err();
    assert_eq!(near.to_string(), "no actor `acounts` (Counter) lives here; did you mean `accounts`?");
    Ok(())
}

#[rehearsal::test]
async fn a_name_is_taken_once_and_free_after_the_end() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let name = format!("taken-{place}");
        let first = put(Counter::spawn(1), place).name(&*name).await?;
        for other in PLACEMENTS {
            let error = put(Clock::spawn(), other).name(&*name).await.expect_err("it is taken");
            let SpawnError::NameTaken { actor, holder } = &error else { panic!("{error}") };
            assert_eq!((actor.kind(), holder), ("Clock", first.name()));
            let text = format!(
                "actor `{name}` (Clock) was not spawned: its name is taken by number {} (Counter), which has not \
                 ended; await that one's end first, or give this one another name",
                first.id()
            );
            assert_eq!(error.to_string(), text, "{place} {other}");
        }
        assert_eq!(first.add(0).await?, 1, "{place}: who has it is not touched");
        // However it ends: in good order, by a kill (a real SIGKILL in a process), by a panic.
        first.stop().await?;
        let second = put(Counter::spawn(2), place).name(&*name).await?;
        second.kill();
        second.ended().await;
        let third = put(Counter::spawn(3), place).name(&*name).await?;
        assert!(third.fail("on purpose".to_owned()).await.is_err());
        third.ended().await;
        let fourth = put(Counter::spawn(4), place).name(&*name).await?;
        assert!(
            Counter::lookup(&*name).await?.is_same(&fourth),
            "{place}: proxies of the dead do not matter"
        );
    }
    Ok(())
}

// Who hangs in a command and has no proxy is ended by nobody but the end of the test's runtime.
#[rehearsal::test(leaks = "allow")]
async fn one_that_nobody_can_send_to_has_no_name_any_more() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let first = put(Counter::spawn(1), place).name("left-behind").await?;
        let hanging = first.wait().send()?;
        until(&first, |info| info.messages_handled >= 1).await;
        drop(first);
        // It hangs in a command and has not ended; nobody could wait for that who has dropped its proxy.
        assert!(Counter::lookup("left-behind").await.is_err(), "{place}");
        let second = put(Counter::spawn(2), place).name("left-behind").await?;
        assert!(Counter::lookup("left-behind").await?.is_same(&second), "{place}");
        drop(hanging);
    }
    Ok(())
}

#[rehearsal::test]
async fn one_that_is_started_again_keeps_its_name_meanwhile() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let name = format!("phoenix-{place}");
        let slowly =
            Restart::always().endlessly().backoff(Duration::from_millis(200), Duration::from_millis(200));
        let phoenix = put(Counter::spawn(7), place).name(&*name).restart(slowly).await?;
        assert!(phoenix.fail("on purpose".to_owned()).await.is_err());
        let error = Counter::spawn(0).name(&*name).await.expect_err("it comes back");
        assert!(matches!(error, SpawnError::NameTaken { .. }), "{place}: {error}");
        assert!(Counter::lookup(&*name).await?.is_same(&phoenix), "{place}");
        phoenix.stop().await?;
        assert!(Counter::lookup(&*name).await.is_err(), "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn of_many_that_want_a_name_at_once_one_gets_it() -> Tested {
    let _clean = clean();
    for round in 0..20 {
        let barrier = Arc::new(Barrier::new(4));
        let realm = Realm::current();
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let (barrier, realm) = (barrier.clone(), realm.clone());
                std::thread::spawn(move || {
                    let _inside = realm.enter();
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                    let runtime = runtime.expect("a runtime");
                    barrier.wait();
                    let name = format!("wanted-{round}");
                    runtime.block_on(async { Counter::spawn(n).name(name).thread().await })
                })
            })
            .collect();
        let outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
        let (got, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(got.len(), 1);
        for error in refused.into_iter().filter_map(Result::err) {
            assert!(matches!(error, SpawnError::NameTaken { .. }), "{error}");
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn a_realm_has_names_of_its_own() -> Tested {
    let _clean = clean();
    let outer = Counter::spawn(1).name("same").await?;
    let realm = Realm::open();
    let inner = {
        let _inside = realm.enter();
        Counter::spawn(2).name("same").thread().await?
    };
    assert!(Counter::lookup("same").await?.is_same(&outer));
    {
        let _inside = realm.enter();
        assert!(Counter::lookup("same").here()?.is_same(&inner));
        assert!(Finder::lookup("same").here().is_err());
    }
    Ok(())
}

#[rehearsal::test]
async fn an_actor_finds_others_of_the_test_that_spawned_it() -> Tested {
    let _clean = clean();
    let counter = Counter::spawn(5).name("within-reach").await?;
    for place in [Placement::Task, Placement::Thread] {
        let finder = put(Finder::spawn(), place).await?;
        let before = counter.add(0).await?;
        assert_eq!(finder.add_to("within-reach".to_owned(), 1).await?, before + 1, "{place}");
        let error = finder.add_to("within-rich".to_owned(), 1).await.unwrap_err().to_string();
        assert!(error.contains("did you mean `within-reach`?"), "{place}: {error}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_pool_grows_again_while_somebody_keeps_a_worker_it_let_go() -> Tested {
    let _clean = clean();
    let plan = Pool::new(|number| Counter::spawn(0).name(format!("kept-{number}")).mailbox(8))
        .workers(1..=2)
        .grow_at(2)
        .look_every(Duration::from_millis(10))
        .shrink_after(Duration::from_millis(30));
    let monitor: MonitorProxy<Counter> = plan.spawn().await?;
    let group = monitor.group().await?;
    let grown = async |count: usize| {
        eventually("a pool of another size", async || group.len() == count).await;
    };
    let mut kept = Vec::new();
    for round in 0..2 {
        let first = group.members()[0].clone();
        let busy = first.wait().timeout(Duration::from_secs(60)).send()?;
        for _ in 0..6 {
            first.add(0).deliver().await?;
        }
        grown(2).await;
        kept.push(group.members()[1].clone());
        first.kill();
        assert!(busy.await.is_err(), "{round}");
        grown(1).await;
    }
    assert_ne!(kept[0].name(), kept[1].name(), "the name of the first is still taken");
    assert_eq!(kept[0].add(1).await? + kept[1].add(1).await?, 2);
    Ok(())
}
