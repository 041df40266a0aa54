//! `--list`: what there is, without running it.

use std::fmt::Write;

use crate::harness::cli::{Format, Options};
use crate::harness::plan::Plan;
use crate::harness::registry::{Entry, Kind, Registry};

use super::escape::push_json;
use super::logfile;
use super::reporters::ReporterError;
use super::sink::Sink;

/// Writes the trials of `plan` to `out`: `NAME: test` or `NAME: benchmark`, one a line.
///
/// Nothing else follows in the terse format, the one that cargo-nextest reads; a count in the others; events in
/// JSON. A log file gets `test NAME`, one a line.
///
/// # Errors
/// A log file that cannot be written, or an `out` that cannot be, other than one whose reader has gone away.
pub fn write_list(
    out: &mut Sink,
    registry: &Registry,
    plan: &Plan,
    options: &Options,
) -> Result<(), ReporterError> {
    let entries = || plan.trials.iter().filter_map(|planned| registry.get(planned.id));
    if let Some(mut log) = logfile::open(options)? {
        for entry in entries() {
            let kind = if entry.options.kind == Kind::Test { "test" } else { "benchmark" };
            let _ = writeln!(log, "{kind} {}", entry.name());
        }
        log.flush();
        told(&log)?;
    }
    let entries = entries();
    match options.format {
        Format::Json => write_json(out, entries),
        Format::Terse => drop(write_lines(out, entries)),
        Format::Pretty | Format::Junit => {
            let (tests, benches) = write_lines(out, entries);
            let gap = if tests + benches > 0 { "\n" } else { "" };
            let _ = writeln!(out, "{gap}{}, {}", plural(tests, "test"), plural(benches, "benchmark"));
        }
    }
    out.flush();
    told(out)
}

fn told(out: &Sink) -> Result<(), ReporterError> {
    out.trouble().map_or(Ok(()), |trouble| Err(ReporterError::Write(trouble.to_owned())))
}

fn write_lines(out: &mut Sink, entries: impl Iterator<Item = &'static Entry>) -> (usize, usize) {
    let (mut tests, mut benches) = (0, 0);
    for entry in entries {
        out.push(entry.name());
        match entry.options.kind {
            Kind::Test => {
                tests += 1;
                out.push(": test\n");
            }
            Kind::Bench => {
                benches += 1;
                out.push(": benchmark\n");
            }
        }
    }
    (tests, benches)
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// libtest's discovery events.
fn write_json(out: &mut Sink, entries: impl Iterator<Item = &'static Entry>) {
    out.push("{ \"type\": \"suite\", \"event\": \"discovery\" }\n");
    let (mut tests, mut benches, mut ignored) = (0, 0, 0);
    let mut line = String::new();
    for entry in entries {
        match entry.options.kind {
            Kind::Test => tests += 1,
            Kind::Bench => benches += 1,
        }
        ignored += usize::from(entry.options.ignore.is_some());
        line.clear();
        line.push_str(r#"{ "type": "test", "event": "discovered", "name": "#);
        push_json(&mut line, entry.name());
        let _ = write!(line, r#", "ignore": {}, "ignore_message": "#, entry.options.ignore.is_some());
        push_json(&mut line, entry.options.ignore.unwrap_or_default());
        line.push_str(r#", "source_path": "#);
        push_json(&mut line, entry.file);
        // From the first character of the function's name to behind its last one, as libtest counts.
        let (at, from) = (entry.line, entry.column as usize);
        let to = from + entry.path.rsplit("::").next().unwrap_or_default().chars().count();
        let _ = writeln!(
            line,
            r#", "start_line": {at}, "start_col": {from}, "end_line": {at}, "end_col": {to} }}"#
        );
        out.push(&line);
    }
    let total = tests + benches;
    let _ = writeln!(
        out,
        r#"{{ "type": "suite", "event": "completed", "tests": {tests}, "benchmarks": {benches}, "total": {total}, "ignored": {ignored} }}"#
    );
}
