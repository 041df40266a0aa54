//! The test application: from `main` to an exit code.
//!
//! Here the options become a plan and the plan a run; what runs it is the arbiter (`arbiter.rs`), or, where one exact
//! trial is asked for by cargo-nextest or a debugger watches, this process itself (`alone.rs`).

mod isolation;

use std::collections::VecDeque;
use std::process::ExitCode;
use std::time::Duration;

use tokio::sync::oneshot;

use self::isolation::{NoPlace, default_isolation, isolation_of};
use super::again::Again;
use super::arbiter::Arbiter;
use super::bisect::drive::{self, Bisection};
use super::cli::table::DECLARATION;
use super::cli::{Mode, NoTests, Options};
use super::dispatch::{Limits, Planned};
use super::event::TrialInfo;
use super::history::known::Known;
use super::history::record::History;
use super::outcome::Verdict;
use super::plan::{
    Candidate, Fate, Plan, explain_nothing_matched, explain_only_tests, followed, unknown_groups,
    unknown_names, unmatched,
};
use super::registry::{Body, Entry, Isolation, Kind, Leaks, Registry, TaskPanic};
use super::reporter::{self, Reporters, Sink};
use super::run::{Measuring, Run, Seat, Settled, Summary};
use super::schedule::{Arrangement, DEPTH, Item};
use super::select::rule::Ruling;
use super::target::Target;
use super::trial::Ruled;
use super::worker::message::Setup;
use super::{alone, audit, fixture, fork, plan};
use crate::actor;
use crate::app::notice::say;
use crate::app::{Application, Declaration, Environment, Settings, SettingsError, launch};
use crate::sys::boot::{self, Role};
use crate::sys::signal::Signals;
use crate::sys::{limit, seam};

/// Exit code of a run that is red, and of arguments that cannot be honoured; libtest's.
pub(super) const RED: u8 = 101;
/// Exit code of a run that the user ended: 128 and the number of SIGINT, as shells have it.
pub(super) const INTERRUPTED: u8 = 130;

/// What `rehearsal::main!()` calls. Worker processes never return from here.
pub fn suite_main(target: Target) -> ExitCode {
    let boot = boot::enter();
    match boot.role {
        Role::Worker(worker) if worker.forks && fork::is_for_forks(boot.threads) => fork::serve(worker),
        Role::Worker(worker) => actor::spawn::worker::serve(worker),
        Role::Arbiter => {
            TARGET.set(target).ok();
            launch::<TestSuite>()
        }
    }
}

static TARGET: std::sync::OnceLock<Target> = std::sync::OnceLock::new();

/// The first application: a test suite.
#[derive(Debug)]
pub struct TestSuite {
    options: Options,
}

impl Application for TestSuite {
    const DECLARATION: Declaration = DECLARATION;

    fn configure(settings: Settings, environment: &Environment) -> Result<TestSuite, SettingsError> {
        Ok(TestSuite { options: Options::of(&settings, environment)? })
    }

    fn run(self) -> ExitCode {
        let options = self.options;
        for warning in &options.warnings {
            say(format_args!("warning: {warning}"));
        }
        let mut registry = Registry::collect();
        if matches!(options.mode, Mode::List | Mode::Run | Mode::Bisect) {
            registry = registry.expanded(only(&options));
        }
        match options.mode {
            Mode::Help => {
                let mut out = Sink::stdout();
                out.push(&Options::help());
                out.flush();
                ExitCode::SUCCESS
            }
            Mode::Audit => audit_suite(&registry),
            Mode::List => list(&registry, &options),
            Mode::Bisect => bisect(&registry, &options),
            Mode::Run => run(&registry, options),
        }
    }
}

fn fail(message: &dyn std::fmt::Display) -> ExitCode {
    say(format_args!("error: {message}"));
    ExitCode::from(RED)
}

fn audit_suite(registry: &Registry) -> ExitCode {
    let Some(target) = TARGET.get() else {
        return fail(&"this suite was not started by `rehearsal::main!()`, so its sources are not known");
    };
    match audit::audit(target, registry) {
        Ok(audit) if audit.is_clean() => {
            println!("{audit}");
            ExitCode::SUCCESS
        }
        Ok(audit) => fail(&audit),
        Err(error) => fail(&error),
    }
}

fn list(registry: &Registry, options: &Options) -> ExitCode {
    if let Err(duplicates) = registry.check_names() {
        return fail(&duplicates);
    }
    let known = match options.choice.asks_history() {
        Some(_) => Known::of(&options.history, TARGET.get(), false),
        None => Known::default(),
    };
    let plan = Plan::make(&Candidate::all(registry), options, &known.history);
    match reporter::write_list(&mut Sink::stdout(), registry, &plan, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Finds out what makes a trial fail, among those that the filters choose.
fn bisect(registry: &Registry, options: &Options) -> ExitCode {
    let name = options.bisect.as_deref().unwrap_or_default();
    let Some(id) = registry.find_exact(name) else {
        return fail(&drive::unknown("--bisect", name, registry));
    };
    let known = Known::of(&options.history, TARGET.get(), false);
    let mut plan = match plan(registry, options, &known.history) {
        Ok(plan) => plan,
        Err(code) => return code,
    };
    // It is asked for, whatever else is chosen and whether it is ignored or not.
    plan.trials.retain(|trial| trial.id != id);
    plan.trials.push(plan::Planned { id, fate: Fate::Run });
    let default = options.isolation.unwrap_or(Isolation::Process);
    let program = std::env::current_exe().unwrap_or_default();
    let again = Again::new(TARGET.get(), options, &program);
    match assemble(&plan, registry, options, &known.history, default) {
        Ok(whole) => Bisection { whole, name, history: &known.history, options, again }.run(),
        Err(code) => code,
    }
}

/// The one trial that is asked for by its exact name.
fn only(options: &Options) -> Option<&str> {
    match options.filters.as_slice() {
        [name] if options.exact && options.skip.is_empty() => Some(name),
        _ => None,
    }
}

/// The candidates of a plan; one exact name is looked up without sorting or listing all the others.
fn plan(registry: &Registry, options: &Options, history: &History) -> Result<Plan, ExitCode> {
    if let Some(name) = only(options) {
        let found = registry.find_exact(name);
        let candidates: Vec<_> =
            found.map(|id| Candidate::of(id, registry.entries()[id as usize])).into_iter().collect();
        let mut plan = Plan::make(&candidates, options, history);
        plan.filtered_out = registry.len() - plan.trials.len();
        return Ok(plan);
    }
    registry.check_names().map_err(|duplicates| fail(&duplicates))?;
    let candidates = Candidate::all(registry);
    let plan = Plan::make(&candidates, options, history);
    for unknown in unknown_groups(&candidates, options) {
        say(format_args!("warning: {unknown}"));
    }
    if let Some(dealt) = &plan.dealt {
        say(format_args!("note: {dealt}"));
    }
    if !plan.nothing_matched {
        let unmatched = unmatched(&candidates, options, history);
        for unknown in unmatched.into_iter().chain(unknown_names(&candidates, options)) {
            say(format_args!("warning: {unknown}"));
        }
    }
    Ok(plan)
}

fn run(registry: &Registry, options: Options) -> ExitCode {
    let known = match options.under_nextest {
        // One process a trial: none of them has a history to itself.
        true => Known::default(),
        false => Known::of(&options.history, TARGET.get(), true),
    };
    let plan = match plan(registry, &options, &known.history) {
        Ok(plan) => plan,
        Err(code) => return code,
    };
    if options.in_order && options.filters.is_empty() {
        return fail(
            &"--in-order needs the names of trials, as in `--in-order A B`; `--list` shows all there are",
        );
    }
    let there = |name: &&String| registry.find_exact(name).is_some();
    if options.in_order
        && let Some(name) = options.filters.iter().find(|name| !there(name))
    {
        return fail(&drive::unknown("--in-order", name, registry));
    }
    let explain = || explain_nothing_matched(&Candidate::all(registry), &options, &known.history);
    let nothing = plan.nothing_matched.then(explain);
    let nothing = nothing.or_else(|| explain_only_tests(&plan, registry, &options));
    let complaint = match (options.no_tests, nothing) {
        (NoTests::Fail, Some(nothing)) => Some(nothing),
        (NoTests::Fail, None) if plan.matched == 0 => Some("there is no test to run".to_owned()),
        (NoTests::Warn, Some(nothing)) => {
            say(format_args!("warning: {}", followed(&nothing, "`--list` shows all there are")));
            None
        }
        _ => None,
    };
    let default = match default_isolation(&options) {
        Ok(isolation) => isolation,
        Err(code) => return code,
    };
    let mut whole = match assemble(&plan, registry, &options, &known.history, default) {
        Ok(whole) => Run { complaint, ..whole },
        Err(code) => return code,
    };
    match options.in_order {
        true => whole.put_in_order(&options.filters),
        false => whole.arrange(&options, &known.history),
    }
    whole.chronicle = known.chronicle(only(&options).is_none().then(|| registry.by_name()));
    let flaws = fixture::graph().flaws(registry, whole.seats.iter().map(|seat| seat.address.0));
    if !flaws.is_empty() {
        return fail(&flaws.join("\nerror: "));
    }
    tell_of_forks(registry, &whole);
    #[cfg(feature = "bench")]
    if let Some(code) = super::bench::gate::pass(registry, &options, &mut whole, TARGET.get()) {
        return code;
    }
    let watched = limit::tracer_pid().is_some();
    let summary = match &whole.seats[..] {
        // A debugger is attached to this process; cargo-nextest isolates by itself, but tries nothing again in a new
        // process, and knows of no failure that is expected.
        [seat]
            if whole.limits.repeat == 0
                && seat.info.kind == Kind::Test
                && (watched || (options.under_nextest && whole.planned[0].is_plain())) =>
        {
            alone::run(whole)
        }
        _ => conduct(whole, &options, default),
    };
    match summary {
        Summary::Green => ExitCode::SUCCESS,
        Summary::Interrupted => ExitCode::from(INTERRUPTED),
        Summary::Red => ExitCode::from(RED),
    }
}

/// Says once that what is made once a worker is made once a trial where trials are forked.
fn tell_of_forks(registry: &Registry, run: &Run) {
    let mut names: Vec<&str> = Vec::new();
    let mut trials = 0;
    for (seat, planned) in run.seats.iter().zip(&run.planned) {
        if planned.item.isolation == Isolation::Fork
            && let Some(entry) = registry.get(seat.address.0).filter(|entry| fixture::is_wanted(entry))
        {
            let own = fixture::graph().not_shared_by_forks(entry);
            trials += usize::from(!own.is_empty());
            names.extend(own.into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>());
        }
    }
    if trials > 1 {
        say(format_args!(
            "note: {trials} tests run in forks, where each makes these fixtures for itself: {}; the scope `fork` makes plain \
             data once, `run` what lives beside the tests",
            names.join(", ")
        ));
    }
}

impl Run {
    /// Notes the outcome of a trial that comes next in the plan and will not run.
    fn settle(&mut self, entry: &'static Entry, verdict: Verdict) {
        self.settled.push_back(Settled { after: self.seats.len(), info: info(entry), verdict });
    }
}

fn info(entry: &'static Entry) -> TrialInfo<'static> {
    TrialInfo {
        name: entry.name(),
        kind: entry.options.kind,
        should_panic: entry.options.should_panic,
        file: entry.file,
        line: entry.line,
    }
}

/// Everything that a run is made of, from the plan and the options.
fn assemble(
    plan: &Plan,
    registry: &Registry,
    options: &Options,
    history: &History,
    default: Isolation,
) -> Result<Run, ExitCode> {
    let mut run = Run {
        seats: Vec::with_capacity(plan.trials.len()),
        planned: Vec::with_capacity(plan.trials.len()),
        arrangement: Arrangement::default(),
        settled: VecDeque::new(),
        complaint: None,
        filtered_out: plan.filtered_out,
        workers: options.workers,
        shuffle_seed: plan.shuffle_seed,
        worker_memory: options.worker_memory,
        limits: Limits {
            recycle_after: options.recycle_after,
            grace_ms: millis(options.grace),
            flaky_red: options.flaky_red,
            repeat: options.repeat,
            until_failure: options.until_failure,
        },
        setup: Setup {
            forgive_task_panic: options.task_panic == TaskPanic::Allow,
            forgive_leaks: options.leaks == Leaks::Allow,
            fresh_runtime: options.fresh_runtime,
            keep_output: options.show_output,
            output_limit: options.output_limit,
            show_actors: options.actor_tree,
            grace_ms: millis(options.grace),
            memory_most: 0,
            page: None,
        },
        capture: !options.no_capture,
        measuring: Measuring::of(options),
        chronicle: None,
        time_limit: options.run_timeout,
        max_fail: options.max_fail,
        reporter: Box::new(Reporters::for_run(options, TARGET.get()).map_err(|error| fail(&error))?),
    };
    let mut groups: Vec<&str> = Vec::new();
    for trial in &plan.trials {
        let entry = registry.entries()[trial.id as usize];
        if trial.fate == Fate::Ignore {
            let reason = entry.options.ignore.unwrap_or_default().to_owned();
            run.settle(entry, Verdict::Ignored { reason });
            continue;
        }
        if let Body::Broken(why) = entry.body {
            run.settle(entry, Verdict::Failed { message: why.to_owned() });
            continue;
        }
        let ruling = match options.rules.is_empty() {
            true => Ruling::default(),
            false => options.rules.of(&Candidate::of(trial.id, entry).subject(history)),
        };
        let isolation = match isolation_of(entry, trial.fate, &ruling, default) {
            Ok(isolation) => isolation,
            Err(NoPlace::ForMeasuring(reason)) => {
                run.settle(entry, Verdict::Ignored { reason });
                continue;
            }
            Err(NoPlace::AsAsked(message)) => return Err(fail(&message)),
        };
        let group = ruling.text("group").or(entry.options.group).map(|name| {
            groups.iter().position(|known| *known == name).unwrap_or_else(|| {
                groups.push(name);
                groups.len() - 1
            })
        });
        let limit_ms = match (ruling.limit("timeout"), entry.options.timeout_ms) {
            (Some(limit), _) => limit.map(millis),
            (None, own) => own.or_else(|| options.timeout.map(millis)),
        };
        let limit_ms = limit_ms.unwrap_or(u64::MAX);
        let slow_ms = ruling.limit("slow").unwrap_or(options.slow).map_or(u64::MAX, millis);
        let time_limit = options.time_limit(entry.file);
        let (address, ruled) = (registry.address(trial.id), Ruled::of(&ruling));
        run.seats.push(Seat { address, info: info(entry), time_limit, ruled });
        let weight = ruling.count("weight").map(|weight| usize::try_from(weight).unwrap_or(usize::MAX));
        let weight = weight.or(entry.options.weight).unwrap_or(1);
        let exclusive =
            isolation == Isolation::Own || ruling.switch("exclusive").unwrap_or(entry.options.exclusive);
        run.planned.push(Planned {
            name: entry.name(),
            item: Item {
                isolation,
                group,
                weight,
                exclusive,
                affinity: fixture::graph().affinity(entry, isolation),
            },
            limit_ms,
            slow_ms,
            retries: options.retries(
                entry.options.retries,
                ruling.count("retries"),
                ruling.pauses("retry-backoff"),
            ),
            xfail: ruling.xfail().or(entry.options.xfail),
        });
    }
    #[cfg(feature = "bench")]
    if run.seats.iter().any(|seat| seat.info.kind == Kind::Bench) {
        run.measuring.environment = super::bench::directory::environment(options.measure_benches);
        run.measuring.environment.extend(options.round.then(super::bench::compare::round::environment));
    }
    run.arrangement.least = options.least_workers;
    run.arrangement.limits = groups.iter().map(|group| options.group_limit(group)).collect();
    Ok(run)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Runs the arbiter to its end.
pub(super) fn conduct(run: Run, options: &Options, default: Isolation) -> Summary {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            fail(&format!(
                "the arbiter's runtime could not be built: {error}; raise the limit on open files (ulimit -n)"
            ));
            return Summary::Red;
        }
    };
    if default == Isolation::Thread && !options.no_capture && !run.seats.is_empty() {
        eprintln!("note: with thread isolation the output of tests is not captured");
    }
    // The arbiter runs as a spawned task: the future given to `block_on` is slow to wake.
    let summary = seam::block_on(&runtime, async {
        let (tell, told) = oneshot::channel();
        let arbitrated = seam::spawn(async move {
            let _ = tell.send(arbitrate(run).await);
        })
        .await;
        arbitrated.map(|()| told)
    });
    let summary = summary.map(|mut told| told.try_recv().unwrap_or(Summary::Red));
    runtime.shutdown_background();
    summary.unwrap_or_else(|error| {
        fail(&format!("the arbiter itself failed, which is a bug in Rehearsal: {error}"));
        Summary::Red
    })
}

async fn arbitrate(run: Run) -> Summary {
    let forgive = run.setup.forgive_task_panic;
    fixture::forgive_panics(forgive);
    let (done, summary) = oneshot::channel();
    // What can be on its way at once: each worker's trials, and a handful of messages about the worker itself.
    let places = run.workers.min(run.seats.len().saturating_mul(run.limits.repeat.max(1) as usize)).max(1);
    let mailbox = places * (DEPTH + 16) + 64;
    let arbiter = match Arbiter::spawn(run, done).name("arbiter").mailbox(mailbox).await {
        Ok(arbiter) => arbiter,
        Err(error) => {
            fail(&format!("the arbiter could not be started: {error}"));
            return Summary::Red;
        }
    };
    let strays = arbiter.clone();
    super::trial::on_unknown_panic(move |panicked| {
        if forgive {
            return;
        }
        let message = format!(
            "a panic on a thread that no running test is known to own: {panicked}\nwith --isolation process its test \
             would be known; if such panics are meant to happen, run with --task-panic=allow"
        );
        // Where the mailbox is closed the run has ended.
        let _ = strays.complain(message).tell();
    });
    let interrupts = arbiter.clone();
    let signals = seam::spawn(async move {
        let Ok(mut signals) = Signals::new() else { return };
        let signal = signals.next().await;
        drop(interrupts.interrupt(format!("the run was ended by {}", signal.name())).await);
        signals.next().await;
        std::process::exit(i32::from(INTERRUPTED));
    });
    if let Err(error) = arbiter.begin(arbiter.clone()).await {
        fail(&format!("the arbiter could not begin: {error}"));
        return Summary::Red;
    }
    let summary = summary.await.unwrap_or(Summary::Red);
    signals.abort();
    summary
}
