//! What generators make, kept by the server: each fork has a copy of the list, and does not make it up to its own trial.
//!
//! A generator runs here on a thread that has ended before the next fork, as the set-up of a fixture does. What it makes
//! may hold descriptors (a connection for all its trials), which forks would share: then nothing is kept, and each fork
//! runs the generator for itself. Where it leaves threads behind this process cannot be forked any more.

use std::io;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::harness::fixture::Refusal;
use crate::harness::generated::find;
use crate::harness::registry::{Body, Entry};
use crate::sys::fork::{Bell, Belongings, Rope, gather_memory, threads_beyond};
use crate::sys::thread;

/// How long the threads that a generator has started get to be gone when it has returned.
const ENDING: Duration = Duration::from_secs(1);

/// The generators that this server has come to.
#[derive(Default)]
pub(super) struct Lists {
    /// By their paths.
    known: Vec<(&'static str, Came)>,
    making: Option<(&'static Entry, JoinHandle<()>)>,
    unfit: bool,
}

/// What came of a generator.
enum Came {
    /// Its trials can be forked, whether or not the list is here.
    Well,
    /// It left threads behind.
    Threads(String),
}

/// What the trial of a generator has to wait for.
pub(super) enum Listed {
    /// Nothing.
    Already,
    /// Its generator was not run here.
    NotYet(&'static Entry),
    /// No trial of it can be forked, for this reason.
    Never(Refusal),
}

impl Lists {
    /// How it is with the list in which the trial of this entry stands, if a generator makes it.
    pub(super) fn of(&self, entry: Option<&'static Entry>) -> Listed {
        let Some(generator) = entry.filter(|entry| matches!(entry.body, Body::Generator(_))) else {
            return Listed::Already;
        };
        match self.known.iter().find(|(path, _)| *path == generator.path) {
            None => Listed::NotYet(generator),
            Some((_, Came::Well)) => Listed::Already,
            Some((_, Came::Threads(names))) => {
                let text = format!(
                    "its generator {} ({}:{}) left threads behind where trials are forked: {names}\n  a process with \
                     threads cannot be forked; let the generator end what it starts, or use isolation `process`",
                    generator.name(),
                    generator.file,
                    generator.line
                );
                Listed::Never(Refusal { skip: false, text })
            }
        }
    }

    /// Whether a generator is being run here.
    pub(super) fn is_making(&self) -> bool {
        self.making.is_some()
    }

    /// Whether a generator left this process in a state that cannot be forked.
    pub(super) fn is_unfit(&self) -> bool {
        self.unfit
    }

    /// Runs a generator, beside the calling thread.
    ///
    /// # Errors
    /// Where there is no thread or descriptor to be had.
    pub(super) fn make(&mut self, generator: &'static Entry) -> io::Result<Bell> {
        let (bell, rope) = Bell::hang()?;
        let making = thread::start(generator.name().to_owned(), move || make(generator, rope))?;
        self.making = Some((generator, making));
        Ok(bell)
    }

    /// Waits until the thread of [`make`](Lists::make) is gone, whose bell has rung.
    pub(super) fn settle(&mut self) {
        let Some((generator, making)) = self.making.take() else { return };
        // It catches what the generator throws.
        drop(making.join());
        let left = threads_beyond(1, ENDING);
        self.unfit |= !left.is_empty();
        let came = if left.is_empty() { Came::Well } else { Came::Threads(left.join(", ")) };
        self.known.push((generator.path, came));
    }

    /// The generator that runs is not waited for any more, and this process cannot be forked while it does; false where
    /// none runs.
    pub(super) fn give_up(&mut self) -> bool {
        let given_up = self.making.take().is_some();
        self.unfit |= given_up;
        given_up
    }
}

fn make(generator: &'static Entry, rope: Rope) {
    let before = Belongings::now();
    // This thread and the main one.
    let fits = || threads_beyond(2, ENDING).is_empty() && Belongings::since(&before).is_empty();
    if find::keep(generator, fits) {
        // A hundred thousand trials are as large as a fixture is.
        gather_memory();
    }
    drop(rope);
}
