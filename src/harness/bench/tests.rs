//! Names, what is read off Criterion's files, and what is told of it.

use criterion::Throughput;

use super::baseline::Asked;
use super::error::BenchError;
use super::files::{Change, Estimate, Estimates, Outliers, Results};
use super::id::Id;
use super::machine::Machine;
use super::tally::Cost;
use super::tell::Found;
use super::unit;

fn id(group: &str, function: Option<&str>, value: Option<&str>) -> Id {
    let owned = |part: Option<&str>| part.map(str::to_owned);
    Id { group: group.to_owned(), function: owned(function), value: owned(value), throughput: None }
}

#[rehearsal::test]
fn names_and_directories_are_criterions() {
    for (id, full, directory) in [
        (id("plain", None, None), "plain", "plain"),
        (id("sort::quick", None, Some("10")), "sort::quick/10", "sort__quick/10"),
        (id("a/b", Some("f"), Some("x?y")), "a/b/f/x?y", "a_b/f/x_y"),
        (id(&"é".repeat(40), None, None), &*"é".repeat(40), &*"é".repeat(32)),
    ] {
        assert_eq!((&*id.full(), &*id.directory()), (full, directory));
    }
}

#[rehearsal::test]
fn numbers_are_told_with_four_digits_and_their_unit() {
    for (ns, told) in [
        (0.25, "250.0 ps"),
        (1.0, "1.000 ns"),
        (12.345, "12.35 ns"),
        (999.94, "999.9 ns"),
        (1_234.5, "1.234 µs"),
        (1.5e7, "15.00 ms"),
        (2.5e9, "2.500 s"),
        (2.5e13, "25000 s"),
    ] {
        assert_eq!(unit::time(ns), told);
    }
    assert_eq!(unit::rate(&Throughput::Bytes(1024), 1_000.0), "976.6 MiB/s");
    assert_eq!(unit::rate(&Throughput::BytesDecimal(1_000), 1_000.0), "1.000 GB/s");
    assert_eq!(unit::rate(&Throughput::Elements(5), 1e9), "5.000 elem/s");
    assert_eq!(unit::change(0.0213), "+2.1 %");
    assert_eq!([0, 999, 1_000, 1_234_567].map(unit::grouped), ["0", "999", "1,000", "1,234,567"]);
}

#[rehearsal::test]
fn a_command_line_says_what_is_compared_with_what() {
    let asked = |words: &str| Asked::of(words.split_whitespace().map(Into::into));
    let plain = |against: &str, is_saved, may_lack| Asked {
        against: against.to_owned(),
        is_saved,
        may_lack,
        loaded: None,
    };
    assert_eq!(asked("--bench"), plain("base", true, true));
    assert_eq!(asked("--bench --save-baseline main --noplot"), plain("main", true, true));
    assert_eq!(asked("--baseline main --sample-size 10"), plain("main", false, false));
    assert_eq!(asked("--baseline-lenient main"), plain("main", false, true));
    let loaded = Asked { loaded: Some("old".to_owned()), ..plain("main", false, false) };
    assert_eq!(asked("--load-baseline old --baseline main"), loaded);
}

#[rehearsal::test]
fn samples_outside_of_the_fences_are_counted_by_kind() {
    let fences = [1.0, 2.0, 8.0, 9.0];
    let times = [0.5, 1.5, 2.0, 5.0, 8.0, 8.5, 9.5, 10.0];
    let outliers = Outliers::of(times.into_iter(), fences);
    assert_eq!(outliers, Outliers { low_severe: 1, low_mild: 1, high_mild: 1, high_severe: 2 });
    assert_eq!(outliers.count(), 5);
}

fn estimate(point: f64, lower: f64, upper: f64) -> Estimate {
    Estimate { point, lower, upper, confidence: 0.95, error: 0.1 }
}

fn results() -> Results {
    let mean = estimate(1_234.5, 1_200.0, 1_300.0);
    Results {
        estimates: Estimates {
            mean,
            median: estimate(1_230.0, 1_200.0, 1_240.0),
            deviation: estimate(20.25, 10.0, 30.0),
            median_deviation: estimate(15.0, 10.0, 20.0),
            slope: None,
        },
        iterations: vec![10.0, 20.0],
        times: vec![12_345.0, 24_690.0],
        outliers: Outliers { high_mild: 1, ..Outliers::default() },
    }
}

fn machine(processor: &str) -> Machine {
    Machine { processor: processor.to_owned(), processors: 2, target: "x86_64-linux".to_owned() }
}

#[rehearsal::test]
fn what_is_told_has_the_interval_the_change_and_what_is_odd() {
    let (results, own, other) = (results(), machine("one"), machine("another"));
    let mut id = id("sort", None, Some("10"));
    id.throughput = Some(Throughput::Bytes(100));
    let asked = Asked { against: "main".to_owned(), is_saved: false, may_lack: false, loaded: None };
    let change = |lower, upper| {
        let mean = estimate((lower + upper) / 2.0, lower, upper);
        Some(Change { mean, median: mean })
    };
    let found = |change, base_machine| Found {
        name: "sort::10",
        id: &id,
        results: &results,
        change,
        asked: &asked,
        machine: &own,
        base_machine,
        printed: 1_200,
        cost: Cost { allocations: Some(3.0), bytes: Some(96.0), instructions: None },
        is_round: false,
        remark: None,
        directory: "target/criterion/sort/10",
    };
    let told = found(change(0.02, 0.04), Some(&own)).told();
    assert_eq!((told.typical_ps, told.deviation_ps, told.bytes), (1_230_000, 20_250, 100));
    assert_eq!(
        told.lines,
        [
            "time     1.234 µs [1.200 µs .. 1.300 µs], mean of 2 samples, 30 iterations",
            "through  77.25 MiB/s [73.36 MiB/s .. 79.47 MiB/s]",
            "change   +3.0 % [+2.0 % .. +4.0 %] against `main`: slower",
            "memory   3.00 allocations of 96.0 bytes together, an iteration",
            "outliers 1 of 2: 1 high mild",
            "note     it wrote 1,200 bytes while it was measured: that is part of the time",
        ]
    );
    let json: serde_json::Value = serde_json::from_str(&told.json).expect("an object");
    assert_eq!(json["estimates"]["mean"]["lower"], 1_200.0);
    assert_eq!((&json["typical"], &json["change"]["verdict"]), (&"mean".into(), &"slower".into()));
    for (lower, upper, verdict) in
        [(0.005, 0.04, "no change"), (-0.04, -0.005, "no change"), (-0.04, -0.02, "faster")]
    {
        let lines = found(change(lower, upper), None).told().lines;
        assert!(lines[2].ends_with(verdict), "{}", lines[2]);
    }
    let mut fast = self::results();
    (fast.estimates.mean, fast.estimates.median) = (estimate(0.3, 0.2, 0.4), estimate(0.3, 0.2, 0.4));
    let nothing = Found { results: &fast, ..found(None, None) }.told();
    assert!(
        nothing.lines.iter().any(|line| line.contains("b.to_async(rehearsal::bench::runtime())")),
        "{nothing:?}"
    );
    let elsewhere = found(change(0.5, 0.6), Some(&other)).told();
    assert_eq!(
        elsewhere.lines[2],
        "change   +55.0 % [+50.0 % .. +60.0 %] against `main`, which is of another machine (another, 2 of them, \
         x86_64-linux; this is one, 2 of them, x86_64-linux): that is no change of the code"
    );
}

#[rehearsal::test]
fn two_that_criterion_cannot_tell_apart_are_named_as_they_are_listed() {
    let told = |ids: [&str; 2], directory: &str| {
        let names = ["one::sort", "two::sort"].map(str::to_owned);
        BenchError::SameDirectory { names, ids: ids.map(str::to_owned), directory: directory.to_owned() }
            .to_string()
    };
    assert_eq!(
        told(["g/sort", "g/sort"], "g/sort"),
        "the benchmarks one::sort and two::sort are both `g/sort` to Criterion, and would write to one directory; rename \
         one, or give it another `group`"
    );
    let cut = told(["a:b/sort", "a?b/sort"], "a_b/sort");
    assert!(cut.contains("one::sort (`a:b/sort`) and two::sort (`a?b/sort`)"), "{cut}");
    assert!(cut.contains("would both write to the directory a_b/sort: Criterion cuts names"), "{cut}");
}
