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

    /// Another worker takes the place of one that holds too much memory, when the trial it runs has ended.
    pub(super) fn replace(&mut self, source: Source, bytes: u64) {
        let Some(slot) = self.live(source).filter(|slot| slot.phase == Phase::Up && !slot.yields) else {
            return;
        };
        slot.yields = true;
        let behind: Vec<Position> = slot.held.iter().skip(1).copied().collect();
        if !behind.is_empty() && !slot.asked_back {
            slot.asked_back = true;
            self.effects.push(Effect::TakeBack(source, behind));
        }
        let after =
            slot_trial(&self.slots[source.worker]).map(|position| self.planned[self.trial_of(position)].name);
        self.effects.push(Effect::Warning(format!(
            "worker {} is replaced: it holds {} MiB, more than --worker-memory allows{}",
            source.worker,
            bytes >> 20,
            after.map_or(String::new(), |name| format!(", with {name}"))
        )));
        self.fill(source.worker);
    }

    /// Starts the next worker at a place.
    pub(super) fn renew(&mut self, worker: usize, isolation: Isolation) {
        let slot = &mut self.slots[worker];
        slot.renew(isolation);
        self.schedule.renewed(worker);
        self.effects.push(Effect::Start(slot.source, isolation));
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

/// The trial that runs in a place, or has run there last.
fn slot_trial(slot: &Slot) -> Option<Position> {
    slot.held.front().copied().or(slot.last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::outcome::Output;
    use crate::harness::registry::Retries;
    use crate::harness::schedule::Item;

    const LIMITS: Limits =
        Limits { grace_ms: 100, recycle_after: 0, flaky_red: false, repeat: 0, until_failure: false };
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

    fn ended(source: Source) -> Input {
        let death = None;
        let detail = String::new();
        Input::Ended(source, Ended { death, detail, current: None, output: Output::default(), now_ns: 1 })
    }

    #[rehearsal::test]
    fn a_worker_is_replaced_after_so_many_trials_and_none_is_lost() {
        let mut run = Dispatch::new(trials(7), 1, Limits { recycle_after: 3, ..LIMITS });
        run.begin();
        let mut next = 0;
        for (generation, trials) in [(1, 3), (2, 3), (3, 1)] {
            let source = Source { worker: 0, generation };
            let mut effects = run.receive(Input::Ready(source));
            for _ in 0..trials {
                assert!(
                    effects.iter().any(|effect| matches!(effect, Effect::Send(to, _) if *to == source))
                        || next > 0
                );
                effects = run.receive(Input::Finished(source, next, Box::new(Outcome::of(Verdict::Passed))));
                next += 1;
            }
            assert!(effects.contains(&Effect::Retire(source)), "{effects:?}");
            let effects = run.receive(ended(source));
            let replaced =
                Effect::Start(Source { worker: 0, generation: generation + 1 }, Isolation::Process);
            assert_eq!(effects, [if next == 7 { Effect::Done } else { replaced }]);
        }
    }

    #[rehearsal::test]
    fn a_worker_that_holds_too_much_is_replaced_when_its_trial_has_ended() {
        let mut run = Dispatch::new(trials(100), 1, LIMITS);
        run.begin();
        run.receive(Input::Ready(at(0)));
        let sent = run.receive(Input::Finished(at(0), 0, Box::new(Outcome::of(Verdict::Passed))));
        let Some(Effect::Send(_, held)) = sent.last() else { panic!("{sent:?}") };
        let (first, behind) = (held[0], held[1..].to_vec());
        let effects = run.receive(Input::Swollen(at(0), 700 << 20));
        assert_eq!(effects[0], Effect::TakeBack(at(0), behind.clone()));
        let told = "worker 0 is replaced: it holds 700 MiB, more than --worker-memory allows, with waits";
        assert_eq!(effects[1..], [Effect::Warning(told.into())]);
        assert_eq!(run.receive(Input::Swollen(at(0), 800 << 20)), [], "told once");
        assert_eq!(run.receive(Input::TakenBack(at(0), behind)), [], "it gets no more");
        let effects = run.receive(Input::Finished(at(0), first, Box::new(Outcome::of(Verdict::Passed))));
        assert!(effects.contains(&Effect::Retire(at(0))), "{effects:?}");
        assert_eq!(
            run.receive(ended(at(0))),
            [Effect::Start(Source { worker: 0, generation: 2 }, Isolation::Process)]
        );
    }
}
