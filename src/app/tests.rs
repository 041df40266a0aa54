//! Settings from all four sources, and what is said of those that are wrong.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;

const TABLE: &[Setting] = &[
    Setting {
        name: "timeout",
        flags: &["--timeout"],
        variables: &[Variable::exact("APP_TIMEOUT")],
        key: Some("timeout"),
        form: Form::Limit,
        default: Some("10m"),
        help: "Stop what runs longer",
        ..Setting::BLANK
    },
    Setting {
        name: "isolation",
        flags: &["-i", "--isolation"],
        variables: &[Variable::exact("APP_ISOLATION")],
        key: Some("isolation-level"),
        form: Form::Word(&["process", "thread"]),
        help: "Where it runs",
        ..Setting::BLANK
    },
    Setting {
        name: "workers",
        flags: &["--workers", "--threads"],
        variables: &[Variable::exact("APP_WORKERS"), Variable::exact("OLD_THREADS")],
        key: Some("workers"),
        form: Form::Count { least: 1 },
        ..Setting::BLANK
    },
    Setting { name: "limit", flags: &["--limit"], key: Some("limit"), form: Form::Size, ..Setting::BLANK },
    Setting { name: "skip", flags: &["--skip"], key: Some("skip"), form: Form::List, ..Setting::BLANK },
    Setting {
        name: "loud",
        flags: &["--loud"],
        variables: &[Variable::exact("APP_LOUD"), Variable::loose("OLD_LOUD")],
        key: Some("loud"),
        ..Setting::BLANK
    },
    Setting {
        name: "title",
        flags: &["--title"],
        variables: &[Variable::exact("APP_TITLE")],
        key: Some("title"),
        form: Form::Text,
        ..Setting::BLANK
    },
    Setting { name: "log", flags: &["--log"], form: Form::Path, ..Setting::BLANK },
    Setting::HELP,
];

/// Names and values.
type Variables<'a> = &'a [(&'a str, &'a str)];

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn file(text: &str) -> SettingsFile {
    SettingsFile { path: PathBuf::from("rehearsal.toml"), text: text.to_owned() }
}

fn resolve(line: &str, variables: &[(&str, &str)], toml: &str) -> Result<Settings, SettingsError> {
    let mut environment = Environment::default();
    for (name, value) in variables {
        environment.set(name, value);
    }
    Settings::resolve(TABLE, words(line), &environment, Some(&file(toml)))
}

fn complaint(line: &str, variables: &[(&str, &str)], toml: &str) -> String {
    resolve(line, variables, toml).expect_err("these settings are wrong").to_string()
}

#[rehearsal::test]
fn each_source_goes_before_the_one_below_it() {
    let variables = [("APP_TIMEOUT", "3s")];
    let toml = "timeout = '2s'";
    let cases: [(&str, Variables<'_>, &str, u64, &str); 4] = [
        ("", &[], "", 600, "the default"),
        ("", &[], toml, 2, "rehearsal.toml:1:11: `timeout`"),
        ("", &variables, toml, 3, "APP_TIMEOUT"),
        ("--timeout 4s", &variables, toml, 4, "--timeout"),
    ];
    for (line, variables, toml, seconds, from) in cases {
        let settings = resolve(line, variables, toml).expect("these settings are right");
        assert_eq!(
            settings.limit("timeout"),
            Some(Duration::from_secs(seconds)),
            "{line} {variables:?} {toml}"
        );
        assert_eq!(settings.source("timeout").map(ToString::to_string).as_deref(), Some(from));
        assert_eq!(settings.is_given("timeout"), from != "the default");
    }
}

#[rehearsal::test]
fn flags_come_in_all_their_spellings_and_the_last_one_wins() {
    let settings = resolve("--workers=1 --threads 2 -ithread a --loud b -- --loud", &[], "").expect("right");
    assert_eq!(settings.count("workers"), Some(2));
    assert_eq!(settings.word("isolation"), Some("thread"));
    assert!(settings.switch("loud"));
    assert_eq!(settings.positional(), ["a", "b", "--loud"]);
}

#[rehearsal::test]
fn a_list_gathers_its_flags_and_replaces_the_file() {
    let toml = "skip = ['x', 'y']";
    assert_eq!(resolve("", &[], toml).expect("right").list("skip"), ["x", "y"]);
    assert_eq!(resolve("--skip a --skip b", &[], toml).expect("right").list("skip"), ["a", "b"]);
}

#[rehearsal::test]
fn of_texts_the_last_one_counts_whatever_is_in_it() {
    let given = resolve("--title a --title b,c", &[("APP_TITLE", "v")], "title = 'f'").expect("right");
    assert_eq!(given.text("title"), Some("b,c"));
    assert_eq!(resolve("", &[], "title = 'f g'").expect("right").text("title"), Some("f g"));
    assert_eq!(resolve("", &[], "").expect("right").text("title"), None);
    assert_eq!(complaint("--title=", &[], ""), "`--title `: it is empty; allowed: a text");
    assert_eq!(
        complaint("", &[], "title = 3"),
        "rehearsal.toml:1:9: `title` = `3`: an integer does not fit; allowed: a text"
    );
}

#[rehearsal::test]
fn the_file_takes_toml_types_and_underscores() {
    let settings = resolve("", &[], "isolation_level = 'thread'\nworkers = 0x10\nlimit = 4096\nloud = true")
        .expect("right");
    assert_eq!(settings.word("isolation"), Some("thread"));
    assert_eq!(settings.count("workers"), Some(16));
    assert_eq!(settings.size("limit"), Some(4096));
    assert!(settings.switch("loud"));
}

#[rehearsal::test]
fn variables_have_an_order_and_empty_ones_are_not_there() {
    let both = [("APP_WORKERS", "3"), ("OLD_THREADS", "5")];
    assert_eq!(resolve("", &both, "").expect("right").count("workers"), Some(3));
    assert_eq!(resolve("", &both[1..], "").expect("right").count("workers"), Some(5));
    assert_eq!(resolve("", &[("APP_WORKERS", "")], "").expect("right").count("workers"), None);
}

#[rehearsal::test]
fn a_variable_may_switch_off_what_the_file_switches_on() {
    let loud =
        |variable, value| resolve("", &[(variable, value)], "loud = true").expect("right").switch("loud");
    assert!(!loud("APP_LOUD", "0"));
    assert!(!loud("OLD_LOUD", "0"));
    assert!(loud("OLD_LOUD", "anything"));
}

#[rehearsal::test]
fn what_is_wrong_is_told_with_what_is_allowed() {
    let duration = "allowed: a number with a unit, as in 500ms, 5s, 1.5s, 10m or 2h, or `none`";
    let cases: &[(&str, Variables<'_>, &str, &str)] = &[
        (
            "--timeot 5s",
            &[],
            "",
            "unknown flag `--timeot`, did you mean `--timeout`?; `--help` lists all flags",
        ),
        ("--xyzzy", &[], "", "unknown flag `--xyzzy`; `--help` lists all flags"),
        ("-x", &[], "", "unknown flag `-x`; `--help` lists all flags"),
        ("--timeout soon", &[], "", &format!("`--timeout soon`: not a duration; {duration}")),
        (
            "--timeout 0",
            &[],
            "",
            &format!("`--timeout 0`: zero is no limit; `none` means that there is none; {duration}"),
        ),
        (
            "--workers 99999999999999999999",
            &[],
            "",
            "`--workers 99999999999999999999`: too large; allowed: a whole number of at least 1",
        ),
        ("--timeout", &[], "", &format!("`--timeout` needs a value: {}", &duration["allowed: ".len()..])),
        ("--timeout 5", &[], "", &format!("`--timeout 5`: not a duration; {duration}")),
        (
            "--isolation proces",
            &[],
            "",
            "`--isolation proces`: no such word; did you mean `process`?; allowed: process, thread",
        ),
        ("--workers 0", &[], "", "`--workers 0`: too small; allowed: a whole number of at least 1"),
        (
            "--threads -3",
            &[],
            "",
            "`--threads -3`: not a whole number; allowed: a whole number of at least 1",
        ),
        ("--loud=yes", &[], "", "`--loud` takes no value, but `yes` was given; leave out `=yes`"),
        (
            "",
            &[("OLD_THREADS", "many")],
            "",
            "`OLD_THREADS=many`: not a whole number; allowed: a whole number of at least 1",
        ),
        (
            "",
            &[("APP_LOUD", "perhaps")],
            "",
            "`APP_LOUD=perhaps`: neither on nor off; allowed: true or false",
        ),
        (
            "",
            &[],
            "\n  timout = '5s'",
            "rehearsal.toml:2:3: unknown key `timout`, did you mean `timeout`?; known keys: isolation-level, limit, loud, skip, timeout, title, workers",
        ),
        (
            "",
            &[],
            "[server]\nport = 1",
            "rehearsal.toml:1:2: unknown key `server`; known keys: isolation-level, limit, loud, skip, timeout, title, workers",
        ),
        (
            "",
            &[],
            "timeout = 5",
            &format!("rehearsal.toml:1:11: `timeout` = `5`: not a duration; {duration}"),
        ),
        (
            "",
            &[],
            "workers = 'two'",
            "rehearsal.toml:1:11: `workers` = `two`: not a whole number; allowed: a whole number of at least 1",
        ),
        (
            "",
            &[],
            "workers = 2.5",
            "rehearsal.toml:1:11: `workers` = `2.5`: a float does not fit; allowed: a whole number of at least 1",
        ),
        ("", &[], "loud = 1", "rehearsal.toml:1:8: `loud` = `1`: not a boolean; allowed: true or false"),
        (
            "",
            &[],
            "skip = ['a', 1]",
            "rehearsal.toml:1:8: `skip` = `[…]`: not every item is a string; allowed: a text",
        ),
    ];
    for (line, variables, toml, expected) in cases {
        assert_eq!(complaint(line, variables, toml), *expected, "{line} {variables:?} {toml}");
    }
}

#[rehearsal::test]
fn a_file_that_is_not_toml_is_told_with_its_place() {
    let said = complaint("", &[], "timeout = '5s'\nworkers = = 2\n");
    assert!(said.starts_with("rehearsal.toml:2:11: "), "{said}");
}

#[rehearsal::test]
fn a_broken_value_is_told_even_where_a_stronger_source_has_the_last_word() {
    assert!(complaint("--timeout 5s", &[("APP_TIMEOUT", "soon")], "").contains("APP_TIMEOUT=soon"));
}

#[rehearsal::test]
fn the_file_is_found_beside_the_package_then_upwards_as_far_as_the_workspace() {
    let root = std::env::temp_dir().join(format!("rehearsal-settings-{}", std::process::id()));
    let package = root.join("work/package");
    let inner = package.join("src/deep");
    std::fs::create_dir_all(&inner).expect("directories");
    let write = |at: &Path, text: &str| std::fs::write(at, text).expect("a file");
    let found = |environment: &Environment| {
        SettingsFile::find(environment, &inner).expect("readable").map(|file| file.text)
    };
    let by_cargo = Environment::from([("CARGO_MANIFEST_DIR", package.as_os_str())]);

    write(&root.join("rehearsal.toml"), "outside");
    write(&root.join("work/Cargo.lock"), "");
    assert_eq!(found(&by_cargo), None, "the search ends at the workspace's root");
    write(&root.join("work/rehearsal.toml"), "workspace");
    assert_eq!(found(&by_cargo).as_deref(), Some("workspace"));
    write(&inner.join("rehearsal.toml"), "inner");
    assert_eq!(found(&Environment::default()).as_deref(), Some("inner"));
    write(&package.join("rehearsal.toml"), "package");
    assert_eq!(found(&by_cargo).as_deref(), Some("package"));
    std::fs::remove_file(package.join("rehearsal.toml")).expect("removable");
    std::fs::create_dir(package.join("rehearsal.toml")).expect("a directory in its place");
    let said = SettingsFile::find(&by_cargo, &inner).expect_err("unreadable").to_string();
    assert!(said.starts_with("cannot read the settings file "), "{said}");
    std::fs::remove_dir_all(&root).expect("removable");
}

#[rehearsal::test]
fn help_names_flags_values_defaults_variables_and_keys() {
    let text = help::render("app [OPTIONS]", TABLE, "The end.");
    let expected = "\
  --timeout <DURATION>            Stop what runs longer [default: 10m; APP_TIMEOUT; key timeout]
  -i, --isolation <process|thread>
                                  Where it runs [APP_ISOLATION; key isolation-level]
";
    assert!(text.starts_with("Usage: app [OPTIONS]\n\nOptions:\n"), "{text}");
    assert!(text.contains(expected), "{text}");
    assert!(text.ends_with("\n\nThe end.\n"), "{text}");
}

#[rehearsal::test]
fn a_row_that_makes_no_sense_is_told_to_its_author() {
    let no_dashes = Setting { name: "a", flags: &["a"], ..Setting::BLANK };
    assert_eq!(no_dashes.check(), Err("`a` of the setting `a` is neither -x nor --xyz".into()));
    let odd_default = Setting { name: "b", form: Form::Duration, default: Some("soon"), ..Setting::BLANK };
    assert_eq!(odd_default.check(), Err("the default of `b`: not a duration".into()));
    assert!(TABLE.iter().all(|setting| setting.check().is_ok()));
}
