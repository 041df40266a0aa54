//! From what was seen of a trial to its verdict: pure, and in one place.

use std::any::TypeId;
use std::time::Duration;

use super::leak::Left;
use super::ledger::Panicked;
use crate::actor::panic::Panic;
use crate::harness::outcome::Verdict;
use crate::harness::registry::{Entry, ShouldPanic, TaskPanic};

/// What a panic carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload {
    /// Text.
    Text,
    /// A value of this type, where it was seen.
    Other(Option<TypeId>),
}

/// How the trial's own function ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// With success.
    Returned,
    /// With a result that reports failure, which has been printed.
    ReturnedFailure,
    /// With a panic.
    Panicked {
        /// Its message.
        message: String,
        /// Its place, where the hook saw it.
        location: Option<String>,
        /// What the payload is where it is not text, which `should_panic(expected)` needs.
        payload: Payload,
    },
    /// With `rehearsal::skip!`.
    Skipped,
    /// It was not called: one of its fixtures is not there.
    NotBegun,
    /// Only a task or thread beside it is known to have ended, and the process with it (`panic = "abort"`).
    Fatal,
    /// It never started.
    NoRuntime {
        /// Why no runtime could be built.
        error: String,
    },
}

impl End {
    /// The end of a trial whose process is about to die of this panic.
    pub(super) fn of_fatal(panic: &Panic, own: bool) -> End {
        if !own {
            return End::Fatal;
        }
        let location = Some(panic.note.location.clone()).filter(|location| !location.is_empty());
        let payload = if panic.is_text { Payload::Text } else { Payload::Other(None) };
        End::Panicked { message: panic.note.message.clone(), location, payload }
    }
}

impl Payload {
    /// As libtest shows a value that is not text.
    fn shown(self) -> String {
        match self {
            Payload::Other(Some(type_id)) => format!("`{type_id:?}`"),
            Payload::Other(None) | Payload::Text => "of an unknown type".to_owned(),
        }
    }
}

/// All that was seen of one attempt.
pub(super) struct Seen {
    pub(super) end: End,
    /// Panics in tasks and threads beside the trial.
    pub(super) stray: Vec<Panicked>,
    /// The reason of `rehearsal::skip!`, wherever in the trial it was called.
    pub(super) skipped: Option<String>,
    /// What it left behind.
    pub(super) left: Option<Left>,
    /// Threads of its runtime did not end in time.
    pub(super) left_threads: bool,
    /// What its fixtures say against it.
    pub(super) fixtures: Vec<String>,
}

/// The verdict. A panic beside a trial that is meant to panic does not count: it is mostly the very one that is meant,
/// on its way to the trial's thread.
pub(super) fn judge(entry: &Entry, seen: Seen, task_panic: TaskPanic, shutdown: Duration) -> Verdict {
    let Seen { end, stray, skipped, left, left_threads, fixtures } = seen;
    let should_panic = entry.options.should_panic;
    let is_plain =
        stray.is_empty() && skipped.is_none() && left.is_none() && !left_threads && fixtures.is_empty();
    if is_plain && end == End::Returned && should_panic == ShouldPanic::No {
        return Verdict::Passed;
    }
    if let End::NoRuntime { error } = end {
        return failed(format!(
            "the test's tokio runtime could not be built: {error}\nit did not run; look at this process's limits on \
             open files and threads (ulimit -n, ulimit -u)"
        ));
    }
    let strays_count = should_panic == ShouldPanic::No && task_panic == TaskPanic::Fail;
    let stray = if strays_count { stray.first().map(|first| beside(first, stray.len())) } else { None };
    if let Some(reason) = skipped
        && stray.is_none()
        && fixtures.is_empty()
    {
        return Verdict::Ignored { reason };
    }
    let own = match (&end, should_panic) {
        (End::Panicked { .. } | End::NotBegun, _) | (_, ShouldPanic::No) => own_end(&end, should_panic),
        _ => Err(format!("test did not panic as expected at {}:{}:{}", entry.file, entry.line, entry.column)),
    };
    let running = left_threads.then(|| still_running(shutdown));
    let complaints: Vec<String> = own.err().into_iter().chain(fixtures).chain(stray).chain(running).collect();
    if complaints.is_empty() {
        return left.map_or(Verdict::Passed, Left::into_verdict);
    }
    // One may have nothing to say: the trial's output says it.
    let said: Vec<String> = complaints.into_iter().filter(|complaint| !complaint.is_empty()).collect();
    failed(said.join("\n"))
}

fn failed(message: String) -> Verdict {
    Verdict::Failed { message }
}

/// What the end of the trial's own function says by itself.
fn own_end(end: &End, should_panic: ShouldPanic) -> Result<(), String> {
    match end {
        End::Returned | End::Skipped | End::NotBegun | End::NoRuntime { .. } => Ok(()),
        End::Fatal => {
            Err("a task or thread panicked, which ends the process under `panic = \"abort\"`".to_owned())
        }
        // The error has been printed to the trial's output, which says it all.
        End::ReturnedFailure => Err(String::new()),
        End::Panicked { message, location, payload } => match should_panic {
            ShouldPanic::Yes => Ok(()),
            ShouldPanic::With(expected) if *payload == Payload::Text && message.contains(expected) => Ok(()),
            ShouldPanic::With(expected) if *payload == Payload::Text => Err(format!(
                "panic did not contain expected string\n      panic message: {message:?}\n expected substring: \
                 {expected:?}"
            )),
            ShouldPanic::With(expected) => Err(format!(
                "expected panic with string value,\n found non-string value: {}\n     expected substring: {expected:?}",
                payload.shown()
            )),
            ShouldPanic::No => {
                let panicked =
                    Panicked { message: message.clone(), location: location.clone(), thread: None };
                Err(panicked.to_string())
            }
        },
    }
}

fn beside(first: &Panicked, count: usize) -> String {
    let thread = first.thread.as_deref().unwrap_or("<unnamed>");
    let more = match count {
        1 => String::new(),
        count => format!(" ({count} such panics; this is the first)"),
    };
    format!(
        "a task or thread beside the test, on thread '{thread}', {first}{more}\nnote: whether somebody awaited that panic \
         cannot be seen; if it is meant to happen, say #[rehearsal::test(task_panic = \"allow\")] or run with \
         --task-panic=allow"
    )
}

fn still_running(shutdown: Duration) -> String {
    format!(
        "the test has ended, but a thread of its runtime still runs {shutdown:?} later: a `spawn_blocking` closure or a \
         task that never awaits does not end"
    )
}
