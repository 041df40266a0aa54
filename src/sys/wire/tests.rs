//! The wire against everything that can come over it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncWriteExt, ReadBuf};

use super::*;
use crate::sys::seam::{Scripted, Seam};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Value {
    Unit,
    Number(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    Map(BTreeMap<String, Option<u32>>),
    Nested(Vec<Value>),
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

/// Random values from a seed, so that a failure can be had again.
struct Random(Scripted);

impl Random {
    fn below(&self, n: u64) -> u64 {
        self.0.random_u64() % n
    }

    fn bytes(&self, len: u64) -> Vec<u8> {
        (0..len).map(|_| self.0.random_u64() as u8).collect()
    }

    fn text(&self) -> String {
        (0..self.below(20)).filter_map(|_| char::from_u32(self.below(0x3000) as u32)).collect()
    }

    fn value(&self, depth: u32) -> Value {
        match self.below(if depth == 0 { 6 } else { 7 }) {
            0 => Value::Unit,
            1 => Value::Number(self.0.random_u64() as i64),
            2 => Value::Float(self.below(1 << 40) as f64 / 7.0),
            3 => Value::Text(self.text()),
            4 => {
                let len = self.below(1 << self.below(14));
                Value::Bytes(self.bytes(len))
            }
            5 => Value::Map((0..self.below(5)).map(|n| (self.text(), (n > 1).then_some(n as u32))).collect()),
            _ => Value::Nested((0..self.below(4)).map(|_| self.value(depth - 1)).collect()),
        }
    }
}

/// A stream that gives at most so many bytes at a time, and is not ready every other time.
struct Drip<'a> {
    bytes: &'a [u8],
    random: Random,
    most: u64,
    ready: bool,
}

impl AsyncRead for Drip<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.ready = !self.ready;
        if self.ready {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let len = (1 + self.random.below(self.most) as usize).min(self.bytes.len()).min(into.remaining());
        let (now, later) = self.bytes.split_at(len);
        into.put_slice(now);
        self.bytes = later;
        Poll::Ready(Ok(()))
    }
}

fn drip(bytes: &[u8], seed: u64, most: u64) -> FrameReader<Drip<'_>> {
    FrameReader::new(Drip { bytes, random: Random(Scripted::new(seed)), most, ready: false })
}

#[rehearsal::test]
fn any_values_come_through_in_any_pieces() {
    for seed in 0..200 {
        let random = Random(Scripted::new(seed));
        let values: Vec<Value> = (0..random.below(40)).map(|_| random.value(3)).collect();
        let mut stream = Vec::new();
        for value in &values {
            encode_onto(&mut stream, value).expect("encodes");
        }
        let mut reader = drip(&stream, seed, 1 << random.below(16));
        run(async {
            for value in &values {
                let body = reader.next().await.expect("a frame").expect("not the end");
                assert_eq!(decode::<Value>(body).expect("decodes"), *value, "seed {seed}");
            }
            assert!(reader.next().await.expect("a clean end").is_none(), "seed {seed}");
        });
    }
}

#[rehearsal::test]
fn a_stream_cut_anywhere_ends_cleanly_only_between_frames() {
    let values = [Value::Unit, Value::Number(-5), Value::Text("text".into()), Value::Bytes(vec![7; 300])];
    let mut stream = Vec::new();
    let mut ends = vec![0];
    for value in &values {
        encode_onto(&mut stream, value).expect("encodes");
        ends.push(stream.len());
    }
    for cut in 0..=stream.len() {
        let mut reader = drip(&stream[..cut], cut as u64, 64);
        let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
        run(async {
            for _ in 0..whole {
                assert!(reader.next().await.expect("a whole frame").is_some());
            }
            match reader.next().await {
                Ok(None) => assert!(ends.contains(&cut), "cut at {cut}"),
                Err(WireError::MidFrame { have, want }) => {
                    assert_eq!(have, cut - ends[whole]);
                    assert!(have < want, "{have} of {want}");
                }
                other => panic!("cut at {cut}: {other:?}"),
            }
        });
    }
}

#[rehearsal::test]
fn a_length_over_the_limit_is_refused_without_waiting_for_it() {
    let mut stream = encode(&1u8).expect("encodes");
    stream.extend_from_slice(&((MAX_FRAME + 1) as u32).to_le_bytes());
    let mut reader = drip(&stream, 1, 3);
    run(async {
        assert_eq!(reader.next().await.expect("the good frame"), Some(&[1u8][..]));
        for _ in 0..2 {
            let error = reader.next().await.expect_err("out of step for good");
            assert!(matches!(error, WireError::TooLarge { len, limit } if len == limit + 1), "{error:?}");
            assert!(error.to_string().contains("268435457"), "{error}");
        }
    });
}

#[rehearsal::test]
fn garbage_never_panics_and_never_takes_memory_for_what_did_not_come() {
    for seed in 0..300 {
        let random = Random(Scripted::new(seed));
        let len = random.below(5000);
        let garbage = random.bytes(len);
        let mut reader = drip(&garbage, seed, 700);
        run(async {
            while let Ok(Some(body)) = reader.next().await {
                let _ = decode::<Value>(body);
            }
        });
        assert!(reader.buffer.capacity() <= 4 * BUFFER, "{} bytes at seed {seed}", reader.buffer.capacity());
        let _ = decode::<Value>(&garbage);
        let _ = decode::<Vec<String>>(&garbage);
    }
}

#[rehearsal::test]
fn a_flipped_bit_is_an_error_or_another_value_never_a_panic() {
    let random = Random(Scripted::new(9));
    for _ in 0..50 {
        let frame = encode(&random.value(3)).expect("encodes");
        for bit in 0..frame.len() * 8 {
            let mut body = frame[PREFIX..].to_vec();
            if let Some(byte) = body.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
            let _ = decode::<Value>(&body);
        }
    }
}

#[rehearsal::test]
fn what_is_left_over_behind_a_value_is_an_error() {
    let error = decode::<u8>(&[1, 2]).expect_err("one byte too many");
    assert!(error.to_string().contains("a frame of 2 bytes is not a valid `u8`"), "{error}");
}

#[rehearsal::test]
fn a_value_over_the_limit_is_refused_and_leaves_the_buffer_as_it_was() {
    let mut buffer = encode(&5u8).expect("encodes");
    let before = buffer.clone();
    let error = encode_within(&mut buffer, &vec![0u8; 101], 100).expect_err("too large");
    assert!(matches!(error, WireError::TooLarge { limit: 100, .. }), "{error:?}");
    assert_eq!(buffer, before);
    encode_within(&mut buffer, &vec![0u8; 99], 100).expect("99 bytes and their count are 100");
}

#[rehearsal::test]
fn a_value_that_cannot_be_written_says_its_type() {
    struct Refuses;
    impl Serialize for Refuses {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("it would rather not"))
        }
    }
    let error = encode(&Refuses).expect_err("refused");
    assert!(matches!(&error, WireError::Encode { what, .. } if what.ends_with("Refuses")), "{error:?}");
    assert!(error.to_string().ends_with("it would rather not"), "{error}");
}

#[rehearsal::test]
fn a_dropped_read_loses_nothing() {
    run(async {
        let (mut here, there) = tokio::io::duplex(64);
        let mut reader = FrameReader::new(there);
        let frame = encode(&Value::Text("half and half".into())).expect("encodes");
        let (first, second) = frame.split_at(7);
        here.write_all(first).await.expect("written");
        // Polled once, so that it has read the first half, and dropped.
        let dropped = tokio::time::timeout(Duration::ZERO, reader.next()).await;
        assert!(dropped.is_err(), "not complete yet");
        here.write_all(second).await.expect("written");
        let body = reader.next().await.expect("a frame").expect("not the end");
        assert_eq!(decode::<Value>(body).expect("decodes"), Value::Text("half and half".into()));
    });
}

#[rehearsal::test]
fn frames_that_came_together_need_one_read() {
    run(async {
        let (mut here, there) = tokio::io::duplex(4096);
        let mut reader = FrameReader::new(there);
        for number in 0..10u8 {
            here.write_all(&encode(&number).expect("encodes")).await.expect("written");
        }
        assert!(reader.buffered().expect("nothing was read yet").is_none());
        assert_eq!(reader.next().await.expect("a frame"), Some(&[0u8][..]));
        for number in 1..10u8 {
            assert_eq!(reader.buffered().expect("a frame"), Some(&[number][..]));
        }
        assert!(reader.buffered().expect("that was all").is_none());
    });
}

#[rehearsal::test]
fn the_buffer_of_a_large_frame_is_given_back() {
    let mut stream = encode(&vec![3u8; 5 << 20]).expect("encodes");
    encode_onto(&mut stream, &1u8).expect("encodes");
    let mut reader = FrameReader::new(&stream[..]);
    run(async {
        let body = reader.next().await.expect("a frame").expect("not the end");
        assert_eq!(decode::<Vec<u8>>(body).expect("decodes").len(), 5 << 20);
        assert_eq!(reader.next().await.expect("a frame"), Some(&[1u8][..]));
        assert!(reader.next().await.expect("the end").is_none());
    });
    assert!(reader.buffer.capacity() <= 2 * BUFFER);
}

/// What each kind of value is on the wire, and that it comes back.
#[rehearsal::test]
fn the_bytes_of_a_value() {
    #[track_caller]
    fn is<T: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(value: T, bytes: &[u8]) {
        let frame = encode(&value).expect("encodes");
        assert_eq!(frame[PREFIX..], *bytes, "{value:?}");
        assert_eq!(decode::<T>(bytes).expect("decodes"), value);
    }
    is((), &[]);
    is((true, false), &[1, 0]);
    is((200u8, -1i8), &[200, 255]);
    is(127u32, &[127]);
    is(128u32, &[0x80, 1]);
    is(u16::MAX, &[0xff, 0xff, 3]);
    is(u64::MAX, &[255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    is((-1i16, 1i32, -64i64, 64i64), &[1, 2, 127, 0x80, 1]);
    is((i16::MIN, i16::MAX), &[0xff, 0xff, 3, 0xfe, 0xff, 3]);
    is((i64::MIN, i32::MAX), &[255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 254, 255, 255, 255, 15]);
    is(1u128 << 127, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]);
    is(-2i128, &[254, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255]);
    is((1f32, -0f64), &[0, 0, 0x80, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x80]);
    is('ß', &[0xdf, 1]);
    is("ß".to_owned(), &[2, 0xc3, 0x9f]);
    is((Some(5u8), None::<u8>), &[1, 5, 0]);
    is(vec![1u16, 300], &[2, 1, 0xac, 2]);
    is(BTreeMap::from([('a', 1u8)]), &[1, 97, 1]);
    is(vec![(); 300], &[0xac, 2]);
    is(Value::Number(-5), &[1, 9]);
    is(Ok::<u8, String>(1), &[0, 1]);
    is(Duration::new(300, 5), &[0xac, 2, 5]);
}

#[rehearsal::test]
fn bytes_that_are_no_value_say_why() {
    #[track_caller]
    fn why<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Flaw {
        match take::<T>(bytes) {
            Err(WireError::Decode { source, .. }) => source,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{bytes:?} was taken for a value"),
        }
    }
    assert_eq!(why::<u8>(&[]), Flaw::TooShort);
    assert_eq!(why::<u32>(&[0x80]), Flaw::TooShort);
    assert_eq!(why::<bool>(&[2]), Flaw::OutOfRange { what: "bool" });
    assert_eq!(why::<Option<u8>>(&[2, 0]), Flaw::OutOfRange { what: "Option" });
    assert_eq!(why::<u16>(&[0x80, 0x80, 4]), Flaw::OutOfRange { what: "u16" });
    assert_eq!(why::<i16>(&[0x80, 0x80, 4]), Flaw::OutOfRange { what: "i16" });
    assert_eq!(why::<char>(&[0x80, 0xb0, 3]), Flaw::OutOfRange { what: "char" });
    assert_eq!(why::<u64>(&[255; 10]), Flaw::OutOfRange { what: "whole number" });
    assert_eq!(why::<String>(&[2, 0xc3, 0x28]), Flaw::NotUtf8);
    assert_eq!(why::<String>(&[255, 255, 255, 255, 15]), Flaw::TooShort);
    assert_eq!(why::<Vec<String>>(&[255, 255, 255, 255, 255, 255, 255, 255, 255, 1]), Flaw::TooShort);
    assert!(matches!(why::<Value>(&[7]), Flaw::Said(_)), "no such variant");
    assert_eq!(why::<serde_json::Value>(&[1]), Flaw::NotDescribed);
}

#[rehearsal::test]
fn a_row_that_does_not_know_its_length_is_refused() {
    struct Stream;
    impl Serialize for Stream {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.collect_seq((0..5u8).filter(|number| number % 2 == 0))
        }
    }
    let error = encode(&Stream).expect_err("no length");
    assert!(error.to_string().contains("must know its length"), "{error}");
}
