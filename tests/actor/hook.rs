//! The hooks that are called in passing: `#[exit]`, `#[on_info]`, `#[on_params]`.

use std::time::Duration;

use crate::cast::{PLACEMENTS, Tested, put};
use rehearsal::actor::{Info, Params};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon, until};
use serde::{Deserialize, Serialize};

/// What an actor with hooks tells its parent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Told {
    /// `#[stopping]` ran.
    Stopping,
    /// `#[exit]` ran, with this exit.
    Exit(Exit),
    /// The state was dropped.
    Dropped,
}

/// Tells of each hook as it runs.
pub struct Talker {
    outlet: Outlet<Told>,
    asked: u32,
    fails_at_exit: bool,
}

#[rehearsal::actor(event = Told)]
impl Talker {
    #[start]
    pub fn new(fails_at_exit: bool, cx: &mut Context<Self>) -> Talker {
        Talker { outlet: cx.outlet(), asked: 0, fails_at_exit }
    }

    #[command]
    pub fn fail(&mut self) {
        panic!("a command broke")
    }

    #[command]
    pub async fn wait(&mut self) {
        std::future::pending::<()>().await;
    }

    #[stopping]
    fn stopping(&mut self) {
        let _ = self.outlet.send(Told::Stopping);
    }

    #[exit]
    fn last_word(&mut self, exit: &Exit) {
        let _ = self.outlet.send(Told::Exit(exit.clone()));
        assert!(!self.fails_at_exit, "the last word failed");
    }

    #[on_info]
    fn about(&mut self, info: &mut Info) {
        self.asked += 1;
        info.add("message", "Hello");
        info.add("asked", self.asked);
    }
}

impl Drop for Talker {
    fn drop(&mut self) {
        let _ = self.outlet.send(Told::Dropped);
    }
}

type Events = tokio::sync::mpsc::UnboundedReceiver<Told>;

async fn talker(place: Placement, fails_at_exit: bool) -> Result<(TalkerProxy, Events), SpawnError> {
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    let spawn = put(Talker::spawn(fails_at_exit), place).on_event(move |event| drop(tell.send(event)));
    Ok((spawn.await?, told))
}

async fn all_of(mut events: Events) -> Vec<Told> {
    let mut all = Vec::new();
    while let Some(event) = soon("an event, or the end of them", events.recv()).await {
        all.push(event);
    }
    all
}

#[rehearsal::test]
async fn exit_is_the_last_word_and_knows_how_it_ended() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (talker, events) = talker(place, false).await?;
        let exit = talker.stop().await?;
        drop(talker);
        let wanted = [Told::Stopping, Told::Exit(Exit::new(Reason::Stopped)), Told::Dropped];
        assert_eq!(all_of(events).await, wanted, "{place}");
        assert_eq!(exit, Exit::new(Reason::Stopped));
    }
    Ok(())
}

#[rehearsal::test]
async fn exit_runs_after_a_panic_and_after_a_kill() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (talker, events) = talker(place, false).await?;
        assert!(soon("the ask", talker.fail()).await.unwrap_err().is_dead());
        let exit = talker.ended().await;
        drop(talker);
        let told = all_of(events).await;
        let Some(Told::Exit(told_exit)) = told.first() else { panic!("{place}: {told:?}") };
        assert!(matches!(&told_exit.reason, Reason::Panicked(note) if note.message == "a command broke"));
        assert_eq!(told_exit.reason, exit.reason, "{place}");
    }
    // A process that is killed has no last word; a task and a thread have.
    for place in [Placement::Task, Placement::Thread] {
        let (talker, events) = talker(place, false).await?;
        let waiting = talker.wait().send()?;
        until(&talker, |info| info.messages_handled >= 1).await;
        talker.kill();
        ended(&talker, LONG_WAIT).await;
        drop((talker, waiting));
        let told = all_of(events).await;
        let Some(Told::Exit(exit)) = told.first() else { panic!("{place}: {told:?}") };
        assert_eq!(exit.reason, Reason::Killed { signal: None }, "{place}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_panic_in_exit_is_how_it_ended() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let (talker, events) = talker(place, true).await?;
        let exit = talker.stop().await?;
        drop(talker);
        let text = exit.to_string();
        assert!(text.contains("the last word failed") && text.contains("in its #[exit]"), "{place}: {text}");
        assert_eq!(
            all_of(events).await.last(),
            Some(&Told::Dropped),
            "{place}: its state is dropped all the same"
        );
    }
    Ok(())
}

#[rehearsal::test]
async fn on_info_adds_entries() -> Tested {
    let _clean = clean().letters(1);
    for place in PLACEMENTS {
        let (talker, _events) = talker(place, false).await?;
        for asked in ["1", "2"] {
            let info = talker.info().await?;
            assert_eq!(info.entries["message"], "Hello", "{place}");
            assert_eq!(info.entries["asked"], asked, "{place}");
        }
        // While a command waits the actor itself cannot be asked: what it said last is still there.
        let waiting = talker.wait().send()?;
        let info = until(&talker, |info| info.messages_handled == 1).await;
        let before = info.entries["asked"].clone();
        assert_eq!(talker.info().await?.entries["asked"], before, "{place}");
        talker.kill();
        assert!(soon("the end", waiting).await.is_err());
    }
    Ok(())
}

/// Never gets ready.
pub struct Late;

#[rehearsal::actor]
impl Late {
    #[start]
    pub async fn new() -> Late {
        std::future::pending().await
    }
}

/// Spawns, and changes what it spawns.
pub struct Head;

#[rehearsal::actor]
impl Head {
    #[start]
    pub fn new() -> Head {
        Head
    }

    #[command]
    pub async fn bear(&mut self, name: Option<String>) -> Result<(String, usize, String), String> {
        let mut spawn = Talker::spawn(false);
        if let Some(name) = name {
            spawn = spawn.name(name);
        }
        let child = spawn.mailbox(3).await.map_err(|error| error.to_string())?;
        let info = child.info().await.map_err(|error| error.to_string())?;
        Ok((info.name, info.mailbox.capacity, info.kind))
    }

    #[command]
    pub async fn bear_in_vain(&mut self) -> Result<(), String> {
        Late::spawn().name("late").thread().await.map(drop).map_err(|error| error.to_string())
    }

    #[on_params]
    fn house_rules(params: &mut Params) {
        params.name = Some(format!("{}-of-the-house", params.name.as_deref().unwrap_or("child")).into());
        params.mailbox *= 2;
        if params.placement == Placement::Thread {
            params.timeout = Duration::ZERO;
        }
    }
}

#[rehearsal::test]
async fn on_params_changes_what_an_actor_spawns() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let head = put(Head::spawn(), place).await?;
        let kind = "Talker".to_owned();
        let wanted = ("child-of-the-house".to_owned(), 6, kind.clone());
        assert_eq!(head.bear(None).await?, wanted, "{place}");
        let wanted = ("ann-of-the-house".to_owned(), 6, kind);
        assert_eq!(head.bear(Some("ann".to_owned())).await?, wanted, "{place}");
        let error = head.bear_in_vain().await.unwrap_err().to_string();
        assert!(error.contains("late-of-the-house") && error.contains("not ready within 0ns"), "{error}");
        // What is spawned from elsewhere is not its business.
        let child = Talker::spawn(false).name("free").await?;
        assert_eq!(child.name().name(), "free");
    }
    Ok(())
}
