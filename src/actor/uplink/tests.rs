//! What a worker tells its parent of the messages it took.

use std::io::Read;
use std::sync::Arc;

use super::{Inbound, Uplink};
use crate::actor::crossing::{self, Up};
use crate::actor::letter;
use crate::actor::reply::Reply;
use crate::sys::process::StdSocket;
use crate::sys::wire::{BlockingSender, PREFIX};

fn pair() -> (Arc<Uplink>, StdSocket) {
    let (ours, theirs) = StdSocket::pair().expect("a socketpair");
    ours.set_nonblocking(true).expect("set");
    (Arc::new(Uplink::new(BlockingSender::new(&ours).expect("a sender"))), theirs)
}

/// The reply of a tell that has come.
fn told(link: &Arc<Uplink>) -> Reply<()> {
    Inbound { link, request: 0, body: &[] }.reply()
}

/// The next header the parent gets.
fn next(peer: &mut StdSocket) -> Up {
    let mut prefix = [0; PREFIX];
    peer.read_exact(&mut prefix).expect("a frame");
    let mut body = vec![0; u32::from_le_bytes(prefix) as usize];
    peer.read_exact(&mut body).expect("all of it");
    crossing::split(&body).expect("a header").0
}

#[rehearsal::test]
fn a_tell_is_taken_when_it_was_handled_and_not_when_it_was_left() {
    let (link, mut peer) = pair();
    link.set_window(4);
    let (first, second, left, left_too) = (told(&link), told(&link), told(&link), told(&link));
    drop(first);
    letter::shielded(|| drop((left, left_too)));
    link.say(&Up::Notify).expect("said");
    assert!(matches!(next(&mut peer), Up::Notify), "one was handled, which is not half of four");
    drop(second);
    assert!(matches!(next(&mut peer), Up::Taken { tells: 2 }));
}

#[rehearsal::test]
fn what_was_left_is_not_behind_another_any_more() {
    let (link, _peer) = pair();
    let (handled, left) = (told(&link), told(&link));
    assert!(link.is_more_behind());
    letter::shielded(|| drop(left));
    assert!(!link.is_more_behind());
    drop(handled);
}
