//! The Unix half of floor 0; Linux first, with a fallback where another system lacks something.
//!
//! - `boot`: from the first instruction of `main` to a role; `preamble`: the first bytes on a worker's socket, with
//!   the files that are passed to it; `inherited`: what must not leak into programs we start;
//! - `spawner`: the thread that starts every child; `process`: a child and its group; `offspring`: whatever children
//!   this process has, ours or adopted; `guardian`: the process that kills all groups when this one is gone;
//! - `desk`: a socket with a name, for processes that find each other; `ends`: a socket on a runtime, read and written without waking for nothing; `lookout`: when who has answered or asked looks for what
//!   comes next by itself for a moment, before it sleeps;
//! - `sender`, `capture`, `page`, `signal`, `exit`, `limit`, `load`, `clock`, `program`, `terminal`: as their namesakes one folder up say;
//! - `fork`: a copy of this process that goes on by itself, and what cleans up behind it; `large_pages`: memory that is
//!   copied cheaply; `belongings`: what a fork would share or lack; `eager`: pages that are copied as it begins; `bell`: a thread's end as a descriptor; `nearness`: the processor that a fork begins on; `letter`: what it has to tell;
//! - `instructions`: the processor's own counter;
//! - `surroundings`: directory, environment and threads, before and after; `standing`: mode mask, ignored signals, limits; `stack`: what threads are at; `profile`: the file of the coverage profile; `memory_file`: a file without a name; `call`: what every system call's result goes through.
//!
//! Never: calls back into a floor above, and never runs anything between fork and exec; `fork` alone goes on without exec, and says why it may.
//!
//! Read next: `boot`, `spawner`, `guardian`.

pub(super) mod bell;
pub(super) mod belongings;
pub(super) mod boot;
mod call;
pub(super) mod capture;
pub(super) mod clock;
#[cfg(feature = "reach")]
pub(super) mod desk;
mod eager;
mod ends;
pub(super) mod exit;
pub(super) mod fork;
mod guardian;
mod inherited;
#[cfg(feature = "bench")]
pub(super) mod instructions;
pub(super) mod large_pages;
mod letter;
pub(super) mod limit;
pub(super) mod load;
pub(super) mod lookout;
mod memory_file;
mod nearness;
mod offspring;
pub(super) mod page;
mod preamble;
pub(super) mod process;
pub(super) mod profile;
pub(super) mod program;
pub(super) mod sender;
pub(super) mod signal;
mod spawner;
#[cfg(feature = "harness")]
pub(super) mod stack;
pub(super) mod standing;
pub(super) mod surroundings;
pub(super) mod terminal;
