//! Expressions in, what they say of trials out; texts that are none, and where it is said; and both for anything at all.

use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;
use crate::harness::history::record::{History, Mark, Seen};
use crate::harness::registry::Kind;

fn subject<'a>(name: &'a str, tags: &'a [&'a str], group: Option<&'a str>) -> Subject<'a> {
    Subject { name, kind: Kind::Test, tags, group, history: history() }
}

/// `db::writes` and `net::floods` failed when they ran last.
fn history() -> &'static History {
    static HISTORY: OnceLock<History> = OnceLock::new();
    let seen = |name, mark| Seen { name, mark, duration_ns: 1_000_000 };
    HISTORY.get_or_init(|| {
        let seen = [
            seen("db::reads", Mark::Failed),
            seen("db::reads", Mark::Flaky),
            seen("db::writes", Mark::TimedOut),
            seen("net::floods", Mark::Failed),
            seen("net::reads", Mark::Passed),
        ];
        History::default().with(&seen, &[], Vec::new())
    })
}

/// The names of those of a few trials of which it is so.
fn chosen(text: &str) -> String {
    let trials = [
        subject("db::reads", &["db"], Some("db")),
        subject("db::writes", &["db", "slow"], Some("db")),
        subject("net::reads", &["net"], None),
        Subject { kind: Kind::Bench, ..subject("net::floods", &["net", "slow"], Some("wire")) },
        subject("files::a (b).txt", &[], None),
    ];
    let expression = Expression::parse(text).unwrap_or_else(|fault| panic!("`{text}`: {fault:?}"));
    let names = trials.iter().filter(|trial| expression.holds(trial)).map(|trial| trial.name);
    names.collect::<Vec<_>>().join(" ")
}

#[rehearsal::test]
fn each_predicate_says_what_it_asks() {
    let cases = [
        ("all()", "db::reads db::writes net::reads net::floods files::a (b).txt"),
        ("none()", ""),
        ("test(reads)", "db::reads net::reads"),
        ("test(~reads)", "db::reads net::reads"),
        ("test(=reads)", ""),
        ("test(=db::reads)", "db::reads"),
        ("tag(db)", "db::reads db::writes"),
        ("tag(d)", ""),
        ("tag(~d)", "db::reads db::writes"),
        ("group(wire)", "net::floods"),
        ("group(~i)", "net::floods"),
        ("kind(bench)", "net::floods"),
        ("failed()", "db::writes net::floods"),
        ("not failed() and tag(db)", "db::reads"),
        ("kind( test )", "db::reads db::writes net::reads files::a (b).txt"),
        ("test(\"a (b)\")", "files::a (b).txt"),
        ("test(a \\(b\\))", "files::a (b).txt"),
        ("test( =\"files::a (b).txt\" )", "files::a (b).txt"),
        ("test(  net::floods\n)", "net::floods"),
    ];
    for (text, expected) in cases {
        assert_eq!(chosen(text), expected, "{text}");
    }
}

#[rehearsal::test]
fn and_binds_more_closely_than_or_and_not_than_both() {
    let cases = [
        ("tag(db) and tag(slow)", "db::writes"),
        ("tag(db) or tag(net) and tag(slow)", "db::reads db::writes net::floods"),
        ("(tag(db) or tag(net)) and tag(slow)", "db::writes net::floods"),
        ("not tag(slow) and tag(db)", "db::reads"),
        ("not (tag(slow) and tag(db)) and tag(db)", "db::reads"),
        ("tag(db)&!tag(slow)|kind(bench)", "db::reads net::floods"),
        ("tag(db) && !tag(slow) || kind(bench)", "db::reads net::floods"),
        ("not not tag(slow)", "db::writes net::floods"),
        ("!!tag(slow)", "db::writes net::floods"),
        ("test(reads) and test(net) or test(writes) and test(db)", "db::writes net::reads"),
    ];
    for (text, expected) in cases {
        assert_eq!(chosen(text), expected, "{text}");
    }
}

#[cfg(feature = "regex")]
#[rehearsal::test]
fn regular_expressions_match_anywhere_unless_they_are_tied() {
    let cases = [
        ("test(/^net::(reads|floods)$/)", "net::reads net::floods"),
        ("test(/\\w+::a \\(b\\)/)", "files::a (b).txt"),
        ("tag(/^s/)", "db::writes net::floods"),
        ("group(/b|w/) and not test(/ads/)", "db::writes net::floods"),
        ("test(/a\\/b/)", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(chosen(text), expected, "{text}");
    }
}

/// The problem, and the text with the place in brackets.
fn fault(text: &str) -> (String, String) {
    let Err(Fault { at, problem }) = Expression::parse(text) else { panic!("`{text}` is an expression") };
    (problem, format!("{}[{}]{}", &text[..at.start], &text[at.clone()], &text[at.end..]))
}

const KNOWN: &str = "test(part::of::name), tag(db), group(db), kind(bench), failed(), all(), none()";

#[rehearsal::test]
fn what_is_no_expression_is_told_where_it_is_wrong() {
    let cases = [
        ("", "[]", &*format!("it ends here, where one of {KNOWN}, `not` or `(` is expected")),
        ("tga(db)", "[tga](db)", &format!("there is no `tga`, did you mean `tag`?; known are {KNOWN}")),
        (
            "reads",
            "[reads]",
            &format!(
                "there is no `reads`; a part of a test's name is asked for by `test(reads)`; known are {KNOWN}"
            ),
        ),
        (
            "tag(db) adn all()",
            "tag(db) [adn] all()",
            "expected `and`, `or` or the end, found `adn`, did you mean `and`?",
        ),
        ("tag(db) all()", "tag(db) [all]()", "expected `and`, `or` or the end, found `all`"),
        ("tag(db))", "tag(db)[)]", "this `)` closes nothing"),
        ("not (tag(db)", "not [(]tag(db)", "this `(` is not closed"),
        ("(tag(db) tag(b))", "(tag(db) [tag](b))", "expected `and`, `or` or `)`, found `tag`"),
        (
            "tag(db) and",
            "tag(db) and[]",
            &format!("it ends here, where one of {KNOWN}, `not` or `(` is expected"),
        ),
        ("or tag(db)", "[or] tag(db)", &format!("expected one of {KNOWN}, `not` or `(`, found `or`")),
        ("tag", "[tag]", "`tag` needs parentheses: `tag(db)`"),
        ("tag(db", "[tag](db", "the parenthesis of `tag(` is not closed"),
        ("tag()", "tag([])", "a text is missing, as in `tag(db)`"),
        ("tag(=  )", "tag(=[  ])", "a text is missing, as in `tag(db)`"),
        ("test(\"\")", "test([\"\"])", "a text is missing, as in `test(part::of::name)`"),
        ("test(\"a)", "test([\"]a)", "this quotation mark is not closed"),
        ("test(\"a\" b)", "test(\"a\" [b])", "expected `)`, found `b`"),
        ("test(f(1))", "test(f[(]1))", "a parenthesis within a text is written `\\(`, or the text in quotes"),
        (
            "test(\\d)",
            "test([\\d])",
            "`\\d` means nothing; a backslash stands before signs, and is written `\\\\` itself",
        ),
        ("test(a\\", "test(a[\\]", "nothing stands behind this `\\`"),
        ("test(/a)", "test([/]a)", "this regular expression has no `/` at its end"),
        ("test(//)", "test([//])", "this regular expression is empty"),
        ("kind(benhc)", "kind([benhc])", "expected `test` or `bench`, found `benhc`, did you mean `bench`?"),
        ("all(db)", "all([db])", "expected `)`, as in `all()`, found `db`"),
        ("tag(ä) ö", "tag(ä) [ö]", "expected `and`, `or` or the end, found `ö`"),
        ("tag(db) € x", "tag(db) [€] x", "expected `and`, `or` or the end, found `€`"),
    ];
    for (text, place, problem) in cases {
        assert_eq!(fault(text), (problem.to_owned(), place.to_owned()), "{text}");
    }
}

#[cfg(feature = "regex")]
#[rehearsal::test]
fn a_regular_expression_that_is_none_is_told_as_a_whole() {
    assert_eq!(fault("test(/(a/)").1, "test([/(a/])");
    assert!(fault("test(/(a/)").0.starts_with("not a regular expression: "));
}

#[cfg(not(feature = "regex"))]
#[rehearsal::test]
fn without_the_feature_a_regular_expression_names_it() {
    assert_eq!(fault("test(/a/)").1, "test([/a/])");
    assert!(fault("test(/a/)").0.contains("need the feature `regex`"));
}

#[rehearsal::test]
fn nesting_has_an_end_before_the_stack_has() {
    let deep = |count: usize| format!("{}all(){}", "(".repeat(count), ")".repeat(count));
    assert!(Expression::parse(&deep(100)).is_ok());
    assert_eq!(fault(&deep(101)).0, "nested deeper than 100 times");
    assert_eq!(fault(&"(".repeat(1_000_000)).0, "nested deeper than 100 times");
    assert_eq!(fault(&"not ".repeat(1_000_000)).0, "nested deeper than 100 times");
    let wide = vec!["all()"; 10_000].join(" and ");
    assert!(Expression::parse(&wide).expect("as wide as one likes").holds(&subject("a", &[], None)));
}

#[cfg(feature = "regex")]
fn any_pattern() -> impl Strategy<Value = Text> {
    proptest::sample::select(&["^a", "a/b", "(x|y)", "\\d+ \"", "[)]$", "\\\\/"][..])
        .prop_map(|text| Text::Matches(Pattern::new(text).expect("it is one")))
}

/// Without the feature there is none: one more text.
#[cfg(not(feature = "regex"))]
fn any_pattern() -> impl Strategy<Value = Text> {
    Just(Text::Part("/".to_owned()))
}

fn any_text() -> impl Strategy<Value = Text> {
    let word = proptest::collection::vec(any::<char>(), 1..12).prop_map(String::from_iter);
    let plain = "[a-z_:]{1,8}";
    prop_oneof![
        plain.prop_map(Text::Part),
        plain.prop_map(Text::Whole),
        word.clone().prop_map(Text::Part),
        word.prop_map(Text::Whole),
        any_pattern(),
    ]
}

fn any_expression() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        any_text().prop_map(Predicate::Test),
        any_text().prop_map(Predicate::Tag),
        any_text().prop_map(Predicate::Group),
        Just(Predicate::Kind(Kind::Bench)),
        Just(Predicate::Kind(Kind::Test)),
        Just(Predicate::Failed),
        Just(Predicate::All),
        Just(Predicate::None),
    ];
    leaf.prop_map(Expression::Is).prop_recursive(6, 40, 4, |inner| {
        let several = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
            several.clone().prop_map(Expression::All),
            several.prop_map(Expression::Any),
        ]
    })
}

/// Text that comes near to an expression.
fn almost() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "test", "tag(", "group", "kind(", "bench", "failed()", "all()", "none(", "(", ")", " ", "and",
        " or ", "not ", "!", "&", "|", "=", "~", "/", "\"", "\\", "\\)", "\n", "\t", "ä", "€", "x::y", "-",
    ];
    proptest::collection::vec(proptest::sample::select(PIECES).prop_map(str::to_owned), 0..24)
        .prop_map(|pieces| pieces.concat())
}

/// What must be so of any text.
fn is_read_or_refused_at_a_place(text: &str) {
    match Expression::parse(text) {
        Ok(expression) => {
            let written = expression.to_string();
            assert_eq!(
                Expression::parse(&written).as_ref(),
                Ok(&expression),
                "{text:?} is written as {written:?}"
            );
        }
        Err(Fault { at, problem }) => {
            assert!(text.get(at.clone()).is_some(), "{at:?} is no part of {text:?}");
            assert!(!problem.is_empty());
        }
    }
}

proptest! {
    #[rehearsal::test]
    fn what_is_written_is_read_as_the_same(expression in any_expression()) {
        let written = expression.to_string();
        prop_assert_eq!(Expression::parse(&written), Ok(expression), "{}", written);
    }

    #[rehearsal::test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in any::<String>()) {
        is_read_or_refused_at_a_place(&text);
    }

    #[rehearsal::test]
    fn so_is_what_is_almost_an_expression(text in almost()) {
        is_read_or_refused_at_a_place(&text);
    }

    #[rehearsal::test]
    fn so_is_an_expression_with_a_piece_cut_out(expression in any_expression(), from in 0_usize..60, length in 1_usize..9) {
        let letters = expression.to_string();
        let cut = letters.chars().take(from).chain(letters.chars().skip(from + length));
        is_read_or_refused_at_a_place(&cut.collect::<String>());
    }
}
