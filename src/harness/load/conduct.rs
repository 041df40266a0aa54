//! All levels of a load benchmark, one after the other, and what is said of them.

use std::fmt;
use std::future::Future;
use std::io::Write;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use super::account::Account;
use super::cast::{Cast, Crosses, Moving, Processes, Staying, Tasks, Threads};
use super::level;
use super::spec::{Level, Spec};
use super::trouble::{LevelError, Trouble, counted};
use super::troupe::stand::Stand;
use super::turn::Turn;
use super::usl::Law;
use super::{place, record, table, usage};
use crate::harness::bench::{self, gate, is_measured};
use crate::harness::outcome::{Measured, Returned};
use crate::harness::registry::Run;

/// One load benchmark, as the macro emits it.
pub struct Load {
    /// `module_path!()` of the place, crate name included, then `::` and the function's name.
    pub path: &'static str,
    /// Its options.
    pub spec: Spec,
    /// Hands set-up and clients to the stage.
    pub play: fn(Stage) -> Playing,
}

/// All levels under way.
pub type Playing = Pin<Box<dyn Future<Output = Returned>>>;

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").field("path", &self.path).field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl Run for Load {
    fn run(&self, block_on: &mut dyn FnMut(Pin<&mut dyn Future<Output = ()>>)) -> Returned {
        let mut result = Returned::Failure;
        let stage = Stage { path: self.path, spec: self.spec, stand: None };
        let slot = &mut result;
        block_on(pin!(async move { *slot = (self.play)(stage).await }));
        result
    }

    fn is_async(&self) -> bool {
        true
    }

    fn load(&self) -> Option<&Load> {
        Some(self)
    }
}

/// Where a load benchmark is given its functions.
#[derive(Debug)]
pub struct Stage {
    path: &'static str,
    spec: Spec,
    /// In the process of a troupe, where its clients play.
    stand: Option<Stand>,
}

impl Stage {
    /// In the process of a troupe.
    pub fn away(load: &Load, stand: Stand) -> Stage {
        Stage { path: load.path, spec: load.spec, stand: Some(stand) }
    }

    /// Clients are tasks of this runtime.
    pub fn with_tasks<S, A, F, C>(self, set_up: A, client: C) -> Playing
    where
        S: Send + Sync + 'static,
        A: Fn() -> F + 'static,
        F: Future<Output = Result<S, String>> + 'static,
        C: Fn(Arc<S>, Turn) -> Moving + 'static,
    {
        Box::pin(async move { conduct(&self, &Tasks::new(set_up, client)).await })
    }

    /// Each client has a thread.
    pub fn with_threads<S, A, F, C>(self, set_up: A, client: C) -> Playing
    where
        S: Send + Sync + 'static,
        A: Fn() -> F + 'static,
        F: Future<Output = Result<S, String>> + 'static,
        C: Fn(Arc<S>, Turn) -> Staying + Copy + Send + 'static,
    {
        Box::pin(async move { conduct(&self, &Threads::new(set_up, client)).await })
    }

    /// Each client has a process, up to a limit.
    pub fn with_processes<S, A, F, C>(mut self, set_up: A, client: C) -> Playing
    where
        S: Crosses,
        A: Fn() -> F + 'static,
        F: Future<Output = Result<S, String>> + 'static,
        C: Fn(Arc<S>, Turn) -> Moving + 'static,
    {
        let cast = Processes::new(set_up, client);
        match self.stand.take() {
            None => Box::pin(async move { conduct(&self, &cast).await }),
            Some(stand) => Box::pin(async move {
                stand.play(&cast).await;
                Returned::Success
            }),
        }
    }
}

async fn conduct(stage: &Stage, cast: &dyn Cast) -> Returned {
    if is_measured() {
        return measured(stage, cast).await;
    }
    let mut test = stage.spec.as_test();
    loop {
        match one(stage, &test, cast).await {
            Ok(_) => return Returned::Success,
            // A machine that had something else to do the whole time.
            Err(LevelError { trouble: Trouble::Nothing, .. }) if test.duration < Some(LONGEST_TEST) => {
                test.duration = test.duration.map(|duration| duration * 4);
            }
            Err(error) => {
                eprintln!("Error: {error}");
                return Returned::Failure;
            }
        }
    }
}

/// A level that is a test is tried again up to this length, where no operation was even started.
const LONGEST_TEST: Duration = Duration::from_secs(10);

async fn one(stage: &Stage, level: &Level, cast: &dyn Cast) -> Result<level::Figures, LevelError> {
    level::run(stage.path, level, cast)
        .await
        .map_err(|trouble| LevelError { clients: level.clients, trouble })
}

/// One level, named before it runs: where that takes the process along, this is all that is left of it.
async fn told(stage: &Stage, clients: u32, cast: &dyn Cast) -> Result<level::Figures, LevelError> {
    tell(&format!("{}: measuring {}\n", stage.path, counted(u64::from(clients))));
    one(stage, &stage.spec.level(clients), cast).await
}

fn tell(text: &str) {
    print!("{text}");
    // Where nobody reads it nobody misses it.
    let _ = std::io::stdout().flush();
}

/// Measures all levels, and the first one once more: by how much it differs from itself is what a difference between
/// levels has to be larger than.
async fn measured(stage: &Stage, cast: &dyn Cast) -> Returned {
    let mut account = Account::new(stage.path, stage.spec);
    // It was looked at before anything was measured; what others do meanwhile is looked at level by level.
    account.warnings.extend(gate::seen().map(|signs| format!("the machine is busy: {signs}")));
    let levels = stage.spec.levels;
    for &clients in levels {
        match told(stage, clients, cast).await {
            Ok(figures) => account.levels.push(figures),
            Err(error) => {
                account.error = Some(error.to_string());
                break;
            }
        }
    }
    if let (Some(&first), None) = (levels.first(), &account.error) {
        match told(stage, first, cast).await {
            Ok(again) => account.again = Some(again),
            Err(error) => account.error = Some(format!("measured a second time, {error}")),
        }
    }
    sum_up(&mut account);
    let written = place::write(&account);
    match &account.error {
        None => {
            bench::measured(told_home(&account, &written));
            Returned::Success
        }
        Some(error) => {
            tell(&table::text(&account));
            written.iter().for_each(|line| tell(&format!("{line}\n")));
            eprintln!("Error: {error}");
            Returned::Failure
        }
    }
}

/// What reporters show: as the one figure that libtest has room for, half of the operations of the first level take this
/// long, uncertain by the noise.
fn told_home(account: &Account, written: &[String]) -> Measured {
    let typical_ps = account.levels.first().map_or(0, |level| level.latency.p50_ns.saturating_mul(1_000));
    let deviation_ps = (typical_ps as f64 * account.noise().unwrap_or_default()).round() as u64;
    let text = table::text(account);
    let told = text.lines().chain(written.iter().map(String::as_str));
    let lines = told.filter(|line| !line.is_empty()).map(str::to_owned).collect();
    Measured { typical_ps, deviation_ps, bytes: 0, lines, json: record::value(account).to_string() }
}

fn sum_up(account: &mut Account) {
    if account.spec.rate.is_none() {
        let points: Vec<(u64, f64)> =
            account.levels.iter().map(|level| (u64::from(level.clients), level.throughput)).collect();
        account.law = Law::fit(&points);
    }
    let disturbed: Vec<String> = account
        .levels
        .iter()
        .filter_map(|level| {
            level.others.filter(|others| usage::is_busy(*others)).map(|others| (level, others))
        })
        .map(|(level, others)| format!("{others:.1} of them at {}", counted(u64::from(level.clients))))
        .collect();
    if !disturbed.is_empty() {
        account
            .warnings
            .push(format!("other programs kept processors busy meanwhile: {}", disturbed.join(", ")));
    }
}
