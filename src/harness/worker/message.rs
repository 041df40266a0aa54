//! What arbiter and worker say to each other, as serde values.

use serde_core::{Deserialize, Deserializer, Serialize, Serializer};

use crate::harness::outcome::{Measured, Output, Verdict};
use crate::harness::trial::Ruled;
use crate::sys::page::Page;
use crate::sys::wire::wired;

/// What a worker is started with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Whether a panic beside a trial is forgiven, where the trial itself does not say.
    pub forgive_task_panic: bool,
    /// Whether what a trial leaves behind is forgiven, where the trial itself does not say.
    pub forgive_leaks: bool,
    /// Whether every async trial gets a new runtime, also where the last one is as good as new.
    pub fresh_runtime: bool,
    /// Whether the output of trials that passed is sent home too.
    pub keep_output: bool,
    /// How many bytes of a trial's output are kept.
    pub output_limit: u64,
    /// Whether it is told of a trial that failed what its actors were at.
    pub show_actors: bool,
    /// Between SIGTERM and SIGKILL, milliseconds.
    pub grace_ms: u64,
    /// How many bytes its process may hold, where there is a limit that it keeps to by itself; 0 where there is none.
    pub memory_most: u64,
    /// The page of a worker in this process; a worker process receives its own as a descriptor.
    pub page: Option<Page>,
}

wired! {
    struct Setup {
        forgive_task_panic, forgive_leaks, fresh_runtime, keep_output, output_limit, show_actors, grace_ms,
        memory_most
    } skips { page }
}

/// One trial to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Its position in the run, by which arbiter and worker speak of it.
    pub position: u32,
    /// Its index among the registered trials of this binary, in link order; that of its generator, where it has one.
    pub entry: u32,
    /// Its path, where a generator made it.
    pub made: Made,
    /// What the settings file says of it alone.
    pub ruled: Ruled,
}

wired! { struct Order { position, entry, made, ruled } }

impl Order {
    /// Where the trial is found in this binary's registry.
    pub fn address(&self) -> (u32, Option<&'static str>) {
        (self.entry, self.made.0)
    }
}

/// The path of a trial that a generator made; nothing for all others, which their number says it all of.
///
/// On its way it is a string. Where it arrives it stays for good, as the trial's entry has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made(pub Option<&'static str>);

impl Serialize for Made {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Made {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Made, D::Error> {
        let path = String::deserialize(from)?;
        Ok(Made(if path.is_empty() { None } else { Some(path.leak()) }))
    }
}

/// What a worker sends home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A trial passed, and there is nothing else to say of it.
    Passed {
        /// Which.
        position: u32,
        /// When it began, on the monotonic clock.
        started_ns: u64,
        /// How long it took, nanoseconds.
        duration_ns: u64,
    },
    /// A trial ran to its end.
    Finished {
        /// Which.
        position: u32,
        /// What the worker saw of it.
        verdict: Verdict,
        /// When it began, on the monotonic clock; 0 where it did not.
        started_ns: u64,
        /// How long it took, nanoseconds.
        duration_ns: u64,
        /// What it wrote, where that is wanted.
        output: Output,
        /// Notes for a person.
        notes: Vec<String>,
    },
    /// These had not been started and will not be; the answer to a request to give trials back.
    TakenBack {
        /// Which.
        positions: Vec<u32>,
    },
    /// The worker is about to end because a trial left something behind that the next one must not meet.
    Leaving {
        /// Those it had not started.
        positions: Vec<u32>,
    },
    /// Something is wrong with the run that no trial is to blame for.
    Complaint {
        /// What.
        message: String,
    },
    /// A benchmark is about to be told of as finished; this is what it measured.
    Measured {
        /// Which.
        position: u32,
        /// What.
        measured: Measured,
    },
    /// A trial needs a fixture that lives where the arbiter does.
    Wants {
        /// Its number.
        fixture: u32,
        /// Which value of those behind it.
        variant: u32,
    },
    /// What a trial that goes on is at, as [`inside`](crate::harness::trial::inside) sees it. Of a fork, to its server,
    /// which answers the arbiter.
    Inside {
        /// The tree of its actors.
        actors: Option<String>,
        /// What its tasks wait for.
        tasks: String,
    },
}

wired! {
    enum Report {
        Passed { position, started_ns, duration_ns },
        Finished { position, verdict, started_ns, duration_ns, output, notes }, TakenBack { positions },
        Leaving { positions }, Complaint { message }, Wants { fixture, variant },
        Measured { position, measured }, Inside { actors, tasks }
    }
}

impl Report {
    /// This report of a finished trial in as few words as will do: most have none but that it passed.
    pub fn in_short(self) -> Report {
        match self {
            Report::Finished {
                position,
                verdict: Verdict::Passed,
                started_ns,
                duration_ns,
                output,
                notes,
            } if output.bytes.is_empty() && output.dropped == 0 && notes.is_empty() => {
                Report::Passed { position, started_ns, duration_ns }
            }
            report => report,
        }
    }

    /// The same in full, so that a finished trial is always [`Report::Finished`].
    pub fn in_full(self) -> Report {
        match self {
            Report::Passed { position, started_ns, duration_ns } => Report::Finished {
                position,
                verdict: Verdict::Passed,
                started_ns,
                duration_ns,
                output: Output::default(),
                notes: Vec::new(),
            },
            report => report,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn only_what_says_nothing_but_that_it_passed_is_told_in_short() {
        let output = |bytes: &[u8], dropped| Output { bytes: bytes.to_vec(), dropped };
        let finished = |verdict, output, notes: Vec<String>| Report::Finished {
            position: 7,
            verdict,
            started_ns: 1,
            duration_ns: 2,
            output,
            notes,
        };
        let plain = finished(Verdict::Passed, Output::default(), Vec::new());
        let short = plain.clone().in_short();
        assert_eq!(short, Report::Passed { position: 7, started_ns: 1, duration_ns: 2 });
        assert_eq!(short.in_full(), plain);
        let failed = Verdict::Failed { message: String::new() };
        for told in [
            finished(failed, Output::default(), Vec::new()),
            finished(Verdict::Passed, output(b"line", 0), Vec::new()),
            finished(Verdict::Passed, output(b"", 1), Vec::new()),
            finished(Verdict::Passed, Output::default(), vec!["a note".to_owned()]),
            Report::TakenBack { positions: vec![7] },
        ] {
            assert_eq!(told.clone().in_short(), told);
            assert_eq!(told.clone().in_full(), told);
        }
    }
}
