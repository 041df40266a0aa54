//! Handshakes that are taken, and those that are refused.

use std::time::Duration;

use super::read_hello;
use crate::actor::crossing::{Hello, VERSION, write};
use crate::sys::{anchor, wire};

fn hello() -> Hello {
    Hello {
        version: VERSION,
        program: anchor::program(),
        entry: 0,
        kind: "Counter".to_owned(),
        table: 1,
        id: 1,
        name: None,
        window: 8,
        notify_every: Duration::from_secs(9),
        listens: false,
        in_sight: false,
        door: None,
    }
}

/// The error for a handshake, its frame made of this value.
fn refusal<T: serde::Serialize>(first: &T) -> String {
    let mut frame = Vec::new();
    write(&mut frame, first).expect("a frame");
    read_hello(&frame[wire::PREFIX..]).expect_err("it does not fit")
}

#[rehearsal::test]
fn a_handshake_of_this_program_is_taken() {
    let mut frame = Vec::new();
    write(&mut frame, &(hello(), 5_u8)).expect("a frame");
    assert_eq!(read_hello(&frame[wire::PREFIX..]), Ok((hello(), &[5_u8][..])));
}

#[rehearsal::test]
fn a_handshake_of_another_version_is_refused_whatever_follows_it() {
    let why = refusal(&(VERSION + 1, "and something else altogether"));
    assert!(why.contains(&format!("version {}", VERSION + 1)), "{why}");
    assert!(why.contains(&format!("this process version {VERSION}")), "{why}");
}

#[rehearsal::test]
fn a_handshake_of_a_program_that_was_replaced_is_refused() {
    let why = refusal(&(Hello { program: hello().program ^ 1, ..hello() }, ()));
    assert!(why.contains("replaced since the parent started"), "{why}");
}

#[rehearsal::test]
fn garbage_is_refused() {
    assert!(read_hello(&[]).is_err());
    assert!(read_hello(&[VERSION as u8, 255, 255]).is_err());
}
