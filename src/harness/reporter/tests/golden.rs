//! The scripted run in each format.

use std::path::Path;
use std::time::Duration;

use crate::harness::again::Again;
use crate::harness::cli::ColorChoice;
use crate::harness::event::{Event, TrialInfo};
use crate::harness::outcome::Verdict;
use crate::harness::registry::Kind;
use crate::harness::reporter::json::Json;
use crate::harness::reporter::junit::Junit;
use crate::harness::reporter::lines::Lines;
use crate::harness::reporter::logfile::Logfile;
use crate::harness::reporter::notice::Notice;
use crate::harness::reporter::paint::Paint;
use crate::harness::reporter::{Reporter, Sink};

use super::script::{options, outcome, play, play_green, trial};

/// What a reporter writes when `play` is played to it.
fn told<R: Reporter>(make: impl FnOnce(Sink) -> R, play: impl FnOnce(&mut dyn Reporter)) -> String {
    let (sink, memory) = Sink::memory();
    let mut reporter = make(sink);
    play(&mut reporter);
    reporter.flush();
    memory.text()
}

fn again() -> Option<Again> {
    Some(Again::new(None, &options(""), Path::new("/target/demo")))
}

fn all(reporter: &mut dyn Reporter) {
    play(reporter, None);
}

/// Compares with a file, or writes it where that is asked for.
#[track_caller]
pub(in crate::harness::reporter) fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/harness/reporter/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let expected =
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let differs = expected.lines().zip(text.lines()).enumerate().find(|(_, (old, new))| old != new);
    assert!(
        expected == text,
        "{name} is no longer what is written; first difference (line from 0, expected and written): {differs:?}\n\
         UPDATE_GOLDEN=1 accepts it\n{text}"
    );
}

#[rehearsal::test]
fn pretty() {
    golden("pretty.txt", &told(|out| Lines::pretty(out, Paint::PLAIN, &options(""), again()), all));
}

#[rehearsal::test]
fn pretty_with_everything_shown() {
    let options = options("--show-output --report-time");
    let paint = Paint::chosen(ColorChoice::Always);
    golden(
        "pretty-all.txt",
        &told(|out| Lines::pretty(out, paint, &options, again()), |to| play(to, Some(42))),
    );
}

#[rehearsal::test]
fn terse() {
    golden("terse.txt", &told(|out| Lines::terse(out, Paint::PLAIN, &options("-q"), again()), all));
}

#[rehearsal::test]
fn terse_rows_end_where_libtests_do() {
    let make = |out| Lines::terse(out, Paint::PLAIN, &options("-q"), again());
    golden("terse-rows.txt", &told(make, |to| play_green(to, 231)));
}

#[rehearsal::test]
fn json() {
    golden("json.txt", &told(|out| Json::new(out, &options("")), |to| play(to, Some(42))));
}

#[rehearsal::test]
fn json_with_everything_shown() {
    golden("json-all.txt", &told(|out| Json::new(out, &options("--show-output --report-time")), all));
}

#[rehearsal::test]
fn junit() {
    golden("junit.xml", &told(|out| Junit::new(out, &options("--show-output")), all));
}

#[rehearsal::test]
fn logfile() {
    golden("logfile.txt", &told(Logfile::new, all));
}

#[rehearsal::test]
fn notices() {
    let said = told(Notice::new, all);
    assert_eq!(
        said,
        "warning: output is not captured under thread isolation\nerror: interrupted; 2 trials were not run\n"
    );
}

#[rehearsal::test]
fn a_green_run_of_one_trial_is_what_libtest_prints() {
    let said = told(|out| Lines::pretty(out, Paint::PLAIN, &options(""), again()), |to| play_green(to, 1));
    assert_eq!(
        said,
        "\nrunning 1 test\ntest t000 ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 \
         filtered out; finished in 0.08s\n\n"
    );
}

/// A crate may have a thousand tests beside its benchmarks. Who names some, or wants what libtest prints, gets a line each.
#[rehearsal::test]
fn tests_that_are_beside_the_benchmarks_are_counted() {
    let ignored = outcome(Verdict::Ignored { reason: String::new() }, b"");
    let bench = |name| TrialInfo { kind: Kind::Bench, ..trial(name) };
    let said = |line: &str, tests: usize| {
        told(
            |out| Lines::pretty(out, Paint::PLAIN, &options(line), None),
            |to| {
                for number in 0..tests {
                    let name = format!("t{number}");
                    to.event(&Event::Finished { trial: trial(&name), outcome: &ignored });
                }
                to.event(&Event::Finished { trial: bench("slow"), outcome: &ignored });
                to.event(&Event::RunFinished { elapsed: Duration::ZERO, success: true });
            },
        )
    };
    for (line, tests, named, more) in [
        ("--bench", 5, 5, ""),
        ("--bench", 6, 5, "\n1 more test ignored: "),
        ("--bench", 1_000, 5, "\n995 more tests ignored: only benchmarks are measured here; "),
        ("--bench t", 1_000, 1_000, ""),
        ("--bench -E test(t)", 1_000, 1_000, ""),
        ("--bench --format=pretty", 1_000, 1_000, ""),
        ("--bench --test", 1_000, 1_000, ""),
        ("", 1_000, 1_000, ""),
    ] {
        let said = said(line, tests);
        assert_eq!(
            said.matches("\ntest t").count() + usize::from(said.starts_with("test t")),
            named,
            "{line}: {said}"
        );
        assert!(said.contains(more) && said.contains(" more test") != more.is_empty(), "{line}: {said}");
        assert!(said.contains("test slow ... ignored\n"), "{line}: {said}");
        assert!(said.contains(&format!("{} ignored; 0 measured", tests + 1)), "{line}: {said}");
    }
}

/// Each line of JSON is one object by the grammar of JSON, whatever the trials wrote.
#[rehearsal::test]
fn json_is_json() {
    let said = told(|out| Json::new(out, &options("--show-output --report-time")), all);
    for line in said.lines() {
        let rest = value(line).unwrap_or_else(|| panic!("not JSON: {line}"));
        assert_eq!(rest.trim(), "", "something behind the object: {line}");
    }
}

/// Takes one JSON value off the front of `text`; `None` where there is none.
fn value(text: &str) -> Option<&str> {
    let text = text.trim_start();
    match text.chars().next()? {
        '{' => object(&text[1..]),
        '"' => string(&text[1..]),
        _ => {
            let end = text.find([',', ' ', '}']).unwrap_or(text.len());
            text[..end].parse::<f64>().ok()?;
            Some(&text[end..])
        }
    }
}

fn object(mut text: &str) -> Option<&str> {
    loop {
        text = string(text.trim_start().strip_prefix('"')?)?.trim_start().strip_prefix(':')?;
        text = value(text)?.trim_start();
        match text.strip_prefix(',') {
            Some(rest) => text = rest,
            None => return text.strip_prefix('}'),
        }
    }
}

/// The rest behind a string whose opening quote is gone.
fn string(text: &str) -> Option<&str> {
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some(&text[at + 1..]),
            '\\' => match characters.next()?.1 {
                'u' => {
                    let digits = text.get(at + 2..at + 6)?;
                    u32::from_str_radix(digits, 16).ok()?;
                }
                '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => {}
                _ => return None,
            },
            character if (character as u32) < 0x20 => return None,
            _ => {}
        }
    }
    None
}
