//! The test application's settings as typed fields.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::app::{Environment, Settings, SettingsError, SettingsFile, Source, setting::nearest};
use crate::harness::event::is_integration;
use crate::harness::history::place::Asked;
use crate::harness::registry::{Isolation, Leaks, Retries, TaskPanic};

use crate::harness::select::rule::Rules;

use super::choice::Choice;
use super::compare::{Compare, WhenBusy};
use super::measure::of_criterion;
use super::pool::{GroupLimit, group_limits, history, workers};
use super::reports::Reports;
use super::table::{DECLARATION, TABLE};
use super::time::{TimeLimits, time_limits};

/// A command line, variable or settings file that cannot be honoured.
pub type CliError = SettingsError;

/// What a test binary was asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Run, list, …
    pub mode: Mode,
    /// A trial is wanted when one of these is in its name, or when there are none.
    pub filters: Vec<String>,
    /// A trial is not wanted when one of these is in its name.
    pub skip: Vec<String>,
    /// What a trial has to be beside that.
    pub choice: Choice,
    /// What is set for single trials.
    pub rules: Rules,
    /// Filters and skips are whole names.
    pub exact: bool,
    /// What happens to ignored trials.
    pub ignored: Ignored,
    /// Tests run; where false they are told of as ignored.
    pub run_tests: bool,
    /// Benchmarks are measured; where false each runs once, as a test does.
    pub measure_benches: bool,
    /// What Criterion is told on its own command line, where benchmarks are measured.
    pub of_criterion: Vec<OsString>,
    /// With what they are compared, where they are.
    pub compare: Option<Compare>,
    /// What it means that the machine is busy where they are to be measured.
    pub when_busy: WhenBusy,
    /// They are measured briefly, for a comparison that another process makes.
    pub round: bool,
    /// Trials that should panic are left out.
    pub exclude_should_panic: bool,
    /// What it means that a filter was given and nothing matched.
    pub no_tests: NoTests,
    /// Number of workers at most; at least 1.
    pub workers: usize,
    /// With how many workers the pool begins, where it grows while the processors are idle.
    pub least_workers: Option<usize>,
    /// Where a trial runs that does not say itself; `None` where nobody asked and the harness may choose.
    pub isolation: Option<Isolation>,
    /// How long a trial may run that does not say itself.
    pub timeout: Option<Duration>,
    /// How long the run may take.
    pub run_timeout: Option<Duration>,
    /// After how long a trial is told of as slow.
    pub slow: Option<Duration>,
    /// Time between asking a process to end and killing it.
    pub grace: Duration,
    /// What a panic beside the trial means where the trial does not say itself.
    pub task_panic: TaskPanic,
    /// What an actor or a task that a trial leaves behind means, where the trial itself does not say.
    pub leaks: Leaks,
    /// Every async trial gets a runtime of its own, also where the last one is as good as new.
    pub fresh_runtime: bool,
    /// A trial that fails is shown with the tree of its actors.
    pub actor_tree: bool,
    /// How many trials may fail before no more are started.
    pub max_fail: Option<u32>,
    /// How often a trial that fails is tried again, where the trial itself does not say; `Some(0)` means none is,
    /// whatever they say.
    pub retries: Option<u32>,
    /// The pauses before that, milliseconds: the first one, and the longest.
    pub retry_backoff_ms: (u64, u64),
    /// A trial that passed only after it had failed makes the run red.
    pub flaky_red: bool,
    /// How often each trial is run, at most; 0 for once, and no word of it.
    pub repeat: u32,
    /// The first repetition that fails ends the run.
    pub until_failure: bool,
    /// The trial of which it is to be found out what makes it fail.
    pub bisect: Option<String>,
    /// The filters are names, of trials that run in this order in one worker.
    pub in_order: bool,
    /// Seed of a random order.
    pub shuffle_seed: Option<u64>,
    /// Longest first where true, by name where false; what suits the number of workers where nobody asked.
    pub longest_first: Option<bool>,
    /// How many trials of a group run at once, where it is not one.
    pub group_limits: Vec<GroupLimit>,
    /// After how many trials a worker process is replaced; never where this is 0.
    pub recycle_after: u32,
    /// A worker process that holds more memory than this, in bytes, is replaced.
    pub worker_memory: Option<u64>,
    /// Where what is learnt of trials is kept between runs.
    pub history: Asked,
    /// `--ensure-time`: what a trial may take before it fails for that; see [`Options::time_limit`].
    pub ensure_time: Option<TimeLimits>,
    /// How results are written.
    pub format: Format,
    /// Output of trials goes to the terminal at once.
    pub no_capture: bool,
    /// Output of passed trials is shown.
    pub show_output: bool,
    /// Bytes of a trial's output that are kept.
    pub output_limit: u64,
    /// Times are shown.
    pub report_time: bool,
    /// Whether to use colours.
    pub color: ColorChoice,
    /// Whether a live display may be drawn where stdout is a terminal.
    pub progress: bool,
    /// Where to write a line a trial.
    pub logfile: Option<PathBuf>,
    /// What is written of the run beside that.
    pub reports: Reports,
    /// cargo-nextest runs this process for one trial.
    pub under_nextest: bool,
    /// What it takes to run a trial again as it was run.
    pub again: RunAgain,
    /// What a person should know about these options; a line each, for stderr.
    pub warnings: Vec<String>,
}

/// What of a command line and its environment an outcome of a single trial may depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunAgain {
    /// Whether cargo runs this process.
    pub by_cargo: bool,
    /// `REHEARSAL_TIMEOUT=2s`, one each.
    pub variables: Vec<String>,
    /// `--timeout=2s`, one each.
    pub flags: Vec<String>,
}

/// Settings that a trial's outcome may depend on where it runs alone.
const MATTERS_ALONE: &[&str] = &[
    "ignored",
    "include-ignored",
    "bench",
    "isolation",
    "force-run-in-process",
    "timeout",
    "grace",
    "task-panic",
    "leaks",
    "fresh-runtime",
    "ensure-time",
    "profile",
];

/// What a test binary is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Run trials.
    Run,
    /// `--list`.
    List,
    /// `--audit`.
    Audit,
    /// `--bisect`.
    Bisect,
    /// `--help`: print [`Options::help`].
    Help,
}

/// What happens to trials that are marked as ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// They are told of and do not run.
    Skip,
    /// `--include-ignored`: they run like any other.
    Include,
    /// `--ignored`: they run, nothing else does.
    Only,
}

/// What it means that a filter was given and nothing matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTests {
    /// Nothing.
    Pass,
    /// A warning on stderr, exit code 0.
    Warn,
    /// A failed run.
    Fail,
}

/// How results are written to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A line a trial.
    Pretty,
    /// A character a trial.
    Terse,
    /// libtest's JSON events.
    Json,
    /// libtest's JUnit document.
    Junit,
}

/// Whether to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorChoice {
    /// Where stdout is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Options {
    /// Reads the options from a command line without the program's name, the environment, and the settings
    /// file where there is one.
    ///
    /// # Errors
    /// Anything in any of them that is unknown, malformed or contradictory.
    pub fn parse(
        arguments: impl IntoIterator<Item = OsString>,
        environment: &Environment,
        file: Option<&SettingsFile>,
    ) -> Result<Options, CliError> {
        Options::of(&Settings::resolve(TABLE, arguments, environment, file)?, environment)
    }

    /// Reads the options from resolved settings of [`TABLE`].
    ///
    /// # Errors
    /// Settings that contradict each other.
    pub fn of(settings: &Settings, environment: &Environment) -> Result<Options, CliError> {
        let ignored = ignored(settings)?;
        let filters = filters(settings)?;
        let in_order = settings.switch("in-order");
        let exact = settings.switch("exact") || in_order;
        let bench = settings.switch("bench");
        let under_nextest =
            exact && filters.len() == 1 && environment.get("NEXTEST").is_some_and(|v| v == "1");
        let history = history(settings);
        let (workers, least_workers) = workers(settings);
        let choice = Choice::of(settings, &history)?;
        let until_failure = settings.switch("until-failure");
        Ok(Options {
            mode: mode(settings),
            under_nextest,
            // What is asked for there was chosen when it was listed.
            rules: Rules::read(settings.overrides())?,
            choice: if under_nextest { Choice::default() } else { choice },
            filters,
            skip: settings.list("skip").to_vec(),
            exact,
            ignored,
            run_tests: settings.switch("test") || !bench,
            measure_benches: bench,
            of_criterion: of_criterion(settings)?,
            compare: Compare::of(settings)?,
            when_busy: WhenBusy::of(settings),
            round: settings.switch("round"),
            exclude_should_panic: settings.switch("exclude-should-panic"),
            no_tests: match settings.word("no-tests") {
                Some("pass") => NoTests::Pass,
                Some("fail") => NoTests::Fail,
                _ => NoTests::Warn,
            },
            workers,
            least_workers,
            isolation: isolation(settings)?,
            timeout: settings.limit("timeout"),
            run_timeout: settings.limit("run-timeout"),
            slow: settings.limit("slow"),
            grace: settings.duration("grace").unwrap_or_default(),
            task_panic: match settings.word("task-panic") {
                Some("allow") => TaskPanic::Allow,
                _ => TaskPanic::Fail,
            },
            leaks: match settings.word("leaks") {
                Some("allow") => Leaks::Allow,
                _ => Leaks::Fail,
            },
            fresh_runtime: settings.switch("fresh-runtime"),
            actor_tree: settings.word("actor-tree") != Some("hide"),
            max_fail: if settings.switch("fail-fast") { Some(1) } else { count(settings, "max-fail") },
            retries: count(settings, "retries"),
            retry_backoff_ms: settings.pauses("retry-backoff").map_or((0, 0), pauses_ms),
            flaky_red: settings.word("flaky-result") == Some("fail"),
            repeat: count(settings, "repeat").unwrap_or(if until_failure { REPEAT_MOST } else { 0 }),
            until_failure: until_failure || settings.switch("fail-fast"),
            bisect: settings.text("bisect").map(str::to_owned),
            in_order,
            shuffle_seed: shuffle_seed(settings),
            longest_first: settings.word("order").map(|order| order == "longest"),
            group_limits: group_limits(settings)?,
            recycle_after: settings
                .count("recycle-after")
                .map_or(0, |count| count.try_into().unwrap_or(u32::MAX)),
            worker_memory: settings.size("worker-memory"),
            history,
            ensure_time: settings.switch("ensure-time").then(|| time_limits(environment)).transpose()?,
            format: format(settings),
            no_capture: settings.switch("no-capture"),
            show_output: settings.switch("show-output"),
            output_limit: settings.size("output-limit").unwrap_or_default(),
            report_time: settings.switch("report-time"),
            color: color(settings, environment),
            progress: !settings.switch("no-progress") && !environment.is_set("CI"),
            logfile: settings.path("logfile").map(PathBuf::from),
            reports: Reports::of(settings, environment),
            again: again(settings, environment),
            warnings: warnings(settings, environment),
        })
    }

    /// How many trials of this group may run at once: what was said last of it, one where nothing was.
    pub fn group_limit(&self, group: &str) -> usize {
        let said = self.group_limits.iter().rev().find(|said| said.group == group);
        said.map_or(1, |said| said.limit)
    }

    /// The text of `--help`.
    pub fn help() -> String {
        DECLARATION.help()
    }

    /// Whether trials are chosen by what they are called or are.
    pub fn selects(&self) -> bool {
        !self.filters.is_empty() || self.choice.selects()
    }

    /// How often a trial is tried again that asks for this itself, or of which an override says how often and after
    /// which pauses.
    pub fn retries(
        &self,
        own: Option<Retries>,
        ruled: Option<u64>,
        ruled_pauses: Option<(Duration, Option<Duration>)>,
    ) -> Retries {
        let (backoff_ms, backoff_most_ms) = self.retry_backoff_ms;
        if self.retries == Some(0) {
            return Retries::default();
        }
        let of_run = Retries { count: self.retries.unwrap_or(0), backoff_ms, backoff_most_ms };
        let retries = own.unwrap_or(of_run);
        let ruled = ruled.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        let pauses = ruled_pauses.map(pauses_ms);
        let (backoff_ms, backoff_most_ms) = pauses.unwrap_or((retries.backoff_ms, retries.backoff_most_ms));
        Retries { count: ruled.unwrap_or(retries.count), backoff_ms, backoff_most_ms }
    }

    /// How long a trial in this source file may take under `--ensure-time`.
    pub fn time_limit(&self, file: &str) -> Option<Duration> {
        self.ensure_time.map(|limits| if is_integration(file) { limits.integration } else { limits.unit })
    }
}

/// How often `--until-failure` repeats a trial where `--repeat` does not say.
const REPEAT_MOST: u32 = 1_000_000;

/// The first pause and the longest, milliseconds; 0 for the longest where all are alike.
fn pauses_ms((first, most): (Duration, Option<Duration>)) -> (u64, u64) {
    let millis = |pause: Duration| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
    (millis(first), most.map_or(0, millis))
}

fn count(settings: &Settings, name: &str) -> Option<u32> {
    settings.count(name).map(|count| u32::try_from(count).unwrap_or(u32::MAX))
}

fn mode(settings: &Settings) -> Mode {
    match () {
        () if settings.switch("help") => Mode::Help,
        () if settings.switch("list") => Mode::List,
        () if settings.switch("audit") => Mode::Audit,
        () if settings.text("bisect").is_some() => Mode::Bisect,
        () => Mode::Run,
    }
}

fn ignored(settings: &Settings) -> Result<Ignored, CliError> {
    match (settings.switch("ignored"), settings.switch("include-ignored")) {
        (true, true) => Err(CliError::Conflict { first: "--ignored", second: "--include-ignored" }),
        (true, false) => Ok(Ignored::Only),
        (false, true) => Ok(Ignored::Include),
        (false, false) if settings.switch("in-order") => Ok(Ignored::Include),
        (false, false) => Ok(Ignored::Skip),
    }
}

fn filters(settings: &Settings) -> Result<Vec<String>, CliError> {
    let read = |filter: &OsString| {
        filter
            .clone()
            .into_string()
            .map_err(|bytes| CliError::NotUtf8 { argument: bytes.to_string_lossy().into_owned() })
    };
    settings.positional().iter().map(read).collect()
}

fn isolation(settings: &Settings) -> Result<Option<Isolation>, CliError> {
    let in_process = settings.switch("force-run-in-process");
    match settings.word("isolation") {
        Some("process") if in_process && settings.is_given("isolation") => {
            Err(CliError::Conflict { first: "--isolation process", second: "--force-run-in-process" })
        }
        Some("fork") if in_process && settings.is_given("isolation") => {
            Err(CliError::Conflict { first: "--isolation fork", second: "--force-run-in-process" })
        }
        Some(word) => Ok(Isolation::named(word)),
        None => Ok(in_process.then_some(Isolation::Thread)),
    }
}

/// A seed that was given, or one drawn now where only `--shuffle` was.
fn shuffle_seed(settings: &Settings) -> Option<u64> {
    use std::hash::{BuildHasher, RandomState};
    let drawn = || RandomState::new().hash_one("shuffle") >> 1;
    settings.count("shuffle-seed").or_else(|| settings.switch("shuffle").then(drawn))
}

fn format(settings: &Settings) -> Format {
    let quiet = settings.switch("quiet");
    // `-q` is weaker than `--format` but stronger than a variable or the file.
    let by_flag = matches!(settings.source("format"), Some(Source::Flag { .. }));
    match settings.word("format") {
        _ if quiet && !by_flag => Format::Terse,
        Some("terse") => Format::Terse,
        Some("json") => Format::Json,
        Some("junit") => Format::Junit,
        _ => Format::Pretty,
    }
}

fn color(settings: &Settings, environment: &Environment) -> ColorChoice {
    match settings.word("color") {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ if settings.is_given("color") => ColorChoice::Auto,
        _ if environment.get("NO_COLOR").is_some() => ColorChoice::Never,
        _ if environment.get("CLICOLOR_FORCE").is_some_and(|value| value != "0") => ColorChoice::Always,
        _ if environment.get("TERM").is_some_and(|value| value == "dumb") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

/// What of the settings has to be said again where one trial is to run as it did.
fn again(settings: &Settings, environment: &Environment) -> RunAgain {
    let variables = MATTERS_ALONE.iter().filter_map(|setting| match settings.source(setting) {
        Some(Source::Variable { name }) => {
            environment.get(name).map(|value| format!("{name}={}", value.to_string_lossy()))
        }
        _ => None,
    });
    RunAgain {
        by_cargo: environment.is_set("CARGO"),
        variables: variables.collect(),
        // Cargo says `--bench` itself where it measures.
        flags: settings
            .flags_of(MATTERS_ALONE)
            .filter(|flag| *flag != "--bench")
            .map(str::to_owned)
            .collect(),
    }
}

/// A deprecated flag, and variables that look like a mistyped one of ours.
fn warnings(settings: &Settings, environment: &Environment) -> Vec<String> {
    let mut warnings = Vec::new();
    if settings.path("logfile").is_some() {
        warnings.push("`--logfile` is deprecated".to_owned());
    }
    let known = || TABLE.iter().flat_map(|setting| setting.variables).map(|variable| variable.name);
    for name in environment.names_with("REHEARSAL_") {
        if known().all(|other| other != name)
            && let Some(meant) =
                nearest(&name["REHEARSAL_".len()..], known().filter_map(|n| n.strip_prefix("REHEARSAL_")))
        {
            warnings
                .push(format!("the variable `{name}` means nothing here, did you mean `REHEARSAL_{meant}`?"));
        }
    }
    warnings
}
