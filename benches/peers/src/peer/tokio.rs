//! No framework: a task and a channel, and a oneshot for each answer. No panics caught, no deadlines, no way to stop it
//! past its messages.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc, oneshot};

use super::Peer;

/// A channel without a bound.
pub struct Unbounded;

/// A channel with room for 64.
pub struct Bounded;

pub enum Message<H> {
    Add(u64),
    Ask(u64, oneshot::Sender<u64>),
    Link(H, Arc<Notify>),
    Pass(u64),
}

struct Counter<H> {
    sum: u64,
    next: Option<(H, Arc<Notify>)>,
}

impl<H> Counter<H> {
    fn new() -> Self {
        Counter { sum: 0, next: None }
    }

    /// Whom the token goes to, if it goes on.
    fn handle(&mut self, message: Message<H>) -> Option<(&H, u64)> {
        match message {
            Message::Add(by) => self.sum += by,
            Message::Ask(by, reply) => {
                self.sum += by;
                let _ = reply.send(self.sum);
            }
            Message::Link(next, done) => self.next = Some((next, done)),
            Message::Pass(hops) => {
                let (next, done) = self.next.as_ref().expect("linked");
                match hops {
                    0 => done.notify_one(),
                    _ => return Some((next, hops - 1)),
                }
            }
        }
        None
    }
}

#[derive(Clone)]
pub struct Sender(mpsc::UnboundedSender<Message<Sender>>);

impl Sender {
    fn put(&self, message: Message<Sender>) {
        assert!(self.0.send(message).is_ok(), "it lives");
    }
}

impl Peer for Unbounded {
    const NAME: &'static str = "tokio mpsc unbounded + oneshot";
    type Handle = Sender;

    async fn spawn() -> Sender {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut counter = Counter::<Sender>::new();
            while let Some(message) = receiver.recv().await {
                if let Some((next, hops)) = counter.handle(message) {
                    next.put(Message::Pass(hops));
                }
            }
        });
        Sender(sender)
    }

    async fn tell(actor: &Sender, by: u64) {
        actor.put(Message::Add(by));
    }

    async fn ask(actor: &Sender, by: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        actor.put(Message::Ask(by, reply));
        answer.await.expect("an answer")
    }

    async fn link(actor: &Sender, next: Sender, done: Arc<Notify>) {
        actor.put(Message::Link(next, done));
    }

    async fn pass(actor: &Sender, hops: u64) {
        actor.put(Message::Pass(hops));
    }
}

#[derive(Clone)]
pub struct BoundedSender(mpsc::Sender<Message<BoundedSender>>);

impl BoundedSender {
    async fn put(&self, message: Message<BoundedSender>) {
        assert!(self.0.send(message).await.is_ok(), "it lives");
    }
}

impl Peer for Bounded {
    const NAME: &'static str = "tokio mpsc(64) + oneshot";
    type Handle = BoundedSender;

    async fn spawn() -> BoundedSender {
        let (sender, mut receiver) = mpsc::channel(64);
        tokio::spawn(async move {
            let mut counter = Counter::<BoundedSender>::new();
            while let Some(message) = receiver.recv().await {
                if let Some((next, hops)) = counter.handle(message) {
                    next.put(Message::Pass(hops)).await;
                }
            }
        });
        BoundedSender(sender)
    }

    async fn tell(actor: &BoundedSender, by: u64) {
        actor.put(Message::Add(by)).await;
    }

    async fn ask(actor: &BoundedSender, by: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        actor.put(Message::Ask(by, reply)).await;
        answer.await.expect("an answer")
    }

    async fn link(actor: &BoundedSender, next: BoundedSender, done: Arc<Notify>) {
        actor.put(Message::Link(next, done)).await;
    }

    async fn pass(actor: &BoundedSender, hops: u64) {
        actor.put(Message::Pass(hops)).await;
    }
}
