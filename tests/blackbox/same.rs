//! One source under both harnesses: same command line, same stdout, same exit code.
//!
//! With one worker, so that the order is the same too.

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::{assert_same, without_chance, without_facts};

/// Runs both with these arguments. libtest lets everybody use its unstable options where this variable is set.
fn both(args: &[&str]) -> (Finished, Finished) {
    // Without a kind of terminal libtest has no colours, even where they are asked for.
    let run =
        |target| Launch::new(executable("basic", target)).args(args.iter().copied()).env("TERM", "xterm");
    let (ours, theirs) = (run("basic"), run("basic_twin"));
    (ours.run(), theirs.env("RUSTC_BOOTSTRAP", "1").run())
}

#[track_caller]
fn same(args: &[&str]) {
    let (ours, theirs) = both(args);
    let what = format!("{args:?} (exit codes {:?} and {:?})\n{}", ours.status, theirs.status, ours.stderr);
    assert_same(&what, &without_chance(&without_facts(&ours.stdout)), &without_chance(&theirs.stdout));
    assert_eq!(ours.code(), theirs.code(), "exit code of {args:?}");
    assert!(ours.survivors.is_empty(), "left behind: {:?}", ours.survivors);
}

/// A run with one worker.
#[track_caller]
fn same_run(args: &[&str]) {
    same(&[args, &["--test-threads=1"]].concat());
}

#[test]
fn all() {
    same_run(&[]);
}

#[test]
fn green() {
    same_run(&["green"]);
}

#[test]
fn red() {
    same_run(&["red"]);
}

#[test]
fn filters() {
    same_run(&["adds"]);
    same_run(&["green::adds"]);
    same_run(&["green::adds", "later"]);
    same_run(&["no trial has this in its name"]);
}

#[test]
fn exact_filters() {
    same_run(&["--exact", "green::adds"]);
    same_run(&["--exact", "green::adds", "root_level"]);
    same_run(&["--exact", "green"]);
    same_run(&["--exact", "green::größe_zählt"]);
}

#[test]
fn skips() {
    same_run(&["--skip", "red"]);
    same_run(&["--skip=red", "--skip", "later", "adds"]);
    same_run(&["green::adds", "--exact", "--skip", "green::adds"]);
    same_run(&["green", "--exact", "--skip", "green::adds"]);
}

#[test]
fn ignored() {
    same_run(&["--ignored"]);
    same_run(&["--ignored", "reason"]);
    same_run(&["--include-ignored"]);
    same_run(&["--include-ignored", "--skip", "red"]);
}

#[test]
fn terse() {
    same_run(&["-q"]);
    same_run(&["--quiet", "green"]);
    same_run(&["--format", "terse"]);
    same_run(&["--format=pretty", "green"]);
}

#[test]
fn show_output() {
    same_run(&["--show-output"]);
    same_run(&["--show-output", "green"]);
}

#[test]
fn color() {
    same_run(&["--color", "always"]);
    same_run(&["--color=never", "green"]);
    same_run(&["--color=auto", "red"]);
}

#[test]
fn test_and_bench() {
    same_run(&["--test"]);
    same_run(&["--bench"]);
    same_run(&["--test", "--bench", "green"]);
}

#[test]
fn unstable_options() {
    same_run(&["-Z", "unstable-options", "--report-time"]);
    same_run(&["-Zunstable-options", "--exclude-should-panic"]);
    same_run(&["-Z", "unstable-options", "--fail-fast", "green"]);
}

#[test]
fn lists() {
    same(&["--list"]);
    same(&["--list", "--format", "terse"]);
    same(&["--list", "--format=terse", "--ignored"]);
    same(&["--list", "--ignored"]);
    same(&["--list", "--include-ignored"]);
    same(&["--list", "green::adds"]);
    same(&["--list", "--exact", "green::adds"]);
    same(&["--list", "--skip", "green"]);
    same(&["--list", "no trial has this in its name"]);
    same(&["--list", "--format", "terse", "-q"]);
    same(&["--list", "-q"]);
}

/// The same events with the same fields; blanks outside strings and the order of fields are not looked at.
#[test]
fn json() {
    for args in [&["green"][..], &["red"], &["--include-ignored", "ignored"], &["--shuffle-seed=7", "root"]] {
        let args = [&["-Z", "unstable-options", "--format=json", "--test-threads=1"], args].concat();
        let (ours, theirs) = both(&args);
        let fields = |text: &str| -> String { without_chance(text).lines().map(sorted_fields).collect() };
        assert_same(&format!("{args:?}"), &fields(&ours.stdout), &fields(&theirs.stdout));
        assert_eq!(ours.code(), theirs.code(), "exit code of {args:?}");
    }
}

/// One line, all of it the same but for the times, which libtest has only where `--report-time` asks for them.
#[test]
fn junit() {
    for filters in [&["green"][..], &["red::asserts", "red::does_not_panic", "returns_a_code"], &["nothing"]]
    {
        let args = [&["-Z", "unstable-options", "--format=junit", "--test-threads=1"], filters].concat();
        let (ours, theirs) = both(&args);
        // A line a trial, so that the first difference is told rather than the whole document.
        let lines = |text: &str| {
            let parts = text.replace("><testcase", ">\n<testcase").replace("&#xA;", "\n");
            parts.lines().map(without_time).collect::<Vec<_>>().join("\n")
        };
        let plain = |text: &str| without_chance(&lines(text).replace("<![CDATA[", "").replace("]]>", ""));
        assert_same(&format!("{args:?}"), &plain(&ours.stdout), &plain(&theirs.stdout));
        assert_eq!(ours.stdout.lines().count(), 1, "{args:?}");
        assert_eq!(ours.code(), theirs.code(), "exit code of {args:?}");
    }
}

/// A test case without its time.
fn without_time(line: &str) -> String {
    match line.split_once(" time=\"") {
        Some((before, after)) => format!("{before}{}", after.split_once('"').map_or("", |(_, rest)| rest)),
        None => line.to_owned(),
    }
}

/// A flat JSON object with its fields in the order of their names, a line each.
fn sorted_fields(object: &str) -> String {
    let mut fields = Vec::new();
    let (mut field, mut in_string, mut escaped) = (String::new(), false, false);
    for c in object.trim().trim_start_matches('{').trim_end_matches('}').chars() {
        match c {
            ',' if !in_string => fields.push(std::mem::take(&mut field)),
            c if c.is_whitespace() && !in_string => {}
            c => field.push(c),
        }
        (in_string, escaped) = (in_string ^ (c == '"' && !escaped), c == '\\' && !escaped);
    }
    fields.push(field);
    fields.sort();
    fields.join("\n") + "\n\n"
}

/// The names, places and marks of a JSON list.
#[test]
fn json_list() {
    let (ours, theirs) = both(&["-Z", "unstable-options", "--list", "--format=json"]);
    let fields = |text: &str| -> String {
        let wanted = |line: &&str| {
            [
                "\"type\"",
                "\"event\"",
                "\"name\"",
                "\"ignore\"",
                "\"ignore_message\"",
                "\"source_path\"",
                "\"start_line\"",
            ]
            .iter()
            .any(|key| line.starts_with(key))
        };
        let all: String = text.lines().map(sorted_fields).collect();
        let of_async = |object: &&str| !object.contains("::later::");
        all.split("\n\n")
            .filter(of_async)
            .map(|object| object.lines().filter(wanted).collect::<Vec<_>>().join("\n") + "\n\n")
            .collect()
    };
    assert_same("the JSON list", &fields(&ours.stdout), &fields(&theirs.stdout));
    assert_eq!(ours.code(), theirs.code());
}

/// What both refuse, both refuse with the same exit code.
#[test]
fn refusals() {
    for args in [
        &["--no-such-flag"][..],
        &["--test-threads", "0"],
        &["--test-threads", "many"],
        &["--test-threads"],
        &["--format", "nonsense"],
        &["--color", "nonsense"],
        &["--ignored", "--include-ignored"],
        &["-Z", "nonsense"],
        &["--shuffle-seed", "nonsense"],
    ] {
        let (ours, theirs) = both(args);
        assert_eq!(ours.code(), theirs.code(), "exit code of {args:?}\n== ours\n{ours}\n== theirs\n{theirs}");
        assert_eq!(ours.stdout, "", "nothing ran and nothing was listed for {args:?}");
        assert!(ours.stderr.starts_with("error: "), "{args:?}: {}", ours.stderr);
    }
}

#[test]
fn help() {
    let (ours, theirs) = both(&["--help"]);
    assert_eq!(ours.code(), theirs.code());
    for flag in [
        "--include-ignored",
        "--no-capture",
        "--test-threads",
        "--skip",
        "--isolation",
        "--timeout",
        "--audit",
    ] {
        ours.says(flag);
    }
}

#[test]
fn environment() {
    for (name, value) in
        [("RUST_TEST_THREADS", "1"), ("RUST_TEST_THREADS", "0"), ("RUST_TEST_THREADS", "many")]
    {
        let run = |target| Launch::new(executable("basic", target)).args(["green"]).env(name, value).run();
        let (ours, theirs) = (run("basic"), run("basic_twin"));
        assert_eq!(ours.code(), theirs.code(), "exit code with {name}={value}\n{ours}\n== theirs\n{theirs}");
    }
}

/// A suite without trials.
#[test]
fn empty() {
    for args in
        [&[][..], &["--list"], &["--list", "--format", "terse"], &["-q"], &["some filter"], &["--ignored"]]
    {
        let run = |target| Launch::new(executable("empty", target)).args(args.iter().copied()).run();
        let (ours, theirs) = (run("empty"), run("empty_twin"));
        assert_same(&format!("{args:?}"), &without_chance(&ours.stdout), &without_chance(&theirs.stdout));
        assert_eq!(ours.code(), theirs.code(), "exit code of {args:?}");
    }
}
