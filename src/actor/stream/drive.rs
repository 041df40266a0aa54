//! What polls a stream on behalf of its consumer: where its actor runs, and only while there is room for an item.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::task::coop::poll_proceed;

use super::producer::Producer;
use super::streaming::Streaming;
use crate::actor::letter;

/// A stream that is being driven.
pub(super) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What one look at a stream came to.
enum Looked<T> {
    Item(T),
    /// The stream has ended by itself.
    Ended,
    /// Nobody wants more of it, or it panicked, which the producer was told.
    Over,
}

/// Sends each item of `stream` until it ends or nobody wants more.
pub(super) async fn drive<S: Stream>(stream: S, mut producer: Producer<S::Item>) {
    let mut stream = Box::pin(stream);
    // The stream is asked for an item only when there is room for it: it is never further ahead than the bound.
    while producer.room().await.is_ok() {
        match poll_fn(|cx| look(stream.as_mut(), &producer, cx)).await {
            Looked::Item(item) => {
                if producer.send(item).await.is_err() {
                    break;
                }
            }
            Looked::Ended => {
                producer.finish();
                break;
            }
            Looked::Over => break,
        }
    }
    letter::shielded(|| drop(stream));
}

fn look<S: Stream>(
    stream: Pin<&mut S>,
    producer: &Producer<S::Item>,
    cx: &mut Context<'_>,
) -> Poll<Looked<S::Item>> {
    // One that always has an item lets others have their turn.
    let turn = ready!(poll_proceed(cx));
    if producer.channel().poll_closed(cx).is_ready() {
        return Poll::Ready(Looked::Over);
    }
    match letter::attempted(|| stream.poll_next(cx)) {
        Err(note) => {
            producer.panicked(note);
            Poll::Ready(Looked::Over)
        }
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(item)) => {
            turn.made_progress();
            Poll::Ready(item.map_or(Looked::Ended, Looked::Item))
        }
    }
}

/// Sends each item of a stream that comes from another actor; how that one breaks off, this one does.
pub(super) async fn relay<T: Send + 'static>(mut from: Streaming<T>, mut producer: Producer<T>) {
    loop {
        if producer.room().await.is_err() {
            return;
        }
        let next = poll_fn(|cx| {
            if producer.channel().poll_closed(cx).is_ready() {
                return Poll::Ready(None);
            }
            from.poll_item(cx).map(Some)
        });
        match next.await {
            Some(Some(Ok(item))) => {
                if producer.send(item).await.is_err() {
                    return;
                }
            }
            Some(Some(Err(error))) => return producer.fail(error),
            Some(None) => return producer.finish(),
            None => return,
        }
    }
}
