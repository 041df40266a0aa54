//! Asks that would wait for themselves end in an error that names the cycle; asks that would not do not.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::cast::{PLACEMENTS, Tested};
use rehearsal::actor::{ActorName, Answer, Cause};
use rehearsal::prelude::*;
use rehearsal::testkit::{clean, soon, until};
use tokio::sync::{Notify, mpsc};

/// What an ask ended in, as text: the answer, or the path of the cycle. There is no other end here.
fn told<T: std::fmt::Display>(outcome: Result<T, Error>) -> String {
    outcome.map_or_else(|error| path(&error), |answer| answer.to_string())
}

fn path(error: &Error) -> String {
    let Cause::Cycle { path } = error.cause() else { panic!("{error}") };
    path.iter().map(short).collect::<Vec<_>>().join(" -> ")
}

/// The name without what tells it from those of the same test's other rounds.
fn short(actor: &ActorName) -> String {
    actor.name().split('@').next().unwrap_or_default().to_owned()
}

/// Asks itself, wherever it is.
pub struct Selfish;

#[rehearsal::actor]
impl Selfish {
    #[start]
    pub fn new() -> Self {
        Selfish
    }

    #[command]
    pub fn plain(&self) -> u32 {
        7
    }

    /// What nobody but its commands answers, in three ways.
    #[command]
    pub async fn commands(&self, cx: &mut Context<Self>) -> Vec<String> {
        let me = cx.proxy();
        let sent = me.plain().send().expect("room");
        let message = me.plain().await.expect_err("it would wait for itself").to_string();
        vec![
            told(me.plain().await),
            told(sent.await),
            told(me.run(nothing()).await.map(|()| "done")),
            message,
        ]
    }

    /// What is answered while a command waits.
    #[command]
    pub async fn questions(&self, cx: &mut Context<Self>) -> bool {
        let me = cx.proxy();
        me.ping().await.is_ok() && me.info().await.is_ok()
    }

    /// A task of its own may ask it.
    #[command]
    pub async fn later(&self, cx: &mut Context<Self>) {
        let me = cx.proxy();
        tokio::spawn(async move { assert_eq!(told(me.plain().await), "7") });
    }
}

type Outcome = Result<u32, Error>;

/// Polls both until both are done.
async fn both(one: impl Future<Output = Outcome>, other: impl Future<Output = Outcome>) -> (String, String) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|cx| {
        if first.is_none()
            && let Poll::Ready(outcome) = one.as_mut().poll(cx)
        {
            first = Some(told(outcome));
        }
        if second.is_none()
            && let Poll::Ready(outcome) = other.as_mut().poll(cx)
        {
            second = Some(told(outcome));
        }
        if first.is_some() && second.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (first.unwrap_or_default(), second.unwrap_or_default())
}

/// An open command.
#[rehearsal::command]
pub fn nothing() {}

#[rehearsal::test]
async fn asking_oneself() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let name = format!("one@{place}");
        let one = Selfish::spawn().name(&*name);
        let one = match place {
            Placement::Thread => one.thread().await?,
            Placement::Process => one.process().await?,
            _ => one.await?,
        };
        let told = soon("an answer", one.commands()).await?;
        assert_eq!(told[..3], ["one -> one"; 3], "{place}");
        let text = format!(
            "`plain` of actor `{name}` (Selfish): it would wait for itself: {name} -> {name}, each inside of a command;"
        );
        assert!(told[3].starts_with(&text), "{}", told[3]);
        assert!(soon("an answer", one.questions()).await?, "{place}");
        soon("an answer", one.later()).await?;
        assert_eq!(soon("an answer", one.plain()).await?, 7, "{place}: it goes on");
    }
    Ok(())
}

/// Asks others while others ask it.
pub struct Asker;

type Gate = Arc<Notify>;

#[rehearsal::actor]
impl Asker {
    #[start]
    pub fn new() -> Self {
        Asker
    }

    #[command]
    pub fn plain(&self) -> u32 {
        7
    }

    /// Asks the last of these to go on with the others; the first of them is asked something plain.
    #[command]
    pub async fn along(&self, way: Vec<AskerProxy>) -> String {
        let mut way = way;
        match way.pop() {
            Some(next) if way.is_empty() => told(next.plain().await),
            Some(next) => told(next.along(way).await),
            None => "arrived".to_owned(),
        }
    }

    /// Asks both at the same time.
    #[command]
    pub async fn both(&self, one: AskerProxy, other: AskerProxy) -> (String, String) {
        both(one.plain().into_future(), other.plain().into_future()).await
    }

    /// Asks for a moment, gives up, and waits for something else.
    #[command]
    pub async fn briefly(&self, other: AskerProxy, given_up: Gate, then: Gate) -> bool {
        let answer = tokio::time::timeout(Duration::from_millis(5), other.plain()).await;
        given_up.notify_one();
        then.notified().await;
        answer.is_err()
    }

    #[command]
    pub async fn ask_after(&self, gate: Gate, other: AskerProxy) -> String {
        gate.notified().await;
        told(other.plain().await)
    }

    /// Has a task ask, and answers without waiting for it.
    #[command]
    pub fn delegate(&self, other: AskerProxy, done: mpsc::UnboundedSender<String>) {
        tokio::spawn(async move { done.send(told(other.plain().await)) });
    }

    /// Sends, and answers without waiting.
    #[command]
    pub fn send_on(&self, other: AskerProxy) -> bool {
        other.plain().send().is_ok()
    }

    /// Asks the other to ask back what is answered while a command waits.
    #[command]
    pub async fn be_greeted(&self, by: AskerProxy, cx: &mut Context<Self>) -> bool {
        by.greet(cx.proxy()).await.expect("no cycle")
    }

    #[command]
    pub async fn greet(&self, other: AskerProxy) -> bool {
        other.ping().await.is_ok() && other.info().await.is_ok()
    }

    /// Begins to ask, waits for the gate with the ask at hand, and goes on with it.
    #[command]
    pub async fn hold(&self, other: AskerProxy, holding: Gate, gate: Gate) -> String {
        let mut ask = pin!(other.plain().into_future());
        let begun = poll_fn(|cx| Poll::Ready(ask.as_mut().poll(cx))).await;
        holding.notify_one();
        gate.notified().await;
        match begun {
            Poll::Ready(answer) => told(answer),
            Poll::Pending => told(ask.await),
        }
    }
}

async fn asker(name: &str, place: Placement) -> Result<AskerProxy, SpawnError> {
    let asker = Asker::spawn();
    let name = format!("{name}@{}", asker.id());
    let asker = asker.name(name);
    if place == Placement::Thread { asker.thread().await } else { asker.await }
}

/// Two actors in each combination of placements.
async fn pairs() -> Result<Vec<(AskerProxy, AskerProxy)>, SpawnError> {
    let (task, thread) = (Placement::Task, Placement::Thread);
    let mut pairs = Vec::new();
    for (one, other) in [(task, task), (task, thread), (thread, task), (thread, thread)] {
        pairs.push((asker("a", one).await?, asker("b", other).await?));
    }
    Ok(pairs)
}

/// Sends the one to wait for the gate and then ask the other, and comes back when it does.
async fn busy(
    one: &AskerProxy,
    gate: Gate,
    other: &AskerProxy,
) -> Result<Answer<Asker, String>, Box<dyn std::error::Error>> {
    let taken = one.info().await?.messages_handled;
    let asked = one.ask_after(gate, other.clone()).send()?;
    until(one, |info| info.messages_handled > taken).await;
    Ok(asked)
}

#[rehearsal::test]
async fn a_cycle_is_named_by_one_of_those_on_it() -> Tested {
    let _clean = clean();
    for places in [[Placement::Task; 4], [Placement::Thread; 4]] {
        let mut actors = Vec::new();
        for (name, place) in ["a", "b", "c", "d"].iter().zip(places) {
            actors.push(asker(name, place).await?);
        }
        actors[2] = asker("c", Placement::Thread).await?;
        for length in 2..=4 {
            // The first is asked last.
            let mut way = actors[..length].to_vec();
            way[1..].reverse();
            let told = soon("an answer", actors[0].along(way)).await?;
            let cycle = ["a -> b", "b -> c", "c -> d", "d -> a"];
            let mut names: Vec<&str> = told.split(" -> ").collect();
            assert_eq!((names.len(), names.first()), (length + 1, names.last()), "{told}");
            let steps = names.windows(2).map(|step| step.join(" -> "));
            let closing = format!("{} -> a", ["", "a", "b", "c", "d"][length]);
            assert!(steps.clone().all(|step| step == closing || cycle.contains(&&*step)), "{told}");
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), length, "{told}");
            for actor in &actors {
                assert_eq!(soon("an answer", actor.plain()).await?, 7, "they go on");
            }
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn an_ask_beside_another_closes_a_cycle_too() -> Tested {
    let _clean = clean();
    for (a, b) in pairs().await? {
        let c = asker("c", Placement::Task).await?;
        let gate = Gate::default();
        let asked = busy(&b, gate.clone(), &a).await?;
        let both = a.both(b.clone(), c).send()?;
        until(&b, |info| info.mailbox.waiting >= 1).await;
        gate.notify_one();
        let ((busy, at_leisure), asked) = (soon("both", both).await?, soon("the ask", asked).await?);
        assert_eq!(at_leisure, "7");
        let ends = [busy.as_str(), asked.as_str()];
        assert!(
            ends == ["a -> b -> a", "7"] || ends == ["7", "b -> a -> b"],
            "{ends:?}: one of them breaks it"
        );
    }
    Ok(())
}

#[rehearsal::test]
async fn an_ask_that_was_given_up_is_part_of_none() -> Tested {
    let _clean = clean();
    for (a, b) in pairs().await? {
        let (given_up, then) = (Gate::default(), Gate::default());
        let asked = busy(&b, given_up.clone(), &a).await?;
        let briefly = a.briefly(b.clone(), given_up, then.clone()).send()?;
        until(&a, |info| info.mailbox.waiting >= 1).await;
        then.notify_one();
        assert!(soon("the command", briefly).await?, "it gave up");
        assert_eq!(soon("the ask", asked).await?, "7");
    }
    Ok(())
}

#[rehearsal::test]
async fn an_ask_at_hand_that_nobody_awaits_is_part_of_none() -> Tested {
    let _clean = clean();
    for (a, b) in pairs().await? {
        let (holding, gate, now) = (Gate::default(), Gate::default(), Gate::default());
        now.notify_one();
        let hold = a.hold(b.clone(), holding.clone(), gate.clone()).send()?;
        soon("the hold", holding.notified()).await;
        let asked = busy(&b, now, &a).await?;
        until(&a, |info| info.mailbox.waiting >= 1).await;
        a.ping().await?;
        b.ping().await?;
        gate.notify_one();
        assert_eq!(soon("what was held", hold).await?, "7");
        assert_eq!(soon("the ask", asked).await?, "7");
    }
    Ok(())
}

/// The one that was answered has not looked yet when the one that answered asks it.
#[rehearsal::test]
async fn an_ask_that_has_been_answered_is_part_of_none() -> Tested {
    let _clean = clean();
    for (a, b) in pairs().await? {
        for _ in 0..200 {
            let gate = Gate::default();
            let c = asker("c", Placement::Task).await?;
            let busy = busy(&b, gate.clone(), &c).await?;
            let first = a.along(vec![b.clone()]).send()?;
            until(&b, |info| info.mailbox.waiting >= 1).await;
            let second = b.along(vec![a.clone()]).send()?;
            gate.notify_one();
            assert_eq!(soon("the ask that was answered", first).await?, "7");
            assert_eq!(soon("the ask that came after", second).await?, "7");
            busy.await?;
        }
    }
    Ok(())
}

#[rehearsal::test]
async fn what_a_task_asks_or_nobody_awaits_is_part_of_none() -> Tested {
    let _clean = clean();
    for (a, b) in pairs().await? {
        let gate = Gate::default();
        let asked = busy(&b, gate.clone(), &a).await?;
        let (done, mut answers) = mpsc::unbounded_channel();
        a.delegate(b.clone(), done).await?;
        assert!(a.send_on(b.clone()).await?);
        until(&b, |info| info.mailbox.waiting >= 2).await;
        gate.notify_one();
        assert_eq!(soon("the ask", asked).await?, "7");
        assert_eq!(soon("what the task asked", answers.recv()).await.as_deref(), Some("7"));
        assert!(soon("a greeting", a.be_greeted(b.clone())).await?, "questions are answered in between");
    }
    Ok(())
}

/// Numbers that are the same in every run.
fn random(state: &mut u64, below: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize % below
}

async fn company() -> Result<Vec<AskerProxy>, SpawnError> {
    let mut company = Vec::new();
    for number in 0..6 {
        let place = if number % 3 == 2 { Placement::Thread } else { Placement::Task };
        company.push(asker(&format!("actor-{number}"), place).await?);
    }
    Ok(company)
}

/// Sends so many ways to the company at the same time, and hands each with its end to `judge`.
async fn walk(ways: Vec<Vec<usize>>, judge: impl Fn(&[usize], &str)) -> Tested {
    let company = company().await?;
    for batch in ways.chunks(16) {
        let mut asks = Vec::new();
        for way in batch {
            let (first, rest) = way.split_first().expect("a way has a beginning");
            let mut rest: Vec<_> = rest.iter().map(|at| company[*at].clone()).collect();
            rest.reverse();
            asks.push(company[*first].along(rest).send()?);
        }
        for (way, ask) in batch.iter().zip(asks) {
            judge(way, &soon("the end of a way", ask).await?);
        }
    }
    Ok(())
}

/// Whoever asks only those behind it never closes a circle.
#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_false_alarm_where_there_can_be_no_cycle() -> Tested {
    let _clean = clean();
    let mut state = 42;
    let ways = (0..2_000).map(|_| {
        let mut way: Vec<usize> = (0..6).filter(|_| random(&mut state, 3) > 0).collect();
        if way.is_empty() {
            way.push(0)
        }
        way
    });
    let ways = ways.collect();
    walk(ways, |way, told| {
        let expected = if way.len() == 1 { "arrived" } else { "7" };
        assert_eq!(told, expected, "{way:?}");
    })
    .await
}

/// Ways in all directions at the same time: each ends, in an answer or in a path that is one, and long before its
/// deadline, whose error `told` would not take.
#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_circles_there_are_none_is_left_to_its_deadline() -> Tested {
    let _clean = clean();
    let mut state = 43;
    let ways = (0..2_000).map(|_| (0..2 + random(&mut state, 3)).map(|_| random(&mut state, 6)).collect());
    let ways: Vec<Vec<usize>> = ways.collect();
    let cycles = std::cell::Cell::new(0);
    walk(ways, |way, told| {
        if told == "7" {
            return;
        }
        cycles.set(cycles.get() + 1);
        let names: Vec<&str> = told.split(" -> ").collect();
        assert!(names.len() >= 2 && names.first() == names.last(), "{way:?}: {told}");
        let mut inner = names[1..].to_vec();
        inner.sort_unstable();
        inner.dedup();
        assert_eq!(inner.len(), names.len() - 1, "{way:?}: {told}");
    })
    .await?;
    assert!(cycles.get() > 20, "{} cycles only", cycles.get());
    Ok(())
}
