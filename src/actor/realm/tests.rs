//! Whose an actor is, and what its realm learns of it.

use std::sync::mpsc;
use std::time::Duration;

use super::*;
use crate::actor::{Group, Topic, panic};

struct Echo;

#[rehearsal::actor]
impl Echo {
    #[start]
    fn new() -> Echo {
        Echo
    }

    #[command]
    fn say(&mut self, text: String) -> String {
        text
    }

    #[command]
    fn fail(&mut self) {
        panic::expected(|| panic!("told to"));
    }

    /// Is told of the other's end from now on.
    #[command]
    fn look_after(&self, other: EchoProxy, cx: &mut crate::actor::Context<Self>) {
        cx.watch(&other, |_, _, _| {});
    }

    /// Spawns another, and tells in which realm it did.
    #[command]
    async fn have_child(&mut self, name: String) -> u64 {
        let child = Echo::spawn().name(name).await.expect("a child");
        let id = Realm::current().id();
        self.keep(child);
        id
    }
}

impl Echo {
    /// A proxy that lives as long as the runtime.
    fn keep(&self, child: EchoProxy) {
        drop(crate::sys::seam::spawn(async move {
            child.ended().await;
        }));
    }
}

fn names(realm: &Realm) -> Vec<String> {
    realm.living().iter().map(|living| living.actor.name().name()).collect()
}

#[rehearsal::test]
async fn an_actor_belongs_to_the_realm_it_was_spawned_in() {
    let outer = Realm::current();
    let realm = Realm::open();
    assert_ne!(realm.id(), outer.id());
    let inside = realm.enter();
    let line = line!() + 1;
    let echo = Echo::spawn().name("inside").await.expect("a task actor");
    drop(inside);
    let beside = Echo::spawn().name("beside").await.expect("a task actor");
    assert_eq!(names(&realm), ["inside"]);
    assert!(names(&outer).contains(&"beside".to_owned()) && !names(&outer).contains(&"inside".to_owned()));
    let told = realm.living()[0].to_string();
    assert!(told.starts_with("actor `inside` (Echo), spawned at "), "{told}");
    assert!(told.contains(&format!("realm/tests.rs:{line}:")), "{told}");
    echo.stop().await.expect("stopped");
    assert!(realm.living().is_empty());
    drop(beside);
}

#[rehearsal::test]
async fn what_an_actor_spawns_belongs_where_the_actor_does() {
    let realm = Realm::open();
    for thread in [false, true] {
        let inside = realm.enter();
        let spawn = Echo::spawn().name("parent");
        let parent = if thread { spawn.thread() } else { spawn }.await.expect("an actor");
        drop(inside);
        // Carried out where nothing says so but the actor itself, or the thread it has.
        let id = parent.have_child("child".to_owned()).await.expect("a child");
        assert_eq!((id, names(&realm)), (realm.id(), vec!["parent".to_owned(), "child".to_owned()]));
        for living in realm.living() {
            living.actor.stop();
            living.actor.ended().await;
        }
        assert!(realm.living().is_empty());
    }
}

#[rehearsal::test]
fn a_thread_works_for_one_realm_at_a_time() {
    let own = Realm::current().id();
    let (outer, inner) = (Realm::open(), Realm::open());
    let of_outer = outer.enter();
    {
        let _of_inner = inner.enter();
        assert_eq!(Realm::current().id(), inner.id());
    }
    assert_eq!(Realm::current().id(), outer.id());
    drop(of_outer);
    assert_eq!(Realm::current().id(), own);
    let settled = outer.clone();
    let there = std::thread::spawn(move || {
        settled.settle();
        Realm::current().id()
    });
    assert_eq!(there.join().expect("joined"), outer.id());
}

#[rehearsal::test]
async fn its_end_is_heard_of() {
    let realm = Realm::open();
    let inside = realm.enter();
    let echo = Echo::spawn().thread().await.expect("a thread actor");
    drop(inside);
    let quiet = std::future::poll_fn(|cx| realm.poll_quiet(cx));
    let mut quiet = std::pin::pin!(quiet);
    assert!(crate::sys::seam::timeout(Duration::ZERO, &mut quiet).await.is_none(), "one is alive");
    drop(echo);
    crate::sys::seam::timeout(Duration::from_secs(10), quiet).await.expect("the last one has ended");
    assert!(realm.living().is_empty());
}

#[rehearsal::test]
fn its_end_is_waited_for_without_a_runtime() {
    let realm = Realm::open();
    assert!(realm.wait_quiet(Duration::ZERO), "nobody is there");
    let (keep, kept) = mpsc::channel();
    let inside = realm.clone();
    let thread = std::thread::spawn(move || {
        inside.settle();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let echo = runtime.block_on(async { Echo::spawn().thread().await }).expect("a thread actor");
        keep.send(echo).expect("kept");
    });
    let echo = kept.recv().expect("an actor");
    thread.join().expect("joined");
    assert!(!realm.wait_quiet(Duration::from_millis(1)));
    drop(echo);
    assert!(realm.wait_quiet(Duration::from_secs(10)));
}

#[rehearsal::test]
async fn a_failure_is_unhandled_until_somebody_learns_of_it() {
    let realm = Realm::open();
    let inside = realm.enter();
    let failures = || realm.failures().iter().map(|failure| failure.actor.name()).collect::<Vec<_>>();
    let spawn = async |name: &str| Echo::spawn().name(name).await.expect("an actor");

    let told = spawn("told").await;
    told.fail().tell().expect("told");
    told.ended().await;
    let asked = spawn("asked").await;
    asked.fail().await.expect_err("it panics");
    let killed = spawn("killed").await;
    killed.kill();
    let unseen = spawn("unseen").await;
    unseen.fail().tell().expect("told");
    while !(unseen.state().is_over() && asked.state().is_over() && killed.state().is_over()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(failures(), ["unseen"]);
    let text = realm.failures()[0].to_string();
    assert!(
        text.contains("spawned at ") && text.contains("it panicked") && text.contains("told to"),
        "{text}"
    );
    assert!(unseen.exit().is_some());
    assert_eq!(failures(), [""; 0], "asked for, it is handled");
    drop(inside);
}

/// What waits for an end to leave off by itself is nobody who noticed a failure.
#[rehearsal::test]
async fn a_failure_is_as_unhandled_in_a_group_as_outside_of_it() {
    let realm = Realm::open();
    let _inside = realm.enter();
    let spawn = async |name: &str| Echo::spawn().name(name).await.expect("an actor");
    let (member, reader) = (spawn("member").await, spawn("reader").await);
    let (called, watcher) = (spawn("called").await, spawn("watcher").await);
    let (group, topic) = (Group::new("echoes"), Topic::<String>::new());
    group.join(&member).expect("room");
    let subscription = topic.subscribe(&reader, |reader, item| reader.say(item.value));
    let later = called.say("in an hour".to_owned()).after(Duration::from_secs(3600));
    watcher.look_after(called.clone()).await.expect("it watches");
    // Each waits for the end by now.
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
    for failing in [&member, &reader, &watcher, &called] {
        failing.fail().tell().expect("told");
        while !failing.state().is_over() {
            tokio::task::yield_now().await;
        }
    }
    while !(subscription.is_over() && later.is_over() && group.is_empty()) {
        tokio::task::yield_now().await;
    }
    let failures = realm.failures().iter().map(|failure| failure.actor.name()).collect::<Vec<_>>();
    assert_eq!(failures, ["member", "reader", "watcher", "called"]);
}

#[rehearsal::test]
async fn dead_letters_are_those_of_its_actors() {
    let realm = Realm::open();
    let inside = realm.enter();
    let own = Echo::spawn().name("own").await.expect("an actor");
    drop(inside);
    let other = Echo::spawn().name("other").await.expect("an actor");
    for echo in [&own, &other] {
        echo.stop().await.expect("stopped");
        echo.say(String::new()).tell().expect_err("nobody hears it");
    }
    let (letters, count) = realm.dead_letters();
    assert_eq!((letters.len(), count), (1, 1));
    assert_eq!(letters[0].to_string(), "`say` for actor `own` (Echo): the actor had ended");
}

#[rehearsal::test]
async fn members_that_have_ended_are_swept_out() {
    let realm = Realm::open();
    let _inside = realm.enter();
    let stays = Echo::spawn().name("stays").await.expect("an actor");
    for _ in 0..5 * SWEEP_AT {
        Echo::spawn().await.expect("an actor").stop().await.expect("stopped");
    }
    assert_eq!(names(&realm), ["stays"]);
    let members = realm.0.as_ref().expect("opened").books().members.len();
    assert!(members <= 2 * SWEEP_AT, "{members}");
    drop(stays);
}

#[rehearsal::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trial_has_a_realm_on_all_of_its_threads() {
    let own = Realm::current().id();
    assert_ne!(own, 0);
    let task = crate::sys::seam::spawn(async { Realm::current().id() });
    assert_eq!(task.await.expect("joined"), own);
    let blocking = tokio::task::spawn_blocking(|| Realm::current().id());
    assert_eq!(blocking.await.expect("joined"), own);
}
