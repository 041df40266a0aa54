//! Commands by name: their arguments and answers, and what is told where something is wrong.

use std::time::Duration;

use crate::cast::{Counter, PLACEMENTS, Tested, put};
use rehearsal::actor::{Job, Monitor, Permission, SendError};
use rehearsal::prelude::*;
use rehearsal::testkit::{LONG_WAIT, clean, ended, soon, until};
use rehearsal::{json, send};
use serde::{Deserialize, Serialize};

/// Something with fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Book {
    title: String,
    #[serde(default)]
    pages: u32,
}

/// Cannot be read.
#[derive(Debug, Clone, Serialize)]
pub struct Thorn;

impl<'de> Deserialize<'de> for Thorn {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Thorn, D::Error> {
        panic!("it has thorns")
    }
}

/// Lends books.
pub struct Library {
    books: Vec<Book>,
}

#[rehearsal::actor(named)]
impl Library {
    #[start]
    pub fn new() -> Library {
        Library { books: Vec::new() }
    }

    #[command]
    pub fn count(&self) -> usize {
        self.books.len()
    }

    #[command]
    pub fn put(&mut self, book: Book, r#where: Option<usize>) -> Vec<String> {
        let at = r#where.unwrap_or(self.books.len());
        self.books.insert(at, book);
        self.books.iter().map(|book| book.title.clone()).collect()
    }

    #[command]
    pub async fn take(&mut self, title: String) -> Result<Book, String> {
        tokio::task::yield_now().await;
        let at = self.books.iter().position(|book| book.title == title);
        at.map(|at| self.books.remove(at)).ok_or_else(|| format!("no `{title}` here"))
    }

    #[command]
    pub fn grasp(&mut self, _it: Thorn) {}

    #[command]
    pub fn burn(&mut self) {
        panic!("the library burns")
    }

    #[command]
    pub async fn wait(&mut self) {
        std::future::pending::<()>().await;
    }

    #[command(authenticated)]
    pub fn shelve(&mut self) -> usize {
        self.books.clear();
        0
    }

    #[command(internal)]
    pub fn audit(&self, cx: &mut Context<Self>) -> String {
        cx.name().name()
    }
}

/// Every actor answers it.
#[rehearsal::command(public)]
pub fn total(values: Vec<i64>, cx: &mut Context) -> Result<String, String> {
    match values.iter().sum::<i64>() {
        0 => Err("nothing".to_owned()),
        sum => Ok(format!("{sum} from {}", cx.name().name())),
    }
}

/// Nobody but the program may.
#[rehearsal::command(internal)]
pub async fn innermost() -> u8 {
    7
}

mod one {
    #[rehearsal::command(public)]
    pub fn twice_there() -> u8 {
        1
    }
}

mod two {
    #[rehearsal::command(public)]
    pub fn twice_there() -> u8 {
        2
    }
}

#[rehearsal::test]
async fn arguments_and_answers_are_values() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let library = put(Library::spawn(), place).name(format!("library-{place}")).await?;
        let name = format!("library-{place}");
        assert_eq!(send(&name, "count", ()).await?, 0);
        let odyssey = json!({"title": "Odyssey", "pages": 400});
        assert_eq!(send(&name, "put", json!({"book": odyssey})).await?, json!(["Odyssey"]));
        let put = send(&name, "put", json!({"where": 0, "book": {"title": "Iliad"}}));
        assert_eq!(put.await?, json!(["Iliad", "Odyssey"]));
        assert_eq!(send(&name, "put", (Book { title: "Aeneid".into(), pages: 1 }, 1)).await?[1], "Aeneid");
        assert_eq!(send(&name, "take", ["Odyssey"]).await?, odyssey, "{place}");
        assert_eq!(send(&*library, "count", ()).await?, 2, "by address");
        let found = rehearsal::arbiter().find(&name).expect("it is alive");
        assert_eq!(send(&found, "count", ()).await?, 2, "by reference");
        assert_eq!(send(library.name().name(), "count", ()).await?, 2);
    }
    Ok(())
}

#[rehearsal::test]
async fn an_actor_without_a_name_is_called_by_its_type_and_number() -> Tested {
    let _clean = clean();
    let library = Library::spawn().await?;
    assert_eq!(send(format!("Library-{}", library.id()), "count", ()).await?, 0);
    Ok(())
}

#[rehearsal::test]
async fn a_commands_own_error_is_told_apart() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let library = put(Library::spawn(), place).await?;
        let error = send(&*library, "take", ["Edda"]).await.unwrap_err();
        let SendError::Command { command: "take", error: value, .. } = &error else { panic!("{error}") };
        assert_eq!(value, "no `Edda` here", "{place}");
        assert!(error.to_string().ends_with("returned an error: no `Edda` here"), "{error}");
    }
    Ok(())
}

#[rehearsal::test]
async fn who_is_not_there_may_be_meant_otherwise() -> Tested {
    let _clean = clean();
    let _library = Library::spawn().name("alexandria").await?;
    let error = send("alexandra", "count", ()).await.unwrap_err();
    assert!(error.to_string().contains("is called `alexandra`; did you mean `alexandria`?"), "{error}");
    let error = send("xyz", "count", ()).await.unwrap_err();
    assert!(error.to_string().contains("no actor of this process is called `xyz`"), "{error}");
    Ok(())
}

#[rehearsal::test]
async fn what_nobody_knows_is_told_with_what_there_is() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let library = put(Library::spawn(), place).await?;
        let error = send(&*library, "conut", ()).await.unwrap_err();
        assert!(error.to_string().contains("has no command `conut`; did you mean `count`?"), "{error}");
        let error = send(&*library, "zzz", ()).await.unwrap_err().to_string();
        for known in ["put(book: Book, where: Option<usize>)", "ping()", "total(values: Vec<i64>)"] {
            assert!(error.contains(known), "{error}");
        }
        let counter = put(Counter::spawn(0), place).await?;
        let error = send(&*counter, "add", [5]).await.unwrap_err();
        assert!(error.to_string().contains("#[rehearsal::actor(named)]"), "{place}: {error}");
    }
    Ok(())
}

#[rehearsal::test]
async fn wrong_arguments_are_named() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let library = put(Library::spawn(), place).await?;
        let error = send(&*library, "put", json!({"book": {"pages": 7}})).await.unwrap_err();
        let SendError::Arguments { wrong, .. } = &error else { panic!("{error}") };
        assert_eq!(wrong.argument.as_deref(), Some("book"), "{place}");
        let text = error.to_string();
        assert!(text.contains("missing field `title`; a `Book` is wanted"), "{text}");
        assert!(text.contains("it takes put(book: Book, where: Option<usize>)"), "{text}");
        let error = send(&*library, "grasp", json!([null])).await.unwrap_err().to_string();
        assert!(error.contains("reading them panicked at") && error.contains("it has thorns"), "{error}");
        assert_eq!(send(&*library, "count", ()).await?, 0, "{place}: it lives");
    }
    Ok(())
}

#[rehearsal::test]
async fn what_ends_the_actor_ends_the_call() -> Tested {
    let _clean = clean().letters(7);
    for place in PLACEMENTS {
        let library = put(Library::spawn(), place).await?;
        let error = soon("the ask", send(&*library, "burn", ())).await.unwrap_err();
        assert!(error.to_string().contains("the library burns"), "{place}: {error}");
        let error = soon("the next", send(&*library, "count", ())).await.unwrap_err();
        assert!(matches!(&error, SendError::Call(error) if error.is_dead()), "{place}: {error}");

        let library = put(Library::spawn(), place).await?;
        let error = send(&*library, "wait", ()).timeout(Duration::from_millis(50)).await.unwrap_err();
        assert!(matches!(&error, SendError::Call(error) if error.is_timeout()), "{place}: {error}");
        until(&library, |info| info.messages_handled >= 1).await;
        let hopeless = tokio::spawn(send(&*library, "count", ()).into_future());
        library.kill();
        let error = soon("the pending call", hopeless).await?.unwrap_err();
        assert!(matches!(&error, SendError::Call(error) if error.is_dead()), "{place}: {error}");
    }
    Ok(())
}

#[rehearsal::test]
async fn what_every_actor_answers() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let counter = put(Counter::spawn(0), place).await?;
        assert_eq!(send(&*counter, "ping", ()).await?, "pong", "{place}");
        let value = json!({"any": [1, null, "thing"]});
        assert_eq!(send(&*counter, "echo", json!([value])).await?, value, "{place}");
        let info = send(&*counter, "info", ()).await?;
        assert_eq!((&info["kind"], &info["id"]), (&json!("Counter"), &json!(counter.id())), "{place}");
        assert_eq!(info["placement"], format!("{place:?}"));
        let name = counter.name().name();
        assert_eq!(send(&*counter, "total", json!([[1, 2]])).await?, format!("3 from {name}"), "{place}");
        let error = send(&*counter, "total", json!({"values": []})).await.unwrap_err();
        assert!(matches!(&error, SendError::Command { error, .. } if error == "nothing"), "{error}");
        let error = send(&*counter, "total", json!([["x"]])).await.unwrap_err();
        assert!(error.to_string().contains("the argument `values`"), "{error}");
        let exit = send(&*counter, "stop", ()).with(Permission::Authenticated).await?;
        assert_eq!(exit["reason"], "Stopped", "{place}");
        assert_eq!(counter.ended().await.reason, Reason::Stopped);
    }
    Ok(())
}

#[rehearsal::test]
async fn the_control_lane_is_reached_by_name_too() -> Tested {
    let _clean = clean().letters(1..=3);
    for place in PLACEMENTS {
        let library = put(Library::spawn(), place).await?;
        let waiting = library.wait().send()?;
        assert_eq!(soon("the pong", send(&*library, "ping", ())).await?, "pong", "{place}");
        library.kill();
        assert!(soon("the end", waiting).await.is_err());
    }
    Ok(())
}

#[rehearsal::test]
async fn open_commands_of_one_name_have_paths() -> Tested {
    let _clean = clean();
    let counter = Counter::spawn(0).await?;
    let error = send(&*counter, "twice_there", ()).await.unwrap_err();
    assert!(error.to_string().contains("by_name::one::twice_there"), "{error}");
    let path = concat!(module_path!(), "::two::twice_there");
    assert_eq!(send(&*counter, path, ()).await?, 2);
    assert_eq!(counter.run(one::twice_there()).await?, 1);
    Ok(())
}

#[rehearsal::test]
async fn a_full_mailbox_is_waited_for_within_the_deadline() -> Tested {
    let _clean = clean().letters(1);
    let library = Library::spawn().mailbox(1).await?;
    let waiting = library.wait().send()?;
    until(&library, |info| info.messages_handled == 1).await;
    library.count().tell()?;
    let call = send(&*library, "count", ()).timeout(Duration::from_millis(30));
    let error = call.await.unwrap_err();
    assert!(matches!(&error, SendError::Call(error) if error.is_timeout()), "{error}");
    library.kill();
    assert!(soon("the end", waiting).await.is_err());
    Ok(())
}

/// Has work that takes as long as it is wanted.
pub struct Mill;

#[rehearsal::actor(named)]
impl Mill {
    #[start]
    pub fn new() -> Mill {
        Mill
    }

    /// Done at once where there is nothing to grind, and otherwise when it is cancelled.
    #[command]
    pub fn grind(&mut self, sacks: u64, cx: &mut Context<Self>) -> Job<u64> {
        cx.executor().run(move |work| {
            if sacks == 0 {
                return Ok(sacks);
            }
            loop {
                work.progress(0, sacks)?;
                std::thread::yield_now();
            }
        })
    }
}

/// Comes back when so many of its jobs are under way.
async fn grinds(mill: &MillProxy, sacks: &[u64]) -> Tested {
    let wait = async {
        loop {
            let jobs = mill.info().await?.jobs;
            if jobs.iter().map(|job| job.total).eq(sacks.iter().copied()) {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    };
    soon("the jobs", wait).await
}

#[rehearsal::test]
async fn a_call_that_is_dropped_or_late_cancels_its_job() -> Tested {
    let _clean = clean();
    for place in PLACEMENTS {
        let mill = put(Mill::spawn(), place).await?;
        assert_eq!(send(&*mill, "grind", [0]).await?, 0, "{place}");
        let call = tokio::spawn(send(&*mill, "grind", [5]).into_future());
        grinds(&mill, &[5]).await?;
        call.abort();
        assert!(call.await.is_err_and(|error| error.is_cancelled()), "{place}");
        grinds(&mill, &[]).await?;
        let error = send(&*mill, "grind", [5]).timeout(Duration::from_millis(20)).await.unwrap_err();
        assert!(matches!(&error, SendError::Call(error) if error.is_timeout()), "{place}: {error}");
        grinds(&mill, &[]).await?;
    }
    Ok(())
}

#[rehearsal::test]
async fn the_arbiter_answers_by_name() -> Tested {
    let _clean = clean().letters(1);
    assert_eq!(send("arbiter", "ping", ()).await?, "pong");
    assert_eq!(send(rehearsal::arbiter(), "echo", ["hi"]).await?, "hi");
    let victim = Counter::spawn(0).name("the-victim").process().await?;
    let hopeless = victim.wait().send()?;
    until(&victim, |info| info.messages_handled >= 1).await;
    let info = send("arbiter", "info", ()).await?;
    assert_eq!(info["server"]["process_id"], std::process::id());
    let workers = info["actors"].as_array().expect("an array");
    let own = workers.iter().find(|worker| worker["name"] == "the-victim").expect("it is in the books");
    assert_eq!((&own["process_id"], &own["state"]), (&json!(victim.pid()), &json!("Run")));
    assert!(own["last_notify"].is_object(), "{own}");

    let error = send("arbiter", "kill_actor", ["the-victim"]).await.unwrap_err();
    assert!(error.to_string().contains("`authenticated`"), "{error}");
    let kill = |name: &str| send("arbiter", "kill_actor", [name]).with(Permission::Authenticated);
    assert_eq!(kill("the-victim").await?, true);
    assert!(soon("the end", hopeless).await.unwrap_err().is_dead());
    ended(&victim, LONG_WAIT).await;
    let error = kill("the-victim").await.unwrap_err();
    assert!(error.to_string().contains("no actor of this process is called `the-victim`"), "{error}");
    let error = send("arbiter", "kil_actor", ()).await.unwrap_err();
    assert!(error.to_string().contains("did you mean `kill_actor`?"), "{error}");
    Ok(())
}

/// What the arbiter of a process says and does by name; in a process of its own, because it stops everybody.
#[rehearsal::command]
async fn ask_and_stop_the_arbiter() -> Result<String, String> {
    let told = |error: SendError| error.to_string();
    let pool = Monitor::spawn(2, |number| Counter::spawn(0).name(format!("worker-{number}")));
    let _pool = pool.name("the-pool").await.map_err(|error| error.to_string())?;
    let _other = Counter::spawn(0).name("the-other").thread().await.map_err(|error| error.to_string())?;
    let info = send("arbiter", "info", ()).await.map_err(told)?;
    let refused = send("arbiter", "stop", ()).await.map_err(told).expect_err("it is not for everybody");
    let alive = rehearsal::arbiter().actors().len();
    let ends = send("arbiter", "stop", [20_000]).with(Permission::Authenticated).await.map_err(told)?;
    let left = rehearsal::arbiter().actors().len();
    // As text: the wire between the two processes has no values of any shape.
    Ok(json!({ "info": info, "refused": refused, "alive": alive, "ends": ends, "left": left }).to_string())
}

#[rehearsal::test]
async fn the_arbiter_tells_of_its_monitors_and_stops_all_by_name() -> Tested {
    let _clean = clean();
    let host = Counter::spawn(0).process().await?;
    let said = soon("what it said", host.run(ask_and_stop_the_arbiter())).await??;
    let said: serde_json::Value = serde_json::from_str(&said)?;
    assert_eq!(said["info"]["server"]["monitors"], 1, "{said}");
    let actors = said["info"]["actors"].as_array().expect("an array");
    let monitors: Vec<_> = actors.iter().filter(|actor| actor["role"] == "Monitor").collect();
    assert_eq!(monitors.len(), 1, "{said}");
    assert_eq!(monitors[0]["name"], "the-pool");
    let workers = actors.iter().filter(|actor| actor["parent"] == monitors[0]["id"]);
    assert_eq!(workers.map(|worker| &worker["name"]).collect::<Vec<_>>(), ["worker-0", "worker-1"]);

    assert!(said["refused"].as_str().is_some_and(|refused| refused.contains("`authenticated`")), "{said}");
    assert_eq!((&said["alive"], &said["left"]), (&json!(4), &json!(0)), "{said}");
    let ends = said["ends"].as_array().expect("an array");
    assert_eq!(ends.len(), 4, "{said}");
    assert_eq!(ends[0]["name"], "the-pool", "monitors first, with their workers");
    assert!(ends.iter().all(|end| end["exit"]["reason"] == "Stopped"), "{said}");
    assert_eq!(soon("an answer", host.add(1)).await?, 1, "whom it is in is not its own");
    Ok(())
}
