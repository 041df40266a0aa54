//! The arbiter: what knows every actor of this process, and ends them in the right order.

use std::time::Duration;

use super::exit::Exit;
use super::handle::ActorRef;
use super::info::ActorName;
use super::names;
use super::realm::Realm;
use super::roll;
use crate::sys::seam;

/// How long an actor that was killed may take to be gone before it is taken to be stuck.
const KILLED: Duration = Duration::from_secs(1);

/// What knows every actor that was spawned in this process. There is one a process, from its start to its end.
#[derive(Debug, Clone, Copy)]
pub struct Arbiter(());

/// The arbiter of this process.
pub fn arbiter() -> Arbiter {
    Arbiter(())
}

impl Arbiter {
    /// The actors that have not ended, in the order they were spawned.
    pub fn actors(self) -> Vec<ActorRef> {
        roll::alive().into_iter().map(ActorRef).collect()
    }

    /// The actor of this name that has not ended: the one of the caller's realm, else the one of all the process that was
    /// spawned first. [`Lookup`](super::Lookup) gives a proxy.
    pub fn find(self, name: &str) -> Option<ActorRef> {
        if let Some(actor) = names::find(Realm::current().id(), name) {
            return Some(ActorRef(actor));
        }
        self.actors().into_iter().find(|actor| actor.name().name() == name)
    }

    /// Stops every actor: first the supervisors, monitors among them, which stop their children before they end; then
    /// the others, the one spawned last first, so that a parent is stopped after what it spawned. Those that
    /// have not ended when `grace` is over are killed; one that cannot be killed (a thread in a command that never
    /// waits) is left behind. Tells how each ended, `None` for those.
    ///
    /// ```
    /// # use rehearsal::prelude::*;
    /// # use std::time::Duration;
    /// # pub struct Counter { n: i64 }
    /// # #[rehearsal::actor] impl Counter {
    /// #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
    /// #     #[command] pub async fn wait(&mut self) { std::future::pending::<()>().await }
    /// # }
    /// # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let first = Counter::spawn(0).name("first").await?;
    /// let second = Counter::spawn(0).name("second").process().await?;
    /// let hopeless = second.wait().send()?;
    /// while second.info().await?.messages_handled == 0 {}
    /// let ends = rehearsal::arbiter().stop_all(Duration::from_millis(50)).await;
    /// let names: Vec<String> = ends.iter().map(|(name, _)| name.name()).collect();
    /// assert_eq!(names, ["second", "first"]);
    /// assert!(matches!(second.ended().await.reason, Reason::Killed { .. }));
    /// assert!(hopeless.await.is_err());
    /// assert_eq!(first.state(), State::Close);
    /// # Ok(()) }
    /// ```
    pub async fn stop_all(self, grace: Duration) -> Vec<(ActorName, Option<Exit>)> {
        let deadline = seam::now() + grace;
        let mut ends = Vec::new();
        let supervises = |actor: &ActorRef| actor.0.node().has_family() && !actor.0.node().is_child();
        let (supervisors, others): (Vec<_>, Vec<_>) = self.actors().into_iter().rev().partition(supervises);
        for actor in supervisors.into_iter().chain(others) {
            actor.stop();
            let left = deadline.saturating_duration_since(seam::now());
            let mut exit = seam::timeout(left, actor.ended()).await;
            if exit.is_none() {
                actor.kill();
                exit = seam::timeout(KILLED, actor.ended()).await;
            }
            ends.push((actor.name().clone(), exit));
        }
        ends
    }
}
