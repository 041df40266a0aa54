//! Spans that follow an ask through actors and processes, and events for what becomes of actors.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once};

use crate::cast::{Counter, CounterProxy, PLACEMENTS, Tested, put};
use crate::inline::{Host, until_here};
use rehearsal::actor::Restart;
use rehearsal::prelude::*;
use rehearsal::testkit::{Asked, LONG_WAIT, Probed, clean, ended, eventually, soon};
use serde::{Deserialize, Serialize};
use tracing::callsite::rebuild_interest_cache;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Instrument, Metadata, Subscriber};
use tracing_core::span::Current;

/// A span or event as it was recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    name: String,
    fields: BTreeMap<String, String>,
    /// The number of the span it is in.
    parent: Option<u64>,
    is_over: bool,
    is_span: bool,
}

impl Seen {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    fn is_command(&self, actor: &str, command: &str) -> bool {
        self.is_span && self.field("actor") == actor && self.field("command") == command
    }
}

/// Everything that this process was told while somebody wanted to know; the number of a span is its place, counted from 1.
static BOOK: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// How many want to know.
static WANTED: AtomicUsize = AtomicUsize::new(0);

struct Entry {
    seen: Seen,
    handles: usize,
    metadata: &'static Metadata<'static>,
}

thread_local! {
    /// The spans that this thread is in.
    static INSIDE: RefCell<Vec<Id>> = const { RefCell::new(Vec::new()) };
}

fn book() -> MutexGuard<'static, Vec<Entry>> {
    BOOK.lock().expect("not poisoned")
}

fn place(id: &Id) -> usize {
    usize::try_from(id.into_u64()).expect("a place") - 1
}

fn innermost() -> Option<Id> {
    INSIDE.with_borrow(|inside| inside.last().cloned())
}

struct Recorder;

struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

fn note(name: &str, fields: Fields, parent: Option<Id>, metadata: &'static Metadata<'static>) -> Id {
    let (is_span, parent) = (metadata.is_span(), parent.map(|id| id.into_u64()));
    let seen = Seen { name: name.to_owned(), fields: fields.0, parent, is_over: !is_span, is_span };
    let mut book = book();
    book.push(Entry { seen, handles: 1, metadata });
    Id::from_u64(book.len() as u64)
}

impl Subscriber for Recorder {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    /// Nothing while nobody wants to know: otherwise every message of this process would go on being handled in a span, and so
    /// by its actor's own task, which is not what tests that come later in this worker expect.
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(if WANTED.load(Ordering::Acquire) > 0 { LevelFilter::TRACE } else { LevelFilter::OFF })
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        WANTED.load(Ordering::Acquire) > 0 && ["rehearsal", "test"].contains(&metadata.target())
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(BTreeMap::new());
        span.record(&mut fields);
        let parent = if span.is_contextual() { innermost() } else { span.parent().cloned() };
        note(span.metadata().name(), fields, parent, span.metadata())
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(BTreeMap::new());
        event.record(&mut fields);
        let message = fields.0.get("message").cloned().unwrap_or_default();
        note(&message, fields, innermost(), event.metadata());
    }

    fn enter(&self, span: &Id) {
        INSIDE.with_borrow_mut(|inside| inside.push(span.clone()));
    }

    fn exit(&self, span: &Id) {
        INSIDE.with_borrow_mut(|inside| {
            if let Some(last) = inside.iter().rposition(|id| id == span) {
                inside.remove(last);
            }
        });
    }

    fn clone_span(&self, id: &Id) -> Id {
        book()[place(id)].handles += 1;
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let entry = &mut book()[place(&id)];
        entry.handles -= 1;
        entry.seen.is_over |= entry.handles == 0;
        entry.handles == 0
    }

    fn current_span(&self) -> Current {
        let Some(id) = innermost() else { return Current::none() };
        let metadata = book()[place(&id)].metadata;
        Current::new(id, metadata)
    }
}

/// Has everything be recorded that happens in this process, until it goes: a subscriber is one for good, and what other tests
/// do by the hundred thousand is in nobody's interest. Where tests run in threads of one process that goes on beside them, so
/// those here ask for a worker process.
struct Recording;

fn begin() -> Recording {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Recorder).expect("the first one"));
    WANTED.fetch_add(1, Ordering::AcqRel);
    rebuild_interest_cache();
    Recording
}

impl Drop for Recording {
    fn drop(&mut self) {
        WANTED.fetch_sub(1, Ordering::AcqRel);
        rebuild_interest_cache();
    }
}

/// Everything so far.
fn seen() -> Vec<Seen> {
    book().iter().map(|entry| entry.seen.clone()).collect()
}

/// The number and the record of the span in which this actor handles this command.
fn command_of<'a>(seen: &'a [Seen], actor: &str, command: &str) -> (u64, &'a Seen) {
    let mut spans = seen.iter().enumerate().filter(|(_, one)| one.is_command(actor, command));
    let (at, found) = spans.next().unwrap_or_else(|| panic!("no `{command}` of {actor} in {seen:#?}"));
    assert!(spans.next().is_none(), "one span a command: {seen:#?}");
    (at as u64 + 1, found)
}

/// Hands on what it is asked to an actor of its own.
pub struct Relay {
    next: CounterProxy,
    _recording: Recording,
}

#[rehearsal::actor]
impl Relay {
    /// Its actor has its name, and this behind it.
    #[start]
    pub async fn new(place: Placement, cx: &mut Context<Self>) -> Result<Relay, SpawnError> {
        let recording = begin();
        let name = format!("{}-next", cx.name().name());
        Ok(Relay { next: put(Counter::spawn(0), place).name(name).await?, _recording: recording })
    }

    #[command]
    pub async fn hand_on(&mut self, by: i64) -> Option<i64> {
        self.next.add(by).await.ok()
    }

    #[command]
    pub fn hand_on_untold(&mut self, by: i64) -> bool {
        self.next.add(by).tell().is_ok()
    }

    /// What was seen in its process.
    #[command]
    pub fn seen(&self) -> Vec<Seen> {
        seen()
    }
}

#[rehearsal::test(isolation = "process")]
async fn a_span_follows_an_ask_through_actors() -> Tested {
    let _clean = clean();
    let _recording = begin();
    for (number, place) in [Placement::Task, Placement::Thread].into_iter().enumerate() {
        for (inner, told) in [(Placement::Task, false), (Placement::Thread, true)] {
            let name = format!("relay-{number}-{told}");
            let relay = put(Relay::spawn(inner), place).name(name.as_str()).await?;
            let outer = tracing::info_span!(target: "test", "outer");
            let outer_id = outer.id().map(|id| id.into_u64());
            let command = if told {
                assert!(relay.hand_on_untold(5).into_future().instrument(outer).await?);
                "hand_on_untold"
            } else {
                assert_eq!(relay.hand_on(5).into_future().instrument(outer).await?, Some(5));
                "hand_on"
            };
            let next = format!("{name}-next");
            let is_over = |actor: &str, command: &str| {
                seen().iter().any(|one| one.is_command(actor, command) && one.is_over)
            };
            eventually("the end of both spans", async || is_over(&name, command) && is_over(&next, "add"))
                .await;
            let seen = seen();
            let (own, relayed) = command_of(&seen, &name, command);
            assert_eq!(relayed.parent, outer_id, "{place}: the caller's span is the parent");
            assert_eq!((relayed.field("kind"), relayed.field("placement")), ("Relay", &*place.to_string()));
            let (_, added) = command_of(&seen, &next, "add");
            assert_eq!(added.parent, Some(own), "{place}, {inner}: and so on, from actor to actor");
        }
    }
    Ok(())
}

/// A message that is handled in a span is its actor's own task's.
#[rehearsal::test(isolation = "process")]
async fn asks_are_handled_where_they_are_asked_when_nobody_wants_spans_any_more() -> Tested {
    let _clean = clean();
    drop(begin());
    let host = Host::spawn().await?;
    soon("an ask that is handled here", tokio::spawn(until_here(host))).await??;
    Ok(())
}

#[rehearsal::test(isolation = "process")]
async fn a_span_follows_an_ask_into_a_process_and_on_from_there() -> Tested {
    let _clean = clean();
    let _recording = begin();
    let relay = Relay::spawn(Placement::Task).process().name("relay-apart").await?;
    let outer = tracing::info_span!(target: "test", "outer");
    let outer_id = outer.id().map(|id| id.into_u64());
    assert_eq!(relay.hand_on(5).into_future().instrument(outer).await?, Some(5));
    eventually("the end of the span", async || {
        seen().iter().any(|one| one.is_command("relay-apart", "hand_on") && one.is_over)
    })
    .await;
    let (here, there) = (seen(), relay.seen().await?);
    let (_, sent) = command_of(&here, "relay-apart", "hand_on");
    assert_eq!(sent.parent, outer_id);
    assert_eq!(sent.field("process"), relay.pid().to_string());
    let (own, handled) = command_of(&there, "relay-apart", "hand_on");
    assert_eq!(handled.parent, None, "the span it is below is in another process");
    assert!(
        !sent.field("ask").is_empty() && sent.field("ask") == handled.field("ask"),
        "{sent:?} {handled:?}"
    );
    let (_, added) = command_of(&there, "relay-apart-next", "add");
    assert_eq!((added.parent, added.field("ask")), (Some(own), ""));
    Ok(())
}

#[rehearsal::test(isolation = "process")]
async fn what_becomes_of_an_actor_is_told() -> Tested {
    let _clean = clean().letters(..=1);
    let _recording = begin();
    for place in PLACEMENTS {
        let name = format!("short-lived-{place}");
        let restart = Restart::on_failure();
        let counter = put(Counter::spawn(0), place).name(name.as_str()).restart(restart).await?;
        assert!(counter.fail("on purpose".to_owned()).await.is_err());
        // What a process has that ends is lost with it.
        while counter.add(1).await.is_err() {}
        counter.stop().await?;
        ended(&counter, LONG_WAIT).await;
        let of_it = |one: &Seen| !one.is_span && one.field("actor") == name;
        eventually("its end", async || seen().iter().any(|one| of_it(one) && one.name == "ended")).await;
        let told: Vec<_> = seen().into_iter().filter(of_it).map(|one| one.name).collect();
        assert_eq!(told, ["spawned", "restarted", "ended"], "{place}");
    }
    Ok(())
}

/// What arrives comes with the span it was called in, and is the same message.
#[rehearsal::test(isolation = "process")]
async fn a_probe_sees_what_arrives_while_spans_are_recorded() -> Tested {
    let _clean = clean();
    let _recording = begin();
    let (counter, mut probe) = Counter::probe();
    let (asked, echo) = (counter.add(3).send()?, counter.echo("hello").send()?);
    let Asked::<Counter>::add(reply, 3) = probe.expect().await else { panic!("another command") };
    reply.send(30);
    assert_eq!(asked.await?, 30);
    counter.add(4).tell()?;
    drop(counter);
    let Asked::<Counter>::add(_, 4) = probe.expect().await else { panic!("another command") };
    assert_eq!(echo.await?, "hello");
    Ok(())
}
