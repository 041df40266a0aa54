//! kameo, with its default mailbox, bounded at 64.

use std::sync::Arc;

use kameo::Actor;
use kameo::actor::{ActorRef, Spawn};
use kameo::message::{Context, Message};
use tokio::sync::Notify;

use super::Peer;

pub struct Kameo;

#[derive(Actor)]
pub struct Counter {
    sum: u64,
    next: Option<(ActorRef<Counter>, Arc<Notify>)>,
}

pub struct Add(u64);
pub struct Link(ActorRef<Counter>, Arc<Notify>);
pub struct Pass(u64);

impl Message<Add> for Counter {
    type Reply = u64;

    async fn handle(&mut self, Add(by): Add, _: &mut Context<Self, Self::Reply>) -> u64 {
        self.sum += by;
        self.sum
    }
}

impl Message<Link> for Counter {
    type Reply = ();

    async fn handle(&mut self, Link(next, done): Link, _: &mut Context<Self, Self::Reply>) {
        self.next = Some((next, done));
    }
}

impl Message<Pass> for Counter {
    type Reply = ();

    async fn handle(&mut self, Pass(hops): Pass, _: &mut Context<Self, Self::Reply>) {
        let (next, done) = self.next.as_ref().expect("linked");
        match hops {
            0 => done.notify_one(),
            _ => next.tell(Pass(hops - 1)).await.expect("it lives"),
        }
    }
}

impl Peer for Kameo {
    const NAME: &'static str = "kameo, bounded 64";
    type Handle = ActorRef<Counter>;

    async fn spawn() -> ActorRef<Counter> {
        Counter::spawn(Counter { sum: 0, next: None })
    }

    async fn tell(actor: &ActorRef<Counter>, by: u64) {
        actor.tell(Add(by)).await.expect("it lives");
    }

    async fn ask(actor: &ActorRef<Counter>, by: u64) -> u64 {
        actor.ask(Add(by)).await.expect("an answer")
    }

    async fn link(actor: &ActorRef<Counter>, next: ActorRef<Counter>, done: Arc<Notify>) {
        actor.ask(Link(next, done)).await.expect("an answer");
    }

    async fn pass(actor: &ActorRef<Counter>, hops: u64) {
        actor.tell(Pass(hops)).await.expect("it lives");
    }
}
