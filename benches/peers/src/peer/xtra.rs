//! xtra, with a mailbox bounded at 64.

use std::sync::Arc;

use tokio::sync::Notify;
use xtra::prelude::*;

use super::Peer;

pub struct Xtra;

#[derive(xtra::Actor)]
pub struct Counter {
    sum: u64,
    next: Option<(Address<Counter>, Arc<Notify>)>,
}

pub struct Add(u64);
pub struct Link(Address<Counter>, Arc<Notify>);
pub struct Pass(u64);

impl Handler<Add> for Counter {
    type Return = u64;

    async fn handle(&mut self, Add(by): Add, _: &mut Context<Self>) -> u64 {
        self.sum += by;
        self.sum
    }
}

impl Handler<Link> for Counter {
    type Return = ();

    async fn handle(&mut self, Link(next, done): Link, _: &mut Context<Self>) {
        self.next = Some((next, done));
    }
}

impl Handler<Pass> for Counter {
    type Return = ();

    async fn handle(&mut self, Pass(hops): Pass, _: &mut Context<Self>) {
        let (next, done) = self.next.as_ref().expect("linked");
        match hops {
            0 => done.notify_one(),
            _ => drop(next.send(Pass(hops - 1)).detach().await.expect("it lives")),
        }
    }
}

impl Peer for Xtra {
    const NAME: &'static str = "xtra, bounded 64";
    type Handle = Address<Counter>;

    async fn spawn() -> Address<Counter> {
        xtra::spawn_tokio(Counter { sum: 0, next: None }, Mailbox::bounded(64))
    }

    async fn tell(actor: &Address<Counter>, by: u64) {
        drop(actor.send(Add(by)).detach().await.expect("it lives"));
    }

    async fn ask(actor: &Address<Counter>, by: u64) -> u64 {
        actor.send(Add(by)).await.expect("an answer")
    }

    async fn link(actor: &Address<Counter>, next: Address<Counter>, done: Arc<Notify>) {
        actor.send(Link(next, done)).await.expect("an answer");
    }

    async fn pass(actor: &Address<Counter>, hops: u64) {
        drop(actor.send(Pass(hops)).detach().await.expect("it lives"));
    }
}
