//! The command line, where libtest has nothing to compare with; and what else decides a setting.

use std::fs;

use crate::build::executable;
use crate::launch::Launch;
use crate::text::{summary, verdict_of_each};

fn basic() -> Launch {
    Launch::new(executable("basic", "basic"))
}

fn faults() -> Launch {
    Launch::new(executable("faults", "faults"))
}

/// What was wrong, and what was probably meant.
#[test]
fn an_unknown_flag_is_named_and_the_nearest_suggested() {
    for (given, meant) in [
        ("--nocaptur", "--nocapture"),
        ("--isolaton=thread", "--isolation"),
        ("--tets-threads=2", "--test-threads"),
        ("--includ-ignored", "--include-ignored"),
    ] {
        let run = basic().args([given]).run();
        let name = given.split('=').next().expect("a name");
        run.ends_with(101).complains(name).complains(meant);
    }
}

/// What was wrong, and what is allowed.
#[test]
fn a_bad_value_is_named_with_what_is_allowed() {
    for (args, words) in [
        (&["--isolation", "nonsense"][..], &["--isolation", "nonsense", "thread", "process"][..]),
        (&["--format=nonsense"], &["--format", "nonsense", "pretty", "terse", "json"]),
        (&["--color", "nonsense"], &["--color", "nonsense", "auto", "always", "never"]),
        (&["--test-threads=0"], &["--test-threads", "0"]),
        (&["--test-threads=-1"], &["--test-threads", "-1"]),
        (&["--timeout=soon"], &["--timeout", "soon", "s"]),
        (&["--no-tests=maybe"], &["--no-tests", "maybe", "pass", "fail", "warn"]),
        (&["--task-panic=maybe"], &["--task-panic", "maybe", "allow"]),
        (&["--isolation"], &["--isolation"]),
    ] {
        let run = basic().args(args.iter().copied()).run();
        run.ends_with(101);
        for word in words {
            run.complains(word);
        }
        assert_eq!(run.stdout, "", "nothing ran for {args:?}");
    }
}

/// Zero workers would wait for ever.
#[test]
fn no_workers_is_an_error() {
    basic().args(["--test-threads", "0"]).run().ends_with(101).complains("0");
    basic().args(["--workers", "0"]).run().ends_with(101).complains("0");
    basic().env("RUST_TEST_THREADS", "0").run().ends_with(101).complains("RUST_TEST_THREADS");
}

/// The last one wins, where libtest refuses a second one: a script's own flag may follow one from a variable.
#[test]
fn test_threads_given_twice() {
    let run = basic().args(["--test-threads=2", "green::adds", "--test-threads", "1"]).run();
    run.ends_with(0);
    assert_eq!(summary(&run.stdout).passed, 2);
}

/// As green as libtest's, but not in silence.
#[test]
fn a_filter_that_matches_nothing() {
    let run = basic().args(["greeen::adds"]).run();
    run.ends_with(0).says("running 0 tests").complains("warning").complains("greeen::adds");
    let run = basic().args(["greeen::adds", "--no-tests=fail"]).run();
    run.ends_with(101).complains("greeen::adds");
    let run = basic().args(["greeen::adds", "--no-tests=pass"]).run();
    run.ends_with(0);
    assert_eq!(run.stderr, "", "asked to keep quiet");
    basic().args(["greeen::adds"]).env("REHEARSAL_NO_TESTS", "fail").run().ends_with(101);
}

/// Where another one does match, nobody would see it.
#[test]
fn one_of_several_filters_matches_nothing() {
    let run = basic().args(["green::adds", "greeen::adds"]).run();
    let told = "warning: the filter `greeen::adds` matches none of the ";
    run.ends_with(0).complains(told).complains("did you mean `green::adds`?");
    let run = basic().args(["greeen::adds"]).run();
    run.ends_with(0).complains(", did you mean `green::adds`? `--list` shows all there are\n");
    let run = basic().args(["green::adds", "green::ads", "--exact"]).run();
    run.ends_with(0).complains("the filter `green::ads` matches none of");
    let run = basic().args(["-E", "test(=green::adds)", "-E", "test(greeen)"]).run();
    run.ends_with(0).complains("warning: the expression `test(greeen)` matches none of the ");
    let run = basic().args(["green::adds", "greeen::adds", "--no-tests=pass"]).run();
    assert_eq!(run.ends_with(0).stderr, "", "asked to keep quiet");
}

/// For continuous integration, where nobody reads a warning.
#[test]
fn a_profile_has_filters_that_match_nothing_fail() {
    let run = |args: &[&str]| {
        let launch = basic().args(["greeen::adds"]).args(args.iter().copied());
        fs::write(launch.directory().join("rehearsal.toml"), "[profile.ci]\nno-tests = 'fail'\n")
            .expect("a file");
        launch.run()
    };
    run(&[]).ends_with(0).complains("warning: the filter `greeen::adds` matches none of the ");
    run(&["--profile=ci"]).ends_with(101).complains("error: the filter `greeen::adds` matches none of the ");
}

/// Nothing to warn of where no filter was given, or where it matched.
#[test]
fn no_warning_without_a_cause() {
    assert_eq!(Launch::new(executable("empty", "empty")).run().ends_with(0).stderr, "");
    assert_eq!(basic().args(["green::adds"]).run().ends_with(0).stderr, "");
}

#[test]
fn a_timeout_for_the_run() {
    let run = faults().args(["--ignored", "--exact", "cancel::b_stays", "--timeout=300ms", "--grace=100ms"]);
    fs::write(run.directory().join("started"), "").expect("somewhere to write to");
    let run = run.run();
    run.ends_with(101).says("test cancel::b_stays ... FAILED (timed out after 300ms)");
}

/// Default < file < environment < flag, seen in the length of a timeout.
#[test]
fn file_environment_and_flag() {
    let limit = |file: bool, environment: bool, flag: bool| {
        let mut run = faults().args(["--ignored", "--exact", "cancel::b_stays"]);
        fs::write(run.directory().join("started"), "").expect("somewhere to write to");
        if file {
            fs::write(run.directory().join("rehearsal.toml"), "timeout = \"300ms\"\n")
                .expect("a settings file");
        }
        if environment {
            run = run.env("REHEARSAL_TIMEOUT", "200ms");
        }
        if flag {
            run = run.args(["--timeout", "100ms"]);
        }
        let run = run.run();
        run.ends_with(101);
        verdict_of_each(&run.stdout)["cancel::b_stays"].clone()
    };
    assert_eq!(limit(true, false, false), "FAILED (timed out after 300ms)");
    assert_eq!(limit(true, true, false), "FAILED (timed out after 200ms)");
    assert_eq!(limit(true, true, true), "FAILED (timed out after 100ms)");
}

/// A settings file that cannot be used stops the run instead of being passed over.
#[test]
fn a_bad_settings_file() {
    for (text, words) in [
        ("timeout = \n", &["rehearsal.toml"][..]),
        ("timeuot = \"1s\"\n", &["rehearsal.toml", "timeuot", "timeout"]),
        ("isolation = \"nonsense\"\n", &["rehearsal.toml", "nonsense", "thread", "process"]),
    ] {
        let run = basic();
        fs::write(run.directory().join("rehearsal.toml"), text).expect("a settings file");
        let run = run.args(["green"]).run();
        run.ends_with(101);
        for word in words {
            run.complains(word);
        }
    }
}

/// A bad value in a variable names the variable.
#[test]
fn a_bad_variable() {
    basic().env("REHEARSAL_ISOLATION", "nonsense").run().ends_with(101).complains("REHEARSAL_ISOLATION");
    basic().env("REHEARSAL_TIMEOUT", "soon").run().ends_with(101).complains("REHEARSAL_TIMEOUT");
}

/// The same seed gives the same order; the header tells it.
#[test]
fn shuffle() {
    let order = |seed: &str| {
        let run = basic().args(["green", "--test-threads=1", "--shuffle-seed", seed]).run();
        run.ends_with(0).says(&format!("(shuffle seed: {seed})"));
        crate::text::verdicts(&run.stdout).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(order("1"), order("1"));
    assert!((2..12).any(|seed| order(&seed.to_string()) != order("1")), "ten seeds, one order");
    basic().args(["green", "--shuffle"]).run().ends_with(0).says("(shuffle seed: ");
}

/// Nothing is started after the first failure; what was not run is not called green.
#[test]
fn fail_fast() {
    let run = basic().args(["--fail-fast", "--test-threads=1", "red"]).run();
    run.ends_with(101);
    assert_eq!(summary(&run.stdout).failed, 1, "{run}");
}

#[test]
fn a_run_time_skip_is_ignored_with_its_reason() {
    for isolation in ["process", "thread"] {
        let run = faults().args(["place::skips_itself", "--isolation", isolation]).run();
        run.ends_with(0);
        let told = verdict_of_each(&run.stdout);
        assert_eq!(told["place::skips_itself"], "ignored, no network here");
        assert_eq!(told["place::skips_itself_later"], "ignored, no network either");
        assert_eq!(summary(&run.stdout).ignored, 2);
    }
}

/// Where there cannot be benchmarks, how they are measured is not asked for in vain.
#[test]
fn a_flag_of_benchmarks_without_the_feature_names_it() {
    let flags: [&[&str]; 9] = [
        &["--compare", "main"],
        &["--fail-on-regression", "5%"],
        &["--when-busy=ignore"],
        &["--save-baseline", "main"],
        &["--baseline", "main"],
        &["--load-baseline", "main"],
        &["--sample-size", "50"],
        &["--noplot"],
        &["--quick"],
    ];
    for arguments in flags {
        let run =
            Launch::new(executable("basic", "basic")).args(["--bench"]).args(arguments.iter().copied()).run();
        run.ends_with(101);
        let flag = arguments[0].split('=').next().expect("a flag");
        let told =
            format!("`{flag}` needs the feature `bench` of rehearsal, which this program was built without");
        assert!(run.stderr.contains(&told), "{told}\n{run}");
    }
    // A variable speaks to all programs of a workspace.
    let run = Launch::new(executable("basic", "basic"))
        .env("REHEARSAL_WHEN_BUSY", "ignore")
        .env("REHEARSAL_QUICK", "1")
        .args(["adds"])
        .run();
    run.ends_with(0);
}
