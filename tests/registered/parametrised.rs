//! Cases and values on functions with our attribute, and what is registered for them.

use std::collections::HashMap;

use rehearsal::harness::outcome::Verdict;
use rehearsal::harness::registry::ShouldPanic;

use super::{entry, registry, run};

#[derive(Clone, Copy)]
enum Mode {
    Fast,
    Slow,
}

mod trials {
    use super::{HashMap, Mode};

    #[rehearsal::test]
    #[case::zero(0, 1)]
    #[case::five(5, 120)]
    #[case::wrong(3, 7)]
    #[case(1, 1)]
    fn factorial(n: u64, expected: u64) {
        assert_eq!((1..=n).product::<u64>(), expected);
    }

    #[rehearsal::test]
    fn matrix(#[values(Mode::Fast, super::Mode::Slow)] mode: Mode, #[values(1, 2 + 3, -7)] mut n: i32) {
        if matches!(mode, Mode::Slow) {
            n += 100;
        }
        assert_ne!(n, 105);
    }

    /// The marks of rstest mean the same; what a case borrows lives as long as the trial.
    #[rehearsal::test(timeout = "5s")]
    #[case::owned(&String::from("a"), 1)]
    #[case::table(&format!("{}{}", "b", "c"), 2)]
    async fn both(#[values("", "x", "two words")] more: &str, #[case] text: &str, #[case] length: usize) {
        tokio::task::yield_now().await;
        assert_eq!(text.len(), length);
        assert!(more != "x");
    }

    /// Commas that part nothing.
    #[rehearsal::test]
    #[case::closure(|a, b| a + b, HashMap::<u8, u8>::new(), (1, 2))]
    #[case::path(std::ops::Add::add, <HashMap<u8, u8> as Default>::default(), (2, 1),)]
    fn commas(f: fn(u8, u8) -> u8, map: HashMap<u8, u8>, (a, b): (u8, u8)) -> Result<(), String> {
        let sum = f(a, b);
        if map.into_keys().next().is_none() && sum == 3 { Ok(()) } else { Err(format!("{sum}")) }
    }

    #[rehearsal::test(task_panic = "allow", timeout = "1s")]
    #[case::plain(1)]
    #[should_panic(expected = "divide by zero")]
    #[case::divided(0)]
    #[ignore = "not today"]
    #[case::left_out(2)]
    #[case::patient(3; timeout = "9s", group = "patient", tags("slow"))]
    fn options(n: u32) {
        assert_eq!(std::hint::black_box(6) / n * n, 6);
    }

    #[rehearsal::test]
    #[case(1)]
    #[ignore = "this one"]
    #[case(0; group = "own")]
    #[ignore = "all others"]
    fn before_and_behind(n: u32) {
        assert_eq!(n, 1);
    }

    #[rehearsal::test]
    #[case(Ok(1))]
    #[case::error(Err("no number".to_owned()))]
    async fn result(given: Result<u8, String>) -> Result<(), String> {
        given.map(drop)
    }
}

/// Names below `parametrised::trials`, and whether they pass.
fn verdicts(test: &str) -> Vec<(String, bool)> {
    let prefix = format!("parametrised::trials::{test}::");
    let names = registry().by_name().iter().filter_map(|(name, _)| name.strip_prefix(&prefix));
    names.map(|label| (label.to_owned(), run(&format!("{prefix}{label}")) == Verdict::Passed)).collect()
}

fn expect(test: &str, expected: &[(&str, bool)]) {
    let expected: Vec<_> = expected.iter().map(|(label, passes)| ((*label).to_owned(), *passes)).collect();
    assert_eq!(verdicts(test), expected);
}

#[test]
fn each_case_is_a_trial() {
    expect("factorial", &[("case_4", true), ("five", true), ("wrong", false), ("zero", true)]);
    expect("commas", &[("closure", true), ("path", true)]);
    expect("result", &[("case_1", true), ("error", false)]);
    assert_eq!(registry().find_exact("parametrised::trials::factorial"), None);
    let five = entry("parametrised::trials::factorial::five");
    let zero = entry("parametrised::trials::factorial::zero");
    assert_eq!((five.file, five.line), ("tests/registered/parametrised.rs", zero.line));
}

#[test]
fn values_are_a_matrix_with_names_that_last() {
    let expected = [
        ("mode_Fast::n_1", true),
        ("mode_Fast::n_minus_7", true),
        ("mode_Fast::n_value_2", true),
        ("mode_Slow::n_1", true),
        ("mode_Slow::n_minus_7", true),
        ("mode_Slow::n_value_2", false),
    ];
    expect("matrix", &expected);
}

#[test]
fn cases_and_values_combine() {
    let expected = [
        ("owned::more_value_1", true),
        ("owned::more_value_3", true),
        ("owned::more_x", false),
        ("table::more_value_1", true),
        ("table::more_value_3", true),
        ("table::more_x", false),
    ];
    expect("both", &expected);
    assert_eq!(entry("parametrised::trials::both::table::more_x").options.timeout_ms, Some(5_000));
}

#[test]
fn options_of_a_case_go_with_those_of_the_test() {
    expect("options", &[("divided", true), ("left_out", true), ("patient", true), ("plain", true)]);
    let ignore = |label| entry(&format!("parametrised::trials::before_and_behind::{label}")).options.ignore;
    assert_eq!((ignore("case_1"), ignore("case_2")), (Some("all others"), Some("this one")));
    let of = |label: &str| entry(&format!("parametrised::trials::options::{label}")).options;
    assert_eq!(of("plain").should_panic, ShouldPanic::No);
    assert_eq!(of("divided").should_panic, ShouldPanic::With("divide by zero"));
    assert_eq!((of("divided").ignore, of("left_out").ignore), (None, Some("not today")));
    assert_eq!((of("left_out").timeout_ms, of("left_out").should_panic), (Some(1_000), ShouldPanic::No));
    assert_eq!((of("patient").timeout_ms, of("patient").group), (Some(9_000), Some("patient")));
    assert_eq!((of("patient").tags, of("plain").tags), (&["slow"][..], &[][..]));
    assert_eq!((of("patient").task_panic, of("patient").ignore), (of("plain").task_panic, None));
}
