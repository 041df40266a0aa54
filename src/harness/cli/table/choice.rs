//! Which trials run.

use crate::app::{Form, Setting, Variable};

const SELECT: &str = "Which trials";

/// A flag of libtest's: no key, and no variable unless the row names one.
const LIBTEST: Setting = Setting { heading: SELECT, ..Setting::BLANK };

/// The rows of the table that choose trials.
pub(super) const CHOICE: &[Setting] = &[
    Setting {
        name: "exact",
        flags: &["--exact"],
        help: "Filters and --skip match whole names instead of parts of them",
        ..LIBTEST
    },
    Setting {
        name: "skip",
        flags: &["--skip"],
        form: Form::List,
        placeholder: "FILTER",
        help: "Leave out trials whose names contain FILTER; may be repeated",
        ..LIBTEST
    },
    Setting {
        name: "filter-expr",
        flags: &["-E", "--filter-expr"],
        variables: &[Variable::exact("REHEARSAL_FILTER_EXPR")],
        key: Some("filter-expr"),
        form: Form::List,
        placeholder: "EXPRESSION",
        help: "Leave out trials of which this is not so, as in `tag(db) and not test(slow)`; given several times, \
               one of them has to be so",
        ..LIBTEST
    },
    Setting {
        name: "failed",
        flags: &["--failed"],
        variables: &[Variable::exact("REHEARSAL_FAILED")],
        help: "Leave out trials that did not fail when they ran last",
        ..LIBTEST
    },
    Setting {
        name: "shard",
        flags: &["--shard"],
        variables: &[Variable::exact("REHEARSAL_SHARD")],
        form: Form::Text,
        placeholder: "K/N",
        help: "Run part K of N, one for each of N machines",
        ..LIBTEST
    },
    Setting {
        name: "shard-by",
        flags: &["--shard-by"],
        variables: &[Variable::exact("REHEARSAL_SHARD_BY")],
        key: Some("shard-by"),
        form: Form::Word(&["hash", "duration"]),
        default: Some("hash"),
        help: "What decides to which part a trial belongs: its name, or how long it took in earlier runs, so that all \
               parts take about the same time; for that all machines need one and the same history",
        ..LIBTEST
    },
    Setting { name: "ignored", flags: &["--ignored"], help: "Run ignored trials only", ..LIBTEST },
    Setting {
        name: "include-ignored",
        flags: &["--include-ignored"],
        help: "Run ignored trials too",
        ..LIBTEST
    },
    Setting {
        name: "test",
        flags: &["--test"],
        help: "Run tests; benchmarks too, once, unless --bench measures them",
        ..LIBTEST
    },
    Setting {
        name: "bench",
        flags: &["--bench"],
        help: "Measure benchmarks; tests do not run unless --test is given too",
        ..LIBTEST
    },
    Setting {
        name: "exclude-should-panic",
        flags: &["--exclude-should-panic"],
        help: "Leave out trials that should panic",
        ..LIBTEST
    },
    Setting {
        name: "no-tests",
        flags: &["--no-tests"],
        variables: &[Variable::exact("REHEARSAL_NO_TESTS")],
        key: Some("no-tests"),
        form: Form::Word(&["pass", "warn", "fail"]),
        default: Some("warn"),
        help: "What it means that a filter was given and nothing matched",
        ..LIBTEST
    },
    Setting {
        name: "list",
        flags: &["--list"],
        help: "List trials instead of running them; one a line with --format terse",
        ..LIBTEST
    },
    Setting {
        name: "audit",
        flags: &["--audit"],
        variables: &[Variable::exact("REHEARSAL_AUDIT")],
        key: Some("audit"),
        help: "Run nothing; fail where a test attribute in the sources registered no trial",
        ..LIBTEST
    },
];
