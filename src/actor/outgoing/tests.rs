//! When answers of a process leave that wait for company.

use std::io::{ErrorKind, Read};
use std::sync::Arc;
use std::time::Duration;

use super::{COMPANY, Outgoing};
use crate::sys::process::StdSocket;
use crate::sys::wire::BlockingSender;

const FOR_EVER: Duration = Duration::from_secs(3600);

fn pair() -> (Arc<Outgoing>, StdSocket) {
    let (ours, theirs) = StdSocket::pair().expect("a socketpair");
    ours.set_nonblocking(true).expect("set");
    (Arc::new(Outgoing::new(BlockingSender::new(&ours).expect("a sender"))), theirs)
}

/// What has arrived by now.
fn here(peer: &mut StdSocket) -> Vec<u8> {
    peer.set_nonblocking(true).expect("set");
    let mut bytes = Vec::new();
    let ended = peer.read_to_end(&mut bytes).expect_err("the other end is open");
    assert_eq!(ended.kind(), ErrorKind::WouldBlock);
    bytes
}

/// The next bytes, waited for.
fn next<const N: usize>(peer: &mut StdSocket) -> [u8; N] {
    peer.set_nonblocking(false).expect("set");
    let mut bytes = [0; N];
    peer.read_exact(&mut bytes).expect("they come");
    bytes
}

fn put(outgoing: &Outgoing, frame: &[u8], may_wait: bool) {
    let mut buffer = outgoing.scratch();
    assert!(buffer.is_empty());
    buffer.extend_from_slice(frame);
    outgoing.put(buffer, may_wait).expect("written");
}

#[rehearsal::test]
fn without_anybody_to_look_after_it_nothing_is_held() {
    let (outgoing, mut peer) = pair();
    put(&outgoing, b"a", true);
    assert_eq!(here(&mut peer), b"a");
}

/// As if a thread were there that never looks.
fn neglected() -> (Arc<Outgoing>, StdSocket) {
    let (outgoing, peer) = pair();
    (outgoing.state().watched, outgoing.state().awake) = (true, true);
    (outgoing, peer)
}

#[rehearsal::test]
fn what_is_held_leaves_with_the_next_that_may_not_wait_and_before_it() {
    let (outgoing, mut peer) = neglected();
    put(&outgoing, b"a", true);
    put(&outgoing, b"b", true);
    assert_eq!(here(&mut peer), b"");
    put(&outgoing, b"c", false);
    assert_eq!(here(&mut peer), b"abc");
    put(&outgoing, b"d", true);
    outgoing.flush();
    assert_eq!(here(&mut peer), b"d");
}

#[rehearsal::test]
fn enough_is_enough() {
    let (outgoing, mut peer) = neglected();
    put(&outgoing, b"a", true);
    // More than is ever held: it goes at once, and the one before it first.
    put(&outgoing, &[7; COMPANY], true);
    let here = here(&mut peer);
    assert_eq!((here.len(), here[0]), (COMPANY + 1, b'a'));
}

#[rehearsal::test]
fn what_is_held_leaves_by_itself_where_nothing_else_is_said() {
    let (outgoing, mut peer) = pair();
    let watching = std::thread::spawn({
        let outgoing = outgoing.clone();
        move || outgoing.watch(FOR_EVER, &mut |sign| sign.push(b's'))
    });
    while !outgoing.state().watched {
        std::thread::yield_now();
    }
    for _ in 0..3 {
        put(&outgoing, b"ab", true);
        assert_eq!(&next(&mut peer), b"ab");
    }
    outgoing.end_watch();
    watching.join().expect("it ends");
}

#[rehearsal::test]
fn signs_are_given_whatever_is_held() {
    let (outgoing, mut peer) = pair();
    let watching = std::thread::spawn({
        let outgoing = outgoing.clone();
        move || outgoing.watch(Duration::from_millis(1), &mut |sign| sign.push(b's'))
    });
    assert_eq!(&next(&mut peer), b"sss");
    drop(peer);
    watching.join().expect("it ends when nobody is there");
}
