//! Who is busy with what, for the live display.

use std::time::Duration;

use super::{Arbiter, current_of};
use crate::harness::event::{Event, Running};

impl Arbiter {
    /// Has the reporters told what each worker runs.
    pub(super) fn show_busy(&mut self, now_ns: u64) {
        let (planned, seats) = (&self.run.planned, &self.run.seats);
        let running: Vec<Running<'_>> = self
            .hands
            .iter()
            .flatten()
            .filter_map(|hand| {
                let current =
                    current_of(&hand.page).filter(|it| self.dispatch.runs(hand.source, it.position))?;
                let position = self.dispatch.trial_of(current.position);
                let trial = seats.get(position)?.info;
                let slow_ns = planned.get(position)?.slow_ms.saturating_mul(1_000_000);
                let elapsed_ns = now_ns.saturating_sub(current.started_ns);
                let elapsed = Duration::from_nanos(elapsed_ns);
                Some(Running { worker: hand.source.worker, trial, elapsed, slow: elapsed_ns >= slow_ns })
            })
            .collect();
        self.run.reporter.event(&Event::Busy { running: &running });
    }
}
