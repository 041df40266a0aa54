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
use crate::harness::fixture::{Borrower, Drive, Loan, Loans, Need};
use crate::harness::outcome::{Measured, Returned};
use crate::harness::registry::Run;

/// One load benchmark, as the macro emits it.
pub struct Load {
    /// `module_path!()` of the place, crate name included, then `::` and the function's name.
    pub path: &'static str,
    /// Its options.
    pub spec: Spec,
    /// Its `module_path!()`.
    pub module: &'static str,
    /// The fixtures that it takes.
    pub needs: &'static [Need],
    /// How each of them is lent to clients.
    pub loans: &'static [Loan],
    /// Hands set-up and clients to the stage.
    pub play: fn(Stage) -> Playing,
}

/// A level under way; nothing comes of it where only some of its clients are.
pub type Playing = Pin<Box<dyn Future<Output = Option<Result<level::Figures, Trouble>>>>>;

/// Plays one level with the fixtures that it is lent.
type Play<'a> = &'a mut dyn FnMut(Loans, Drive<'_>);

/// Has a level played between the set-up and the teardown of its fixtures, or says why it could not begin; nothing where a
/// fixture has it skipped.
type Around<'a> = &'a mut dyn FnMut(Play<'_>) -> Result<(), Option<String>>;

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").field("path", &self.path).field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl Run for Load {
    fn run(&self, block_on: &mut dyn FnMut(Pin<&mut dyn Future<Output = ()>>)) -> Returned {
        self.conduct(&mut |play| {
            play(Loans::default(), block_on);
            Ok(())
        })
    }

    fn is_async(&self) -> bool {
        true
    }

    fn load(&self) -> Option<&Load> {
        Some(self)
    }
}

/// Where a level is given the functions of its benchmark.
#[derive(Debug)]
pub struct Stage {
    path: &'static str,
    level: Level,
    loans: Loans,
    /// In the process of a troupe, where its clients play.
    stand: Option<Stand>,
}

impl Stage {
    /// In the process of a troupe.
    pub fn away(load: &Load, stand: Stand) -> Stage {
        // What its clients do is in what was ordered.
        let level = load.spec.as_test();
        Stage { path: load.path, level, loans: Loans::default(), stand: Some(stand) }
    }

    /// Clients are tasks of this runtime.
    pub fn with_tasks<S, A, F, C>(self, set_up: A, client: C) -> Playing
    where
        S: Send + Sync + 'static,
        A: Fn(Loans) -> F + 'static,
        F: Future<Output = Result<S, String>> + 'static,
        C: Fn(Arc<S>, Turn) -> Moving + 'static,
    {
        Box::pin(async move { self.play(&Tasks::new(set_up, client)).await })
    }

    /// Each client has a thread.
    pub fn with_threads<S, A, F, C>(self, set_up: A, client: C) -> Playing
    where
        S: Send + Sync + 'static,
        A: Fn(Loans) -> F + 'static,
        F: Future<Output = Result<S, String>> + 'static,
        C: Fn(Arc<S>, Turn) -> Staying + Copy + Send + 'static,
    {
        Box::pin(async move { self.play(&Threads::new(set_up, client)).await })
    }

    /// Each client has a process, up to a limit.
    pub fn with_processes<S, A, F, C>(mut self, set_up: A, client: C) -> Playing
    where
        S: Crosses,
        A: Fn(Loans) -> F + 'static,
        F: Future<Output = Result<S, String>> + 'static,
        C: Fn(Arc<S>, Turn) -> Moving + 'static,
    {
        let cast = Processes::new(set_up, client);
        match self.stand.take() {
            None => Box::pin(async move { self.play(&cast).await }),
            Some(stand) => Box::pin(async move {
                stand.play(&cast).await;
                None
            }),
        }
    }

    async fn play(self, cast: &dyn Cast) -> Option<Result<level::Figures, Trouble>> {
        Some(level::run(self.path, &self.level, cast, self.loans).await)
    }
}

/// Why there are no figures of a level.
enum Broken {
    /// Something is wrong.
    Error(LevelError),
    /// A fixture has the benchmark skipped.
    Skipped,
    /// It was to end before its time, and who said so tells of it.
    Stopped,
}

impl Load {
    /// Runs it as [`Run`] does, each level between the set-up and the teardown of its fixtures.
    pub(crate) fn run_with(&self, borrower: &mut Borrower<'_>, drive: Drive<'_>) -> Returned {
        self.conduct(&mut |play| borrower.level(self.loans, drive, play))
    }

    fn conduct(&self, around: Around<'_>) -> Returned {
        if is_measured() {
            return self.measured(around);
        }
        let mut test = self.spec.as_test();
        loop {
            match self.one(&test, around) {
                Ok(_) => return Returned::Success,
                // A machine that had something else to do the whole time.
                Err(Broken::Error(LevelError { trouble: Trouble::Nothing { .. }, .. }))
                    if test.duration < Some(LONGEST_TEST) =>
                {
                    test.duration = test.duration.map(|duration| duration * 4);
                }
                Err(Broken::Error(error)) => {
                    eprintln!("Error: {error}");
                    return Returned::Failure;
                }
                Err(Broken::Skipped) => return Returned::NotBegun,
                Err(Broken::Stopped) => return Returned::Failure,
            }
        }
    }

    fn one(&self, level: &Level, around: Around<'_>) -> Result<level::Figures, Broken> {
        let mut came = None;
        let begun = around(&mut |loans, drive| {
            let stage = Stage { path: self.path, level: *level, loans, stand: None };
            let came = &mut came;
            drive(pin!(async move { *came = (self.play)(stage).await }));
        });
        let error = |trouble| Broken::Error(LevelError { clients: level.clients, trouble });
        match (begun, came) {
            (Ok(()), Some(figures)) => figures.map_err(error),
            (Ok(()), None) => Err(Broken::Stopped),
            (Err(Some(why)), _) => Err(error(Trouble::Fixture(why))),
            (Err(None), _) => Err(Broken::Skipped),
        }
    }

    /// One level, named before it runs: where that takes the process along, this is all that is left of it.
    fn told(&self, clients: u32, around: Around<'_>) -> Result<level::Figures, Broken> {
        tell(&format!("{}: measuring {}\n", self.path, counted(u64::from(clients))));
        self.one(&self.spec.level(clients), around)
    }

    /// Measures all levels, and the first one once more: by how much it differs from itself is what a difference between
    /// levels has to be larger than.
    fn measured(&self, around: Around<'_>) -> Returned {
        let mut account = Account::new(self.path, self.spec);
        // It was looked at before anything was measured; what others do meanwhile is looked at level by level.
        account.warnings.extend(gate::seen().map(|signs| format!("the machine is busy: {signs}")));
        let levels = self.spec.levels;
        let again = levels.first().map(|first| (*first, true));
        for (clients, again) in levels.iter().map(|clients| (*clients, false)).chain(again) {
            match self.told(clients, around) {
                Ok(figures) if again => account.again = Some(figures),
                Ok(figures) => account.levels.push(figures),
                Err(Broken::Error(error)) => {
                    let error = error.to_string();
                    account.error =
                        Some(if again { format!("measured a second time, {error}") } else { error });
                    break;
                }
                Err(Broken::Skipped) => return Returned::NotBegun,
                Err(Broken::Stopped) => return Returned::Failure,
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
}

/// A level that is a test is tried again up to this length, where no operation was even started.
const LONGEST_TEST: Duration = Duration::from_secs(10);

fn tell(text: &str) {
    print!("{text}");
    // Where nobody reads it nobody misses it.
    let _ = std::io::stdout().flush();
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
