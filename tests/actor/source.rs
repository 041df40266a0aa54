//! The actor that the tests of streams are about: it answers with streams, and misbehaves on request.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use rehearsal::actor::{NotSent, Producer};
use rehearsal::prelude::*;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::cast::{Bytes, TooLittle};

/// Answers with streams.
#[derive(Default)]
pub struct Source {
    made: Arc<AtomicU32>,
    gone: Arc<Gone>,
    held: Option<Producer<u32>>,
    second: Option<SourceProxy>,
    sum: u64,
}

/// Notes that a stream was dropped.
#[derive(Default)]
pub struct Gone {
    is_gone: AtomicBool,
    bell: Notify,
}

/// A stream that counts what it gives, and says when it is dropped.
pub struct Tracked {
    pub made: Arc<AtomicU32>,
    pub gone: Arc<Gone>,
}

impl Stream for Tracked {
    type Item = u32;

    fn poll_next(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<u32>> {
        Poll::Ready(Some(self.made.fetch_add(1, Ordering::SeqCst)))
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.gone.is_gone.store(true, Ordering::SeqCst);
        self.gone.bell.notify_waiters();
    }
}

impl Gone {
    /// Comes back when the stream was dropped.
    pub async fn wait(&self) {
        loop {
            let rung = self.bell.notified();
            if self.is_gone.load(Ordering::SeqCst) {
                return;
            }
            rung.await;
        }
    }
}

/// An item that can be written, but not each of them.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Picky(pub u32);

impl Serialize for Picky {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            3 => Err(serde::ser::Error::custom("three cannot be written")),
            other => serializer.serialize_newtype_struct("Picky", &other),
        }
    }
}

/// An item that can be read, but not each of them.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Thorny(pub u32);

impl<'de> Deserialize<'de> for Thorny {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Thorny, D::Error> {
        match u32::deserialize(deserializer)? {
            3 => Err(serde::de::Error::custom("three has thorns")),
            other => Ok(Thorny(other)),
        }
    }
}

#[rehearsal::actor]
impl Source {
    #[start]
    pub fn new() -> Source {
        Source::default()
    }

    #[command]
    pub fn count(&self, to: u32) -> Streaming<u32> {
        Streaming::of(stream::iter(0..to))
    }

    #[command]
    pub async fn try_count(&self, to: u32) -> Result<Streaming<u32>, TooLittle> {
        if to == 0 { Err(TooLittle { from: 0 }) } else { Ok(Streaming::of(stream::iter(0..to))) }
    }

    #[command]
    pub fn blocks(&self, count: usize, len: usize) -> Streaming<Bytes> {
        Streaming::of(stream::iter(0..count).map(move |n| Bytes(vec![n as u8; len])))
    }

    /// Never ends; at most `ahead` items wait.
    #[command]
    pub fn tracked(&self, ahead: usize) -> Streaming<u32> {
        Streaming::of(Tracked { made: self.made.clone(), gone: self.gone.clone() }).ahead(ahead)
    }

    /// How many items all tracked streams have given.
    #[command]
    pub fn made(&self) -> u32 {
        self.made.load(Ordering::SeqCst)
    }

    /// Comes back when a tracked stream was dropped.
    #[command]
    pub async fn gone(&self) {
        self.gone.wait().await;
    }

    /// Gives `first` items and then none.
    #[command]
    pub fn stuck(&self, first: u32) -> Streaming<u32> {
        Streaming::of(stream::iter(0..first).chain(stream::pending()))
    }

    #[command]
    pub fn panics_at(&self, at: u32) -> Streaming<u32> {
        Streaming::of(stream::iter(0..).map(move |n| if n == at { panic!("told to at {n}") } else { n }))
    }

    #[command]
    pub fn picky(&self) -> Streaming<Picky> {
        Streaming::of(stream::iter(0..).map(Picky))
    }

    /// Never ends, and is watched as a tracked one is.
    #[command]
    pub fn thorny(&self) -> Streaming<Thorny> {
        Streaming::of(Tracked { made: self.made.clone(), gone: self.gone.clone() }.map(Thorny))
    }

    /// Its producer stays here.
    #[command]
    pub fn held(&mut self) -> Streaming<u32> {
        let (producer, streaming) = Streaming::channel(4);
        self.held = Some(producer);
        streaming
    }

    /// Its consumer has so long for each item.
    #[command]
    pub fn held_impatiently(&mut self, limit_ms: u64) -> Streaming<u32> {
        self.held().unread_after(Duration::from_millis(limit_ms))
    }

    /// Sends by hand; how it went in words.
    #[command]
    pub async fn send(&mut self, item: u32) -> Result<(), String> {
        let producer = self.held.as_mut().expect("a stream was asked for");
        producer.send(item).await.map_err(|error| error.to_string())
    }

    #[command]
    pub fn finish(&mut self) {
        self.held.take().expect("a stream was asked for").finish();
    }

    #[command]
    pub fn give_up(&mut self, why: String) {
        self.held.take().expect("a stream was asked for").fail(why);
    }

    #[command]
    pub fn let_go(&mut self) {
        self.held = None;
    }

    /// Comes back when nobody reads the one it holds.
    #[command]
    pub async fn unread(&mut self) -> String {
        self.held.as_mut().expect("a stream was asked for").closed().await.to_string()
    }

    /// Panics with the producer in hand.
    #[command]
    pub async fn panic_in_hand(&mut self) {
        let mut producer = self.held.take().expect("a stream was asked for");
        producer.send(1).await.expect("somebody reads");
        panic!("in the middle of it");
    }

    #[command]
    pub fn panic_beside(&mut self) {
        panic!("beside it");
    }

    /// Sends from a task of its own, as fast as it can.
    #[command]
    pub fn sent_by_task(&self, ahead: usize) -> Streaming<u32> {
        let (mut producer, streaming) = Streaming::channel(ahead);
        let (made, gone) = (self.made.clone(), self.gone.clone());
        tokio::spawn(async move {
            let tracked = Tracked { made, gone };
            loop {
                producer.send(tracked.made.load(Ordering::SeqCst)).await?;
                tracked.made.fetch_add(1, Ordering::SeqCst);
            }
            #[allow(unreachable_code)]
            Ok::<(), NotSent>(())
        });
        streaming
    }

    /// What an actor of its own counts, handed on.
    #[command]
    pub async fn second_hand(&mut self, to: u32, last: bool) -> Result<Streaming<u32>, String> {
        let source = Source::spawn().await.map_err(|error| error.to_string())?;
        let counted = if last { source.count(to).await } else { source.stuck(to).await };
        let counted = counted.map_err(|error| error.to_string())?;
        if last {
            // The stream does not keep its actor: this does.
            self.second = Some(source);
        } else {
            tokio::spawn(async move {
                source.echo("").await.expect("it is there");
                source.kill();
            });
        }
        Ok(counted)
    }

    /// Ends the actor whose stream was handed on: left running it would be cut off with the thread that it is on.
    #[command]
    pub async fn end_second(&mut self) -> Result<(), String> {
        let second = self.second.take().expect("a stream was handed on");
        second.stop().await.map(drop).map_err(|error| error.to_string())
    }

    #[command]
    pub fn add(&mut self, by: u64) -> u64 {
        self.sum += by;
        self.sum
    }

    /// Adds to itself what a stream gives.
    #[command]
    pub fn add_all(&self, to: u64, cx: &mut Context<Self>) {
        cx.attach(stream::iter(1..=to), |source, n| source.add(n)).detach();
    }
}

/// All items of a stream that is complete.
pub async fn all<T: Send + 'static>(
    mut stream: Streaming<T>,
) -> Result<Vec<T>, rehearsal::actor::StreamError> {
    let mut items = Vec::new();
    while let Some(item) = stream.next().await {
        items.push(item?);
    }
    Ok(items)
}

/// The items of a stream that breaks off, and how it does.
pub async fn broken<T: Send + 'static>(mut stream: Streaming<T>) -> (Vec<T>, rehearsal::actor::StreamError) {
    let mut items = Vec::new();
    loop {
        match stream.next().await {
            Some(Ok(item)) => items.push(item),
            Some(Err(error)) => {
                assert!(stream.next().await.is_none(), "an error is the last");
                return (items, error);
            }
            None => panic!("it looks complete after {} items", items.len()),
        }
    }
}

/// A source there.
pub async fn source(place: Placement) -> Result<SourceProxy, SpawnError> {
    crate::cast::put(Source::spawn(), place).await
}
