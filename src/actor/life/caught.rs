//! One poll of an actor's life.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{self, Poll};

use super::Around;
use crate::actor::behavior::Actor;
use crate::actor::current::Inside;
use crate::actor::exit::{Exit, Reason};
use crate::actor::panic;
use crate::sys::busy::Since;
use crate::sys::{helm, relay};

/// One life as it is polled: with its actor in control of the thread, and what panics in it caught.
pub(super) struct Life<'a, A: Actor, F> {
    pub(super) course: Pin<&'a mut F>,
    pub(super) around: &'a mut Around<A>,
}

impl<A: Actor, F: Future<Output = Exit>> Future for Life<'_, A, F> {
    type Output = Exit;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Exit> {
        let Life { course, around } = &mut *self;
        let Around { seated, again } = &mut **around;
        let inside = Inside::enter(seated);
        let since = Since::now();
        let polled = match catch_unwind(AssertUnwindSafe(|| course.as_mut().poll(cx))) {
            Ok(polled) => polled,
            Err(payload) => {
                relay::flush();
                Poll::Ready(Exit::new(Reason::Panicked(panic::caught(&*payload))))
            }
        };
        let busy_ns = since.taken_ns();
        drop(inside);
        if busy_ns > 0 {
            helm::was_long();
        }
        if let Some(actor) = seated {
            actor.node().count_busy(busy_ns);
        }
        if polled.is_ready() {
            return polled;
        }
        match (again, seated) {
            (Some(again), Some(actor)) => again.fates.poll_overdue(actor.node(), cx),
            _ => Poll::Pending,
        }
    }
}
