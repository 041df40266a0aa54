//! A history as text: a version, a line a trial, and what ran in the workers in which something failed.
//!
//! ```text
//! rehearsal history 1
//! 5231000 ...F~.. db::reads
//! = worker
//! - db::writes
//! - db::reads
//! ```
//!
//! The name comes last, because it alone may have blanks in it.

use super::record::{History, Mark, RESULTS, Record};

/// What every history begins with; its version follows.
const HEADER: &str = "rehearsal history ";

/// The version that is written and read here.
pub const VERSION: u32 = 1;

/// Begins what one worker ran.
const COURSE: &str = "= worker";

/// Why a text is no history that can be read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// It is of another version.
    Version(String),
    /// Something is wrong with it.
    Malformed {
        /// One-based.
        line: usize,
        /// What, as the end of a sentence.
        problem: &'static str,
    },
}

/// The text of a history.
pub fn write(history: &History) -> String {
    let mut text = format!("{HEADER}{VERSION}\n");
    for record in &history.records {
        text.push_str(&record.duration_ns.to_string());
        text.push(' ');
        text.extend(record.results.iter().map(|mark| mark.letter()));
        text.push(' ');
        push_name(&mut text, &record.name);
    }
    for course in &history.courses {
        text.push_str(COURSE);
        text.push('\n');
        for name in course {
            text.push_str("- ");
            push_name(&mut text, name);
        }
    }
    text
}

/// A name is on one line, whoever made it.
fn push_name(text: &mut String, name: &str) {
    if name.contains('\n') {
        text.push_str(&name.replace('\n', " "));
    } else {
        text.push_str(name);
    }
    text.push('\n');
}

/// The history that a text is of.
///
/// # Errors
/// A text that is not one, or of another version.
pub fn read(text: &str) -> Result<History, Unread> {
    let mut lines = (1..).zip(text.lines());
    let version = lines.next().and_then(|(_, header)| header.strip_prefix(HEADER));
    match version.map(|version| (version, version.parse())) {
        Some((_, Ok(VERSION))) => {}
        Some((version, _)) => return Err(Unread::Version(version.to_owned())),
        None => return Err(Unread::Malformed { line: 1, problem: "it does not begin as a history does" }),
    }
    let mut history = History::default();
    for (line, what) in lines {
        take(&mut history, what).map_err(|problem| Unread::Malformed { line, problem })?;
    }
    Ok(history)
}

fn take(history: &mut History, line: &str) -> Result<(), &'static str> {
    if line == COURSE {
        history.courses.push(Vec::new());
        return Ok(());
    }
    if let Some(name) = line.strip_prefix("- ") {
        let course = history.courses.last_mut().ok_or("a trial that ran, before any worker")?;
        course.push(name.to_owned());
        return Ok(());
    }
    let mut parts = line.splitn(3, ' ');
    let (Some(duration), Some(results), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("it is neither a record nor a trial that ran");
    };
    let duration_ns = duration.parse().map_err(|_| "its duration is not a number of nanoseconds")?;
    let read = |letter| Mark::ALL.into_iter().find(|mark| mark.letter() == letter);
    let results: Option<Vec<Mark>> = results.chars().map(read).collect();
    let results =
        results.filter(|results| (1..=RESULTS).contains(&results.len())).ok_or("its results are none")?;
    if history.records.last().is_some_and(|last| last.name.as_str() >= name) {
        return Err("its name is not behind the one before it");
    }
    history.records.push(Record { name: name.to_owned(), duration_ns, results });
    Ok(())
}
