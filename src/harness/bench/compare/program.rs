//! Other programs: git, cargo, and the benches of both sides, each with a deadline.

use std::io::{self, PipeReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

use super::error::CompareError;
use super::interrupt;
use crate::app::quantity::format_duration;
use crate::sys::process::{Child, ProcessError, spawn_program, terminate_group};
use crate::sys::signal::Signal;
use crate::sys::{seam, thread};

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// By its exit code.
    pub success: bool,
    /// Invalid bytes replaced.
    pub stdout: String,
    /// The same; empty where it was not piped.
    pub stderr: String,
}

impl Ended {
    /// The end of what it said, errors first.
    pub fn said(&self) -> String {
        let text = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        let lines: Vec<&str> = text.trim_end().lines().collect();
        lines[lines.len().saturating_sub(MOST_LINES)..].join("\n")
    }
}

/// More lines are not shown.
const MOST_LINES: usize = 20;

/// What it writes beyond this is read and not kept, of each of its streams: what a bench tells is a thousandth of it.
const MOST_BYTES: u64 = 16 << 20;

/// What is heard of a program while it runs.
pub(super) enum Heard {
    /// All that it wrote to one of its two streams.
    Text(usize, io::Result<String>),
    /// Somebody wants an end.
    Signal(Signal),
}

/// How long a program may take to end when it was asked to.
const GRACE: Duration = Duration::from_secs(10);

/// Runs this to its end. Where that takes longer, or somebody wants an end, it is ended with all that it has started. What
/// it reads is empty; where its stderr is not piped by `errors_too`, it is this process's.
///
/// # Errors
/// Where it cannot be run, does not end in time, or was to end.
pub fn run(command: Command, within: Duration, errors_too: bool) -> Result<Ended, CompareError> {
    let (tell, told) = mpsc::channel();
    match interrupt::tell(tell.clone()) {
        Some(signal) => Err(CompareError::Interrupted { signal }),
        None => conduct(command, within, errors_too, tell, &told),
    }
}

/// The same for what is done also when somebody wants an end: it is brief, and cleans up.
pub(super) fn run_anyway(command: Command, within: Duration) -> Result<Ended, CompareError> {
    let (tell, told) = mpsc::channel();
    conduct(command, within, true, tell, &told)
}

fn conduct(
    mut command: Command,
    within: Duration,
    errors_too: bool,
    tell: Sender<Heard>,
    told: &Receiver<Heard>,
) -> Result<Ended, CompareError> {
    let text = words(&command);
    let failed = |source| CompareError::Program { command: text.clone(), source };
    let (stdout, to_stdout) = io::pipe().map_err(failed)?;
    command.stdin(Stdio::null()).stdout(to_stdout);
    let mut pipes = vec![stdout];
    if errors_too {
        let (stderr, to_stderr) = io::pipe().map_err(failed)?;
        command.stderr(to_stderr);
        pipes.push(stderr);
    }
    let child = spawn_program(text.clone(), command).map_err(|error| match error {
        ProcessError::Spawn { source, .. } => failed(source),
        error => failed(io::Error::other(error)),
    })?;
    let readers = pipes.len();
    for (at, pipe) in pipes.into_iter().enumerate() {
        start_reader(at, pipe, tell.clone()).map_err(failed)?;
    }
    // On an error the child is dropped, and with it goes all that it has started.
    let [stdout, stderr] = listen(&child, within, readers, told, &failed)?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let ended = seam::block_on(&runtime, async {
        seam::timeout(GRACE, child.wait()).await.ok_or_else(|| too_long(GRACE))
    });
    Ok(Ended { success: ended.map_err(failed)?.success(), stdout, stderr })
}

fn start_reader(at: usize, mut pipe: PipeReader, tell: Sender<Heard>) -> io::Result<()> {
    let read = move || {
        let mut bytes = Vec::new();
        let kept = pipe.by_ref().take(MOST_BYTES).read_to_end(&mut bytes);
        // A program that nobody reads waits for ever.
        let read = kept.and_then(|_| io::copy(&mut pipe, &mut io::sink()));
        let read = read.map(|_| String::from_utf8_lossy(&bytes).into_owned());
        // Nobody waits any more where it took too long.
        let _ = tell.send(Heard::Text(at, read));
    };
    thread::start("compare-reader".to_owned(), read).map(drop)
}

/// All that it writes, until nobody can write there any more.
fn listen(
    child: &Child,
    within: Duration,
    readers: usize,
    told: &Receiver<Heard>,
    failed: &impl Fn(io::Error) -> CompareError,
) -> Result<[String; 2], CompareError> {
    let mut deadline = Instant::now() + within;
    let mut signal = None;
    let mut texts = [String::new(), String::new()];
    let mut left = readers;
    while left > 0 {
        match told.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Heard::Text(at, text)) => {
                texts[at] = text.map_err(failed)?;
                left -= 1;
            }
            Ok(Heard::Signal(come)) => {
                signal = Some(come);
                deadline = Instant::now() + GRACE;
                terminate_group(child.pid);
            }
            Err(_) if signal.is_some() => break,
            Err(_) => return Err(failed(too_long(within))),
        }
    }
    match signal {
        Some(signal) => Err(CompareError::Interrupted { signal }),
        None => Ok(texts),
    }
}

fn too_long(within: Duration) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("not done within {}", format_duration(within)))
}

/// A command line, to be read by a person.
pub(super) fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn what_a_program_says_and_how_it_ends() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let ended = run(command, Duration::from_secs(60), true).expect("it runs");
        assert_eq!((ended.success, &*ended.stdout, &*ended.stderr), (false, "out\n", "err\n"));
        assert_eq!(ended.said(), "err");
    }

    #[rehearsal::test]
    fn what_never_stops_writing_is_kept_in_part_and_read_to_its_end() {
        let mut command = Command::new("sh");
        command.args(["-c", "head -c 20000000 /dev/zero && echo done >&2"]);
        let ended = run(command, Duration::from_secs(60), true).expect("it runs");
        assert_eq!((ended.stdout.len() as u64, &*ended.stderr), (MOST_BYTES, "done\n"));
    }

    #[rehearsal::test]
    fn what_hangs_is_killed_and_what_is_not_there_is_said() {
        let mut sleeps = Command::new("sleep");
        sleeps.arg("600");
        let hangs = run(sleeps, Duration::from_millis(50), true);
        let error = hangs.expect_err("it hangs").to_string();
        assert_eq!(error, "`sleep 600` could not be run: not done within 50ms");
        let error = run(Command::new("no-such-program"), Duration::from_secs(60), true).unwrap_err();
        assert!(error.to_string().starts_with("`no-such-program` could not be run: "), "{error}");
    }
}
