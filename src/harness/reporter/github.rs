//! What GitHub Actions shows of a run: failures as annotations at their lines, and a summary of the step.
//!
//! Annotations are commands, lines that begin with `::`, on stdout or stderr alike. A trial may print such lines too, and
//! there they are data: on a stdout that people read, Actions is told to heed no commands until a word that nobody can
//! know comes, before the first trial runs. Where stdout is a document it is left as it is; annotations go to stderr then.

use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::app::notice::say;
use crate::app::quantity::format_duration;
use crate::harness::again::Again;
use crate::harness::cli::Actions;
use crate::harness::event::{Event, TrialInfo};
use crate::harness::outcome::{Outcome, Verdict};
use crate::harness::target::Target;

use super::reporters::Reporter;
use super::sink::Sink;
use super::summary::Tally;
use super::words;

/// Actions shows ten of each kind a step, and drops the others without a word.
const ANNOTATIONS: usize = 10;
/// Bytes of a message in an annotation, and of a trial's output in the summary: its end.
const LONG: usize = 4 * 1024;
/// Bytes of failures in a summary. A step that writes more than a mebibyte in all loses all of it.
const SUMMARY: usize = 96 * 1024;

/// Writes annotations, and the summary of the step.
pub struct Github {
    out: Sink,
    /// The word that ends the time without commands, where there is one.
    token: Option<String>,
    actions: Actions,
    suite: String,
    again: Again,
    target: Option<Target>,
    tally: Tally,
    errors: usize,
    warnings: usize,
    commands: String,
    /// Failures, in Markdown, and how many there was no room for.
    failures: String,
    left_out: usize,
}

impl Github {
    /// To this sink. Where trials and people share it commands are stopped until this word, as long as trials run.
    pub fn new(
        out: Sink,
        token: Option<String>,
        actions: Actions,
        target: Option<&Target>,
        again: Again,
    ) -> Github {
        Github {
            out,
            token,
            actions,
            suite: target.map_or_else(|| "the suite".to_owned(), |target| target.suite().id),
            again,
            target: target.copied(),
            tally: Tally::default(),
            errors: 0,
            warnings: 0,
            commands: String::new(),
            failures: String::new(),
            left_out: 0,
        }
    }

    /// A word that no trial can know.
    pub fn token() -> String {
        let half = || RandomState::new().hash_one("stop-commands");
        format!("{:016x}{:016x}", half(), half())
    }

    fn begin(&mut self) {
        if let Some(token) = &self.token {
            let _ = writeln!(self.out, "::stop-commands::{token}");
            self.out.flush();
        }
    }

    fn finished(&mut self, trial: &TrialInfo<'_>, outcome: &Outcome) {
        self.tally.count(outcome);
        let (kind, count) = match &outcome.verdict {
            Verdict::Cancelled { .. } => return,
            Verdict::Flaky { red: false, .. } => ("warning", &mut self.warnings),
            verdict if verdict.is_red() => ("error", &mut self.errors),
            _ => return,
        };
        *count += 1;
        let is_shown = *count <= ANNOTATIONS;
        let message = match outcome.attempts.last() {
            Some(attempt) if kind == "warning" => {
                format!("{}\nbefore: {}", words::message(outcome), words::brief(attempt))
            }
            _ => words::whole_message(&outcome.verdict, &outcome.output),
        };
        let again = self.again.command(trial.name);
        if is_shown {
            let (file, line) = self.place(trial, &message);
            let title = format!("{}{}", trial.name, words::reason(&outcome.verdict));
            let text = format!("{}\nagain: {again}", beginning(&message, LONG));
            push_command(&mut self.commands, kind, &file, line, &title, &text);
        }
        if kind == "error" {
            self.add_failure(trial, outcome, &message, &again);
        }
    }

    /// Where an annotation belongs: to the line that panicked, where that is a file of this project, or to the trial.
    fn place(&self, trial: &TrialInfo<'_>, message: &str) -> (String, u32) {
        let panicked = panicked_at(message).and_then(|(file, line)| Some((self.in_workspace(file)?, line)));
        panicked.unwrap_or_else(|| {
            (self.in_workspace(trial.file).unwrap_or_else(|| trial.file.to_owned()), trial.line)
        })
    }

    /// A source file as Actions knows it: below the checkout.
    fn in_workspace(&self, file: &str) -> Option<String> {
        let found = self.target.as_ref()?.find(file)?;
        let below = match &self.actions.workspace {
            Some(workspace) => found.strip_prefix(workspace).ok()?.to_owned(),
            None => PathBuf::from(file),
        };
        Some(below.to_string_lossy().replace('\\', "/"))
    }

    fn add_failure(&mut self, trial: &TrialInfo<'_>, outcome: &Outcome, message: &str, again: &str) {
        if self.actions.summary.is_none() {
            return;
        }
        let mut text = String::from("<details><summary><code>");
        push_html(&mut text, trial.name);
        text.push_str("</code>");
        push_html(&mut text, &words::reason(&outcome.verdict));
        let _ = write!(text, " at <code>");
        push_html(&mut text, &format!("{}:{}", trial.file, trial.line));
        text.push_str("</code></summary>\n\n");
        let output = String::from_utf8_lossy(&outcome.output.bytes);
        let output = ending(&output, LONG);
        let said =
            if output.contains(message) { String::new() } else { format!("{}\n", beginning(message, LONG)) };
        push_fenced(&mut text, &format!("{said}{output}"));
        push_fenced(&mut text, again);
        text.push_str("</details>\n\n");
        match self.failures.len() + text.len() <= SUMMARY {
            true => self.failures.push_str(&text),
            false => self.left_out += 1,
        }
    }

    fn run_finished(&mut self, elapsed: Duration, success: bool) {
        for (count, what) in [(self.errors, "failures"), (self.warnings, "flaky tests")] {
            if count > ANNOTATIONS {
                let _ = writeln!(
                    self.commands,
                    "::notice::{} of {count} {what} of {} are annotated; Actions shows no more of a step",
                    ANNOTATIONS,
                    data(&self.suite)
                );
            }
        }
        if let Some(token) = &self.token {
            let _ = writeln!(self.out, "::{token}::");
        }
        self.out.push(&std::mem::take(&mut self.commands));
        if let Some(path) = self.actions.summary.clone()
            && let Err(error) = append(&path, &self.summary(elapsed, success))
        {
            say(format_args!("warning: cannot add to the summary of this step, {}: {error}", path.display()));
        }
        self.out.flush();
    }

    fn summary(&self, elapsed: Duration, success: bool) -> String {
        let word = if success { "ok" } else { "FAILED" };
        let Tally { passed, failed, ignored, cancelled, .. } = self.tally;
        let millis = Duration::from_millis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
        let mut text = format!("### `{}`: {word}\n\n{passed} passed, {failed} failed", self.suite);
        for (count, what) in [(self.warnings, "flaky"), (ignored, "ignored"), (cancelled, "cancelled")] {
            if count > 0 {
                let _ = write!(text, ", {count} {what}");
            }
        }
        let _ = write!(text, " in {}\n\n{}", format_duration(millis), self.failures);
        if self.left_out > 0 {
            let _ = write!(text, "and {} more failures, for which there is no room here\n\n", self.left_out);
        }
        text
    }
}

fn append(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::File::options().append(true).create(true).open(path)?.write_all(text.as_bytes())
}

/// `panicked at src/lib.rs:3:5:` at the beginning of a message: the file and the line.
fn panicked_at(message: &str) -> Option<(&str, u32)> {
    let (place, _) = message.strip_prefix("panicked at ")?.split_once(":\n")?;
    let (place, _column) = place.rsplit_once(':')?;
    let (file, line) = place.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}

fn push_command(out: &mut String, kind: &str, file: &str, line: u32, title: &str, text: &str) {
    let (file, title, text) = (property(file), property(title), data(text));
    let _ = writeln!(out, "::{kind} file={file},line={line},title={title}::{text}");
}

/// Text behind the second `::` of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text of a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn push_html(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
}

/// A block of Markdown that ends where this text does, whatever is in it.
fn push_fenced(out: &mut String, text: &str) {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = write!(out, "{fence}text\n{}\n{fence}\n\n", text.trim_end());
}

/// No more than so many bytes of the text's beginning.
fn beginning(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// No more than so many bytes of the text's end.
fn ending(text: &str, bytes: usize) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(bytes))..]
}

impl Reporter for Github {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { .. } => self.begin(),
            Event::Finished { trial, outcome } => self.finished(trial, outcome),
            Event::RunError { message } if self.errors < ANNOTATIONS => {
                let title = property(&self.suite);
                let _ = writeln!(self.commands, "::error title={title}::{}", data(message));
            }
            Event::RunFinished { elapsed, success } => self.run_finished(*elapsed, *success),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::reporter::tests::{golden, options, play};

    fn again() -> Again {
        Again::new(None, &options(""), Path::new("/target/demo"))
    }

    #[rehearsal::test]
    fn commands_end_where_their_texts_do() {
        let mut out = String::new();
        push_command(&mut out, "error", "a,b:c.rs", 3, "x::y, 50%", "one: 100%\r\n::error::two, three");
        let expected = "::error file=a%2Cb%3Ac.rs,line=3,title=x%3A%3Ay%2C 50%25::one: 100%25%0D%0A::error::two, three\n";
        assert_eq!(out, expected);
    }

    #[rehearsal::test]
    fn no_two_tokens_are_alike() {
        let (one, other) = (Github::token(), Github::token());
        assert_ne!(one, other);
        assert!(one.len() == 32 && one.chars().all(|letter| letter.is_ascii_hexdigit()), "{one}");
    }

    #[rehearsal::test]
    fn a_fence_is_longer_than_any_in_the_text() {
        for (text, fence) in [("plain", "```"), ("```\n# no heading", "````"), ("`````", "``````")] {
            let mut out = String::new();
            push_fenced(&mut out, text);
            assert_eq!(out, format!("{fence}text\n{text}\n{fence}\n\n"));
        }
    }

    #[rehearsal::test]
    fn texts_are_cut_between_characters() {
        assert_eq!((beginning("größe", 3), ending("größe", 2)), ("gr", "e"));
        assert_eq!((beginning("a", 9), ending("a", 9)), ("a", "a"));
    }

    #[rehearsal::test]
    fn a_panic_says_where_it_was() {
        let table = [
            ("panicked at src/lib.rs:3:5:\nboom", Some(("src/lib.rs", 3))),
            ("panicked at C:\\x.rs:30:5:\nboom", Some(("C:\\x.rs", 30))),
            ("panicked: resumed", None),
            ("boom", None),
        ];
        for (message, place) in table {
            assert_eq!(panicked_at(message), place, "{message}");
        }
    }

    #[rehearsal::test]
    fn the_scripted_run() {
        let (sink, memory) = Sink::memory();
        let path = std::env::temp_dir().join(format!("rehearsal-step-summary-{}", std::process::id()));
        std::fs::write(&path, "# of the step before\n").expect("written");
        let actions = Actions { summary: Some(path.clone()), workspace: None };
        let token = Some("of-this-run".to_owned());
        play(&mut Github::new(sink, token, actions, None, again()), Some(42));
        let summary = std::fs::read_to_string(&path).expect("there");
        std::fs::remove_file(&path).expect("there");
        golden("github.txt", &format!("{}=====\n{summary}", memory.text()));
    }
}
