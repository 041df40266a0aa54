//! Children of different types under one supervisor: strategies, the order of their ends, intensity.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use crate::cast::{Counter, CounterProxy, PLACEMENTS, Tested, put};
use crate::process::{is_running, signal};
use rehearsal::actor::{ActorRef, Restart, Strategy};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, eventually, settle, soon, strike, until};

/// Where ends are noted, in their order.
type Log = Arc<Mutex<Vec<String>>>;

/// Notes its starts and its ends.
pub struct Chronicler {
    name: String,
    log: Log,
    lame: bool,
}

impl Chronicler {
    fn note(&self, what: &str) {
        self.log.lock().expect("not poisoned").push(format!("{what} {}", self.name));
    }
}

#[rehearsal::actor]
impl Chronicler {
    #[start]
    pub fn new(name: String, log: Log) -> Self {
        let it = Chronicler { name, log, lame: false };
        it.note("start");
        it
    }

    #[command]
    pub fn fail(&mut self) {
        panic!("on purpose")
    }

    #[command]
    pub fn end(&mut self, cx: &mut Context<Self>) {
        cx.stop();
    }

    /// From now on it takes no notice of a stop.
    #[command]
    pub async fn hang(&mut self) {
        self.lame = true;
        std::future::pending::<()>().await;
    }

    #[stopping]
    fn close(&mut self) {
        self.note("stop");
    }

    #[exit]
    fn gone(&mut self, exit: &Exit) {
        if !exit.is_orderly() {
            self.note("lose");
        }
    }
}

/// Has three of them: a task, a thread, a task.
pub struct Head {
    children: Vec<ChroniclerProxy>,
    log: Log,
}

#[rehearsal::actor]
impl Head {
    #[start]
    pub async fn new(
        strategy: Strategy,
        plan: Restart,
        log: Log,
        cx: &mut Context<Self>,
    ) -> Result<Self, SpawnError> {
        cx.supervision(strategy, plan);
        let mut children = Vec::new();
        for name in ["a", "b", "c"] {
            let spawn = Chronicler::spawn(name.to_owned(), log.clone());
            let spawn = if name == "b" { spawn.thread() } else { spawn };
            children.push(cx.supervise(spawn).await?);
        }
        Ok(Head { children, log })
    }

    #[command]
    pub fn children(&self) -> Vec<ChroniclerProxy> {
        self.children.clone()
    }

    #[command]
    pub fn fail(&mut self) {
        panic!("the head fails")
    }

    #[command]
    pub async fn hang(&mut self) {
        std::future::pending::<()>().await;
    }

    #[stopping]
    fn close(&mut self) {
        self.log.lock().expect("not poisoned").push("stop head".to_owned());
    }
}

/// At once, a thousand times a minute.
fn promptly() -> Restart {
    Restart::on_failure().within(1_000, Duration::from_secs(60)).backoff(Duration::ZERO, Duration::ZERO)
}

fn taken(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().expect("not poisoned"))
}

/// The log, as soon as it has so many lines.
async fn lines(log: &Log, count: usize) -> Vec<String> {
    eventually("the lines", async || log.lock().expect("not poisoned").len() >= count).await;
    taken(log)
}

async fn head(
    strategy: Strategy,
    plan: Restart,
) -> Result<(HeadProxy, Vec<ChroniclerProxy>, Log), Box<dyn std::error::Error>> {
    let log = Log::default();
    let head = Head::spawn(strategy, plan, log.clone()).name("head").await?;
    let children = head.children().await?;
    assert_eq!(taken(&log), ["start a", "start b", "start c"]);
    Ok((head, children, log))
}

#[rehearsal::test]
async fn each_strategy_starts_again_those_it_says() -> Tested {
    let _clean = clean();
    let table: [(Strategy, &[&str]); 3] = [
        (Strategy::OneForOne, &["lose b", "start b"]),
        (Strategy::AllForOne, &["lose b", "stop c", "stop a", "start a", "start b", "start c"]),
        (Strategy::RestForOne, &["lose b", "stop c", "start b", "start c"]),
    ];
    for (strategy, expected) in table {
        let (head, children, log) = head(strategy, promptly()).await?;
        let ids: Vec<u64> = children.iter().map(|child| child.id()).collect();
        children[1].fail().await.unwrap_err();
        assert_eq!(lines(&log, expected.len()).await, expected, "{strategy:?}");
        for child in &children {
            child.ping().await?;
        }
        assert_eq!(children.iter().map(|child| child.id()).collect::<Vec<_>>(), ids);
        head.stop().await?;
        assert_eq!(taken(&log), ["stop c", "stop b", "stop a", "stop head"], "{strategy:?}");
    }
    Ok(())
}

#[rehearsal::test]
async fn children_end_before_their_parent_whatever_ends_it() -> Tested {
    let _clean = clean();
    let last_first = ["c", "b", "a"];
    for way in ["stop", "panic", "kill", "drop"] {
        let (head, children, log) = head(Strategy::OneForOne, promptly()).await?;
        let ended = head.ended();
        match way {
            "stop" => head.stop().tell(),
            "panic" => drop(head.fail().send()?),
            "kill" => head.kill(),
            _ => {}
        }
        drop(head);
        soon("the end", ended).await;
        for child in &children {
            assert!(child.exit().is_some(), "{way}: the child ended before");
        }
        let verb = if way == "kill" { "lose" } else { "stop" };
        let mut expected = last_first.map(|name| format!("{verb} {name}")).to_vec();
        if way == "stop" || way == "drop" {
            expected.push("stop head".to_owned());
        }
        assert_eq!(taken(&log), expected, "{way}");
    }
    Ok(())
}

#[rehearsal::test]
async fn a_kill_is_heard_while_children_are_being_stopped() -> Tested {
    let _clean = clean();
    let (head, children, log) = head(Strategy::OneForOne, promptly()).await?;
    let hanging = children[2].hang().send()?;
    until(&children[2], |info| info.messages_handled == 1).await;
    head.stop().tell();
    eventually("the stop", async || head.state() == State::Stopping).await;
    head.ping().await.unwrap_err();
    head.kill();
    assert!(soon("the hanging ask", hanging).await.unwrap_err().is_dead());
    ended(&head, LONG_WAIT).await;
    let log = taken(&log);
    assert_eq!(log[0], "lose c");
    assert_eq!(log.len(), 3, "{log:?}");
    Ok(())
}

#[rehearsal::test]
async fn one_that_ends_in_good_order_is_a_child_no_more() -> Tested {
    let _clean = clean();
    let (head, children, log) = head(Strategy::AllForOne, promptly()).await?;
    children[0].end().await?;
    assert_eq!(ended(&children[0], LONG_WAIT).await.reason, Reason::Returned);
    children[2].stop().await?;
    assert_eq!(lines(&log, 2).await, ["stop a", "stop c"]);
    children[1].fail().await.unwrap_err();
    assert_eq!(lines(&log, 2).await, ["lose b", "start b"], "it has no sisters left");
    head.stop().await?;
    Ok(())
}

#[rehearsal::test]
async fn a_storm_ends_the_supervisor_with_a_reason_that_names_the_last_end() -> Tested {
    let _clean = clean();
    let plan = promptly().within(3, Duration::from_secs(60));
    let (head, children, log) = head(Strategy::OneForOne, plan).await?;
    for _ in 0..4 {
        // Those that wait behind a panic are kept, so the storm feeds itself.
        children[0].fail().tell()?;
    }
    let exit = ended(&head, LONG_WAIT).await;
    let Reason::GaveUp { child, exit: last } = &exit.reason else { panic!("{exit}") };
    assert_eq!(*child, children[0].name().name());
    assert!(matches!(&last.reason, Reason::Panicked(note) if note.message == "on purpose"), "{exit}");
    assert!(last.detail.contains("3 restarts within 60s is its limit"), "{exit}");
    let said = exit.to_string();
    assert!(said.contains("it gave up its child") && said.contains("on purpose"), "{said}");
    let log = taken(&log);
    assert_eq!(log.iter().filter(|line| *line == "start a").count(), 3);
    assert!(log.ends_with(&["stop c".to_owned(), "stop b".to_owned(), "stop head".to_owned()]), "{log:?}");
    assert!(children.iter().all(|child| child.exit().is_some()));
    Ok(())
}

#[rehearsal::test]
async fn a_supervisor_that_gave_up_is_started_again_by_its_own_rule() -> Tested {
    let _clean = clean();
    let log = Log::default();
    let plan = promptly().within(0, Duration::from_secs(60));
    let (tell, told) = mpsc::channel();
    let head = Head::spawn(Strategy::OneForOne, plan, log.clone())
        .restart(promptly())
        .on_restart(move |restarted| tell.send(restarted.exit.clone()).expect("heard"));
    let head = head.await?;
    let old = head.children().await?;
    old[0].fail().await.unwrap_err();
    for child in &old {
        ended(child, LONG_WAIT).await;
    }
    let new = soon("the new ones", async {
        loop {
            match head.children().await {
                Ok(children) if children[0].id() != old[0].id() => return children,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    for child in new {
        child.ping().await?;
    }
    assert!(matches!(told.try_recv()?.reason, Reason::GaveUp { .. }));
    assert_eq!(head.info().await?.restarts, 1);
    Ok(())
}

/// Starts well the first time, and then as often as it is let.
pub struct Fickle;

#[rehearsal::actor]
impl Fickle {
    #[start]
    pub fn new(starts: Arc<Mutex<Vec<&'static str>>>) -> Result<Self, String> {
        let way = starts.lock().expect("not poisoned").pop();
        match way {
            Some("panic") => panic!("no way to live"),
            Some("error") => Err("the disk is full".to_owned()),
            _ => Ok(Fickle),
        }
    }

    #[command]
    pub fn fail(&mut self) {
        panic!("on purpose")
    }

    #[command]
    pub fn live(&self) -> bool {
        true
    }
}

/// Has one of any kind.
pub struct Keeper;

#[rehearsal::actor]
impl Keeper {
    #[start]
    pub fn new() -> Self {
        Keeper
    }

    #[command]
    pub async fn fickle(
        &mut self,
        starts: Arc<Mutex<Vec<&'static str>>>,
        thread: bool,
        cx: &mut Context<Self>,
    ) -> Result<FickleProxy, String> {
        cx.supervision(Strategy::OneForOne, promptly());
        let spawn = Fickle::spawn(starts);
        let spawn = if thread { spawn.thread() } else { spawn };
        cx.supervise(spawn).await.map_err(|error| error.to_string())
    }

    #[command]
    pub async fn counter(&mut self, place: Placement, cx: &mut Context<Self>) -> CounterProxy {
        cx.supervision(Strategy::OneForOne, promptly());
        cx.supervise(put(Counter::spawn(7), place)).await.expect("it starts")
    }
}

#[rehearsal::test]
async fn a_start_that_fails_is_tried_again_but_not_the_first() -> Tested {
    let _clean = clean();
    for thread in [false, true] {
        let keeper = Keeper::spawn().await?;
        let error = keeper.fickle(Arc::new(Mutex::new(vec!["error"])), thread).await.unwrap_err();
        assert!(error.to_string().contains("did not start: the disk is full"), "{error}");
        let error = keeper.fickle(Arc::new(Mutex::new(vec!["panic"])), thread).await.unwrap_err();
        assert!(error.to_string().contains("no way to live"), "{error}");

        let starts = Arc::new(Mutex::new(vec![]));
        let fickle = keeper.fickle(starts.clone(), thread).await?;
        *starts.lock().expect("not poisoned") = vec!["well", "error", "panic"];
        fickle.fail().tell()?;
        assert!(soon("an answer", fickle.live()).await?, "kept over three lives");
        assert_eq!(fickle.info().await?.restarts, 3);
    }
    Ok(())
}

#[rehearsal::test]
async fn a_child_wherever_it_is_placed_comes_back() -> Tested {
    let _clean = clean().letters(..=1);
    for place in PLACEMENTS {
        let keeper = Keeper::spawn().await?;
        let counter = keeper.counter(place).await?;
        assert_eq!(counter.add(1).await?, 8);
        strike(&counter);
        // What was with the process when it died is lost, and says so, unless its end was known by then.
        eventually("the next life", async || counter.add(0).await.ok() == Some(7)).await;
        assert_eq!(counter.info().await?.restarts, 1, "{place}");
        let pid = counter.pid();
        keeper.stop().await?;
        assert_eq!(counter.exit().map(|exit| exit.reason), Some(Reason::Stopped), "{place}");
        assert!(place != Placement::Process || !is_running(pid));
    }
    Ok(())
}

/// A parent in a process of its own, whose child is another process.
pub struct Ancestor {
    child: CounterProxy,
}

#[rehearsal::actor]
impl Ancestor {
    #[start]
    pub async fn new(cx: &mut Context<Self>) -> Result<Self, SpawnError> {
        Ok(Ancestor { child: cx.supervise(Counter::spawn(1).process()).await? })
    }

    #[command]
    pub async fn ask(&self) -> Option<i64> {
        self.child.add(1).await.ok()
    }

    #[command]
    pub fn child(&self) -> u32 {
        self.child.pid()
    }
}

#[rehearsal::test]
async fn the_children_of_a_process_go_with_it() -> Tested {
    let _clean = clean();
    for way in ["-KILL", "stop"] {
        let ancestor = Ancestor::spawn().process().await?;
        let child = ancestor.child().await?;
        assert!(is_running(child));
        assert_eq!(ancestor.ask().await?, Some(2));
        signal(child, "-KILL");
        let back = async { while ancestor.ask().await.is_ok_and(|sum| sum != Some(2)) {} };
        soon("the child's next life", back).await;
        let child = ancestor.child().await?;
        assert!(is_running(child));
        if way == "stop" {
            ancestor.stop().await?;
        } else {
            signal(ancestor.pid(), way);
        }
        ended(&ancestor, LONG_WAIT).await;
        eventually("the child's end", async || !is_running(child)).await;
    }
    Ok(())
}

#[rehearsal::test(start_paused = true)]
async fn a_child_is_kept_without_a_proxy_and_found_by_name() -> Tested {
    let _clean = clean();
    let keeper = Keeper::spawn().await?;
    let counter = keeper.counter(Placement::Task).await?;
    let found: ActorRef = rehearsal::arbiter().find(&counter.name().name()).expect("it lives");
    drop(counter);
    settle().await;
    found.ping().await?;
    keeper.stop().await?;
    assert_eq!(found.exit().map(|exit| exit.reason), Some(Reason::Stopped));
    Ok(())
}
