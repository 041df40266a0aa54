//! Generators that are listed, asked for one name, broken and endless.

use super::expand::expand;
use super::trial::{Each, Trial, generate, on_one_line};
use crate::harness::outcome::Verdict;
use crate::harness::registry::{Body, Entry, Registry};
use crate::harness::trial::{TrialSettings, run_here};

// Where a run is planned stdout is put aside for a moment: of a process of its own, in these tests, so that no reporter is
// silenced with thread isolation.

fn generator(path: &'static str, make: super::trial::Generate) -> &'static Entry {
    Box::leak(Box::new(Entry::new(path, "src/area.rs", (7, 4), Body::Generator(make))))
}

fn two(each: Each<'_>) -> Result<(), String> {
    let fine = Trial::new("fine", || ());
    let waits = Trial::asynchronous("waits, and fails", async || {
        tokio::task::yield_now().await;
        panic!("late");
    });
    generate([waits, fine, Trial::new("left out", || ()).ignored("a reason")], each)
}

fn endless(each: Each<'_>) -> Result<(), String> {
    generate((0_u64..).map(|n| Trial::new(n.to_string(), || ())), each)
}

fn broken(entries: &[&'static Entry]) -> &'static str {
    match entries {
        [Entry { body: Body::Broken(why), .. }] => why,
        others => panic!("one that is broken was expected: {others:?}"),
    }
}

/// What one process lists another finds, by number of the generator and path.
#[rehearsal::test(isolation = "process")]
fn what_is_listed_is_found_elsewhere() {
    let plain: &'static Entry =
        Box::leak(Box::new(Entry::new("suite::plain", "src/area.rs", (1, 4), Body::Sync(|| ()))));
    let linked = || Registry::of(vec![plain, generator("suite::area::two", two)]);
    let listed = linked().expanded(None);
    let names: Vec<_> = listed.by_name().iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["area::two::fine", "area::two::left out", "area::two::waits, and fails", "plain"]);
    assert_eq!((listed.len(), linked().len()), (4, 1));
    listed.check_names().expect("no name twice");

    let run = |name: &str| {
        let id = listed.find_exact(name).expect("a trial");
        let entry = linked().at(listed.address(id)).expect("the same in another process");
        assert_eq!(entry.name(), name);
        std::thread::spawn(move || run_here(entry, &TrialSettings::default()).verdict)
            .join()
            .expect("a verdict")
    };
    assert_eq!((run("plain"), run("area::two::fine")), (Verdict::Passed, Verdict::Passed));
    assert!(
        matches!(run("area::two::waits, and fails"), Verdict::Failed { message } if message.contains("late"))
    );
    let left_out = listed.get(listed.find_exact("area::two::left out").expect("a trial")).expect("its entry");
    assert_eq!((left_out.options.ignore, left_out.line), (Some("a reason"), 7));
}

/// For one exact name only generators run that could make it, and none where it is a test.
#[rehearsal::test(isolation = "process")]
fn one_exact_name_asks_no_other_generator() {
    fn never(_: Each<'_>) -> Result<(), String> {
        panic!("nobody asked for this one");
    }
    let linked = || Registry::of(vec![generator("suite::two", two), generator("suite::twofold", never)]);
    assert_eq!(linked().expanded(Some("two::fine")).len(), 3);
    assert_eq!(linked().expanded(Some("three::fine")).len(), 0);
    let lacking = linked().expanded(Some("two::gone"));
    let id = lacking.find_exact("two::gone").expect("a trial that fails");
    assert!(
        matches!(lacking.get(id), Some(Entry { body: Body::Broken(why), .. }) if why.contains("does not make it"))
    );
}

#[rehearsal::test(isolation = "process")]
fn one_that_never_ends_is_cut_off() {
    let why = broken(&expand(&[(0, generator("suite::endless", endless))]));
    assert!(why.contains("more than 1000000 trials"), "{why}");
}

#[rehearsal::test]
fn a_name_stays_on_its_line() {
    for (name, line) in [
        ("plain", "plain"),
        ("in the middle", "in the middle"),
        (" a ", r"\x20a\x20"),
        ("a\r\nb\0", r"a\r\nb\u{0}"),
        ("\u{3000}a", r"\u{3000}a"),
        ("größe: \"x\" \\n", "größe: \"x\" \\n"),
        ("\u{85}\u{2029}", r"\u{85}\u{2029}"),
    ] {
        assert_eq!(on_one_line(name), line);
    }
}

/// A generated trial has no right to the name of a written one: whose verdict it was could not be told.
#[rehearsal::test(isolation = "process")]
fn a_name_of_a_written_test_is_refused_with_both_places() {
    let written: &'static Entry = Box::leak(Box::new(Entry::new(
        "suite::area::two::fine",
        "src/written.rs",
        (3, 4),
        Body::Sync(|| ()),
    )));
    let registry = Registry::of(vec![written, generator("suite::area::two", two)]).expanded(None);
    let error = registry.check_names().expect_err("two trials of one name");
    let told = error.to_string();
    assert_eq!(error.names.len(), 1, "{told}");
    for part in ["area::two::fine", "src/written.rs:3", "src/area.rs:7"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
