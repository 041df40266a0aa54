//! Profiles, overrides and named tables of a settings file, what is wrong with them, and how all of it is shown.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::app::*;

/// Names and values.
type Variables<'a> = &'a [(&'a str, &'a str)];

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn file(text: &str) -> SettingsFile {
    SettingsFile { path: PathBuf::from("rehearsal.toml"), text: text.to_owned() }
}

/// A table with profiles, overrides and named tables.
const RICH: &[Setting] = &[
    Setting {
        name: "timeout",
        flags: &["--timeout"],
        variables: &[Variable::exact("APP_TIMEOUT")],
        key: Some("timeout"),
        form: Form::Limit,
        default: Some("10m"),
        scope: Scope::Both,
        ..Setting::BLANK
    },
    Setting { name: "workers", key: Some("workers"), form: Form::Count { least: 1 }, ..Setting::BLANK },
    Setting { name: "skip", flags: &["--skip"], key: Some("skip"), form: Form::List, ..Setting::BLANK },
    Setting { name: "only", flags: &["--only"], form: Form::Text, ..Setting::BLANK },
    Setting {
        name: "weight",
        key: Some("weight"),
        form: Form::Count { least: 1 },
        scope: Scope::Override,
        ..Setting::BLANK
    },
    Setting {
        name: "group-limit",
        key: Some("limit"),
        form: Form::Count { least: 1 },
        scope: Scope::Named("group"),
        ..Setting::BLANK
    },
    Setting { variables: &[Variable::exact("APP_PROFILE")], ..Setting::PROFILE },
    Setting::SHOW_CONFIG,
];

const PROFILES: &str = r#"
timeout = "1s"
workers = 1
[profile.default]
timeout = "2s"
[profile.ci]
timeout = "3s"
[profile.ci.group.db]
limit = 9
[profile.slow]
workers = 7
[group.db]
limit = 3
[group."odd name"]
limit = 4
[[override]]
filter = "first"
weight = 2
[[profile.ci.override]]
filter = "ci"
timeout = "none"
weight = 5
"#;

fn rich(line: &str, variables: &[(&str, &str)], toml: &str) -> Result<Settings, SettingsError> {
    let mut environment = Environment::default();
    for (name, value) in variables {
        environment.set(name, value);
    }
    Settings::resolve(RICH, words(line), &environment, Some(&file(toml)))
}

#[rehearsal::test]
fn a_profile_goes_before_the_default_one_and_that_before_the_top() {
    let ci = [("APP_PROFILE", "ci")];
    let cases: [(&str, Variables<'_>, u64, u64, u64); 6] = [
        ("", &[], 2, 1, 3),
        ("--profile default", &ci, 2, 1, 3),
        ("--profile ci", &[], 3, 1, 9),
        ("", &ci, 3, 1, 9),
        ("--profile ci --profile slow", &ci, 2, 7, 3),
        ("--timeout 8s", &ci, 8, 1, 9),
    ];
    for (line, variables, timeout_s, workers, limit) in cases {
        let settings = rich(line, variables, PROFILES).expect("right");
        assert_eq!(settings.limit("timeout"), Some(Duration::from_secs(timeout_s)), "{line} {variables:?}");
        assert_eq!(settings.count("workers"), Some(workers), "{line} {variables:?}");
        let db =
            settings.named("group-limit").find(|named| named.name == "db").map(|named| named.value.clone());
        assert_eq!(db, Some(Value::Count(limit)), "{line} {variables:?}");
    }
    let from = |line| rich(line, &[], PROFILES).expect("right").source("timeout").map(ToString::to_string);
    assert_eq!(from("--profile ci").as_deref(), Some("rehearsal.toml:7:11: `profile.ci.timeout`"));
}

#[rehearsal::test]
fn overrides_of_a_profile_go_before_all_others() {
    let filters = |line| {
        let settings = rich(line, &[], PROFILES).expect("right");
        settings.overrides().iter().map(|given| given.filter.clone()).collect::<Vec<_>>()
    };
    assert_eq!(filters(""), ["first"]);
    assert_eq!(filters("--profile ci"), ["ci", "first"]);
    let settings = rich("--profile ci", &[], PROFILES).expect("right");
    let [ci, first] = settings.overrides() else { panic!("two of them") };
    let set = |given: &Override| {
        given.values.iter().map(|(name, value, _)| (*name, value.clone())).collect::<Vec<_>>()
    };
    assert_eq!(set(ci), [("timeout", Value::Limit(None)), ("weight", Value::Count(5))]);
    assert_eq!(set(first), [("weight", Value::Count(2))]);
    assert_eq!(first.from.to_string(), "rehearsal.toml:17:10: `override.filter`");
}

/// What is wrong in a profile is told whichever one was asked for.
#[rehearsal::test]
fn what_is_wrong_in_a_rich_file_is_told_with_its_place() {
    let known = "known keys: group, override, profile, skip, timeout, workers";
    let cases = [
        (
            "[profile.ci]\nworker = 1",
            &*format!("2:1: unknown key `worker`, did you mean `workers`?; {known}"),
        ),
        ("[profiles.ci]", &format!("1:2: unknown key `profiles`, did you mean `profile`?; {known}")),
        ("[overide]", &format!("1:2: unknown key `overide`, did you mean `override`?; {known}")),
        (
            "[profile.ci]\nworkers = 'two'",
            "2:11: `profile.ci.workers` = `two`: not a whole number; allowed: a whole number of at least 1",
        ),
        (
            "profile = 'ci'",
            "1:11: `profile` = `\"ci\"`: a string does not fit; allowed: a table, `[profile.NAME]`",
        ),
        (
            "[profile]\nci = 1",
            "2:6: `profile.ci` = `1`: an integer does not fit; allowed: a table of settings",
        ),
        ("[profile.ci.profile.x]", "1:13: `profile` cannot be set here; it stands at the top"),
        ("weight = 2", "1:1: `weight` cannot be set here; it stands in an `[[override]]` with a `filter`"),
        ("limit = 2", "1:1: `limit` cannot be set here; it stands in a `[group.NAME]`"),
        (
            "[group]\nlimit = 2",
            "2:9: `group.limit` = `2`: an integer does not fit; allowed: a table of settings",
        ),
        ("[group.db]\nlimits = 2", "2:1: unknown key `limits`, did you mean `limit`?; known keys: limit"),
        (
            "[group.db]\nlimit = 0",
            "2:9: `group.db.limit` = `0`: too small; allowed: a whole number of at least 1",
        ),
        (
            "[override]\nfilter = 'a'",
            "1:1: `override` = `{…}`: a table does not fit; allowed: tables, `[[override]]`",
        ),
        (
            "[[override]]\nweight = 2",
            "1:1: `override` = `{…}`: it has no `filter`, and so is about nothing; allowed: a table with a `filter`",
        ),
        (
            "[[override]]\nfilter = 1",
            "2:10: `override.filter` = `1`: an integer does not fit; allowed: a text",
        ),
        (
            "[[override]]\nfilter = 'a'\nworkers = 2",
            "3:1: `workers` cannot be set here; it stands at the top or in a `[profile.NAME]`: it is for the whole run",
        ),
        (
            "[[override]]\nfilter = 'a'\nwieght = 2",
            "3:1: unknown key `wieght`, did you mean `weight`?; known keys: filter, timeout, weight",
        ),
        (
            "[[profile.ci.override]]\nfilter = 'a'\ntimeout = true",
            "3:11: `profile.ci.override.timeout` = `true`: a boolean does not fit; allowed: a number with a unit, as in \
             500ms, 5s, 1.5s, 10m or 2h, or `none`",
        ),
    ];
    for (toml, told) in cases {
        let said = rich("", &[], toml).expect_err(toml).to_string();
        assert_eq!(said, format!("rehearsal.toml:{told}"), "{toml}");
    }
}

#[rehearsal::test]
fn a_profile_that_is_not_there_is_told_with_those_that_are() {
    let said = |line: &str, variables: Variables<'_>| {
        rich(line, variables, PROFILES).expect_err("no such").to_string()
    };
    let place = "there is no such profile in rehearsal.toml";
    assert_eq!(
        said("--profile cii", &[]),
        format!("`--profile cii`: {place}, did you mean `ci`?; allowed: ci, default, slow")
    );
    assert_eq!(
        said("", &[("APP_PROFILE", "x")]),
        format!("`APP_PROFILE=x`: {place}; allowed: ci, default, slow")
    );
    assert_eq!(said("--profile=", &[]), "`--profile `: it is empty; allowed: a text");
    let none = Settings::resolve(RICH, words("--profile ci"), &Environment::default(), None);
    let none = none.expect_err("no file").to_string();
    assert_eq!(
        none,
        "`--profile ci`: there is no such profile in the settings: there is no rehearsal.toml; allowed: default"
    );
    assert!(Settings::resolve(RICH, words("--profile default"), &Environment::default(), None).is_ok());
}

#[rehearsal::test]
fn what_is_shown_says_where_each_value_comes_from() {
    let shown =
        rich("--profile ci --only a --skip 'b\"'", &[("APP_TIMEOUT", "5s")], PROFILES).expect("right").show();
    let expected = r#"# settings file: rehearsal.toml
timeout = "5s"                           # variable APP_TIMEOUT
workers = 1                              # rehearsal.toml:3:11
skip = ["'b\"'"]                         # flag --skip
# only = "a"                             # flag --only
# profile = "ci"                         # flag --profile

[group.db]
limit = 9                                # rehearsal.toml:9:9, profile ci

[group."odd name"]
limit = 4                                # rehearsal.toml:15:9

[[override]]
filter = "ci"                            # rehearsal.toml:20:10, profile ci
timeout = "none"                         # rehearsal.toml:21:11, profile ci
weight = 5                               # rehearsal.toml:22:10, profile ci

[[override]]
filter = "first"                         # rehearsal.toml:17:10
weight = 2                               # rehearsal.toml:18:10
"#;
    assert_eq!(shown, expected);
    let nothing = Settings::resolve(RICH, [], &Environment::default(), None).expect("right").show();
    assert_eq!(
        nothing,
        "# no settings file: there is no rehearsal.toml beside Cargo.toml or above it\n\
         timeout = \"10m\"                          # default\n\
         # workers is not set\n\
         skip = []                                # default\n"
    );
}

/// What was shown is itself a settings file, and says the same.
#[rehearsal::test]
fn what_is_shown_can_be_read_again() {
    for line in ["", "--profile ci", "--profile slow --skip x\ty --timeout none"] {
        let shown = rich(line, &[], PROFILES).expect("right").show();
        let again = rich("", &[], &shown).unwrap_or_else(|error| panic!("{error}\n{shown}")).show();
        let values = |shown: &str| {
            let lines = shown.lines().filter(|line| !line.starts_with('#'));
            lines
                .map(|line| line.split(" # ").next().unwrap_or_default().trim().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(values(&shown), values(&again), "{shown}");
    }
}
