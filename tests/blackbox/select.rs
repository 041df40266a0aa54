//! Filter expressions, from outside.

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
        .says("4 passed; 0 failed; 0 ignored; 0 measured; 6 filtered out");
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
             kind(bench), all(), none()\n  tga(db) and all()\n  ^^^\n",
        ),
        (
            "tag(db) adn all()",
            "error: -E: expected `and`, `or` or the end, found `adn`, did you mean `and`?\n  tag(db) adn all()\n          ^^^\n",
        ),
        ("(tag(db)", "error: -E: this `(` is not closed\n  (tag(db)\n  ^\n"),
        ("tag(dä) x", "error: -E: expected `and`, `or` or the end, found `x`\n  tag(dä) x\n          ^\n"),
        (
            "all()\nand)",
            "error: -E: expected one of test(part::of::name), tag(db), group(db), kind(bench), all(), none(), \
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
    run.ends_with(101).complains(
        "the expression `tag(solw)` matches none of the 10 trials: no test has the tag `solw`, did you mean `slow`?",
    );
    let run = selected().args(["-E", "tag(elsewhere)"]).run();
    run.ends_with(0)
        .complains("warning: the expression `tag(elsewhere)` matches none of the 10 trials; `--list`");
    assert_eq!(
        selected().args(["-E", "not tag(elsewhere)"]).run().ends_with(0).stderr,
        "",
        "a tag of another suite"
    );
}

/// cargo-nextest lists with the variable set, and then asks for each test by its name.
#[test]
fn what_nextest_asks_for_was_chosen_before() {
    let run = selected().args(["--exact", "plain", "--nocapture"]).env("NEXTEST", "1");
    run.env("REHEARSAL_FILTER_EXPR", "tag(db)").run().ends_with(0).says("1 passed");
}
