//! The scripted run in each format.

use std::path::Path;

use crate::harness::again::Again;
use crate::harness::cli::ColorChoice;
use crate::harness::reporter::json::Json;
use crate::harness::reporter::junit::Junit;
use crate::harness::reporter::lines::Lines;
use crate::harness::reporter::logfile::Logfile;
use crate::harness::reporter::notice::Notice;
use crate::harness::reporter::paint::Paint;
use crate::harness::reporter::{Reporter, Sink};

use super::script::{options, play, play_green};

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
