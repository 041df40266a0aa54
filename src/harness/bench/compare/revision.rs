//! A revision of the sources, checked out beside this one and built as this program was.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::error::CompareError;
use super::program::{run, run_anyway, words};
use crate::app::notice::say;
use crate::harness::target::Target;

/// How long git may take for one command.
const GIT: Duration = Duration::from_secs(300);

/// How long a build may take.
pub(super) const BUILD: Duration = Duration::from_secs(3_600);

/// Variables by which git would look elsewhere, as it sets them for its hooks.
const OF_GIT: [&str; 5] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"];

/// Variables that cargo sets for what it runs, and that a build of something else must not see.
const OF_CARGO: [&str; 6] =
    ["CARGO_PKG_", "CARGO_BIN_", "CARGO_MANIFEST_", "CARGO_CRATE_NAME", "CARGO_MAKEFLAGS", "MAKEFLAGS"];

/// The repository that a package is in.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
    /// Where the package is, from there.
    package: PathBuf,
}

/// A commit of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// As it was asked for.
    pub asked: String,
    /// The whole name of the commit.
    pub commit: String,
}

impl Revision {
    /// Enough of the commit's name to know it by.
    pub fn short(&self) -> &str {
        self.commit.get(..12).unwrap_or(&self.commit)
    }
}

fn git(directory: &Path, words: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.current_dir(directory).args(words).env("LC_ALL", "C");
    for name in OF_GIT {
        git.env_remove(name);
    }
    git
}

impl Repository {
    /// The one that this directory is in.
    ///
    /// # Errors
    /// What git says where it is in none, or that there is no git.
    pub fn of(package: &Path) -> Result<Repository, String> {
        let asked = run(git(package, &["rev-parse", "--show-toplevel"]), GIT, true);
        let ended = asked.map_err(|error| error.to_string())?;
        if !ended.success {
            return Err(ended.said());
        }
        let real = |path: &Path| path.canonicalize().map_err(|error| format!("{}: {error}", path.display()));
        let root = real(Path::new(ended.stdout.trim_end_matches('\n')))?;
        let package = real(package)?;
        let package = package.strip_prefix(&root).map_err(|error| error.to_string())?.to_path_buf();
        Ok(Repository { root, package })
    }

    /// The commit that a name of any kind stands for, if it does.
    ///
    /// # Errors
    /// Where git cannot be run.
    pub fn revision(&self, asked: &str) -> Result<Option<Revision>, CompareError> {
        if asked.starts_with('-') {
            return Ok(None);
        }
        let commit = format!("{asked}^{{commit}}");
        let words = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
        let ended = run(git(&self.root, &words), GIT, true)?;
        let commit = ended.stdout.trim().to_owned();
        Ok((ended.success && !commit.is_empty()).then(|| Revision { asked: asked.to_owned(), commit }))
    }

    /// Checks a commit out into a directory of its own, below this place. What is changed and not committed stays out of
    /// it, and is not touched.
    ///
    /// # Errors
    /// Where git fails, or the commit has no such package.
    pub fn check_out(&self, revision: &Revision, place: &Path) -> Result<Checkout<'_>, CompareError> {
        let root = place.join(revision.short());
        let make = |path: &Path| {
            std::fs::create_dir_all(path)
                .map_err(|source| CompareError::Place { path: path.to_path_buf(), source })
        };
        make(place)?;
        let checkout = Checkout { repository: self, root };
        // One that was left by a comparison that was killed.
        checkout.remove();
        let path = checkout.root.to_string_lossy().into_owned();
        let words_of = ["worktree", "add", "--detach", "--force", "--quiet", &path, &revision.commit];
        let command = git(&self.root, &words_of);
        let text = words(&command);
        let ended = run(command, GIT, true)?;
        if !ended.success {
            return Err(CompareError::Failed { command: text, said: ended.said() });
        }
        if !checkout.package().join("Cargo.toml").is_file() {
            let asked = revision.asked.clone();
            return Err(CompareError::NoPackage { asked, directory: self.package.join("Cargo.toml") });
        }
        checkout.lock_as_here()?;
        Ok(checkout)
    }
}

/// A commit in a directory of its own, which goes when this does.
#[derive(Debug)]
pub struct Checkout<'a> {
    repository: &'a Repository,
    root: PathBuf,
}

impl Drop for Checkout<'_> {
    fn drop(&mut self) {
        self.remove();
    }
}

impl Checkout<'_> {
    fn remove(&self) {
        let path = self.root.to_string_lossy().into_owned();
        let git = |words: &[&str]| drop(run_anyway(git(&self.repository.root, words), GIT));
        git(&["worktree", "remove", "--force", &path]);
        // A directory that git no longer takes for its own.
        let _ = std::fs::remove_dir_all(&self.root);
        git(&["worktree", "prune"]);
    }

    /// The package in it.
    pub fn package(&self) -> PathBuf {
        self.root.join(&self.repository.package)
    }

    /// Where no lock file is committed both sides are to be built with the same versions all the same.
    fn lock_as_here(&self) -> Result<(), CompareError> {
        let from_package = self.repository.package.ancestors();
        for folder in from_package {
            let (ours, theirs) = (
                self.repository.root.join(folder).join("Cargo.lock"),
                self.root.join(folder).join("Cargo.lock"),
            );
            if theirs.is_file() {
                return Ok(());
            }
            if ours.is_file() && self.root.join(folder).join("Cargo.toml").is_file() {
                return match std::fs::copy(&ours, &theirs) {
                    Ok(_) => Ok(()),
                    Err(source) => Err(CompareError::Place { path: theirs, source }),
                };
            }
        }
        Ok(())
    }

    /// Builds this target of it as the program at this path was built, and gives the path of what was built.
    ///
    /// # Errors
    /// Where it does not build.
    pub fn build(
        &self,
        revision: &Revision,
        target: &Target,
        program: &Path,
        more: &[String],
        into: &Path,
    ) -> Result<PathBuf, CompareError> {
        let words_of = target.cargo_words(program, true).ok_or(CompareError::NoTarget)?;
        let name = target.name().ok_or(CompareError::NoTarget)?;
        if !matches!(words_of.get(1).map(String::as_str), Some("bench" | "test")) {
            return Err(CompareError::NoTarget);
        }
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        for (variable, _) in std::env::vars_os() {
            if OF_CARGO.iter().any(|start| variable.to_string_lossy().starts_with(start)) {
                cargo.env_remove(&variable);
            }
        }
        cargo.current_dir(self.package()).args(&words_of[1..]);
        // `cargo bench` takes another profile than what cargo builds in `debug`.
        let folder = program.parent().and_then(Path::parent).and_then(Path::file_name);
        if words_of[1] == "bench" && folder.is_some_and(|folder| folder == "debug") {
            cargo.args(["--profile", "dev"]);
        }
        cargo.args(more);
        cargo.args(["--no-run", "--message-format=json-render-diagnostics", "--target-dir"]).arg(into);
        say(format_args!("building {} ({})", revision.asked, revision.short()));
        let command = words(&cargo);
        let ended = run(cargo, BUILD, false)?;
        let built = ended.stdout.lines().filter_map(|line| executable(line, &name)).next_back();
        match built {
            Some(path) if ended.success => Ok(path),
            _ => Err(CompareError::NotBuilt { asked: revision.asked.clone(), command }),
        }
    }
}

/// What one of cargo's messages says was built, where it is the program of this target.
fn executable(message: &str, target: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let of_target = message["reason"] == "compiler-artifact" && message["target"]["name"] == target;
    of_target.then(|| message["executable"].as_str().map(PathBuf::from))?
}

#[cfg(test)]
mod tests;
