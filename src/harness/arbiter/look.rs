//! What a trial hangs in is seen before it is ended: its actors, and the threads of its process.

use std::time::Duration;

use super::remains::{current_of, read_back};
use super::{Arbiter, ArbiterProxy, LAST_LOOK};
use crate::harness::dispatch::{Input, Source};
use crate::harness::fixture;
use crate::harness::hang::{self, Look};
use crate::harness::outcome::{Outcome, Output, Verdict};
use crate::harness::trial::{self, append_actors};
use crate::harness::worker::actor::WorkerProxy;
use crate::sys::page::Page;
use crate::sys::{process, seam, thread};

/// When a trial is ended whatever has been seen of it by then.
const LOOK_AT_MOST: Duration = Duration::from_secs(10);

/// A look that is to be taken at a trial.
pub(super) struct Glance {
    source: Source,
    position: usize,
    /// Its worker, which knows its actors, or whose fork does.
    asked: WorkerProxy,
    look: Look,
}

/// What was seen of one.
#[derive(Default)]
pub struct Seen {
    source: Option<Source>,
    pub(super) position: usize,
    actors: Option<String>,
    tasks: String,
    hangs: String,
}

/// Why it was looked.
#[derive(Clone)]
pub enum Then {
    /// The trial of this worker is to be ended, alone where it is the fork that runs this position.
    End(Source, Option<usize>),
    /// The run is.
    EndRun(String),
}

impl Seen {
    /// Puts it behind what the trial wrote.
    pub(super) fn append_to(&self, output: &mut Output) {
        hang::append(output, &self.hangs);
        hang::append(output, &self.tasks);
        if let Some(actors) = &self.actors {
            append_actors(output, actors);
        }
    }
}

impl Arbiter {
    /// Ends the trial of a worker softly, when it has been seen what that hangs in.
    pub(super) fn look_and_end(&mut self, to: Source, forked: Option<usize>) {
        let glance = self.glance(to, forked);
        let at_most_ns = LOOK_AT_MOST.as_nanos() as u64;
        self.receive(Input::Grace(to, seam::monotonic_ns() + at_most_ns));
        self.look(glance.into_iter().collect(), Then::End(to, forked));
    }

    /// Ends the run when it has been seen what its trials hang in.
    pub(super) fn look_and_end_run(&mut self, why: String) {
        let sources: Vec<Source> = self.hands.iter().flatten().map(|hand| hand.source).collect();
        let glances = sources.into_iter().filter_map(|source| self.glance(source, None)).collect();
        self.look(glances, Then::EndRun(why));
    }

    /// The look to be taken at what a worker runs.
    fn glance(&mut self, source: Source, forked: Option<usize>) -> Option<Glance> {
        let hand = self.hand(source)?;
        let (page, proxy) = (hand.page.clone(), hand.proxy.clone()?);
        let position = forked.or_else(|| current_of(&page).map(|current| current.position))?;
        let trial = self.run.seats.get(self.dispatch.trial_of(position))?.info.name.to_owned();
        let beside = self.beside(position);
        let look = Look { pid: proxy.pid(), page, trial, beside };
        Some(Glance { source, position, asked: proxy, look })
    }

    /// The names of the other trials that run.
    fn beside(&self, position: usize) -> Vec<String> {
        let running = self.hands.iter().flatten().filter_map(|hand| current_of(&hand.page));
        let others = running.filter(|current| current.position != position);
        let seats = others.filter_map(|current| self.run.seats.get(self.dispatch.trial_of(current.position)));
        seats.map(|seat| seat.info.name.to_owned()).collect()
    }

    /// Takes these looks beside the arbiter, whose mailbox is told.
    fn look(&self, glances: Vec<Glance>, then: Then) {
        let Some(own) = self.own.clone() else { return };
        seam::spawn(async move {
            let mut seen = Vec::with_capacity(glances.len());
            for glance in &glances {
                // The trial hangs, its worker does not: that is an actor on another thread.
                let asked = glance.asked.inside_of(glance.look.trial.clone()).timeout(LAST_LOOK);
                let (actors, tasks) = asked.await.unwrap_or_default();
                let (source, position) = (Some(glance.source), glance.position);
                seen.push(Seen { source, position, actors, tasks, hangs: String::new() });
            }
            look_on_a_thread(own, glances, seen, then);
        });
    }

    /// It has been seen what hangs: ends it.
    pub(super) fn end_what_was_seen(&mut self, mut seen: Vec<Seen>, then: Then) {
        match then {
            Then::EndRun(why) => {
                for seen in seen {
                    self.keep_last_words(&seen);
                }
                self.cancel(why);
            }
            Then::End(to, forked) => {
                let grace = Duration::from_millis(self.run.limits.grace_ms);
                let Some(hand) = self.hand(to) else { return };
                hand.seen = seen.pop();
                let Some(proxy) = hand.proxy.clone() else { return };
                self.receive(Input::Grace(to, seam::monotonic_ns()));
                match forked {
                    // One that cannot be told is about to be reported as gone, and its forks with it.
                    Some(position) => drop(proxy.end_trial(position as u32, false).tell()),
                    None if fixture::graph().is_empty() => process::terminate_group(proxy.pid()),
                    None => {
                        let own = self.own.clone();
                        seam::spawn(async move {
                            let _ = proxy.wind_up().timeout(grace).await;
                            drop(own.expect("the run has begun").terminate(to).await);
                        });
                    }
                }
            }
        }
    }

    /// Keeps of a trial, which is about to be cancelled, what it wrote and what it hangs in.
    fn keep_last_words(&mut self, seen: &Seen) {
        let limit = self.run.setup.output_limit;
        let Some(hand) = seen.source.and_then(|source| self.hand(source)) else { return };
        if current_of(&hand.page).is_none_or(|current| current.position != seen.position) {
            return; // It has come to its end meanwhile.
        }
        let mut output =
            hand.capture.as_ref().map_or_else(Output::default, |capture| read_back(capture, limit));
        seen.append_to(&mut output);
        self.last_words.push((self.dispatch.trial_of(seen.position), output));
    }

    /// Adds to an outcome what was seen of the trial, where nobody else does: its worker is not gone.
    pub(super) fn add_what_was_seen(&mut self, position: usize, outcome: &mut Outcome) {
        match outcome.verdict {
            // Its thread hangs in this process, and goes on doing so.
            Verdict::TimedOut { stuck: true, .. } => {
                let name = self.run.seats[position].info.name;
                let (actors, tasks) = trial::inside_of(name);
                let (page, beside) = (Page::local(), self.beside(position));
                let look = Look { pid: std::process::id(), page, trial: name.to_owned(), beside };
                let seen = Seen { actors, tasks, hangs: look.take(), ..Seen::default() };
                seen.append_to(&mut outcome.output);
            }
            Verdict::Cancelled { .. } => {
                let kept = self.last_words.iter().position(|(trial, _)| *trial == position);
                if let Some(at) = kept {
                    outcome.output = self.last_words.swap_remove(at).1;
                }
            }
            _ => {}
        }
    }
}

/// Looks at threads, one trial after the other: that waits.
fn look_on_a_thread(own: ArbiterProxy, glances: Vec<Glance>, mut seen: Vec<Seen>, then: Then) {
    let (home, at_once) = (own.clone(), then.clone());
    let looking = thread::start("rehearsal-look".to_owned(), move || {
        for (glance, seen) in glances.iter().zip(&mut seen) {
            seen.hangs = glance.look.take();
        }
        // Where the mailbox is closed the run is over.
        let _ = home.looked(seen, then).tell();
    });
    if looking.is_err() {
        // Nothing is seen then, and it is ended all the same.
        let _ = own.looked(Vec::new(), at_once).tell();
    }
}
