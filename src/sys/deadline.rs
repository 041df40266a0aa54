//! Deadlines of waits that almost always end long before: a clock of coarse ticks, and one thread that looks every
//! [`TICK`] for those whose time is up.
//!
//! A timer of the runtime costs more than a whole ask does. Long deadlines are therefore a number in the
//! [`slot`](super::slot) that somebody waits on, and a thread wakes whose number has come; it sleeps while nobody
//! waits. Short ones, and all where tokio's clock stands still or a [`Seam`](super::seam::Seam) owns it, have a timer
//! of their own and are exact.
//!
//! A deadline is never early. It is late by up to four ticks, and by what the thread is kept from running.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::primitive::{AtomicBool, AtomicU64, Ordering};
use super::{pool, relay, seam, standstill};

/// How often the clock looks.
const TICK: Duration = Duration::from_nanos(TICK_NS);
const TICK_NS: u64 = 16_000_000;

/// A deadline sooner than this has a timer of its own.
const EXACT_BELOW_NS: u64 = NS_PER_SECOND;
const NS_PER_SECOND: u64 = 1_000_000_000;

/// Looks in a row that find nobody waiting, after which the clock's thread sleeps.
const IDLE_LOOKS: u32 = 64;

/// Ticks since the clock first ran; 0 is never.
static NOW: AtomicU64 = AtomicU64::new(1);

/// Whether the clock runs. While it does not, nobody waits.
static RUNS: AtomicBool = AtomicBool::new(false);

/// When each of the last ticks began, [`seam::monotonic_ns`]; its place is the tick's number.
static BEGAN_NS: [AtomicU64; 128] = [const { AtomicU64::new(0) }; 128];

/// The end of one wait, counted from when it is first waited for.
pub(crate) struct Deadline {
    /// In one word: what is written in two of different sizes is slow to be moved.
    limit_ns: u64,
    watch: Watch,
}

enum Watch {
    /// Nobody has waited yet.
    None,
    /// The clock's tick.
    Tick {
        due: u64,
        /// How often a clock was found standing still before.
        standstills: u64,
    },
    Timer(Pin<Box<dyn Future<Output = ()> + Send>>),
}

impl Deadline {
    pub(crate) const fn new(limit: Duration) -> Deadline {
        let whole_ns = limit.as_secs().saturating_mul(NS_PER_SECOND);
        Deadline { limit_ns: whole_ns.saturating_add(limit.subsec_nanos() as u64), watch: Watch::None }
    }

    /// One with a timer of its own, for a wait that is not on a slot.
    pub(crate) fn exact(limit: Duration) -> Deadline {
        let mut deadline = Deadline::new(limit);
        deadline.watch_exactly();
        deadline
    }

    /// What it was made with, but 584 years at most.
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_nanos(self.limit_ns)
    }

    /// Whether anybody has waited.
    #[inline]
    pub(crate) fn has_begun(&self) -> bool {
        !matches!(self.watch, Watch::None)
    }

    /// Begins to count, if it has not, and gives the tick for [`Wait::poll`](super::slot::Wait::poll).
    pub(crate) fn begin(&mut self) -> u64 {
        match &self.watch {
            Watch::Tick { due, .. } => *due,
            Watch::Timer(_) => 0,
            Watch::None => {
                let standstills = standstill::count();
                if self.limit_ns < EXACT_BELOW_NS
                    || seam::is_owned()
                    || !standstill::clock_moves()
                    || !rouse()
                {
                    self.watch_exactly();
                    return 0;
                }
                let due = due_after(self.limit_ns);
                self.watch = Watch::Tick { due, standstills };
                due
            }
        }
    }

    /// Whether it has passed. The slot must have been polled with what [`begin`](Deadline::begin) gave: it is what
    /// wakes the task.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Watch::Tick { due, standstills } = self.watch {
            if now() >= due {
                return Poll::Ready(());
            }
            if standstills == standstill::count() || standstill::clock_moves() {
                // After the wait was noted in the slot: see `run`.
                rouse();
                return Poll::Pending;
            }
            self.watch_exactly();
        }
        match &mut self.watch {
            Watch::Timer(timer) => timer.as_mut().poll(cx),
            Watch::None | Watch::Tick { .. } => Poll::Pending,
        }
    }

    #[cold]
    fn watch_exactly(&mut self) {
        self.watch = Watch::Timer(Box::pin(seam::sleep(self.limit())));
    }
}

/// The first tick at which so much time has passed for certain. The present tick may be almost over, and the clock's
/// next look counts up to two ticks and what was left over, however soon it comes.
fn due_after(limit_ns: u64) -> u64 {
    now().saturating_add(limit_ns.div_ceil(TICK_NS) + 4)
}

/// The present tick, from 1.
pub(super) fn now() -> u64 {
    NOW.load(Ordering::Relaxed)
}

/// The present tick while the clock runs, and 0 while it does not.
pub(super) fn running() -> u64 {
    if RUNS.load(Ordering::Relaxed) { now() } else { 0 }
}

/// Nanoseconds that somebody who began in tick `from` and looks again in a later one has most likely taken: a tick for
/// the first that began meanwhile, and all that followed it, however long the clock has stood still since.
#[cold]
pub(super) fn ns_since(from: u64) -> u64 {
    let ticks = now() - from;
    let counted_ns = ticks * TICK_NS;
    if ticks >= BEGAN_NS.len() as u64 {
        return counted_ns;
    }
    let began_ns = BEGAN_NS[((from + 1) % BEGAN_NS.len() as u64) as usize].load(Ordering::Relaxed);
    let whole_ticks = seam::monotonic_ns().saturating_sub(began_ns) / TICK_NS;
    counted_ns.max((1 + whole_ticks) * TICK_NS)
}

/// Sees to it that the clock runs; false where the system gives it no thread.
pub(super) fn rouse() -> bool {
    RUNS.load(Ordering::SeqCst) || start()
}

#[cold]
fn start() -> bool {
    static CLOCK: OnceLock<Option<Thread>> = OnceLock::new();
    let clock = CLOCK.get_or_init(|| {
        let thread = super::thread::start("rehearsal-clock".to_owned(), run);
        thread.ok().map(|handle| handle.thread().clone())
    });
    let Some(thread) = clock else { return false };
    if !RUNS.swap(true, Ordering::SeqCst) {
        thread.unpark();
    }
    true
}

/// The clock. To miss nobody when it stops: one who waits notes that in its slot and then looks whether the clock runs;
/// the clock says that it does not and then looks at the slots once more. All four in one total order.
fn run() {
    let mut idle = 0;
    let mut since = Instant::now();
    let mut over = Duration::ZERO;
    loop {
        if idle > IDLE_LOOKS {
            RUNS.store(false, Ordering::SeqCst);
            if !look() {
                while !RUNS.load(Ordering::SeqCst) {
                    thread::park();
                }
            }
            RUNS.store(true, Ordering::SeqCst);
            (idle, since) = (0, Instant::now());
        }
        thread::sleep(TICK);
        // A clock that was kept from running counts no more than it saw: a deadline is late then, and never early.
        over += since.elapsed().min(2 * TICK);
        since = Instant::now();
        while over >= TICK {
            over -= TICK;
            let next = now() + 1;
            BEGAN_NS[(next % BEGAN_NS.len() as u64) as usize].store(seam::monotonic_ns(), Ordering::Relaxed);
            NOW.store(next, Ordering::Relaxed);
        }
        idle = if look() { 0 } else { idle + 1 };
    }
}

/// Wakes those whose time is up, and those who were to be next on a thread that does not come to it; whether others wait.
fn look() -> bool {
    let used = catch_unwind(relay::look).unwrap_or(true);
    wake_due_by(now()) || used
}

/// Wakes everybody who has a tick for a deadline, to look whether that is still right.
pub(super) fn wake_all() {
    wake_due_by(u64::MAX);
}

fn wake_due_by(tick: u64) -> bool {
    let mut waiting = false;
    for slot in pool::all() {
        // A waker is code of others; one that panics has had its say.
        waiting |= catch_unwind(AssertUnwindSafe(|| slot.wake_overdue(tick))).unwrap_or(true);
    }
    waiting
}
