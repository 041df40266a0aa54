//! The command line of a test binary, as libtest, cargo and cargo-nextest write it.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::app::{Environment, SettingsFile};
use crate::harness::history::place::Asked;
use crate::harness::history::record::History;
use crate::harness::registry::{Isolation, Kind, Leaks, Retries, TaskPanic};
use crate::harness::select::Subject;

use super::table::TABLE;
use super::*;

fn parse_with(line: &str, variables: &[(&str, &str)], toml: &str) -> Result<Options, String> {
    let mut environment = Environment::default();
    for (name, value) in variables {
        environment.set(name, value);
    }
    let file = SettingsFile { path: PathBuf::from("rehearsal.toml"), text: toml.to_owned() };
    Options::parse(line.split_whitespace().map(OsString::from), &environment, Some(&file))
        .map_err(|error| error.to_string())
}

fn parse(line: &str) -> Options {
    parse_with(line, &[], "").unwrap_or_else(|error| panic!("`{line}`: {error}"))
}

fn parse_in(variables: &[(&str, &str)]) -> Options {
    parse_with("", variables, "").unwrap_or_else(|error| panic!("{variables:?}: {error}"))
}

#[rehearsal::test]
fn the_table_makes_sense_and_nothing_is_declared_twice() {
    let mut seen = HashSet::new();
    for setting in TABLE {
        setting.check().unwrap_or_else(|problem| panic!("{problem}"));
        assert!(!setting.help.is_empty(), "`{}` has no help", setting.name);
        let variables = setting.variables.iter().map(|variable| variable.name);
        let key = setting.key.map(|key| format!("key {key}"));
        for word in setting.flags.iter().copied().chain(variables).map(str::to_owned).chain(key) {
            assert!(seen.insert(word.clone()), "`{word}` is declared twice");
        }
    }
}

#[rehearsal::test]
fn each_own_flag_has_a_variable_and_a_key() {
    let own = [
        "isolation",
        "workers",
        "timeout",
        "slow",
        "grace",
        "no-tests",
        "output-limit",
        "task-panic",
        "leaks",
        "audit",
        "no-progress",
        "fresh-runtime",
        "history",
        "order",
        "recycle-after",
        "worker-memory",
    ];
    for name in own {
        let setting =
            TABLE.iter().find(|setting| setting.name == name).unwrap_or_else(|| panic!("no `{name}`"));
        let variable = format!("REHEARSAL_{}", name.replace('-', "_").to_uppercase());
        assert!(setting.variables.iter().any(|v| v.name == variable), "`{name}` lacks {variable}");
        assert_eq!(setting.key, Some(name));
    }
}

#[rehearsal::test]
fn nothing_given_means_what_libtest_does_without_arguments() {
    let options = parse("");
    assert_eq!(options.mode, Mode::Run);
    assert_eq!(options.ignored, Ignored::Skip);
    assert_eq!(options.format, Format::Pretty);
    assert_eq!(options.color, ColorChoice::Auto);
    assert_eq!(options.no_tests, NoTests::Warn);
    assert_eq!(options.timeout, Some(Duration::from_secs(600)));
    assert_eq!(options.slow, Some(Duration::from_secs(60)));
    assert_eq!(options.output_limit, 1 << 20);
    assert_eq!((options.task_panic, options.leaks), (TaskPanic::Fail, Leaks::Fail));
    assert_eq!((options.isolation, options.shuffle_seed, options.ensure_time), (None, None, None));
    assert!(options.run_tests && !options.measure_benches && options.progress);
    assert!(options.workers >= 1 && options.filters.is_empty() && options.warnings.is_empty());
}

#[rehearsal::test]
fn libtests_flags_are_taken_with_and_without_the_unstable_ones_being_asked_for() {
    for prefix in ["", "-Z unstable-options ", "-Zunstable-options "] {
        let line = "--format json --shuffle-seed 3 --report-time --ensure-time --fail-fast --exclude-should-panic \
                    --force-run-in-process";
        let options = parse(&format!("{prefix}{line}"));
        assert_eq!(options.format, Format::Json);
        assert_eq!(options.shuffle_seed, Some(3));
        assert_eq!(options.isolation, Some(Isolation::Thread));
        assert!(options.report_time && options.max_fail == Some(1) && options.exclude_should_panic);
        let limits = options.ensure_time.expect("asked for");
        assert_eq!((limits.unit, limits.integration), (Duration::from_millis(100), Duration::from_secs(1)));
    }
}

#[rehearsal::test]
fn both_spellings_of_no_capture_and_the_last_number_of_threads_count() {
    assert!(parse("--nocapture").no_capture);
    assert!(parse("--no-capture").no_capture);
    assert_eq!(parse("--test-threads 3 --test-threads=7").workers, 7);
    assert_eq!(parse("--test-threads 3 --workers 5").workers, 5);
    let auto = parse("--workers auto");
    assert!(
        auto.workers >= 64 && auto.least_workers.is_some_and(|least| (1..=auto.workers).contains(&least))
    );
    assert_eq!(parse_in(&[("RUST_TEST_THREADS", "auto")]).least_workers, auto.least_workers);
    assert_eq!(parse_with("", &[], "workers = 'auto'").expect("right").workers, auto.workers);
    assert_eq!(parse_with("", &[], "workers = 3").expect("right").least_workers, None);
}

#[rehearsal::test]
fn several_filters_and_skips_are_taken_anywhere() {
    let options = parse("adds --skip a --exact subs --skip=b -- --odd");
    assert_eq!(options.filters, ["adds", "subs", "--odd"]);
    assert_eq!(options.skip, ["a", "b"]);
    assert!(options.exact);
}

#[rehearsal::test]
fn what_asks_the_history_cannot_do_without() {
    let asks = |line| parse(line).choice.asks_history();
    assert_eq!(asks("--shard 1/2 -E tag(a)"), None);
    assert_eq!(asks("-E tag(a)&!failed()"), Some("failed()"));
    assert_eq!(asks("--shard 1/2 --shard-by duration"), Some("--shard-by duration"));
    assert_eq!(asks("--shard-by duration"), None, "no shard, nothing to deal out");
    let said = parse_with("--failed", &[], "history = 'none'").expect_err("nothing to ask");
    assert_eq!(said, "`--failed` and `--history none` exclude each other; give one of them");
}

#[rehearsal::test]
fn overrides_are_expressions_and_what_they_set_the_first_counts() {
    let toml = "[[override]]\nfilter = 'tag(db)'\ntimeout = '2s'\nweight = 2\ngroup = 'g'\n\
                [[override]]\nfilter = 'all()'\ntimeout = 'none'\nexclusive = true\nisolation = 'fork'\n\
                [[profile.ci.override]]\nfilter = 'test(=db::reads)'\ntimeout = '9s'";
    let told = |line: &str, name: &str, tags: &[&str]| {
        let options = parse_with(line, &[], toml).expect("right");
        let history = History::default();
        let trial = Subject { name, kind: Kind::Test, tags, group: None, history: &history };
        let ruling = options.rules.of(&trial);
        let timeout = ruling.limit("timeout").expect("set for all");
        let rest =
            (ruling.count("weight"), ruling.text("group").map(str::to_owned), ruling.switch("exclusive"));
        (timeout.map(|limit| limit.as_secs()), rest, ruling.word("isolation"))
    };
    let fork = Some("fork");
    assert_eq!(told("", "db::reads", &["db"]), (Some(2), (Some(2), Some("g".into()), Some(true)), fork));
    assert_eq!(told("", "other", &[]), (None, (None, None, Some(true)), fork));
    assert_eq!(told("--profile ci", "db::reads", &[]).0, Some(9));
    assert!(parse("").rules.is_empty());
    let said = parse_with("", &[], "[[override]]\nfilter = 'tag(db'\nweight = 2").expect_err("no expression");
    assert_eq!(
        said,
        "rehearsal.toml:2:10: `override.filter`: the parenthesis of `tag(` is not closed\n  tag(db\n  ^^^"
    );
}

/// What a profile sets for a trial has to hold where it is run again by hand.
#[rehearsal::test]
fn a_run_again_takes_the_profile_along() {
    let file = "[profile.ci]\ntimeout = '1s'";
    let by_flag = parse_with("--profile ci --shard 1/2", &[], file).expect("right").again;
    assert_eq!((by_flag.flags, by_flag.variables), (vec!["--profile=ci".to_owned()], Vec::new()));
    let by_variable = parse_with("", &[("REHEARSAL_PROFILE", "ci")], file).expect("right").again;
    assert_eq!(
        (by_variable.flags, by_variable.variables),
        (Vec::new(), vec!["REHEARSAL_PROFILE=ci".to_owned()])
    );
}

#[rehearsal::test]
fn a_seed_has_a_short_name() {
    assert_eq!(parse("--seed 7").shuffle_seed, Some(7));
    assert_eq!(parse("--seed 7 --shuffle-seed=8").shuffle_seed, Some(8));
}

#[rehearsal::test]
fn cargo_nextest_is_recognised_when_it_runs_one_trial() {
    let line = "--exact math::adds --nocapture";
    let under =
        |line, variables: &[(&str, &str)]| parse_with(line, variables, "").expect("right").under_nextest;
    assert!(under(line, &[("NEXTEST", "1")]));
    assert!(!under(line, &[]));
    assert!(!under("--list --format terse --ignored", &[("NEXTEST", "1")]));
    assert_eq!(parse("--list --format terse --ignored").mode, Mode::List);
}

#[rehearsal::test]
fn tests_and_benchmarks_are_chosen_as_cargo_does() {
    let chosen = |line| (parse(line).run_tests, parse(line).measure_benches);
    assert_eq!(chosen(""), (true, false));
    assert_eq!(chosen("--test"), (true, false));
    assert_eq!(chosen("--bench"), (false, true));
    assert_eq!(chosen("--bench --test"), (true, true));
}

#[rehearsal::test]
fn quiet_is_terse_unless_a_format_is_named_beside_it() {
    assert_eq!(parse("-q").format, Format::Terse);
    assert_eq!(parse("-q --format pretty").format, Format::Pretty);
    assert_eq!(parse("--quiet --format json").format, Format::Json);
    let by_variable = parse_with("-q", &[("REHEARSAL_FORMAT", "json")], "format = 'junit'");
    assert_eq!(by_variable.expect("right").format, Format::Terse);
}

#[rehearsal::test]
fn libtests_variables_are_heeded_and_weaker_than_flags_and_our_own() {
    assert_eq!(parse_in(&[("RUST_TEST_THREADS", "3")]).workers, 3);
    assert_eq!(parse_in(&[("RUST_TEST_THREADS", "3"), ("REHEARSAL_WORKERS", "4")]).workers, 4);
    assert_eq!(parse_with("--test-threads 5", &[("RUST_TEST_THREADS", "3")], "").expect("right").workers, 5);
    assert!(parse_in(&[("RUST_TEST_NOCAPTURE", "1")]).no_capture);
    assert!(!parse_in(&[("RUST_TEST_NOCAPTURE", "0")]).no_capture);
    assert!(parse_in(&[("RUST_TEST_SHUFFLE", "1")]).shuffle_seed.is_some());
    assert!(parse_in(&[("RUST_TEST_SHUFFLE", "0")]).shuffle_seed.is_none());
    assert_eq!(parse_in(&[("RUST_TEST_SHUFFLE_SEED", "9")]).shuffle_seed, Some(9));
}

#[rehearsal::test]
fn colours_follow_the_flag_then_no_color_then_clicolor_force() {
    let color = |line, variables: &[(&str, &str)]| parse_with(line, variables, "").expect("right").color;
    assert_eq!(color("", &[("NO_COLOR", "1")]), ColorChoice::Never);
    assert_eq!(color("", &[("NO_COLOR", "")]), ColorChoice::Auto);
    assert_eq!(color("", &[("CLICOLOR_FORCE", "1")]), ColorChoice::Always);
    assert_eq!(color("", &[("CLICOLOR_FORCE", "0")]), ColorChoice::Auto);
    assert_eq!(color("", &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]), ColorChoice::Never);
    assert_eq!(color("--color always", &[("NO_COLOR", "1")]), ColorChoice::Always);
    assert_eq!(color("--color auto", &[("NO_COLOR", "1")]), ColorChoice::Auto);
    assert_eq!(color("", &[("TERM", "dumb")]), ColorChoice::Never);
}

#[rehearsal::test]
fn there_is_no_display_under_ci() {
    assert!(!parse_in(&[("CI", "true")]).progress);
    assert!(parse_in(&[("CI", "false")]).progress);
    assert!(parse_in(&[("CI", "")]).progress);
    assert!(!parse("--no-progress").progress);
    assert!(!parse_with("", &[], "no-progress = true").expect("right").progress);
}

#[rehearsal::test]
fn own_settings_come_from_flag_variable_and_file() {
    let toml = "isolation = 'thread'\ntimeout = 'none'\ntask_panic = 'allow'\nleaks = 'allow'\noutput-limit = '64KiB'";
    let options = parse_with("--grace 2s", &[("REHEARSAL_NO_TESTS", "fail")], toml).expect("right");
    assert_eq!(options.isolation, Some(Isolation::Thread));
    assert_eq!(options.timeout, None);
    assert_eq!((options.task_panic, options.leaks), (TaskPanic::Allow, Leaks::Allow));
    assert_eq!(options.output_limit, 65_536);
    assert_eq!(options.grace, Duration::from_secs(2));
    assert_eq!(options.no_tests, NoTests::Fail);
    let stronger =
        parse_with("--isolation process", &[("REHEARSAL_ISOLATION", "thread")], toml).expect("right");
    assert_eq!(stronger.isolation, Some(Isolation::Process));
}

#[rehearsal::test]
fn time_limits_are_read_where_they_are_asked_for() {
    let variables = [("RUST_TEST_TIME_UNIT", "20,40"), ("RUST_TEST_TIME_INTEGRATION", "1,2")];
    let options = parse_with("--ensure-time", &variables, "").expect("right");
    assert_eq!(options.time_limit("src/lib.rs"), Some(Duration::from_millis(40)));
    assert_eq!(options.time_limit("tests/suite/main.rs"), Some(Duration::from_millis(2)));
    let broken = [("RUST_TEST_TIME_UNIT", "40,20")];
    assert_eq!(parse_in(&broken).time_limit("src/lib.rs"), None);
    let said = parse_with("--ensure-time", &broken, "").expect_err("wrong");
    assert!(
        said.starts_with("`RUST_TEST_TIME_UNIT=40,20`: not a pair of limits; allowed: WARN,CRITICAL"),
        "{said}"
    );
}

#[rehearsal::test]
fn a_history_is_kept_beside_the_binary_elsewhere_or_nowhere() {
    assert_eq!(parse("").history, Asked::Beside);
    assert_eq!(parse("--history cache/rehearsal").history, Asked::In("cache/rehearsal".into()));
    assert_eq!(parse_in(&[("REHEARSAL_HISTORY", "none")]).history, Asked::Nowhere);
}

#[rehearsal::test]
fn the_order_and_the_limits_of_groups_are_taken() {
    assert_eq!(parse("").longest_first, None);
    assert_eq!(parse("--order plan").longest_first, Some(false));
    assert_eq!(parse_in(&[("REHEARSAL_ORDER", "longest")]).longest_first, Some(true));
    let given = parse("--group-limit db=3 --group-limit a=b=2").group_limits;
    let given: Vec<_> = given.iter().map(|said| (said.group.as_str(), said.limit)).collect();
    assert_eq!(given, [("db", 3), ("a=b", 2)]);
    let file = "[group.db]\nlimit = 3\n[group.'a=b']\nlimit = 2\n[profile.ci.group.db]\nlimit = 9";
    let with = |line| parse_with(line, &[], file).expect("right");
    let of = |line| ["db", "a=b", "other"].map(|group| with(line).group_limit(group));
    assert_eq!(of(""), [3, 2, 1]);
    assert_eq!(of("--profile ci"), [9, 2, 1]);
    assert_eq!(of("--profile ci --group-limit db=4"), [4, 2, 1]);
}

#[rehearsal::test]
fn what_cannot_be_is_refused() {
    let cases = [
        (
            "--test-threads 0",
            "`--test-threads 0`: too small; allowed: a whole number of at least 1, or `auto`",
        ),
        (
            "--ignored --include-ignored",
            "`--ignored` and `--include-ignored` exclude each other; give one of them",
        ),
        ("--format yaml", "`--format yaml`: no such word; allowed: pretty, terse, json, junit"),
        ("--color sometimes", "`--color sometimes`: no such word; allowed: auto, always, never"),
        ("-Z everything", "`-Z everything`: no such word; allowed: unstable-options"),
        ("--list=terse", "`--list` takes no value, but `terse` was given; leave out `=terse`"),
        ("--nocaptur", "unknown flag `--nocaptur`, did you mean `--nocapture`?; `--help` lists all flags"),
        (
            "--isolation fork --force-run-in-process",
            "`--isolation fork` and `--force-run-in-process` exclude each other; give one of them",
        ),
        (
            "--group-limit db",
            "`--group-limit db`: not a group and its limit; allowed: GROUP=N with N from 1 up, as in db=3",
        ),
        (
            "--group-limit db=0",
            "`--group-limit db=0`: not a group and its limit; allowed: GROUP=N with N from 1 up, as in db=3",
        ),
        ("--isolation vm", "`--isolation vm`: no such word; allowed: process, fork, thread"),
        (
            "--isolation process --force-run-in-process",
            "`--isolation process` and `--force-run-in-process` exclude each other; give one of them",
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(parse_with(line, &[], "").expect_err(line), expected, "{line}");
    }
}

#[rehearsal::test]
fn a_variable_that_was_mistyped_and_a_deprecated_flag_are_warned_of() {
    let options = parse_with("--logfile x.log", &[("REHEARSAL_TIMEOT", "5s"), ("REHEARSAL_XYZ", "1")], "");
    assert_eq!(
        options.expect("right").warnings,
        [
            "`--logfile` is deprecated",
            "the variable `REHEARSAL_TIMEOT` means nothing here, did you mean `REHEARSAL_TIMEOUT`?",
        ]
    );
}

#[rehearsal::test]
fn help_has_every_flag() {
    let text = Options::help();
    for flag in TABLE.iter().flat_map(|setting| setting.flags) {
        assert!(text.contains(flag), "{flag} is missing:\n{text}");
    }
    assert_eq!(parse("-h").mode, Mode::Help);
}

#[rehearsal::test]
fn a_number_of_retries_of_ones_own_goes_before_the_runs_but_none_means_none() {
    let own = Retries { count: 5, backoff_ms: 10, backoff_most_ms: 0 };
    let of_run = Retries { count: 2, backoff_ms: 100, backoff_most_ms: 2_000 };
    for (line, given, ruled, expected) in [
        ("", None, None, Retries::default()),
        ("", Some(own), None, own),
        ("--retries 2 --retry-backoff 100ms..2s", None, None, of_run),
        ("--retries 2 --retry-backoff 100ms", None, None, Retries { backoff_most_ms: 0, ..of_run }),
        ("--retries 2", Some(own), None, own),
        ("--retries 0", Some(own), None, Retries::default()),
        ("", None, Some(3), Retries { count: 3, ..Retries::default() }),
        ("--retry-backoff 100ms..2s", None, Some(2), of_run),
        ("--retries 2", Some(own), Some(1), Retries { count: 1, ..own }),
        ("--retries 0", Some(own), Some(1), Retries::default()),
    ] {
        assert_eq!(parse(line).retries(given, ruled, None), expected, "{line:?}");
    }
    let slower = Some((Duration::from_secs(1), Some(Duration::from_secs(4))));
    let slow = Retries { backoff_ms: 1_000, backoff_most_ms: 4_000, ..own };
    assert_eq!(parse("--retry-backoff 2s").retries(Some(own), None, slower), slow);
    assert_eq!(parse("").retries(None, Some(3), slower), Retries { count: 3, ..slow });
    assert_eq!(parse("--retries 0").retries(Some(own), Some(3), slower), Retries::default());
}

#[rehearsal::test]
fn a_pause_that_is_none_is_refused() {
    for pause in ["2", "soon", "2s..1s", "1s..", "..1s", "1s..2s..3s"] {
        let line = ["--retry-backoff", pause].map(OsString::from);
        let refused = Options::parse(line, &Environment::default(), None).expect_err(pause).to_string();
        assert!(refused.contains("--retry-backoff") && refused.contains("100ms..2s"), "{pause}: {refused}");
    }
}

#[rehearsal::test]
fn repetitions_are_as_many_as_asked_for_or_a_million() {
    let table = [
        ("", (0, false)),
        ("--repeat 3", (3, false)),
        ("--repeat 3 --fail-fast", (3, true)),
        ("--until-failure", (1_000_000, true)),
        ("--until-failure --repeat 50", (50, true)),
    ];
    for (line, expected) in table {
        let options =
            Options::parse(line.split_whitespace().map(OsString::from), &Environment::default(), None);
        let options = options.expect(line);
        assert_eq!((options.repeat, options.until_failure), expected, "{line:?}");
    }
}

#[rehearsal::test]
fn a_comparison_is_asked_for_where_something_is_measured() {
    let asked = parse("--bench --compare HEAD~1 --fail-on-regression 2.5% --compare-rounds 9");
    let compare = asked.compare.expect("it is asked for");
    assert_eq!((&*compare.with, compare.rounds, compare.allowed()), ("HEAD~1", 9, Some(0.025)));
    assert_eq!(parse("--bench --compare a").compare.map(|compare| compare.rounds), Some(15));
    assert_eq!(
        (parse("--bench").compare, parse("").when_busy, parse("--round").round),
        (None, WhenBusy::Warn, true)
    );
    assert_eq!(parse("--when-busy refuse").when_busy, WhenBusy::Refuse);
    for bad in ["five", "5", "0.05", "-5%", "5%%", "%", "inf%", "NaN%", "1001%"] {
        let line = format!("--bench --compare a --fail-on-regression={bad}");
        let error = parse_with(&line, &[], "").expect_err(bad);
        assert!(error.contains("not a percentage") && error.contains("as in 5%"), "{bad}: {error}");
    }
    for (line, expected) in [
        ("--compare a", "nothing is measured here"),
        ("--bench --fail-on-regression 5%", "there is nothing to be slower than"),
        ("--bench --compare a --compare-rounds 7", "at least 8"),
        ("--bench --when-busy perhaps", "no such word"),
    ] {
        let error = parse_with(line, &[], "").expect_err(line);
        assert!(error.contains(expected), "{line}: {error}");
    }
}
