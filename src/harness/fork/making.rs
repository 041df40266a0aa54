//! What a trial waits for before it is forked, so that it is in its process when that begins: fixtures, and the list of its
//! generator.
//!
//! They are made on other threads, which are gone when the trial is forked; the server listens meanwhile.

use std::io;
use std::time::Duration;

use super::lists::Listed;
use super::report::finished;
use super::server::{REST, Server};
use crate::actor::spawn::bare::Bare;
use crate::harness::fixture::{Ahead, AheadNeed as Need, Refusal};
use crate::harness::outcome::{Output, Verdict};
use crate::harness::worker::message::{Order, Report};
use crate::sys::fork::Bell;
use crate::sys::seam;

/// A trial that waits for what is made.
pub(super) struct Making {
    pub(super) order: Order,
    started_ns: u64,
    pub(super) bell: Bell,
    /// What was being made when its time was up.
    note: Option<String>,
}

/// How it is with what a trial wants to be there.
enum Lack {
    /// All of it is.
    Nothing,
    /// This will not be.
    Refused(Refusal),
    /// This process cannot be forked.
    Fork,
    /// It is being made, or cannot be for want of this.
    Made(io::Result<Bell>),
}

impl Server {
    /// The next trial, if it can be forked now, and since when it counts.
    pub(super) fn next(&mut self, bare: &Bare) -> Option<(Order, u64)> {
        let mut note = None;
        let (order, started_ns) = match self.making.take() {
            Some(making) if !making.bell.has_rung() => {
                self.making = Some(making);
                return None;
            }
            Some(Making { order, started_ns, note: noted, .. }) => {
                note = noted;
                self.kit.ahead.iter().for_each(Ahead::settle);
                self.lists.settle();
                (order, started_ns)
            }
            None if self.leaving => return None,
            None => {
                let order = self.waiting.pop_front()?;
                let started_ns = seam::monotonic_ns();
                self.page.store(order.position, 0, started_ns);
                (order, started_ns)
            }
        };
        match self.lack(&order) {
            Lack::Nothing => return Some((order, started_ns)),
            Lack::Refused(refusal) => self.refuse(bare, order, started_ns, refusal, note),
            Lack::Fork => self.leave(bare, order),
            Lack::Made(Ok(bell)) => self.making = Some(Making { order, started_ns, bell, note }),
            Lack::Made(Err(error)) => {
                let reason = format!(
                    "what it takes could not be made: {error}; raise the limits on open files and processes (ulimit -n, \
                     ulimit -u)"
                );
                let verdict = Verdict::NotRun { reason };
                self.tell(bare, &finished(order, verdict, 0, Output::default(), Vec::new()));
            }
        }
        None
    }

    /// Looks at what a trial wants to be there, and begins to make what is not.
    fn lack(&mut self, order: &Order) -> Lack {
        let ahead = self.kit.ahead.as_ref();
        let with_fixtures = self.kit.ahead_of(order).and_then(|_| self.kit.entry(order));
        let need = match (ahead, with_fixtures) {
            (Some(ahead), Some(entry)) => ahead.need(entry),
            _ => Need::Nothing,
        };
        let listed = self.lists.of(self.kit.registry.get(order.entry));
        match (need, listed) {
            (Need::Refused(refusal), _) | (_, Listed::Never(refusal)) => Lack::Refused(refusal),
            _ if self.lists.is_unfit() || ahead.is_some_and(Ahead::is_unfit) => Lack::Fork,
            (Need::Making(numbers), _) => {
                ahead.map_or(Lack::Nothing, |ahead| Lack::Made(ahead.make(numbers)))
            }
            (Need::Nothing, Listed::NotYet(generator)) => Lack::Made(self.lists.make(generator)),
            (Need::Nothing, Listed::Already) => Lack::Nothing,
        }
    }

    /// Tells of a trial that something it takes will not be there.
    fn refuse(&self, bare: &Bare, order: Order, started_ns: u64, refusal: Refusal, note: Option<String>) {
        let verdict = match refusal.skip {
            true => Verdict::Ignored { reason: refusal.text },
            false => Verdict::Failed { message: refusal.text },
        };
        let (output, mut notes) = self.output();
        notes.extend(note);
        self.tell(bare, &finished(order, verdict, started_ns, output, notes));
        self.clear_output();
    }

    /// Gives back what was not begun: what was made here left this process in a state that cannot be forked.
    fn leave(&mut self, bare: &Bare, order: Order) {
        self.leaving = true;
        self.page.idle();
        let positions = [order].iter().chain(&self.waiting).map(|order| order.position).collect();
        self.waiting.clear();
        // Where the arbiter is gone nobody waits for it.
        bare.event(&Report::Leaving { positions });
    }

    /// Ends what is being made, where that waits for something; a generator cannot be ended. Says what it is.
    pub(super) fn stop_making(&self) -> Option<String> {
        self.making.as_ref()?;
        match self.lists.is_making() {
            true => Some("its generator was running".to_owned()),
            false => self.kit.ahead.as_ref().and_then(Ahead::stop),
        }
    }

    /// Ends what is being made for a trial that is over its time; where that does not help, the trial alone.
    pub(super) fn end_making(&mut self, bare: &Bare, hard: bool) {
        let phase = self.stop_making();
        let Some(making) = &mut self.making else { return };
        making.note = making.note.take().or(phase);
        if hard && let Some(Making { order, started_ns, note, .. }) = self.making.take() {
            let what =
                if self.lists.give_up() { "its generator" } else { "the set-up of one of its fixtures" };
            let text = format!("{what} does not end");
            self.refuse(bare, order, started_ns, Refusal { skip: false, text }, note);
        }
    }

    /// Tears down the fixtures of this process within a part of the grace.
    pub(super) fn tear_down(&mut self, bare: &mut Bare, numerator: u32, denominator: u32) {
        let within = Duration::from_millis(self.kit.setup.grace_ms) * numerator / denominator;
        let Some(tearing) = self.kit.ahead.as_ref().and_then(|ahead| ahead.tear_down(within)) else { return };
        while !tearing.bell.has_rung() {
            bare.wait_for_bell(&tearing.bell, REST);
        }
        for message in tearing.thread.join().unwrap_or_default() {
            bare.event(&Report::Complaint { message });
        }
    }
}
