//! Actors that have no task of their own until they need one: what calls for it, and that they end without one as others.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::cast::Tested;
use rehearsal::actor::panic;
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, eventually, soon};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{self, Id};

/// As many that tasks of other things are no matter.
const MANY: usize = 100;

/// More than wait for their end together.
const CROWD: usize = 1_000;

/// What is noted of an end: the task it came in.
type Ends = Arc<Mutex<Vec<Option<Id>>>>;

pub struct Guest {
    sum: u64,
    ends: Ends,
}

#[rehearsal::actor]
impl Guest {
    #[start]
    pub fn new(ends: Ends) -> Guest {
        Guest { sum: 0, ends }
    }

    #[command]
    pub fn add(&mut self, number: u64) -> u64 {
        self.sum += number;
        self.sum
    }

    /// The task it is handled in.
    #[command]
    pub fn place(&mut self) -> Option<Id> {
        task::try_id()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.ends.lock().expect("no panic").push(task::try_id());
    }
}

/// Has sent to itself, or is told to stop, before anybody else knows of it.
pub struct Early {
    told: u64,
}

#[rehearsal::actor]
impl Early {
    #[start]
    pub fn new(leaves: bool, cx: &mut Context<Self>) -> Result<Early, Error> {
        cx.proxy().tell_me(7).tell()?;
        if leaves {
            cx.stop();
        }
        Ok(Early { told: 0 })
    }

    #[command]
    pub fn tell_me(&mut self, number: u64) -> u64 {
        self.told += number;
        self.told
    }
}

/// Blocks at its end, of which it tells, until it hears of the other one; or falls there.
pub struct Clinging {
    until: Option<(Sender<()>, Receiver<()>)>,
}

#[rehearsal::actor]
impl Clinging {
    #[start]
    pub fn new(until: Option<(Sender<()>, Receiver<()>)>) -> Clinging {
        Clinging { until }
    }
}

impl Drop for Clinging {
    fn drop(&mut self) {
        match &self.until {
            Some((begun, until)) => drop((begun.send(()), until.recv())),
            None => panic::expected(|| panic!("as it was told to")),
        }
    }
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

async fn guests(ends: &Ends) -> Result<Vec<GuestProxy>, SpawnError> {
    let mut guests = Vec::new();
    for _ in 0..MANY {
        guests.push(Guest::spawn(ends.clone()).await?);
    }
    Ok(guests)
}

#[rehearsal::test]
async fn those_that_heard_of_nothing_have_no_task_until_they_do() -> Tested {
    let _clean = clean();
    let (ends, before) = (Ends::default(), tasks());
    let guests = guests(&ends).await?;
    assert!(tasks() < before + MANY / 2, "{} tasks for {MANY} of them", tasks() - before);
    guests.iter().try_for_each(|guest| guest.add(1).tell())?;
    eventually("they have a task each", async || tasks() >= before + MANY).await;
    for guest in &guests {
        assert_eq!(guest.add(1).await?, 2);
    }
    drop(guests);
    eventually("all of them end", async || ends.lock().expect("no panic").len() == MANY).await;
    eventually("and their tasks", async || tasks() < before + MANY / 2).await;
    Ok(())
}

#[rehearsal::test]
async fn one_that_has_its_own_task_has_it_at_once() -> Tested {
    let _clean = clean();
    let before = tasks();
    let mut guests = Vec::new();
    for _ in 0..MANY {
        guests.push(Guest::spawn(Ends::default()).own_task().await?);
    }
    assert!(tasks() >= before + MANY);
    Ok(())
}

/// Asks each a while, so that their command is known to be quick, and those that come after from the first ask on.
async fn asked_and_dropped(ends: Ends) -> Result<usize, String> {
    let text = |error: Error| error.to_string();
    let guest = Guest::spawn(ends.clone()).await.map_err(|error| error.to_string())?;
    while guest.place().await.map_err(text)? != task::try_id() {
        task::yield_now().await;
    }
    let before = tasks();
    let guests = guests(&ends).await.map_err(|error| error.to_string())?;
    let mut here = HashSet::new();
    for guest in &guests {
        here.insert(guest.place().await.map_err(text)?);
    }
    // Some may be looked at and found slow, where the system has no time for them.
    Ok(if here.contains(&task::try_id()) { tasks().saturating_sub(before) } else { 0 })
}

#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_asked_and_dropped_ends_in_no_task_of_who_drops_it() -> Tested {
    let _clean = clean();
    let ends = Ends::default();
    let asker = tokio::spawn({
        let ends = ends.clone();
        async move { asked_and_dropped(ends).await.map(|tasks| (tasks, task::id())) }
    });
    let (more, asker) = soon("the asks", asker).await??;
    assert!(more < MANY, "{more} tasks for {MANY} of them");
    eventually("all of them end", async || ends.lock().expect("no panic").len() == MANY + 1).await;
    let ends = ends.lock().expect("no panic").clone();
    assert!(ends.iter().all(|end| end.is_some_and(|end| end != asker)), "{asker} in {ends:?}");
    Ok(())
}

#[rehearsal::test]
async fn one_that_nobody_holds_ends() -> Tested {
    let _clean = clean();
    let guest = Guest::spawn(Ends::default()).await?;
    let ended = guest.ended();
    drop(guest);
    assert_eq!(soon("its end", ended).await.reason, Reason::Returned);
    Ok(())
}

/// Whatever comes first.
#[rehearsal::test]
async fn each_wish_is_heard_by_one_that_heard_of_nothing() -> Tested {
    let _clean = clean();
    let ends = Ends::default();
    let guest = || Guest::spawn(ends.clone());
    soon("an answer past the messages", guest().await?.ping()).await?;
    assert_eq!(soon("what is known of it", guest().await?.info()).await?.messages_handled, 0);
    assert_eq!(soon("an answer", guest().await?.add(3)).await?, 3);
    assert_eq!(soon("a stop", guest().await?.stop()).await?.reason, Reason::Stopped);
    assert_eq!(soon("a built-in", guest().await?.echo("here")).await?, "here");
    let killed = guest().await?;
    killed.kill();
    assert_eq!(soon("its end", killed.ended()).await.reason, Reason::Killed { signal: None });
    let told = guest().await?;
    let from_outside = told.clone();
    thread::spawn(move || from_outside.add(5).tell()).join().expect("no panic")?;
    assert_eq!(soon("an answer", told.add(1)).await?, 6);
    Ok(())
}

#[rehearsal::test]
async fn what_came_during_the_start_is_heard() -> Tested {
    let _clean = clean().letters(1);
    let early = Early::spawn(false).await?;
    assert_eq!(soon("an answer behind it", early.tell_me(1)).await?, 8);
    let leaving = Early::spawn(true).await?;
    assert_eq!(soon("its end", leaving.ended()).await.reason, Reason::Returned);
    Ok(())
}

#[rehearsal::test]
async fn one_that_falls_at_its_end_takes_nobody_along() -> Tested {
    let _clean = clean().failures(0..=2);
    let ends = Ends::default();
    let guests = guests(&ends).await?;
    let falling = [Clinging::spawn(None).await?, Clinging::spawn(None).await?];
    let fallen = falling.each_ref().map(|falling| falling.ended());
    drop((falling, guests));
    for fallen in fallen {
        assert!(matches!(soon("its end", fallen).await.reason, Reason::Panicked(_)));
    }
    eventually("the others end too", async || ends.lock().expect("no panic").len() == MANY).await;
    let after = Guest::spawn(ends).await?;
    assert_eq!(after.add(1).await?, 1);
    Ok(())
}

/// They end one after the other where they have no task, but not more of them than wait there.
#[rehearsal::test]
fn one_that_blocks_at_its_end_keeps_few_others_from_theirs() -> Tested {
    let _clean = clean();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (ends, (begins, begun), (release, released)) = (Ends::default(), channel(), channel());
    drop(runtime.block_on(async { Clinging::spawn(Some((begins, released))).await })?);
    begun.recv_timeout(LONG_WAIT)?;
    let crowd = ends.clone();
    let asks = runtime.spawn(async move {
        for _ in 0..CROWD {
            drop(Guest::spawn(crowd.clone()).await?);
        }
        Ok::<_, SpawnError>(())
    });
    runtime.block_on(async {
        soon("the last of them", asks).await?.map_err(|error| error.to_string())?;
        eventually("most of them end", async || ends.lock().expect("no panic").len() >= CROWD / 2).await;
        drop(release);
        eventually("all of them end", async || ends.lock().expect("no panic").len() == CROWD).await;
        Ok::<_, Box<dyn std::error::Error>>(())
    })?;
    runtime.shutdown_background();
    Ok(())
}

fn ends_with(runtime: Runtime) -> Tested {
    let (ends, enter) = (Ends::default(), runtime.handle().clone());
    let (guests, dropped) = runtime.block_on(async {
        let guests = guests(&ends).await?;
        let one = Guest::spawn(ends.clone()).await?;
        let dropped = one.ended();
        // Not seen off any more, as a rule.
        drop(one);
        Ok::<_, SpawnError>((guests, dropped))
    })?;
    runtime.shutdown_background();
    let outside = Builder::new_current_thread().enable_all().build()?;
    outside.block_on(async {
        for guest in &guests {
            let exit = tokio::time::timeout(LONG_WAIT, guest.ended()).await?;
            assert_eq!(exit.reason, Reason::Unreachable, "{exit}");
            assert!(guest.add(1).await.is_err());
        }
        tokio::time::timeout(LONG_WAIT, dropped).await?;
        let _context = enter.enter();
        let late = Guest::spawn(ends.clone()).await.map_err(|error| error.to_string());
        if let Ok(late) = late {
            tokio::time::timeout(LONG_WAIT, late.ended()).await?;
        }
        Ok::<_, Box<dyn std::error::Error>>(())
    })?;
    let ended = ends.lock().expect("no panic").len();
    assert!(ended > MANY, "{ended} states were dropped of {MANY} and one or two");
    Ok(())
}

/// Those it had, those it was about to end, and those that come too late.
#[rehearsal::test]
fn a_runtime_that_goes_takes_those_without_a_task_along() -> Tested {
    let _clean = clean().letters(0..=2 * MANY as u64).failures(0..=2 * MANY as u64 + 4);
    ends_with(Builder::new_current_thread().enable_all().build()?)?;
    ends_with(Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// A runtime that goes while others spawn, ask and drop there.
#[rehearsal::test]
fn none_is_left_by_a_runtime_that_goes_in_the_middle() -> Tested {
    let _clean = clean().letters(0..=100_000).failures(0..=64);
    for _ in 0..20 {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (ends, begun) = (Ends::default(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..4 {
            let (ends, begun) = (ends.clone(), begun.clone());
            runtime.spawn(async move {
                while let Ok(guest) = Guest::spawn(ends.clone()).await {
                    begun.fetch_add(1, Ordering::SeqCst);
                    let _ = guest.add(1).await;
                }
            });
        }
        runtime.block_on(eventually("some of them", async || begun.load(Ordering::SeqCst) > 200));
        runtime.shutdown_background();
        let outside = Builder::new_current_thread().enable_all().build()?;
        // Each state holds the list.
        outside.block_on(eventually("the last of them", async || Arc::strong_count(&ends) == 1));
        assert!(ends.lock().expect("no panic").len() >= begun.load(Ordering::SeqCst));
    }
    Ok(())
}

async fn crowd(ends: Ends) -> Result<(), String> {
    let mut kept = Vec::new();
    for round in 0..300_u64 {
        let guest = Guest::spawn(ends.clone()).await.map_err(|error| error.to_string())?;
        let other = guest.clone();
        let told = tokio::spawn(async move { other.add(1).deliver().await });
        let asked = guest.add(1).await.map_err(|error| error.to_string())?;
        assert!(asked <= 2);
        if round % 3 == 0 {
            told.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
            assert_eq!(guest.add(1).await.map_err(|error| error.to_string())?, 3);
        }
        kept.push(guest);
        if round % 16 == 0 {
            kept.clear();
        }
    }
    Ok(())
}

/// Each is asked here and told there at once, so that some have no task yet when both come.
#[rehearsal::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_crowd_is_heard_and_ends() -> Tested {
    let _clean = clean().letters(0..=2_000);
    let ends = Ends::default();
    let crowds: Vec<_> = (0..4).map(|_| tokio::spawn(crowd(ends.clone()))).collect();
    for crowd in crowds {
        soon("a crowd", crowd).await??;
    }
    eventually("all of them end", async || ends.lock().expect("no panic").len() == 4 * 300).await;
    Ok(())
}
