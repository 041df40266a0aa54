//! The fork server: a worker that runs each trial in a fork of itself.
//!
//! Owns: the server's loop ([`server`]), which stands in the place of the worker actor and says what that would say; what
//! it does before the first fork (`ready`), and before that of a trial which wants something to be there (`making`):
//! fixtures, and the `lists` of generators; what the fork does (`child`), which is the trial's lane with one trial in it;
//! and what both say of it (`report`).
//!
//! Never: has a second thread or a runtime, for its forks would have neither; runs anything of a trial itself; decides
//! how long a trial may take.
//!
//! Read next: [`server`], then `child`, then `sys/unix/fork.rs`.

mod child;
mod lists;
mod making;
mod ready;
mod report;
pub mod server;

pub use child::is_for_forks;
pub use server::serve;
