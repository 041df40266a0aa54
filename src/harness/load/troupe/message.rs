//! What crosses between a troupe and the process that measures.

use crate::actor::panic::PanicNote;
use crate::harness::load::pace::{Manner, Timetable};
use crate::harness::load::sample::Packed;
use crate::harness::load::trouble::Trouble;
use crate::harness::load::turn::{Ended, Window};
use crate::sys::wire::wired;

/// What a troupe is started with.
#[derive(Debug, Clone)]
pub struct Order {
    /// The path of the benchmark.
    pub path: String,
    /// The number of its first client, of all clients of the level.
    pub first: usize,
    /// How many clients it is.
    pub clients: usize,
    /// How many operations these do together, where they are counted.
    pub count: Option<u64>,
    /// What the set-up made, as it crosses.
    pub shared: Vec<u8>,
}

wired! { struct Order { path, first, clients, count, shared } }

/// When a troupe begins and ends.
#[derive(Debug, Clone)]
pub struct Start {
    /// On the machine's monotonic clock, which is the same in all processes.
    pub window: Window,
    /// Its share of the times, in an open loop.
    pub times: Option<Timetable>,
    /// How its clients wait for these.
    pub manner: Manner,
}

wired! { struct Start { window, times, manner } }

/// What a troupe tells.
#[derive(Debug)]
pub enum Told {
    /// All of its clients are ready.
    Ready,
    /// How many operations of each client have ended.
    Moved {
        /// A number a client.
        ended: Vec<u64>,
    },
    /// All of its clients have ended.
    Home {
        /// What each did.
        ended: Vec<Ended>,
        /// What they saw.
        tally: Box<Packed>,
        /// A panic beside them, in a task or thread that an operation started.
        beside: Option<PanicNote>,
    },
    /// What ended it before.
    Failed {
        /// Which of its clients, and what.
        trouble: Trouble,
    },
}

wired! { enum Told { Ready, Moved { ended }, Home { ended, tally, beside }, Failed { trouble } } }
