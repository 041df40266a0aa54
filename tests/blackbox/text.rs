//! Reads what a run prints, as a reader of libtest's output would.

use std::collections::BTreeMap;

/// `test NAME ... VERDICT`, in the order of the lines.
pub(crate) fn verdicts(stdout: &str) -> Vec<(String, String)> {
    stdout.lines().filter_map(verdict).collect()
}

fn verdict(line: &str) -> Option<(String, String)> {
    let (name, verdict) = line.strip_prefix("test ")?.split_once(" ... ")?;
    Some((name.strip_suffix(" - should panic").unwrap_or(name).to_string(), verdict.to_string()))
}

/// The same by name.
///
/// # Panics
///
/// When a name has two lines: each planned trial has exactly one outcome.
#[track_caller]
pub(crate) fn verdict_of_each(stdout: &str) -> BTreeMap<String, String> {
    let mut each = BTreeMap::new();
    for (name, verdict) in verdicts(stdout) {
        if let Some(other) = each.insert(name.clone(), verdict.clone()) {
            panic!("{name} has two outcomes, {other:?} and {verdict:?}, in\n{stdout}");
        }
    }
    each
}

/// The numbers of a `test result:` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) verdict: String,
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) ignored: usize,
    pub(crate) measured: usize,
    pub(crate) filtered_out: usize,
}

/// The line that closes a run.
///
/// # Panics
///
/// Where there is not exactly one.
#[track_caller]
pub(crate) fn summary(stdout: &str) -> Summary {
    let lines: Vec<&str> = stdout.lines().filter_map(|line| line.strip_prefix("test result: ")).collect();
    let [line] = lines[..] else { panic!("{} closing lines in\n{stdout}", lines.len()) };
    let (verdict, counts) = line.split_once(". ").unwrap_or_else(|| panic!("no verdict in {line:?}"));
    let count = |what: &str| {
        let part = counts.split("; ").find_map(|part| part.strip_suffix(what)?.strip_suffix(' '));
        part.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no {what} in {line:?}"))
    };
    Summary {
        verdict: verdict.to_string(),
        passed: count("passed"),
        failed: count("failed"),
        ignored: count("ignored"),
        measured: count("measured"),
        filtered_out: count("filtered out"),
    }
}

/// What was printed under `---- NAME stdout ----`, if anything was.
pub(crate) fn output_of<'a>(stdout: &'a str, name: &str) -> Option<&'a str> {
    let head = format!("---- {name} stdout ----\n");
    let rest = &stdout[stdout.find(&head)? + head.len()..];
    let end = ["\n---- ", "\nfailures:\n", "\nsuccesses:\n"].iter().filter_map(|next| rest.find(next)).min();
    Some(&rest[..end.unwrap_or(rest.len())])
}

/// Takes out what differs from run to run: times, thread numbers, and the hint at `RUST_BACKTRACE` that a process prints
/// with its first panic only.
pub(crate) fn without_chance(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("note: run with `RUST_BACKTRACE=1`") {
            continue;
        }
        let line = replace_number(line, "finished in ", "s");
        let line = replace_number(&line, "\"exec_time\": ", "");
        let line = replace_number(&line, "... ok <", "s>");
        let line = replace_number(&line, "... FAILED <", "s>");
        // Two ways to end a colour.
        lines.push(without_thread_number(&line).replace("\x1b(B\x1b[m", "\x1b[0m"));
    }
    lines.join("\n")
}

/// What libtest would have printed: takes out what we say below its part of a failure, and a failure of which there is
/// nothing else to say.
pub(crate) fn without_facts(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut rest = text.split('\n').peekable();
    while let Some(line) = rest.next() {
        if !line.starts_with("   --> ") {
            lines.push(line);
            continue;
        }
        assert!(
            rest.next().is_some_and(|again| again.starts_with("    = again: ")),
            "how it is run again: {text}"
        );
        assert_eq!(rest.next(), Some(""), "a blank line behind it: {text}");
        if lines.last().is_some_and(|last| last.starts_with("---- ") && last.ends_with(" stdout ----")) {
            lines.pop();
        }
    }
    lines.join("\n")
}

/// `before 1.25 after` with `#` for the number.
fn replace_number(line: &str, before: &str, after: &str) -> String {
    let Some(at) = line.find(before) else { return line.to_string() };
    let (head, rest) = line.split_at(at + before.len());
    let tail = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if tail.len() == rest.len() || !tail.starts_with(after) {
        line.to_string()
    } else {
        format!("{head}#{tail}")
    }
}

/// `thread 'name' (123) panicked at` without the number.
fn without_thread_number(line: &str) -> String {
    let (Some(open), Some(close)) = (line.find("' ("), line.find(") panicked at ")) else {
        return line.to_string();
    };
    if open < close { format!("{}'{}", &line[..open], &line[close + 1..]) } else { line.to_string() }
}

/// Asserts that two texts are the same, and says where they are not.
#[track_caller]
pub(crate) fn assert_same(what: &str, ours: &str, theirs: &str) {
    if ours == theirs {
        return;
    }
    let mut pairs = ours.lines().zip(theirs.lines()).enumerate();
    let place = match pairs.find(|(_, (ours, theirs))| ours != theirs) {
        Some((number, (ours, theirs))) => {
            format!("line {}\n   ours: {ours:?}\n theirs: {theirs:?}", number + 1)
        }
        None => format!("{} lines of ours, {} of theirs", ours.lines().count(), theirs.lines().count()),
    };
    panic!("{what}: not what libtest prints, first at {place}\n== ours\n{ours}\n== theirs\n{theirs}");
}
