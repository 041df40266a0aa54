//! `rehearsal.toml` from outside: profiles, overrides, named tables, and what is shown of all that.

use std::fs;

use crate::launch::Launch;
use crate::select::selected;
use crate::text::verdict_of_each;

/// A run in a directory with this settings file.
fn with_file(text: &str) -> Launch {
    let launch = selected();
    fs::write(launch.directory().join("rehearsal.toml"), text).expect("a settings file");
    launch
}

/// Seen in how long a test may hang.
#[test]
fn a_profile_is_chosen_by_flag_or_variable_and_begins_with_the_default_one() {
    const FILE: &str = "timeout = '700ms'\n\
                        [profile.default]\ngrace = '50ms'\ntimeout = '600ms'\n\
                        [profile.ci]\ntimeout = '300ms'\n";
    let limit = |args: &[&str], variable: Option<&str>| {
        let mut launch = with_file(FILE).args(["--ignored", "--exact", "hangs"]).args(args.iter().copied());
        if let Some(profile) = variable {
            launch = launch.env("REHEARSAL_PROFILE", profile);
        }
        let run = launch.run();
        run.ends_with(101);
        verdict_of_each(&run.stdout)["hangs"].clone()
    };
    assert_eq!(limit(&[], None), "FAILED (timed out after 600ms)");
    assert_eq!(limit(&["--profile", "ci"], None), "FAILED (timed out after 300ms)");
    assert_eq!(limit(&[], Some("ci")), "FAILED (timed out after 300ms)");
    assert_eq!(limit(&["--profile=default"], Some("ci")), "FAILED (timed out after 600ms)");
    assert_eq!(limit(&["--timeout=200ms"], Some("ci")), "FAILED (timed out after 200ms)");
}

#[test]
fn a_profile_that_is_not_there_stops_the_run() {
    let run = with_file("[profile.ci]\n[profile.nightly]\n").args(["--profile", "nigthly"]).run();
    run.ends_with(101)
        .complains("error: `--profile nigthly`: there is no such profile in ")
        .complains("rehearsal.toml, did you mean `nightly`?; allowed: ci, default, nightly");
    assert_eq!(run.stdout, "");
    selected().env("REHEARSAL_PROFILE", "ci").run().ends_with(101).complains("there is no rehearsal.toml");
}

/// A trial's own limit, too, gives way to what is written for it.
#[test]
fn an_override_sets_the_limit_of_what_its_filter_chooses() {
    const FILE: &str = "grace = '50ms'\ntimeout = '10m'\n\
                        [[override]]\nfilter = 'test(=hangs_briefly)'\ntimeout = '300ms'\n\
                        [[override]]\nfilter = 'tag(hangs)'\ntimeout = '400ms'\n\
                        [[profile.ci.override]]\nfilter = 'tag(hangs) and not test(briefly)'\ntimeout = '500ms'\n";
    let limits = |args: &[&str]| {
        let run = with_file(FILE).args(["--ignored", "hangs"]).args(args.iter().copied()).run();
        run.ends_with(101);
        let told = verdict_of_each(&run.stdout);
        [told["hangs"].clone(), told["hangs_briefly"].clone()]
    };
    let after = |limit: &str| format!("FAILED (timed out after {limit})");
    assert_eq!(limits(&[]), [after("400ms"), after("300ms")], "the first that is about it");
    assert_eq!(limits(&["--profile=ci"]), [after("500ms"), after("300ms")], "the profile's go first");
}

/// Tests that share nothing but a group given in the file run one at a time; with a limit of two, two do.
#[test]
fn an_override_sets_group_isolation_weight_and_exclusive() {
    const OVERRIDE: &str = "[[override]]\nfilter = 'tag(meets)'\n";
    let most_at_once = |settings: &str, expected: &str| {
        let launch = with_file(&format!("workers = 4\n{OVERRIDE}{settings}\n"));
        let launch = launch.args(["--ignored", "-E", "tag(meets)", "--show-output"]);
        let run = launch.env("EXPECTED", expected).run();
        run.ends_with(0).says("4 passed");
        let seen = run.stdout.lines().filter_map(|line| line.strip_prefix("at once: "));
        seen.map(|count| count.parse::<usize>().expect("a number")).max().expect("somebody told")
    };
    assert_eq!(most_at_once("", "4"), 4);
    assert_eq!(most_at_once("group = 'door'", "1"), 1);
    assert_eq!(most_at_once("group = 'door'\n[group.door]\nlimit = 2", "2"), 2);
    assert_eq!(most_at_once("exclusive = true", "1"), 1);
    assert_eq!(most_at_once("weight = 2", "2"), 2);

    let run_with = |settings: &str| with_file(settings).args(["-E", "tag(pid)", "--show-output"]).run();
    let run = run_with("[[override]]\nfilter = 'tag(pid)'\nisolation = 'thread'\n");
    run.ends_with(0).says(&format!("it is process {}\n", run.pid));
    let run = run_with("[[override]]\nfilter = 'tag(db)'\nisolation = 'thread'\n");
    run.ends_with(0).says("it is process ");
    assert!(!run.stdout.contains(&format!("it is process {}\n", run.pid)), "a worker's\n{run}");
}

#[test]
fn an_override_says_when_a_test_is_slow() {
    const FILE: &str = "grace = '50ms'\ntimeout = '600ms'\nslow = 'none'\n\
                        [[override]]\nfilter = 'test(=hangs)'\nslow = '200ms'\n";
    let run = with_file(FILE).args(["--ignored", "hangs"]).run();
    run.ends_with(101).says("test hangs has been running for over 200ms");
    assert!(!run.stdout.contains("test hangs_briefly has been running"), "{run}");
}

#[test]
fn an_override_has_a_test_tried_again() {
    let run = |settings: &str| {
        let file = format!("retries = 1\n[[override]]\nfilter = 'test(=moody::a)'\n{settings}\n");
        let run = with_file(&file).args(["moody", "--history", "none"]).env("FAIL", "ab").run();
        run.ends_with(101).says("2 failed");
        ["a", "b"].map(|name| run.stdout.matches(&format!("---- moody::{name} attempt ")).count())
    };
    assert_eq!(run("retries = 3"), [3, 1], "attempts before the last one");
    assert_eq!(run("retries = 0"), [0, 1]);
    assert_eq!(run(""), [1, 1]);
}

/// Stronger than what the test's own attribute says, wherever it runs.
#[test]
fn an_override_says_how_a_test_is_judged() {
    const FILE: &str = "[[override]]\nfilter = 'test(=judged::beside)'\ntask-panic = 'allow'\n\
                        [[override]]\nfilter = 'test(=judged::beside_and_may)'\ntask_panic = 'fail'\n\
                        [[override]]\nfilter = 'test(=judged::leaves)'\nleaks = 'allow'\n\
                        [[override]]\nfilter = 'test(=judged::leaves_and_may)'\nleaks = 'fail'\n\
                        [[override]]\nfilter = 'test(not_done)'\nxfail = 'later'\n";
    const NAMES: [&str; 5] = ["beside", "beside_and_may", "leaves", "leaves_and_may", "is_not_done"];
    let told = |launch: Launch| {
        let run = launch.args(["--include-ignored", "judged::"]).run();
        run.ends_with(101);
        let verdicts = verdict_of_each(&run.stdout);
        NAMES.map(|name| verdicts[&format!("judged::{name}")].clone())
    };
    assert_eq!(told(selected()), ["FAILED", "ok", "FAILED (leaked 1 task)", "ok", "FAILED"], "by themselves");
    let expected = ["ok", "FAILED", "ok", "FAILED (leaked 1 task)", "ok (failed as expected: later)"];
    for isolation in ["process", "fork", "thread"] {
        assert_eq!(told(with_file(FILE).args(["--isolation", isolation])), expected, "{isolation}");
    }
    // One process a test, as cargo-nextest has it.
    for (name, expected) in NAMES.into_iter().zip(expected) {
        let name = format!("judged::{name}");
        let one =
            with_file(FILE).env("NEXTEST", "1").args(["--exact", &name, "--include-ignored", "--nocapture"]);
        let run = one.run();
        assert_eq!(verdict_of_each(&run.stdout)[&name], expected, "{run}");
        run.ends_with(if expected.starts_with("ok") { 0 } else { 101 });
    }
}

#[test]
fn an_override_says_how_long_is_waited_before_a_test_is_tried_again() {
    const FILE: &str =
        "[[override]]\nfilter = 'test(=pauses)'\nretry-backoff = '300ms..600ms'\nretries = 2\n";
    let run = with_file(FILE).args(["--ignored", "pauses"]).run();
    run.ends_with(101);
    let began = run.stdout.lines().filter_map(|line| line.strip_prefix("began at ")?.strip_suffix(" ms"));
    let began: Vec<u64> = began.map(|ms| ms.parse().expect("a number")).collect();
    let [first, second, third] = began[..] else { panic!("three attempts: {began:?}\n{run}") };
    assert!(second - first >= 300 && third - second >= 600, "{began:?}");
    with_file("[[override]]\nfilter = 'all()'\nretry-backoff = 'soon'\n")
        .run()
        .ends_with(101)
        .complains("rehearsal.toml:3:17: `override.retry-backoff` = `soon`: not a pause; allowed: ")
        .complains("100ms..2s");
}

/// Mistyped, it would be passed over in silence. One of the file may be for another suite's group.
#[test]
fn a_limit_for_a_group_that_no_test_is_in_is_told() {
    let limit = |group: &str| selected().args(["--group-limit", group, "plain"]).run();
    limit("dbs=2")
        .ends_with(0)
        .complains("warning: --group-limit: no test is in a group `dbs`, did you mean `db`?");
    limit("elsewhere=2").complains("warning: --group-limit: no test is in a group `elsewhere`\n");
    assert_eq!(limit("db=2").stderr, "");
    let of_file = |text: &str| with_file(text).args(["plain"]).run().ends_with(0).stderr.clone();
    let told = of_file("[group.dbs]\nlimit = 2\n");
    assert!(
        told.contains(
            "rehearsal.toml:2:9: `group.dbs.limit`: no test is in a group `dbs`, did you mean `db`?"
        )
    );
    assert_eq!(of_file("[group.elsewhere]\nlimit = 2\n"), "");
    let ruled = "[group.door]\nlimit = 2\n[[override]]\nfilter = 'tag(meets)'\ngroup = 'door'\n";
    assert_eq!(of_file(ruled), "", "an override puts some into it");
}

/// What is wrong is told with file, line, column and key, in whichever profile it stands, and nothing runs.
#[test]
fn a_bad_file_is_told_with_its_place() {
    for (text, told) in [
        (
            "timeuot = '1s'\n",
            "rehearsal.toml:1:1: unknown key `timeuot`, did you mean `timeout`?; known keys: actor-tree, ",
        ),
        (
            "[profile.ci]\nworkers = 'two'\n",
            "rehearsal.toml:2:11: `profile.ci.workers` = `two`: not a whole number",
        ),
        (
            "\n[[override]]\nfilter = 'all()'\nworkers = 2\n",
            "rehearsal.toml:4:1: `workers` cannot be set here; it stands at the top",
        ),
        (
            "[[override]]\nfilter = 'all()'\ntimeuot = '1s'\n",
            "rehearsal.toml:3:1: unknown key `timeuot`, did you mean `timeout`?; known keys: exclusive, filter, group, ",
        ),
        ("weight = 2\n", "rehearsal.toml:1:1: `weight` cannot be set here; it stands in an `[[override]]`"),
        ("[[override]]\ntimeout = '1s'\n", "rehearsal.toml:1:1: `override` = `{…}`: it has no `filter`"),
        (
            "[[override]]\nfilter = 'tag(db) adn all()'\n",
            "rehearsal.toml:2:10: `override.filter`: expected `and`, `or` or the end, found `adn`, did you mean `and`?\n  \
             tag(db) adn all()\n          ^^^\n",
        ),
        (
            "[group.db]\nlimit = 0\n",
            "rehearsal.toml:2:9: `group.db.limit` = `0`: too small; allowed: a whole number of at least 1",
        ),
        (
            "[group]\ndb = 3\n",
            "rehearsal.toml:2:6: `group.db` = `3`: an integer does not fit; allowed: a table of settings",
        ),
        ("timeout = [1]\n", "rehearsal.toml:1:11: `timeout` = `[…]`: an array does not fit"),
    ] {
        let run = with_file(text).run();
        run.ends_with(101).complains(told);
        assert_eq!(run.stdout, "", "nothing ran\n{text}");
    }
}

#[test]
fn what_is_shown_names_where_each_value_comes_from() {
    const FILE: &str = "slow = '9s'\n[profile.ci]\ntimeout = '30s'\n[group.db]\nlimit = 3\n\
                        [[override]]\nfilter = 'tag(db)'\ntimeout = '2m'\nweight = 2\n\
                        task-panic = 'allow'\nleaks = 'fail'\nretry-backoff = '1s..2s'\nxfail = 'not yet'\n";
    let launch = with_file(FILE).args(["--show-config", "--profile", "ci", "--shard", "1/2"]);
    let path = launch.directory().join("rehearsal.toml").display().to_string();
    let run = launch.env("REHEARSAL_WORKERS", "3").run();
    run.ends_with(0).says(&format!("# settings file: {path}\n"));
    for (value, from) in [
        ("workers = 3", "variable REHEARSAL_WORKERS"),
        ("timeout = \"30s\"", "rehearsal.toml:3:11, profile ci"),
        ("slow = \"9s\"", "rehearsal.toml:1:8"),
        ("grace = \"500ms\"", "default"),
        ("# profile = \"ci\"", "flag --profile"),
        ("# shard = \"1/2\"", "flag --shard"),
        ("limit = 3", "rehearsal.toml:5:9"),
        ("filter = \"tag(db)\"", "rehearsal.toml:7:10"),
        ("weight = 2", "rehearsal.toml:9:10"),
        ("task-panic = \"allow\"", "rehearsal.toml:10:14"),
        ("leaks = \"fail\"", "rehearsal.toml:11:9"),
        ("retry-backoff = \"1s..2s\"", "rehearsal.toml:12:17"),
        ("xfail = \"not yet\"", "rehearsal.toml:13:9"),
    ] {
        run.says(&format!("{value:<40} # {from}\n"));
    }
    run.says("# isolation is not set\n").says("\n[group.db]\n").says("\n[[override]]\n");
    assert_eq!(run.stderr, "");

    // What is shown is a settings file: shown again, the same values come from there.
    let again = with_file(&run.stdout).args(["--show-config"]).run();
    again.ends_with(0);
    let values = |shown: &str| {
        let lines = shown.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.split(" # ").next().unwrap_or_default().trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(values(&run.stdout), values(&again.stdout));

    selected().args(["--show-config"]).run().ends_with(0).says("# no settings file: ");
    with_file("[[override]]\nfilter = 'x'")
        .args(["--show-config"])
        .run()
        .ends_with(101)
        .complains("override.filter");
}
