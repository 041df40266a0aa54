//! How many workers there are, and whether another one is of use.

use super::*;
use crate::harness::schedule::growth::Load;

impl Dispatch {
    /// Whether it is of use to know what the processors do: every worker there may be is at work, and trials wait.
    pub fn is_full(&self) -> bool {
        let starts = |slot: &Slot| slot.phase == Phase::Starting;
        self.growth.is_some()
            && self.schedule.has_waiting()
            && self.schedule.is_full()
            && !self.slots.iter().any(starts)
    }

    /// There are to be more workers, or fewer trials at a time.
    pub(super) fn grow(&mut self, load: &Load) {
        if !self.is_full() {
            return;
        }
        if let Some(growth) = &mut self.growth {
            let room = growth.next(self.schedule.room(), load);
            self.schedule.resize(room);
        }
        self.fill_all();
    }

    /// Whether there may be one more worker.
    pub(super) fn has_room_for_another(&self) -> bool {
        self.slots.iter().filter(|slot| slot.is_there()).count() < self.schedule.room()
    }

    /// Whether one more worker of this isolation is of use: not where only one trial can be next, and somebody is there
    /// for it.
    pub(super) fn has_use_for_another(&self, isolation: Isolation) -> bool {
        let waits = |slot: &Slot| {
            let is_there = matches!(slot.phase, Phase::Starting | Phase::Up);
            is_there && slot.isolation == Some(isolation) && slot.held.is_empty()
        };
        !(self.schedule.wants_one() && self.slots.iter().any(waits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::registry::Retries;
    use crate::harness::schedule::Item;

    const LIMITS: Limits = Limits { grace_ms: 100, flaky_red: false, repeat: 0, until_failure: false };
    const IDLE: Load =
        Load { processors: 2, idle_permille: 2_000, used_permille: 10, running: 1, memory_for: 100 };

    fn trials(count: usize) -> Vec<Planned> {
        let (item, retries) = (Item::of(Isolation::Process), Retries::default());
        vec![Planned { name: "waits", item, limit_ms: 1_000, slow_ms: 60_000, retries, xfail: None }; count]
    }

    fn growing(count: usize, most: usize) -> Dispatch {
        let how = Arrangement { least: Some(2), ..Arrangement::default() };
        Dispatch::arranged(trials(count), most, &how, LIMITS)
    }

    fn at(worker: usize) -> Source {
        Source { worker, generation: 1 }
    }

    #[rehearsal::test]
    fn a_pool_begins_small_and_doubles_while_all_are_at_work_and_trials_wait() {
        let mut run = growing(100, 7);
        let start = |worker| Effect::Start(at(worker), Isolation::Process);
        assert_eq!(run.begin(), [start(0), start(1)]);
        run.receive(Input::Ready(at(0)));
        assert!(!run.is_full(), "the other one is yet to come");
        assert_eq!(run.receive(Input::Load(IDLE)), [], "so nothing is known of them together");
        run.receive(Input::Ready(at(1)));
        assert!(run.is_full());
        assert_eq!(run.receive(Input::Load(IDLE)), [start(2), start(3)]);
        for worker in [2, 3] {
            run.receive(Input::Ready(at(worker)));
        }
        assert_eq!(run.receive(Input::Load(IDLE)), [start(4), start(5), start(6)]);
        for worker in [4, 5, 6] {
            run.receive(Input::Ready(at(worker)));
        }
        assert_eq!(run.receive(Input::Load(IDLE)), [], "no more than there may be");
    }

    #[rehearsal::test]
    fn a_pool_does_not_grow_for_nobody() {
        let mut run = growing(3, 7);
        run.begin();
        run.receive(Input::Ready(at(0)));
        run.receive(Input::Ready(at(1)));
        assert!(run.is_full(), "one waits");
        assert_eq!(
            run.receive(Input::Load(Load { memory_for: 0, ..IDLE })),
            [],
            "there is no memory for more"
        );
        let ended = Box::new(Outcome { duration_ns: SHORT_NS, ..Outcome::of(Verdict::Passed) });
        run.receive(Input::Finished(at(0), 0, ended));
        assert!(!run.is_full(), "nobody waits");
        assert_eq!(run.receive(Input::Load(IDLE)), []);
    }

    #[rehearsal::test]
    fn a_pool_that_does_not_grow_asks_nobody() {
        let mut run = Dispatch::new(trials(9), 2, LIMITS);
        assert_eq!(run.begin().len(), 2);
        run.receive(Input::Ready(at(0)));
        run.receive(Input::Ready(at(1)));
        assert!(!run.is_full());
    }
}
