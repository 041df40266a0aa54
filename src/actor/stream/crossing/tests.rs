//! Both halves of streams that cross, with a wire between them that a test holds in its hands.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::sync::Arc;
use std::task::{Context as Task, Poll, Waker};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Dock, StreamedApart, frame_of, heard_from_parent, heard_from_worker, write_orders};
use crate::actor::crossing::{self, Down, Up};
use crate::actor::exit::{Exit, Reason};
use crate::actor::info::{ActorName, Placement};
use crate::actor::node::{AnyActor, Shared};
use crate::actor::overflow::Overflow;
use crate::actor::panic::PanicNote;
use crate::actor::stream::channel::{AnyChannel, Channel, End, Home, WINDOW_KIB};
use crate::actor::stream::error::{NotSent, StreamEnd};
use crate::actor::stream::streaming::Streaming;
use crate::actor::stream::word::{Order, Said};
use crate::actor::uplink::Uplink;
use crate::sys::process::StdSocket;
use crate::sys::wire::{BlockingSender, PREFIX};

struct Idle;

#[rehearsal::actor]
impl Idle {
    #[start]
    fn new() -> Idle {
        Idle
    }
}

fn actor() -> Arc<dyn AnyActor> {
    let name = ActorName { kind: "Idle", id: 1, name: None };
    Shared::<Idle>::new(name, Placement::Process, 8, Overflow::Wait)
}

/// Cuts bytes into the bodies of frames.
fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (mut rest, mut frames) = (bytes, Vec::new());
    while !rest.is_empty() {
        let len = u32::from_le_bytes(rest[..PREFIX].try_into().expect("a prefix")) as usize;
        frames.push(rest[PREFIX..PREFIX + len].to_vec());
        rest = &rest[PREFIX + len..];
    }
    frames
}

/// An item that knows its place.
type Item = (u64, Vec<u8>);

/// A stream between two processes.
struct Wire {
    worker: Arc<dyn AnyActor>,
    parent: Arc<dyn AnyActor>,
    producer: Arc<Channel<Item>>,
    consumer: Option<Streaming<Item>>,
    link: Arc<Uplink>,
    socket: StdSocket,
    /// Frames on their way, each way.
    up: VecDeque<Vec<u8>>,
    down: VecDeque<Vec<u8>>,
    bound: usize,
    sent: u64,
    taken: u64,
}

impl Wire {
    /// A stream whose answer has arrived; so many items were sent before it had left.
    fn new(bound: usize, early: usize, len: usize) -> Wire {
        let (ours, socket) = StdSocket::pair().expect("a socketpair");
        ours.set_nonblocking(true).expect("set");
        socket.set_nonblocking(true).expect("set");
        let link = Arc::new(Uplink::new(BlockingSender::new(&ours).expect("a sender")));
        let (worker, parent) = (actor(), actor());
        let producer = Channel::<Item>::new(bound);
        let any: Arc<dyn AnyChannel> = producer.clone();
        let number = worker.node().beside().streams().enter(Arc::downgrade(&any));
        producer.set_home(Home { actor: worker.clone(), command: "count", number });
        let (up, down) = (VecDeque::new(), VecDeque::new());
        let mut wire = Wire {
            worker,
            parent,
            producer,
            consumer: None,
            link,
            socket,
            up,
            down,
            bound,
            sent: 0,
            taken: 0,
        };
        let ticket = wire.producer.leave();
        for _ in 0..early {
            assert!(wire.produce(len) || early > bound);
        }
        wire.producer.set_out(&wire.link, frame_of::<Item>);
        wire.collect();
        let dock = Dock { actor: wire.parent.clone(), command: "count" };
        wire.consumer = Some(Streaming::land(ticket, &dock));
        wire
    }

    /// Sends an item, if there is room.
    fn produce(&mut self, len: usize) -> bool {
        match self.producer.poll_room(&mut Task::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => {
                self.producer.put((self.sent, vec![self.sent as u8; len])).expect("there was room");
                self.sent += 1;
                self.collect();
                let ahead = self.sent - self.taken;
                assert!(ahead <= self.bound as u64, "{ahead} ahead, {} allowed", self.bound);
                true
            }
            Poll::Ready(Err(_)) | Poll::Pending => false,
        }
    }

    /// Takes from the socket what the worker has written: on a wire that is slow it would lie there.
    fn collect(&mut self) {
        let mut bytes = Vec::new();
        let ended = self.socket.read_to_end(&mut bytes).expect_err("the other end is open");
        assert_eq!(ended.kind(), ErrorKind::WouldBlock);
        self.up.extend(frames(&bytes));
        let kib: usize = self.up.iter().map(|frame| frame.len() / 1024).sum();
        let largest = self.up.iter().map(|frame| frame.len() / 1024).max().unwrap_or_default();
        assert!(kib <= WINDOW_KIB + largest, "{kib} KiB are on their way");
    }

    /// One frame arrives at the parent.
    fn rise(&mut self) -> bool {
        let Some(frame) = self.up.pop_front() else { return false };
        let (header, value) = crossing::split::<Up>(&frame).expect("a frame");
        let Up::Stream { number } = header else { panic!("{header:?}") };
        heard_from_worker(self.parent.node(), number, value).expect("it makes sense");
        true
    }

    /// What the parent has to say is written, and one frame of it arrives.
    fn fall(&mut self) -> bool {
        let mut bytes = Vec::new();
        write_orders(self.parent.node(), &mut bytes);
        self.down.extend(frames(&bytes));
        let Some(frame) = self.down.pop_front() else { return false };
        let (header, value) = crossing::split::<Down>(&frame).expect("a frame");
        let Down::Stream { number } = header else { panic!("{header:?}") };
        heard_from_parent(self.worker.node(), number, value);
        true
    }

    /// Takes what is there; `None` where nothing is.
    fn take(&mut self) -> Option<Option<Result<Item, StreamEnd>>> {
        let consumer = self.consumer.as_mut()?;
        match consumer.poll_item(&mut Task::from_waker(Waker::noop())) {
            Poll::Pending => None,
            Poll::Ready(Some(Ok(item))) => {
                assert_eq!(
                    (item.0, item.1.first().copied().unwrap_or(item.0 as u8)),
                    (self.taken, self.taken as u8)
                );
                self.taken += 1;
                Some(Some(Ok(item)))
            }
            Poll::Ready(Some(Err(error))) => Some(Some(Err(error.why().clone()))),
            Poll::Ready(None) => Some(None),
        }
    }

    /// Until nothing moves any more; what the consumer got behind the last item.
    fn settle(&mut self) -> Option<Option<StreamEnd>> {
        loop {
            let mut moved = self.rise() | self.fall();
            match self.take() {
                Some(Some(Ok(_))) => moved = true,
                Some(Some(Err(why))) => return Some(Some(why)),
                Some(None) => return Some(None),
                None => {}
            }
            if !moved {
                return None;
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Produce(usize),
    Rise,
    Fall,
    Take,
}

fn step() -> impl Strategy<Value = Step> {
    // Items of no byte, of some, and of 64 KiB and more, of which few are on their way.
    let len = prop_oneof![Just(0), 1..2_000_usize, 50_000..100_000_usize];
    prop_oneof![
        3 => len.prop_map(Step::Produce),
        2 => Just(Step::Rise),
        2 => Just(Step::Fall),
        2 => Just(Step::Take),
    ]
}

fn end() -> impl Strategy<Value = StreamEnd> {
    let ms = any::<u32>().prop_map(|ms| Duration::from_millis(ms.into()));
    prop_oneof![
        any::<(String, i32)>()
            .prop_map(|(detail, code)| { StreamEnd::Dead(Exit::because(Reason::Exited { code }, detail)) }),
        any::<(String, String)>()
            .prop_map(|(message, location)| StreamEnd::Panicked(PanicNote { message, location })),
        Just(StreamEnd::LetGo),
        any::<String>().prop_map(StreamEnd::Failed),
        ms.clone().prop_map(|after| StreamEnd::Stalled { after }),
        ms.prop_map(|after| StreamEnd::Unread { after }),
        any::<String>().prop_map(StreamEnd::Crossing),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![Just(Said::Item), Just(Said::Finished), end().prop_map(|why| Said::Broke { why })]
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![any::<u64>().prop_map(|items| Order::Credit { items }), Just(Order::Cancel)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[rehearsal::test]
    fn frames_are_read_as_they_were_written(number: u64, said in said(), order in order(), item: Vec<u8>) {
        let mut buffer = Vec::new();
        crossing::write(&mut buffer, &(Up::Stream { number }, (&said, &item))).expect("written");
        crossing::write(&mut buffer, &(Down::Stream { number }, order)).expect("written");
        let frames = frames(&buffer);
        let (header, value) = crossing::split::<Up>(&frames[0]).expect("a header");
        let is_own = matches!(header, Up::Stream { number: read } if read == number);
        prop_assert!(is_own);
        let (word, rest) = crossing::split::<Said>(value).expect("a word");
        prop_assert_eq!((word, crossing::read::<Vec<u8>>(rest)), (said, Ok(item)));
        let (header, value) = crossing::split::<Down>(&frames[1]).expect("a header");
        let is_own = matches!(header, Down::Stream { number: read } if read == number);
        prop_assert!(is_own);
        prop_assert_eq!(crossing::read::<Order>(value), Ok(order));
    }

    /// A panic here would end the parent's task, and a wrong number must not stop another stream.
    #[rehearsal::test]
    fn what_makes_no_sense_harms_nobody(number in 0..3_u64, bytes: Vec<u8>) {
        let mut wire = Wire::new(4, 2, 3);
        let _ = heard_from_worker(wire.parent.node(), number + 2, &bytes);
        heard_from_parent(wire.worker.node(), number + 2, &bytes);
        wire.producer.end(End::Finished);
        wire.collect();
        prop_assert_eq!((wire.settle(), wire.taken), (Some(None), 2));
    }

    #[rehearsal::test]
    fn nothing_is_lost_and_nothing_stands_still(
        bound in prop_oneof![1..4_usize, 4..200_usize],
        early in 0..4_usize,
        steps in vec(step(), 0..300),
        ends in prop_oneof![Just(End::Finished), end().prop_map(End::Broke)],
    ) {
        let mut wire = Wire::new(bound, early.min(bound), 10);
        for step in steps {
            match step {
                Step::Produce(len) => { wire.produce(len); }
                Step::Rise => { wire.rise(); }
                Step::Fall => { wire.fall(); }
                Step::Take => { wire.take(); }
            }
        }
        // However far it had come, there is room again once all was taken.
        prop_assert_eq!(wire.settle(), None);
        prop_assert_eq!(wire.taken, wire.sent);
        for len in [0, 100_000, 1] {
            prop_assert!(wire.produce(len), "no room although all was taken");
            wire.settle();
        }
        wire.producer.end(ends.clone());
        wire.collect();
        let end = match ends { End::Finished => None, End::Broke(why) => Some(why) };
        prop_assert_eq!((wire.settle(), wire.taken), (Some(end), wire.sent));
        let left = wire.worker.node().beside().streams().find(1).is_some();
        prop_assert!(!left, "its number is given back");
    }

    #[rehearsal::test]
    fn a_consumer_that_goes_ends_the_producer(
        bound in 1..20_usize,
        steps in vec(step(), 0..100),
    ) {
        let mut wire = Wire::new(bound, 0, 0);
        for step in steps {
            match step {
                Step::Produce(len) => { wire.produce(len % 2_000); }
                Step::Rise => { wire.rise(); }
                Step::Fall => { wire.fall(); }
                Step::Take => { wire.take(); }
            }
        }
        wire.consumer = None;
        while wire.rise() | wire.fall() {}
        let closed = wire.producer.poll_closed(&mut Task::from_waker(Waker::noop()));
        prop_assert_eq!(closed, Poll::Ready(NotSent::Cancelled));
        prop_assert!(!wire.produce(1));
        prop_assert!(wire.worker.node().beside().streams().find(1).is_none());
    }

    /// What had come is given first; the next life's streams have the same numbers, and nothing of the old ones.
    #[rehearsal::test]
    fn a_process_that_is_gone_ends_its_streams_and_not_those_of_the_next(rises in 0..6_usize) {
        let mut wire = Wire::new(8, 5, 3);
        for _ in 0..rises {
            wire.rise();
        }
        let exit = Exit::new(Reason::Killed { signal: Some(9) });
        wire.parent.node().end_streams(&exit);
        let dock = Dock { actor: wire.parent.clone(), command: "count" };
        let mut next = Streaming::<Item>::land((1, 8), &dock);
        wire.up.clear();
        prop_assert_eq!(wire.settle(), Some(Some(StreamEnd::Dead(exit))));
        prop_assert_eq!(wire.taken, rises.min(5) as u64);
        wire.consumer = None;
        let mut orders = Vec::new();
        write_orders(wire.parent.node(), &mut orders);
        prop_assert!(orders.is_empty(), "it says nothing of the next one's");
        prop_assert!(next.poll_item(&mut Task::from_waker(Waker::noop())).is_pending());
    }
}
