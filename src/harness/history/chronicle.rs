//! What a run notes on its way, and what becomes of it at the run's end.

use std::path::PathBuf;

use super::error::HistoryError;
use super::keep;
use super::record::{History, Mark, Seen, WORTH_NS};
use crate::harness::outcome::Outcome;

/// The notes of a run.
#[derive(Debug)]
pub struct Chronicle {
    file: PathBuf,
    known: History,
    /// Trials with a record that are no longer in the suite.
    gone: Vec<String>,
    ended: Vec<Ended>,
    /// Who ran what, in the order in which it ended.
    ran: Vec<Ran>,
}

/// What became of the trial at a position.
#[derive(Debug, Clone, Copy)]
struct Ended {
    position: usize,
    mark: Mark,
    duration_ns: u64,
}

#[derive(Debug, Clone, Copy)]
struct Ran {
    worker: usize,
    generation: u32,
    position: usize,
}

/// What one worker ran, as far as it was looked at.
#[derive(Debug, Default)]
struct Course {
    generation: u32,
    ran: Vec<usize>,
    /// How many of these there are up to the last that failed.
    worth: usize,
}

impl Chronicle {
    /// Notes for this file, of which this is known by now, and these trials are no longer in the suite.
    pub fn new(file: PathBuf, known: History, gone: Vec<String>) -> Chronicle {
        Chronicle { file, known, gone, ended: Vec::new(), ran: Vec::new() }
    }

    /// A trial has its outcome.
    pub fn ended(&mut self, position: usize, outcome: &Outcome) {
        if let Some(mark) = Mark::of(&outcome.verdict) {
            self.ended.push(Ended { position, mark, duration_ns: outcome.duration_ns });
        }
    }

    /// A worker, of which there may have been others at its place before, has run a trial.
    pub fn ran(&mut self, worker: usize, generation: u32, position: usize) {
        self.ran.push(Ran { worker, generation, position });
    }

    /// Adds what was noted to the history. The file is not touched where there is nothing to add: where all has passed
    /// at once, as ever.
    ///
    /// # Errors
    /// A history that cannot be written.
    pub fn keep<'a>(self, name: impl Fn(usize) -> &'a str) -> Result<(), HistoryError> {
        // Without a record, a trial that passed at once goes on without.
        let says_nothing = |ended: &Ended| ended.mark == Mark::Passed && ended.duration_ns < WORTH_NS;
        let known = !self.known.records().is_empty();
        let told: Vec<Ended> =
            self.ended.iter().filter(|ended| known || !says_nothing(ended)).copied().collect();
        if told.is_empty() && self.gone.is_empty() {
            return Ok(());
        }
        let seen = |ended: &Ended| Seen {
            name: name(ended.position),
            mark: ended.mark,
            duration_ns: ended.duration_ns,
        };
        let seen: Vec<Seen<'_>> = told.iter().map(seen).collect();
        let courses = self.courses(&name);
        keep::change(&self.file, |before| before.with(&seen, &self.gone, courses))
    }

    /// What ran in each worker in which something failed, up to the last that did.
    fn courses<'a>(&self, name: impl Fn(usize) -> &'a str) -> Vec<Vec<String>> {
        let mut failed = Vec::new();
        for ended in self.ended.iter().filter(|ended| ended.mark != Mark::Passed) {
            failed.resize(failed.len().max(ended.position + 1), false);
            failed[ended.position] = true;
        }
        if failed.is_empty() {
            return Vec::new();
        }
        let (mut open, mut courses): (Vec<Course>, Vec<Vec<String>>) = (Vec::new(), Vec::new());
        let names =
            |course: &Course| course.ran[..course.worth].iter().map(|&ran| name(ran).to_owned()).collect();
        for ran in &self.ran {
            while open.len() <= ran.worker {
                open.push(Course::default());
            }
            let course = &mut open[ran.worker];
            if course.generation != ran.generation {
                courses.push(names(course));
                *course = Course { generation: ran.generation, ..Course::default() };
            }
            course.ran.push(ran.position);
            if failed.get(ran.position) == Some(&true) {
                course.worth = course.ran.len();
            }
        }
        courses.extend(open.iter().map(names));
        courses.retain(|course| !course.is_empty());
        courses
    }
}
