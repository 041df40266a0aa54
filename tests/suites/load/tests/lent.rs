//! Operations that take fixtures, which a level has for itself; each says in a file what becomes of it.

use std::io::Write;
use std::process::id;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A line in a file of this run.
fn note(what: &str) {
    let path = std::env::var("LENT").expect("a path");
    let file = std::fs::File::options().create(true).append(true).open(path);
    writeln!(file.expect("a file"), "{what}").expect("written");
}

pub struct Pool(&'static str);

#[rehearsal::fixture(teardown = drain)]
async fn pool() -> Pool {
    note("pool made");
    Pool("pool")
}

async fn drain(pool: Pool) {
    note(&format!("{} drained", pool.0));
}

pub struct Db {
    done: AtomicU64,
    answers: tokio::task::JoinHandle<()>,
}

/// What it has started runs as long as the level does.
#[rehearsal::fixture(teardown = close)]
async fn db(pool: &Pool) -> Db {
    tokio::task::yield_now().await;
    note(&format!("db made of {}", pool.0));
    Db { done: AtomicU64::new(0), answers: tokio::spawn(std::future::pending()) }
}

async fn close(db: Db) {
    tokio::task::yield_now().await;
    let done = db.done.into_inner();
    note(&format!("db closed after {done}, {}", if db.answers.is_finished() { "dead" } else { "alive" }));
}

mod good {
    use super::*;

    #[rehearsal::load(concurrency = [1, 3], count = 100, warm_up = "0s")]
    async fn tasks(db: &Db) {
        db.done.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
    }

    async fn made() -> u64 {
        7
    }

    async fn connect(made: &u64, db: &Db) -> u64 {
        assert!(!db.answers.is_finished());
        *made
    }

    #[rehearsal::load(setup = made, client = connect, clients = "threads", concurrency = [1, 3], count = 100, warm_up = "0s")]
    fn threads(made: &u64, own: &mut u64, db: &Db) {
        assert_eq!(made, own);
        db.done.fetch_add(1, Ordering::Relaxed);
    }

    #[rehearsal::fixture(scope = "worker", teardown = cool)]
    fn cache() -> &'static str {
        note("cache made");
        "warm"
    }

    async fn cool(_: &'static str) {
        note("cache cooled");
    }

    #[rehearsal::load(concurrency = [1, 2], count = 10, warm_up = "0s", flavor = "current_thread")]
    async fn one_for_all_levels(cache: &&'static str, db: &Db) {
        assert_eq!(*cache, "warm");
        db.done.fetch_add(1, Ordering::Relaxed);
    }

    #[derive(Serialize, Deserialize)]
    pub struct Server {
        measuring: u32,
        #[serde(skip)]
        stays: Option<String>,
    }

    #[rehearsal::fixture(teardown = end)]
    fn server() -> Server {
        note("server made");
        Server { measuring: id(), stays: Some("here".to_owned()) }
    }

    async fn end(server: Server) {
        assert_eq!((server.measuring, server.stays.as_deref()), (id(), Some("here")));
        note("server ended");
    }

    #[rehearsal::load(clients = "processes", processes = 2, concurrency = [1, 3], count = 100, warm_up = "0s")]
    async fn processes(server: &Server) {
        assert!(server.measuring != id() && server.stays.is_none());
    }
}

mod bad {
    use super::*;

    #[rehearsal::load(concurrency = [2], duration = "100ms", warm_up = "0s")]
    async fn fails(_db: &Db) -> Result<(), &'static str> {
        Err("no table")
    }

    #[rehearsal::load(concurrency = [2], duration = "100ms", warm_up = "0s")]
    async fn panics(_db: &Db) {
        panic!("no row");
    }

    /// Its clients wait for one another when the level is given up.
    #[rehearsal::load(concurrency = [2], duration = "100ms", warm_up = "0s", stuck = "300ms", flavor = "current_thread")]
    async fn hangs(_db: &Db) {
        std::future::pending().await
    }

    /// Far longer than anybody waits.
    #[rehearsal::load(concurrency = [2], duration = "10m", warm_up = "0s")]
    async fn long(db: &Db) {
        if db.done.fetch_add(1, Ordering::Relaxed) == 0 {
            note("under way");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    pub struct Missing;

    #[rehearsal::fixture]
    fn missing() -> Result<Missing, &'static str> {
        Err("nobody listens")
    }

    #[rehearsal::load(concurrency = [2], duration = "100ms")]
    async fn not_made(_db: &Db, _missing: &Missing) {}

    pub struct Absent;

    #[rehearsal::fixture]
    fn absent() -> Absent {
        rehearsal::skip!("no licence")
    }

    #[rehearsal::load(concurrency = [2], duration = "100ms")]
    async fn skipped(_db: &Db, _absent: &Absent) {}

    pub struct Broken;

    #[rehearsal::fixture(teardown = snap)]
    fn broken() -> Broken {
        Broken
    }

    async fn snap(_: Broken) -> Result<(), &'static str> {
        Err("it snapped")
    }

    #[rehearsal::load(concurrency = [2], count = 10, warm_up = "0s")]
    async fn not_torn_down(_broken: &Broken) {}

    pub struct Unknown;

    #[rehearsal::load]
    async fn of_no_fixture(_unknown: &Unknown) {}

    pub struct Kind;

    #[rehearsal::fixture]
    fn kind(#[values(1, 2)] _n: u32) -> Kind {
        Kind
    }

    #[rehearsal::load]
    async fn of_several_values(_kind: &Kind) {}

    #[rehearsal::fixture]
    fn once() -> Once {
        Once
    }

    pub struct Once;

    #[rehearsal::load]
    async fn lent_twice(_one: &Once, _other: &Once) {}
}
