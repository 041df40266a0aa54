//! The time that the run as a whole may take.

use super::{Arbiter, current_of};
use crate::app::quantity::format_duration;

impl Arbiter {
    /// Ends the run where its time is over: it is red, and what runs by then is named.
    pub(super) fn look_at_time(&mut self) {
        let Some(limit) = self.run.time_limit.filter(|limit| self.begun.elapsed() >= *limit) else { return };
        // A run that is being ended, or whose end is told already, needs no other.
        if self.ended_early || self.done.is_none() || self.is_over {
            return;
        }
        // What runs is looked at, and ended then.
        self.is_over = true;
        let running: Vec<&str> = self
            .hands
            .iter()
            .flatten()
            .filter_map(|hand| current_of(&hand.page))
            .filter_map(|current| self.run.seats.get(self.dispatch.trial_of(current.position)))
            .map(|seat| seat.info.name)
            .collect();
        let limit = format_duration(limit);
        let still = match running.is_empty() {
            true => "no trial was running".to_owned(),
            false => format!("still running: {}", running.join(", ")),
        };
        self.run_error(&format!(
            "the run took longer than {limit}, and --run-timeout allows no more; {still}"
        ));
        self.look_and_end_run(format!("the run's {limit} were over"));
    }
}
