//! Other programs: git, cargo, and the benches of both sides, each with a deadline.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::error::CompareError;
use crate::app::quantity::format_duration;
use crate::sys::thread;

/// What a program said and how it ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) success: bool,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Ended {
    /// The end of what it said, errors first.
    pub(super) fn said(&self) -> String {
        let text = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        let lines: Vec<&str> = text.trim_end().lines().collect();
        lines[lines.len().saturating_sub(MOST_LINES)..].join("\n")
    }
}

/// More lines are not shown.
const MOST_LINES: usize = 20;

/// Runs this to its end, or kills it where it takes longer. What it reads is empty; where its stderr is not piped by
/// `errors_too`, it is this process's.
pub(super) fn run(command: &mut Command, within: Duration, errors_too: bool) -> Result<Ended, CompareError> {
    let text = words(command);
    let failed = |source| CompareError::Program { command: text.clone(), source };
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    if errors_too {
        command.stderr(Stdio::piped());
    }
    let mut child = command.spawn().map_err(failed)?;
    let result = read(&mut child, within);
    if result.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(failed)?;
    let [stdout, stderr] = result.map_err(failed)?;
    Ok(Ended { success: status.success(), stdout, stderr })
}

/// All that it writes, until nobody can write there any more.
fn read(child: &mut Child, within: Duration) -> io::Result<[String; 2]> {
    let deadline = Instant::now() + within;
    let pipes: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    ];
    let (tell, told) = mpsc::channel();
    let mut readers = 0;
    for (at, mut pipe) in pipes.into_iter().enumerate().filter_map(|(at, pipe)| Some((at, pipe?))) {
        let tell = tell.clone();
        readers += 1;
        thread::start("compare-reader".to_owned(), move || {
            let mut bytes = Vec::new();
            let read = pipe.read_to_end(&mut bytes).map(|_| String::from_utf8_lossy(&bytes).into_owned());
            let _ = tell.send((at, read));
        })?;
    }
    let mut texts = [String::new(), String::new()];
    for _ in 0..readers {
        let left = deadline.saturating_duration_since(Instant::now());
        let (at, text) = told.recv_timeout(left).map_err(|_| {
            io::Error::new(io::ErrorKind::TimedOut, format!("not done within {}", format_duration(within)))
        })?;
        texts[at] = text?;
    }
    Ok(texts)
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
        let ended =
            run(command.args(["-c", "echo out; echo err >&2; exit 3"]), Duration::from_secs(60), true);
        let ended = ended.expect("it runs");
        assert_eq!((ended.success, &*ended.stdout, &*ended.stderr), (false, "out\n", "err\n"));
        assert_eq!(ended.said(), "err");
    }

    #[rehearsal::test]
    fn what_hangs_is_killed_and_what_is_not_there_is_said() {
        let hangs = run(Command::new("sleep").arg("600"), Duration::from_millis(50), true);
        let error = hangs.expect_err("it hangs").to_string();
        assert_eq!(error, "`sleep 600` could not be run: not done within 50ms");
        let error = run(&mut Command::new("no-such-program"), Duration::from_secs(60), true).unwrap_err();
        assert!(error.to_string().starts_with("`no-such-program` could not be run: "), "{error}");
    }
}
