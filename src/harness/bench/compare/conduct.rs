//! A comparison from what was asked for to an exit code.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use super::error::CompareError;
use super::interrupt;
use super::revision::{Repository, Revision};
use super::round::{Program, Scratch, of_one};
use super::turns::{Comparison, Reading, Rounds, take_turns};
use super::words;
use crate::app::notice::say;
use crate::harness::bench::directory;
use crate::harness::bench::files::Results;
use crate::harness::bench::machine::Machine;
use crate::harness::cli::Compare;
use crate::harness::suite::RED;
use crate::harness::target::Target;

/// Beside what a bench's own time limit allows, for its process to start and to end.
const MARGIN: Duration = Duration::from_secs(60);

/// A comparison that was asked for.
#[derive(Debug)]
pub struct Comparing<'a> {
    /// With what, and how.
    pub compare: &'a Compare,
    /// The benches that were chosen.
    pub benches: Vec<Subject>,
    /// What this program knows of itself.
    pub target: Option<&'a Target>,
    /// What the command line says of how long to measure.
    pub times: Vec<String>,
    /// How long one measurement may take.
    pub within: Option<Duration>,
    /// Whether it is told as JSON.
    pub as_json: bool,
}

/// A bench that was chosen.
#[derive(Debug)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// Where Criterion has its files, below its own directory.
    pub directory: String,
}

/// What this program is compared with.
enum Other<'a> {
    Revision(&'a Repository, Revision),
    Baseline(String),
}

impl Comparing<'_> {
    /// Compares, tells, and gives the exit code: red where something is slower than is allowed, or nothing came of it.
    pub fn run(&self) -> ExitCode {
        match self.compare_all() {
            Ok(regressions) if regressions.is_empty() => ExitCode::SUCCESS,
            Ok(regressions) => {
                for regression in &regressions {
                    say(format_args!("error: {regression}"));
                }
                ExitCode::from(RED)
            }
            Err(error) => {
                say(format_args!("error: {error}"));
                match error {
                    CompareError::Interrupted { signal } => ExitCode::from(signal.exit_code()),
                    _ => ExitCode::from(RED),
                }
            }
        }
    }

    fn compare_all(&self) -> Result<Vec<String>, CompareError> {
        interrupt::listen();
        let target = self.target.ok_or(CompareError::NoTarget)?;
        let package = PathBuf::from(target.manifest_dir.ok_or(CompareError::NoTarget)?);
        let repository = Repository::of(&package);
        match self.other(&repository, &package)? {
            Other::Baseline(name) => self.with_baseline(&name, &package),
            Other::Revision(repository, revision) => {
                self.with_revision(repository, &revision, target, &package)
            }
        }
    }

    /// What the name that was given stands for.
    fn other<'r>(
        &self,
        repository: &'r Result<Repository, String>,
        package: &Path,
    ) -> Result<Other<'r>, CompareError> {
        let asked = self.compare.with.as_str();
        let of_kind = |kind: &str| asked.strip_prefix(kind);
        let (name, may_be_revision, may_be_baseline) = match (of_kind("rev:"), of_kind("baseline:")) {
            (Some(name), _) => (name, true, false),
            (None, Some(name)) => (name, false, true),
            (None, None) => (asked, true, true),
        };
        let revision = match repository {
            Ok(repository) if may_be_revision => {
                repository.revision(name)?.map(|revision| (repository, revision))
            }
            _ => None,
        };
        let baselines = self.baselines();
        let is_baseline = may_be_baseline && baselines.iter().any(|baseline| baseline == name);
        let asked = || asked.to_owned();
        match (revision, is_baseline, repository) {
            (Some(_), true, _) => Err(CompareError::Ambiguous { asked: asked() }),
            (Some((repository, revision)), false, _) => Ok(Other::Revision(repository, revision)),
            (None, true, _) => Ok(Other::Baseline(name.to_owned())),
            (None, false, Err(said)) => Err(CompareError::NoRepository {
                asked: asked(),
                directory: package.to_path_buf(),
                said: said.clone(),
            }),
            (None, false, Ok(_)) => Err(CompareError::Unknown { asked: asked(), baselines }),
        }
    }

    /// The baselines that at least one of the chosen benches has.
    fn baselines(&self) -> Vec<String> {
        let home = directory::of_criterion(true);
        let mut names: Vec<String> = Vec::new();
        for bench in &self.benches {
            for name in crate::harness::bench::baseline::there(&home.join(&bench.directory)) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// This program, as one side.
    fn this(&self, package: &Path, scratch: &Scratch) -> Result<Program, CompareError> {
        Ok(Program {
            path: program()?,
            package: package.to_path_buf(),
            title: "this program".to_owned(),
            scratch: scratch.path().to_path_buf(),
            times: self.times.clone(),
            within: self.within.map_or(Duration::from_secs(3_600), |limit| limit + MARGIN),
        })
    }

    fn with_revision(
        &self,
        repository: &Repository,
        revision: &Revision,
        target: &Target,
        package: &Path,
    ) -> Result<Vec<String>, CompareError> {
        let place = place()?;
        let checkout = repository.check_out(revision, &place)?;
        let built =
            checkout.build(revision, target, &program()?, &self.compare.build, &place.join("build"))?;
        let scratch = Scratch::new(&place)?;
        let new = self.this(package, &scratch)?;
        let title = revision.asked.clone();
        let old = Program {
            path: built,
            package: checkout.package(),
            title,
            scratch: new.scratch.clone(),
            times: self.times.clone(),
            within: new.within,
        };
        let there = old.benches()?;
        if there.is_empty() {
            let asked = revision.asked.clone();
            let said = "it lists no benchmark".to_owned();
            return Err(CompareError::NotOurs { asked, said });
        }
        self.begin(&format!("{} ({})", revision.asked, revision.short()), "in turns, a new process each");
        let mut done = Done::default();
        for bench in &self.benches {
            if !there.contains(&bench.name) {
                say(format_args!("note: {} is not in {}: nothing to compare", bench.name, revision.asked));
                continue;
            }
            let rounds = take_turns(self.compare.rounds, |side| match side {
                super::turns::Side::Old => old.measure(&bench.name),
                super::turns::Side::New => new.measure(&bench.name),
            })?;
            self.tell(&mut done, rounds.compare(&bench.name, true), &bench.name)?;
        }
        self.end(done)
    }

    fn with_baseline(&self, name: &str, package: &Path) -> Result<Vec<String>, CompareError> {
        let home = directory::of_criterion(true);
        let scratch = Scratch::new(&place()?)?;
        let new = self.this(package, &scratch)?;
        self.begin(&format!("the baseline {name}"), "its samples are as they are");
        say(format_args!(
            "note: a baseline cannot be measured again in turns with this program: what has changed on the machine since is in \
             the ratio, and the interval is widened by what two processes of this program differ. A revision in place of it is \
             compared in turns"
        ));
        let mut done = Done::default();
        for bench in &self.benches {
            let directory = home.join(&bench.directory).join(name);
            if !directory.is_dir() {
                say(format_args!("note: {} has no baseline {name}: nothing to compare", bench.name));
                continue;
            }
            let old = samples(&directory)?;
            let mut rounds = Rounds { old, ..Rounds::default() };
            for round in 0..self.compare.rounds {
                let (one, other) = (new.measure(&bench.name)?, new.measure(&bench.name)?);
                let (new, again) = if round % 2 == 0 { (one, other) } else { (other, one) };
                rounds.new.push(new);
                rounds.again.push(again);
            }
            self.tell(&mut done, rounds.compare(&bench.name, false), &bench.name)?;
        }
        self.end(done)
    }

    fn begin(&self, with: &str, how: &str) {
        if !self.as_json {
            let count = self.benches.len();
            let benches = if count == 1 { "1 bench".to_owned() } else { format!("{count} benches") };
            show(&format!("\ncomparing {benches} with {with}, {} rounds, {how}\n\n", self.compare.rounds));
        }
    }

    fn tell(&self, done: &mut Done, comparison: Option<Comparison>, bench: &str) -> Result<(), CompareError> {
        let comparison = comparison.ok_or_else(|| CompareError::NoTime {
            bench: bench.to_owned(),
            side: "at least one round".to_owned(),
            said: "a time of nothing, or fewer than two samples".to_owned(),
        })?;
        let allowed = self.compare.allowed();
        show(&match self.as_json {
            true => words::json(&comparison, &self.compare.with, allowed) + "\n",
            false => words::describe(&comparison),
        });
        done.compared += 1;
        if let Some(allowed) = allowed.filter(|allowed| comparison.ratio.is_regression(*allowed)) {
            done.regressions.push(words::regression(&comparison, &self.compare.with, allowed));
        }
        Ok(())
    }

    fn end(&self, done: Done) -> Result<Vec<String>, CompareError> {
        if done.compared == 0 {
            return Err(CompareError::NothingInCommon { asked: self.compare.with.clone() });
        }
        if !self.as_json {
            let red = done.regressions.len();
            let verdict = if red == 0 { "ok" } else { "FAILED" };
            show(&format!(
                "\ncompare result: {verdict}. {} compared; {red} slower than is allowed\n",
                done.compared
            ));
        }
        Ok(done.regressions)
    }
}

/// How far it has come.
#[derive(Debug, Default)]
struct Done {
    compared: usize,
    regressions: Vec<String>,
}

/// The samples of a baseline, if they are of this machine.
fn samples(directory: &Path) -> Result<Vec<Reading>, CompareError> {
    let bad = |problem: String| CompareError::BadBaseline { path: directory.to_path_buf(), problem };
    let results = Results::read(directory).map_err(|error| bad(error.to_string()))?;
    let here = Machine::here();
    if let Some(machine) = Machine::of(directory).filter(|machine| *machine != here) {
        return Err(bad(format!("it is of another machine, {machine}, and this is {here}")));
    }
    let times = of_one(&results.iterations, &results.times);
    Ok(times.into_iter().map(|ns| Reading { ns, ..Reading::default() }).collect())
}

fn program() -> Result<PathBuf, CompareError> {
    let failed = |source| CompareError::Program { command: "this program".to_owned(), source };
    std::env::current_exe().map_err(failed)
}

/// Where checkouts and what is built of them are: `rehearsal/compare` in cargo's target directory.
fn place() -> Result<PathBuf, CompareError> {
    let program = program()?;
    // target/[triple/]profile/deps/program
    let marked = |directory: &&Path| directory.join("CACHEDIR.TAG").is_file();
    let target = program.ancestors().find(marked).ok_or(CompareError::NoTarget)?;
    Ok(target.join("rehearsal/compare"))
}

/// Writes to stdout. Where nobody reads that any more the verdict is the same, and the exit code tells it.
fn show(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
