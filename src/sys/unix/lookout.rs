//! Looking out for the next message for a moment instead of going to sleep.
//!
//! To wake a thread on a processor that has gone idle takes longer than an ask between two processes takes otherwise.
//! A process that has answered its only caller is most often asked again at once, and who has asked is answered soon;
//! so before either sleeps it looks for some microseconds whether there is something to read. Only where sleeping was
//! dear lately, which it is not while both share a processor, and looking was worth it: [`Habit`] keeps account.
//! Other tasks of its runtime have their turn meanwhile, and one of a process looks at a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;

use crate::sys::seam;

/// After so many messages at most it tries again what was not worth it.
const LONGEST_PAUSE: u32 = 1023;

/// One of this process looks out.
static LOOKS: AtomicBool = AtomicBool::new(false);

/// The turn to look out; given back when dropped.
#[derive(Debug)]
struct Turn {
    turns: &'static AtomicBool,
    /// When the reader last looked.
    seen_ns: u64,
}

impl Turn {
    fn take(turns: &'static AtomicBool, seen_ns: u64) -> Option<Turn> {
        (!turns.swap(true, Ordering::Relaxed)).then(|| Turn { turns, seen_ns })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.store(false, Ordering::Relaxed);
    }
}

/// What may take how long, nanoseconds.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Sleeping takes no longer where it is as good as looking.
    cheap: u64,
    /// Sleeping takes less where looking may have been better.
    dear: u64,
    /// Looking takes no longer.
    longest: u64,
    /// A turn of the runtime takes no longer in which nobody else has anything to do.
    away: u64,
}

impl Bounds {
    const USUAL: Bounds = Bounds {
        // Both share a processor, and one hands it to the other.
        cheap: 10_000,
        // Both have to be woken.
        dear: 100_000,
        // Somewhat more than a peer takes that has to be woken.
        longest: 50_000,
        away: 4_000,
    };
}

/// Shared by the end that reads, who answers or asks, and the runtime's thread when it is about to sleep.
#[derive(Debug)]
pub(crate) struct Lookout {
    state: Mutex<State>,
    bounds: Bounds,
    /// Whether one of those that share this looks out.
    turns: &'static AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    habit: Habit,
    /// Something was answered or asked since the last sleep, and nothing else waits here.
    expects: bool,
    /// Since when there has been nothing to do, if an answer or an ask went before that.
    idle_since_ns: Option<u64>,
    /// It looks out.
    turn: Option<Turn>,
    /// Wakes who reads.
    reader: Option<Waker>,
}

impl Lookout {
    /// One for what comes after an answer or an ask. Where there is but one processor nothing can come while this
    /// thread runs.
    pub(crate) fn new() -> Arc<Lookout> {
        static ALONE: OnceLock<bool> = OnceLock::new();
        let alone = *ALONE.get_or_init(|| {
            std::thread::available_parallelism().is_ok_and(|processors| processors.get() == 1)
        });
        let dear = if alone { 0 } else { Bounds::USUAL.dear };
        Lookout::within(Bounds { dear, ..Bounds::USUAL }, &LOOKS)
    }

    fn within(bounds: Bounds, turns: &'static AtomicBool) -> Arc<Lookout> {
        Arc::new(Lookout { state: Mutex::default(), bounds, turns })
    }

    /// One to which any sleep is dear, and that looks out for so long at most, whoever else does.
    #[cfg(test)]
    pub(super) fn no_longer_than(longest: u64) -> Arc<Lookout> {
        let bounds = Bounds { cheap: 0, dear: longest, longest, away: u64::MAX };
        Lookout::within(bounds, Box::leak(Box::default()))
    }

    /// An answer or an ask is out and nothing else is to be done: what comes next may come at once.
    pub(crate) fn expect(&self) {
        self.state().expects = true;
    }

    /// The runtime's thread has nothing to do. It does not sleep if this has woken the reader.
    pub(crate) fn rest(&self) {
        let mut state = self.state();
        if state.reader.is_some() && state.begins(self.turns) {
            let reader = state.reader.take();
            drop(state);
            reader.into_iter().for_each(Waker::wake);
        }
    }

    /// Whether it looks out.
    #[cfg(test)]
    pub(super) fn looks(&self) -> bool {
        self.state().turn.is_some()
    }

    /// Whether the reader, whose turn it is again, is to look by itself and not to wait until it is told. Where others
    /// had use for the thread meanwhile it would not sleep anyway, and looks at what comes between them.
    pub(super) fn resumes(&self) -> bool {
        let mut state = self.state();
        let Some(seen_ns) = state.turn.as_ref().map(|turn| turn.seen_ns) else { return false };
        if seam::monotonic_ns().saturating_sub(seen_ns) > self.bounds.away {
            state.turn = None;
        }
        state.turn.is_some()
    }

    /// Nothing is there yet: whether the reader goes on looking.
    pub(super) fn goes_on(&self) -> bool {
        let mut state = self.state();
        let (now_ns, longest_ns) = (seam::monotonic_ns(), self.bounds.longest);
        let goes_on =
            state.idle_since_ns.is_some_and(|since_ns| now_ns.saturating_sub(since_ns) < longest_ns);
        if !goes_on {
            (state.turn, state.idle_since_ns) = (None, None);
            state.habit.was_in_vain();
        } else if let Some(turn) = &mut state.turn {
            turn.seen_ns = now_ns;
        }
        goes_on
    }

    /// Nothing is there, and the reader waits until it is told that something has come; or it begins to look by itself,
    /// which this tells.
    pub(super) fn waits(&self, reader: &Waker) -> bool {
        let mut state = self.state();
        if state.begins(self.turns) {
            return true;
        }
        if !state.reader.as_ref().is_some_and(|known| known.will_wake(reader)) {
            state.reader = Some(reader.clone());
        }
        false
    }

    /// Something has come.
    pub(super) fn came(&self) {
        let mut state = self.state();
        state.expects = false;
        let Some(idle_ns) = state.idle_ns() else { return };
        state.idle_since_ns = None;
        if state.turn.take().is_some() {
            state.habit.was_worth_it();
        } else if (self.bounds.cheap..self.bounds.dear).contains(&idle_ns) {
            state.habit.would_have_been();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Notes that there is nothing to do; whether to look out from now on.
    fn begins(&mut self, turns: &'static AtomicBool) -> bool {
        if !std::mem::take(&mut self.expects) {
            return false;
        }
        let now_ns = seam::monotonic_ns();
        self.idle_since_ns = Some(now_ns);
        if self.habit.is_worth_it() {
            self.turn = Turn::take(turns, now_ns);
        }
        self.turn.is_some()
    }

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

    /// Something came to one that slept, so soon that it could have looked out for it.
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

    /// One that has found that looking is worth it.
    fn eager(bounds: Bounds, turns: &'static AtomicBool) -> Arc<Lookout> {
        let lookout = Lookout::within(bounds, turns);
        lookout.state().habit.is_worth_it = true;
        lookout
    }

    #[rehearsal::test]
    fn who_asks_begins_to_look_by_itself() {
        let (lookout, reader) = (Lookout::no_longer_than(u64::MAX), Arc::<Woken>::default());
        lookout.state().habit.is_worth_it = true;
        let waker: Waker = reader.clone().into();
        assert!(!lookout.waits(&waker), "nothing was asked");
        lookout.expect();
        assert!(lookout.waits(&waker) && lookout.looks());
        lookout.came();
        lookout.expect();
        lookout.came();
        assert!(!lookout.waits(&waker), "the answer has come already");
        assert_eq!(reader.0.load(Ordering::Relaxed), 0, "nobody has to wake it");
    }

    #[rehearsal::test]
    fn cheap_sleep_and_long_sleep_teach_nothing() {
        for (cheap, dear) in [(u64::MAX, u64::MAX), (0, 0)] {
            let bounds = Bounds { cheap, dear, ..Bounds::USUAL };
            let (lookout, reader) = (Lookout::within(bounds, Box::leak(Box::default())), Arc::default());
            for _ in 0..3 {
                assert!(!answers(&lookout, &reader), "{bounds:?}");
                lookout.came();
            }
        }
    }

    #[rehearsal::test]
    fn one_of_a_process_looks_at_a_time() {
        let bounds = Bounds { longest: u64::MAX, ..Bounds::USUAL };
        let turns: &'static AtomicBool = Box::leak(Box::default());
        let (first, second) = (eager(bounds, turns), eager(bounds, turns));
        assert!(answers(&first, &Arc::default()));
        assert!(!answers(&second, &Arc::default()));
        second.came();
        assert!(!answers(&second, &Arc::default()), "it had no turn to give back");
        first.came();
        assert!(answers(&second, &Arc::default()));
        drop(second);
        assert!(answers(&first, &Arc::default()), "the turn ends with who has it");
    }

    #[rehearsal::test]
    fn it_leaves_off_without_blame_where_others_use_the_thread() {
        let long_away = Bounds { longest: u64::MAX, away: 0, ..Bounds::USUAL };
        let lookout = eager(long_away, Box::leak(Box::default()));
        assert!(answers(&lookout, &Arc::default()));
        let begun_ns = seam::monotonic_ns();
        while seam::monotonic_ns() == begun_ns {
            std::hint::spin_loop();
        }
        assert!(!lookout.resumes() && !lookout.looks());
        lookout.came();
        assert!(answers(&lookout, &Arc::default()), "it tries again at once");
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
