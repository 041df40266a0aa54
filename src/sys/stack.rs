//! What the threads of a process are at, seen from beside them: by another process, or by another thread.
//!
//! Names, states and the system calls they wait in are what Linux tells of any process. Stacks, with the feature
//! `stacks`, are what a thread tells itself when a signal interrupts it: its handler writes addresses, and no more, into
//! memory that it shares with who asks, who then finds out what functions they are in. So nothing that hangs has to
//! work for it but the handler of a signal.
#![cfg_attr(any(not(unix), rehearsal_portable), allow(dead_code))]

pub(crate) use super::platform::stack::{answer, look};

/// One thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ThreadSeen {
    /// Its name, of which the system keeps 15 bytes.
    pub(crate) name: String,
    /// What the system says it does (`runs`, `waits in futex`).
    pub(crate) state: String,
    /// The functions it is in, the innermost first.
    pub(crate) stack: Stack,
}

/// The functions that a thread is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stack {
    /// These, the innermost first.
    #[cfg_attr(not(all(feature = "stacks", target_os = "linux")), allow(dead_code))]
    Frames(Vec<Frame>),
    /// It was not asked, or did not answer; this is why. Empty where that goes for all threads.
    Unknown(&'static str),
}

/// A function that has been called and has not returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Its name, or the file and the place in it where that is not known.
    pub(crate) function: String,
    /// Where in the source it is; empty where that is not known.
    pub(crate) place: String,
}

/// Whether a look at a process of this build shows stacks.
pub(crate) const HAS_STACKS: bool = cfg!(all(
    feature = "stacks",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(rehearsal_portable)
));
