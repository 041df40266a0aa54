//! What `#[rehearsal::test]` registers: names, places, options, and bodies that do what the function does.
//!
//! Ordinary libtest tests around functions that carry our attribute: here they are looked at and run by hand. What the
//! attribute adds has to get along with the strictest of lints.

#![deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms, clippy::pedantic)]
#![forbid(unsafe_code)]
// The tests themselves need not await, and return results for the sake of it.
#![allow(clippy::unused_async, clippy::unnecessary_wraps)]

mod generated;
mod parametrised;
mod plain;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use rehearsal::harness::audit::audit;
use rehearsal::harness::outcome::Verdict;
use rehearsal::harness::registry::{
    Body, Entry, Flavor, Isolation, Kind, Leaks, Options, Registry, Retries, RuntimeSpec, ShouldPanic,
    TaskPanic,
};
use rehearsal::harness::target::Target;
use rehearsal::harness::trial::{TrialSettings, run_here};

fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(Registry::collect)
}

fn entry(name: &str) -> &'static Entry {
    let id = registry().find_exact(name).unwrap_or_else(|| panic!("no trial is called {name}"));
    registry().get(id).expect("the number of a trial")
}

fn run(name: &str) -> Verdict {
    let entry = entry(name);
    std::thread::spawn(move || run_here(entry, &TrialSettings::default())).join().expect("no panic").verdict
}

#[test]
fn names_leave_out_the_root_and_are_sorted() {
    let names: Vec<_> = registry()
        .sorted()
        .iter()
        .map(|id| registry().get(*id).expect("a trial").name())
        .filter(|name| name.starts_with("plain::"))
        .collect();
    let expected = [
        "plain::all_options",
        "plain::asynchronous",
        "plain::asynchronous_impl",
        "plain::asynchronous_result",
        "plain::asynchronous_unit",
        "plain::attributes_above",
        "plain::attributes_below",
        "plain::exit_code",
        "plain::from_a_macro",
        "plain::ignored_option",
        "plain::impl_trait",
        "plain::imported::by_another",
        "plain::imported::by_its_name",
        "plain::inner::r#type",
        "plain::inner::same",
        "plain::lifetimes",
        "plain::local",
        "plain::locked::with_group",
        "plain::locked::without_key",
        "plain::multi_threaded",
        "plain::result",
        "plain::same",
        "plain::should_panic_option",
        "plain::synchronous",
        "plain::with",
        "plain::within_a_function",
    ];
    assert_eq!(names, expected);
    registry().check_names().expect("no name twice");
    assert_eq!(registry().find_exact("same"), None);
    assert_eq!(registry().find_exact("registered::plain::same"), None);
    assert_eq!(registry().find_exact("lain::same"), None);
}

#[test]
fn a_name_given_twice_is_told_with_both_places() {
    let entry = |path, line| -> &'static Entry {
        Box::leak(Box::new(Entry::new(path, "src/area.rs", (line, 4), Body::Sync(|| {}))))
    };
    let (first, second) = (entry("one::area::same", 3), entry("two::area::same", 9));
    let registry = Registry::of(vec![second, entry("one::other", 5), first, entry("one::same", 7)]);
    assert_eq!(registry.sorted(), [0, 2, 1, 3]);
    let error = registry.check_names().expect_err("two trials of one name");
    assert_eq!(error.names.len(), 1);
    let told = error.to_string();
    assert!(told.contains("  area::same\n"), "{told}");
    assert!(told.contains("src/area.rs:3 (one::area::same)"), "{told}");
    assert!(told.contains("src/area.rs:9 (two::area::same)"), "{told}");
    assert!(!told.contains("other"), "{told}");
}

#[test]
fn a_place_is_that_of_the_function() {
    let source = include_str!("plain.rs");
    let files: BTreeSet<_> = registry()
        .entries()
        .iter()
        .filter(|entry| entry.name().starts_with("plain::"))
        .map(|entry| {
            let name = entry.name().rsplit("::").next().expect("a name");
            let line = source.lines().nth(entry.line as usize - 1).unwrap_or_default();
            assert!(
                line.contains(&format!("fn {name}")) || line.contains(&format!("{name}(")),
                "line {} of {name} is {line:?}",
                entry.line
            );
            entry.file
        })
        .collect();
    assert_eq!(files.into_iter().collect::<Vec<_>>(), ["tests/registered/plain.rs"]);
}

#[test]
fn functions_stay_callable() {
    plain::synchronous();
    assert_eq!(plain::result(), Ok(()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(plain::asynchronous());
    assert_eq!(runtime.block_on(plain::asynchronous_result()), Ok(()));
}

#[test]
fn options_are_what_was_said() {
    let Options {
        kind,
        ignore,
        should_panic,
        timeout_ms,
        isolation,
        group,
        weight,
        exclusive,
        tags,
        retries,
        xfail,
        task_panic,
        leaks,
        runtime,
    } = entry("plain::all_options").options;
    assert_eq!((kind, ignore), (Kind::Test, Some("a \"quoted\" reason")));
    assert_eq!((should_panic, timeout_ms), (ShouldPanic::With("text"), Some(1_500)));
    assert_eq!((isolation, group), (Some(Isolation::Thread), Some("database")));
    assert_eq!((weight, exclusive), (Some(3), false));
    assert_eq!(tags, ["db", "slow"]);
    let asked = Retries { count: 3, backoff_ms: 100, backoff_most_ms: 2_000 };
    assert_eq!((retries, xfail), (Some(asked), Some("a known bug")));
    assert_eq!((task_panic, leaks), (Some(TaskPanic::Allow), Some(Leaks::Allow)));
    assert_eq!(
        runtime,
        RuntimeSpec { flavor: Flavor::CurrentThread, worker_threads: None, start_paused: true }
    );

    let threads = RuntimeSpec { flavor: Flavor::MultiThread, worker_threads: Some(2), start_paused: false };
    let multi = entry("plain::multi_threaded").options;
    assert_eq!((multi.runtime, multi.isolation), (threads, Some(Isolation::Process)));
    assert_eq!((multi.timeout_ms, multi.task_panic), (Some(7_200_000), Some(TaskPanic::Fail)));
    assert_eq!((multi.leaks, multi.weight, multi.exclusive), (Some(Leaks::Fail), None, true));

    let none = entry("plain::asynchronous").options;
    assert_eq!(format!("{none:?}"), format!("{:?}", Options::NONE));
    assert_eq!(entry("plain::locked::without_key").options.group, Some("serial"));
    assert_eq!(entry("plain::locked::with_group").options.group, Some("own"));
    assert_eq!(entry("plain::ignored_option").options.ignore, Some(""));
    assert_eq!(entry("plain::should_panic_option").options.should_panic, ShouldPanic::Yes);
}

#[test]
fn std_attributes_count_above_and_below() {
    for name in ["plain::attributes_above", "plain::attributes_below"] {
        let options = entry(name).options;
        assert_eq!(options.ignore, Some("not today"), "{name}");
        assert_eq!(options.should_panic, ShouldPanic::With("wanted"), "{name}");
        assert_eq!(run(name), Verdict::Passed, "{name}");
    }
}

#[test]
fn every_kind_of_body_runs() {
    for name in [
        "plain::asynchronous",
        "plain::asynchronous_impl",
        "plain::asynchronous_result",
        "plain::asynchronous_unit",
        "plain::exit_code",
        "plain::from_a_macro",
        "plain::impl_trait",
        "plain::imported::by_another",
        "plain::imported::by_its_name",
        "plain::inner::r#type",
        "plain::lifetimes",
        "plain::local",
        "plain::multi_threaded",
        "plain::result",
        "plain::synchronous",
        "plain::with",
        "plain::within_a_function",
    ] {
        assert_eq!(run(name), Verdict::Passed, "{name}");
    }
}

#[test]
fn rstest_makes_cases_that_are_trials() {
    let names: Vec<_> = registry()
        .sorted()
        .iter()
        .map(|id| registry().get(*id).expect("a trial"))
        .filter(|entry| entry.name().starts_with("generated::with_rstest::"))
        .map(|entry| {
            assert_eq!(entry.file, "tests/registered/generated.rs");
            (entry.name().trim_start_matches("generated::with_rstest::"), run(entry.name()))
        })
        .collect();
    let names: Vec<_> =
        names.iter().map(|(name, verdict)| (*name, matches!(verdict, Verdict::Passed))).collect();
    let expected = [
        ("asynchronous::case_1", true),
        ("asynchronous::case_2", true),
        ("cases::case_1_zero", true),
        ("cases::case_2_five", true),
        ("cases::case_3_wrong", false),
        ("fixture", true),
        ("ours_in_between::case_1_here::m_1_1", true),
        ("ours_in_between::case_1_here::m_2_2", true),
        ("ours_in_between::case_2_there::m_1_1", false),
        ("ours_in_between::case_2_there::m_2_2", false),
        ("panicking::case_1", true),
        ("values::n_1_1", true),
        ("values::n_2_2", true),
    ];
    assert_eq!(names, expected);
    assert_eq!(entry("generated::with_rstest::asynchronous::case_1").options.timeout_ms, Some(5_000));
    assert_eq!(entry("generated::with_rstest::values::n_1_1").options.ignore, Some("slow"));
}

#[test]
fn proptest_makes_trials() {
    assert_eq!(run("generated::with_proptest::holds"), Verdict::Passed);
    let Verdict::Failed { message } = run("generated::with_proptest::does_not_hold") else {
        panic!("a property that does not hold passed");
    };
    assert!(message.contains("minimal failing input: n = 10"), "{message}");
    assert_eq!(entry("generated::with_proptest::does_not_hold").options.group, Some("properties"));
    let skipped = Verdict::Ignored { reason: "not here".to_owned() };
    assert_eq!(run("generated::with_proptest::skips"), skipped);
}

/// Properties and snapshots in cases and in generated trials: each by its own name, with its own snapshot.
#[test]
fn proptest_and_insta_within_our_own() {
    let all = Registry::collect().expanded(None);
    let prefix = "generated::together::";
    let trials = all.by_name().iter().filter_map(|(name, id)| Some((name.strip_prefix(prefix)?, *id)));
    let verdicts: Vec<_> = trials
        .map(|(name, id)| {
            let entry = all.at(all.address(id)).expect("a trial");
            let run = std::thread::Builder::new().name(entry.name().to_owned());
            let run =
                run.spawn(move || run_here(entry, &TrialSettings::default()).verdict).expect("a thread");
            (name, run.join().expect("no panic") == Verdict::Passed)
        })
        .collect();
    let expected = [
        ("properties::times 1", true),
        ("properties::times 2", true),
        ("properties::times 3", true),
        ("property::does_not_hold", false),
        ("property::holds", true),
        ("snapshot", true),
        ("snapshots::long::mark_value_1", true),
        ("snapshots::long::mark_value_2", true),
        ("snapshots::short::mark_value_1", true),
        ("snapshots::short::mark_value_2", true),
        ("snapshots_made::changed", false),
        ("snapshots_made::small", true),
    ];
    assert_eq!(verdicts, expected);
}

/// The functions of this file are libtest's, so to the audit they are lost; all others registered what they say.
#[test]
fn the_audit_knows_what_others_generate() {
    let target = Target {
        root_module: module_path!(),
        file: file!(),
        package: None,
        manifest_dir: Some(env!("CARGO_MANIFEST_DIR")),
        crate_name: None,
        bin_name: None,
        is_integration: true,
        test: true,
    };
    let audit = audit(&target, registry()).expect("sources");
    assert!(audit.unsure.is_empty(), "{audit}");
    assert!(
        audit.lost.iter().all(|lost| lost.file.ends_with("tests/registered/main.rs")
            || lost.file.ends_with("tests/registered/parametrised.rs")),
        "{audit}"
    );
    let mut own = audit.lost.iter().filter_map(|lost| lost.function.as_deref());
    assert!(own.next_back() == Some("the_audit_knows_what_others_generate"), "{audit}");
    assert_eq!(audit.functions - audit.lost.len(), 44, "{audit}");
}
