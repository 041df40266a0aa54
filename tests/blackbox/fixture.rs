//! Fixtures: how often they are made, that they are taken away, and what is said where they cannot be.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::verdict_of_each;

pub(crate) const FORK: &str = "--isolation=fork";
pub(crate) const ISOLATIONS: [&str; 3] = ["--isolation=process", "--isolation=thread", FORK];

/// What the suite `fixtures` came to, and its log.
pub(crate) fn run(args: &[&str], isolation: &str) -> (Finished, Vec<String>) {
    finish(Launch::new(executable("fixtures", "fixtures")).args(args.iter().copied()).args([isolation]))
}

/// Where the run's fixtures log: beside its directory, which goes with it.
pub(crate) fn log_of(launch: &Launch) -> PathBuf {
    launch.directory().with_extension("log")
}

fn finish(launch: Launch) -> (Finished, Vec<String>) {
    let log = log_of(&launch);
    let run = launch.env("FIXTURE_LOG", &log.to_string_lossy()).run();
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    // None was written where no fixture was made.
    let _ = std::fs::remove_file(log);
    (run, text.lines().map(str::to_owned).collect())
}

/// What stands behind these words, line by line.
pub(crate) fn behind<'a>(log: &'a [String], words: &str) -> Vec<&'a str> {
    log.iter().filter_map(|line| line.strip_prefix(words)).map(str::trim).collect()
}

fn distinct<'a>(lines: &[&'a str]) -> BTreeSet<&'a str> {
    lines.iter().copied().collect()
}

/// As often as its scope says, however many tests there are; and what was made is taken away.
#[test]
fn a_value_is_made_once_in_its_scope() {
    for isolation in ISOLATIONS {
        for workers in [1, 2] {
            let (run, log) = run(&["scopes::", &format!("--test-threads={workers}")], isolation);
            run.ends_with(0);
            for scope in ["test", "module", "worker", "fork", "run"] {
                let (up, down) =
                    (behind(&log, &format!("up {scope} ")), behind(&log, &format!("down {scope} ")));
                assert_eq!(distinct(&up).len(), up.len(), "{scope}: each is another\n{log:#?}\n{run}");
                assert_eq!(
                    (up.len(), distinct(&up)),
                    (down.len(), distinct(&down)),
                    "{scope}\n{log:#?}\n{run}"
                );
            }
            let ran = |scope: &str| behind(&log, &format!("ran {scope} "));
            assert_eq!(ran("worker").len(), 12, "{run}");
            assert_eq!(behind(&log, "up test ").len(), 12, "{run}");
            assert_eq!(behind(&log, "up run ").len(), 1, "{run}");
            // No value is made that no test has: one a worker that had any of them, and two modules each at most. A
            // forked test is alone in its worker; what was made before the fork is a server's.
            let (worker, module) = if isolation == FORK { (12, 12) } else { (workers, 2 * workers) };
            for (scope, most) in [("worker", worker), ("module", module), ("fork", workers), ("run", 1)] {
                let up = behind(&log, &format!("up {scope} "));
                assert_eq!(distinct(&up), distinct(&ran(scope)), "{scope}\n{log:#?}\n{run}");
                assert!((1..=most).contains(&up.len()), "{scope}\n{log:#?}\n{run}");
            }
        }
    }
}

/// Whatever worker asks, it is one owner who answers, and goes on while tests run.
#[test]
fn the_run_s_fixture_has_one_owner() {
    for isolation in ISOLATIONS {
        let (run, log) = run(&["owner::", "--test-threads=2"], isolation);
        run.ends_with(0);
        let mut numbers: Vec<u32> =
            behind(&log, "number ").iter().map(|number| number.parse().expect("a number")).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8], "{isolation}\n{run}");
    }
}

/// Trials go to the worker that keeps what they need; another one makes it again only where it has nothing else to do.
#[test]
fn a_worker_s_fixture_draws_its_tests_there() {
    for isolation in ["--isolation=process", "--isolation=thread"] {
        let (run, log) = run(&["near::", "--test-threads=2", "--history=none", "--order=plan"], isolation);
        run.ends_with(0);
        assert_eq!(verdict_of_each(&run.stdout).len(), 60, "{run}");
        let made = behind(&log, "up costly ").len();
        // Whoever took them as they come would make each value in both workers: 12.
        assert!((6..=10).contains(&made), "{made}\n{log:#?}\n{run}");
    }
}

/// One trial for each combination of what the test takes, itself or through others; each listed, and run by its name.
#[test]
fn a_test_runs_once_for_each_value_of_its_fixtures() {
    let listed =
        Launch::new(executable("fixtures", "fixtures")).args(["--list", "--format=terse", "values::"]).run();
    let names: Vec<&str> = listed.stdout.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    assert_eq!(names.len(), 2 + 2 * 2 * 4 + 1 + 2 * 2, "{listed}");
    for name in [
        "values::takes_one::size_1",
        "values::takes_one::size_20",
        "values::takes_all::first::m_3::size_20::name_plain::on_true",
        "values::takes_all::first::m_4::size_1::name_value_2::on_false",
        "values::takes_none",
        "values::unasked::takes_it::word_safe",
        "values::unasked::does_not_look::word_fast",
    ] {
        assert!(names.contains(&name), "{name}\n{listed}");
    }
    for isolation in ISOLATIONS {
        let (run, log) = run(&["values::", "--test-threads=2"], isolation);
        run.ends_with(0);
        assert_eq!(verdict_of_each(&run.stdout).len(), names.len(), "{run}");
        assert_eq!(distinct(&behind(&log, "one ")), BTreeSet::from(["1", "20"]), "{run}");
        let all = behind(&log, "all ");
        let combinations =
            distinct(&all.iter().map(|line| line.split_once(' ').expect("a serial").1).collect::<Vec<_>>())
                .len();
        assert_eq!((all.len(), combinations), (16, 16), "{all:#?}\n{run}");
        // The values of what they do not have do not multiply them: one a worker, and size.
        let stores = behind(&log, "up store ").len();
        assert_eq!(stores, behind(&log, "down store ").len(), "{run}");
        assert!(if isolation == FORK { stores == 16 } else { (2..=4).contains(&stores) }, "{stores}\n{run}");
        let mut modes = behind(&log, "mode ");
        modes.sort_unstable();
        assert_eq!(modes, ["fast", "safe"], "{run}");
        assert_eq!(distinct(&behind(&log, "found ")), BTreeSet::from(["fast", "safe"]), "{run}");
    }
    let alone = |name: &str| {
        let launch = Launch::new(executable("fixtures", "fixtures")).args([name, "--exact", "--nocapture"]);
        finish(launch.env("NEXTEST", "1"))
    };
    let (run, log) = alone("values::takes_all::first::m_4::size_20::name_value_2::on_true");
    run.ends_with(0);
    assert!(behind(&log, "all ")[0].ends_with(" 20 with space true 4"), "{log:?}\n{run}");
}

/// What was made last goes first: of a test, of a worker, and in the end of the run.
#[test]
fn values_go_in_the_reverse_order() {
    for isolation in ISOLATIONS {
        let (run, log) = run(&["scopes::first::a", "names::of_both", "--test-threads=1"], isolation);
        run.ends_with(0);
        let order: Vec<&str> = log
            .iter()
            .filter(|line| line.starts_with("up ") || line.starts_with("down "))
            .map(|line| line.rsplit_once(' ').map_or(line.as_str(), |(head, _)| head))
            .collect();
        let names: Vec<&str> =
            order.iter().copied().filter(|line| line.ends_with("er") && !line.contains("work")).collect();
        assert_eq!(names, ["up lower", "up upper", "down upper", "down lower"], "{run}");
        let scopes: Vec<&str> = order.into_iter().filter(|line| !names.contains(line)).collect();
        let ups = match isolation {
            FORK => ["up run", "up fork", "up test", "up worker", "up module"],
            _ => ["up test", "up run", "up fork", "up worker", "up module"],
        };
        let downs = ["down test", "down module", "down worker", "down fork", "down run"];
        assert_eq!(scopes, [ups, downs].concat(), "{run}");
    }
}

/// By type, by name where two give one type, and unasked; and taken away where the test fails.
#[test]
fn parameters_are_matched() {
    for isolation in ISOLATIONS {
        let (run, log) = run(&["names::", "--test-threads=1"], isolation);
        run.ends_with(101);
        for (name, verdict) in verdict_of_each(&run.stdout) {
            assert_eq!(verdict, if name == "names::panics" { "FAILED" } else { "ok" }, "{name}\n{run}");
        }
        assert_eq!(log.iter().filter(|line| *line == "around").count(), 4, "{run}");
        assert_eq!(behind(&log, "up upper ").len(), 2, "{run}");
        assert_eq!(distinct(&behind(&log, "up ")), distinct(&behind(&log, "down ")), "{run}");
    }
}

/// Modules may each have a fixture of one type and name: a test means its own, or that of the nearest module around it.
#[test]
fn modules_have_their_own_fixtures_of_one_name() {
    for isolation in ISOLATIONS {
        let (run, _) = run(&["nearest::"], isolation);
        run.ends_with(0);
        assert_eq!(verdict_of_each(&run.stdout).len(), 4, "{run}");
    }
}

/// Every test that depends on it fails, with its words, and it is not tried again.
#[test]
fn a_set_up_that_fails_fails_its_tests() {
    let words = [
        ("errs", "returned an error: \"no disk\""),
        ("panics", "on the floor"),
        ("hangs", "did not end within 50ms"),
    ];
    for isolation in ISOLATIONS {
        let (run, log) = run(&["set_up::", "--skip=outlasts", "--test-threads=1"], isolation);
        run.ends_with(101);
        assert!(!log.contains(&"body".to_owned()), "{run}");
        let told = verdict_of_each(&run.stdout);
        for scope in ["test", "worker", "fork", "run"] {
            for (how, words) in words {
                let module = format!("set_up::{how}_in_{scope}");
                for test in ["a", "b"] {
                    assert_eq!(told[&format!("{module}::{test}")], "FAILED", "{run}");
                }
                let named = format!("the set-up of the fixture {module}::never (");
                let said = run
                    .stdout
                    .split(&named)
                    .skip(1)
                    .filter(|rest| rest.split("----").next().unwrap_or(rest).contains(words));
                assert_eq!(said.count(), 2, "{module}\n{run}");
                let begun = behind(&log, &format!("begin {how}_in_{scope}")).len();
                let alone = scope == "test" || (scope == "worker" && isolation == FORK);
                assert_eq!(begun, if alone { 2 } else { 1 }, "{module}\n{run}");
            }
            for test in ["a", "b"] {
                let verdict = &told[&format!("set_up::skips_in_{scope}::{test}")];
                assert_eq!(verdict, "ignored, no server here", "{run}");
            }
        }
    }
}

/// Without a limit of its own the test's holds, and what it waited for is named.
#[test]
fn a_set_up_that_outlasts_its_test_is_named() {
    for isolation in [ISOLATIONS[0], FORK] {
        for how in ["worker", "fork", "test", "plain_code"] {
            let module = format!("set_up::outlasts_in_{how}");
            let (run, _) = run(&[&module, "--grace=400ms"], isolation);
            run.ends_with(101);
            assert!(run.stdout.contains("FAILED (timed out after 300ms)"), "{module} {isolation}\n{run}");
            let named = format!("waiting for the set-up of the fixture {module}::slow (");
            assert!(run.stdout.contains(&named), "{module} {isolation}\n{run}");
            // The one that comes after it, in another worker where this one hangs.
            assert_eq!(
                verdict_of_each(&run.stdout)[&format!("{module}::without")],
                "ok",
                "{isolation}\n{run}"
            );
        }
    }
}

/// What a crash took along is made again for the next worker; what lives elsewhere is not.
#[test]
fn a_worker_that_is_killed_takes_its_own_fixtures_along() {
    let args = ["stopped::a_kills", "stopped::b_comes", "--ignored", "--test-threads=1"];
    let (run, log) = run(&args, ISOLATIONS[0]);
    run.ends_with(101);
    let told = verdict_of_each(&run.stdout);
    assert!(told["stopped::a_kills_its_worker"].starts_with("FAILED"), "{run}");
    assert_eq!(told["stopped::b_comes_after"], "ok", "{run}");
    let count = |words: &str| behind(&log, words).len();
    assert_eq!((count("up wide"), count("down wide")), (2, 1), "{run}");
    assert_eq!((count("up all"), count("down all")), (1, 1), "{run}");
}

/// Sockets, files and threads are refused, with a word on where they belong; tests that have nothing of it go on.
#[test]
fn what_a_fork_cannot_copy_is_refused() {
    let left = [
        ("a_socket", "socket:["),
        ("a_file", "descriptors behind: /"),
        ("a_thread", "threads behind: stays"),
    ];
    for (module, words) in left {
        let (run, log) = run(&[&format!("copied::{module}::"), "--test-threads=1"], FORK);
        run.ends_with(101);
        let told = verdict_of_each(&run.stdout);
        for (test, verdict) in [("a", "FAILED"), ("b_has_nothing_of_it", "ok"), ("c", "FAILED")] {
            assert_eq!(told[&format!("copied::{module}::{test}")], verdict, "{run}");
        }
        run.says(words);
        assert!(
            run.stdout.contains("give it the scope `worker`") && run.stdout.contains("or `run`"),
            "{run}"
        );
        // A server that has threads cannot go on; the next one tries once more.
        assert_eq!(log.len(), if module == "a_thread" { 2 } else { 1 }, "{log:?}\n{run}");
    }
    let (run, log) = run(&["copied::a_thread_that_ends", "--test-threads=1"], FORK);
    run.ends_with(0);
    assert_eq!(log.len(), 1, "{run}");
}

/// Threads that were there before its set-up are not said to be its own.
#[test]
fn a_process_that_cannot_be_forked_is_no_fixture_s_fault() {
    let launch = Launch::new(executable("fixtures", "fixtures"));
    let run = launch.args(["copied::a_socket::a", "--exact", FORK]).env("BLACKBOX_EARLY_THREAD", "1").run();
    run.ends_with(101).says("its process cannot be forked: something started threads before the first test");
    run.says("use isolation `process`");
    assert!(!run.stdout.contains("its set-up left"), "{run}");
}

/// The tests that depend on it fail, and none that does not.
#[test]
fn a_set_up_before_a_fork_that_hangs_or_crashes_is_its_tests() {
    let (run, _) = run(&["copied::hangs_in_plain_code", "--test-threads=1"], FORK);
    run.ends_with(101);
    run.says("the set-up of the fixture copied::hangs_in_plain_code::held (");
    run.says("did not end within 50ms");
    let told = verdict_of_each(&run.stdout);
    for (test, verdict) in [("a", "FAILED"), ("b_has_nothing_of_it", "ok"), ("c", "FAILED")] {
        assert_eq!(told[&format!("copied::hangs_in_plain_code::{test}")], verdict, "{run}");
    }
    for isolation in [ISOLATIONS[0], FORK] {
        let launch = Launch::new(executable("fixtures", "fixtures")).env("FIXTURE_ENDS", "1");
        let (run, log) = finish(launch.args(["copied::ends_its_process", "--test-threads=1", isolation]));
        run.ends_with(101);
        let told = verdict_of_each(&run.stdout);
        run.says("waiting for the set-up of the fixture copied::ends_its_process::held (");
        for (test, verdict) in [
            ("a", "FAILED (signal 6, SIGABRT)"),
            ("b_has_nothing_of_it", "ok"),
            ("c", "FAILED (signal 6, SIGABRT)"),
        ] {
            assert_eq!(told[&format!("copied::ends_its_process::{test}")], verdict, "{isolation}\n{run}");
        }
        assert_eq!(log.len(), 2, "{run}");
    }
}

/// Each test has a copy of its own, larger than a page and grown by it.
#[test]
fn what_a_test_does_to_a_copy_no_other_sees() {
    let (run, _) = run(&["copied::changed"], FORK);
    run.ends_with(0);
    let (run, _) = self::run(&["copied::changed", "--test-threads=1"], ISOLATIONS[0]);
    run.ends_with(101);
    assert!(run.stdout.contains("another test was here"), "{run}");
}

/// What is made once a worker costs more there, and that is said.
#[test]
fn forks_that_make_a_worker_s_fixtures_are_told_of() {
    let (run, _) = run(&["scopes::first"], FORK);
    run.ends_with(0);
    let note = "note: 6 tests run in forks, where each makes these fixtures for itself: scopes::of_module, scopes::of_worker; ";
    assert!(run.stderr.contains(note), "{run}");
    let (run, _) = self::run(&["scopes::first"], ISOLATIONS[0]);
    assert!(!run.stderr.contains("in forks"), "{run}");
}

/// The test that waited takes the blame, with a word on what for; the next worker makes it again, for the next test.
#[test]
fn a_worker_that_is_killed_while_it_sets_up() {
    for isolation in [ISOLATIONS[0], FORK] {
        for scope in ["test", "worker"] {
            let module = format!("killed::in_{scope}");
            let (run, log) = run(&[&module, "--test-threads=1", "--ignored"], isolation);
            run.ends_with(101);
            let told = verdict_of_each(&run.stdout);
            assert_eq!(told[&format!("{module}::a")], "FAILED (signal 9, SIGKILL)", "{isolation}\n{run}");
            assert_eq!(told[&format!("{module}::b")], "ok", "{isolation}\n{run}");
            run.says(&format!("waiting for the set-up of the fixture {module}::once ("));
            assert_eq!(log, ["killed", "made"], "{isolation}\n{run}");
        }
    }
}

/// One exact trial, as cargo-nextest runs it: all scopes in one process.
#[test]
fn one_trial_alone() {
    let alone = |name: &str| {
        let launch = Launch::new(executable("fixtures", "fixtures")).args([name, "--exact", "--nocapture"]);
        finish(launch.env("NEXTEST", "1"))
    };
    let (run, log) = alone("scopes::second::is_async");
    run.ends_with(0);
    for scope in ["test", "module", "worker", "fork", "run"] {
        assert_eq!(behind(&log, &format!("up {scope} ")).len(), 1, "{scope}\n{run}");
        assert_eq!(behind(&log, &format!("down {scope} ")).len(), 1, "{scope}\n{run}");
    }
    let (run, _) = alone("teardown::errs_in_run::passes");
    run.ends_with(101);
    let (run, _) = alone("set_up::errs_in_run::a");
    run.ends_with(101);
}

/// Nothing runs, and the way to the flaw is told.
#[test]
fn what_cannot_be_made_ends_the_run_before_it_begins() {
    let faults = [
        ("circle", "circle::one -> circle::two -> circle::one"),
        ("missing", "takes `nobodys`, a impossible::missing::Nobodys, and no fixture gives that type"),
        ("other_type", "the fixture other_type::port ("),
        ("several", "name the parameter after the one it means"),
        ("same_name", "same_name::left::place ("),
        ("same_name", "same_name::right::place ("),
        ("narrower", "narrower::broad ("),
        ("for_itself", "take it as `&impossible::for_itself::Many`"),
    ];
    for (module, words) in faults {
        let launch = Launch::new(executable("fixtures", "impossible")).args([module, "is_all_right"]);
        let run = launch.run();
        run.ends_with(101);
        assert!(run.stderr.contains(words) && !run.stdout.contains("running"), "{module}\n{run}");
    }
    // Whoever does not want them is not held up.
    Launch::new(executable("fixtures", "impossible")).args(["is_all_right"]).run().ends_with(0);
}
