//! Tables: what a run has seen goes in, what is known comes out; and the file, written by several at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;

use super::chronicle::Chronicle;
use super::error::HistoryError;
use super::keep::{change, load};
use super::place::{Asked, file};
use super::record::{History, Mark, RESULTS, Seen, WORTH_NS};
use super::text::{Unread, read, write};
use crate::harness::outcome::{Death, Outcome, Verdict};
use crate::harness::target::Target;

const MS: u64 = 1_000_000;

fn passed(name: &str, ms: u64) -> Seen<'_> {
    Seen { name, mark: Mark::Passed, duration_ns: ms * MS }
}

fn failed(name: &str) -> Seen<'_> {
    Seen { name, mark: Mark::Failed, duration_ns: 2 * MS }
}

fn of(seen: &[Seen<'_>]) -> History {
    History::default().with(seen, &[], Vec::new())
}

/// A directory of one test alone, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("rehearsal-history-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a directory for the test");
        Folder(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("a-b.history")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[rehearsal::test]
fn a_duration_follows_the_last_runs_and_a_failure_does_not_bend_it() {
    let history = of(&[passed("a", 100)]);
    assert_eq!(history.duration_ns("a"), Some(100 * MS));
    let history = history.with(&[passed("a", 200)], &[], Vec::new());
    assert_eq!(history.duration_ns("a"), Some(150 * MS));
    let history = history.with(&[failed("a")], &[], Vec::new());
    assert_eq!(history.duration_ns("a"), Some(150 * MS), "it may have failed half way");
    assert_eq!(of(&[failed("b")]).duration_ns("b"), Some(2 * MS), "better than nothing");
    assert_eq!(history.duration_ns("c"), None);
}

#[rehearsal::test]
fn the_last_result_says_whether_it_failed() {
    let mut history = of(&[failed("a")]);
    assert!(history.failed_last("a") && !history.failed_last("b"));
    for (mark, red) in
        [(Mark::Flaky, false), (Mark::TimedOut, true), (Mark::Passed, false), (Mark::Crashed, true)]
    {
        history = history.with(&[Seen { name: "a", mark, duration_ns: 1 }], &[], Vec::new());
        assert_eq!(history.failed_last("a"), red, "{mark:?}");
    }
    let told: String = history.results("a").iter().map(|mark| mark.letter()).collect();
    assert_eq!(told, "F~T.C");
}

#[rehearsal::test]
fn no_more_results_are_kept_than_there_is_room_for() {
    let many = vec![failed("a"); RESULTS + 5];
    let history = of(&many).with(&[passed("a", 9)], &[], Vec::new());
    assert_eq!(history.results("a").len(), RESULTS);
    assert_eq!(history.results("a").last(), Some(&Mark::Passed));
}

#[rehearsal::test]
fn a_trial_of_which_there_is_nothing_to_say_has_no_record() {
    let short = Seen { name: "a", mark: Mark::Passed, duration_ns: WORTH_NS / 2 };
    assert!(of(&[short]).is_empty());
    // One that failed keeps its record until that is long ago.
    let mut history = of(&[failed("a")]);
    for _ in 0..RESULTS - 1 {
        history = history.with(&[short], &[], Vec::new());
        assert_eq!(history.records().len(), 1);
    }
    assert!(history.with(&[short], &[], Vec::new()).is_empty());
}

#[rehearsal::test]
fn what_was_not_seen_stays_and_what_is_gone_from_the_suite_goes() {
    let history = of(&[passed("c", 3), passed("a", 1), passed("b", 2)]);
    let names: Vec<&str> = history.records().iter().map(|record| record.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let gone = history.strangers(&[("a", 0), ("c", 1)]);
    assert_eq!(gone, ["b"]);
    let history = history.with(&[passed("d", 4)], &gone, Vec::new());
    assert!(history.duration_ns("b").is_none() && history.duration_ns("a").is_some());
    assert_eq!(history.records().len(), 3);
}

#[rehearsal::test]
fn a_verdict_leaves_the_mark_that_fits() {
    let table = [
        (Verdict::Passed, Some(Mark::Passed)),
        (Verdict::Failed { message: String::new() }, Some(Mark::Failed)),
        (Verdict::Leaked { actors: 1, tasks: 0, message: String::new() }, Some(Mark::Failed)),
        (Verdict::TimedOut { limit_ms: 1, stuck: false }, Some(Mark::TimedOut)),
        (Verdict::Crashed { death: Death::Unreachable, message: String::new() }, Some(Mark::Crashed)),
        (Verdict::NotRun { reason: String::new() }, Some(Mark::Failed)),
        (Verdict::Flaky { attempt: 2, red: false }, Some(Mark::Flaky)),
        (Verdict::Flaky { attempt: 2, red: true }, Some(Mark::Failed)),
        (Verdict::Ignored { reason: String::new() }, None),
        (Verdict::Cancelled { reason: String::new() }, None),
    ];
    for (verdict, mark) in table {
        assert_eq!(Mark::of(&verdict), mark, "{verdict:?}");
    }
}

#[rehearsal::test]
fn what_is_no_history_is_refused_with_its_line() {
    let malformed = |line, problem| Err(Unread::Malformed { line, problem });
    let table = [
        ("", malformed(1, "it does not begin as a history does")),
        ("hello\n", malformed(1, "it does not begin as a history does")),
        ("rehearsal history 2\n", Err(Unread::Version("2".into()))),
        ("rehearsal history one\n", Err(Unread::Version("one".into()))),
        ("rehearsal history 1\n5\n", malformed(2, "it is neither a record nor a trial that ran")),
        ("rehearsal history 1\n5 . a\nx . b\n", malformed(3, "its duration is not a number of nanoseconds")),
        ("rehearsal history 1\n5 ? a\n", malformed(2, "its results are none")),
        ("rehearsal history 1\n5  a\n", malformed(2, "its results are none")),
        ("rehearsal history 1\n5 . b\n5 . a\n", malformed(3, "its name is not behind the one before it")),
        ("rehearsal history 1\n- a\n", malformed(2, "a trial that ran, before any worker")),
        ("rehearsal history 1\n", Ok(History::default())),
    ];
    for (text, expected) in table {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

proptest! {
    #[rehearsal::test]
    fn what_is_written_is_read(
        seen in prop::collection::vec(("[a-z:é ]{1,12}", 0..5_usize, 0..5_000 * MS), 0..40),
        courses in prop::collection::vec(prop::collection::vec("[a-z: -]{0,9}", 0..5), 0..4),
    ) {
        let seen: Vec<Seen<'_>> = seen
            .iter()
            .map(|(name, mark, duration_ns)| Seen { name, mark: Mark::ALL[*mark], duration_ns: *duration_ns })
            .collect();
        let history = History::default().with(&seen, &[], courses);
        prop_assert_eq!(read(&write(&history)), Ok(history));
    }

    #[rehearsal::test]
    fn no_text_makes_the_reader_panic(text in "(rehearsal history [12]\n)?([0-9.~FTC=\\- a-z\n]|\\PC){0,60}") {
        let _ = read(&text);
    }
}

fn outcome(verdict: Verdict) -> Outcome {
    Outcome { duration_ns: 2 * MS, ..Outcome::of(verdict) }
}

#[rehearsal::test]
fn the_course_of_a_worker_is_kept_up_to_its_last_failure() {
    let folder = Folder::new();
    let names = ["a", "b", "c", "d", "e", "f"];
    let mut notes = Chronicle::new(folder.file(), History::default(), Vec::new());
    // Two workers; the first dies of `c`, and another takes its place, in which nothing fails.
    for (worker, generation, position) in [(0, 1, 0), (1, 1, 1), (0, 1, 2), (0, 2, 3), (1, 1, 4), (1, 1, 5)] {
        notes.ran(worker, generation, position);
        let crashed = Verdict::Crashed { death: Death::Unreachable, message: String::new() };
        let red = [2, 4].contains(&position);
        notes.ended(position, &outcome(if red { crashed } else { Verdict::Passed }));
    }
    notes.keep(|position| names[position]).expect("written");
    let history = load(&folder.file(), false).expect("read");
    assert_eq!(history.ran_before("c"), Some(&["a".to_owned()][..]));
    assert_eq!(history.ran_before("e"), Some(&["b".to_owned()][..]));
    assert_eq!(history.ran_before("d"), None, "nothing failed in that worker");
    assert_eq!(history.ran_before("f"), None, "nothing failed any more");
}

#[rehearsal::test]
fn a_run_in_which_all_pass_at_once_touches_no_disk() {
    let folder = Folder::new();
    let mut notes = Chronicle::new(folder.file(), History::default(), Vec::new());
    notes.ended(0, &Outcome::of(Verdict::Passed));
    notes.keep(|_| "a").expect("nothing to write");
    assert_eq!(fs::read_dir(&folder.0).expect("the directory").count(), 0);
}

#[rehearsal::test]
fn what_many_write_at_once_is_all_kept() {
    let folder = Folder::new();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let file = folder.file();
            scope.spawn(move || {
                for round in 0..10 {
                    let name = format!("w{writer}::r{round}");
                    change(&file, |before| before.with(&[passed(&name, 5)], &[], Vec::new()))
                        .expect("written");
                }
            });
        }
    });
    assert_eq!(load(&folder.file(), false).expect("whole").records().len(), 40);
    let left = fs::read_dir(&folder.0).expect("the directory").count();
    assert_eq!(left, 2, "the history and its lock");
}

#[rehearsal::test]
fn a_file_that_is_no_history_is_set_aside_once() {
    let folder = Folder::new();
    fs::write(folder.file(), b"rehearsal history 1\n\xff\xfe\0").expect("something else");
    let error = load(&folder.file(), true).expect_err("no history");
    assert!(matches!(&error, HistoryError::SetAside { aside: Ok(_), .. }), "{error}");
    assert!(error.to_string().contains("is damaged (line 2: "), "{error}");
    assert!(load(&folder.file(), true).expect("told once").is_empty());
    assert!(folder.0.join("a-b.history.set-aside").exists());
}

#[rehearsal::test]
fn a_file_system_that_refuses_leaves_an_error_with_path_and_reason() {
    let file = Path::new("/proc/rehearsal/a-b.history");
    let error =
        change(file, |before| before.with(&[passed("a", 5)], &[], Vec::new())).expect_err("no such place");
    let told = error.to_string();
    assert!(
        told.contains("/proc/rehearsal/a-b.history could not") || told.contains("kept in /proc/rehearsal"),
        "{told}"
    );
}

#[rehearsal::test]
fn each_binary_has_a_file_of_its_own() {
    let target = |file| Target {
        root_module: "r",
        file,
        package: Some("pkg"),
        manifest_dir: None,
        crate_name: None,
        bin_name: None,
        is_integration: true,
        test: true,
    };
    let at = |asked: &Asked, program: &str, source| file(asked, Path::new(program), &target(source));
    let beside = Asked::Beside;
    let deps = "/t/debug/deps";
    assert_eq!(
        at(&beside, &format!("{deps}/suite-0123456789abcdef"), "tests/suite.rs"),
        Some("/t/debug/rehearsal/pkg-suite.history".into())
    );
    assert_eq!(
        at(&beside, &format!("{deps}/pkg-0123456789abcdef"), "src/lib.rs"),
        Some("/t/debug/rehearsal/pkg-pkg-lib.history".into())
    );
    assert_eq!(at(&beside, "/usr/bin/suite-one", "tests/suite.rs"), None, "no target directory");
    let kept = Asked::In("/cache".into());
    assert_eq!(
        at(&kept, "/usr/bin/suite-one", "tests/suite.rs"),
        Some("/cache/pkg-suite-one.history".into())
    );
    assert_eq!(at(&Asked::Nowhere, &format!("{deps}/suite"), "tests/suite.rs"), None);
}
