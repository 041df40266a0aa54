//! A comparison from what was asked for to an exit code.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use super::error::CompareError;
use super::interrupt;
use super::place::{self, Place};
use super::revision::{BUILD, Repository, Revision};
use super::round::{Program, of_one};
use super::turns::{Comparison, Reading, Rounds, take_turns};
use super::words;
use crate::app::notice::say;
use crate::harness::bench::directory;
use crate::harness::bench::files::Results;
use crate::harness::bench::machine::Machine;
use crate::harness::cli::Compare;
use crate::harness::suite::RED;
use crate::harness::target::Target;
use crate::sys::process;

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
        let mut done = Done::default();
        let ended = self.compare_all(&mut done);
        for error in &done.errors {
            say(format_args!("error: {error}"));
        }
        match ended {
            Ok(()) if done.errors.is_empty() => ExitCode::SUCCESS,
            Ok(()) => ExitCode::from(RED),
            Err(error) => {
                say(format_args!("error: {error}"));
                match error {
                    CompareError::Interrupted { signal } => ExitCode::from(signal.exit_code()),
                    _ => ExitCode::from(RED),
                }
            }
        }
    }

    fn compare_all(&self, done: &mut Done) -> Result<(), CompareError> {
        interrupt::listen();
        let target = self.target.ok_or(CompareError::NoTarget)?;
        let package = PathBuf::from(target.manifest_dir.ok_or(CompareError::NoTarget)?);
        let repository = Repository::of(&package);
        match self.other(&repository, &package)? {
            Other::Baseline(name) => self.with_baseline(&name, &package, done),
            Other::Revision(repository, revision) => {
                self.with_revision(repository, &revision, target, &package, done)
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
    fn this(&self, package: &Path, place: &Place) -> Result<Program, CompareError> {
        Ok(Program {
            // Not the file at its path, which somebody may build anew while this compares.
            path: process::image().map_err(unknown_program)?,
            package: package.to_path_buf(),
            title: "this program".to_owned(),
            scratch: place.path().join("rounds"),
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
        done: &mut Done,
    ) -> Result<(), CompareError> {
        let below = below()?;
        let place = taken(&below)?;
        let checkout = repository.check_out(revision, place.path())?;
        let into = below.join("build");
        let alone = place::alone(&into, BUILD)?;
        let built = checkout.build(revision, target, &program()?, &self.compare.build, &into)?;
        let built = place.keep(&built)?;
        drop(alone);
        let new = self.this(package, &place)?;
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
        for bench in &self.benches {
            if !there.contains(&bench.name) {
                say(format_args!("note: {} is not in {}: nothing to compare", bench.name, revision.asked));
                continue;
            }
            let rounds = take_turns(self.compare.rounds, |side| match side {
                super::turns::Side::Old => old.measure(&bench.name),
                super::turns::Side::New => new.measure(&bench.name),
            });
            let came = rounds.and_then(|rounds| compared(&rounds, &bench.name, true));
            self.tell(done, came)?;
        }
        self.end(done)
    }

    fn with_baseline(&self, name: &str, package: &Path, done: &mut Done) -> Result<(), CompareError> {
        let home = directory::of_criterion(true);
        let place = taken(&below()?)?;
        let new = self.this(package, &place)?;
        self.begin(&format!("the baseline {name}"), "its samples are as they are");
        say(format_args!(
            "note: a baseline cannot be measured again in turns with this program: what has changed on the machine since is in \
             the ratio, and the interval is widened by what two processes of this program differ. A revision in place of it is \
             compared in turns"
        ));
        for bench in &self.benches {
            let directory = home.join(&bench.directory).join(name);
            if !directory.is_dir() {
                say(format_args!("note: {} has no baseline {name}: nothing to compare", bench.name));
                continue;
            }
            let old = samples(&directory)?;
            let rounds = beside_samples(old, self.compare.rounds, || new.measure(&bench.name));
            let came = rounds.and_then(|rounds| compared(&rounds, &bench.name, false));
            self.tell(done, came)?;
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

    /// Tells what came of a bench. One that fails does not end the others.
    fn tell(&self, done: &mut Done, came: Result<Comparison, CompareError>) -> Result<(), CompareError> {
        let comparison = match came {
            Ok(comparison) => comparison,
            Err(error) => {
                let CompareError::NoTime { bench, side, .. } = &error else { return Err(error) };
                if !self.as_json {
                    show(&format!("bench {bench}: failed in {side}, its error is below\n"));
                }
                done.failed += 1;
                done.errors.push(error.to_string());
                return Ok(());
            }
        };
        let allowed = self.compare.allowed();
        show(&match self.as_json {
            true => words::json(&comparison, &self.compare.with, allowed) + "\n",
            false => words::describe(&comparison),
        });
        done.compared += 1;
        if let Some(allowed) = allowed.filter(|allowed| comparison.ratio.is_regression(*allowed)) {
            done.slower += 1;
            done.errors.push(words::regression(&comparison, &self.compare.with, allowed));
        }
        Ok(())
    }

    fn end(&self, done: &Done) -> Result<(), CompareError> {
        if done.compared + done.failed == 0 {
            return Err(CompareError::NothingInCommon { asked: self.compare.with.clone() });
        }
        if !self.as_json {
            let Done { compared, slower, failed, errors } = done;
            let verdict = if errors.is_empty() { "ok" } else { "FAILED" };
            let failed = if *failed == 0 { String::new() } else { format!("; {failed} failed") };
            show(&format!(
                "\ncompare result: {verdict}. {compared} compared; {slower} slower than is allowed{failed}\n"
            ));
        }
        Ok(())
    }
}

/// How far it has come.
#[derive(Debug, Default)]
struct Done {
    compared: usize,
    /// Than is allowed.
    slower: usize,
    /// On at least one side.
    failed: usize,
    /// What is told of both, in the end.
    errors: Vec<String>,
}

/// What comes of what was measured.
fn compared(rounds: &Rounds, bench: &str, interleaved: bool) -> Result<Comparison, CompareError> {
    rounds.compare(bench, interleaved).ok_or_else(|| CompareError::NoTime {
        bench: bench.to_owned(),
        side: "at least one round".to_owned(),
        said: "a time of nothing, or fewer than two samples".to_owned(),
    })
}

/// Measures so many rounds of this side beside what there is of the other.
fn beside_samples<E>(
    old: Vec<Reading>,
    count: usize,
    mut measure: impl FnMut() -> Result<Reading, E>,
) -> Result<Rounds, E> {
    let mut rounds = Rounds { old, ..Rounds::default() };
    for round in 0..count {
        let (one, other) = (measure()?, measure()?);
        let (new, again) = if round % 2 == 0 { (one, other) } else { (other, one) };
        rounds.new.push(new);
        rounds.again.push(again);
    }
    Ok(rounds)
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

/// The path of this program, by which it was built.
fn program() -> Result<PathBuf, CompareError> {
    std::env::current_exe().map(before_it_was_gone).map_err(unknown_program)
}

fn unknown_program(source: io::Error) -> CompareError {
    CompareError::Program { command: "this program".to_owned(), source }
}

/// The path that a program had: where the file that runs is not there any more, Linux says so behind its name.
fn before_it_was_gone(path: PathBuf) -> PathBuf {
    let text = path.to_string_lossy();
    match text.strip_suffix(" (deleted)").filter(|_| !path.exists()) {
        Some(before) => PathBuf::from(before),
        None => path,
    }
}

/// Where checkouts and what is built of them are: `rehearsal/compare` in cargo's target directory.
fn below() -> Result<PathBuf, CompareError> {
    let target = directory::of_program(&program()?).ok_or(CompareError::NoTarget)?;
    Ok(target.join("rehearsal/compare"))
}

/// A place there that is this comparison's alone.
fn taken(below: &Path) -> Result<Place, CompareError> {
    let place = Place::take(below)?;
    if place.beside() > 0 {
        say(format_args!(
            "warning: another comparison is under way in {}: each is part of what the other one measures",
            below.display()
        ));
    }
    Ok(place)
}

/// Writes to stdout. Where nobody reads that any more the verdict is the same, and the exit code tells it.
fn show(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rehearsal::test]
    fn of_a_program_that_is_gone_the_path_is_told_that_it_had() {
        for (path, expected) in [
            ("/no/such/target/release/deps/work-1 (deleted)", "/no/such/target/release/deps/work-1"),
            ("/no/such/target/release/deps/work-1", "/no/such/target/release/deps/work-1"),
        ] {
            assert_eq!(before_it_was_gone(PathBuf::from(path)), PathBuf::from(expected));
        }
        let here = std::env::current_exe().expect("a path");
        assert_eq!(before_it_was_gone(here.clone()), here);
    }
}
