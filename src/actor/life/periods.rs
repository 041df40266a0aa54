//! When an actor's `#[periodic]` functions run.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll, ready};
use std::time::Duration;

use crate::sys::seam::{self, Instant};

/// When each `#[periodic]` function is due. Nothing is kept, and no clock read, for an actor without one.
#[derive(Default)]
pub(super) struct Periods(Option<Box<Due>>);

struct Due {
    every: &'static [Duration],
    due: Vec<Instant>,
    sleep: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Periods {
    pub(super) fn new(every: &'static [Duration]) -> Periods {
        Periods((!every.is_empty()).then(|| {
            let now = seam::now();
            Box::new(Due { every, due: every.iter().map(|every| now + *every).collect(), sleep: None })
        }))
    }

    /// The number of one that is due. A time that passed while the actor was busy is made up for once, not counted.
    pub(super) fn poll_due(&mut self, cx: &mut task::Context<'_>) -> Poll<usize> {
        let Some(own) = &mut self.0 else { return Poll::Pending };
        let Some((period, due)) = own.due.iter().copied().enumerate().min_by_key(|(_, due)| *due) else {
            return Poll::Pending;
        };
        let sleep = own.sleep.get_or_insert_with(|| Box::pin(seam::sleep_until(due)));
        ready!(sleep.as_mut().poll(cx));
        own.sleep = None;
        let now = seam::now();
        let on_time = due + own.every[period];
        own.due[period] = if on_time > now { on_time } else { now + own.every[period] };
        Poll::Ready(period)
    }
}
