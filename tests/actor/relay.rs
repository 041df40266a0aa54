//! Tells from actor to actor that are handled on the teller's thread: when, when not, and that nothing is lost by it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use crate::cast::Tested;
use rehearsal::actor::panic;
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{self, Id};

/// What the last one of several heard.
#[derive(Debug)]
pub struct Heard {
    number: u64,
    /// The task in which the one before handled it, if there was one.
    before: Option<Id>,
    /// The task and the runtime in which it was handled here.
    task: Option<Id>,
    runtime: tokio::runtime::Id,
}

impl Heard {
    fn was_relayed(&self) -> bool {
        self.before.is_some() && self.before == self.task
    }
}

/// What was heard and not looked at. To wake a task for it would be no quick command.
#[derive(Clone, Default)]
pub struct Ears(Arc<Mutex<VecDeque<Heard>>>);

impl Ears {
    fn hear(&self, heard: Heard) {
        self.0.lock().expect("no panic").push_back(heard);
    }

    async fn next(&self) -> Heard {
        loop {
            if let Some(heard) = self.0.lock().expect("no panic").pop_front() {
                return heard;
            }
            task::yield_now().await;
        }
    }
}

/// Passes on what it hears.
pub struct Passer {
    next: Vec<PasserProxy>,
    heard: Ears,
}

#[rehearsal::actor]
impl Passer {
    #[start]
    pub fn new(next: Vec<PasserProxy>, heard: Ears) -> Passer {
        Passer { next, heard }
    }

    #[command]
    pub fn join(&mut self, next: PasserProxy) {
        self.next.push(next);
    }

    #[command]
    pub fn part(&mut self) {
        self.next.clear();
    }

    /// Tells the next ones, or that it is the last.
    #[command]
    pub fn pass(&mut self, number: u64, before: Option<Id>, block: Option<mpsc::Receiver<()>>) {
        let task = task::try_id();
        for next in &self.next {
            // One that has ended hears nothing more.
            let _ = next.pass(number, task, None).tell();
        }
        if self.next.is_empty() {
            self.heard.hear(Heard { number, before, task, runtime: Handle::current().id() });
        }
        if let Some(until) = block {
            let _ = until.recv();
        }
    }

    /// Round and round, so many times; then, or where there is no next one any more, that is heard.
    #[command]
    pub fn spin(&mut self, hops: u64) {
        let told = match self.next.first() {
            Some(next) if hops > 0 => next.spin(hops - 1).tell().is_ok(),
            _ => false,
        };
        if !told {
            let (task, runtime) = (task::try_id(), Handle::current().id());
            self.heard.hear(Heard { number: hops, before: None, task, runtime });
        }
    }

    /// Falls where it is the last, and is told to.
    #[command]
    pub fn fall(&mut self, now: bool) {
        match self.next.first() {
            Some(next) => {
                let _ = next.fall(now).tell();
            }
            None if now => panic::expected(|| panic!("as it was told to")),
            None => {}
        }
    }
}

/// Two, of which the first tells the second.
async fn two() -> Result<(PasserProxy, PasserProxy, Ears), SpawnError> {
    let ears = Ears::default();
    let last = Passer::spawn(Vec::new(), ears.clone()).await?;
    Ok((Passer::spawn(vec![last.clone()], ears.clone()).await?, last, ears))
}

/// As many in a line.
async fn line(length: usize) -> Result<(Vec<PasserProxy>, Ears), SpawnError> {
    let ears = Ears::default();
    let mut line: Vec<PasserProxy> = Vec::new();
    for _ in 0..length {
        line.push(Passer::spawn(line.last().cloned().into_iter().collect(), ears.clone()).await?);
    }
    line.reverse();
    Ok((line, ears))
}

async fn pass(first: &PasserProxy, number: u64, ears: &Ears) -> Result<Heard, Error> {
    first.pass(number, None, None).tell()?;
    Ok(ears.next().await)
}

/// Passes something on until it is handled on the teller's thread: nobody knows before that a command is quick.
async fn until_relayed(first: &PasserProxy, ears: &Ears) -> Result<(), Error> {
    while !pass(first, 0, ears).await?.was_relayed() {
        task::yield_now().await;
    }
    Ok(())
}

fn beside() -> Result<Runtime, std::io::Error> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

#[rehearsal::test]
async fn a_quick_command_is_handled_where_it_was_told() -> Tested {
    let _clean = clean();
    let (first, _last, ears) = two().await?;
    soon("a tell that is handled there", until_relayed(&first, &ears)).await?;
    Ok(())
}

#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quick_command_is_handled_where_it_was_told_among_several_threads() -> Tested {
    let _clean = clean();
    let (first, _last, ears) = two().await?;
    soon("a tell that is handled there", until_relayed(&first, &ears)).await?;
    Ok(())
}

#[rehearsal::test]
async fn one_whose_teller_blocks_is_heard_all_the_same() -> Tested {
    let _clean = clean();
    // Beside the runtime of this test, which one thread runs.
    let runtime = beside()?;
    let (first, last, ears) = soon("two actors", runtime.spawn(two())).await??;
    for number in 1..=3 {
        soon("a tell that is handled there", until_relayed(&first, &ears)).await?;
        let (release, until) = mpsc::channel();
        first.pass(number, None, Some(until)).tell()?;
        let heard = soon("what was told before the block", ears.next()).await;
        // Only now, so that a teller that keeps it from being heard does so for ever.
        drop(release);
        assert_eq!(heard.number, number);
    }
    for actor in [first, last] {
        actor.stop().await?;
    }
    runtime.shutdown_background();
    Ok(())
}

/// One that has just been spawned, and told something, beside those here.
async fn fresh(first: &PasserProxy, ears: &Ears) -> Result<PasserProxy, String> {
    let fresh = Passer::spawn(Vec::new(), ears.clone()).await.map_err(|error| error.to_string())?;
    first.part().await.map_err(|error| error.to_string())?;
    first.join(fresh.clone()).await.map_err(|error| error.to_string())?;
    Ok(fresh)
}

#[rehearsal::test]
async fn one_that_has_no_task_yet_is_polled_there_and_gets_none() -> Tested {
    let _clean = clean();
    let (first, _last, ears) = two().await?;
    soon("a tell that is handled there", until_relayed(&first, &ears)).await?;
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let mut told = Vec::new();
    let mut relayed = 0;
    soon("some that are handled there", async {
        while relayed < 20 {
            told.push(fresh(&first, &ears).await?);
            let heard = pass(&first, 0, &ears).await.map_err(|error| error.to_string())?;
            relayed += usize::from(heard.was_relayed());
        }
        Ok::<_, String>(())
    })
    .await?;
    // Those that were woken have one, and the runtime may have its hearth.
    let woken = told.len() - relayed;
    assert!(tasks() <= before + woken + 1, "{} tasks, {before} before, {woken} woken", tasks());
    Ok(())
}

#[rehearsal::test]
async fn one_that_has_no_task_yet_is_heard_though_its_teller_blocks() -> Tested {
    let _clean = clean();
    let runtime = beside()?;
    let (first, last, ears) = soon("two actors", runtime.spawn(two())).await??;
    soon("a tell that is handled there", until_relayed(&first, &ears)).await?;
    for number in 1..=3 {
        let (teller, heard_by) = (first.clone(), ears.clone());
        let spawned = runtime.spawn(async move { fresh(&teller, &heard_by).await });
        let fresh = soon("one that is told nothing yet", spawned).await??;
        let (release, until) = mpsc::channel();
        first.pass(number, None, Some(until)).tell()?;
        let heard = soon("what was told before the block", ears.next()).await;
        drop(release);
        assert_eq!(heard.number, number);
        fresh.stop().await?;
    }
    for actor in [first, last] {
        actor.stop().await?;
    }
    runtime.shutdown_background();
    Ok(())
}

/// How many pass it on from one to the next.
const CHAIN: usize = 10_000;

#[rehearsal::test]
async fn a_long_line_passes_it_on_to_its_end() -> Tested {
    let _clean = clean();
    let (line, ears) = line(CHAIN).await?;
    let first = line.first().ok_or("it has members")?;
    for number in 0..20 {
        let heard = soon("the end of the line", pass(first, number, &ears)).await?;
        assert_eq!(heard.number, number);
    }
    Ok(())
}

async fn ring(length: usize) -> Result<(Vec<PasserProxy>, Ears), String> {
    let (ring, ears) = line(length).await.map_err(|error| error.to_string())?;
    let (first, last) = (&ring[0], &ring[length - 1]);
    last.join(first.clone()).await.map_err(|error| error.to_string())?;
    Ok((ring, ears))
}

/// Each holds the next one, so none ends by itself.
async fn part(ring: &[PasserProxy]) -> Tested {
    for member in ring {
        member.part().await?;
    }
    Ok(())
}

#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ring_counts_every_hop() -> Tested {
    let _clean = clean();
    let (ring, ears) = ring(7).await?;
    for hops in [1, 1_000, 20_000] {
        ring[0].spin(hops).tell()?;
        assert_eq!(soon("the last hop", ears.next()).await.number, 0);
    }
    let mut handled = 0;
    for member in &ring {
        handled += member.info().await?.messages_handled;
    }
    // The first of each round, and one that joined.
    assert_eq!(handled, 1 + 1_000 + 20_000 + 3 + 1);
    part(&ring).await
}

#[rehearsal::test]
async fn one_that_stops_in_the_middle_of_a_ring_ends_it() -> Tested {
    // What was on its way to the one that stopped, in its mailbox or told too late.
    let _clean = clean().letters(..=5);
    for _ in 0..5 {
        let (ring, _) = ring(5).await?;
        ring[0].spin(u64::MAX).tell()?;
        while ring[2].info().await?.messages_handled < 2_000 {
            task::yield_now().await;
        }
        soon("its end", ring[2].stop()).await?;
        assert_eq!(ended(&ring[2], LONG_WAIT).await.reason, Reason::Stopped);
        for (place, member) in ring.iter().enumerate().filter(|(place, _)| *place != 2) {
            soon("another one's answer", member.part()).await.map_err(|error| format!("{place}: {error}"))?;
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn one_that_panics_there_takes_nobody_along() -> Tested {
    let _clean = clean().letters(..);
    let (first, last, ears) = two().await?;
    soon("a tell that is handled there", until_relayed(&first, &ears)).await?;
    for _ in 0..300 {
        first.fall(false).await?;
    }
    first.fall(true).await?;
    assert!(matches!(soon("its end", ended(&last, LONG_WAIT)).await.reason, Reason::Panicked(_)));
    first.part().await?;
    assert_eq!(soon("the teller", pass(&first, 5, &ears)).await?.number, 5);
    Ok(())
}

#[rehearsal::test]
async fn a_ring_without_end_lets_others_have_their_turn() -> Tested {
    let _clean = clean();
    let (ring, ears) = ring(3).await?;
    let heard = Arc::new(AtomicBool::new(false));
    ring[0].spin(u64::MAX).tell()?;
    for _ in 0..100 {
        let heard = heard.clone();
        heard.store(false, Ordering::Relaxed);
        let other = tokio::spawn(async move { heard.store(true, Ordering::Relaxed) });
        soon("another task's turn", other).await?;
    }
    assert!(heard.load(Ordering::Relaxed));
    part(&ring).await?;
    soon("the last hop", ears.next()).await;
    Ok(())
}

#[rehearsal::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_one_tells_stays_in_order() -> Tested {
    let _clean = clean();
    let (first, _last, ears) = two().await?;
    let mut expected = 0;
    for round in 0..500 {
        // One alone, several together, and one while others are handled.
        for _ in 0..=round % 4 {
            first.pass(expected, None, None).deliver().await?;
            expected += 1;
        }
        for number in expected - (round % 4 + 1)..expected {
            assert_eq!(soon("what was told", ears.next()).await.number, number);
        }
    }
    Ok(())
}

/// Each may be at work on a thread of its own.
#[rehearsal::test]
async fn several_that_are_told_by_one_handler_are_woken() -> Tested {
    let _clean = clean();
    let (first, _last, ears) = two().await?;
    soon("a tell that is handled there", until_relayed(&first, &ears)).await?;
    let others = Ears::default();
    first.join(Passer::spawn(Vec::new(), others.clone()).await?).await?;
    for number in 0..300 {
        let one = soon("one", pass(&first, number, &ears)).await?;
        let other = soon("the other", others.next()).await;
        assert!(!one.was_relayed() && !other.was_relayed(), "{one:?}, {other:?}");
    }
    Ok(())
}

#[rehearsal::test]
async fn one_that_has_its_own_task_is_told_there() -> Tested {
    let _clean = clean();
    let (first, _last, ears) = two().await?;
    soon("a tell that is handled there", until_relayed(&first, &ears)).await?;
    let ears = Ears::default();
    let own = Passer::spawn(Vec::new(), ears.clone()).own_task().await?;
    let first = Passer::spawn(vec![own], ears.clone()).await?;
    for number in 0..300 {
        assert!(!soon("it", pass(&first, number, &ears)).await?.was_relayed());
    }
    Ok(())
}

#[rehearsal::test]
async fn one_of_another_runtime_is_told_there() -> Tested {
    let _clean = clean();
    let runtime = beside()?;
    let (first, _last, ears) = two().await?;
    soon("a tell that is handled there", until_relayed(&first, &ears)).await?;
    let ears = Ears::default();
    let there = ears.clone();
    let spawned = runtime.spawn(async move { Passer::spawn(Vec::new(), there).await });
    let far = soon("its start", spawned).await??;
    let near = Passer::spawn(vec![far.clone()], ears.clone()).await?;
    for number in 0..300 {
        let heard = soon("it", pass(&near, number, &ears)).await?;
        assert_eq!((heard.runtime, heard.was_relayed()), (runtime.handle().id(), false));
    }
    far.stop().await?;
    runtime.shutdown_background();
    Ok(())
}

/// Time is paused so that a test is the same each time, so who goes first may not hang on how quick something was.
#[rehearsal::test(start_paused = true)]
async fn where_time_is_paused_everybody_has_its_own_turn() -> Tested {
    let _clean = clean();
    let (first, _last, ears) = two().await?;
    for number in 0..300 {
        assert!(!pass(&first, number, &ears).await?.was_relayed());
    }
    Ok(())
}

/// Some are in the middle of a hop, some are told something and not yet polled.
#[rehearsal::test]
async fn a_runtime_that_ends_while_a_ring_turns_ends_its_actors() -> Tested {
    let _clean = clean().letters(..).failures(..);
    let runtime = beside()?;
    let made = runtime.spawn(async move {
        let made = ring(5).await?;
        made.0[0].spin(u64::MAX).tell().map_err(|error| error.to_string())?;
        Ok::<_, String>(made)
    });
    let (ring, _ears) = soon("the ring", made).await??;
    while ring[4].info().await?.messages_handled < 1_000 {
        task::yield_now().await;
    }
    task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(30))).await?;
    for member in &ring {
        soon("its end", ended(member, LONG_WAIT)).await;
    }
    Ok(())
}
