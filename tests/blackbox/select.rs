//! Filter expressions, from outside.

use std::path::Path;

use crate::build::executable;
use crate::launch::{Finished, Launch};

pub(crate) fn selected() -> Launch {
    Launch::new(executable("selected", "selected"))
}

/// The names that are listed, one after the other.
fn listed(run: &Finished) -> String {
    run.ends_with(0);
    let names = run.stdout.lines().filter_map(|line| line.strip_suffix(": test"));
    names.collect::<Vec<_>>().join(" ")
}

/// How many trials the suite has.
fn all() -> usize {
    let list = selected().args(["--list", "--format=terse"]).run();
    list.ends_with(0).stdout.lines().filter(|line| line.ends_with(": test")).count()
}

#[test]
fn expressions_choose_by_name_tag_and_group() {
    let list = |args: &[&str]| {
        listed(&selected().args(["--list", "--format=terse"]).args(args.iter().copied()).run())
    };
    let all = list(&[]);
    for (expression, expected) in [
        ("all()", &*all),
        ("tag(slow)", "db::grows::large db::writes"),
        ("tag(db) and not tag(slow)", "db::grows::small db::reads"),
        ("group(db)", "db::reads db::writes"),
        ("test(reads)", "db::reads net::reads"),
        ("test(=net::reads) | tag(made)", "net::made::one (1) net::made::two net::reads"),
        ("test(\"(1)\")", "net::made::one (1)"),
        ("kind(bench)", ""),
    ] {
        assert_eq!(list(&["-E", expression]), expected, "{expression}");
        assert_eq!(list(&["--filter-expr", expression]), expected, "{expression}");
    }
    assert_eq!(
        list(&["-E", "tag(net)", "-E", "tag(slow)", "reads"]),
        "net::reads",
        "any of them, and the filter"
    );
    assert_eq!(list(&["-E", "tag(db)", "--skip", "grows"]), "db::reads db::writes");
}

#[test]
fn what_is_left_out_is_counted_and_does_not_run() {
    let run = selected().args(["-E", "tag(db)"]).run();
    run.ends_with(0)
        .says("running 4 tests")
        .says(&format!("4 passed; 0 failed; 0 ignored; 0 measured; {} filtered out", all() - 4));
    let by_variable = selected().env("REHEARSAL_FILTER_EXPR", "tag(db)").run();
    by_variable.ends_with(0).says("running 4 tests");
    let by_file = selected();
    std::fs::write(by_file.directory().join("rehearsal.toml"), "filter-expr = ['tag(made)', 'group(db)']")
        .expect("a settings file");
    by_file.run().ends_with(0).says("running 4 tests");
}

/// The place is pointed at, what was probably meant is named, and nothing runs.
#[test]
fn a_bad_expression_points_at_its_place() {
    for (expression, told) in [
        (
            "tga(db) and all()",
            "error: -E: there is no `tga`, did you mean `tag`?; known are test(part::of::name), tag(db), group(db), \
             kind(bench), failed(), all(), none()\n  tga(db) and all()\n  ^^^\n",
        ),
        (
            "tag(db) adn all()",
            "error: -E: expected `and`, `or` or the end, found `adn`, did you mean `and`?\n  tag(db) adn all()\n          ^^^\n",
        ),
        ("(tag(db)", "error: -E: this `(` is not closed\n  (tag(db)\n  ^\n"),
        ("tag(dä) x", "error: -E: expected `and`, `or` or the end, found `x`\n  tag(dä) x\n          ^\n"),
        (
            "all()\nand)",
            "error: -E: expected one of test(part::of::name), tag(db), group(db), kind(bench), failed(), all(), none(), \
             `not` or `(`, found `)`\n  and)\n     ^\n",
        ),
    ] {
        let run = selected().args(["-E", expression]).run();
        run.ends_with(101);
        assert_eq!((&*run.stdout, &*run.stderr), ("", told), "{expression}");
    }
    let by_variable = selected().env("REHEARSAL_FILTER_EXPR", "tag(db").run();
    by_variable
        .ends_with(101)
        .complains("error: REHEARSAL_FILTER_EXPR: the parenthesis of `tag(` is not closed\n  tag(db\n  ^^^");
    let by_file = selected();
    std::fs::write(by_file.directory().join("rehearsal.toml"), "\nfilter-expr = 'tag'\n")
        .expect("a settings file");
    by_file
        .run()
        .ends_with(101)
        .complains("rehearsal.toml:2:15: `filter-expr`: `tag` needs parentheses: `tag(db)`\n  tag\n  ^^^");
    // This build has default features.
    let run = selected().args(["-E", "test(/^db/)"]).run();
    run.ends_with(101).complains("need the feature `regex`").complains("  test(/^db/)\n       ^^^^^\n");
}

/// A tag that no test has is probably mistyped where there is one like it: behind `not` nobody would see it otherwise.
#[test]
fn an_unknown_name_is_told_of() {
    let run = selected().args(["-E", "not tag(solw)"]).run();
    run.ends_with(0).complains("warning: no test has the tag `solw`, did you mean `slow`?");
    let run = selected().args(["-E", "tag(solw)", "--no-tests=fail"]).run();
    let trials = all();
    run.ends_with(101).complains(&format!(
        "the expression `tag(solw)` matches none of the {trials} trials: no test has the tag `solw`, did you mean `slow`?",
    ));
    let run = selected().args(["-E", "tag(elsewhere)"]).run();
    run.ends_with(0).complains(&format!(
        "warning: the expression `tag(elsewhere)` matches none of the {trials} trials; `--list`"
    ));
    assert_eq!(
        selected().args(["-E", "not tag(elsewhere)"]).run().ends_with(0).stderr,
        "",
        "a tag of another suite"
    );
}

/// A directory for histories that outlives one run, and is new.
fn histories(name: &str) -> String {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("histories").join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("a directory for histories");
    directory.to_str().expect("a path of plain letters").to_owned()
}

#[test]
fn what_failed_last_time_is_run_again() {
    let history = histories("failed");
    let run = |args: &[&str], fail: &str| {
        selected().args(["--history", &history]).args(args.iter().copied()).env("FAIL", fail).run()
    };
    let nothing = &*format!("none of the {} trials is known to have failed when it ran last", all());
    run(&["--failed"], "").ends_with(0).says("running 0 tests").complains(nothing);
    run(&["--failed", "--no-tests=fail"], "").ends_with(101).complains(nothing);
    run(&["-E", "failed()"], "")
        .ends_with(0)
        .says("running 0 tests")
        .complains("warning: the expression `failed()`");

    run(&[], "ab").ends_with(101).says("2 failed");
    let names = |args: &[&str]| listed(&run(&[&["--list", "--format=terse"], args].concat(), ""));
    assert_eq!(names(&["--failed"]), "moody::a moody::b");
    assert_eq!(names(&["-E", "failed() and not test(::b)"]), "moody::a");
    // What does not run goes on to be what failed last.
    run(&["--failed", "moody::a"], "").ends_with(0).says("1 passed");
    assert_eq!(names(&["--failed"]), "moody::b");
    run(&["--failed"], "b").ends_with(101).says("running 1 test\n").says("1 failed");
    run(&["--failed"], "").ends_with(0).says("1 passed");
    assert_eq!(names(&["--failed"]), "");

    let nowhere = selected().args(["--failed", "--history", "none"]).run();
    nowhere.ends_with(101).complains("`--failed` and `--history none` exclude each other");
}

#[test]
fn shards_have_every_trial_once() {
    let all = listed(&selected().args(["--list", "--format=terse"]).run());
    for by in ["hash", "duration"] {
        let mut seen: Vec<String> = Vec::new();
        for shard in ["1/3", "2/3", "3/3"] {
            let args = [
                "--list",
                "--format=terse",
                "--history",
                &histories("empty"),
                "--shard",
                shard,
                "--shard-by",
                by,
            ];
            let names = listed(&selected().args(args).run());
            assert!(names.len() < all.len(), "{shard} has them all");
            // Trials at random have names with spaces in them.
            seen.extend(
                all.split(" ").filter(|name| names.split(" ").any(|other| other == *name)).map(str::to_owned),
            );
        }
        seen.sort();
        let mut expected: Vec<&str> = all.split(" ").collect();
        expected.sort();
        assert_eq!(seen, expected, "by {by}");
    }
    let run = selected().args(["--shard", "2/3"]).env("REHEARSAL_SHARD", "1/3").run();
    let other = selected().env("REHEARSAL_SHARD", "2/3").run();
    assert_eq!(
        run.ends_with(0).stdout.lines().nth(1),
        other.ends_with(0).stdout.lines().nth(1),
        "the flag wins"
    );
}

/// The trial that takes longer than all others has a shard to itself, and both shards know that they fit together.
#[test]
fn shards_by_duration_take_about_the_same_time() {
    let history = histories("duration");
    let run = |args: &[&str]| {
        let launch = selected().args(["--history", &history, "--ignored", "-E", "tag(naps)"]);
        launch.args(args.iter().copied()).run()
    };
    run(&[]).ends_with(0).says("4 passed");
    // The list changes no history; a run does.
    let list = |shard| run(&["--list", "--format=terse", "--shard-by=duration", "--shard", shard]);
    assert_eq!([listed(&list("1/2")), listed(&list("2/2"))], ["naps::long", "naps::a naps::b naps::c"]);
    let told = run(&["--shard-by=duration", "--shard=2/2"]);
    told.ends_with(0)
        .says("3 passed")
        .complains("note: shard 2/2 has 3 of 4 tests, dealt out by the durations of 4;");
}

#[test]
fn a_shard_that_cannot_be_is_refused() {
    let allowed = "allowed: K/N, two whole numbers with K from 1 to N, as in 2/5";
    for (shard, problem) in [
        ("4/3", "there is no shard 4 among 3"),
        ("0/3", "the first shard is 1"),
        ("1/0", "no shard at all would be there"),
        ("2", "no `/` is in it"),
        ("one/3", "`one` is not a whole number, or too large"),
    ] {
        let run = selected().args(["--shard", shard]).run();
        run.ends_with(101).complains(&format!("error: `--shard {shard}`: {problem}; {allowed}"));
        assert_eq!(run.stdout, "", "nothing ran for {shard}");
    }
    let variable = selected().env("REHEARSAL_SHARD", "3/2").run();
    variable.ends_with(101).complains("error: `REHEARSAL_SHARD=3/2`: there is no shard 3 among 2");
    selected().args(["--shard-by", "size"]).run().ends_with(101).complains("allowed: hash, duration");
    // More machines than tests is no mistake.
    let run = selected().args(["-E", "test(=plain)", "--shard", "1/2", "--no-tests=fail"]).run();
    let other = selected().args(["-E", "test(=plain)", "--shard", "2/2", "--no-tests=fail"]).run();
    run.ends_with(0);
    other.ends_with(0);
    assert_ne!(run.stdout.contains("1 passed"), other.stdout.contains("1 passed"));
}

/// cargo-nextest lists with the variable set, and then asks for each test by its name.
#[test]
fn what_nextest_asks_for_was_chosen_before() {
    let run = selected().args(["--exact", "plain", "--nocapture"]).env("NEXTEST", "1");
    run.env("REHEARSAL_FILTER_EXPR", "tag(db)").run().ends_with(0).says("1 passed");
}
