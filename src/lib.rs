//! Rehearsal: an async test harness built on actors, and the actor framework beneath it.
//!
//! - For tests: put [`test`] on functions and [`main!`] at the end of a target with `harness = false`. Every test runs
//!   in a warm worker process (or a thread), and what crashes, hangs or exits is one red line.
//! - For actors: put [`actor`](macro@actor) on an `impl` block and spawn it as a task, a thread or a process; put
//!   [`program`] on `main` so that processes work. `default-features = false` is this layer alone.
//!
//! The README has both by example. The floors, from below: [`sys`] (the operating system and time), [`actor`](mod@actor),
//! [`app`] (settings and launch), [`harness`].

// The macros name `::rehearsal`, inside this crate too.
#[allow(unused_extern_crates)]
extern crate self as rehearsal;

// The README's examples compile and run.
#[cfg_attr(all(doctest, feature = "harness"), doc = include_str!("../README.md"))]
#[doc(hidden)]
pub mod __private;
pub mod actor;
#[cfg(feature = "harness")]
pub mod app;
#[cfg(feature = "harness")]
pub mod guide;
#[cfg(feature = "harness")]
pub mod harness;
pub mod prelude;
pub mod sys;
#[cfg(feature = "testkit")]
pub mod testkit;

#[cfg(feature = "bench")]
pub use harness::bench;
#[cfg(feature = "harness")]
pub use harness::generated::Trial;
#[cfg(feature = "server")]
pub use harness::server;
/// # Example
/// ```
/// use rehearsal::prelude::*;
///
/// pub struct Counter {
///     n: i64,
/// }
///
/// #[rehearsal::actor]
/// impl Counter {
///     #[start]
///     pub fn new(n: i64) -> Self {
///         Counter { n }
///     }
///
///     /// Adds, and gives the sum.
///     #[command]
///     pub fn add(&mut self, by: i64) -> i64 {
///         self.n += by;
///         self.n
///     }
///
///     #[command]
///     pub async fn take(&mut self, n: i64) -> Result<i64, String> {
///         if n > self.n { Err(format!("only {} left", self.n)) } else { Ok(self.add(-n)) }
///     }
///
///     #[periodic(every = "5s")]
///     fn forget(&mut self) {
///         self.n = 0;
///     }
///
///     #[stopping]
///     async fn close(&mut self) {}
/// }
///
/// #[rehearsal::program]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let counter: CounterProxy = Counter::spawn(1).name("c1").process().await?;
///     assert_eq!(counter.add(5).await?, 6);
///     let error = counter.take(100).await.unwrap_err();
///     assert_eq!(error.to_string(), "only 6 left");
///     assert_eq!(counter.stop().await?.reason, Reason::Stopped);
///     Ok(())
/// }
/// ```
pub use rehearsal_macros::actor;
/// # Example
/// ```
/// use rehearsal::prelude::*;
///
/// #[rehearsal::command]
/// pub async fn greet(name: String, cx: &mut Context) -> String {
///     format!("hello {name}, I am {}", cx.name().name())
/// }
///
/// pub struct Idle;
///
/// #[rehearsal::actor]
/// impl Idle {
///     #[start]
///     pub fn new() -> Self { Idle }
/// }
///
/// #[rehearsal::program]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let idle = Idle::spawn().name("idle").thread().await?;
///     assert_eq!(idle.run(greet("you".to_owned())).await?, "hello you, I am idle");
///     Ok(())
/// }
/// ```
pub use rehearsal_macros::command;
pub use rehearsal_macros::program;
#[cfg(feature = "harness")]
/// # Example
/// ```ignore
/// use rehearsal::bench::{Bencher, Throughput};
///
/// #[rehearsal::bench(args = [10, 1_000], throughput = Throughput::Elements(n as u64))]
/// fn sort(b: &mut Bencher, n: usize) {
///     let numbers: Vec<usize> = (0..n).rev().collect();
///     b.iter(|| { let mut numbers = numbers.clone(); numbers.sort(); numbers });
/// }
///
/// #[rehearsal::bench]
/// fn wakes(b: &mut Bencher) {
///     b.to_async(rehearsal::bench::runtime()).iter(tokio::task::yield_now);
/// }
/// ```
pub use sys::linked::bench;
/// # Example
/// ```ignore
/// struct Db;
///
/// #[rehearsal::fixture(scope = "worker", teardown = close)]
/// async fn db() -> std::io::Result<Db> {
///     Ok(Db)
/// }
///
/// async fn close(db: Db) {
///     drop(db);
/// }
///
/// #[rehearsal::fixture]
/// fn table(db: &Db) -> String {
///     "users_7".to_owned()
/// }
///
/// #[rehearsal::test]
/// async fn reads(db: &Db, table: String) {}
/// ```
#[cfg(feature = "harness")]
pub use sys::linked::fixture;
/// # Example
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// async fn counter() -> AtomicU64 {
///     AtomicU64::new(0)
/// }
///
/// #[rehearsal::load(setup = counter, concurrency = [1, 2, 8, 64])]
/// async fn counts(counter: &AtomicU64) {
///     counter.fetch_add(1, Ordering::Relaxed);
/// }
///
/// pub struct Orders(AtomicU64);
///
/// #[rehearsal::fixture]
/// fn orders() -> Orders {
///     Orders(AtomicU64::new(0))
/// }
///
/// // A fixture, once a level.
/// #[rehearsal::load(concurrency = [1, 4], duration = "1s")]
/// async fn order(orders: &Orders) {
///     orders.0.fetch_add(1, Ordering::Relaxed);
/// }
/// # fn main() {}
/// ```
#[cfg(feature = "harness")]
pub use sys::linked::load;
#[cfg(feature = "harness")]
pub use sys::linked::{generate, test};

#[cfg(feature = "json")]
#[doc(inline)]
pub use actor::by_name::send;
#[doc(inline)]
pub use actor::{arbiter, get_actor};
#[cfg(feature = "json")]
#[doc(no_inline)]
pub use serde_json::json;

#[cfg(all(test, feature = "harness"))]
rehearsal::main!();
