//! Floor 1: actors. State that one loop owns, reached by messages, placed as a task, a thread or a process.
//!
//! Owns, in the order a call goes through them:
//! - [`Spawn`] places an actor (`spawn/`); [`Address`] is what every proxy is made of; a [`Call`] is one command before it
//!   is sent, a [`TryCall`] one that may fail by itself; `mailbox` and `envelope` hold it, `life` is the loop that takes
//!   it out, [`Context`] what a command can reach, [`Reply`] the way its answer goes;
//! - `behavior` has the traits that `#[rehearsal::actor]` implements, `open` the free commands that any actor answers;
//! - `executor` is an actor's CPU-bound work, `by_name` what can be said to it by name;
//! - `crossing` and `uplink` are what goes between a process actor and its parent, a half each; `outgoing` gathers answers;
//! - `stream` is many values where a call has one, to an actor and from it;
//! - `cycle` ends asks that wait for themselves; `inline` has an ask handled where it is asked, if its `pace` is quick;
//!   `lone` is an actor that has no task yet;
//! - `later` sends when it is time;
//! - `overflow` is what a full mailbox does, `letter` keeps account of what reached nobody, `ledger` of
//!   what is under way to a process;
//! - [`mod@panic`], [`Exit`], [`Error`], [`State`], [`Info`]: what is known when something ends;
//! - [`program`] is what a program's `main` begins with, `interrupt` what ends it from outside;
//! - `overview` is the tree of them all, by `lineage`: who spawned whom; `span` has commands be spans of `tracing`;
//! - [`Lookup`] finds an actor by its name, which `names` has taken once; `group` chooses among actors of one type, `topic`
//!   tells all who want to know;
//! - `roll`, `current`, [`ActorRef`], [`arbiter()`], [`Monitor`]: who is alive, who runs here, who looks after whom;
//!   [`Realm`], whom an actor belongs to.
//!
//! Never: knows a trial; serialises a message that stays in this process; reads a clock, spawns a task or draws a random
//! number other than through `sys::seam`.
//!
//! Read next: `life`, then `call`, then `spawn/mod.rs`.

mod address;
mod arbiter;
mod behavior;
mod beside;
#[cfg(feature = "json")]
pub mod by_name;
mod call;
mod context;
mod crossing;
mod current;
mod cycle;
mod deliver;
pub(crate) mod envelope;
mod error;
mod executor;
mod exit;
mod fallible;
mod group;
mod handle;
mod info;
mod inline;
mod interrupt;
mod later;
mod ledger;
mod letter;
mod life;
mod lineage;
mod lone;
mod lookup;
mod mailbox;
mod monitor;
mod names;
pub(crate) mod near;
mod node;
mod open;
mod outgoing;
mod overflow;
pub(crate) mod overview;
mod pace;
pub mod panic;
mod params;
mod pool;
pub mod program;
#[cfg(feature = "reach")]
mod reach;
mod realm;
mod reply;
mod roll;
#[cfg(feature = "tracing")]
pub(crate) mod span;
#[cfg(not(feature = "tracing"))]
#[path = "span/off.rs"]
pub(crate) mod span;
pub mod spawn;
#[cfg(feature = "testkit")]
pub(crate) mod stand_in;
mod state;
#[cfg(feature = "stream")]
mod stream;
mod supervise;
mod topic;
mod uplink;

pub mod emit;

pub use crate::sys::usage::SystemInfo;
pub use address::{Address, Stop};
pub use arbiter::{Arbiter, arbiter};
pub use behavior::{Actor, ProcessActor, Wire};
#[cfg(feature = "json")]
pub use by_name::{NamedCall, Permission, SendError, Signature, Target, send};
pub use call::{Answer, Asking, Call, DEFAULT_DEADLINE};
pub use context::{Any, Context, Kind, Outlet};
pub use deliver::Delivering;
pub use error::{Cause, Error, Failed, Gone, Part, SpawnError};
pub use executor::{
    Cancelled, Executor, Job, JobAnswer, JobAsking, JobCall, JobError, JobInfo, JobState, Work,
};
pub use exit::{Exit, Reason};
pub use fallible::{Fallible, TryAnswer, TryAsking, TryCall};
pub use group::{Group, GroupError, Member};
pub use handle::{ActorRef, get_actor};
pub use info::{ActorName, Info, MailboxInfo, Placement};
pub use later::Later;
pub use letter::{
    DeadLetter, DeadLetterCount, DeadLetters, Undelivered, dead_letter_count, dead_letters,
    dead_letters_up_to,
};
pub use lookup::{Lookup, LookupError};
pub use monitor::{Monitor, MonitorEvent, MonitorMessage, MonitorProxy};
pub use node::Ended;
pub use open::OpenCommand;
pub use overflow::Overflow;
pub use overview::{ActorInfo, ArbiterInfo, Role, ServerInfo};
pub use params::Params;
pub use pool::Pool;
#[cfg(feature = "testkit")]
pub(crate) use realm::pledge;
pub use realm::{Failure, InRealm, Living, Realm};
pub use reply::Reply;
pub use spawn::{Placing, Spawn};
pub use state::State;
#[cfg(feature = "stream")]
pub use stream::{Attached, Detached, NotSent, Producer, StreamEnd, StreamError, Streaming};
pub use supervise::{AnyWork, End, Heartbeat, Recycle, Restart, Restarted, Strategy, Supervising};
pub use topic::{Item, Published, Receiver, Slow, Subscription, Topic};
