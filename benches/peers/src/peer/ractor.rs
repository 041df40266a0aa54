//! ractor. Its mailboxes have no bound, and an actor lives until it is told to stop.

use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call, cast};
use tokio::sync::Notify;

use super::Peer;

pub struct Ractor;

pub struct Counter;

pub struct State {
    sum: u64,
    next: Option<(ActorRef<Message>, Arc<Notify>)>,
}

pub enum Message {
    Add(u64),
    Ask(u64, RpcReplyPort<u64>),
    Link(ActorRef<Message>, Arc<Notify>),
    Pass(u64),
}

impl Actor for Counter {
    type Msg = Message;
    type State = State;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, _: ()) -> Result<State, ActorProcessingErr> {
        Ok(State { sum: 0, next: None })
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Add(by) => state.sum += by,
            Message::Ask(by, reply) => {
                state.sum += by;
                reply.send(state.sum)?;
            }
            Message::Link(next, done) => state.next = Some((next, done)),
            Message::Pass(hops) => {
                let (next, done) = state.next.as_ref().expect("linked");
                match hops {
                    0 => done.notify_one(),
                    _ => cast!(next, Message::Pass(hops - 1))?,
                }
            }
        }
        Ok(())
    }
}

impl Peer for Ractor {
    const NAME: &'static str = "ractor";
    type Handle = ActorRef<Message>;

    async fn spawn() -> ActorRef<Message> {
        let (actor, _task) = Counter::spawn(None, Counter, ()).await.expect("it starts");
        actor
    }

    async fn tell(actor: &ActorRef<Message>, by: u64) {
        cast!(actor, Message::Add(by)).expect("it lives");
    }

    async fn ask(actor: &ActorRef<Message>, by: u64) -> u64 {
        call!(actor, Message::Ask, by).expect("an answer")
    }

    async fn link(actor: &ActorRef<Message>, next: ActorRef<Message>, done: Arc<Notify>) {
        cast!(actor, Message::Link(next, done)).expect("it lives");
    }

    async fn pass(actor: &ActorRef<Message>, hops: u64) {
        cast!(actor, Message::Pass(hops)).expect("it lives");
    }

    fn release(actor: ActorRef<Message>) {
        actor.stop(None);
    }
}
