//! The loop of one client, without the operation: when the next one starts, and what became of it.
//!
//! What stands between two operations of a closed loop is part of what is measured, so it is little: one reading of the
//! clock, which ends one operation and begins the next, and a place in a buffer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use super::line::Line;
use super::sample::Tally;
use crate::sys::seam;
use crate::sys::wire::wired;

/// A client that never waits lets others run after so long.
const YIELD_NS: u64 = 200_000;

/// Clients sleep up to so long before they begin, and look at the clock from then on.
const LAST_MOMENT_NS: u64 = 3_000_000;

/// So many latencies are gathered before they are counted.
const BUFFER: usize = 256;

/// When a level is measured, nanoseconds on the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first operation starts here.
    pub open_ns: u64,
    /// Operations that start from here on count.
    pub begin_ns: u64,
    /// None starts from here on.
    pub end_ns: u64,
}

wired! { struct Window { open_ns, begin_ns, end_ns } }

/// What the clients of a level in one process share.
#[derive(Debug)]
pub struct Field {
    /// Raised when no operation may start any more, whatever the time.
    stop: AtomicBool,
    /// Clients that are ready to begin.
    pub(super) arrived: Semaphore,
    window: watch::Sender<Option<Window>>,
    /// In an open loop.
    line: OnceLine,
    /// How many operations there may be, where they are counted.
    left: Option<AtomicU64>,
    /// What was seen, in as many pieces as there are processors: each client adds to one of them.
    tallies: Vec<Mutex<Tally>>,
    /// Operations that have ended, of each client.
    ended: Vec<Own>,
}

type OnceLine = std::sync::OnceLock<Arc<Line>>;

/// A count that one client writes often, in a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Own(AtomicU64);

impl Field {
    /// For so many clients, which end after `count` operations if that is given.
    pub fn new(clients: usize, count: Option<u64>) -> Field {
        let pieces = std::thread::available_parallelism().map_or(1, usize::from).min(clients).max(1);
        Field {
            stop: AtomicBool::new(false),
            arrived: Semaphore::new(0),
            window: watch::Sender::new(None),
            line: OnceLine::new(),
            left: count.map(AtomicU64::new),
            tallies: (0..pieces).map(|_| Mutex::default()).collect(),
            ended: (0..clients.max(1)).map(|_| Own::default()).collect(),
        }
    }

    /// Lets the clients begin; with a line they keep its times.
    pub fn open(&self, window: Window, line: Option<Arc<Line>>) {
        if let Some(line) = line {
            // Opened once, by who made the field.
            let _ = self.line.set(line);
        }
        self.window.send_replace(Some(window));
    }

    /// No operation starts any more.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(line) = self.line.get() {
            line.end();
        }
    }

    /// How many operations have ended by now.
    pub fn ended(&self) -> u64 {
        self.ended.iter().map(|own| own.0.load(Ordering::Relaxed)).sum()
    }

    /// How many of each client.
    pub fn ended_of_each(&self) -> Vec<u64> {
        self.ended.iter().map(|own| own.0.load(Ordering::Relaxed)).collect()
    }

    /// So many of each have ended by now, of the clients from number `first` on, which are in another process.
    pub fn note_of_others(&self, first: usize, ended: &[u64]) {
        for (own, &ended) in self.ended.iter().skip(first).zip(ended) {
            own.0.store(ended, Ordering::Relaxed);
        }
    }

    /// Adds what clients in another process saw.
    pub fn add(&self, seen: &Tally) {
        if let Some(piece) = self.tallies.first() {
            locked(piece).add(seen);
        }
    }

    /// All that was seen.
    pub fn tally(&self) -> Tally {
        let mut whole = Tally::default();
        self.tallies.iter().for_each(|piece| whole.add(&locked(piece)));
        whole
    }
}

fn locked(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One client's turn at a level.
#[derive(Debug)]
pub struct Turn {
    field: Arc<Field>,
    number: usize,
    window: Window,
    line: Option<Arc<Line>>,
    /// When the operation under way began, or in an open loop was meant to.
    started_ns: u64,
    /// The last reading of the clock.
    last_ns: u64,
    yielded_ns: u64,
    over: bool,
    latencies: Vec<u64>,
    lateness: Vec<u64>,
    ended: u64,
    seen: Ended,
}

/// What one client did at a level, of what counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// Which client, of all clients of the level.
    pub client: usize,
    /// Operations that succeeded.
    pub done: u64,
    /// Operations that failed.
    pub failed: u64,
    /// From the beginning to the end of the last operation, nanoseconds.
    pub span_ns: u64,
    /// Operations of an open loop that were started.
    pub begun: u64,
    /// Why it never began.
    pub refused: Option<String>,
}

wired! { struct Ended { client, done, failed, span_ns, begun, refused } }

impl Turn {
    /// The turn of the client of this number on its field, which is that number of all clients of the level.
    pub fn new(field: &Arc<Field>, number: usize, client: usize) -> Turn {
        Turn {
            field: Arc::clone(field),
            number,
            window: Window { open_ns: 0, begin_ns: 0, end_ns: 0 },
            line: None,
            started_ns: 0,
            last_ns: 0,
            yielded_ns: 0,
            over: false,
            latencies: Vec::with_capacity(BUFFER),
            lateness: Vec::new(),
            ended: 0,
            seen: Ended { client, ..Ended::default() },
        }
    }

    /// Waits until all clients are ready.
    pub async fn begin(&mut self) {
        let mut window = self.field.window.subscribe();
        self.field.arrived.add_permits(1);
        // The sender is part of the field.
        let opened = window.wait_for(Option::is_some).await.ok().and_then(|window| *window);
        match opened {
            Some(window) => self.window = window,
            None => self.over = true,
        }
        self.line = self.field.line.get().cloned();
        self.last_ns = seam::monotonic_ns();
        let early_ns = self.window.open_ns.saturating_sub(self.last_ns);
        if early_ns > LAST_MOMENT_NS {
            seam::sleep(Duration::from_nanos(early_ns - LAST_MOMENT_NS)).await;
        }
        while self.last_ns < self.window.open_ns {
            // A moment, in which all the others come to know.
            tokio::task::yield_now().await;
            self.last_ns = seam::monotonic_ns();
        }
        self.yielded_ns = self.last_ns;
    }

    /// Whether the next operation starts at once. Otherwise [`Turn::wait`] says whether there is one.
    #[inline]
    pub fn is_clear(&mut self) -> bool {
        if self.line.is_some() || self.last_ns.wrapping_sub(self.yielded_ns) > YIELD_NS {
            return false;
        }
        self.goes_on()
    }

    /// Whether there is a next operation, of a closed loop.
    #[inline]
    fn goes_on(&mut self) -> bool {
        // A client that was late to begin, or was in an operation of the warm-up until all was over, does one that counts
        // all the same: that it can is what a short level is for.
        let counted = self.seen.done + self.seen.failed;
        let late = self.last_ns >= self.window.end_ns && counted > 0;
        if late || self.field.stop.load(Ordering::Relaxed) || self.over {
            self.over = true;
            return false;
        }
        if let Some(left) = &self.field.left
            && self.last_ns >= self.window.begin_ns
            && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
        {
            self.over = true;
            return false;
        }
        self.started_ns = self.last_ns;
        true
    }

    /// Waits for the time of the next operation; false where there is none.
    pub async fn wait(&mut self) -> bool {
        if self.over {
            return false;
        }
        let Some(line) = self.line.clone() else {
            tokio::task::yield_now().await;
            self.last_ns = seam::monotonic_ns();
            self.yielded_ns = self.last_ns;
            return self.goes_on();
        };
        let (mut ticket, mut due_ns) = line.take();
        if due_ns < self.window.begin_ns && seam::monotonic_ns() >= self.window.begin_ns {
            // What the warm-up could not start does not count, and is not made up for in the time that does.
            line.leave_out_before(self.window.begin_ns);
            (ticket, due_ns) = line.take();
        }
        let early = seam::monotonic_ns() < due_ns;
        if early && due_ns < self.window.end_ns {
            line.wait(ticket, due_ns).await;
        }
        let now_ns = seam::monotonic_ns();
        if due_ns.max(now_ns) >= self.window.end_ns || self.field.stop.load(Ordering::SeqCst) {
            self.over = true;
            return false;
        }
        line.pass(ticket);
        if due_ns >= self.window.begin_ns {
            self.seen.begun += 1;
            if early {
                self.lateness.push(now_ns.saturating_sub(due_ns));
            }
        }
        self.started_ns = due_ns;
        true
    }

    /// The operation has ended.
    #[inline]
    pub fn note(&mut self, result: Result<(), String>) {
        let now_ns = seam::monotonic_ns();
        if self.started_ns >= self.window.begin_ns {
            match result {
                Ok(()) => {
                    self.seen.done += 1;
                    self.latencies.push(now_ns.saturating_sub(self.started_ns));
                }
                Err(why) => self.note_failure(&why),
            }
            self.seen.span_ns = now_ns.saturating_sub(self.window.begin_ns);
            if self.latencies.len() >= BUFFER {
                self.flush();
            }
        }
        self.last_ns = now_ns;
        self.ended += 1;
        self.field.ended[self.number].0.store(self.ended, Ordering::Relaxed);
    }

    #[cold]
    fn note_failure(&mut self, why: &str) {
        self.seen.failed += 1;
        locked(self.piece()).failed(why);
    }

    fn piece(&self) -> &Mutex<Tally> {
        &self.field.tallies[self.number % self.field.tallies.len()]
    }

    fn flush(&mut self) {
        let mut tally = locked(self.piece());
        tally.succeeded(&self.latencies);
        tally.started_late(&self.lateness);
        drop(tally);
        self.latencies.clear();
        self.lateness.clear();
    }

    /// It cannot begin.
    pub fn refused(mut self, why: String) -> Ended {
        self.seen.refused = Some(why);
        self.field.arrived.add_permits(1);
        self.seen
    }

    /// It is over.
    pub fn end(mut self) -> Ended {
        self.flush();
        self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::load::pace::{Manner, Timetable};
    use crate::harness::load::sample::Spread;

    const FOR_EVER: Window = Window { open_ns: 0, begin_ns: 0, end_ns: u64::MAX };

    async fn client(field: Arc<Field>, number: usize, fails_at: u64) -> Ended {
        let mut turn = Turn::new(&field, number, number);
        turn.begin().await;
        let mut at = 0;
        while turn.is_clear() || turn.wait().await {
            at += 1;
            turn.note(if at == fails_at { Err("on purpose".to_owned()) } else { Ok(()) });
        }
        turn.end()
    }

    #[rehearsal::test]
    async fn all_clients_together_do_as_many_operations_as_were_asked_for() {
        let field = Arc::new(Field::new(3, Some(1_000)));
        let clients: Vec<_> =
            (0..3).map(|number| tokio::spawn(client(Arc::clone(&field), number, 1))).collect();
        let _ = field.arrived.acquire_many(3).await.expect("open");
        field.open(FOR_EVER, None);
        let (mut done, mut failed) = (0, 0);
        for client in clients {
            let ended = client.await.expect("no panic");
            done += ended.done;
            failed += ended.failed;
        }
        assert_eq!(done + failed, 1_000);
        let tally = field.tally();
        assert_eq!((tally.latency().count, tally.errors().total()), (done, failed));
        assert_eq!(tally.errors().kinds(), [("on purpose", failed)]);
        assert_eq!(field.ended(), 1_000);
    }

    /// None of those that start before the window counts, and none starts behind it but a client's first. A machine that
    /// stands still until the window has begun shows nothing: then it is tried again.
    #[rehearsal::test]
    async fn only_what_starts_in_the_window_counts() {
        for _ in 0..100 {
            let field = Arc::new(Field::new(1, None));
            let task = tokio::spawn(client(Arc::clone(&field), 0, 0));
            let begin_ns = seam::monotonic_ns() + 5_000_000;
            let window = Window { open_ns: 0, begin_ns, end_ns: begin_ns + 5_000_000 };
            field.open(window, None);
            let ended = task.await.expect("no panic");
            assert!(seam::monotonic_ns() >= window.end_ns);
            assert_eq!(field.tally().latency().count, ended.done);
            if field.ended() > ended.done && ended.done > 0 {
                return;
            }
        }
        panic!("none of a hundred tries had operations before the window and in it");
    }

    #[rehearsal::test]
    async fn a_stop_ends_clients_that_wait_and_those_that_run() {
        for open in [false, true] {
            let field = Arc::new(Field::new(2, None));
            let clients: Vec<_> =
                (0..2).map(|number| tokio::spawn(client(Arc::clone(&field), number, 0))).collect();
            let table = Timetable { start_ns: seam::monotonic_ns() + (1 << 50), rate: 1, first: 0, step: 1 };
            let line = open.then(|| Arc::new(Line::new(table, Manner::Chained)));
            field.open(FOR_EVER, line);
            tokio::task::yield_now().await;
            field.stop();
            for client in clients {
                client.await.expect("no panic");
            }
        }
    }

    /// A client whose operations take ten milliseconds each, with a warm-up and then 200 milliseconds that count.
    async fn slow_client(rate: Option<u64>, warm_up_ms: u64) -> (Ended, Spread) {
        let field = Arc::new(Field::new(1, None));
        let of_field = Arc::clone(&field);
        let task = tokio::spawn(async move {
            let mut turn = Turn::new(&of_field, 0, 0);
            turn.begin().await;
            while turn.is_clear() || turn.wait().await {
                std::thread::sleep(Duration::from_millis(10));
                turn.note(Ok(()));
            }
            turn.end()
        });
        let now_ns = seam::monotonic_ns();
        let table = |rate| Timetable { start_ns: now_ns, rate, first: 0, step: 1 };
        let line = rate.map(|rate| Arc::new(Line::new(table(rate), Manner::Chained)));
        let begin_ns = now_ns + warm_up_ms * 1_000_000;
        field.open(Window { open_ns: 0, begin_ns, end_ns: begin_ns + 200_000_000 }, line);
        (task.await.expect("no panic"), field.tally().latency())
    }

    /// Nine of ten operations of the warm-up could not be started in it. Were they made up for first, none would count that
    /// was meant to start later.
    #[rehearsal::test]
    async fn what_the_warm_up_could_not_start_is_left_out() {
        for _ in 0..20 {
            let (ended, latency) = slow_client(Some(1_000), 300).await;
            if ended.begun > 0 {
                assert!(ended.begun <= 20 && latency.count == ended.begun, "{ended:?}");
                assert!(
                    latency.max_ns < 300_000_000,
                    "it counts from the end of the warm-up on: {latency:?}"
                );
                return;
            }
        }
        panic!("none of twenty tries had an operation");
    }

    /// The operation that the warm-up ends in may last until all is over.
    #[rehearsal::test]
    async fn a_client_does_one_operation_that_counts_however_late_it_is() {
        let field = Arc::new(Field::new(1, None));
        let now_ns = seam::monotonic_ns();
        field.open(Window { open_ns: 0, begin_ns: now_ns, end_ns: now_ns + 1 }, None);
        let mut turn = Turn::new(&field, 0, 0);
        turn.begin().await;
        turn.window.begin_ns = seam::monotonic_ns() + 1_000_000;
        turn.window.end_ns = turn.window.begin_ns + 1;
        assert!(turn.is_clear(), "one of the warm-up");
        while seam::monotonic_ns() < turn.window.end_ns {
            std::hint::spin_loop();
        }
        turn.note(Ok(()));
        assert!(turn.is_clear() || turn.wait().await, "and one that counts");
        turn.note(Ok(()));
        assert!(!turn.is_clear() && !turn.wait().await);
        assert_eq!(turn.end().done, 1);
    }

    #[rehearsal::test]
    async fn latency_counts_from_the_time_that_was_meant() {
        for _ in 0..20 {
            let (ended, latency) = slow_client(Some(1_000), 0).await;
            assert!(ended.begun <= 21, "{ended:?}");
            if ended.begun > 1 {
                // Number n starts at 10n ms or later and was meant to at n ms.
                let least_ms = 9 * (ended.begun - 1) + 10;
                assert!(latency.max_ns >= least_ms * 999_000, "{latency:?} of {ended:?}");
                return;
            }
        }
        panic!("none of twenty tries had two operations");
    }
}
