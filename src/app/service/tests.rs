//! A service in this process: its workers are kept alive, its hooks are told, and its end stops what it started.

use std::sync::mpsc;

use tokio::sync::oneshot;

use super::*;
use crate::actor::{ActorRef, arbiter};
use crate::app::{Declaration, Environment, Setting, Settings, SettingsError};

/// A worker that tells when it is stopped in good order.
struct Clerk {
    log: mpsc::Sender<String>,
}

#[rehearsal::actor]
impl Clerk {
    #[start]
    fn new(log: mpsc::Sender<String>) -> Clerk {
        Clerk { log }
    }

    #[command]
    fn fail(&mut self) {
        panic!("spilled the ink");
    }

    #[stopping]
    fn close(&mut self) {
        let _ = self.log.send("worker closed".into());
    }
}

/// What a test sees of the service.
struct Office {
    log: mpsc::Sender<String>,
    opened: Option<oneshot::Sender<MonitorProxy<Clerk>>>,
    replaced: Option<oneshot::Sender<()>>,
    broken: bool,
}

impl Application for Office {
    const DECLARATION: Declaration = Declaration {
        name: "office",
        usage: "office",
        table: &[Setting::HELP],
        closing: "",
        bad_settings: 2,
    };

    fn configure(_: Settings, _: &Environment) -> Result<Office, SettingsError> {
        unreachable!("the tests make it themselves")
    }

    fn run(self) -> ExitCode {
        serve(self)
    }
}

impl Service for Office {
    type Worker = Clerk;

    fn workers(&self) -> usize {
        2
    }

    fn worker(&mut self, number: usize) -> Spawn<Clerk> {
        assert!(!self.broken, "no clerks to be had");
        Clerk::spawn(self.log.clone()).name(format!("clerk-{number}"))
    }

    fn monitor_start(&mut self, monitor: &MonitorProxy<Clerk>) {
        let _ = self.log.send("monitor started".into());
        if let Some(opened) = self.opened.take() {
            let _ = opened.send(monitor.clone());
        }
    }

    fn monitor_stopping(&mut self) {
        let _ = self.log.send("monitor stopping".into());
    }

    fn worker_ended(&mut self, worker: &ActorName, exit: &Exit) {
        let _ = self.log.send(format!("{} ended: {exit}", worker.name()));
    }

    fn worker_replaced(&mut self, worker: &ActorName) {
        let _ = self.log.send(format!("{} replaced", worker.name()));
        if let Some(replaced) = self.replaced.take() {
            let _ = replaced.send(());
        }
    }
}

#[rehearsal::test]
async fn workers_are_kept_alive_and_stopped_with_the_service() {
    let (log, told) = mpsc::channel();
    let (opened, open) = oneshot::channel();
    let (replaced, replacement) = oneshot::channel();
    let office = Office { log, opened: Some(opened), replaced: Some(replaced), broken: false };
    let (end, ending) = oneshot::channel::<()>();
    let served = seam::spawn(serve_until(office, async { drop(ending.await) }));

    let monitor = open.await.expect("it opens");
    let workers = monitor.workers().await.expect("it answers");
    assert_eq!(workers.len(), 2);
    workers[1].kill();
    replacement.await.expect("the clerk is replaced");
    let living: Vec<ActorRef> = arbiter().actors();
    drop((workers, monitor));
    end.send(()).expect("it is waited for");
    served.await.expect("no panic").expect("a clean end");

    let told: Vec<String> = told.try_iter().collect();
    assert_eq!(told[0], "monitor started");
    assert!(told[1].starts_with("clerk-1 ended: "), "{told:?}");
    assert_eq!(told[2..], ["clerk-1 replaced", "monitor stopping", "worker closed", "worker closed"]);
    for actor in living.iter().filter(|actor| actor.name().name().starts_with("clerk-")) {
        assert!(actor.exit().is_some(), "{} still lives", actor.name());
    }
}

#[rehearsal::test]
async fn workers_that_cannot_be_started_are_an_error() {
    let office = Office { log: mpsc::channel().0, opened: None, replaced: None, broken: true };
    let error = serve_until(office, std::future::pending()).await.expect_err("there are no clerks");
    let said = error.to_string();
    assert!(said.starts_with("its workers could not be started: "), "{said}");
    assert!(said.contains("no clerks to be had"), "{said}");
}
