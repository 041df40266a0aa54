//! CPU-bound work of actors: jobs on other threads, while the actor's loop goes on answering.
//!
//! Owns: [`Executor`] and the threads behind it (`pool`), a [`Job`] and its result (`job`), [`Work`], which is what a job
//! sees of itself (`work`), and the calls of commands that return jobs (`asked`).
//!
//! Never: touches an actor that has no jobs: its executor is made when it is first asked for, a thread when a job waits
//! for one, and a thread that has had nothing to do for a while ends.
//!
//! Read next: `pool`, then `job`.

mod asked;
mod job;
mod pool;
mod work;

pub use asked::{JobAnswer, JobAsking, JobCall, ticket};
pub use job::{Job, JobError};
pub use pool::Executor;
pub(crate) use pool::{GRACE, Pool};
pub use work::{Cancelled, JobInfo, JobState, Work};
