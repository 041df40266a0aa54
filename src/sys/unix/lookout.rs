//! Looking out for the next message for a moment instead of going to sleep.
//!
//! To wake a thread on a processor that has gone idle takes longer than an ask between two processes takes otherwise.
//! A process that has answered its only caller is most often asked again at once; so before it sleeps it looks for
//! some microseconds whether the next message is there. Only where that was worth it lately: [`Habit`] keeps account.
//! Other tasks of its runtime have their turn meanwhile.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::sys::seam;

/// How long it looks out, at most: somewhat more than a peer takes that has to be woken for the answer first.
const LONGEST_NS: u64 = 25_000;

/// After so many messages at most it tries again what was not worth it.
const LONGEST_PAUSE: u32 = 1023;

/// Shared by the end that reads, who answers, and the runtime's thread when it is about to sleep.
#[derive(Debug)]
pub(crate) struct Lookout {
    state: Mutex<State>,
    longest_ns: u64,
}

#[derive(Debug, Default)]
struct State {
    habit: Habit,
    /// Something was answered since the last sleep, and nothing else waits here.
    expects: bool,
    /// Since when there has been nothing to do, if an answer went before that.
    idle_since_ns: Option<u64>,
    /// It looks out.
    looks: bool,
    /// Wakes who reads.
    reader: Option<Waker>,
}

impl Lookout {
    /// One for a message after an answer. Where there is but one processor nothing can come while this thread runs.
    pub(crate) fn new() -> Arc<Lookout> {
        let alone = std::thread::available_parallelism().is_ok_and(|processors| processors.get() == 1);
        Lookout::no_longer_than(if alone { 0 } else { LONGEST_NS })
    }

    /// One that looks out for so long at most.
    pub(super) fn no_longer_than(longest_ns: u64) -> Arc<Lookout> {
        Arc::new(Lookout { state: Mutex::default(), longest_ns })
    }

    /// An answer is out and nothing else is to be done: another message may come at once.
    pub(crate) fn expect(&self) {
        self.state().expects = true;
    }

    /// The runtime's thread has nothing to do. It does not sleep if this has woken the reader.
    pub(crate) fn rest(&self) {
        let mut state = self.state();
        if !std::mem::take(&mut state.expects) {
            return;
        }
        state.idle_since_ns = Some(seam::monotonic_ns());
        if state.habit.is_worth_it()
            && let Some(reader) = state.reader.take()
        {
            state.looks = true;
            drop(state);
            reader.wake();
        }
    }

    /// Whether the reader is to look by itself, and not to wait until it is told.
    pub(super) fn looks(&self) -> bool {
        self.state().looks
    }

    /// Nothing is there yet: whether the reader goes on looking.
    pub(super) fn goes_on(&self) -> bool {
        let mut state = self.state();
        let goes_on = state.idle_ns().is_some_and(|idle_ns| idle_ns < self.longest_ns);
        if !goes_on {
            (state.looks, state.idle_since_ns) = (false, None);
            state.habit.was_in_vain();
        }
        goes_on
    }

    /// The reader waits until it is told that something has come.
    pub(super) fn waits(&self, reader: &Waker) {
        let mut state = self.state();
        if !state.reader.as_ref().is_some_and(|known| known.will_wake(reader)) {
            state.reader = Some(reader.clone());
        }
    }

    /// Something has come.
    pub(super) fn came(&self) {
        let mut state = self.state();
        let Some(idle_ns) = state.idle_ns() else { return };
        state.idle_since_ns = None;
        if std::mem::take(&mut state.looks) {
            state.habit.was_worth_it();
        } else if idle_ns < self.longest_ns {
            state.habit.would_have_been();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn idle_ns(&self) -> Option<u64> {
        self.idle_since_ns.map(|since_ns| seam::monotonic_ns().saturating_sub(since_ns))
    }
}

/// Whether looking out is worth it, by how it went lately. In vain costs more than it ever gains, so each time makes the
/// pause after it longer, and takes several good ones to be forgotten.
#[derive(Debug, Default)]
struct Habit {
    is_worth_it: bool,
    /// Messages that have to come in time before it is tried again.
    pause: u32,
    /// How long the last pause was, less what was good since.
    last_pause: u32,
}

impl Habit {
    fn is_worth_it(&self) -> bool {
        self.is_worth_it
    }

    fn was_worth_it(&mut self) {
        self.last_pause = self.last_pause.saturating_sub(1);
    }

    fn was_in_vain(&mut self) {
        self.is_worth_it = false;
        self.last_pause = (self.last_pause * 2 + 1).min(LONGEST_PAUSE);
        self.pause = self.last_pause;
    }

    /// A message came to one that slept, so soon that it could have looked out for it.
    fn would_have_been(&mut self) {
        match self.pause.checked_sub(1) {
            Some(pause) => self.pause = pause,
            None => self.is_worth_it = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Answers, and has nothing to do; then whether it looks out.
    fn answers(lookout: &Lookout, reader: &Arc<Woken>) -> bool {
        lookout.waits(&reader.clone().into());
        lookout.expect();
        lookout.rest();
        lookout.looks()
    }

    #[rehearsal::test]
    fn it_looks_out_after_an_answer_once_a_message_came_soon() {
        let (lookout, reader) = (Lookout::no_longer_than(u64::MAX), Arc::default());
        assert!(!answers(&lookout, &reader), "nothing is known yet");
        lookout.came();
        lookout.waits(&reader.clone().into());
        lookout.rest();
        assert!(!lookout.looks(), "nothing was answered");
        assert_eq!(reader.0.load(Ordering::Relaxed), 0);
        assert!(answers(&lookout, &reader));
        assert_eq!(reader.0.load(Ordering::Relaxed), 1, "it looks by itself");
        assert!(lookout.goes_on());
        lookout.came();
        assert!(!lookout.looks());
        assert!(answers(&lookout, &reader), "it was worth it");
    }

    #[rehearsal::test]
    fn it_gives_up_when_its_time_is_over() {
        let (lookout, reader) = (Lookout::no_longer_than(0), Arc::default());
        lookout.state().habit.is_worth_it = true;
        assert!(answers(&lookout, &reader));
        assert!(!lookout.goes_on() && !lookout.looks());
        lookout.came();
        assert!(!answers(&lookout, &reader), "what came late taught nothing");
        lookout.came();
        assert!(!answers(&lookout, &reader), "and was not soon");
    }

    #[rehearsal::test]
    fn a_pause_is_longer_each_time_and_forgotten_slowly() {
        let mut habit = Habit::default();
        let until_worth_it = |habit: &mut Habit| {
            let mut soon = 0;
            while !habit.is_worth_it() {
                habit.would_have_been();
                soon += 1;
            }
            soon
        };
        assert_eq!(until_worth_it(&mut habit), 1);
        let mut pauses = Vec::new();
        for _ in 0..12 {
            habit.was_in_vain();
            pauses.push(until_worth_it(&mut habit) - 1);
        }
        assert_eq!(pauses, [1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1023, 1023]);
        for _ in 0..1023 {
            habit.was_worth_it();
        }
        habit.was_in_vain();
        assert_eq!(until_worth_it(&mut habit), 2);
    }
}
