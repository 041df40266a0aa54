//! Workers that die, or cannot be started: what that means for the trial they ran, or had run.

use super::slot::Phase;
use super::{Current, Dispatch, Effect, Ended, PATIENCE, Position, Source};
use crate::harness::outcome::{Death, Outcome, Output, Ran, Verdict};
use crate::sys::signal::signal_name;

impl Dispatch {
    pub(super) fn start_failed(&mut self, source: Source, why: String) {
        let ending = self.ending;
        let Some(slot) = self.live(source) else { return };
        slot.failures += 1;
        slot.phase = if slot.failures < PATIENCE && !ending { Phase::Failed } else { Phase::Broken };
        if slot.phase == Phase::Failed || ending {
            return;
        }
        self.effects.push(Effect::Warning(format!(
            "worker {} could not be started, the run goes on without it: {why}",
            source.worker
        )));
        if self.slots.iter().all(|slot| slot.phase == Phase::Broken) {
            let reason = format!("no worker could be started: {why}");
            self.drop_waiting(&Verdict::NotRun { reason });
        }
        // What it was started for may be what others were not started for.
        self.make_way();
        self.fill_all();
    }

    /// A worker that cannot be understood any more has sent something else where the end of a trial was due. What it sends
    /// is read in order, so that was the first trial whose end was not heard of; by now it may run one that waited behind
    /// that, which is innocent and runs again elsewhere.
    pub(super) fn laid_to_the_first(&self, source: Source, ended: Ended) -> Ended {
        let first = self.slots[source.worker].held.front().copied();
        match (ended.current, first) {
            (Some(current), Some(position))
                if ended.death == Some(Death::Unreachable) && current.position != position =>
            {
                // What was written meanwhile is the innocent one's.
                let current = Some(Current { position, started_ns: ended.now_ns });
                Ended { current, output: Output::default(), ..ended }
            }
            _ => ended,
        }
    }

    /// A worker died and no trial of it was running: nothing to blame but what ran before, so the run is red.
    pub(super) fn ended_between_trials(&mut self, source: Source, last: Option<Position>, ended: &Ended) {
        self.slots[source.worker].failures += 1;
        let failures = self.slots[source.worker].failures;
        self.effects.push(Effect::RunError {
            message: format!("worker {} ended between trials ({})", source.worker, describe(ended)),
            after: last.map(|position| self.trial_of(position)),
        });
        if failures >= PATIENCE {
            // A pool that only ever dies must not spin: the trial it would have begun takes the outcome.
            if let Some(&position) = self.slots[source.worker].held.front() {
                let reason =
                    format!("its worker ended {failures} times before it could begin ({})", describe(ended));
                self.schedule.finished(source.worker, position, 0);
                self.slots[source.worker].let_go(position);
                self.conclude(position, Outcome::of(Verdict::NotRun { reason }));
            }
        }
    }

    pub(super) fn conclude_running(
        &mut self,
        source: Source,
        position: Position,
        verdict: Verdict,
        ended: Ended,
    ) {
        let started_ns = ended.current.map_or(ended.now_ns, |current| current.started_ns);
        let duration_ns = ended.now_ns.saturating_sub(started_ns);
        self.slots[source.worker].let_go(position);
        self.slots[source.worker].failures = 0;
        let ran = ended.current.map(|current| Ran { worker: source.worker, started_ns: current.started_ns });
        let outcome = Outcome { ran, duration_ns, output: ended.output, ..Outcome::of(verdict) };
        self.attempt_ended(source.worker, position, outcome);
    }

    /// What waits takes its outcome without having run, or having run again.
    pub(super) fn drop_waiting(&mut self, why: &Verdict) {
        self.give_up_again(why);
        for position in self.schedule.drain() {
            self.conclude(position, Outcome::of(why.clone()));
        }
    }
}

fn describe(ended: &Ended) -> String {
    let death = match ended.death {
        Some(Death::Exited { code }) => format!("exit code {code}"),
        Some(Death::Signaled { signal }) => format!("signal {signal}, {}", signal_name(signal)),
        Some(Death::Unreachable) => "out of reach".to_owned(),
        None => "stopped".to_owned(),
    };
    if ended.detail.is_empty() { death } else { format!("{death}: {}", ended.detail) }
}
