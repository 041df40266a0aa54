//! Testing actors: a guide, from a probe to failure injection.
//!
//! Needs the feature `testkit`, as a dev-dependency: `rehearsal = { version = "..", features = ["testkit"] }`. All of it
//! works under `#[rehearsal::test]` and in any other tokio runtime.
//!
//! # A probe in an actor's place
//!
//! Code that holds a `CounterProxy` is tested without a counter. [`Counter::probe()`](Probed::probe) gives a proxy, and a
//! [`Probe`] at which its messages arrive: [`Asked<Counter>`](Asked), one variant a command, the place for the answer
//! first.
//!
//! ```
//! # use rehearsal::prelude::*;
//! use rehearsal::testkit::{Asked, Probed};
//! # pub struct Counter { n: i64 }
//! # #[rehearsal::actor] impl Counter {
//! #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
//! #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
//! #     #[command] pub fn reset(&mut self) { self.n = 0 }
//! # }
//! /// The code under test.
//! async fn add_twice(counter: &CounterProxy) -> Result<i64, Error> {
//!     counter.add(1).await?;
//!     counter.add(1).await
//! }
//!
//! # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (counter, mut probe) = Counter::probe();
//! let task = tokio::spawn(async move { add_twice(&counter).await });
//! for answer in [10, 20] {
//!     match probe.expect().await {
//!         Asked::<Counter>::add(reply, by) => {
//!             assert_eq!(by, 1);
//!             reply.send(answer);
//!         }
//!         _ => panic!("nothing is reset"),
//!     }
//! }
//! assert_eq!(task.await??, 20);
//! # Ok(()) }
//! ```
//!
//! - [`expect`](Probe::expect) takes the next message, [`try_expect`](Probe::try_expect) gives an error instead of a panic;
//! - [`expect_none_within`](Probe::expect_none_within) sees to it that nothing comes;
//! - [`fish`](Probe::fish) skips until it likes what it sees;
//! - a probe that waits in vain says what did arrive, and on which line it waited ([`Missed`]);
//! - [`end`](Probe::end) has the stand-in end as an actor would: stopped, killed, panicked;
//! - [`probe()`] is a probe for anything else: events, callbacks, your own channels.
//!
//! # The end of an actor
//!
//! ```
//! # use rehearsal::prelude::*;
//! # use std::time::Duration;
//! # pub struct Idle;
//! # #[rehearsal::actor] impl Idle { #[start] pub fn new() -> Idle { Idle } }
//! # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let idle = Idle::spawn().await?;
//! idle.stop().tell();
//! let exit = rehearsal::testkit::ended(&idle, Duration::from_secs(5)).await;
//! assert_eq!(exit.reason, Reason::Stopped);
//! # Ok(()) }
//! ```
//!
//! What else is waited for: [`until`] an actor says of itself what it should, [`eventually`] something holds, or [`soon`]
//! a future is ready. Each fails after a minute, and says what did not come. A test has no other sleep.
//!
//! # Time that stands still
//!
//! Under `#[rehearsal::test(start_paused = true)]` an hour passes at once. [`settle`] waits until all tasks are at rest,
//! [`advance`] moves the clock, and each timer fires at its own time on the way.
//!
//! ```
//! # use std::time::Duration;
//! # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
//! let (sender, mut probe) = rehearsal::testkit::probe();
//! tokio::spawn(async move {
//!     tokio::time::sleep(Duration::from_secs(3600)).await;
//!     let _ = sender.send("an hour later");
//! });
//! rehearsal::testkit::advance(Duration::from_secs(3599)).await;
//! probe.expect_none_within(Duration::ZERO).await;
//! rehearsal::testkit::advance(Duration::from_secs(1)).await;
//! assert_eq!(probe.expect().await, "an hour later");
//! # });
//! ```
//!
//! # Failure injection
//!
//! Each fault is a real one, and is undone when its guard is dropped.
//!
//! | | the actor | undone |
//! |---|---|---|
//! | [`kill`] | dies: a process by SIGKILL from outside | never |
//! | [`strike`] | the same, for one that is started again: its end is not waited for | never |
//! | [`silence`] | does not answer: a process is stopped by SIGSTOP, a task or thread is held in a command | goes on |
//! | [`fill`] | has a full mailbox and does not answer | empties it |
//! | [`slow`] | gets each message later, through a proxy of its own | without delay |
//! | [`lose`] | is in a process, and a frame to or from it is lost | frames arrive |
//!
//! ```
//! # use rehearsal::prelude::*;
//! # use std::time::Duration;
//! use rehearsal::testkit;
//! # pub struct Counter { n: i64 }
//! # #[rehearsal::actor] impl Counter {
//! #     #[start] pub fn new(n: i64) -> Counter { Counter { n } }
//! #     #[command] pub fn add(&mut self, by: i64) -> i64 { self.n += by; self.n }
//! # }
//! # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let counter = Counter::spawn(0).process().await?;
//! let silenced = testkit::silence(&counter).await?; // SIGSTOP
//! let error = counter.add(1).timeout(Duration::from_millis(50)).await.unwrap_err();
//! assert!(error.is_timeout());
//! drop(silenced); // SIGCONT
//! assert_eq!(counter.add(1).await?, 2, "the first one was late, not lost");
//! let exit = testkit::kill(&counter).await; // SIGKILL
//! assert_eq!(exit.reason, Reason::Killed { signal: Some(9) });
//! # Ok(()) }
//! ```
//!
//! # At the end of a test
//!
//! A `#[rehearsal::test]` that leaves an actor or a task behind fails as leaked, and names the line that spawned the
//! actor; `leaks = "allow"` on the test or `--leaks=allow` for the run says otherwise. What else must not be left undone
//! is asked for: the guard [`clean`] and, in the middle of a test, [`assert_clean`] fail where a message reached nobody, or
//! an actor failed and nobody noticed. A test that means to lose some says how many: `clean().letters(2)`, or
//! `clean().failures(1)`, or a range of them where it depends on a race.
//!
//! ```
//! # use rehearsal::prelude::*;
//! # pub struct Idle;
//! # #[rehearsal::actor] impl Idle { #[start] pub fn new() -> Idle { Idle } }
//! # #[rehearsal::program] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let _clean = rehearsal::testkit::clean();
//! let idle = Idle::spawn().await?;
//! idle.ping().await?;
//! # Ok(()) }
//! ```
//!
//! Owns: probes (`probe`, `tray`, `missed`), the faults (`fault`, `relay`), ends (`end`), what is left
//! (`clean`), other waits (`wait`), `time`.
//! Never: is part of a program that is not a test. Read next: `probe`, then `actor/stand_in.rs`, which is beneath it.

mod clean;
mod end;
mod fault;
mod here;
mod missed;
mod probe;
mod relay;
mod time;
mod tray;
mod wait;

pub use clean::{Clean, Count, assert_clean, clean};
pub use end::ended;
pub use fault::{Losing, Lost, Silenced, fill, kill, lose, silence, strike};
pub use missed::Missed;
pub use probe::{Asked, DEFAULT_BOUND, DEFAULT_WAIT, Probe, Probed, Sender, probe};
pub use relay::{Slow, slow};
pub use time::{advance, settle};
pub use wait::{LONG_WAIT, eventually, soon, until};
