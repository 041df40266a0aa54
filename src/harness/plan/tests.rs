//! Tables: candidates and a command line in, what runs and in which order out.

use std::ffi::OsString;

use crate::app::Environment;

use super::*;
use crate::harness::history::record::{Mark, Seen};

fn candidate(id: u32, name: &'static str) -> Candidate<'static> {
    Candidate { id, name, kind: Kind::Test, ignore: None, should_panic: false, tags: &[], group: None }
}

/// Not in the order of names, and numbered as they come.
fn candidates() -> Vec<Candidate<'static>> {
    vec![
        candidate(0, "math::subs"),
        candidate(1, "math::adds"),
        Candidate { ignore: Some("no network here"), ..candidate(2, "net::reaches") },
        Candidate { should_panic: true, ..candidate(3, "math::overflows") },
        Candidate { kind: Kind::Bench, ..candidate(4, "math::benched") },
        candidate(5, "adds"),
        Candidate { kind: Kind::Bench, ignore: Some(""), ..candidate(6, "math::idle") },
    ]
}

fn options(line: &str) -> Options {
    Options::parse(line.split_whitespace().map(OsString::from), &Environment::default(), None).expect("right")
}

/// The plan in words: `+` runs, `-` is told of as ignored, `*` is measured; then what was left out.
fn plan(line: &str) -> String {
    let candidates = candidates();
    let plan = Plan::make(&candidates, &options(line), &History::default());
    let mut said: Vec<String> = Vec::new();
    for planned in &plan.trials {
        let mark = match planned.fate {
            Fate::Run => '+',
            Fate::Ignore => '-',
            Fate::Measure => '*',
        };
        said.push(format!("{mark}{}", candidates[planned.id as usize].name));
    }
    said.push(format!("({})", plan.filtered_out));
    said.join(" ")
}

#[rehearsal::test]
fn trials_are_chosen_and_ordered_as_libtest_does() {
    let cases = [
        ("", "+adds +math::adds +math::benched -math::idle +math::overflows +math::subs -net::reaches (0)"),
        ("adds", "+adds +math::adds (5)"),
        ("adds subs", "+adds +math::adds +math::subs (4)"),
        ("--exact adds", "+adds (6)"),
        ("--exact adds math::subs", "+adds +math::subs (5)"),
        ("--exact math", "(7)"),
        ("math --skip adds", "+math::benched -math::idle +math::overflows +math::subs (3)"),
        ("adds --exact --skip adds", "(7)"),
        ("adds --skip math::adds --exact", "+adds (6)"),
        ("--ignored", "+math::idle +net::reaches (5)"),
        ("--ignored net", "+net::reaches (6)"),
        ("--include-ignored math", "+math::adds +math::benched +math::idle +math::overflows +math::subs (2)"),
        ("--exclude-should-panic math", "+math::adds +math::benched -math::idle +math::subs (3)"),
        (
            "--test",
            "+adds +math::adds +math::benched -math::idle +math::overflows +math::subs -net::reaches (0)",
        ),
        (
            "--bench",
            "-adds -math::adds -math::idle -math::overflows -math::subs -net::reaches *math::benched (0)",
        ),
        ("--bench --test math", "+math::adds -math::idle +math::overflows +math::subs *math::benched (2)"),
        ("--bench --ignored", "-net::reaches *math::idle (5)"),
        ("nothing", "(7)"),
    ];
    for (line, expected) in cases {
        assert_eq!(plan(line), expected, "{line}");
    }
}

#[rehearsal::test]
fn expressions_choose_too_and_have_to_be_so_together_with_the_filters() {
    let plan = |arguments: &[&str]| {
        let arguments = arguments.iter().map(OsString::from);
        let options = Options::parse(arguments, &Environment::default(), None).expect("right");
        let candidates = [
            Candidate { tags: &["slow"], ..candidate(0, "a::reads") },
            Candidate { tags: &["slow", "db"], group: Some("db"), ..candidate(1, "b::reads") },
            Candidate { kind: Kind::Bench, ..candidate(2, "b::bench") },
        ];
        let plan = Plan::make(&candidates, &options, &History::default());
        let names = plan.trials.iter().map(|planned| candidates[planned.id as usize].name);
        (names.collect::<Vec<_>>().join(" "), plan.filtered_out, plan.nothing_matched)
    };
    assert_eq!(plan(&["-E", "tag(slow)"]), ("a::reads b::reads".to_owned(), 1, false));
    assert_eq!(plan(&["-E", "tag(slow)", "b::"]), ("b::reads".to_owned(), 2, false));
    assert_eq!(plan(&["-E", "group(db)", "-E", "kind(bench)"]), ("b::bench b::reads".to_owned(), 1, false));
    assert_eq!(plan(&["-E", "not all()"]), (String::new(), 3, true));
    assert_eq!(plan(&["-E", "tag(db)", "--skip", "reads"]), (String::new(), 3, true));
}

#[rehearsal::test]
fn what_failed_last_and_what_is_in_a_shard() {
    let seen = [("math::adds", Mark::Failed), ("adds", Mark::Crashed), ("math::subs", Mark::Passed)];
    let seen = seen.map(|(name, mark)| Seen { name, mark, duration_ns: 9_000_000 });
    let history = History::default().with(&seen, &[], Vec::new());
    let plan = |line: &str| Plan::make(&candidates(), &options(line), &history);
    let ids = |line: &str| plan(line).trials.iter().map(|planned| planned.id).collect::<Vec<u32>>();
    assert_eq!(ids("--failed"), [5, 1]);
    assert_eq!(ids("--failed math"), [1]);
    assert_eq!(ids("-E failed()"), [5, 1]);
    assert!(plan("--failed net").nothing_matched);
    assert_eq!(
        explain_nothing_matched(&candidates(), &options("--failed"), &History::default()),
        "none of the 7 trials is known to have failed when it ran last"
    );
    assert_eq!(
        explain_nothing_matched(&candidates(), &options("--failed --skip adds"), &history),
        "--failed matches no trial together with the other flags; 7 are known"
    );

    let mut all = [ids("--shard 1/2"), ids("--shard 2/2")].concat();
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3, 4, 5, 6]);
    // Three of 9 ms and two of next to nothing; what is ignored costs nothing.
    assert_eq!(ids("--shard 1/2 --shard-by duration"), [5, 0]);
    assert_eq!(ids("--shard 2/2 --shard-by duration"), [1, 4, 6, 3, 2]);
    let dealt = |line: &str| plan(line).dealt.expect("dealt out");
    let one = dealt("--shard 1/2 --shard-by duration");
    assert_eq!((one.trials, one.all, one.known), (2, 7, 3));
    assert_eq!(one.fingerprint, dealt("--shard 2/2 --shard-by duration").fingerprint);
    let empty = plan("--shard 9/9 --shard-by duration adds");
    assert_eq!(
        (empty.trials.len(), empty.matched, empty.filtered_out, empty.nothing_matched),
        (0, 2, 7, false)
    );
}

#[rehearsal::test]
fn only_a_filter_can_match_nothing() {
    let matched_nothing =
        |line| Plan::make(&candidates(), &options(line), &History::default()).nothing_matched;
    assert!(matched_nothing("nothing"));
    assert!(!matched_nothing("adds"));
    assert!(!Plan::make(&[], &options(""), &History::default()).nothing_matched);
}

#[rehearsal::test]
fn a_seed_gives_one_order_always_and_another_seed_another() {
    let names: Vec<String> = (0..50).map(|number| format!("t{number:02}")).collect();
    let all: Vec<Candidate<'_>> = names
        .iter()
        .zip(0..)
        .map(|(name, id)| Candidate {
            id,
            name,
            kind: Kind::Test,
            ignore: None,
            should_panic: false,
            tags: &[],
            group: None,
        })
        .collect();
    let order = |seed: u64, all: &[Candidate<'_>]| -> Vec<u32> {
        let plan = Plan::make(all, &options(&format!("--shuffle-seed {seed}")), &History::default());
        assert_eq!(plan.shuffle_seed, Some(seed));
        plan.trials.iter().map(|planned| planned.id).collect()
    };
    let first = order(3, &all);
    let mut reversed = all.clone();
    reversed.reverse();
    assert_eq!(first, order(3, &reversed), "the order in which trials were registered does not matter");
    assert_ne!(first, order(4, &all));
    let mut sorted = first.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..50).collect::<Vec<u32>>(), "nothing is lost and nothing is doubled");
    // The order is part of the interface: a seed from last month's log has to mean the same today.
    assert_eq!(first[..8], [40, 41, 0, 21, 47, 45, 7, 23]);
}

#[rehearsal::test]
fn a_filter_without_a_match_is_explained() {
    let explain = |line| explain_nothing_matched(&candidates(), &options(line), &History::default());
    assert_eq!(
        explain("mat::adds"),
        "the filter `mat::adds` matches none of the 7 trials, did you mean `math::adds`?"
    );
    assert_eq!(explain("x y"), "the filters `x`, `y` match none of the 7 trials");
    let of_first =
        |count| explain_nothing_matched(&candidates()[..count], &options("zebra"), &History::default());
    assert_eq!(of_first(1), "the filter `zebra` matches no trial (there is one)");
    assert_eq!(of_first(0), "the filter `zebra` matches no trial (there is none)");
    assert_eq!(
        explain("adds --skip adds"),
        "the filter `adds` matches no trial together with the other flags; 7 are known"
    );
    assert_eq!(
        explain("adds --exact --ignored"),
        "the filter `adds` matches no trial together with the other flags; 7 are known"
    );
}
