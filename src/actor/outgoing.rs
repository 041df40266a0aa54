//! Frames on their way from a worker to its parent: written at once, or held for a moment until they have company.
//!
//! A system call costs more than an answer does. While more messages wait behind the one that was answered, answers
//! gather; they leave together when there are enough of them, when anything else is to be said, when the actor waits
//! (`flush`), and, where a command computes meanwhile, when the thread that gives the signs of life looks after them.

#[cfg(feature = "reach")]
use std::sync::Arc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[cfg(feature = "reach")]
use super::reach::Outbox;
use crate::sys::seam;
use crate::sys::wire::{BlockingSender, WireError};

/// Bytes that are held at most; beyond that, company is good enough.
const COMPANY: usize = 8 << 10;

/// How long an answer is held at most, twice: the thread that looks after them does so this often.
const LINGER: Duration = Duration::from_millis(1);

/// A buffer is used again unless one large frame made it larger than this.
const KEEP: usize = 64 << 10;

/// How long a parent may take no byte before it is given up: long, because one that is suspended (Ctrl-Z, a debugger)
/// is not gone. Where it is gone the socket says so at once.
const STALLED: Duration = Duration::from_secs(3600);

/// Exit code of a worker whose parent hangs.
const GIVEN_UP: i32 = 101;

/// Where frames go.
enum Sink {
    Socket(BlockingSender),
    #[cfg(feature = "reach")]
    Lane(Arc<Outbox>),
}

pub(crate) struct Outgoing {
    sender: Sink,
    state: Mutex<State>,
    /// Wakes the thread that looks after what is held.
    bell: Condvar,
}

#[derive(Default)]
struct State {
    held: Vec<u8>,
    spare: Vec<u8>,
    /// A thread looks after what is held; without one nothing is.
    watched: bool,
    /// That thread is awake.
    awake: bool,
    /// That thread is to end.
    over: bool,
}

impl Outgoing {
    pub(crate) fn new(sender: BlockingSender) -> Outgoing {
        Outgoing::over(Sink::Socket(sender))
    }

    /// One whose frames somebody else writes.
    #[cfg(feature = "reach")]
    pub(crate) fn of_lane(outbox: Arc<Outbox>) -> Outgoing {
        Outgoing::over(Sink::Lane(outbox))
    }

    fn over(sender: Sink) -> Outgoing {
        Outgoing { sender, state: Mutex::default(), bell: Condvar::new() }
    }

    /// An empty buffer to write a frame to.
    pub(crate) fn scratch(&self) -> Vec<u8> {
        std::mem::take(&mut self.state().spare)
    }

    /// Writes a frame, behind all that were put before: it is with the kernel when this returns, unless it `may_wait`.
    pub(crate) fn put(&self, frame: Vec<u8>, may_wait: bool) -> Result<(), WireError> {
        let mut state = self.state();
        let fits = state.held.len() + frame.len() <= COMPANY;
        let sent = if may_wait && fits && state.watched {
            state.held.extend_from_slice(&frame);
            if !state.awake {
                state.awake = true;
                self.bell.notify_one();
            }
            Ok(())
        } else if fits && !state.held.is_empty() {
            state.held.extend_from_slice(&frame);
            self.write_held(&mut state)
        } else {
            self.write_held(&mut state).and_then(|()| self.write(&frame))
        };
        if frame.capacity() <= KEEP {
            state.spare = frame;
            state.spare.clear();
        }
        sent
    }

    /// Writes what is held.
    pub(crate) fn flush(&self) {
        // A parent that is gone waits for nothing; whoever reads from it sees that it is.
        let _ = self.write_held(&mut self.state());
    }

    /// Puts what `sign` writes every so often, and looks after what is held, until [`Outgoing::end_watch`] or the parent is gone.
    pub(crate) fn watch(&self, every: Duration, sign: &mut dyn FnMut(&mut Vec<u8>)) {
        let every_ns = u64::try_from(every.as_nanos()).unwrap_or(u64::MAX);
        let mut due_ns = seam::monotonic_ns().saturating_add(every_ns);
        let mut frames = Vec::new();
        let mut state = self.state();
        state.watched = true;
        while !state.over {
            let now_ns = seam::monotonic_ns();
            if now_ns >= due_ns {
                due_ns = now_ns.saturating_add(every_ns);
                // Not under the lock: it looks at other things that have one.
                drop(state);
                frames.clear();
                sign(&mut frames);
                state = self.state();
                if state.over || self.write_held(&mut state).and_then(|()| self.write(&frames)).is_err() {
                    break;
                }
            }
            let until_sign = Duration::from_nanos(due_ns.saturating_sub(now_ns));
            let wait = if state.awake { LINGER.min(until_sign) } else { until_sign };
            let waited;
            (state, waited) = self.bell.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner);
            if state.awake && waited.timed_out() {
                // Nothing is held where nothing came in all that time, or where others wrote it: time to sleep.
                state.awake = !state.held.is_empty();
                let _ = self.write_held(&mut state);
            }
        }
        state.watched = false;
    }

    /// Has the thread in [`Outgoing::watch`] return.
    pub(crate) fn end_watch(&self) {
        self.state().over = true;
        self.bell.notify_one();
    }

    fn write_held(&self, state: &mut State) -> Result<(), WireError> {
        if state.held.is_empty() {
            return Ok(());
        }
        let sent = self.write(&state.held);
        state.held.clear();
        sent
    }

    fn write(&self, frames: &[u8]) -> Result<(), WireError> {
        let sent = match &self.sender {
            Sink::Socket(sender) => sender.send(frames, STALLED),
            #[cfg(feature = "reach")]
            Sink::Lane(outbox) => {
                outbox.put(frames);
                Ok(())
            }
        };
        if let Err(error @ WireError::Stalled { .. }) = &sent {
            // Part of a frame is on the wire and nothing can follow it: nobody will hear of this actor again.
            eprintln!("rehearsal: this worker process ends, its parent hangs: {error}");
            std::process::exit(GIVEN_UP);
        }
        sent
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock runs code of others.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, feature = "harness"))]
mod tests;
