//! Panics at the line of the test that waits, not at one of the kit.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A wait of a test that fails with an error's text. Its panic is placed where the test awaits it: who polls is the
/// caller, and an `.await` polls from its own line.
pub(super) struct Here<F>(Pin<Box<F>>);

impl<F> Here<F> {
    pub(super) fn new(wait: F) -> Here<F> {
        Here(Box::pin(wait))
    }
}

impl<F, T, E> Future for Here<F>
where
    F: Future<Output = Result<T, E>>,
    E: std::fmt::Display,
{
    type Output = T;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match ready!(self.0.as_mut().poll(cx)) {
            Ok(value) => Poll::Ready(value),
            Err(error) => panic!("{error}"),
        }
    }
}
