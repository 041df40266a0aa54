//! Where clients of an open loop wait for the time at which their next operation is meant to start.
//!
//! A ticket is an operation with its time. Clients take the next one when they are free; who has one whose time has not
//! come leaves a waker. A thread, the pacer, wakes them a moment ahead, and from then on they look at the clock; where they
//! are tasks of one runtime only the one whose turn is next does, and passes that on. See [`Manner`].

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::Duration;

use super::pace::{Manner, Timetable, look};
use crate::sys::{seam, thread};

/// The pacer looks at whether it is still wanted at least this often.
const LONGEST_SLEEP_NS: u64 = 50_000_000;

/// The line, shared by clients and pacer.
#[derive(Debug)]
pub struct Line {
    table: Timetable,
    manner: Manner,
    /// The next ticket that nobody has.
    next: AtomicU64,
    /// The first ticket that has not been passed, where they are passed on.
    front: AtomicU64,
    /// Of who waits, by ticket: no more than there are clients.
    waiting: Mutex<BTreeMap<u64, Waker>>,
    over: AtomicBool,
}

impl Line {
    /// A line that keeps these times.
    pub fn new(table: Timetable, manner: Manner) -> Line {
        let waiting = Mutex::default();
        let (next, front, over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
        Line { table, manner, next, front, waiting, over }
    }

    /// The times that it keeps.
    pub fn table(&self) -> &Timetable {
        &self.table
    }

    /// The next operation, and when it is meant to start.
    pub fn take(&self) -> (u64, u64) {
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        (ticket, self.table.due_ns(ticket))
    }

    /// Leaves out what was meant to start before this time and has not been taken: it is nobody's any more.
    pub fn leave_out_before(&self, time_ns: u64) {
        let first = self.table.due_before(time_ns);
        self.next.fetch_max(first, Ordering::Relaxed);
        if let Some(last) = first.checked_sub(1) {
            self.pass(last);
        }
    }

    /// Over when its time has come, or the line is.
    pub async fn wait(&self, ticket: u64, due_ns: u64) {
        while !self.is_due(due_ns) {
            if !self.is_near(ticket, due_ns) {
                poll_fn(|cx| self.poll_near(cx, ticket, due_ns)).await;
            }
            if !self.is_due(due_ns) {
                // Other tasks come first, and what the driver of the runtime has.
                tokio::task::yield_now().await;
                if self.manner == Manner::Looking {
                    // And whatever else is to run on this processor, the system that is measured among it.
                    std::thread::yield_now();
                }
            }
        }
    }

    fn poll_near(&self, cx: &Context<'_>, ticket: u64, due_ns: u64) -> Poll<()> {
        let is_ready = || self.is_near(ticket, due_ns) || self.is_due(due_ns);
        if !is_ready() {
            self.waiting().insert(ticket, cx.waker().clone());
            // Who came to wake it a moment before that found nobody.
            if !is_ready() {
                return Poll::Pending;
            }
            self.waiting().remove(&ticket);
        }
        Poll::Ready(())
    }

    fn is_due(&self, due_ns: u64) -> bool {
        seam::monotonic_ns() >= due_ns || self.over.load(Ordering::SeqCst)
    }

    /// Whether it is for this one to look at the clock.
    fn is_near(&self, ticket: u64, due_ns: u64) -> bool {
        if self.manner == Manner::Chained && self.front.load(Ordering::SeqCst) < ticket {
            return false;
        }
        due_ns <= seam::monotonic_ns().saturating_add(self.manner.lead_ns())
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes all that wait with a ticket before this one.
    fn wake_before(&self, end: u64) {
        let mut waiting = self.waiting();
        let rest = waiting.split_off(&end);
        let woken = std::mem::replace(&mut *waiting, rest);
        drop(waiting);
        woken.into_values().for_each(Waker::wake);
    }

    /// It starts: the next one may look at the clock.
    pub fn pass(&self, ticket: u64) {
        if self.manner == Manner::Chained && self.front.fetch_max(ticket + 1, Ordering::SeqCst) <= ticket {
            self.wake_before(ticket + 2);
        }
    }

    /// Nobody waits any more.
    pub fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
        self.wake_before(u64::MAX);
    }

    /// Starts the thread that wakes those whose time is near, where they are woken. It ends with the line.
    ///
    /// # Errors
    /// The thread could not be started.
    pub fn pacer(self: &Arc<Line>) -> std::io::Result<Option<JoinHandle<()>>> {
        if self.manner == Manner::Looking {
            return Ok(None);
        }
        let line = Arc::clone(self);
        thread::start("rehearsal-pacer".to_owned(), move || line.keep()).map(Some)
    }

    fn keep(&self) {
        thread::sleep_no_longer();
        let mut woken = 0;
        while !self.over.load(Ordering::Relaxed) {
            let front = self.front.load(Ordering::SeqCst);
            let now_ns = seam::monotonic_ns();
            let seen = look(&self.table, self.manner, front, woken, now_ns);
            if self.manner == Manner::Chained {
                self.front.fetch_max(seen.front, Ordering::SeqCst);
            }
            if !seen.wake.is_empty() {
                self.wake_before(seen.wake.end);
            }
            woken = woken.max(seen.wake.end);
            let left_ns = seen.until_ns.saturating_sub(seam::monotonic_ns()).min(LONGEST_SLEEP_NS);
            if left_ns > 0 {
                std::thread::sleep(Duration::from_nanos(left_ns));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn keeps_time(manner: Manner, clients: usize) {
        let start_ns = seam::monotonic_ns() + 5_000_000;
        let line = Arc::new(Line::new(Timetable { start_ns, rate: 2_000, first: 0, step: 1 }, manner));
        let pacer = line.pacer().expect("a thread");
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..clients {
            let line = Arc::clone(&line);
            tasks.spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let (ticket, due_ns) = line.take();
                    if ticket >= 100 {
                        return mine;
                    }
                    line.wait(ticket, due_ns).await;
                    line.pass(ticket);
                    assert!(seam::monotonic_ns() >= due_ns, "it is released before its time");
                    mine.push(ticket);
                }
            });
        }
        let mut all = tasks.join_all().await.concat();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>(), "each once");
        line.end();
        pacer.into_iter().for_each(|pacer| pacer.join().expect("no panic"));
    }

    #[rehearsal::test]
    async fn each_ticket_is_released_once_and_not_ahead_of_its_time() {
        for clients in [1, 3, 64] {
            keeps_time(Manner::Chained, clients).await;
            keeps_time(Manner::Each { lead_ns: 50_000 }, clients).await;
            keeps_time(Manner::Each { lead_ns: 0 }, clients).await;
            keeps_time(Manner::Looking, clients).await;
        }
    }

    #[rehearsal::test(flavor = "multi_thread", worker_threads = 3)]
    async fn on_many_threads_too() {
        for clients in [1, 3, 64] {
            keeps_time(Manner::Chained, clients).await;
        }
    }

    #[rehearsal::test]
    async fn the_end_releases_who_waits() {
        for manner in [Manner::Chained, Manner::Each { lead_ns: 0 }, Manner::Looking] {
            let table = Timetable { start_ns: seam::monotonic_ns() + (1 << 50), rate: 1, first: 0, step: 1 };
            let line = Arc::new(Line::new(table, manner));
            let pacer = line.pacer().expect("a thread");
            let waiting: Vec<_> = (0..2)
                .map(|_| {
                    let line = Arc::clone(&line);
                    tokio::spawn(async move {
                        let (ticket, due_ns) = line.take();
                        line.wait(ticket, due_ns).await;
                    })
                })
                .collect();
            tokio::task::yield_now().await;
            line.end();
            for task in waiting {
                task.await.expect("released");
            }
            pacer.into_iter().for_each(|pacer| pacer.join().expect("no panic"));
        }
    }
}
