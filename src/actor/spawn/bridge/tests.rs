//! What a parent makes of what a worker says, garbage and half frames included.

use std::sync::Arc;
use std::time::Duration;

use super::super::ready;

use super::{Line, Reader};
use crate::actor::behavior::Actor;
use crate::actor::context::Context;
use crate::actor::crossing::{self, Up};
use crate::actor::error::SpawnError;
use crate::actor::info::{ActorName, Placement};
use crate::actor::node::Shared;
use crate::actor::overflow::Overflow;
use crate::actor::state::State;
use crate::sys::wire;

/// Stands for an actor whose worker says what a test wrote.
struct Puppet;

impl Actor for Puppet {
    type Message = ();
    type Args = ();
    type Event = u32;
    type Proxy = PuppetProxy;
    const KIND: &'static str = "Puppet";
    const COMMANDS: &'static [&'static str] = &[];
    const TABLE: u64 = 0;
    const PERIODS: &'static [Duration] = &[];

    async fn start(_: (), _: &mut Context<Self>) -> Result<Self, String> {
        Ok(Puppet)
    }

    fn dispatch_now(&mut self, _: (), _: &mut Context<Self>) -> Option<()> {
        None
    }
}

#[derive(Clone)]
struct PuppetProxy(crate::actor::Address<Puppet>);

impl From<crate::actor::Address<Puppet>> for PuppetProxy {
    fn from(address: crate::actor::Address<Puppet>) -> Self {
        PuppetProxy(address)
    }
}

impl std::ops::Deref for PuppetProxy {
    type Target = crate::actor::Address<Puppet>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

type Heard = (Result<(), String>, Vec<u32>, Option<Result<(), SpawnError>>, State);

/// What the parent makes of these bytes.
async fn hear(bytes: Vec<u8>) -> Heard {
    let name = ActorName { kind: "Puppet", id: 1, name: None };
    let shared = Shared::<Puppet>::new(name, Placement::Process, 8, Overflow::Wait);
    let (ready, is_ready) = ready::pair();
    let line = Arc::new(Line::new(ready, None));
    let (tell, told) = std::sync::mpsc::channel();
    let on_event: crate::actor::context::Callback<u32> =
        Box::new(move |event| tell.send(event).expect("the test listens"));
    let source = std::io::Cursor::new(bytes);
    let mut reader = Reader::new(shared.clone(), line, crossing::read::<u32>, Some(on_event), source);
    let ended = reader.run().await;
    drop(reader);
    let outcome = is_ready.await;
    (ended, told.try_iter().collect(), outcome, shared.node.state.get())
}

fn frames(frames: &[(Up, Option<u32>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (header, value) in frames {
        match value {
            Some(value) => crossing::write(&mut bytes, &(header, value)).expect("a frame"),
            None => crossing::write(&mut bytes, &(header, ())).expect("a frame"),
        }
    }
    bytes
}

#[rehearsal::test]
async fn a_worker_is_heard_to_its_last_whole_frame() {
    let mut bytes = frames(&[(Up::Started, None), (Up::Event, Some(7)), (Up::Event, Some(8))]);
    bytes.truncate(bytes.len() - 1);
    let (ended, events, ready, state) = hear(bytes).await;
    assert_eq!((ended, events), (Ok(()), vec![7]));
    assert!(matches!(ready, Some(Ok(()))));
    assert_eq!(state, State::Run);
}

#[rehearsal::test]
async fn garbage_is_told_from_silence() {
    for garbage in [&b"Hello, world! This is no frame."[..], &[1, 0, 0, 0, 250], &[0, 0, 0, 0]] {
        let mut bytes = frames(&[(Up::Event, Some(7))]);
        bytes.extend_from_slice(garbage);
        let (ended, events, ..) = hear(bytes).await;
        assert_eq!(events, [7], "what came before counts");
        let why = ended.expect_err("it is no message");
        assert!(why.contains("what its process wrote is no message"), "{why}");
    }
}

#[rehearsal::test]
async fn a_frame_over_the_limit_is_refused_before_any_of_it_has_come() {
    let mut bytes = frames(&[(Up::Event, Some(7))]);
    let over = wire::MAX_FRAME + 1;
    bytes.extend_from_slice(&u32::try_from(over).expect("it fits a prefix").to_le_bytes());
    let (ended, events, ..) = hear(bytes).await;
    assert_eq!(events, [7], "what came before counts");
    let why = ended.expect_err("it is too large");
    assert!(why.contains(&format!("a frame of {over} bytes or more is over the wire's limit")), "{why}");
}

#[rehearsal::test]
async fn an_answer_nobody_asked_for_is_garbage_too() {
    let (ended, ..) = hear(frames(&[(Up::Answer { request: 9 }, Some(1))])).await;
    assert!(ended.expect_err("nobody asked").contains("request 9, which nobody made"));
}

#[rehearsal::test]
async fn an_event_of_another_type_is_told() {
    let mut bytes = Vec::new();
    crossing::write(&mut bytes, &(Up::Event, "no number")).expect("a frame");
    let (ended, ..) = hear(bytes).await;
    assert!(ended.expect_err("it is no number").contains("an event of its process"));
}

#[rehearsal::test]
async fn a_refused_handshake_is_told_to_who_spawns() {
    let (.., ready, _) = hear(frames(&[(Up::Refused { why: "other program".to_owned() }, None)])).await;
    let Some(Err(error)) = ready else { panic!("it was told nothing") };
    assert!(error.to_string().contains("refused the handshake: other program"), "{error}");
}
