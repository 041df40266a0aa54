//! Where an actor is in its life.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::sys::wire::wired;

/// Where an actor is in its life; it only ever goes down this list, but for a restart, which goes back to `Inactive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum State {
    /// Made, but not placed: nothing of it runs.
    Initial,
    /// Placed; its task, thread or process has been asked for and has not answered.
    Inactive,
    /// Its `#[start]` function runs.
    Starting,
    /// It takes messages.
    Run,
    /// It was told to stop: a command in progress ends, then `#[stopping]` runs. It takes no more messages.
    Stopping,
    /// Ended in good order.
    Close,
    /// Killed, panicked, failed or lost.
    Terminate,
}

wired! { enum State { Initial, Inactive, Starting, Run, Stopping, Close, Terminate } }

impl State {
    const ALL: [State; 7] = [
        State::Initial,
        State::Inactive,
        State::Starting,
        State::Run,
        State::Stopping,
        State::Close,
        State::Terminate,
    ];

    /// Whether the actor has ended, well or not.
    pub fn is_over(self) -> bool {
        self >= State::Close
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            State::Initial => "initial",
            State::Inactive => "inactive",
            State::Starting => "starting",
            State::Run => "run",
            State::Stopping => "stopping",
            State::Close => "close",
            State::Terminate => "terminate",
        })
    }
}

/// A state that several threads read while one actor moves it on.
#[derive(Debug)]
pub(crate) struct StateCell(AtomicU8);

impl StateCell {
    pub(crate) const fn new() -> StateCell {
        StateCell(AtomicU8::new(State::Initial as u8))
    }

    pub(crate) fn get(&self) -> State {
        State::ALL[usize::from(self.0.load(Ordering::Acquire))]
    }

    /// Moves on; a state that comes earlier in the list than the present one is not gone back to.
    pub(crate) fn advance(&self, to: State) {
        self.0.fetch_max(to as u8, Ordering::AcqRel);
    }

    /// Moves on where nobody else does: no actor goes from this state back to an earlier one by itself.
    pub(crate) fn set(&self, to: State) {
        self.0.store(to as u8, Ordering::Release);
    }

    /// Goes back to where a new life begins.
    pub(crate) fn renew(&self) {
        self.0.store(State::Inactive as u8, Ordering::Release);
    }
}
