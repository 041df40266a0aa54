//! Trials that fail now and then, are repeated, or are expected to fail.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::{output_of, summary, verdict_of_each};

fn flaky() -> Launch {
    Launch::new(executable("flaky", "flaky"))
}

fn in_each_isolation(filter: &str, check: impl Fn(&str, Finished)) {
    for isolation in ["process", "fork", "thread"] {
        check(isolation, flaky().args([filter, "--test-threads=2", "--isolation", isolation]).run());
    }
}

#[track_caller]
fn told(run: &Finished, expected: &[(&str, &str)]) {
    let told = verdict_of_each(&run.stdout);
    for (name, verdict) in expected {
        assert_eq!(told.get(*name).map(String::as_str), Some(*verdict), "{name}\n{run}");
    }
    assert_eq!(told.len(), expected.len(), "{run}");
}

#[test]
fn what_passes_when_it_is_tried_again_is_flaky_and_green() {
    in_each_isolation("shaky::", |isolation, run| {
        run.ends_with(101);
        told(
            &run,
            &[
                ("shaky::settles_at_once", "ok (flaky: passed on attempt 2)"),
                ("shaky::settles_in_the_end", "ok (flaky: passed on attempt 4)"),
                ("shaky::never_settles", "FAILED"),
                ("shaky::has_no_retries_of_its_own", "FAILED"),
                ("shaky::is_steady", "ok"),
            ],
        );
        // 100 ms, 200 ms, 400 ms.
        assert!(run.elapsed >= Duration::from_millis(700), "{run}");
        run.says("\nflaky:\n    shaky::settles_at_once\n    shaky::settles_in_the_end\n");
        if isolation == "thread" {
            run.says("with thread isolation a retry runs in the same process");
            return;
        }
        // What the attempts before wrote and said is kept, of those that passed in the end and of those that did not.
        let first = output_of(&run.stdout, "shaky::settles_at_once attempt 1").expect("its first attempt");
        assert!(first.contains("this is attempt 1") && first.contains("not yet"), "{first}\n{run}");
        let first = output_of(&run.stdout, "shaky::never_settles attempt 1").expect("its first attempt");
        assert!(first.contains("attempt 1 fails too"), "{first}\n{run}");
        let last = output_of(&run.stdout, "shaky::never_settles").expect("its last attempt");
        assert!(last.contains("attempt 2 fails too"), "{last}\n{run}");
    });
}

#[test]
fn retries_by_flag_and_none_by_flag() {
    let one = || flaky().args(["shaky::has_no_retries_of_its_own", "--retries", "1"]);
    let run = one().run();
    run.ends_with(0).says("ok (flaky: passed on attempt 2)");
    let counted = summary(&run.stdout);
    assert_eq!((counted.passed, counted.failed), (1, 0), "{run}");
    let run = one().args(["--flaky-result", "fail"]).run();
    run.ends_with(101).says("FAILED (flaky: passed on attempt 2)").says("--flaky-result is fail");
    flaky().args(["shaky::settles_at_once"]).env("REHEARSAL_RETRIES", "0").run().ends_with(101);
    flaky().args(["--retry-backoff", "soon"]).run().ends_with(101).complains("100ms..2s");
}

/// An attempt in a new process: not one of those that ran the one before, nor the process of any other trial.
#[test]
fn a_retry_runs_in_a_new_process() {
    for isolation in ["process", "fork"] {
        let launch = flaky().args(["shaky::settles_at_once", "--isolation", isolation, "--show-output"]);
        let noted = launch.directory().join("processes-settles");
        let running = launch.start();
        let processes = wait_for_lines(&noted, 2);
        running.finish().ends_with(0);
        assert_eq!(processes.iter().collect::<BTreeSet<_>>().len(), 2, "{isolation}: {processes:?}");
    }
}

/// Waits until a file, which the run's end takes along, has so many lines.
fn wait_for_lines(path: &Path, count: usize) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if text.lines().count() >= count && text.ends_with('\n') {
            return text.lines().map(str::to_owned).collect();
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("no {count} lines in {}", path.display());
}

#[test]
fn crashes_hangs_and_leaks_are_tried_again_too() {
    for isolation in ["process", "fork"] {
        let run =
            flaky().args(["bad::", "--grace=200ms", "--test-threads=2", "--isolation", isolation]).run();
        run.ends_with(101);
        let again = "ok (flaky: passed on attempt 2)";
        told(
            &run,
            &[
                ("bad::a_before", "ok"),
                ("bad::aborts_once", again),
                ("bad::exits_once", again),
                ("bad::hangs_once", again),
                ("bad::hangs_twice", "FAILED (timed out after 500ms)"),
                ("bad::leaks_once", again),
                ("bad::leaves_a_child_and_fails", again),
                ("bad::segfaults_twice", "ok (flaky: passed on attempt 3)"),
                ("bad::skips_after_a_failure", "FAILED"),
                ("bad::takes_its_time_twice", "ignored"),
                ("bad::z_after", "ok"),
            ],
        );
        for attempt in ["bad::segfaults_twice attempt 1", "bad::segfaults_twice attempt 2"] {
            let shown = output_of(&run.stdout, attempt).expect("an attempt");
            assert!(shown.contains("before the end") && shown.contains("SIGSEGV"), "{shown}\n{run}");
        }
        let hung = output_of(&run.stdout, "bad::hangs_twice attempt 1").expect("an attempt");
        assert!(hung.contains("timed out after 500ms"), "{hung}\n{run}");
        run.says("attempt 2 was skipped: had enough");
    }
}

/// Thread isolation has no cure for a hang, and yet the next attempt is made beside it.
#[test]
fn a_stuck_thread_is_left_behind_and_tried_again() {
    let run = flaky().args(["bad::hangs_once", "--isolation=thread"]).run();
    run.ends_with(0).says("test bad::hangs_once ... ok (flaky: passed on attempt 2)");
    run.says("its thread cannot be stopped and still runs");
}

#[test]
fn a_failure_that_is_expected_is_green_and_a_pass_that_is_not_is_red() {
    let expected = "ok (failed as expected: the list of bugs has it)";
    for isolation in ["process", "fork"] {
        let run = flaky().args(["known::", "--grace=200ms", "--isolation", isolation]).run();
        run.ends_with(101);
        told(
            &run,
            &[
                ("known::fails", expected),
                ("known::hangs", expected),
                ("known::is_mended", "FAILED (passed, and was expected to fail: the list of bugs has it)"),
                ("known::segfaults", expected),
                ("known::skips", "ignored, not here"),
                ("known::halves::even", "ok"),
                ("known::halves::odd", "ok (failed as expected: odd numbers are not done yet)"),
            ],
        );
        run.says("remove its `xfail`");
        let counted = summary(&run.stdout);
        assert_eq!((counted.passed, counted.failed, counted.ignored), (5, 1, 1), "{run}");
    }
    let run = flaky().args(["known::", "--isolation=thread", "--skip=is_mended", "--skip=segfaults"]).run();
    run.ends_with(0);
}

/// libtest has no word for any of this: it is told as `ok` or `failed`, an event a trial.
#[test]
fn in_json_it_is_plain_ok_and_failed() {
    let run =
        flaky().args(["shaky::settles_at_once", "known::fails", "known::is_mended", "--format=json"]).run();
    run.ends_with(101);
    for line in [
        r#"{ "type": "test", "name": "known::fails", "event": "ok" }"#,
        r#"{ "type": "test", "name": "shaky::settles_at_once", "event": "ok" }"#,
        r#"{ "type": "test", "name": "known::is_mended", "event": "failed", "#,
        r#""event": "failed", "passed": 2, "failed": 1, "#,
    ] {
        run.says(line);
    }
    assert_eq!(run.stdout.matches(r#""event": "started", "name""#).count(), 3, "{run}");
}

/// What needs a new process, or a failure to be expected, runs in a worker under cargo-nextest too, and ends the same.
#[test]
fn one_exact_trial_under_nextest_ends_the_same() {
    let one = |name: &str| flaky().args(["--exact", name, "--nocapture"]).env("NEXTEST", "1").run();
    one("shaky::settles_at_once").ends_with(0);
    one("shaky::never_settles").ends_with(101);
    one("bad::segfaults_twice").ends_with(0);
    one("known::segfaults").ends_with(0);
    one("known::is_mended").ends_with(101);
}

/// Two workers, one trial: both run it, and each run that failed has its number.
#[test]
fn repetitions_run_on_all_workers_and_are_numbered() {
    in_each_isolation("stress::every_seventh_fails", |_, run| {
        run.ends_with(0);
    });
    for isolation in ["process", "fork"] {
        let launch =
            flaky().args(["stress::every_seventh", "stress::passes", "--repeat", "50", "--test-threads=2"]);
        let run = launch.args(["--isolation", isolation]).run();
        run.ends_with(101);
        let told = verdict_of_each(&run.stdout);
        assert_eq!(told.len(), 2, "one line a trial\n{run}");
        let failed = &told["stress::every_seventh_fails"];
        // Two that count at once may get one number: fewer or more than 7 of 50 then.
        assert!(failed.starts_with("FAILED (") && failed.contains(" of 50 repetitions failed, "), "{run}");
        assert!(told["stress::passes"].starts_with("ok (50 repetitions, "), "{run}");
        let title = run.stdout.lines().find(|line| line.starts_with("---- stress::every_seventh_fails#"));
        let title = title.and_then(|title| title.strip_prefix("---- ")?.strip_suffix(" stdout ----"));
        let shown = output_of(&run.stdout, title.expect("a block for it")).expect("its output");
        assert!(shown.contains("a seventh one") && shown.contains("this is run "), "{shown}\n{run}");
    }
}

/// The first repetition waits for one in another process.
#[test]
fn repetitions_run_at_the_same_time() {
    let run = flaky().args(["stress::meets_another", "--repeat", "4", "--test-threads=2"]).run();
    run.ends_with(0).says("test stress::meets_another ... ok (4 repetitions, ");
}

#[test]
fn until_failure_ends_with_the_first_one() {
    for isolation in ["process", "fork", "thread"] {
        let launch =
            flaky().args(["stress::every_seventh", "stress::passes", "--until-failure", "--test-threads=1"]);
        let run = launch.args(["--isolation", isolation]).run();
        run.ends_with(101);
        let told = verdict_of_each(&run.stdout);
        let failed = &told["stress::every_seventh_fails"];
        assert!(failed.starts_with("FAILED (1 of 7 repetitions failed, "), "{run}");
        assert!(told["stress::passes"].starts_with("ok ("), "{run}");
        run.says("---- stress::every_seventh_fails#7 stdout ----");
    }
    let run = flaky().args(["stress::passes", "--until-failure", "--repeat", "30"]).run();
    run.ends_with(0).says("ok (30 repetitions, ");
}

#[test]
fn a_crash_among_repetitions_is_that_repetitions() {
    let run = flaky().args(["stress::segfaults_in", "--repeat", "20", "--test-threads=1"]).run();
    run.ends_with(101);
    let told = verdict_of_each(&run.stdout);
    let failed = &told["stress::segfaults_in_the_fifth_run"];
    assert!(failed.starts_with("FAILED (1 of 20 repetitions failed, "), "{run}");
    let shown = output_of(&run.stdout, "stress::segfaults_in_the_fifth_run#5").expect("its output");
    assert!(shown.contains("SIGSEGV"), "{run}");
}

#[test]
fn ctrl_c_ends_repetitions_with_what_was_found() {
    let launch = flaky().args(["stress::passes", "--until-failure", "--test-threads=2"]);
    let count = launch.directory().join("count-passes");
    let running = launch.start();
    while std::fs::metadata(&count).map_or(0, |count| count.len()) < 100 {
        std::thread::sleep(Duration::from_millis(5));
    }
    running.signal("INT");
    let run = running.finish();
    run.ends_with(130);
    let told = verdict_of_each(&run.stdout);
    assert!(told["stress::passes"].starts_with("ok ("), "{run}");
}

#[test]
fn max_fail_ends_the_run_at_that_many() {
    let run = flaky().args(["a0", "c0", "known::is_mended", "shaky::", "--retries=0", "--max-fail=2"]);
    let run = run.args(["--test-threads=1"]).run();
    run.ends_with(101);
    let failed = verdict_of_each(&run.stdout).into_values().filter(|verdict| verdict.starts_with("FAILED"));
    assert_eq!(failed.count(), 2, "{run}");
    run.says("2 trials have failed, and --max-fail allows no more");
}

/// It fails behind the one that left something, passes in a new process, and that is what is said of it.
#[test]
fn what_fails_behind_others_and_passes_in_a_new_worker_is_named_so() {
    let run = flaky().args(["order::", "--test-threads=1"]).run();
    run.ends_with(0).says("test order::y_victim ... ok (flaky: passed on attempt 2)");
    run.says("it may depend on what runs before it; `--bisect order::y_victim` finds out");
    run.says("the trial before it in its worker was order::e03");
    // In forks nobody was there before.
    let run = flaky().args(["order::", "--test-threads=1", "--isolation=fork"]).run();
    run.ends_with(0).says("test order::y_victim ... ok\n");
}

/// What was repeated or tried again is kept between runs like all else, and by the trial's own name.
#[test]
fn repetitions_and_retries_are_noted_for_later_runs() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("noted-{}", std::process::id()));
    let kept = || std::fs::read_to_string(place.join("flaky-flaky.history")).expect("a history");
    let launch = |args: &[&str]| {
        let launch = flaky().args(args.iter().copied()).args(["--history"]);
        launch.args([place.to_str().expect("text")])
    };
    launch(&["stress::every_seventh", "--repeat", "30", "--test-threads=2"]).run().ends_with(101);
    assert!(kept().contains("F stress::every_seventh_fails\n"), "{}", kept());
    launch(&["order::", "--test-threads=1"]).run().ends_with(0);
    assert!(kept().contains("~ order::y_victim\n") && kept().contains("- order::b_pollutes\n"), "{}", kept());
    let _ = std::fs::remove_dir_all(place);
}
