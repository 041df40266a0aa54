//! Floor 0: the operating system and time.
//!
//! Owns, a file each:
//! - [`seam`]: the one seam for time, spawn, delivery choice, randomness and faults;
//! - `slot`, `pool` and `primitive`: where an answer crosses from task to task, without an allocation; `deadline` and
//!   `standstill`: what wakes those whose answer does not come; `busy`: how long something had a thread, by its ticks;
//! - `helm`: a future that its task polls, or a visitor; `home`: which runtime a task is of; `hearth`: those of a runtime
//!   that have no task yet; `relay` and `next`: who is polled on a thread right after the one that told it something;
//! - [`wire`]: length-framed serde values, read in batches, written whole by the calling thread;
//! - [`boot`]: the first call in `main`, which tells what this process is (arbiter or worker) before a thread starts;
//! - [`anchor`]: naming a function to another process of the same program;
//! - [`linked`](mod@linked): a list put together when the program is linked;
//! - [`process`]: this binary again as a worker process, its process group, its end;
//! - [`fork`]: a copy of this process that goes on by itself, and what it leaves behind;
//! - [`signal`]: signals as events, and their names;
//! - [`capture`]: stdout and stderr by memory file;
//! - [`page`]: which trial runs since when, readable after the process that ran it is gone;
//! - [`exit`]: a guard against leaving through `exit()`; [`profile`]: what a build with coverage has counted;
//! - [`limit`]: what the system allows this process, who traces it, how many threads it has;
//! - `allocation` and `instructions`: what code costs beside time;
//! - [`load`]: what the processors do, and for whom; what memory there is;
//! - [`surroundings`]: what one test can change for the next in its process;
//! - [`thread`]: the one place where threads are started;
//! - `stack`: what the threads of a process are at;
//! - [`terminal`]: how large the terminal is that stdout may be.
//!
//! All `unsafe` code of the crate is here, and all `cfg` on the platform. Each of these files holds what is the same
//! everywhere; what is not comes from one of two halves with the same signatures: `unix/` or `portable/`, where
//! there are no processes and every attempt to place something in one says why not. `--cfg rehearsal_portable`
//! selects the portable half on any system, so that it can be built and tested everywhere.
//!
//! Never: knows an actor, a trial or a setting.
//!
//! Read next: [`boot`], then [`process`], then `actor/mod.rs` one floor up.

#[cfg(feature = "bench")]
pub mod allocation;
pub mod anchor;
pub mod boot;
pub(crate) mod busy;
pub mod capture;
pub(crate) mod deadline;
#[cfg(feature = "reach")]
pub(crate) mod desk;
pub mod exit;
pub mod fork;
pub(crate) mod hearth;
pub(crate) mod helm;
pub(crate) mod home;
#[cfg(feature = "bench")]
pub mod instructions;
pub mod limit;
#[cfg(any(feature = "harness", feature = "json"))]
pub mod linked;
pub mod load;
mod next;
pub mod page;
mod pool;
pub(crate) mod primitive;
pub mod process;
pub mod profile;
pub(crate) mod relay;
pub mod seam;
pub mod signal;
pub(crate) mod slot;
#[cfg(feature = "harness")]
pub(crate) mod stack;
pub(crate) mod standstill;
pub mod surroundings;
pub mod terminal;
pub mod thread;
pub mod usage;
pub mod wire;

#[cfg(all(unix, not(rehearsal_portable)))]
mod unix;
#[cfg(all(unix, not(rehearsal_portable)))]
use unix as platform;

#[cfg(not(all(unix, not(rehearsal_portable))))]
mod portable;
#[cfg(not(all(unix, not(rehearsal_portable))))]
use portable as platform;
