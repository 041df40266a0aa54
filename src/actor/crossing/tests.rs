//! What a parent keeps of its asks and tells until they are answered or reported.

use crate::actor::crossing;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::{Books, Down, Outbound, split};
use crate::actor::error::Cause;
use crate::actor::info::ActorName;
use crate::actor::reply::{Reply, Waited};
use crate::sys::deadline::Deadline;

fn ask(books: &mut Books, buffer: &mut Vec<u8>, told: &Arc<Mutex<Vec<u32>>>) {
    let told = told.clone();
    books.enter(Box::new(move |outcome: Result<&[u8], Cause>| {
        told.lock().expect("unpoisoned").push(u32::from(outcome.expect("an answer")[0]));
    }));
    buffer.clear();
}

#[rehearsal::test]
fn answers_find_who_asked_in_any_order() {
    let (mut books, mut buffer) = (Books::default(), Vec::new());
    let told = Arc::new(Mutex::new(Vec::new()));
    (0..5).for_each(|_| ask(&mut books, &mut buffer, &told));
    for request in [3_u64, 1, 2, 5, 4] {
        let waiter = books.take(request).expect("somebody waits");
        waiter(Ok(&[request as u8]));
        assert!(books.take(request).is_none(), "only once");
    }
    assert_eq!(*told.lock().expect("unpoisoned"), [3, 1, 2, 5, 4]);
    assert_eq!(books.under_way(), 0);
    assert!(books.take(0).is_none() && books.take(6).is_none() && books.take(u64::MAX).is_none());
    ask(&mut books, &mut buffer, &told);
    assert!(books.take(6).is_some(), "numbers go on");
}

#[rehearsal::test]
fn tells_count_until_they_are_reported_and_nothing_counts_that_was_not_written() {
    let (mut books, mut buffer) = (Books::default(), Vec::new());
    let actor = ActorName { kind: "Counter", id: 1, name: None };
    let header = |request| Down::Command { request, command: 7 };
    let mut tell = |books: &mut Books| {
        let out = Outbound { buffer: &mut buffer, books, actor: &actor, span: Default::default() };
        out.message("add", header, &(5_i64,), Reply::<i64>::nobody());
    };
    tell(&mut books);
    tell(&mut books);
    assert_eq!(books.under_way(), 2);
    books.taken(2);
    assert_eq!(books.under_way(), 0);
    let first = &buffer[crate::sys::wire::PREFIX..buffer.len() / 2];
    let (header, args) = split::<Down>(first).expect("a frame");
    assert!(matches!(header, Down::Command { request: 0, command: 7 }));
    assert_eq!(super::read::<(i64,)>(args), Ok((5,)));

    struct Unwritable;
    impl serde::Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            crate::actor::panic::expected(|| panic!("it cannot be written"))
        }
    }
    let before = buffer.len();
    let (reply, mut waiting) = Reply::<i64>::pair(Deadline::new(Duration::MAX));
    let out = Outbound { buffer: &mut buffer, books: &mut books, actor: &actor, span: Default::default() };
    out.message("add", |request| Down::Command { request, command: 7 }, &Unwritable, reply);
    assert_eq!((buffer.len(), books.under_way()), (before, 0), "no half of a frame stays behind");
    let told = waiting.poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Waited::Failed(cause)) = told else { panic!("it was told that it was not sent") };
    let why = cause.to_string();
    assert!(why.contains("arguments could not cross") && why.contains("it cannot be written"), "{why}");
}

#[rehearsal::test]
fn an_event_is_told_by_its_first_byte_and_nothing_else_is_taken_for_one() {
    let frame = |header: crossing::Up| {
        let mut frame = Vec::new();
        crossing::write(&mut frame, &(header, 7_u32)).expect("written");
        frame.split_off(crate::sys::wire::PREFIX)
    };
    assert_eq!(crossing::event(&frame(crossing::Up::Event)).map(crossing::read::<u32>), Some(Ok(7)));
    let others = [
        crossing::Up::Refused { why: String::new() },
        crossing::Up::Started,
        crossing::Up::Failed { message: String::new() },
        crossing::Up::Answer { request: 5 },
        crossing::Up::Stream { number: 5 },
        crossing::Up::Notify,
        crossing::Up::Taken { tells: 5 },
        crossing::Up::Unread { number: 5 },
    ];
    for header in others {
        let told = format!("{header:?}");
        assert_eq!(crossing::event(&frame(header)), None, "{told}");
    }
    assert_eq!(crossing::event(&[]), None);
}
