//! The one seam for everything that is not deterministic: time, spawn, delivery choice, randomness, faults.
//!
//! The floors above call the free functions here and never tokio's clock or `tokio::spawn` directly. As long as no
//! [`Seam`] is installed on the calling thread they are the real thing and cost one read of a flag; a simulation
//! or a test installs its own with [`install`] and from then on owns every such decision of that thread. A
//! current-thread runtime polls all of its tasks on the thread that drives it, so one installation covers them all.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};
use tokio::task::JoinHandle;
pub use tokio::time::Instant;

use super::helm::Owner;

/// The fault that a frame with a message is lost on its way to an actor's process.
pub const LOST_MESSAGE: &str = "lost message";

/// The fault that a frame with an answer is lost on its way from an actor's process.
pub const LOST_ANSWER: &str = "lost answer";

/// A future in a box, as a [`Seam`] is given it.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What may stand behind the free functions of this module. The defaults are the real thing.
pub trait Seam: Send + Sync {
    /// What time it is.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// Resolves at that time or a little later.
    fn sleep_until(&self, at: Instant) -> Task {
        Box::pin(tokio::time::sleep_until(at))
    }

    /// Takes a task that is about to be spawned and gives back what is spawned in its place, which must complete
    /// when the task does. A simulation holds a task back here until it is its turn.
    fn adopt(&self, task: Task) -> Task {
        task
    }

    /// Which of `n` ready things comes next, `0..n`; 0 is the one that has waited longest.
    fn choose(&self, n: usize) -> usize {
        let _ = n;
        0
    }

    /// Random bits.
    fn random_u64(&self) -> u64 {
        real_random()
    }

    /// Whether the fault named `point` happens now.
    fn fault(&self, point: &'static str) -> bool {
        let _ = point;
        false
    }
}

/// Whether any thread ever installed a seam. A thread sees its own store, and asks only about itself.
static EVER_INSTALLED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static INSTALLED: RefCell<Option<Arc<dyn Seam>>> = const { RefCell::new(None) };
    /// State of this thread's generator; 0 until first used.
    static RANDOM: Cell<u64> = const { Cell::new(0) };
}

/// Takes the seam back out when dropped, and puts the previous one in again.
#[derive(Debug)]
#[must_use = "the seam is taken out again when this is dropped"]
pub struct Installed {
    previous: Option<Arc<dyn Seam>>,
    /// An installation belongs to its thread.
    not_send: std::marker::PhantomData<*const ()>,
}

impl std::fmt::Debug for dyn Seam {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seam")
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        let previous = self.previous.take();
        // While a thread ends its locals may be gone already; then there is nothing to put back.
        let _ = INSTALLED.try_with(|slot| slot.replace(previous));
    }
}

/// Installs a seam for the calling thread until the returned guard is dropped.
pub fn install(seam: Arc<dyn Seam>) -> Installed {
    EVER_INSTALLED.store(true, Ordering::Relaxed);
    let previous = INSTALLED.with(|slot| slot.replace(Some(seam)));
    Installed { previous, not_send: std::marker::PhantomData }
}

fn installed() -> Option<Arc<dyn Seam>> {
    // In a program that never installs one, which is every program but a test, this is all that it costs.
    if !EVER_INSTALLED.load(Ordering::Relaxed) {
        return None;
    }
    INSTALLED.try_with(|slot| slot.borrow().clone()).ok().flatten()
}

/// Whether a seam is installed on this thread.
pub(crate) fn is_owned() -> bool {
    EVER_INSTALLED.load(Ordering::Relaxed) && installed().is_some()
}

/// Whether time here is the system's: neither a seam's own, nor a clock of tokio's that stands still.
pub(crate) fn clock_moves() -> bool {
    !is_owned() && super::standstill::clock_moves()
}

/// Nanoseconds of the system's monotonic clock, to a few milliseconds, for a few of them. Not stopped by anybody.
pub(crate) fn coarse_ns() -> u64 {
    super::platform::clock::coarse_ns()
}

/// The instant so much later; for ever is thirty years, as it is for tokio.
fn after(seam: &dyn Seam, duration: Duration) -> Instant {
    let now = seam.now();
    now.checked_add(duration).unwrap_or(now + Duration::from_secs(30 * 365 * 24 * 3600))
}

/// What time it is: tokio's clock, which stands still where a runtime is paused.
pub fn now() -> Instant {
    match installed() {
        None => Instant::now(),
        Some(seam) => seam.now(),
    }
}

/// Resolves after `duration`.
///
/// # Panics
/// Outside of a runtime with time enabled.
pub async fn sleep(duration: Duration) {
    match installed() {
        None => tokio::time::sleep(duration).await,
        Some(seam) => seam.sleep_until(after(&*seam, duration)).await,
    }
}

/// Resolves at that time or a little later.
///
/// # Panics
/// Outside of a runtime with time enabled.
pub async fn sleep_until(at: Instant) {
    match installed() {
        None => tokio::time::sleep_until(at).await,
        Some(seam) => seam.sleep_until(at).await,
    }
}

/// The future's output, or `None` where it took longer than `limit`. A future that is ready wins over the clock.
///
/// # Panics
/// Outside of a runtime with time enabled.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let Some(seam) = installed() else {
        return tokio::time::timeout(limit, future).await.ok();
    };
    let mut future = pin!(future);
    let mut elapsed = seam.sleep_until(after(&*seam, limit));
    std::future::poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        elapsed.as_mut().poll(cx).map(|()| None)
    })
    .await
}

/// Spawns a task on the current runtime.
///
/// # Panics
/// Outside of a runtime.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    spawn_boxed(Box::pin(future))
}

/// Runs a future to its end on this thread. It is slow to wake: what matters is spawned by it.
///
/// # Panics
/// Within a runtime.
pub(crate) fn block_on<T>(runtime: &Runtime, future: impl Future<Output = T>) -> T {
    let mut output = None;
    drive(runtime, pin!(async { output = Some(future.await) }));
    output.expect("what is driven ends by leaving its output")
}

// One instance of the runtime's loop, not one a future.
fn drive(runtime: &Runtime, future: Pin<&mut dyn Future<Output = ()>>) {
    runtime.block_on(future);
}

/// This file, by which a task is known to be an actor's where tokio tells where it was spawned.
#[cfg(all(feature = "harness", tokio_unstable))]
pub(crate) const FILE: &str = file!();

/// Spawns a task that is in a box already.
///
/// # Panics
/// Outside of a runtime.
// One instance a type of output, not one a future: of each type of future that is given to tokio it makes some sixty
// functions, which is time that everyone waits who builds this crate.
pub(crate) fn spawn_boxed<T: Send + 'static>(
    future: Pin<Box<dyn Future<Output = T> + Send>>,
) -> JoinHandle<T> {
    let Some(seam) = installed() else {
        return tokio::spawn(future);
    };
    let slot = Arc::new(Mutex::new(None));
    let task = seam.adopt(Box::pin({
        let slot = slot.clone();
        async move {
            let output = future.await;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(output);
        }
    }));
    let adopted: Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(async move {
        task.await;
        let output = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        output.expect("a seam's adopt() gave back a task that completed before the one it was given")
    });
    tokio::spawn(adopted)
}

/// Spawns the task of a future that others may poll too. For one that no seam is to hold back.
pub(crate) fn spawn_owner(owner: Owner) {
    drop(tokio::spawn(owner));
}

/// The same, on this runtime.
pub(crate) fn spawn_owner_on(runtime: &Handle, owner: Owner) {
    drop(runtime.spawn(owner));
}

/// Which of `n` ready things comes next, `0..n`. Always 0, the one that has waited longest, unless a seam says else.
pub fn choose(n: usize) -> usize {
    match installed() {
        None => 0,
        Some(seam) => seam.choose(n).min(n.saturating_sub(1)),
    }
}

/// Random bits: good for jitter, seeds and nonces, not for keys.
pub fn random_u64() -> u64 {
    match installed() {
        None => real_random(),
        Some(seam) => seam.random_u64(),
    }
}

/// Whether the fault named `point` happens now. Never, unless a seam says so.
pub fn fault(point: &'static str) -> bool {
    match installed() {
        None => false,
        Some(seam) => seam.fault(point),
    }
}

/// Nanoseconds of the system's monotonic clock (`CLOCK_MONOTONIC`): the same clock in every process of this machine,
/// so a time that one process wrote can be compared in another. Not paused and not owned by a [`Seam`]: it measures
/// processes, and decides nothing in the actor layer. In the portable half it counts from this process's first call.
pub fn monotonic_ns() -> u64 {
    super::platform::clock::monotonic_ns()
}

fn real_random() -> u64 {
    // The standard library seeds its hash maps from the system: the one source of randomness at hand without a crate.
    let state = RANDOM.try_with(|state| {
        let mut seed = state.get();
        if seed == 0 {
            seed = system_random();
        }
        let next = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        state.set(next.max(1));
        next
    });
    mix(state.unwrap_or_else(|_| system_random()))
}

fn system_random() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(monotonic_ns());
    hasher.finish() ^ (u64::from(std::process::id()) << 32)
}

/// The output function of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A seam that plays back what a test wrote down: choices from a list (0 once it is used up), random bits from a
/// seed, and the faults that were asked for. Time stays tokio's, which a test pauses if it wants to own it.
#[derive(Debug, Default)]
pub struct Scripted {
    state: Mutex<Script>,
}

#[derive(Debug, Default)]
struct Script {
    seed: u64,
    choices: VecDeque<usize>,
    faults: Vec<&'static str>,
}

impl Scripted {
    /// A script with this seed, no choices and no faults.
    pub fn new(seed: u64) -> Scripted {
        Scripted { state: Mutex::new(Script { seed, ..Script::default() }) }
    }

    /// Adds a choice to the list.
    pub fn then_choose(self, choice: usize) -> Scripted {
        self.script().choices.push_back(choice);
        self
    }

    /// Makes the fault of this name happen, once for each time this is called.
    pub fn then_fail(self, point: &'static str) -> Scripted {
        self.script().faults.push(point);
        self
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seam for Scripted {
    fn choose(&self, n: usize) -> usize {
        self.script().choices.pop_front().unwrap_or(0).min(n.saturating_sub(1))
    }

    fn random_u64(&self) -> u64 {
        let mut script = self.script();
        script.seed = script.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(script.seed)
    }

    fn fault(&self, point: &'static str) -> bool {
        let mut script = self.script();
        let Some(at) = script.faults.iter().position(|fault| *fault == point) else {
            return false;
        };
        script.faults.swap_remove(at);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(future)
    }

    #[rehearsal::test]
    fn without_a_seam_the_oldest_comes_first_and_nothing_fails() {
        assert_eq!(choose(5), 0);
        assert!(!fault("any"));
        assert_ne!(random_u64(), random_u64());
    }

    #[rehearsal::test]
    fn an_installed_seam_decides_until_its_guard_is_dropped() {
        let outer = install(Arc::new(Scripted::new(1).then_choose(2).then_choose(9).then_fail("send")));
        assert_eq!((choose(3), choose(3), choose(3)), (2, 2, 0), "a choice is never out of range");
        assert!(fault("send") && !fault("send"), "once, as asked");
        let first = random_u64();
        {
            let _inner = install(Arc::new(Scripted::new(1)));
            assert_eq!(random_u64(), first, "the same seed, the same numbers");
        }
        assert_ne!(random_u64(), first, "the outer one goes on where it was");
        drop(outer);
        assert!(installed().is_none());
    }

    #[rehearsal::test]
    fn a_seam_adopts_every_task_and_owns_every_sleep() {
        #[derive(Default)]
        struct Counting {
            adopted: Mutex<usize>,
            slept: Mutex<usize>,
        }
        impl Seam for Counting {
            fn adopt(&self, task: Task) -> Task {
                *self.adopted.lock().expect("not poisoned") += 1;
                task
            }
            fn sleep_until(&self, _: Instant) -> Task {
                *self.slept.lock().expect("not poisoned") += 1;
                Box::pin(async {})
            }
        }
        let seam = Arc::new(Counting::default());
        let _installed = install(seam.clone());
        run(async {
            assert_eq!(spawn(async { 5 }).await.expect("joined"), 5);
            sleep(Duration::from_secs(3600)).await;
            sleep_until(now() + Duration::from_secs(3600)).await;
            assert_eq!(timeout(Duration::from_secs(3600), std::future::pending::<()>()).await, None);
            assert_eq!(timeout(Duration::ZERO, async { 1 }).await, Some(1), "what is ready wins");
        });
        assert_eq!(*seam.adopted.lock().expect("not poisoned"), 1);
        assert_eq!(*seam.slept.lock().expect("not poisoned"), 4);
    }

    #[rehearsal::test(task_panic = "allow")]
    fn a_panic_in_an_adopted_task_reaches_who_joins_it() {
        let _installed = install(Arc::new(Scripted::new(1)));
        let joined = run(async { spawn(async { panic!("as told") }).await });
        assert!(joined.expect_err("it panicked").is_panic());
    }

    #[rehearsal::test]
    fn the_monotonic_clock_goes_forward() {
        let before = monotonic_ns();
        std::thread::yield_now();
        assert!(0 < before && before <= monotonic_ns());
    }
}
