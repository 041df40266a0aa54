//! Look-ups that go to other processes, and what becomes of what they find.

use crate::cast::{Bytes, Counter, CounterProxy, PLACEMENTS, Tested, counter, put};
use rehearsal::actor::Overflow;
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, silence, soon, until};

/// An actor that looks up others from where it is, and keeps what it finds.
pub struct Scout {
    found: Option<CounterProxy>,
    own: Vec<CounterProxy>,
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[rehearsal::actor]
impl Scout {
    #[start]
    pub fn new() -> Scout {
        Scout { found: None, own: Vec::new() }
    }

    /// Spawns a counter beside itself.
    #[command]
    pub async fn bring_up(&mut self, name: String, n: i64) -> Result<u32, String> {
        self.own.push(Counter::spawn(n).name(name).await.map_err(text)?);
        Ok(std::process::id())
    }

    /// Finds a counter; tells its name and its process.
    #[command]
    pub async fn find(&mut self, name: String) -> Result<(String, u32), String> {
        let found = Counter::lookup(name).await.map_err(text)?;
        let told = (found.name().name(), found.pid());
        self.found = Some(found);
        Ok(told)
    }

    #[command]
    pub async fn find_scout(&mut self, name: String) -> Result<(), String> {
        Scout::lookup(name).await.map(drop).map_err(text)
    }

    fn found(&self) -> Result<&CounterProxy, String> {
        self.found.as_ref().ok_or_else(|| "nothing was found".to_owned())
    }

    #[command]
    pub async fn add(&self, by: i64) -> Result<i64, String> {
        self.found()?.add(by).await.map_err(text)
    }

    /// Tells it so often, as fast as there is room.
    #[command]
    pub async fn pour(&self, times: u32) -> Result<(), String> {
        for _ in 0..times {
            self.found()?.add(1).deliver().await.map_err(text)?;
        }
        Ok(())
    }

    /// What every actor can be asked, and an answer and arguments that are large.
    #[command]
    pub async fn talk(&self, bytes: usize) -> Result<Vec<usize>, String> {
        let found = self.found()?;
        found.ping().await.map_err(text)?;
        let echo = found.echo("hello").await.map_err(text)?;
        let there = found.size_of(Bytes(vec![1; bytes])).await.map_err(text)?;
        let back = found.bytes(bytes).await.map_err(text)?.0.len();
        let process = found.info().await.map_err(text)?.process_id as usize;
        Ok(vec![echo.len(), there, back, process])
    }

    #[command]
    pub async fn hang(&self) -> Result<(), String> {
        self.found()?.wait().await.map_err(text)
    }

    #[command]
    pub async fn stop_it(&self) -> Result<String, String> {
        self.found()?.stop().await.map(text).map_err(text)
    }

    #[command]
    pub async fn kill_it(&self) -> Result<String, String> {
        self.found()?.kill();
        Ok(text(self.found()?.ended().await))
    }

    #[command]
    pub async fn end_of_it(&self) -> Result<String, String> {
        Ok(text(self.found()?.ended().await))
    }

    #[command]
    pub fn forget(&mut self) {
        self.found = None;
    }
}

/// What cannot cross.
pub struct Opaque;

/// An actor that no other process can call.
pub struct Local;

#[rehearsal::actor]
impl Local {
    #[start]
    pub fn new() -> Local {
        Local
    }

    #[command]
    pub fn take(&self, _it: Opaque) {}
}

#[rehearsal::test]
async fn an_actor_apart_finds_those_of_its_parent_wherever_they_are() -> Tested {
    let _clean = clean();
    let scout = Scout::spawn().process().await?;
    for place in PLACEMENTS {
        let name = format!("parents-{place}");
        let counter = put(Counter::spawn(5), place).name(&*name).await?;
        assert_eq!(scout.find(name.clone()).await?, (name, counter.pid()), "{place}");
        assert_eq!(scout.add(1).await?, 6, "{place}");
        assert_eq!(counter.add(1).await?, 7, "{place}: it is the same one");
        assert_eq!(scout.talk(64 << 10).await?, [5, 64 << 10, 64 << 10, counter.pid() as usize], "{place}");
        // More than any window, in order.
        scout.pour(5_000).await?;
        assert_eq!(scout.add(0).await?, 5_007, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn what_an_actor_apart_spawned_is_found_by_its_parent_and_by_others_apart() -> Tested {
    let _clean = clean();
    let (scout, other) = (Scout::spawn().process().await?, Scout::spawn().thread().await?);
    let far = Scout::spawn().process().await?;
    let process = scout.bring_up("childs-own".to_owned(), 7).await?;
    let found = Counter::lookup("childs-own").await?;
    assert_eq!((found.pid(), found.add(1).await?), (process, 8));
    assert_eq!(other.find("childs-own".to_owned()).await?.1, process);
    assert_eq!(far.find("childs-own".to_owned()).await?.1, process, "by way of the parent");
    assert_eq!((far.add(1).await?, other.add(1).await?), (9, 10));
    Ok(())
}

#[rehearsal::test]
async fn what_is_not_found_is_told_as_it_is_at_home() -> Tested {
    let _clean = clean();
    let scout = Scout::spawn().name("the-scout").process().await?;
    let _counter = Counter::spawn(0).name("accounts").await?;
    let near = scout.find("acounts".to_owned()).await.unwrap_err().to_string();
    assert_eq!(near, "no actor `acounts` (Counter) lives here; did you mean `accounts`?");
    let wrong = scout.find_scout("accounts".to_owned()).await.unwrap_err().to_string();
    assert_eq!(
        wrong,
        "actor `accounts` is a `actor::cast::Counter`, and was looked up as a `actor::reach::Scout`: look it up by \
         its own type"
    );
    // Itself it finds where it is.
    scout.find_scout("the-scout".to_owned()).await?;
    let local = Local::lookup("nobody").await.unwrap_err().to_string();
    assert_eq!(
        local,
        "no actor `nobody` (Local) lives here; it may be elsewhere: other processes were not asked, because what its \
         commands take or return cannot cross"
    );
    Ok(())
}

#[rehearsal::test]
async fn who_looked_an_actor_up_learns_how_it_ended() -> Tested {
    let _clean = clean().letters(1);
    for place in PLACEMENTS {
        let scout = Scout::spawn().process().await?;
        let name = format!("ends-{place}");
        for how in ["stopped", "killed", "killed from there", "stopped from there"] {
            let counter = put(Counter::spawn(0), place).name(&*name).await?;
            scout.find(name.clone()).await?;
            let told = match how {
                "stopped" => {
                    let told = scout.end_of_it().send()?;
                    counter.stop().await?;
                    soon("the end", told).await?
                }
                "killed" => {
                    let hanging = scout.hang().send()?;
                    until(&counter, |info| info.messages_handled >= 1).await;
                    counter.kill();
                    soon("the end", hanging).await.unwrap_err().to_string()
                }
                "killed from there" => soon("the end", scout.kill_it()).await?,
                _ => soon("the end", scout.stop_it()).await?,
            };
            let exit = ended(&counter, LONG_WAIT).await;
            assert!(told.ends_with(&exit.to_string()), "{place}, {how}: {told} is not {exit}");
            let error = scout.add(1).await.unwrap_err().to_string();
            assert!(error.contains(&exit.to_string()), "{place}, {how}: {error}");
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn a_proxy_in_another_process_keeps_an_actor_alive_until_it_is_dropped() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let scout = Scout::spawn().process().await?;
        let name = format!("kept-{place}");
        let counter = put(Counter::spawn(0), place).name(&*name).await?;
        let ended = counter.ended();
        scout.find(name).await?;
        drop(counter);
        assert_eq!(scout.add(1).await?, 1, "{place}");
        scout.pour(100).await?;
        scout.forget().await?;
        assert_eq!(soon("the end", ended).await.reason, Reason::Returned, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn an_actor_goes_on_when_a_process_dies_that_had_looked_it_up() -> Tested {
    let _clean = clean().letters(1);
    let counter = counter(Placement::Task).await?;
    let named = Counter::spawn(0).name("outlives").await?;
    let scout = Scout::spawn().process().await?;
    scout.find("outlives".to_owned()).await?;
    assert_eq!(scout.add(1).await?, 1);
    let hanging = scout.hang().send()?;
    until(&named, |info| info.messages_handled >= 2).await;
    scout.kill();
    assert!(matches!(scout.ended().await.reason, Reason::Killed { signal: Some(9) }));
    assert!(hanging.await.is_err());
    assert_eq!(named.ping().await?, ());
    assert_eq!(counter.add(1).await?, 1);
    named.kill();
    Ok(())
}

/// The letter is lost on a thread that works for no test: whose it is can be told where the process is the test's alone.
#[rehearsal::test(isolation = "process")]
async fn what_was_found_in_a_process_that_is_killed_is_gone() -> Tested {
    let _clean = clean().letters(1);
    let scout = Scout::spawn().process().await?;
    scout.bring_up("doomed".to_owned(), 0).await?;
    let found = Counter::lookup("doomed").await?;
    let hanging = found.wait().send()?;
    until(&found, |info| info.messages_handled >= 1).await;
    scout.kill();
    let error = soon("an answer", hanging).await.unwrap_err();
    assert!(error.to_string().contains("the way to its process"), "{error}");
    assert!(matches!(found.ended().await.reason, Reason::Unreachable));
    let none = Counter::lookup("doomed").await.unwrap_err().to_string();
    assert!(none.starts_with("no actor `doomed` (Counter) lives here"), "{none}");
    Ok(())
}

#[rehearsal::test]
async fn a_process_that_is_stopped_does_not_hold_up_a_look_up() -> Tested {
    let _clean = clean();
    let (stopped, scout) = (Scout::spawn().process().await?, Scout::spawn().process().await?);
    scout.bring_up("beside-it".to_owned(), 3).await?;
    stopped.bring_up("inside-it".to_owned(), 4).await?;
    let silenced = silence(&stopped).await?;
    let found = Counter::lookup("beside-it").await?;
    assert_eq!(found.add(0).await?, 3);
    let none = soon("an answer", Counter::lookup("inside-it")).await.unwrap_err().to_string();
    let told = format!(
        "it may be elsewhere: process {} could not be asked: it did not answer within",
        stopped.pid()
    );
    assert!(none.contains(&told), "{none}");
    drop(silenced);
    assert_eq!(Counter::lookup("inside-it").await?.add(0).await?, 4);
    Ok(())
}

#[rehearsal::test]
async fn a_mailbox_that_drops_does_so_for_those_apart_too() -> Tested {
    let _clean = clean();
    let scout = Scout::spawn().process().await?;
    let counter = Counter::spawn(0).name("drops").mailbox(2).overflow(Overflow::DropNewest).await?;
    scout.find("drops".to_owned()).await?;
    let hanging = counter.compute(100).send()?;
    scout.pour(500).await?;
    hanging.await?;
    // What was dropped takes no room for ever.
    for _ in 0..10 {
        scout.add(0).await?;
    }
    let dropped = counter.info().await?.mailbox.dropped;
    assert_eq!(counter.add(0).await? + i64::try_from(dropped)?, 500, "{dropped} were dropped");
    Ok(())
}

/// Answers with streams, among other things.
#[cfg(feature = "stream")]
pub struct Spring;

#[cfg(feature = "stream")]
#[rehearsal::actor]
impl Spring {
    #[start]
    pub fn new() -> Spring {
        Spring
    }

    #[command]
    pub fn flow(&self, to: u32) -> Streaming<u32> {
        Streaming::of(futures_util::stream::iter(0..to))
    }

    #[command]
    pub fn try_flow(&self, to: u32) -> Result<Streaming<u32>, String> {
        if to == 0 { Err("dry".to_owned()) } else { Ok(self.flow(to)) }
    }

    #[command]
    pub fn depth(&self) -> u32 {
        7
    }

    /// What becomes of each of these asked of another one, which is looked up.
    #[command]
    pub async fn drink(&self, name: String) -> Result<Vec<String>, String> {
        let spring = Spring::lookup(name).await.map_err(text)?;
        spring.flow(3).tell().map_err(text)?;
        let refused =
            [spring.flow(3).await.map(drop).map_err(text), spring.try_flow(3).await.map(drop).map_err(text)];
        let own = spring.try_flow(0).await.map(drop).map_err(text);
        let after = spring.depth().await.map_err(text)?;
        let told = refused.into_iter().chain([own]).map(|outcome| outcome.err().unwrap_or_default());
        Ok(told.chain([after.to_string()]).collect())
    }
}

#[cfg(feature = "stream")]
#[rehearsal::test]
async fn a_stream_of_one_that_was_found_is_refused_and_the_rest_goes_on() -> Tested {
    let _clean = clean();
    for place in [Placement::Task, Placement::Thread] {
        let spring = put(Spring::spawn(), place).name(format!("spring-{place}")).await?;
        let far = Spring::spawn().process().await?;
        let told = soon("what was told", far.drink(format!("spring-{place}"))).await?;
        for refused in &told[..2] {
            assert!(refused.contains("a stream goes to the actor's own parent alone"), "{place}: {told:?}");
        }
        assert_eq!(told[2], "dry", "{place}: {told:?}");
        assert_eq!(told[3], "7", "{place}: it answers what is no stream");
        // At home it answers with one.
        let mut flow = spring.flow(2).await?;
        assert_eq!(flow.next().await.transpose()?, Some(0), "{place}");
    }
    Ok(())
}
