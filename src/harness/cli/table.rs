//! The settings of the test application, each declared once.
//!
//! A part is libtest's command line, stable and unstable; `-Z unstable-options` is accepted and asked
//! for nowhere. The others are our own: each of those has a variable and a key too, because
//! `cargo test -- --flag` also reaches test binaries that are not ours.

mod choice;
mod compare;
mod measure;
mod single;

use crate::app::{Declaration, Form, Scope, Setting, Variable};

use self::choice::CHOICE;
pub(super) use self::compare::COMPARE;
pub(super) use self::measure::MEASURE;
use self::single::SINGLE;

const RUN: &str = "How they run";
const SHOW: &str = "What is shown";

/// A report that is written to a file.
const REPORT: Setting = Setting { heading: SHOW, form: Form::Path, ..Setting::BLANK };

/// How many rows come before those of comparisons.
const BEFORE: usize = CHOICE.len() + ROWS.len() + MEASURE.len();

/// All settings of a test binary, in the order of its help.
pub const TABLE: &[Setting] = &{
    let mut all = [Setting::BLANK; BEFORE + COMPARE.len() + SINGLE.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = match at {
            _ if at < CHOICE.len() => CHOICE[at],
            _ if at < CHOICE.len() + ROWS.len() => ROWS[at - CHOICE.len()],
            _ if at < CHOICE.len() + ROWS.len() + MEASURE.len() => MEASURE[at - CHOICE.len() - ROWS.len()],
            _ if at < BEFORE + COMPARE.len() => COMPARE[at - BEFORE],
            _ => SINGLE[at - BEFORE - COMPARE.len()],
        };
        at += 1;
    }
    all
};

/// How trials run, and what is shown.
const ROWS: &[Setting] = &[
    Setting {
        name: "workers",
        heading: RUN,
        flags: &["--test-threads", "--workers"],
        variables: &[Variable::exact("REHEARSAL_WORKERS"), Variable::exact("RUST_TEST_THREADS")],
        key: Some("workers"),
        form: Form::CountOr { least: 1, word: "auto" },
        help: "Number of workers, and so of trials at a time; the number of processors unless given. `auto` begins \
               with that many and takes on more while the processors are idle and trials wait",
        ..Setting::BLANK
    },
    Setting {
        name: "isolation",
        heading: RUN,
        flags: &["--isolation"],
        variables: &[Variable::exact("REHEARSAL_ISOLATION")],
        key: Some("isolation"),
        form: Form::Word(&["process", "fork", "thread"]),
        help: "Where a trial runs: in a warm worker process, which may crash (the default where processes \
               work), in a process of its own that is forked for it, or on a thread of this process",
        scope: Scope::Both,
        ..Setting::BLANK
    },
    Setting {
        name: "order",
        heading: RUN,
        flags: &["--order"],
        variables: &[Variable::exact("REHEARSAL_ORDER")],
        key: Some("order"),
        form: Form::Word(&["longest", "plan"]),
        help: "Which trials start first: those that failed last time and then those that take the longest (the \
               default where there are two workers or more), or by name, as they are listed",
        ..Setting::BLANK
    },
    Setting {
        name: "group-limit",
        heading: RUN,
        flags: &["--group-limit"],
        variables: &[Variable::exact("REHEARSAL_GROUP_LIMIT")],
        form: Form::List,
        placeholder: "GROUP=N",
        help: "Let N trials of this group run at once, where it is one otherwise; may be repeated; limit in \
               [group.NAME] of rehearsal.toml is the same",
        ..Setting::BLANK
    },
    Setting {
        name: "recycle-after",
        heading: RUN,
        flags: &["--recycle-after"],
        variables: &[Variable::exact("REHEARSAL_RECYCLE_AFTER")],
        key: Some("recycle-after"),
        form: Form::Count { least: 1 },
        help: "Replace a worker process after N trials",
        ..Setting::BLANK
    },
    Setting {
        name: "worker-memory",
        heading: RUN,
        flags: &["--worker-memory"],
        variables: &[Variable::exact("REHEARSAL_WORKER_MEMORY")],
        key: Some("worker-memory"),
        form: Form::Size,
        help: "Replace a worker process that holds more memory than this, when its trial has ended",
        ..Setting::BLANK
    },
    Setting {
        name: "history",
        heading: RUN,
        flags: &["--history"],
        variables: &[Variable::exact("REHEARSAL_HISTORY")],
        key: Some("history"),
        form: Form::Path,
        placeholder: "DIR|none",
        help: "Where to keep what is learnt of trials, how long they take and whether they failed, for later runs; \
               beside the test binary in the target directory unless given",
        ..Setting::BLANK
    },
    Setting {
        name: "timeout",
        heading: RUN,
        flags: &["--timeout"],
        variables: &[Variable::exact("REHEARSAL_TIMEOUT")],
        key: Some("timeout"),
        form: Form::Limit,
        default: Some("10m"),
        help: "Stop a trial that runs longer than this; a trial's own timeout goes before it",
        scope: Scope::Both,
        ..Setting::BLANK
    },
    Setting {
        name: "run-timeout",
        heading: RUN,
        flags: &["--run-timeout"],
        variables: &[Variable::exact("REHEARSAL_RUN_TIMEOUT")],
        key: Some("run-timeout"),
        form: Form::Limit,
        default: Some("none"),
        help: "End a run that takes longer than this, and say what ran by then",
        ..Setting::BLANK
    },
    Setting {
        name: "slow",
        heading: RUN,
        flags: &["--slow"],
        variables: &[Variable::exact("REHEARSAL_SLOW")],
        key: Some("slow"),
        form: Form::Limit,
        default: Some("60s"),
        help: "Tell of a trial that runs longer than this",
        scope: Scope::Both,
        ..Setting::BLANK
    },
    Setting {
        name: "grace",
        heading: RUN,
        flags: &["--grace"],
        variables: &[Variable::exact("REHEARSAL_GRACE")],
        key: Some("grace"),
        form: Form::Duration,
        default: Some("500ms"),
        help: "Time between SIGTERM and SIGKILL for what has to be stopped",
        ..Setting::BLANK
    },
    Setting {
        name: "task-panic",
        heading: RUN,
        flags: &["--task-panic"],
        variables: &[Variable::exact("REHEARSAL_TASK_PANIC")],
        key: Some("task-panic"),
        form: Form::Word(&["fail", "allow"]),
        default: Some("fail"),
        help: "What a panic in a task or thread beside the trial means",
        scope: Scope::Both,
        ..Setting::BLANK
    },
    Setting {
        name: "leaks",
        heading: RUN,
        flags: &["--leaks"],
        variables: &[Variable::exact("REHEARSAL_LEAKS")],
        key: Some("leaks"),
        form: Form::Word(&["fail", "allow"]),
        default: Some("fail"),
        help: "What an actor or a task that a trial leaves behind means",
        scope: Scope::Both,
        ..Setting::BLANK
    },
    Setting {
        name: "fresh-runtime",
        heading: RUN,
        flags: &["--fresh-runtime"],
        variables: &[Variable::exact("REHEARSAL_FRESH_RUNTIME")],
        key: Some("fresh-runtime"),
        help: "Build a runtime for every async trial, also where the last one is as good as new",
        ..Setting::BLANK
    },
    Setting {
        name: "actor-tree",
        heading: RUN,
        flags: &["--actor-tree"],
        variables: &[Variable::exact("REHEARSAL_ACTOR_TREE")],
        key: Some("actor-tree"),
        form: Form::Word(&["show", "hide"]),
        default: Some("show"),
        help: "Whether the output of a failed trial ends with its actors and what was in their mailboxes",
        ..Setting::BLANK
    },
    Setting {
        name: "fail-fast",
        heading: RUN,
        flags: &["--fail-fast"],
        variables: &[Variable::exact("REHEARSAL_FAIL_FAST")],
        key: Some("fail-fast"),
        help: "Start no further trials after the first failure",
        ..Setting::BLANK
    },
    Setting {
        name: "max-fail",
        heading: RUN,
        flags: &["--max-fail"],
        variables: &[Variable::exact("REHEARSAL_MAX_FAIL")],
        key: Some("max-fail"),
        form: Form::Count { least: 1 },
        help: "Start no further trials after so many failures",
        ..Setting::BLANK
    },
    Setting {
        name: "retries",
        heading: RUN,
        flags: &["--retries"],
        variables: &[Variable::exact("REHEARSAL_RETRIES")],
        key: Some("retries"),
        form: Form::Count { least: 0 },
        help: "Try a trial that fails so many times again, in a new worker; its own number goes before it, but 0 \
               means never, for all",
        scope: Scope::Both,
        ..Setting::BLANK
    },
    Setting {
        name: "retry-backoff",
        heading: RUN,
        flags: &["--retry-backoff"],
        variables: &[Variable::exact("REHEARSAL_RETRY_BACKOFF")],
        key: Some("retry-backoff"),
        form: Form::Pauses,
        help: "Pause before each retry: 100ms, or 100ms..2s for one that doubles up to 2s",
        scope: Scope::Both,
        ..Setting::BLANK
    },
    Setting {
        name: "flaky-result",
        heading: RUN,
        flags: &["--flaky-result"],
        variables: &[Variable::exact("REHEARSAL_FLAKY_RESULT")],
        key: Some("flaky-result"),
        form: Form::Word(&["pass", "fail"]),
        default: Some("pass"),
        help: "What it means that a trial passed only when it was tried again",
        ..Setting::BLANK
    },
    Setting {
        name: "bisect",
        heading: RUN,
        flags: &["--bisect"],
        form: Form::Text,
        placeholder: "TEST",
        help: "Find out which of the trials that run before TEST in its worker make it fail",
        ..Setting::BLANK
    },
    Setting {
        name: "in-order",
        heading: RUN,
        flags: &["--in-order"],
        help: "Take the FILTERS for whole names, and run these trials in this order, ignored ones too, in one worker",
        ..Setting::BLANK
    },
    Setting {
        name: "repeat",
        heading: RUN,
        flags: &["--repeat"],
        variables: &[Variable::exact("REHEARSAL_REPEAT")],
        form: Form::Count { least: 1 },
        help: "Run each trial so many times, on all workers at once, and none again for having failed",
        ..Setting::BLANK
    },
    Setting {
        name: "until-failure",
        heading: RUN,
        flags: &["--until-failure"],
        help: "Repeat the trials until one fails, until Ctrl-C, or as often as --repeat says",
        ..Setting::BLANK
    },
    Setting {
        name: "shuffle",
        heading: RUN,
        flags: &["--shuffle"],
        variables: &[Variable::exact("REHEARSAL_SHUFFLE"), Variable::loose("RUST_TEST_SHUFFLE")],
        key: Some("shuffle"),
        help: "Run in random order, by a seed that is told",
        ..Setting::BLANK
    },
    Setting {
        name: "shuffle-seed",
        heading: RUN,
        flags: &["--shuffle-seed", "--seed"],
        variables: &[Variable::exact("REHEARSAL_SHUFFLE_SEED"), Variable::exact("RUST_TEST_SHUFFLE_SEED")],
        key: Some("shuffle-seed"),
        form: Form::Count { least: 0 },
        placeholder: "SEED",
        help: "Run in the random order that belongs to SEED",
        ..Setting::BLANK
    },
    Setting {
        name: "ensure-time",
        heading: RUN,
        flags: &["--ensure-time"],
        help: "Fail a trial that takes longer than the second number of RUST_TEST_TIME_UNIT (or, below \
               tests/, RUST_TEST_TIME_INTEGRATION), both in milliseconds: `500,2000`",
        ..Setting::BLANK
    },
    Setting {
        name: "force-run-in-process",
        heading: RUN,
        flags: &["--force-run-in-process"],
        help: "The same as --isolation thread",
        ..Setting::BLANK
    },
    Setting {
        name: "format",
        heading: SHOW,
        flags: &["--format"],
        variables: &[Variable::exact("REHEARSAL_FORMAT")],
        key: Some("format"),
        form: Form::Word(&["pretty", "terse", "json", "junit"]),
        help: "A line a trial; a character a trial; an event a line; a JUnit document",
        ..Setting::BLANK
    },
    Setting {
        name: "quiet",
        heading: SHOW,
        flags: &["-q", "--quiet"],
        help: "The same as --format terse",
        ..Setting::BLANK
    },
    Setting {
        name: "no-capture",
        heading: SHOW,
        flags: &["--no-capture", "--nocapture"],
        variables: &[Variable::exact("REHEARSAL_NO_CAPTURE"), Variable::loose("RUST_TEST_NOCAPTURE")],
        key: Some("no-capture"),
        help: "Let trials write to the terminal at once instead of keeping their output for the end",
        ..Setting::BLANK
    },
    Setting {
        name: "show-output",
        heading: SHOW,
        flags: &["--show-output"],
        variables: &[Variable::exact("REHEARSAL_SHOW_OUTPUT")],
        key: Some("show-output"),
        help: "Show the output of trials that passed, too",
        ..Setting::BLANK
    },
    Setting {
        name: "output-limit",
        heading: SHOW,
        flags: &["--output-limit"],
        variables: &[Variable::exact("REHEARSAL_OUTPUT_LIMIT")],
        key: Some("output-limit"),
        form: Form::Size,
        default: Some("1MiB"),
        help: "Bytes of a trial's output to keep; beyond it the middle is dropped, and that is told",
        ..Setting::BLANK
    },
    Setting {
        name: "report-time",
        heading: SHOW,
        flags: &["--report-time"],
        variables: &[Variable::exact("REHEARSAL_REPORT_TIME")],
        key: Some("report-time"),
        help: "Show how long each trial took",
        ..Setting::BLANK
    },
    Setting {
        name: "color",
        heading: SHOW,
        flags: &["--color"],
        variables: &[Variable::exact("REHEARSAL_COLOR")],
        key: Some("color"),
        form: Form::Word(&["auto", "always", "never"]),
        default: Some("auto"),
        help: "Colours; auto heeds the terminal, NO_COLOR and CLICOLOR_FORCE",
        ..Setting::BLANK
    },
    Setting {
        name: "no-progress",
        heading: SHOW,
        flags: &["--no-progress"],
        variables: &[Variable::exact("REHEARSAL_NO_PROGRESS")],
        key: Some("no-progress"),
        help: "No live display on a terminal; there is none under CI either, nor where trials write to the \
               terminal themselves",
        ..Setting::BLANK
    },
    Setting {
        name: "junit",
        variables: &[Variable::exact("REHEARSAL_JUNIT")],
        key: Some("junit"),
        flags: &["--junit"],
        help: "Write a JUnit document to this file; {package} and {binary} in the path are filled in",
        ..REPORT
    },
    Setting {
        name: "report",
        variables: &[Variable::exact("REHEARSAL_REPORT")],
        key: Some("report"),
        flags: &["--report"],
        help: "Write a page for a browser to this file, with failures, timeline and search",
        ..REPORT
    },
    Setting {
        name: "trace",
        variables: &[Variable::exact("REHEARSAL_TRACE")],
        key: Some("trace"),
        flags: &["--trace"],
        help: "Write who ran what when to this file, for https://ui.perfetto.dev",
        ..REPORT
    },
    Setting {
        name: "github",
        heading: SHOW,
        flags: &["--github"],
        variables: &[Variable::exact("REHEARSAL_GITHUB")],
        key: Some("github"),
        form: Form::Word(&["auto", "always", "never"]),
        default: Some("auto"),
        help: "Annotations and a step summary for GitHub Actions; auto: where it runs this",
        ..Setting::BLANK
    },
    Setting {
        name: "logfile",
        heading: SHOW,
        flags: &["--logfile"],
        form: Form::Path,
        help: "Write a line a trial to this file (deprecated)",
        ..Setting::BLANK
    },
    Setting {
        name: "unstable",
        heading: SHOW,
        flags: &["-Z"],
        form: Form::Word(&["unstable-options"]),
        help: "Accepted for libtest's sake; nothing needs it",
        ..Setting::BLANK
    },
    Setting { heading: SHOW, variables: &[Variable::exact("REHEARSAL_PROFILE")], ..Setting::PROFILE },
    Setting { heading: SHOW, ..Setting::SHOW_CONFIG },
    Setting { heading: SHOW, ..Setting::HELP },
];

/// What a test binary says of itself.
pub const DECLARATION: Declaration = Declaration {
    name: "test",
    usage: "[OPTIONS] [FILTERS...]   (behind `cargo test -- …`)",
    table: TABLE,
    closing: "\
A trial runs when its name contains one of the FILTERS, or when there are none. Each flag with a variable and
a key can also be set by that variable, or by that key in rehearsal.toml (beside Cargo.toml, or above); a flag
goes before the variable, the variable before the file. In the file [profile.NAME] goes before what stands at the
top, and an [[override]] with a `filter` is for the trials of which that expression is so.",
    bad_settings: 101,
};
