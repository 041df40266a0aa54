//! Trials that are made at run time: their names, their verdicts, and generators that go wrong.

use std::collections::BTreeMap;

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::{output_of, summary, verdict_of_each};

fn launch() -> Launch {
    Launch::new(executable("generated", "generated"))
}

fn listed() -> Vec<String> {
    let list = launch().args(["--list", "--format", "terse"]).run();
    list.ends_with(0).complains("looking for files");
    assert!(!list.stdout.contains("looking"), "what a generator prints is no part of the list\n{list}");
    let name =
        |line: &str| line.strip_suffix(": test").map(str::to_owned).unwrap_or_else(|| panic!("{line:?}"));
    list.stdout.lines().map(name).collect()
}

/// Its name has a process number in it.
fn is_steady(name: &str) -> bool {
    !name.starts_with("bad::changes::")
}

const PASSING: [&str; 20] = [
    "bad::may_exit::here",
    "cases::one::text_a",
    "cases::one::text_value_2",
    "cases::two::text_value_2",
    "data::files::larger.txt",
    "data::files::small.txt",
    "kinds::all::waits",
    "kinds::panicking::panics",
    "names::odd::\"double\" and 'single'",
    "names::odd::--exact",
    r"names::odd::\x20ends\x20",
    "names::odd::a::b",
    r"names::odd::a\ttab and \u{1b}[1m",
    r"names::odd::back\slash",
    "names::odd::größe 🦀 漢字",
    r"names::odd::line\u{2028}separator",
    r"names::odd::two\nlines",
    "names::odd::with spaces",
    "names::odd::with: test",
    "plain",
];

/// What the others come to.
fn expected() -> BTreeMap<String, String> {
    let failing = ["errs", "hangs", "nothing", "panics", "panics_on_the_way", "twice", "unnamed"];
    let mut expected: BTreeMap<String, String> =
        failing.iter().map(|name| (format!("bad::{name}"), "FAILED".to_owned())).collect();
    let passing = PASSING.iter().map(|name| ((*name).to_owned(), "ok".to_owned()));
    expected.extend(passing);
    let others = [
        ("cases::two::text_a", "FAILED"),
        ("data::files::wrong.txt", "FAILED"),
        ("kinds::all::aborts", "FAILED (signal 6, SIGABRT)"),
        ("kinds::all::errs", "FAILED"),
        ("kinds::all::hangs", "FAILED (timed out after 1s)"),
        ("kinds::all::left out", "ignored, not today"),
        ("kinds::all::skips", "ignored, not here"),
    ];
    expected.extend(others.iter().map(|(name, verdict)| ((*name).to_owned(), (*verdict).to_owned())));
    expected
}

#[test]
fn each_has_its_verdict_and_bad_generators_are_red_by_name() {
    let run = launch().run();
    run.ends_with(101);
    let mut verdicts = verdict_of_each(&run.stdout);
    verdicts.retain(|name, verdict| {
        assert!(is_steady(name) || verdict == "FAILED", "{name} {verdict}\n{run}");
        is_steady(name)
    });
    assert_eq!(verdicts, expected(), "{run}");
    for (name, why) in [
        ("bad::panics", "its generator panicked: no such table"),
        ("bad::panics_on_the_way", "its generator panicked: row 2 is broken"),
        ("bad::errs", "it returned an error: ParseIntError"),
        ("bad::hangs", "its generator did not end within 500ms"),
        ("bad::twice", "trials 2 and 4 of its generator are both called `same`"),
        ("bad::unnamed", "trial 2 of its generator has an empty name"),
        ("bad::nothing", "its generator made none"),
        ("data::files::wrong.txt", "1 + 1 is not 3"),
    ] {
        let output =
            output_of(&run.stdout, name).unwrap_or_else(|| panic!("nothing is said of {name}\n{run}"));
        assert!(output.contains(why), "{name}: {output}");
    }
    run.says("made 1 trials and not this one; it has to make the same each time");
}

/// The same in a fork of its own.
#[test]
fn forks_come_to_the_same() {
    let run = launch().args(["--isolation", "fork", "--skip", "changes"]).run();
    run.ends_with(101);
    assert_eq!(verdict_of_each(&run.stdout), expected(), "{run}");
}

/// What a run of `suite` with forks came to, and how often the generator ran that logs so.
fn forked(suite: &str, filters: &[&str], logs: &str) -> (Finished, usize) {
    let launch = Launch::new(executable("generated", suite)).args(filters.iter().copied());
    let log = launch.directory().with_extension("log");
    let launch = launch.args(["--isolation=fork", "--test-threads=2"]).env("TRIALS", "100000");
    let run = launch.env("GENERATED_LOG", &log.to_string_lossy()).run();
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let _ = std::fs::remove_file(log);
    (run, text.lines().filter(|line| *line == logs).count())
}

/// Once to plan the run, and once in each server that is asked for one of its trials, however many they are.
#[test]
fn a_generator_does_not_run_for_each_fork() {
    let (run, ran) = forked("kept", &["memory::"], "memory");
    run.ends_with(0);
    assert_eq!(summary(&run.stdout).passed, 40, "{run}");
    assert!((2..=3).contains(&ran), "{ran}\n{run}");
    // The last hundred of many, each of which would have made all those before it.
    let (run, ran) = forked("many", &["number 999"], "made");
    run.ends_with(0);
    assert_eq!(summary(&run.stdout).passed, 111, "{run}");
    assert!((2..=3).contains(&ran), "{ran}\n{run}");
}

/// Forks would share an open file, its position too: each makes its own.
#[test]
fn a_generator_that_opens_files_runs_in_each_fork() {
    let (run, ran) = forked("kept", &["descriptors::"], "descriptors");
    run.ends_with(0);
    assert_eq!(summary(&run.stdout).passed, 4, "{run}");
    assert!(ran > 4, "{ran}\n{run}");
}

/// Its trials fail and are told why; those of others run in another server.
#[test]
fn a_generator_that_leaves_threads_is_named() {
    let (run, _) = forked("kept", &["threads::", "another", "--test-threads=1"], "none");
    run.ends_with(101);
    let told = verdict_of_each(&run.stdout);
    assert_eq!(told["another"], "ok", "{run}");
    for name in ["threads::of_a_pool::one", "threads::of_a_pool::two"] {
        assert_eq!(told[name], "FAILED", "{run}");
    }
    run.says("its generator threads::of_a_pool (").says("left threads behind where trials are forked: pool");
    run.says("use isolation `process`");
}

/// What it does in a server is its trial's, as it is in a worker.
#[test]
fn a_generator_that_goes_wrong_in_a_server_is_its_trials() {
    let (run, _) = forked("kept", &["elsewhere::", "another", "--test-threads=1"], "none");
    run.ends_with(101);
    let told = verdict_of_each(&run.stdout);
    assert_eq!(told["another"], "ok", "{run}");
    assert_eq!(told["elsewhere::hangs::one"], "FAILED (timed out after 1s)", "{run}");
    assert!(told["elsewhere::exits::one"].starts_with("FAILED"), "{run}");
    for name in ["elsewhere::panics::one", "elsewhere::panics::two"] {
        assert_eq!(told[name], "FAILED", "{run}");
        let output = output_of(&run.stdout, name).unwrap_or_default();
        assert!(output.contains("its generator panicked: no such table any more"), "{name}: {output}");
    }
}

/// The same where workers are threads of one process; an abort would take all of it along.
#[test]
fn threads_come_to_the_same() {
    let run = launch().args(["--isolation", "thread", "--skip", "aborts", "--skip", "changes"]).run();
    run.ends_with(101);
    let word = |verdict: String| verdict.split([' ', ',']).next().unwrap_or_default().to_owned();
    let words = |all: BTreeMap<String, String>| -> BTreeMap<_, _> {
        all.into_iter().map(|(name, verdict)| (name, word(verdict))).collect()
    };
    let mut expected = words(expected());
    expected.remove("kinds::all::aborts");
    assert_eq!(words(verdict_of_each(&run.stdout)), expected, "{run}");
}

/// What is listed can be asked for: by its exact name, in a worker and as cargo-nextest does it.
#[test]
fn every_name_that_is_listed_is_a_name_to_ask_for() {
    let names = listed();
    assert!(names.is_sorted(), "{names:?}");
    let steady: Vec<&String> = names.iter().filter(|name| is_steady(name)).collect();
    assert_eq!(steady, expected().keys().collect::<Vec<_>>());
    for name in PASSING.iter().filter(|name| name.starts_with("names::")) {
        let run = launch().args(["--show-output", "--exact", name]).run();
        run.ends_with(0).says(&format!("test {name} ... ok")).says(&format!("I am {name}\n"));
        assert_eq!(summary(&run.stdout).passed, 1, "{run}");
        let run = launch().args(["--exact", name, "--nocapture"]).env("NEXTEST", "1").run();
        run.ends_with(0).says(&format!("I am {name}\n"));
    }
}

/// Whoever asks for a trial by its exact name has seen it listed: that it is not made any more is no empty green run.
#[test]
fn one_that_is_not_made_any_more_is_red() {
    for (name, why) in [
        ("bad::changes::process 1", "its generator does not make it"),
        ("bad::panics::any", "its generator panicked: no such table"),
    ] {
        let run = launch().args(["--exact", name, "--nocapture"]).env("NEXTEST", "1").run();
        run.ends_with(101).says(&format!("test {name} ... FAILED")).says(why);
    }
}

/// `exit(0)` while trials are made is no green run, and no empty list.
#[test]
fn a_generator_that_exits_is_an_error() {
    for args in [&[][..], &["--list"]] {
        let run = launch().args(args.iter().copied()).env("GENERATOR_EXITS", "1").run();
        run.ends_with(101).complains("a generator of trials ended this process");
    }
}

#[test]
fn a_hundred_thousand() {
    let of = |trials| Launch::new(executable("generated", "many")).env("TRIALS", trials);
    let many = || of("100000");
    let list = many().args(["--list", "--format", "terse"]).run();
    list.ends_with(0);
    assert_eq!(list.stdout.lines().count(), 100_000);
    // All of them are run in the benchmark of what grows with the number of trials.
    let run = of("20000").args(["--quiet"]).run();
    run.ends_with(101);
    let summary = summary(&run.stdout);
    assert_eq!((summary.passed, summary.failed), (19_999, 1));
    assert!(run.stdout.contains("\n    numbers::number 77\n"), "the one that fails is named");
    // One process a trial is what nextest makes of them: asking for one costs a look at each name.
    let run = many().args(["--exact", "numbers::number 99999", "--nocapture"]).env("NEXTEST", "1").run();
    run.ends_with(0);
}
